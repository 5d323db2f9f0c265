// Schemas that records name by number: what the engine waits for is fetched from the registry, what is kept is compared with it.
#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "daemon/own_metrics.h"
#include "daemon/periodic.h"
#include "daemon/schema_registry.h"
#include "pipeline/mapping/schemas.h"
#include "pipeline/plan/plan.h"

namespace tidemark {

// Looks on a thread of its own, since a registry may take its time. Without sources that name schemas by number there is no thread.
// What is here stays here: a number is asked for again only to find out whether the registry has come to mean something else by it.
// Lifetime: what it borrows outlives it.
class SchemaWatch {
 public:
  struct Pace {
    Duration look = std::chrono::milliseconds(50);
    Duration first = std::chrono::seconds(1), most = std::chrono::minutes(1);  // between attempts, doubled each time
    Duration compare = std::chrono::hours(1);                                  // between comparisons of a number
  };
  SchemaWatch(const Specs& specs, const Plan& plan, OwnMetrics* own) : SchemaWatch(specs, plan, own, Pace()) {}
  SchemaWatch(const Specs& specs, const Plan& plan, OwnMetrics* own, Pace pace);

  // What the engines read with. Threads: any.
  const SchemaBook& book() const { return book_; }

 private:
  struct Attempt {
    Duration at{};            // not before
    Duration wait{};          // after the next failure
  };
  using Number = std::pair<std::string, uint32_t>;  // of a source

  Duration Look(const std::atomic<bool>& stop);
  // False when it isn't due yet.
  bool FetchWanted(const std::string& source, uint32_t id);
  void CompareOne();
  // Takes note of how a request ended. True: there is an answer that tells something.
  bool Judge(const Status& status);
  void Later(Attempt* attempt) const;
  void Say(const Status& status);

  const RegistrySpec spec_;
  OwnMetrics* const own_;
  const Pace pace_;
  SchemaBook book_;
  // Confined to the thread:
  const std::atomic<bool>* stop_ = nullptr;
  std::optional<SchemaRegistry> registry_;
  Attempt nobody_;                        // answered
  std::map<Number, Attempt> attempts_;    // of those that are wanted
  Attempt comparing_;
  std::map<Number, Duration> compared_;   // when next
  std::set<Number> conflicts_;
  RegistryState state_;
  std::string trouble_;                   // said last
  std::optional<Periodic> thread_;        // the last: it uses the others
};

}  // namespace tidemark
