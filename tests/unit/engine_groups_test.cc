// Groups of events against a plain map over what should tell them apart.
#include "pipeline/engine/groups.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <tuple>

#include "config/config.h"
#include "tidemark/events/v1/event.pb.h"

namespace tidemark {
namespace {

constexpr char kConfig[] = R"(
kafka: {brokers: none}
topics: [crm]
kpis:
- {name: orders, on: order.paid, count: true, by: {channel: order.channel}, windows: [1h]}
- {name: paid, on: order.paid, sum: order.amount, by: {sales_region: order.region}, windows: [24h], where: 'order.currency == "USD"'}
- {name: greatest, on: order.paid, max: order.amount, by: {channel: order.channel, sales_region: order.region}, windows: [1h]}
- {name: least, on: order.paid, min: order.amount, windows: [1h], where: 'order.currency == "USD" and order.region != "emea"'}
- {name: latest, on: order.paid, last: order.amount, windows: [lifetime], where: 'not (order.customer in ["c1", "c2"])'}
)";

class GroupsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Specs specs;
    Diagnostics diagnostics;
    ParseConfig("kpis.yaml", kConfig, &specs, &diagnostics);
    plan_ = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
    ASSERT_NE(plan_, nullptr) << diagnostics.ToString();
  }

  // Valid until the next call.
  const EventRow& Decode(const events::v1::Event& event) {
    record_ = event.SerializeAsString();
    slots_.resize(plan_->decoder().max_slots());
    plan_->decoder().Decode(record_, slots_.data(), &row_);
    return row_;
  }
  const RoutePlan& RouteOf(const EventRow& row) const { return plan_->routes()[row.type.v]; }

  std::shared_ptr<const Plan> plan_;
  std::string record_;
  std::vector<Slot> slots_;
  EventRow row_;
};

events::v1::Event Order(int64_t seconds, const std::string& channel, const std::string& region, const std::string& currency,
                        const std::string& customer, int64_t amount) {
  events::v1::Event event;
  event.set_id("e");
  event.mutable_time()->set_seconds(seconds);
  auto* order = event.mutable_order_paid()->mutable_order();
  order->set_channel(channel);
  order->set_region(region);
  order->set_currency(currency);
  order->set_customer(customer);
  order->set_amount_micros(amount);
  return event;
}

struct Counted {
  int64_t events = 0, sum = 0, least = 0, greatest = 0;
};

