// Stored values that nothing wrote: refused, whatever they would do to arithmetic or memory later.
#include <gtest/gtest.h>

#include "config/config.h"
#include "pipeline/aggregate/sketch.h"
#include "pipeline/entity/entities.h"
#include "pipeline/store/keys.h"
#include "pipeline/window/codec.h"
#include "tests/fakes/engine_rig.h"
#include "tidemark/state/v1/registry.pb.h"

namespace tidemark {
namespace {

constexpr int64_t kHour = 3600;
constexpr int64_t kBeyond = int64_t{1} << 60;  // more than any time, count or offset that is stored
constexpr char kConfig[] = R"(kafka: {brokers: "b:1"}
topics: [{name: crm, dedup: {horizon: 24h}}]
sources: {shop: {expect_every: 10m}}
kpis:
  - {name: leads, count: true, on: lead.created, by: {channel: lead.channel}, windows: [1h, lifetime]}
  - {name: revenue, sum: order.amount, where: 'order.currency == "USD"', on: order.paid, windows: [1h, lifetime]}
  - {name: largest, max: order.amount, where: 'order.currency == "USD"', on: order.paid, by: {sales_region: order.region}, windows: [1h]}
  - {name: size, quantiles: order.amount, where: 'order.currency == "USD"', on: order.paid, by: {channel: order.channel}, stats: [p50], windows: [1h]}
  - {name: visitors, distinct: lead.id, on: lead.created, by: {channel: lead.channel}, windows: [24h], compare: [previous]}
  - {name: response, key: lead.id, elapsed: {from: lead.created, to: lead.contacted, within: 2d}, stats: [avg], windows: [24h]}
  - {name: owners, key: deal.id, open: {distinct: deal.owner}, on: deal.created, until: deal.won}
  - {name: booked, key: deal.id, sum: deal.amount, on: deal.created, correct: {by: [deal.updated], add: [deal.stage_changed], revoke: [deal.won]}, windows: [24h]}
rules: [{name: few, kpi: leads, window: 1h, below: 5, for: 10m}]
)";

class Damaged : public testing::Test {
 protected:
  Damaged() {
    Diagnostics diagnostics;
    ParseConfig("c.yaml", kConfig, &rig_.specs, &diagnostics);
    EXPECT_EQ(diagnostics.ToString(), "");
    EXPECT_TRUE(rig_.Start(0).ok());
    Events(60);
    const Status ran = rig_.RunAt(kHour);
    EXPECT_TRUE(ran.ok()) << ran.text();
    whole_ = rig_.store.Snapshot();
  }

  // A lead, an order and a deal, each of the one id of its kind.
  void Events(int64_t seconds) {
    events::v1::Event lead, contacted, order, deal;
    lead.mutable_lead_created()->mutable_lead()->set_id("l1");
    lead.mutable_lead_created()->mutable_lead()->set_channel("web");
    lead.set_source("shop");
    rig_.Append(lead, seconds, 0, "");
    contacted.mutable_lead_contacted()->mutable_lead()->set_id("l1");
    rig_.Append(contacted, seconds + 60, 0, "");
    auto* paid = order.mutable_order_paid()->mutable_order();
    paid->set_amount_micros(2'000'000);
    paid->set_currency("USD");
    paid->set_region("emea");
    paid->set_channel("web");
    rig_.Append(order, seconds, 0, "");
    auto* made = deal.mutable_deal_created()->mutable_deal();
    made->set_id("d1");
    made->set_owner("o1");
    made->set_amount_micros(5'000'000);
    rig_.Append(deal, seconds, 0, "");
  }

