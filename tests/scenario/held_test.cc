// What each measure shows while sources in batches hold T: the value as of T, or none that can be trusted.
#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "pipeline/explain/explain.h"
#include "tests/scenario/export.h"

namespace tidemark {
namespace {

constexpr char kConfig[] = R"(
kafka: {brokers: none}
topics: [{name: live, events: [deal.won]}]
sources:
  export:
    topics: [crm]
    expect_every: 26h
    complete_after: 48h
    id: [row.id]
    time: s(row.at)
    events:
    - {emit: order.paid, when: row.type == "order", set: {order.id: row.order, order.customer: row.who, order.amount: row.amount, order.channel: row.channel}}
    - {emit: order.refunded, when: row.type == "refund", set: {order.id: row.order, order.customer: row.who, order.amount: row.amount}}
    - {emit: deal.created, when: row.type == "deal", set: {deal.id: row.who, deal.amount: row.amount}}
    - {emit: deal.lost, when: row.type == "lost", set: {deal.id: row.who}}
    - {emit: heartbeat, when: row.type == "done", set: {complete_through: s(row.through)}}
kpis:
- {name: orders, count: true, on: order.paid, windows: [24h, 30d, lifetime], by: {channel: order.channel}}
- {name: ever, count: true, on: order.paid, windows: [lifetime]}
- {name: revenue, sum: order.amount, on: order.paid, windows: [24h, lifetime]}
- {name: least, min: order.amount, on: order.paid, windows: [24h, 7d, lifetime], by: {channel: order.channel}}
- {name: greatest, max: order.amount, on: order.paid, windows: [24h, 7d, lifetime]}
- {name: latest, last: order.amount, on: order.paid, windows: [24h, 7d, lifetime]}
- {name: sizes, quantiles: order.amount, on: order.paid, stats: [p50, count], windows: [24h, lifetime]}
- {name: buyers, distinct: order.customer, on: order.paid, windows: [24h, today, lifetime], by: {channel: order.channel}}
- {name: newcomers, first: order.customer, on: order.paid, windows: [24h, lifetime]}
- {name: refund_seconds, key: order.id, elapsed: {from: order.paid, to: order.refunded}, stats: [count, p50], windows: [24h, lifetime]}
- {name: active, active: order.customer, on: order.paid, windows: [24h]}
- {name: lapsed, lapsed: order.customer, on: order.paid, windows: [24h]}
- {name: repeaters, distinct: order.customer, at_least: 2, on: order.paid, windows: [24h, lifetime]}
- {name: pipeline, key: deal.id, on: deal.created, open: {value: deal.amount}, until: deal.lost}
- {name: silent, key: deal.id, on: deal.created, open: {silent_for: 1h}, until: deal.lost}
- {name: share, formula: orders@24h / total(orders@lifetime), by: [channel], windows: [24h]}
- {name: busy, formula: active / total(orders@24h), windows: [24h]}
)";
const std::set<std::string> kNotCut = {"active", "lapsed", "repeaters", "pipeline", "silent", "busy"}, kOnlyLapsed = {"lapsed"};

struct Line {
  int64_t at;
  std::string type, who, more;
};

struct Held : Export {
  explicit Held(std::string config = kConfig) : Export(config.c_str()) { EXPECT_TRUE(rig.Start(0).ok()); }
  void Write(const Line& line, int64_t written, int partition) { Row(line.type, line.at, written, partition, line.who, line.more); }
  // Of all KPIs that are cut, or of the others.
  std::map<std::string, std::string> Values(bool cut) const {
    std::map<std::string, std::string> values;
    const auto view = rig.engine->view();
    for (uint32_t k = 0; k < view->kpis().size(); ++k) {
      const KpiInfo& info = view->kpis()[k];
      if (kNotCut.contains(info.name) == cut) continue;
      view->ForEach(KpiId{k}, [&](const SeriesValue& series) {
        const std::string value = series.value.absent() ? "absent" : series.value.ToString();
        if (value != "0" && value != "absent") values[info.name + "{" + series.labels.escaped + "} " + info.windows[series.window]] = value;
      });
    }
    return values;
  }
  // KPIs that say of all their windows that nothing of them is covered. Of `lapsed` that is also so in the first two days.
  std::set<std::string> Blind() const {
    std::set<std::string> blind;
    const auto view = rig.engine->view();
    for (uint32_t k = 0; k < view->kpis().size(); ++k) {
      const std::vector<double>& coverage = view->status(KpiId{k}).coverage;
      if (std::all_of(coverage.begin(), coverage.end(), [](double c) { return c == 0; })) blind.insert(view->kpis()[k].name);
    }
    return blind;
  }
};

Line Order(int64_t at, int order, int who, int64_t amount, const char* channel = "web") {
  return {at, "order", "c" + std::to_string(who), ",\"order\":\"o" + std::to_string(order) + "\",\"amount\":" + std::to_string(amount) + ",\"channel\":\"" + channel + "\""};
}

TEST(HeldMeasures, ShowWhatStoodAtTWhateverIsAheadOfIt) {
  Held held;
  int64_t hours[] = {1, 5, 20};
  for (int n = 0; n < 3; ++n) held.Write(Order(hours[n] * kHour, n, n, 10 * (n + 1)), kDay, n % 2);
  held.Done(kDay, kDay + kHour);
  ASSERT_TRUE(held.RunTo(kDay + 2 * kHour).ok());
  for (int n = 3; n < 6; ++n) held.Write(Order(kDay + (n - 2) * kHour, n, n % 3, n == 4 ? 1 : 1000), 2 * kDay, n % 2);
  for (const bool restarted : {false, true}) {
    if (restarted) {
      ASSERT_TRUE(held.rig.Start(2 * kDay + kHour).ok());
    }
    ASSERT_TRUE(held.RunTo(2 * kDay + kHour).ok());
    ASSERT_EQ(held.rig.T(), EngineRig::At(kDay));
    for (const char* window : {"24h", "lifetime"}) {
      EXPECT_EQ(held.rig.Value("orders", window, "web"), "3") << window;
      EXPECT_EQ(held.rig.Value("revenue", window), "60") << window;
      EXPECT_EQ(held.rig.Value("least", window, "web"), "10") << window;
      EXPECT_EQ(held.rig.Value("greatest", window), "30") << window;
      EXPECT_EQ(held.rig.Value("latest", window), "30") << window;
      EXPECT_EQ(held.rig.Value("sizes", window, "count"), "3") << window;
      EXPECT_EQ(held.rig.Value("buyers", window, "web"), "3") << window;
      EXPECT_EQ(held.rig.Value("newcomers", window), "3") << window;
    }
    EXPECT_EQ(held.rig.Value("ever", "lifetime"), "3");
    EXPECT_EQ(held.Blind(), kNotCut) << "of these a part of the next batch is in what they show";
  }
  held.Done(2 * kDay, 2 * kDay + 2 * kHour);
  ASSERT_TRUE(held.RunTo(2 * kDay + 3 * kHour).ok());
  EXPECT_EQ(held.rig.Value("least", "24h", "web"), "1");
  EXPECT_EQ(held.rig.Value("greatest", "24h"), "1000");
  EXPECT_EQ(held.rig.Value("greatest", "lifetime"), "1000");
  EXPECT_EQ(held.rig.Value("least", "7d", "web"), "1");
  EXPECT_EQ(held.rig.Value("latest", "24h"), "1000");
  EXPECT_EQ(held.rig.Value("buyers", "lifetime", "web"), "3");
  EXPECT_EQ(held.rig.Value("ever", "lifetime"), "6");
  EXPECT_EQ(held.rig.Value("active", "24h"), "3");
  EXPECT_EQ(held.Blind(), std::set<std::string>()) << "a whole batch, and nothing of the next";
}

// Days of orders that come in pieces, late, twice, with restarts, by an engine that is looked at whenever a day is complete, while
// some of the next days is here; and by one that gets each day only then.
TEST(HeldMeasures, AreThoseOfAnEngineThatHasNothingAhead) {
  int right = 0, blind = 0;
  for (uint32_t seed = 1; seed <= 10; ++seed) {
    std::mt19937 rng(seed);
    Held early, whole;
    constexpr int64_t kDays = 12;
    std::vector<std::pair<int64_t, Line>> lines;  // when it comes; its day is complete three days after it began
    for (int64_t day = 0; day < kDays; ++day) {
      for (int n = 0; n < 12; ++n) {
        const int number = static_cast<int>(day) * 12 + n;
        const int64_t at = day * kDay + static_cast<int64_t>(rng() % (kDay - 1));
        const char* channel = rng() % 3 == 0 ? "ads" : "web";
        lines.emplace_back((day + 1) * kDay + static_cast<int64_t>(rng() % (19 * kDay / 10)), Order(at, number, static_cast<int>(rng() % 9), 1 + static_cast<int64_t>(rng() % 50), channel));
        if (rng() % 5 == 0) lines.emplace_back(lines.back().first, Line{at + 1, "deal", "d" + std::to_string(rng() % 40), ",\"amount\":" + std::to_string(rng() % 100)});
        if (rng() % 4 == 0) {
          const int64_t refunded = std::min(at + static_cast<int64_t>(rng() % kDay), (day + 1) * kDay - 1);
          lines.emplace_back(lines.back().first, Line{refunded, "refund", "x", ",\"order\":\"o" + std::to_string(number) + "\",\"amount\":1"});
        }
      }
    }
    std::sort(lines.begin(), lines.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    size_t come = 0;
    for (int64_t day = 0; day < kDays; ++day) {
      const int64_t through = (day + 1) * kDay, now = (day + 3) * kDay + kHour;
      for (; come < lines.size() && lines[come].first < now; ++come) {
        early.Write(lines[come].second, lines[come].first, static_cast<int>(rng() % 2));
        if (rng() % 10 == 0) {
          ASSERT_TRUE(early.rig.RunAt(std::max(lines[come].first, now - kHour)).ok());
        }
        if (rng() % 30 == 0) {
          ASSERT_TRUE(early.rig.Start(now).ok());
        }
      }
      for (const auto& [comes, line] : lines) {
        if (line.at >= through - kDay && line.at < through) whole.Write(line, now - 60, 0);
      }
      for (Held* engine : {&early, &whole}) {
        engine->Done(through, now);
        ASSERT_TRUE(engine->RunTo(now + 60).ok());
        ASSERT_EQ(engine->rig.T(), EngineRig::At(through)) << "seed " << seed;
      }
      ASSERT_EQ(early.Values(true), whole.Values(true)) << "seed " << seed << ", day " << day;
      ASSERT_TRUE(whole.Blind().empty() || (day == 0 && whole.Blind() == kOnlyLapsed)) << "seed " << seed << ", day " << day;
      // What is not cut is right where it does not say otherwise.
      if (early.Blind() == whole.Blind()) {
        ++right;
        ASSERT_EQ(early.Values(false), whole.Values(false)) << "seed " << seed << ", day " << day;
      } else {
        ++blind;
        ASSERT_EQ(early.Blind(), kNotCut) << "seed " << seed << ", day " << day;
      }
    }
  }
  EXPECT_GT(right, 5);
  EXPECT_GT(blind, 50);
}

TEST(HeldMeasures, GoOnWhereHoldingBeginsOrEnds) {
  Held held;
  for (int n = 0; n < 20; ++n) held.Write(Order(n * 12 * kHour, n, n % 3, 100 - n), 10 * kDay, n % 2);
  held.Done(9 * kDay, 10 * kDay);
  ASSERT_TRUE(held.RunTo(10 * kDay).ok());
  EXPECT_EQ(held.rig.Value("ever", "lifetime"), "18");
  EXPECT_EQ(held.rig.Value("orders", "lifetime", "web"), "18");
  EXPECT_EQ(held.rig.Value("least", "lifetime", "web"), "83");
  const auto complete_after = held.rig.specs.sources[0].complete_after;
  held.rig.specs.sources[0].complete_after.reset();
  ASSERT_TRUE(held.rig.Start(10 * kDay).ok());
  ASSERT_TRUE(held.RunTo(10 * kDay).ok());
  EXPECT_EQ(held.rig.Value("ever", "lifetime"), "20") << "what was ahead";
  EXPECT_EQ(held.rig.Value("orders", "lifetime", "web"), "20");
  EXPECT_EQ(held.rig.Value("orders", "30d", "web"), "20");
  EXPECT_EQ(held.rig.Value("least", "lifetime", "web"), "81");
  EXPECT_EQ(held.rig.Value("latest", "lifetime"), "81");
  held.rig.specs.sources[0].complete_after = complete_after;
  ASSERT_TRUE(held.rig.Start(10 * kDay).ok());
  held.Write(Order(10 * kDay + kHour, 20, 1, 5), 11 * kDay, 0);
  ASSERT_TRUE(held.RunTo(11 * kDay).ok());
  EXPECT_EQ(held.rig.T(), EngineRig::At(10 * kDay)) << "T never goes back";
  EXPECT_EQ(held.rig.Value("ever", "lifetime"), "20");
  EXPECT_EQ(held.rig.Value("orders", "lifetime", "web"), "20");
  EXPECT_EQ(held.rig.Value("least", "lifetime", "web"), "81");
  held.Done(11 * kDay, 11 * kDay);
  ASSERT_TRUE(held.RunTo(11 * kDay + 60).ok());
  EXPECT_EQ(held.rig.Value("ever", "lifetime"), "21");
  EXPECT_EQ(held.rig.Value("orders", "lifetime", "web"), "21");
  EXPECT_EQ(held.rig.Value("least", "lifetime", "web"), "5");
}

// A lifetime that is cut keeps hours for `series_idle`: a longer window is built from what is left of them.
TEST(HeldMeasures, AWindowThatGrowsIsNotCoveredWherePanesAreGone) {
  const std::string config = kConfig;
  Held held(config.substr(0, config.find("kpis:")) + "kpis:\n- {name: orders, count: true, on: order.paid, windows: [24h, lifetime]}\n");
  constexpr int64_t kDays = 40;
  for (int64_t day = 0; day < kDays; ++day) {
    const int64_t through = (day + 1) * kDay;
    held.Write(Order(day * kDay + kHour, static_cast<int>(day), 0, 1), through, static_cast<int>(day % 2));
    held.Done(through, through + kHour);
    ASSERT_TRUE(held.RunTo(through + 2 * kHour).ok());
  }
  held.rig.specs.kpis[0].windows.push_back(EngineRig::Window("30d"));
  ASSERT_TRUE(held.rig.Start(kDays * kDay + 3 * kHour).ok());
  ASSERT_EQ(held.rig.T(), EngineRig::At(kDays * kDay));
  EXPECT_EQ(held.rig.Value("orders", "lifetime"), "40");
  EXPECT_LT(std::stoi(held.rig.Value("orders", "30d")), 30);
  const std::vector<double> coverage = held.rig.engine->view()->status(KpiId{0}).coverage;
  ASSERT_EQ(coverage.size(), 3u);
  EXPECT_EQ(coverage[0], 1);
  EXPECT_EQ(coverage[1], 1);
  EXPECT_LT(coverage[2], 0.5);
}

// Every KPI but the first comes later, and is counted over the past beside the others.
TEST(HeldMeasures, AreBackFilledToWhatTheyWouldHaveBeen) {
  Held whole, late;
  std::vector<KpiSpec> kpis = std::move(late.rig.specs.kpis);
  late.rig.specs.kpis.clear();
  late.rig.specs.kpis.push_back(std::move(kpis[0]));
  ASSERT_TRUE(late.rig.Start(0).ok());
  std::mt19937 rng(3);
  const auto day_of = [&](int64_t day) {
    for (int n = 0; n < 15; ++n) {
      const Line line = Order(day * kDay + static_cast<int64_t>(rng() % kDay), static_cast<int>(day) * 15 + n, static_cast<int>(rng() % 7), 1 + static_cast<int64_t>(rng() % 90), n % 3 == 0 ? "ads" : "web");
      const int partition = static_cast<int>(rng() % 2);
      whole.Write(line, (day + 1) * kDay, partition);
      late.Write(line, (day + 1) * kDay, partition);
    }
  };
  for (int64_t day = 0; day < 6; ++day) day_of(day);
  for (Held* h : {&whole, &late}) {
    h->Done(5 * kDay, 6 * kDay + kHour);
    ASSERT_TRUE(h->RunTo(6 * kDay + 2 * kHour).ok());
    ASSERT_EQ(h->rig.T(), EngineRig::At(5 * kDay));
  }
  // The state of the others goes on; what is missing is counted aside up to where they stand.
  for (size_t k = 1; k < kpis.size(); ++k) late.rig.specs.kpis.push_back(std::move(kpis[k]));
  const auto counted = late.rig.BackFill(6 * kDay + 3 * kHour);
  ASSERT_TRUE(counted.ok()) << counted.status().text();
  ASSERT_GT(*counted, 10);
  ASSERT_TRUE(late.rig.Start(6 * kDay + 4 * kHour).ok());
  ASSERT_TRUE(late.RunTo(6 * kDay + 4 * kHour).ok());
  EXPECT_EQ(late.rig.T(), EngineRig::At(5 * kDay));
  EXPECT_EQ(late.Values(true), whole.Values(true)) << "the sixth day is here, and in none of them";
  EXPECT_EQ(late.Blind(), kNotCut);
  EXPECT_EQ(whole.Blind(), kNotCut);
  day_of(6);
  for (Held* h : {&whole, &late}) {
    h->Done(7 * kDay, 7 * kDay + kHour);
    ASSERT_TRUE(h->RunTo(7 * kDay + 2 * kHour).ok());
  }
  EXPECT_EQ(late.Values(true), whole.Values(true));
  EXPECT_EQ(late.Values(false), whole.Values(false));
}

// `to` is `from`, and what entered, less what left, and what was corrected; of what entered nothing is from ahead of T.
TEST(HeldMeasures, AreExplainedAsOfT) {
  Held held;
  const auto ask = [&](const char* kpi, const char* window, int64_t from) {
    Diagnostics diagnostics;
    ExplainRequest request;
    request.kpi = kpi;
    request.window = window;
    request.from = EngineRig::At(from);
    return Explain(Plan::Compile(held.rig.specs, Schema::Canonical(), &diagnostics), held.rig.store, request, [] { return true; });
  };
  const auto text = [](const Result<Explanation>& got) {
    if (!got.ok()) return got.status().text();
    const Change& c = *got->number.total;
    std::string line = c.from.ToString() + " -> " + c.to.ToString();
    if (c.parts) line += " = " + ToString(c.parts->entered) + " - " + ToString(c.parts->left) + " + " + ToString(c.parts->corrected);
    return line;
  };
  held.Write(Order(5 * kHour, 0, 0, 10), kDay, 0);
  held.Write(Order(20 * kHour, 1, 1, 20), kDay, 1);
  held.Done(kDay, kDay + kHour);
  ASSERT_TRUE(held.RunTo(kDay + 2 * kHour).ok());
  held.Write(Order(23 * kHour, 2, 2, 30), 2 * kDay, 0);            // late
  held.Write(Order(kDay + 3 * kHour, 3, 0, 40), 2 * kDay, 1);      // a part of the next day
  ASSERT_TRUE(held.RunTo(2 * kDay).ok());
  held.Done(kDay + 12 * kHour, 2 * kDay + kHour);                  // of which half is complete
  held.Write(Order(kDay + 15 * kHour, 4, 1, 50), 2 * kDay + kHour, 0);
  ASSERT_TRUE(held.RunTo(2 * kDay + 2 * kHour).ok());
  ASSERT_EQ(held.rig.T(), EngineRig::At(kDay + 12 * kHour));
  EXPECT_EQ(text(ask("revenue", "24h", kDay)), "30 -> 90 = 40 - 10 + 30");
  EXPECT_EQ(text(ask("revenue", "lifetime", kDay)), "30 -> 100 = 40 - 0 + 30");
  EXPECT_EQ(text(ask("ever", "lifetime", kDay)), "2 -> 4 = 1 - 0 + 1");
  EXPECT_EQ(text(ask("orders", "24h", kDay)), "2 -> 3 = 1 - 1 + 1");
  EXPECT_EQ(text(ask("newcomers", "lifetime", kDay)), "2 -> 3 = 0 - 0 + 1");
  const auto least = ask("least", "24h", kDay);
  ASSERT_TRUE(least.ok()) << least.status().text();
  ASSERT_EQ(least->number.series.all, 1u);
  EXPECT_EQ(least->number.series.series[0].change.from.ToString() + " -> " + least->number.series.series[0].change.to.ToString(), "10 -> 20");
  const auto buyers = ask("buyers", "24h", kDay);
  ASSERT_TRUE(buyers.ok()) << buyers.status().text();
  EXPECT_EQ(buyers->number.series.series[0].change.from.ToString() + " -> " + buyers->number.series.series[0].change.to.ToString(), "2 -> 3");
}

}  // namespace
}  // namespace tidemark