TEST_F(GroupsTest, TellApartWhatAKpiTellsApartAndNothingElse) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::vector<std::string> labels = {"", "a", "aa", "emea", std::string("a\0", 2), "eight by", "nine byte", std::string(300, 'x'), std::string(300, 'y')};
  const std::vector<std::string> currencies = {"USD", "EUR", ""}, customers = {"c1", "c2", "c3", "c4"};
  const auto pick = [&](const auto& from) { return from[random() % from.size()]; };
  const EventRow first = Decode(Order(60, "", "", "", "", 1));
  Groups groups(RouteOf(first), PaneSize(Tier::kMinute));
  ASSERT_TRUE(groups.Pay());
  for (int round = 0; round < 3; ++round) {
    std::map<std::tuple<int64_t, std::string, std::string, bool, bool>, std::pair<size_t, Counted>> known;
    for (int n = 0; n < 20'000; ++n) {
      const int64_t seconds = 6'000 + static_cast<int64_t>(random() % 300), amount = static_cast<int64_t>(random() % 100) - 50;
      const std::string channel = pick(labels), region = pick(labels), currency = pick(currencies), customer = pick(customers);
      const EventRow& row = Decode(Order(seconds, channel, region, currency, customer, amount));
      size_t group = groups.Find(row);
      const auto [it, added] = known.try_emplace({seconds / 60, channel, region, currency == "USD", customer < "c3"});
      if (channel.size() + region.size() > 500) {
        ASSERT_EQ(group, Groups::kNone);
        ASSERT_EQ(groups.Add(7), Groups::kNone) << "too long";
        known.erase(it);
        continue;
      }
      ASSERT_EQ(group == Groups::kNone, added);
      if (added) it->second.first = group = groups.Add(static_cast<uint64_t>(n));
      ASSERT_EQ(group, it->second.first);
      groups.Count(row, group);
      Counted& counted = it->second.second;
      counted.least = counted.events == 0 ? amount : std::min(counted.least, amount);
      counted.greatest = counted.events == 0 ? amount : std::max(counted.greatest, amount);
      ++counted.events;
      counted.sum += amount;
    }
    ASSERT_EQ(groups.size(), known.size());
    const Grouping& grouping = RouteOf(first).grouping;
    EXPECT_EQ(grouping.labels.size(), 2u);
    EXPECT_EQ(grouping.facts.size(), 2u) << "of the region nothing is asked that the label doesn't say";
    for (const auto& [key, value] : known) {
      const auto& [group, counted] = value;
      EXPECT_EQ(groups.pane(group), EventTimeFromMicros(std::get<0>(key) * kMicrosPerMinute));
      const int64_t* words = groups.Words(group);
      EXPECT_EQ(words[0], counted.events);
      for (const Grouping::Cell& cell : grouping.cells) {
        if (cell.kind == CellKind::kLast) continue;
        const int64_t wanted = cell.kind == CellKind::kSum ? counted.sum : cell.kind == CellKind::kMin ? counted.least : counted.greatest;
        EXPECT_EQ(words[cell.word], wanted);
      }
    }
    groups.Clear();
    ASSERT_EQ(groups.size(), 0u);
  }
}

TEST_F(GroupsTest, TheLatestOfAGroupIsThatOfTimeThenOfIdentity) {
  EventRow row = Decode(Order(60, "web", "emea", "USD", "c9", 10));
  Groups groups(RouteOf(row), PaneSize(Tier::kMinute));
  ASSERT_EQ(groups.Find(row), Groups::kNone);
  const size_t group = groups.Add(0);
  const auto count = [&](int64_t seconds, uint64_t tie, int64_t amount) {
    row = Decode(Order(seconds, "web", "emea", "USD", "c9", amount));
    row.tie = tie;
    ASSERT_EQ(groups.Find(row), group);
    groups.Count(row, group);
  };
  count(70, 5, 1);
  count(65, 9, 2);
  count(70, 7, 3);
  count(70, 6, 4);
  const auto& cells = RouteOf(row).grouping.cells;
  const auto last = std::find_if(cells.begin(), cells.end(), [](const Grouping::Cell& cell) { return cell.kind == CellKind::kLast; });
  ASSERT_NE(last, cells.end());
  EXPECT_EQ(groups.Words(group)[last->word + 2], 3);
}

TEST_F(GroupsTest, EventsGoAloneWhileGroupingSavesNothing) {
  const EventRow row = Decode(Order(60, "", "", "", "", 1));
  Groups groups(RouteOf(row), PaneSize(Tier::kMinute));
  const auto fold = [&](const auto& channel) {
    int alone = 0;
    for (int n = 0; n < 1'500; ++n) {
      if (!groups.Pay()) {
        ++alone;
      } else if (groups.Find(Decode(Order(60, channel(n), "", "", "", 1))) == Groups::kNone) {
        groups.Add(0);
      }
    }
    groups.Clear();
    return alone;
  };
  const auto all_differ = [](int n) { return "channel " + std::to_string(n); };
  const auto few = [](int n) { return "channel " + std::to_string(n % 300); };
  EXPECT_EQ(fold(all_differ), 0) << "that isn't known yet";
  for (int n = 0; n < 16; ++n) EXPECT_EQ(fold(all_differ), 1'500);
  EXPECT_EQ(fold(few), 0) << "it is tried again now and then";
  EXPECT_EQ(fold(few), 0);
}

}  // namespace
}  // namespace tidemark
