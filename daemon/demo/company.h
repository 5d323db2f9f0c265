// A company that does not exist: leads, deals, orders, web visits, e-mails, tickets and all else that the canonical
// schema knows, with the rhythm of days and weeks. Used by the demo, the benchmarks and the end-to-end tests.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "pipeline/base/time.h"
#include "tidemark/events/v1/event.pb.h"

namespace tidemark::demo {

struct CompanyOptions {
  uint64_t seed = 1;
  EventTime start;                     // of business; customers of before exist already
  std::optional<EventTime> end;        // no fact at or after it
  double events_per_day = 2'700;       // about, over a whole week
  std::optional<EventTime> rush_from;  // from here on everything goes `rush` times as fast, day and night
  double rush = 1;
};

// One fact, with the key of its Kafka record: facts of one lead, deal, customer or visit share it.
struct Fact {
  EventTime time;
  std::string key;
  events::v1::Event event;
};

class Simulation;

// The company's facts, a function of its options alone.
// Invariants: (1) facts come in event-time order; (2) ids are unique; (3) nothing happens before what it follows from:
// a deal is created before it is won, an order placed before it is paid, and no order gives back more than was paid.
// Threads: confined to one.
class Company {
 public:
  explicit Company(const CompanyOptions& options);
  ~Company();
  Company(const Company&) = delete;
  Company& operator=(const Company&) = delete;

  // The next fact; false when `end` is reached, and ever after. Without an `end` it never is.
  bool Next(Fact* fact);

 private:
  std::unique_ptr<Simulation> simulation_;
};

}  // namespace tidemark::demo
