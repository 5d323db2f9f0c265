#include "tests/bench/bench_events.h"

namespace tidemark {

BenchEvents::BenchEvents(const BenchEventOptions& options)
    : options_(options), random_(static_cast<uint64_t>(options.seed)) {}

const std::string& BenchEvents::Next(int64_t n, int64_t time_micros) {
  event_.set_id("b" + std::to_string(options_.seed) + "-" + std::to_string(n));
  event_.set_source("bench");
  event_.mutable_time()->set_seconds(time_micros / 1'000'000);
  event_.mutable_time()->set_nanos(static_cast<int32_t>(time_micros % 1'000'000) * 1000);
  const int64_t drawn = options_.in_turn ? n / 2 % options_.series : random_.Between(0, options_.series - 1);
  const std::string label = "s" + std::to_string(IsHot(n) ? 0 : drawn);
  if (n % 2 == 0) {
    FillLead(n, label);
  } else {
    FillOrder(n, label);
  }
  if (options_.shop) {
    text_ = ShopRecord(event_, time_micros, options_.bytes, *options_.shop);
    bytes_ += text_.size();
    return text_;
  }
  event_.clear_subject();  // pads to the size wanted: tag, length, text
  const size_t size = event_.ByteSizeLong();
  if (size + 2 < options_.bytes) event_.set_subject(std::string(options_.bytes - size - 2, '.'));
  event_.SerializeToString(&text_);
  bytes_ += text_.size();
  return text_;
}

void BenchEvents::FillLead(int64_t n, const std::string& label) {
  auto* lead = event_.mutable_lead_created()->mutable_lead();
  lead->set_id("lead-" + std::to_string(n));
  lead->set_channel(label);
  lead->set_region("emea");
  lead->set_campaign("campaign-17");
}

void BenchEvents::FillOrder(int64_t n, const std::string& label) {
  auto* order = event_.mutable_order_paid()->mutable_order();
  order->set_id("order-" + std::to_string(n));
  order->set_lead("lead-" + std::to_string(n - 1));
  order->set_customer("c" + std::to_string(IsHot(n) ? 0 : (n / 2 * 7919) % options_.customers));
  order->set_channel(label);
  order->set_region("emea");
  order->set_currency("USD");
  order->set_amount_micros(random_.Between(100, 100'000) * 10'000);
  checksum_ += order->amount_micros();
}

}  // namespace tidemark