  using Change = std::function<std::string(const std::string&)>;
  // Every value of these keys becomes what `change` makes of it; what comes of opening it, and of going on for two days.
  Status After(Family family, const std::string& prefix, char kind, const Change& change) {
    auto damaged = whole_;
    auto& pairs = damaged[static_cast<size_t>(family)];
    int changed = 0;
    for (auto& [key, value] : pairs) {
      if (!key.starts_with(prefix) || (kind != 0 && key[4] != kind)) continue;
      std::string other = change(value);
      changed += other != value ? 1 : 0;
      value = std::move(other);
    }
    EXPECT_GT(changed, 0) << "nothing of " << prefix << " to damage";
    rig_.store.Restore(std::move(damaged));
    if (const Status opened = rig_.Start(kHour); !opened.ok()) return opened;
    const auto logs = rig_.logs;
    Events(2 * kHour);
    Status ran = rig_.RunAt(48 * kHour);
    rig_.logs = logs;
    return ran;
  }
  void ExpectRefused(const char* what, Family family, const std::string& prefix, char kind, const Change& change) {
    const Status status = After(family, prefix, kind, change);
    EXPECT_EQ(status.code(), Code::kCorrupt) << what << ": " << status.text();
  }
  void ExpectRefused(const char* what, const std::string& prefix, const Change& change) { ExpectRefused(what, Family::kMeta, prefix, 0, change); }

