// What a KPI, label, rule or unit may be called, so that Prometheus and `promtool check metrics` accept the result.
#pragma once

#include <string>
#include <string_view>

namespace tidemark::config {

// Each returns what is wrong with a name, with the nearest good one where there is one; "" when it is good.
std::string WhyNotName(std::string_view name);  // a-z, 0-9, _, starting with a letter; at most 100 bytes
std::string WhyNotKpiName(std::string_view name);
std::string WhyNotLabelName(std::string_view name);
std::string WhyNotUnit(std::string_view unit);
std::string WhyNotTopicName(std::string_view name);

}  // namespace tidemark::config
