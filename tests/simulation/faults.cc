#include "tests/simulation/faults.h"

namespace tidemark::simulation {
namespace {

constexpr std::array<std::string_view, kFaults> kNames = {
    "unreadable", "no-proof",      "short-take",   "take-error", "redelivery",    "revoke-all",     "revoke-some",   "revoke-twice",
    "revoke-at-start", "new-partition", "truncation", "retention", "recreated", "control-record", "duplicate", "poison",
    "torn-commit", "lost-answer", "fsync-lie", "full-disk", "read-error", "clock-forward", "clock-back", "stall",
    "crash", "stop", "kpi-added", "kpi-removed", "kpi-changed", "windows-changed", "back-fill-lost",
    "rules-changed", "table-changed", "registry-away"};
constexpr size_t kDrawnApart = static_cast<size_t>(Fault::kRulesChanged);  // from there on: what came before stays as it was

constexpr std::array<Fault, 3> kLosses = {Fault::kTruncation, Fault::kRetention, Fault::kRecreated};
constexpr std::array<Fault, 5> kConfigurations = {Fault::kKpiAdded, Fault::kKpiRemoved, Fault::kKpiChanged, Fault::kWindowsChanged,
                                                  Fault::kBackFillLost};

}  // namespace

std::string_view NameOf(Fault fault) { return kNames[static_cast<size_t>(fault)]; }

std::optional<Fault> FaultOf(std::string_view name) {
  for (size_t f = 0; f < kFaults; ++f) {
    if (kNames[f] == name) return static_cast<Fault>(f);
  }
  return std::nullopt;
}

Faults::Faults(uint64_t seed, const std::set<Fault>& without) {
  Random swarm(seed);
  const uint64_t most = 1 + swarm.Below(4);  // in four
  const std::array<uint64_t, 4> rates = {4, 10, 25, 60};
  Random apart(~seed);
  for (size_t f = 0; f < kFaults; ++f) {
    Random& from = f < kDrawnApart ? swarm : apart;
    streams_.emplace_back(from());
    const uint64_t rate = rates[from.Below(rates.size())];
    if (from.Below(4) < most) rates_[f] = rate;
  }
  // What a back-fill counts of a log that lost records is not what the engine counted of it: coverage says so, but no
  // recount can tell the value. So a seed has one or the other.
  const bool losses = swarm.OneIn(2);
  for (const Fault fault : kLosses) {
    if (!losses) rates_[Index(fault)] = 0;
    rates_[Index(fault)] *= 4;  // each ends what came before it
  }
  for (const Fault fault : kConfigurations) {
    if (losses) rates_[Index(fault)] = 0;
  }
  // Nor is it what it was counted with, once a table has changed.
  if (!losses) rates_[Index(Fault::kTableChanged)] = 0;
  rates_[Index(Fault::kNewPartition)] *= 3;
  for (const Fault fault : without) rates_[Index(fault)] = 0;
}

}  // namespace tidemark::simulation
