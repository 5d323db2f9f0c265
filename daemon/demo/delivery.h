// Facts as they really arrive: some late, some twice.
#pragma once

#include <vector>

#include "daemon/demo/company.h"
#include "daemon/demo/random.h"

namespace tidemark::demo {

struct DeliveryOptions {
  double late = 0.02;                                 // share of facts that arrive late
  Duration typical_delay = std::chrono::seconds(20);  // of those; never more than ten times this
  double twice = 0.005;                               // share of facts that are sent again, with the same id
};

struct Delivered {
  Fact fact;
  EventTime arrived;  // never before fact.time
  bool again = false;
};

// Invariants: (1) deliveries come in order of arrival; (2) every fact is delivered once with again == false, before its
// repetition. A function of the options. Threads: confined to one.
class Delivery {
 public:
  Delivery(const CompanyOptions& company, const DeliveryOptions& options);

  // The next to arrive; false when the company has come to its end and everything was delivered.
  bool Next(Delivered* delivered);

 private:
  struct Waiting {
    Delivered delivered;
    uint64_t order;
    bool operator<(const Waiting& o) const {
      return delivered.arrived != o.delivered.arrived ? delivered.arrived > o.delivered.arrived : order > o.order;
    }
  };
  void Hold(Delivered delivered);

  Company company_;
  const DeliveryOptions options_;
  Random random_;
  std::vector<Waiting> waiting_;  // a heap
  Fact next_;
  bool more_;
  uint64_t orders_ = 0;
};

}  // namespace tidemark::demo