  EngineRig rig_;
  MemoryStore::Tables whole_;
};

// zz of each, instead of what the value begins with.
std::string Begin(const std::string& value, std::initializer_list<int64_t> numbers) {
  std::string changed;
  ByteReader rest(value);
  for (const int64_t n : numbers) {
    rest.ZigZag();
    PutZigZag(&changed, n);
  }
  return changed.append(rest.rest());
}

// The one that has columns: the first column of a row, changed.
std::string Column(const std::string& value, const std::function<void(RowColumn*)>& change) {
  ByteReader reader(value);
  RowColumn column;
  std::string_view raw;
  if (!ReadRowColumn(&reader, &column, &raw).ok()) return value;
  change(&column);
  std::string changed;
  PutRowColumn(&changed, column);
  return changed.append(reader.rest());
}

std::string Entity(const std::string& value, const std::function<void(EntityRow*)>& change) {
  EntityRow row;
  EXPECT_TRUE(ReadEntityRow(value, &row).ok());
  change(&row);
  std::string changed;
  PutEntityRow(&changed, row);
  return changed;
}

TEST_F(Damaged, WhatIsWholeIsOpenedAndGoesOn) {
  const Status status = After(Family::kMeta, "E", 0, [](const std::string&) { return std::string(1, '\x09'); });
  EXPECT_TRUE(status.ok()) << status.text() << ": a number of entities that is not so is none that can be checked";
}

TEST_F(Damaged, MetaBeyondWhatCanBe) {
  ExpectRefused("T after all times", "C", [](const std::string& v) { return Begin(v, {kBeyond, kBeyond}); });
  ExpectRefused("rules looked at after T", "C", [](const std::string& v) { return Begin(v, {0, 15'000'000}); });
  ExpectRefused("an offset before the first", "P", [](const std::string& v) { return Begin(v, {-5}); });
  ExpectRefused("an offset that has no next", "P", [](const std::string& v) { return Begin(v, {INT64_MAX}); });
  ExpectRefused("counters whose sum is none", "K", [](const std::string& v) { return Begin(v, {INT64_MAX, INT64_MAX, 1, -1}); });
  ExpectRefused("a pending rule since never", "R", [](const std::string&) {
    std::string value("\x01", 1);
    PutZigZag(&value, Micros(kNoEventTime));
    PutZigZag(&value, 0);
    return value;
  });
  ExpectRefused("a source heard before all times", "S", [](const std::string& v) { return Begin(v, {-kBeyond}); });
  ExpectRefused("ids known from after all times", "D", [](const std::string& v) { return Begin(v, {kBeyond}); });
}

TEST_F(Damaged, ARegistryThatNamesTwoByOneNumber) {
  const auto with = [](const std::function<void(state::v1::Registry*)>& change) {
    return [change](const std::string& value) {
      state::v1::Registry registry;
      EXPECT_TRUE(registry.ParseFromString(value));
      change(&registry);
      return registry.SerializeAsString();
    };
  };
  ExpectRefused("KPIs", "G", with([](auto* r) { r->mutable_kpis(0)->set_number(r->kpis(1).number()); }));
  ExpectRefused("tables", "G", with([](auto* r) { r->mutable_tables(0)->set_number(r->tables(1).number()); }));
  ExpectRefused("to come", "G", with([](auto* r) { r->set_next_kpi(1); }));
  ExpectRefused("tiers are missing", "G", with([](auto* r) { r->mutable_kpis(0)->clear_whole_from(); }));
  ExpectRefused("a tier that is whole from after all times", "G", with([](auto* r) { r->mutable_kpis(0)->set_whole_from(0, kBeyond); }));
}

TEST_F(Damaged, RowsAndPanesBeyondWhatCanBe) {
  const auto rows = [&](const char* what, const std::function<void(RowColumn*)>& change) {
    ExpectRefused(what, Family::kRows, "", 'V', [&](const std::string& v) { return Column(v, change); });
  };
  rows("a count that overflows", [](RowColumn* c) { for (RowWindow& w : c->windows) w.count = INT64_MAX; });
  rows("a sum that overflows", [](RowColumn* c) { for (RowWindow& w : c->windows) w.sum = Int128{1} << 126; });
  rows("a pane after all times", [](RowColumn* c) { c->last_pane = EventTimeFromMicros(kBeyond); });
  rows("steps that don't ascend", [](RowColumn* c) { if (!c->steps.empty()) c->steps.push_back(c->steps[0]); });
  rows("a column without sums where they are", [](RowColumn* c) { c->has_sum = !c->has_sum; });
  ExpectRefused("labels that are none", Family::kRows, "", 'L', [](const std::string& v) { return v + "x"; });
  ExpectRefused("a bucket that no value has", Family::kRows, "", 'L', [](const std::string& v) { return v.size() == 8 ? v.substr(0, 4) + "\x7f\xff\xff\xff" : v; });
  ExpectRefused("an edge after all times", "T", [](const std::string& v) {
    TableHead head;
    EXPECT_TRUE(ReadTableHead(v, &head).ok());
    head.windows[0].lower = EventTimeFromMicros(kBeyond);
    std::string changed;
    PutTableHead(&changed, head);
    return changed;
  });
  ExpectRefused("a pane's count that overflows", Family::kPanes, "", 0, [](const std::string& v) {
    std::string changed;
    ForEachFragmentCell(v, [&](FragmentCell c) {
      PutFragmentRow(&changed, c.row, 1);
      PutFragmentCell(&changed, c.number, c.has_sum, INT64_MAX, c.sum);
    }, [](uint32_t) {});
    return changed;
  });
  ExpectRefused("ids of before all times", Family::kIds, "", 0, [](const std::string& v) { return "\xff" + v.substr(1); });
}

TEST_F(Damaged, EntitiesThatNoEventsMade) {
  const auto parts = [&](const char* what, const std::function<std::string(std::string)>& change) {
    ExpectRefused(what, Family::kEntities, "", 0, [&](const std::string& v) {
      return Entity(v, [&](EntityRow* row) { for (auto& [number, part] : row->parts) part = change(part); });
    });
  };
  parts("nothing at all", [](const std::string&) { return ""; });
  parts("cut short", [](const std::string& part) { return part.substr(0, part.size() - 1); });
  parts("a series that isn't there", [](std::string part) {
    part.back() = '\x7f';  // of most, the row is the last number
    return part;
  });
  parts("a step at no time", [](std::string part) {
    constexpr std::string_view kSteps = "\x02\x01\x01";  // two, the first of one event, whose time is known
    if (!part.starts_with(kSteps)) return part;
    ByteReader event(std::string_view(part).substr(kSteps.size()));
    event.Time();
    event.BigEndian(8);
    return std::string("\x02\x01\x00", 3).append(event.rest());
  });
  ExpectRefused("two parts of one KPI", Family::kEntities, "", 0,
                [](const std::string& v) { return Entity(v, [](EntityRow* row) { row->parts.push_back(row->parts.back()); }); });
}

}  // namespace
}  // namespace tidemark
