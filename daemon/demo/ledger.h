// The company's own books: what the daemon must have counted, from the facts themselves.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "pipeline/base/decimal.h"
#include "tidemark/events/v1/event.pb.h"

namespace tidemark::demo {

// Books the lifetime series of demo_config.h by a second way: plain code over the generated classes, sharing nothing
// with the engine. Threads: confined to one.
class Ledger {
 public:
  // Books one fact. REQUIRES: each fact once, whatever the deliveries.
  void Book(const events::v1::Event& event);

  // By the series as written on /metrics: `sales_leads_created{channel="email",window="lifetime"}`.
  const std::map<std::string, Decimal>& books() const { return books_; }

 private:
  void Add(const std::string& kpi, const std::string& label, const std::string& value, Decimal amount);
  void Greatest(const std::string& kpi, Decimal amount);
  void BookOrder(const events::v1::Order& order, bool paid);

  std::map<std::string, Decimal> books_;
};

}  // namespace tidemark::demo
