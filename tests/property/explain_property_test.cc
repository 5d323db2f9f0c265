// Entities and events as in entity_property_test, hour by hour: what was shown at an hour is found again, and what moved
// each KPI since is what the oracle says.
#include <gtest/gtest.h>

#include <set>

#include "config/config.h"
#include "pipeline/engine/shown.h"
#include "pipeline/explain/explain.h"
#include "pipeline/explain/state_at.h"
#include "tests/property/entity_specs.h"
#include "tests/property/hourly.h"

namespace tidemark {
namespace {

constexpr Duration kHour = std::chrono::hours(1), kDay = std::chrono::hours(24);

std::shared_ptr<const Plan> CompilePlan() {
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("entity_specs.h", kEntityConfig, &specs, &diagnostics);
  specs.time.max_hold = kDay * 3650;  // the wall clock jumps from one look to the next
  auto plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
  EXPECT_TRUE(plan != nullptr) << diagnostics.ToString();
  return plan;
}

std::set<uint32_t> AllTables(const Plan& plan) {
  std::set<uint32_t> tables;
  for (uint32_t t = 0; t < plan.tables().size(); ++t) tables.insert(t);
  return tables;
}

// What is kept of these hours is what was shown; others are not known.
void ExpectKept(const StateReader& reader, const std::map<EventTime, Answers>& shown, EventTime t) {
  for (const auto& [hour, answers] : shown) {
    const bool midnight = FloorTo(hour, kDay) == hour;
    const auto state = reader.At(hour, AllTables(reader.plan()));
    ASSERT_TRUE(state.ok()) << state.status().text();
    const Duration kept = midnight ? 35 * kDay : 48 * kHour, gone = midnight ? 37 * kDay : 48 * kHour;
    ASSERT_FALSE(t - hour <= kept && !*state) << FormatRfc3339(hour) << " is not there at " << FormatRfc3339(t);
    ASSERT_FALSE(t - hour > gone && *state) << FormatRfc3339(hour) << " is there at " << FormatRfc3339(t);
    if (!*state) continue;
    const Answers found = AnswersOf(*(*state)->view);
    for (const auto& [key, value] : answers) {
      const auto it = found.find(key);
      ASSERT_TRUE(it != found.end()) << std::get<0>(key) << "{" << std::get<1>(key) << "} " << std::get<2>(key) << " of "
          << FormatRfc3339(hour);
      ASSERT_EQ(it->second, value) << std::get<0>(key) << "{" << std::get<1>(key) << "} " << std::get<2>(key) << " of "
          << FormatRfc3339(hour);
    }
    ASSERT_EQ(found.size(), answers.size());
  }
}

TEST(ExplainProperty, WhatWasShownAtAnHourIsFoundAgain) {
  const auto plan = CompilePlan();
  ASSERT_TRUE(plan != nullptr);
  const uint64_t first = FirstSeed();
  for (uint64_t seed = first; seed < first + static_cast<uint64_t>(Seeds(20)); ++seed) {
    SCOPED_TRACE("TIDEMARK_SEED=" + std::to_string(seed));
    Trial trial = MakeTrial(seed);
    Hourly engine(plan, &trial);
    std::map<EventTime, Answers> shown;
    const auto most = static_cast<uint64_t>((engine.last() - engine.first()) / kHour / 30 + 2);
    for (EventTime t = engine.first(); t < engine.last() + 3 * kDay; t += kHour * static_cast<int64_t>(1 + trial.rng() % most)) {
      if (trial.rng() % 3 == 0) t = FloorTo(t, kDay) + kDay;
      engine.To(t, trial.rng() % 6 == 0);
      if (HasFatalFailure()) return;
      shown[t] = AnswersOf(*engine.view());
      if (trial.rng() % 4 != 0) continue;
      const auto reader = StateReader::Open(plan, &engine.store);
      ASSERT_TRUE(reader.ok()) << reader.status().text();
      const auto now = reader->Now(AllTables(*plan));
      ASSERT_TRUE(now.ok()) << now.status().text();
      ASSERT_EQ(AnswersOf(*now->view), shown[t]);
      ExpectKept(*reader, shown, t);
      if (HasFatalFailure()) return;
    }
  }
}

// ---- parts ----

using Counted = EntityOracle::Counted;

struct Asked {
  const char* kpi;
  std::vector<std::string> windows;
  bool sum = false;
  Duration delay{};
};
const std::vector<Asked> kAsked = {
    {"visitors", {"1h", "24h", "7d"}},
    {"repeaters", {"24h", "7d"}},
    {"newcomers", {"1h", "7d", "week_to_date", "year_to_date", "last_month", "lifetime"}},
    {"present", {"1h", "7d", "lifetime"}},
    {"response_seconds", {"24h", "30d", "lifetime", "last_week"}, true},
    {"lead_funnel", {"7d", "30d", "lifetime"}},
    {"ripe_funnel", {"7d", "30d"}, false, 2 * kDay},
    {"stage_seconds", {"7d", "lifetime", "last_month"}, true},
    {"kept_newcomers", {"7d", "lifetime"}},
    {"kept_present", {"7d", "lifetime"}},
    {"booked", {"24h", "30d", "month_to_date", "lifetime"}, true},
    {"wins", {"7d", "lifetime", "last_quarter"}},
    {"paid_net", {"7d", "lifetime"}, true},
    {"order_size", {"24h", "30d", "lifetime", "yesterday"}, true},
    {"orders", {"24h", "30d", "today", "month_to_date", "quarter_to_date", "last_week", "last_year", "lifetime"}},
};

std::string Joined(const std::vector<std::string>& labels) {
  std::string text;
  for (size_t i = 0; i < labels.size(); ++i) text += (i == 0 ? "" : "|") + labels[i];
  return text;
}

struct Sum {
  int64_t count = 0;
  Int128 sum = 0;
};
std::map<std::string, Sum> SumsIn(const std::vector<Counted>& all, EventTime lower, EventTime upper) {
  std::map<std::string, Sum> sums;
  for (const Counted& c : all) {
    if (c.at < lower || c.at >= upper) continue;
    ++sums[c.labels].count;
    sums[c.labels].sum += c.sum;
  }
  return sums;
}

class Explained {
 public:
  Explained(const Asked& asked, const std::string& window, const EntityOracle& oracle, const std::vector<Counted>& now,
            const Explanation& got, bool to_hour)
      : asked_(asked), now_(now), got_(got) {
    const auto from = oracle.WindowAt(window, "", got.from, asked.delay);
    auto to = oracle.WindowAt(window, "", got.to, asked.delay);
    to.to = std::min(to.to, got.to + std::chrono::microseconds(to_hour ? 0 : 1));
    const EventTime seen = std::min(from.to, got.from);
    apart_ = std::max(from.from, to.from) >= std::min(seen, to.to);
    entered_ = SumsIn(now_, std::max(seen, to.from), to.to);
    left_ = SumsIn(now_, from.from, std::min(to.from, seen));
    if (window == "lifetime") left_.clear();
  }

