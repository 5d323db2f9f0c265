// What goes wrong, when, and how often it did.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "tests/simulation/random.h"

namespace tidemark::simulation {

enum class Fault : uint8_t {
  // Kafka
  kUnreadable,     // a partition's leader is away
  kNoProof,        // log ends are not confirmed
  kShortTake,      // less is handed out than is there
  kTakeError,      // the client fails as a whole
  kRedelivery,     // records are handed out once more
  kRevokeAll,
  kRevokeSome,
  kRevokeTwice,    // two rebalances in a row
  kRevokeAtStart,  // while the engine has restored nothing but its state
  kNewPartition,
  kTruncation,     // the log loses its end and goes on with other records
  kRetention,      // the log loses its beginning before it was read
  kRecreated,      // the topic is deleted and made anew
  kControlRecord,  // offsets that are no records
  kDuplicate,      // a producer sends an event again
  kPoison,         // a record that is no event
  // Disk
  kTornCommit,     // a commit fails and leaves nothing
  kLostAnswer,     // a commit is there, and reported as failed
  kFsyncLie,       // power fails, and the last commits with it
  kFullDisk,       // commits are refused for a while
  kReadError,
  // Clock
  kClockForward,
  kClockBack,
  kStall,          // nothing runs for a while
  // Process
  kCrash,
  kStop,
  // Configuration
  kKpiAdded,
  kKpiRemoved,
  kKpiChanged,     // another definition under the same name
  kWindowsChanged,
  kBackFillLost,   // a back-fill's state is gone, or older than the engine's
  kRulesChanged,   // others, or others under the same names
  kTableChanged,   // the file of a table is another one
  kRegistryAway,   // schemas don't come for a while
};
inline constexpr size_t kFaults = static_cast<size_t>(Fault::kRegistryAway) + 1;
std::string_view NameOf(Fault fault);
std::optional<Fault> FaultOf(std::string_view name);

using FaultCounts = std::array<int64_t, kFaults>;

// Swarm testing: each seed has a random part of the kinds, each at a rate of its own. A kind draws from its own stream, so that
// leaving one out changes the others as little as may be.
class Faults {
 public:
  Faults(uint64_t seed, const std::set<Fault>& without);

  // Whether the seed has the kind at all.
  bool Has(Fault fault) const { return rates_[Index(fault)] > 0; }
  // Whether it is due here. The caller says Happened() once it really came to it.
  bool Due(Fault fault) { return !calm_ && Has(fault) && Stream(fault).OneIn(rates_[Index(fault)]); }
  void Happened(Fault fault) { ++counts_[Index(fault)]; }
  // Due(), and nothing can keep it from happening.
  bool Strikes(Fault fault) {
    if (!Due(fault)) return false;
    Happened(fault);
    return true;
  }
  // For its details.
  Random& Stream(Fault fault) { return streams_[Index(fault)]; }
  // From now on there are none.
  void Calm() { calm_ = true; }
  bool calm() const { return calm_; }
  const FaultCounts& counts() const { return counts_; }

 private:
  static size_t Index(Fault fault) { return static_cast<size_t>(fault); }

  std::vector<Random> streams_;
  std::array<uint64_t, kFaults> rates_{};  // one in so many; 0: never
  FaultCounts counts_{};
  bool calm_ = false;
};

}  // namespace tidemark::simulation
