#include "daemon/demo/delivery.h"

#include <algorithm>

namespace tidemark::demo {

Delivery::Delivery(const CompanyOptions& company, const DeliveryOptions& options)
    : company_(company), options_(options), random_(company.seed ^ 0x6c617465), more_(company_.Next(&next_)) {}

void Delivery::Hold(Delivered delivered) {
  waiting_.push_back({std::move(delivered), ++orders_});
  std::push_heap(waiting_.begin(), waiting_.end());
}

bool Delivery::Next(Delivered* delivered) {
  const auto delay = [this] {
    const auto typical = static_cast<double>(options_.typical_delay.count());
    return Duration(static_cast<int64_t>(std::min(random_.Exponential(typical), typical * 10)));
  };
  // What is yet to happen cannot have arrived before what waits.
  while (more_ && (waiting_.empty() || next_.time <= waiting_.front().delivered.arrived)) {
    const EventTime arrived = next_.time + (random_.Chance(options_.late) ? delay() : Duration(0));
    if (random_.Chance(options_.twice)) Hold({next_, arrived + delay(), true});
    Hold({std::move(next_), arrived, false});
    more_ = company_.Next(&next_);
  }
  if (waiting_.empty()) return false;
  std::pop_heap(waiting_.begin(), waiting_.end());
  *delivered = std::move(waiting_.back().delivered);
  waiting_.pop_back();
  return true;
}

}  // namespace tidemark::demo