  void Expect(const ExplainedNumber& number, bool sum) {
    if (!number.no_parts.empty()) {
      // Only where the past has left the disk.
      ASSERT_EQ(number.no_parts.find("panes that left"), 0u) << number.no_parts;
      return;
    }
    for (const ChangedSeries& series : number.series.series) {
      const std::string labels = Joined(series.labels);
      const Change& c = series.change;
      const auto value = [](const Value& v) { return v.absent() ? Int128{0} : v.decimal().mantissa; };
      ASSERT_EQ(value(c.to) - value(c.from), value(c.change));
      ASSERT_EQ(value(c.change), c.parts->entered.mantissa - c.parts->left.mantissa + c.parts->corrected.mantissa);
      const auto of = [&](std::map<std::string, Sum>& sums) { return sum ? sums[labels].sum : Int128{sums[labels].count}; };
      ASSERT_EQ(ToString(c.parts->entered.mantissa), ToString(apart_ ? value(c.to) : of(entered_))) << number.name << "{" << labels << "} "
          << number.window;
      ASSERT_EQ(ToString(c.parts->left.mantissa), ToString(apart_ ? value(c.from) : of(left_))) << number.name << "{" << labels << "} "
          << number.window;
    }
    if (!number.total) return;
    for (const ChangedList& group : number.groups) ASSERT_EQ(ToString(SumOf(group)), number.total->change.ToString());
    ASSERT_EQ(ToString(SumOf(number.series)), number.total->change.ToString());
  }

  void ExpectIds(const std::vector<Counted>& counted) {
    std::multiset<std::string> want, found;
    for (const Counted& c : counted) want.insert(c.id + "|" + c.labels + (asked_.sum ? "=" + ToString(Decimal{c.sum, 6}) : ""));
    for (const ExplainedId& id : got_.ids->ids) {
      found.insert(id.id + "|" + Joined(id.labels) + (asked_.sum ? "=" + id.value.ToString() : ""));
    }
    ASSERT_EQ(found, want) << asked_.kpi;
    ASSERT_EQ(got_.ids->all, want.size());
  }

