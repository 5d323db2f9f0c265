// The events of the benchmarks: half lead.created, half order.paid, of so many different channels. Each lead is new, and
// the order after it is that lead's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "daemon/demo/random.h"
#include "tests/bench/shop_records.h"
#include "tidemark/events/v1/event.pb.h"

namespace tidemark {

struct BenchEventOptions {
  int64_t seed = 1;
  int64_t series = 1'000;        // different label values
  int64_t customers = 100'000;   // different ones that pay
  size_t bytes = 170;            // of an event, when it isn't larger by itself
  bool in_turn = false;          // label values one after the other, not by chance: all of them after twice as many events
  int64_t hot = 0;               // of 100 events, so many are of the first label and customer
  std::optional<ShopFormat> shop = std::nullopt;  // as a shop's records
};

// A sequence of canonical events, one message reused. Threads: confined to one.
class BenchEvents {
 public:
  explicit BenchEvents(const BenchEventOptions& options);
  // Event `n` with this event time, serialised; valid until the next call.
  const std::string& Next(int64_t n, int64_t time_micros);
  bool IsHot(int64_t n) const { return n % 100 < options_.hot; }
  // Of what was made so far: the sum of all order amounts, and the bytes.
  int64_t checksum_micros() const { return checksum_; }
  uint64_t bytes() const { return bytes_; }

 private:
  void FillLead(int64_t n, const std::string& label);
  void FillOrder(int64_t n, const std::string& label);

  const BenchEventOptions options_;
  demo::Random random_;
  events::v1::Event event_;
  std::string text_;
  int64_t checksum_ = 0;
  uint64_t bytes_ = 0;
};

// The time of event n of `events`, spread evenly over (end - span, end], without overflow at any count.
inline int64_t SpreadTime(int64_t n, int64_t events, int64_t end, int64_t span) {
  return end - span +
         static_cast<int64_t>(static_cast<double>(span) * static_cast<double>(n + 1) / static_cast<double>(events));
}

}  // namespace tidemark
