// The company's own books: what the daemon must have counted, from the facts themselves.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "pipeline/base/decimal.h"
#include "tidemark/events/v1/event.pb.h"

namespace tidemark::demo {

// One number of the books: what all lifetime series of a KPI with these labels, whatever their others, come to.
struct Account {
  std::string kpi;
  std::map<std::string, std::string> labels;
  bool greatest = false;  // come to: at most, not in sum
  auto operator<=>(const Account&) const = default;
};

// Books lifetime series of the catalogue and of the demo's KPIs by a second way: plain code over the generated classes, sharing nothing
// with the engine. Threads: confined to one.
class Ledger {
 public:
  // Books one fact. REQUIRES: each fact once, whatever the deliveries.
  void Book(const events::v1::Event& event);

  const std::map<Account, Decimal>& books() const { return books_; }

 private:
  void Add(const std::string& kpi, std::map<std::string, std::string> labels, Decimal amount);
  void Greatest(const std::string& kpi, std::map<std::string, std::string> labels, Decimal amount);
  void BookOrder(const events::v1::Order& order, bool paid);

  std::map<Account, Decimal> books_;
  std::set<std::pair<std::string, std::string>> payers_;  // currency, customer
};

}  // namespace tidemark::demo