 private:
  static Decimal SumOf(const ChangedList& list) {
    Decimal sum;
    for (const ChangedSeries& series : list.series) sum = *Add(sum, series.change.change.decimal());
    return sum;
  }
  const Asked& asked_;
  const std::vector<Counted>& now_;
  const Explanation& got_;
  bool apart_ = false;
  std::map<std::string, Sum> entered_, left_;
};

void ExpectExplained(const std::shared_ptr<const Plan>& plan, Hourly* engine, const EntityOracle& oracle,
                     const std::map<EventTime, Answers>& shown, EventTime t, std::mt19937_64* rng) {
  std::map<TopicPartition, Offset> through;
  for (const PartitionView& p : engine->view()->partitions()) through[p.tp] = p.next_offset;
  std::map<std::string, std::vector<Counted>> everything;
  oracle.At(through, t, &everything);
  for (int n = 0; n < 6; ++n) {
    const Asked& asked = kAsked[(*rng)() % kAsked.size()];
    ExplainRequest request;
    request.kpi = asked.kpi;
    request.window = asked.windows[(*rng)() % asked.windows.size()];
    request.limit = kMostExplained;
    auto from = shown.begin();
    std::advance(from, static_cast<int64_t>((*rng)() % shown.size()));
    if (from->first >= t) continue;
    request.from = from->first;
    if ((*rng)() % 4 == 0) {
      auto to = shown.begin();
      std::advance(to, static_cast<int64_t>((*rng)() % shown.size()));
      if (to->first > from->first) request.to = to->first;
    }
    const bool rolling = !request.to && isdigit(request.window[0]) != 0;
    request.ids = rolling && request.kpi != "order_size" && request.kpi != "orders" && request.kpi != "stage_seconds";
    SCOPED_TRACE(request.kpi + " " + request.window + " from " + FormatRfc3339(*request.from) + " at " + FormatRfc3339(t));
    const auto got = Explain(plan, engine->store, request, [] { return true; });
    ASSERT_TRUE(got.ok()) << got.status().text();
    ASSERT_TRUE(got->from <= *request.from || !shown.contains(got->from - kHour));
    if (!shown.contains(got->from)) continue;
    // The value is what was shown; it adds up; and what entered and left is what the oracle counts.
    Explained explained(asked, request.window, oracle, everything[request.kpi], *got, request.to.has_value());
    for (const ChangedSeries& series : got->number.series.series) {
      const auto& at = shown.at(got->from);
      const auto it = at.find({request.kpi, Joined(series.labels), request.window});
      ASSERT_EQ(series.change.from.ToString(), it == at.end() ? "" : it->second);
    }
    if (got->made_of.empty()) {
      explained.Expect(got->number, asked.sum);
    } else {
      for (const ExplainedNumber& number : got->made_of) explained.Expect(number, number.name == "sum");
    }
    if (::testing::Test::HasFatalFailure()) return;
    if (!request.ids) continue;
    const auto window = oracle.WindowAt(request.window, "", t, asked.delay);
    std::vector<Counted> counted;
    for (const Counted& c : everything[request.kpi]) {
      if (window.Holds(c.at)) counted.push_back(c);
    }
    explained.ExpectIds(counted);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

TEST(ExplainProperty, WhatEnteredAndLeftIsWhatTheOracleCounts) {
  const auto plan = CompilePlan();
  ASSERT_TRUE(plan != nullptr);
  const uint64_t first = FirstSeed();
  for (uint64_t seed = first; seed < first + static_cast<uint64_t>(Seeds(20)); ++seed) {
    SCOPED_TRACE("TIDEMARK_SEED=" + std::to_string(seed));
    Trial trial = MakeTrial(seed);
    Hourly engine(plan, &trial);
    std::map<EventTime, Answers> shown;
    const auto most = static_cast<uint64_t>((engine.last() - engine.first()) / kHour / 40 + 2);
    for (EventTime t = engine.first(); t < engine.last() + 3 * kDay; t += kHour * static_cast<int64_t>(1 + trial.rng() % most)) {
      if (trial.rng() % 3 == 0) t = FloorTo(t, kDay) + kDay;
      engine.To(t, trial.rng() % 6 == 0);
      if (HasFatalFailure()) return;
      shown[t] = AnswersOf(*engine.view());
      std::erase_if(shown, [&](const auto& hour) { return !IsShownKept(hour.first, t); });
      ExpectExplained(plan, &engine, trial.oracle, shown, t, &trial.rng);
      if (HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace tidemark
