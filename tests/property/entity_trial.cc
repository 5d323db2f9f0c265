#include "tests/property/entity_trial.h"

#include <cmath>
#include <cstdlib>
#include <set>

#include "tidemark/events/v1/event.pb.h"

namespace tidemark {
namespace {

void SetTime(EventTime time, google::protobuf::Timestamp* stamp) {
  stamp->set_seconds(FloorDiv(Micros(time), kMicrosPerSecond));
  stamp->set_nanos(static_cast<int>((Micros(time) - stamp->seconds() * kMicrosPerSecond) * 1000));
}

}  // namespace

EntityEventMade RandomEntityEvent(std::mt19937_64& rng, EventTime now, int number, int entities) {
  const auto below = [&](uint64_t n) { return static_cast<int64_t>(rng() % n); };
  static const std::vector<std::string> kTypes = {"lead.created", "lead.contacted", "lead.qualified", "deal.created", "deal.updated", "deal.stage_changed",
                                                  "deal.won", "deal.lost", "deal.reopened", "deal.deleted", "order.paid", "order.refunded", "lead.merged"};
  static const std::vector<uint64_t> kWeights = {6, 5, 3, 5, 3, 6, 4, 2, 2, 1, 8, 2, 1};
  EntityEventMade e;
  e.id = "e" + std::to_string(number);
  int64_t at = below(48);
  for (size_t k = 0; k < kTypes.size() && e.type.empty(); ++k) {
    if (at < static_cast<int64_t>(kWeights[k])) e.type = kTypes[k];
    at -= static_cast<int64_t>(kWeights[k]);
  }
  e.key = std::to_string(below(static_cast<uint64_t>(entities)));
  e.label = std::vector<std::string>{"web", "ads", "bot", ""}[static_cast<size_t>(below(4))];
  if (e.type.starts_with("deal")) {
    e.lead = below(4) == 0 ? "" : e.key;
    e.stage = std::vector<std::string>{"new", "offer", "talks", ""}[static_cast<size_t>(below(4))];
    if (e.type == "deal.created" || e.type == "deal.stage_changed") e.stage = e.stage.empty() ? "new" : e.stage;
  }
  e.has_amount = below(5) != 0;
  e.amount = e.has_amount ? below(300'000'000) : 0;
  if (e.type == "order.refunded") e.amount = -e.amount;
  e.chance = static_cast<int>(below(4));
  int64_t age = below(5'000'000);  // usual disorder
  if (below(10) == 0) age = below(3 * 86'400'000'000);
  if (below(100) == 0) age = below(40ll * 86'400'000'000);
  // No two events at one instant: which of them is the later one is the engine's own choice.
  e.time = EventTimeFromMicros((Micros(now) - age) / 10'000 * 10'000 + number);
  if (below(3) == 0) e.closes = e.time + std::chrono::hours(below(480)) - std::chrono::hours(240);
  return e;
}

Trial MakeTrial(uint64_t seed) {
  Trial trial;
  trial.rng.seed(seed);
  auto& rng = trial.rng;
  const int partitions = 1 + static_cast<int>(rng() % 4);
  const int events = 40 + static_cast<int>(rng() % 160);
  const int entities = 15 + static_cast<int>(rng() % 40);
  const std::vector<Duration> spans = {std::chrono::hours(2), std::chrono::hours(60), std::chrono::hours(24 * 20), std::chrono::hours(24 * 300)};
  const Duration span = spans[rng() % spans.size()];
  const Duration lag = rng() % 2 == 0 ? Duration(0) : std::chrono::hours(3);
  int number = 0;
  for (int p = 0; p < partitions; ++p) {
    const TopicPartition tp{"crm", p};
    auto& log = trial.oracle.logs[tp];
    EventTime now = kTrialStart - lag * p;
    for (int i = 0; i < events; ++i) {
      now += Duration(static_cast<int64_t>(rng() % static_cast<uint64_t>(2 * span.count() / events + 1)));
      EntityEventMade e = RandomEntityEvent(rng, now, number++, entities);
      if (rng() % 12 == 0 && !log.empty()) e = log[rng() % log.size()];  // again
      log.push_back(e);
      trial.logs[tp].Append(Serialize(e), WallTimeFromMicros(Micros(now)));
    }
  }
  trial.options.batch = 1 + rng() % 300;
  trial.options.restart_one_in = rng() % 2 == 0 ? 0 : 1 + static_cast<int>(rng() % 8);
  if (rng() % 3 == 0) trial.options.entity_cache_bytes = 1;
  if (rng() % 3 == 0) trial.options.open_panes_bytes = 1;
  if (rng() % 2 == 0) trial.options.sweep_interval = Duration(0);
  return trial;
}

bool IsNothing(const std::string& value) { return value.empty() || value == "0"; }

std::string EntityDifference(const Answers& want, const Answers& got) {
  const auto differs = [](const auto& key, const std::string& shown, const std::string& value) {
    return std::get<0>(key) + "{" + std::get<1>(key) + "} " + std::get<2>(key) + " is " + shown + ", should be " + value;
  };
  for (const auto& [key, value] : want) {
    const auto it = got.find(key);
    const std::string shown = it == got.end() ? "" : it->second;
    const std::string& labels = std::get<1>(key);
    const bool quantile = labels.find("p50") != std::string::npos || labels.find("p9") != std::string::npos;
    if (quantile && !shown.empty() && !value.empty()) {
      const double a = std::strtod(shown.c_str(), nullptr), b = std::strtod(value.c_str(), nullptr);
      if (std::abs(a - b) > 0.01 * std::abs(b)) return differs(key, shown, value);
      continue;
    }
    if (IsNothing(shown) && IsNothing(value)) continue;
    if (shown != value) return differs(key, shown, value);
  }
  for (const auto& [key, value] : got) {
    const std::string& kpi = std::get<0>(key);
    // Worked out from others, which are compared; or another time of what is compared at one.
    if (kpi.ends_with("_ratio") || kpi.starts_with("order_share") || kpi.starts_with("order_change")) continue;
    if (!want.contains(key) && !IsNothing(value)) return differs(key, value, "nothing");
  }
  // Formulas, from the values that were compared.
  for (const auto& [key, value] : got) {
    const auto& [kpi, labels, window] = key;
    const auto number = [&, &window = window](const std::string& name, const std::string& with) {
      const auto it = got.find({name, with, window});
      return it == got.end() || it->second.empty() ? 0.0 : std::strtod(it->second.c_str(), nullptr);
    };
    if (kpi == "order_change") {
      const double change = number("orders", labels) - number("orders_compare", labels + "|previous");
      if (std::strtod(value.c_str(), nullptr) != change) return differs(key, value, std::to_string(change));
      continue;
    }
    double part = 0, whole = 0, less = 0;  // part / whole - less
    if (kpi == "order_share") {
      for (const std::string region : {"web", "ads", "bot", ""}) whole += number("orders", region);
      part = number("orders", labels);
    } else if (kpi == "orders_growth_ratio") {
      part = number("orders", labels.substr(0, labels.find('|')));
      whole = number("orders_compare", labels);
      less = 1;
    } else if (kpi == "lead_funnel_ratio") {
      part = number("lead_funnel", labels);
      whole = number("lead_funnel", labels.substr(0, labels.find('|')) + "|1_lead.created");
    } else {
      continue;
    }
    if (whole == 0 && !value.empty()) return differs(key, value, "absent");
    if (whole == 0) continue;
    const double should = part / whole - less;
    if (value.empty() || std::abs(std::strtod(value.c_str(), nullptr) - should) > 1e-12) return differs(key, value, std::to_string(should));
  }
  return "";
}

std::set<std::string> FoundNoRoom(const View& view) {
  std::set<std::string> names;
  for (uint32_t k = 0; k < view.kpis().size(); ++k) {
    if (view.status(KpiId{k}).counts.overflowed > 0) names.insert(view.kpis()[k].name);
  }
  for (const KpiInfo& info : view.kpis()) {
    if (names.contains(info.made_of)) names.insert(info.name);
  }
  return names;
}

void ExpectEqual(const EntityOracle& oracle, const View& view) {
  std::map<TopicPartition, Offset> through;
  for (const PartitionView& p : view.partitions()) through[p.tp] = p.next_offset;
  const EventTime t = view.status(KpiId{0}).evaluated_at;
  if (t == kNoEventTime) return;
  Answers got = AnswersOf(view), want = oracle.At(through, t);
  const std::set<std::string> overflowed = FoundNoRoom(view);
  const auto found_no_room = [&](const auto& entry) { return overflowed.contains(std::get<0>(entry.first)); };
  std::erase_if(want, found_no_room);
  std::erase_if(got, found_no_room);
  ASSERT_EQ(EntityDifference(want, got), "") << "at T " << FormatRfc3339(t);
}

std::string Serialize(const EntityEventMade& e) {
  tidemark::events::v1::Event proto;
  proto.set_id(e.id);
  proto.set_source("test");
  SetTime(e.time, proto.mutable_time());
  const auto lead = [&](auto* payload) {
    payload->mutable_lead()->set_id(e.key);
    payload->mutable_lead()->set_channel(e.label);
    payload->mutable_lead()->set_owner("rep of " + e.label);
  };
  const auto deal = [&](auto* payload) {
    payload->mutable_deal()->set_id(e.key);
    payload->mutable_deal()->set_lead(e.lead);
    payload->mutable_deal()->set_owner(e.label);
    payload->mutable_deal()->set_stage(e.stage);
    if (e.has_amount) payload->mutable_deal()->set_amount_micros(e.amount);
    if (e.chance != 0) payload->mutable_deal()->set_probability(e.chance / 4.0);
    if (e.closes != kNoEventTime) SetTime(e.closes, payload->mutable_deal()->mutable_expected_close());
  };
  const auto order = [&](auto* payload) {
    payload->mutable_order()->set_id(e.key);
    payload->mutable_order()->set_region(e.label);
    if (e.has_amount) payload->mutable_order()->set_amount_micros(e.amount);
  };
  if (e.type == "lead.created") lead(proto.mutable_lead_created());
  if (e.type == "lead.contacted") lead(proto.mutable_lead_contacted());
  if (e.type == "lead.qualified") lead(proto.mutable_lead_qualified());
  if (e.type == "lead.merged") lead(proto.mutable_lead_merged());
  if (e.type == "deal.created") deal(proto.mutable_deal_created());
  if (e.type == "deal.updated") deal(proto.mutable_deal_updated());
  if (e.type == "deal.stage_changed") deal(proto.mutable_deal_stage_changed());
  if (e.type == "deal.won") deal(proto.mutable_deal_won());
  if (e.type == "deal.lost") deal(proto.mutable_deal_lost());
  if (e.type == "deal.reopened") deal(proto.mutable_deal_reopened());
  if (e.type == "deal.deleted") deal(proto.mutable_deal_deleted());
  if (e.type == "order.paid") order(proto.mutable_order_paid());
  if (e.type == "order.refunded") order(proto.mutable_order_refunded());
  return proto.SerializeAsString();
}

}  // namespace tidemark
