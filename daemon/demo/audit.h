// The company's books against what the daemon shows.
#pragma once

#include <optional>
#include <string>

#include "daemon/demo/ledger.h"
#include "daemon/demo/metrics_page.h"

namespace tidemark::demo {

// What the page's lifetime series of an account come to, exactly; nothing when there are none.
std::optional<Decimal> Shown(const MetricsPage& page, const Account& account);

// The first account that isn't shown to the last digit, in words; "" when all are.
std::string FirstDifference(const Ledger& ledger, const MetricsPage& page);

}  // namespace tidemark::demo
