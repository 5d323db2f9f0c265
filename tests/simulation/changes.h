// Deals as two systems report them, change by change, and what a history of changes amounts to: facts (`once`, `carry`, `within`)
// from mapped records. The answer is worked out from the definition, over each deal's history sorted, at every question.
#pragma once

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/property/oracle.h"

namespace tidemark::simulation {

inline constexpr Duration kCompleteAfter = std::chrono::hours(2);  // of the first system's, where it holds T
inline constexpr char kDesk[] = "desk";  // the other system's topic: its changes stand behind an envelope

struct Change {
  int deal = 0;
  int64_t n = 0;                       // the deal's version; of a heartbeat its number
  int64_t at = 0;                      // seconds since 1970
  bool is_new = false, gone = false;
  std::optional<std::string> stage, owner, currency;
  std::optional<int64_t> amount;
  std::optional<int64_t> through;      // a heartbeat: what is complete by then

  std::string Json(const std::string& topic) const;
  // How many events the mapping makes of it.
  int events() const { return through ? 1 : 1 + (stage ? 1 : 0) + (stage == "won" ? 1 : 0) + (gone ? 1 : 0); }
};

// `held`: the first system comes in batches, and holds T. `avro`: its records are in Avro, and name their schemas.
std::string ChangesConfig(bool held, bool avro);

// Invents changes of deals, each a few.
class Company {
 public:
  Change Next(std::mt19937_64* random, EventTime now);

 private:
  std::vector<int64_t> changes_;       // by deal: how many there were
  int64_t heartbeats_ = 0;
};

// What the KPIs show of these changes, each once or more often, in whatever order.
Answers AnswersOfChanges(const std::vector<const Change*>& changes, EventTime t, bool held);

}  // namespace tidemark::simulation
