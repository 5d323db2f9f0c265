// What the simulated company sells, where, by whom and through which campaigns: fixed tables.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tidemark::demo {

struct Region {
  std::string_view name;
  std::string_view country;
  std::string_view currency;
  double share;  // of the business; adds up to 1 over all
};

struct Rep {
  std::string_view id;
  std::string_view team;
  size_t region;  // index into Regions()
  double skill;   // factor on the chance to win a deal
};

struct Product {
  std::string_view id, name, category, family;
  int64_t price_cents;
  double cost_share;  // of the price
  double popularity;
};

struct Channel {
  std::string_view name;
  double visits;    // share of the web visits; 0: not from the web
  double offline;   // share of the leads that don't come from the web
  double converts;  // chance that a visit becomes a lead
  double quality;   // factor on the chance to be qualified
};

struct CampaignFacts {
  std::string_view id, name, channel, medium, source, coupon;
  double impressions_an_hour;
  double click_rate;
  int64_t cents_a_click;
};

struct Stage {
  std::string_view name;
  double probability;  // of winning, as the CRM shows it
  double survives;     // chance to leave it forward
  double median_days;  // spent in it
};

std::span<const Region> Regions();
std::span<const Rep> Reps();
std::span<const Product> Products();
std::span<const Channel> Channels();
std::span<const CampaignFacts> Campaigns();
std::span<const Stage> Stages();
std::span<const std::string_view> LandingPages();
std::span<const std::string_view> Segments();
std::span<const std::string_view> SalesContent();

}  // namespace tidemark::demo
