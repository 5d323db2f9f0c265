#include "daemon/demo/audit.h"

#include <algorithm>

namespace tidemark::demo {
namespace {

std::string Named(const Account& account) {
  std::string labels;
  for (const auto& [name, value] : account.labels) labels += name + "=\"" + value + "\",";
  return "sales_" + account.kpi + "{" + labels + "window=\"lifetime\"}";
}

bool IsOf(const Sample& sample, const Account& account) {
  const auto has = [&](const auto& label) {
    const auto found = sample.labels.find(label.first);
    return found != sample.labels.end() && found->second == label.second;
  };
  return has(std::pair("window", "lifetime")) && std::all_of(account.labels.begin(), account.labels.end(), has);
}

}  // namespace

std::optional<Decimal> Shown(const MetricsPage& page, const Account& account) {
  std::optional<Decimal> all;
  for (const Sample* sample : page.Family("sales_" + account.kpi)) {
    if (!IsOf(*sample, account)) continue;
    const Result<Decimal> value = ParseDecimal(sample->value);
    if (!value.ok()) return std::nullopt;
    if (!all) {
      all = *value;
    } else if (!account.greatest) {
      all = Add(*all, *value);
      if (!all) return std::nullopt;  // beyond 128 bits
    } else if (Compare(*value, *all) > 0) {
      all = *value;
    }
  }
  return all;
}

std::string FirstDifference(const Ledger& ledger, const MetricsPage& page) {
  for (const auto& [account, booked] : ledger.books()) {
    const std::optional<Decimal> shown = Shown(page, account);
    if (shown && Compare(*shown, booked) == 0) continue;
    return Named(account) + ": the company has " + ToString(booked) + ", the daemon shows " +
           (shown ? ToString(*shown) : "nothing");
  }
  return "";
}

}  // namespace tidemark::demo
