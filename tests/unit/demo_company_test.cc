#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/demo/company.h"
#include "daemon/demo/delivery.h"
#include "daemon/demo/rhythm.h"

namespace tidemark::demo {
namespace {

using std::chrono::hours;
namespace v1 = events::v1;
using Payload = v1::Event::PayloadCase;

const EventTime kMonday = ParseRfc3339("2026-11-02T00:00:00Z").value();

CompanyOptions Weeks(int weeks, uint64_t seed = 1) {
  CompanyOptions options;
  options.seed = seed;
  options.start = kMonday;
  options.end = kMonday + hours(168 * weeks);
  return options;
}

std::vector<Fact> All(const CompanyOptions& options) {
  Company company(options);
  std::vector<Fact> facts;
  for (Fact fact; company.Next(&fact);) facts.push_back(std::move(fact));
  return facts;
}

std::string Bytes(const std::vector<Fact>& facts) {
  std::string bytes;
  for (const Fact& fact : facts) bytes += fact.key + fact.event.SerializeAsString();
  return bytes;
}

TEST(Company, IsAFunctionOfItsOptions) {
  const std::string once = Bytes(All(Weeks(1)));
  EXPECT_EQ(once, Bytes(All(Weeks(1))));
  EXPECT_NE(once, Bytes(All(Weeks(1, 2))));
}

TEST(Company, TellsFactsInOrderOfTimeWithUniqueIdsAndKeys) {
  const std::vector<Fact> facts = All(Weeks(2));
  std::set<std::string> ids;
  EventTime last = kMonday;
  for (const Fact& fact : facts) {
    ASSERT_GE(fact.time, last);
    ASSERT_LT(fact.time, kMonday + hours(336));
    last = fact.time;
    ASSERT_TRUE(ids.insert(fact.event.id()).second) << fact.event.id();
    ASSERT_FALSE(fact.key.empty());
    ASSERT_NE(fact.event.payload_case(), Payload::PAYLOAD_NOT_SET);
    const auto& t = fact.event.time();
    ASSERT_EQ(t.seconds() * kMicrosPerSecond + t.nanos() / 1000, Micros(fact.time));
  }
}

TEST(Company, IsAsBusyAsAsked) {
  for (const double per_day : {1'000.0, 2'700.0, 20'000.0}) {
    CompanyOptions options = Weeks(3);
    options.events_per_day = per_day;
    const double seen = static_cast<double>(All(options).size()) / 21;
    EXPECT_NEAR(seen / per_day, 1, 0.15) << per_day;
  }
}

TEST(Company, TellsOfEverySubject) {
  std::map<Payload, int> seen;
  for (const Fact& fact : All(Weeks(6))) ++seen[fact.event.payload_case()];
  const auto* payload = v1::Event::descriptor()->FindOneofByName("payload");
  std::string missing;
  for (int i = 0; i < payload->field_count(); ++i) {
    if (!seen.contains(static_cast<Payload>(payload->field(i)->number()))) missing += payload->field(i)->name() + " ";
  }
  // What this company's CRM does not do.
  EXPECT_EQ(missing, "lead_merged lead_updated contact_updated deal_updated deal_reopened deal_deleted activity_logged ticket_updated ");
}

// What is won, lost, paid or given back has begun before, and money adds up.
TEST(Company, NothingFollowsFromNothing) {
  std::map<std::string, std::string> deals;  // id -> open, won, lost
  std::set<std::string> leads;
  std::map<std::string, int64_t> placed, paid;
  int won = 0, refunded = 0;
  for (const Fact& fact : All(Weeks(6))) {
    const v1::Event& e = fact.event;
    if (e.has_lead_created()) {
      ASSERT_TRUE(leads.insert(e.lead_created().lead().id()).second);
    }
    if (e.has_lead_qualified()) {
      ASSERT_TRUE(leads.contains(e.lead_qualified().lead().id()));
    }
    if (e.has_deal_created()) {
      ASSERT_TRUE(leads.contains(e.deal_created().lead().id()));
      ASSERT_TRUE(deals.emplace(e.deal_created().deal().id(), "open").second);
    }
    if (e.has_deal_won()) {
      ASSERT_EQ(std::exchange(deals[e.deal_won().deal().id()], "won"), "open");
      ++won;
    }
    if (e.has_deal_lost()) {
      ASSERT_EQ(std::exchange(deals[e.deal_lost().deal().id()], "lost"), "open");
    }
    if (e.has_order_placed()) placed[e.order_placed().order().id()] = e.order_placed().order().amount_micros();
    if (e.has_order_item()) placed[e.order_item().order().id()] -= e.order_item().item().amount_micros();
    if (e.has_order_paid()) {
      ASSERT_TRUE(paid.emplace(e.order_paid().order().id(), e.order_paid().order().amount_micros()).second);
      ASSERT_TRUE(placed.contains(e.order_paid().order().id()));
    }
    if (e.has_order_refunded()) {
      const int64_t back = e.order_refunded().order().amount_micros();
      ASSERT_LT(back, 0);
      ASSERT_LE(-back, paid.at(e.order_refunded().order().id()));
      ++refunded;
    }
  }
  for (const auto& [id, rest] : placed) EXPECT_EQ(rest, 0) << id << ": lines and total differ";
  EXPECT_GT(won, 50);
  EXPECT_GT(refunded, 20);
}

TEST(Company, StaffKeepsOfficeHours) {
  int calls = 0;
  for (const Fact& fact : All(Weeks(4))) {
    if (!fact.event.has_call_made()) continue;
    ++calls;
    ASSERT_GT(Intensity(Pace::kOffice, fact.time), 0) << FormatRfc3339(fact.time);
  }
  EXPECT_GT(calls, 100);
}

TEST(Company, RushIsAsManyTimesAsFast) {
  CompanyOptions options = Weeks(1);
  options.rush_from = kMonday + hours(100);
  options.rush = 100;
  size_t before = 0, after = 0;
  for (const Fact& fact : All(options)) (fact.time < *options.rush_from ? before : after)++;
  EXPECT_NEAR(static_cast<double>(before) / 100, 2'700.0 / 24, 40);
  EXPECT_NEAR(static_cast<double>(after) / 68, 100 * 2'700.0 / 24, 2'000);
}

TEST(Delivery, LosesNothingAndRepeatsOnlyWhatItSent) {
  const std::vector<Fact> facts = All(Weeks(1));
  DeliveryOptions options;
  options.late = 0.2;
  options.twice = 0.1;
  Delivery delivery(Weeks(1), options);
  std::set<std::string> ids;
  EventTime last = kMonday, stream = kMonday;
  size_t again = 0, disordered = 0;
  for (Delivered d; delivery.Next(&d);) {
    ASSERT_GE(d.arrived, last);
    ASSERT_GE(d.arrived, d.fact.time);
    last = d.arrived;
    if (d.fact.time < stream) ++disordered;
    stream = std::max(stream, d.fact.time);
    ASSERT_EQ(ids.insert(d.fact.event.id()).second, !d.again);
    again += d.again ? 1 : 0;
  }
  EXPECT_EQ(ids.size(), facts.size());
  EXPECT_NEAR(static_cast<double>(again) / static_cast<double>(facts.size()), 0.1, 0.02);
  EXPECT_GT(disordered, facts.size() / 20);
}

TEST(Rhythm, AWeekHasTheMeanRate) {
  for (const Pace pace : {Pace::kAlways, Pace::kPeople, Pace::kOffice}) {
    double sum = 0;
    for (int h = 0; h < 168; ++h) sum += Intensity(pace, kMonday + hours(h));
    EXPECT_NEAR(sum / 168, 1, 1e-9) << static_cast<int>(pace);
  }
}

TEST(Rhythm, AnythingTakesLessTimeOnceTheRushBegins) {
  const Rhythm rhythm(kMonday + hours(10), 60);
  struct Row {
    const char* name;
    EventTime from;
    Duration takes;
    EventTime until;
  };
  for (const Row& row :
       {Row{"all before", kMonday, hours(9), kMonday + hours(9)},
        Row{"all within", kMonday + hours(11), hours(1), kMonday + hours(11) + std::chrono::minutes(1)},
        Row{"across", kMonday + hours(9), hours(2), kMonday + hours(10) + std::chrono::minutes(1)}}) {
    EXPECT_EQ(rhythm.After(row.from, row.takes), row.until) << row.name;
  }
}

}  // namespace
}  // namespace tidemark::demo
