#include "tests/property/oracle.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <functional>
#include <optional>

#include "tidemark/events/v1/event.pb.h"

namespace tidemark {
namespace {

struct Window {
  std::string name;
  int64_t length_minutes;  // 0: lifetime
  int64_t step_minutes;
};
const std::vector<Window> kWindows = {{"1h", 60, 1}, {"24h", 1440, 10}, {"7d", 10080, 60}, {"70d", 100800, 1440}, {"lifetime", 0, 0}};

std::string Real(double value) {
  char out[32];
  return {out, std::to_chars(out, out + sizeof(out), value).ptr};
}

// sum / 10^6 / count, exactly where it is a decimal, else as the nearest double: by long division on paper, of which
// strtod rounds the digits.
std::string AverageText(Int128 sum, int64_t count) {
  if (sum % count == 0) return ToString(Decimal{sum / count, 6});
  const Int128 divisor = Int128{count} * 1'000'000;
  Int128 rest = sum < 0 ? -sum : sum;
  std::string text = (sum < 0 ? "-" : "") + ToString(rest / divisor) + ".";
  rest %= divisor;
  for (int digit = 0; digit < 60; ++digit, rest %= divisor) {
    rest *= 10;
    text += static_cast<char>('0' + static_cast<int>(rest / divisor));
  }
  return Real(std::strtod((text + (rest != 0 ? "1" : "")).c_str(), nullptr));
}

using Picker = std::function<bool(const OracleEvent&)>;
using Labels = std::function<std::string(const OracleEvent&)>;

std::string NoLabels(const OracleEvent&) { return ""; }
std::string ChannelRegion(const OracleEvent& e) { return e.channel + "|" + e.region; }
std::string Region(const OracleEvent& e) { return e.region; }

bool IsLead(const OracleEvent& e) { return e.type == "lead"; }
bool IsPaidInUsd(const OracleEvent& e) { return e.type == "paid" && e.has_amount && e.currency == "USD"; }
bool IsPaidWithAmount(const OracleEvent& e) { return e.type == "paid" && e.has_amount; }

// Events of one window, by labels. `known`: every series that any event made.
using Groups = std::map<std::string, std::vector<const OracleEvent*>>;
Groups GroupBy(const std::vector<const OracleEvent*>& events, const Picker& pick, const Labels& labels, int64_t from_micros) {
  Groups groups;
  for (const OracleEvent* e : events) {
    if (!pick(*e)) continue;
    auto& group = groups[labels(*e)];
    if (Micros(e->time) >= from_micros) group.push_back(e);
  }
  return groups;
}

Int128 SumOf(const std::vector<const OracleEvent*>& events) {
  Int128 sum = 0;
  for (const OracleEvent* e : events) sum += e->amount_micros;
  return sum;
}

std::string Extreme(const std::vector<const OracleEvent*>& events, bool maximum) {
  if (events.empty()) return "";
  const auto less = [](const OracleEvent* a, const OracleEvent* b) { return a->amount_micros < b->amount_micros; };
  const auto it = maximum ? std::max_element(events.begin(), events.end(), less) : std::min_element(events.begin(), events.end(), less);
  return ToString(Decimal{(*it)->amount_micros, 6});
}

}  // namespace

Answers Oracle::At(const std::map<TopicPartition, Offset>& through, EventTime t, const std::string& only) const {
  std::vector<const OracleEvent*> events;
  std::set<std::string> seen;
  for (const auto& [tp, log] : logs) {
    const auto it = through.find(tp);
    const int64_t end = it == through.end() ? 0 : std::max<int64_t>(it->second.v, 0);
    for (int64_t o = 0; o < static_cast<int64_t>(log.size()); ++o) {
      const OracleEvent& e = log[static_cast<size_t>(o)];
      if (o >= end && e.time >= cut) continue;
      if (e.valid && (e.id.empty() || seen.insert(e.id).second)) events.push_back(&e);
    }
  }
  Answers answers;
  for (const Window& w : kWindows) {
    if (!only.empty() && w.name != only) continue;
    int64_t from = INT64_MIN;
    if (w.length_minutes > 0 && t != kNoEventTime) {
      const int64_t step = w.step_minutes * kMicrosPerMinute;
      from = FloorDiv(Micros(t), step) * step + step - w.length_minutes * kMicrosPerMinute;
    }
    const auto put = [&](const std::string& kpi, const std::string& labels, const std::string& value) {
      answers[{kpi, labels, w.name}] = value;
    };
    const Groups leads = GroupBy(events, IsLead, ChannelRegion, from);
    for (const auto& [labels, group] : leads) put("leads", labels, std::to_string(group.size()));
    Groups total = GroupBy(events, IsLead, NoLabels, from);
    put("leads_total_count", "", std::to_string(total[""].size()));
    const Groups revenue = GroupBy(events, IsPaidInUsd, Region, from);
    for (const auto& [labels, group] : revenue) {
      put("revenue", labels, ToString(Decimal{SumOf(group), 6}));
      put("order_value", labels, group.empty() ? "" : AverageText(SumOf(group), static_cast<int64_t>(group.size())));
    }
    for (const auto& [labels, group] : GroupBy(events, IsPaidWithAmount, Region, from)) {
      put("largest_order", labels, Extreme(group, true));
      put("smallest_order", labels, Extreme(group, false));
      const auto last = std::max_element(group.begin(), group.end(), [](auto* a, auto* b) { return a->time < b->time; });
      // Events at one instant are settled by a hash that the oracle doesn't know: it asks only where there is one.
      const bool tie = last != group.end() && std::count_if(group.begin(), group.end(), [&](auto* e) { return e->time == (*last)->time; }) > 1;
      if (!tie) put("latest_order", labels, last == group.end() ? "" : ToString(Decimal{(*last)->amount_micros, 6}));
    }
    // revenue_per_lead: both summed down to the region.
    std::map<std::string, std::pair<Int128, int64_t>> by_region;
    for (const auto& [labels, group] : revenue) by_region[labels].first += SumOf(group);
    for (const auto& [labels, group] : leads) by_region[labels.substr(labels.find('|') + 1)].second += static_cast<int64_t>(group.size());
    for (const auto& [region, pair] : by_region) {
      put("revenue_per_lead", region, pair.second == 0 ? "" : AverageText(pair.first, pair.second));
    }
  }
  return answers;
}

Specs OracleSpecs(const std::string& topic) {
  Specs specs;
  TopicSpec t;
  t.name = topic;
  t.dedup.horizon = std::chrono::hours(24 * 365);
  specs.topics.push_back(std::move(t));
  specs.limits.series_idle = std::chrono::hours(24 * 3650);
  const auto windows = [](KpiSpec* kpi) {
    for (const Window& w : kWindows) {
      WindowSpec spec;
      spec.name = w.name;
      if (w.length_minutes == 0) spec.kind = WindowSpec::Kind::kLifetime;
      spec.length = Duration(w.length_minutes * kMicrosPerMinute);
      kpi->windows.push_back(spec);
    }
  };
  const auto add = [&](const char* name, Measure measure, const char* on, std::vector<std::pair<std::string, std::string>> by) -> KpiSpec& {
    KpiSpec kpi;
    kpi.name = name;
    kpi.measure = measure;
    if (*on != '\0') kpi.on = {on};
    if (measure != Measure::kCount && measure != Measure::kFormula) kpi.field = "order.amount";
    for (const auto& [label, field] : by) {
      LabelSpec spec;
      spec.name = label;
      spec.field = field;
      kpi.by.push_back(std::move(spec));
    }
    windows(&kpi);
    specs.kpis.push_back(std::move(kpi));
    return specs.kpis.back();
  };
  const auto usd = [] {
    auto expr = std::make_unique<Expr>();
    expr->kind = Expr::Kind::kCompare;
    expr->field = "order.currency";
    expr->literals.push_back(std::string("USD"));
    return expr;
  };
  const std::vector<std::pair<std::string, std::string>> by_region = {{"sales_region", "order.region"}};
  add("leads", Measure::kCount, "lead.created", {{"channel", "lead.channel"}, {"sales_region", "lead.region"}});
  add("leads_total_count", Measure::kCount, "lead.created", {});
  add("revenue", Measure::kSum, "order.paid", by_region).where = usd();
  add("order_value", Measure::kAvg, "order.paid", by_region).where = usd();
  add("largest_order", Measure::kMax, "order.paid", by_region);
  add("smallest_order", Measure::kMin, "order.paid", by_region);
  add("latest_order", Measure::kLast, "order.paid", by_region);
  KpiSpec& ratio = add("revenue_per_lead", Measure::kFormula, "", {{"sales_region", "sales_region"}});
  ratio.formula = std::make_unique<Formula>();
  ratio.formula->kind = Formula::Kind::kDivide;
  for (const char* operand : {"revenue", "leads"}) {
    auto part = std::make_unique<Formula>();
    part->kind = Formula::Kind::kKpi;
    part->kpi = operand;
    ratio.formula->args.push_back(std::move(part));
  }
  return specs;
}

std::string SerializeEvent(const OracleEvent& event) {
  tidemark::events::v1::Event proto;
  proto.set_id(event.id);
  proto.set_source("test");
  if (event.time != kNoEventTime) {
    proto.mutable_time()->set_seconds(FloorDiv(Micros(event.time), kMicrosPerSecond));
    proto.mutable_time()->set_nanos(static_cast<int>((Micros(event.time) - proto.time().seconds() * kMicrosPerSecond) * 1000));
  }
  if (event.type == "lead") {
    proto.mutable_lead_created()->mutable_lead()->set_channel(event.channel);
    proto.mutable_lead_created()->mutable_lead()->set_region(event.region);
  } else if (event.type == "paid") {
    auto* order = proto.mutable_order_paid()->mutable_order();
    if (event.has_amount) order->set_amount_micros(event.amount_micros);
    order->set_currency(event.currency);
    order->set_region(event.region);
  } else {
    proto.mutable_heartbeat();
  }
  return proto.SerializeAsString();
}

OracleEvent RandomOracleEvent(std::mt19937_64& rng, EventTime now, int number) {
  const auto below = [&](uint64_t n) { return static_cast<int64_t>(rng() % n); };
  OracleEvent e;
  e.id = below(20) == 0 ? "" : "e" + std::to_string(number);
  const int64_t kind = below(20);
  e.type = kind < 9 ? "lead" : kind < 18 ? "paid" : "heartbeat";
  e.channel = std::vector<std::string>{"web", "ads", "", "e\"mail"}[static_cast<size_t>(below(4))];
  e.region = std::vector<std::string>{"emea", "apac", "amer"}[static_cast<size_t>(below(3))];
  e.currency = below(4) == 0 ? "EUR" : "USD";
  e.amount_micros = below(5) == 0 ? -below(50'000'000) : below(900'000'000'000);
  e.has_amount = below(10) != 0;
  int64_t age = below(5'000'000);  // usual disorder
  if (below(30) == 0) age = below(7'200'000'000);                   // hours late
  if (below(200) == 0) age = below(30ll * 86400 * kMicrosPerSecond);  // weeks late
  e.time = now - Duration(age);
  return e;
}

Answers AnswersOf(const View& view) {
  Answers answers;
  for (uint32_t k = 0; k < view.kpis().size(); ++k) {
    const KpiInfo& info = view.kpis()[k];
    view.ForEach(KpiId{k}, [&](const SeriesValue& series) {
      std::string labels;
      for (const std::string& value : series.labels.values) labels += (labels.empty() && &value == &series.labels.values[0] ? "" : "|") + value;
      answers[{info.name, labels, info.windows[series.window]}] = series.value.ToString();
    });
  }
  return answers;
}

std::string Difference(const Answers& want, const Answers& got) {
  const auto name = [](const auto& key) { return std::get<0>(key) + "{" + std::get<1>(key) + "} " + std::get<2>(key); };
  for (const auto& [key, value] : want) {
    const auto it = got.find(key);
    if (it == got.end()) return name(key) + " is missing, should be " + value;
    if (it->second != value) return name(key) + " is " + it->second + ", should be " + value;
  }
  for (const auto& [key, value] : got) {
    if (std::get<0>(key) == "latest_order") continue;  // ties are left out by the oracle
    if (!want.contains(key)) return name(key) + " should not exist, is " + value;
  }
  return "";
}

}  // namespace tidemark
