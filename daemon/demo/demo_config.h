// The configuration that the demo's daemon runs with: an ordinary file, as a user would write it.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tidemark::demo {

struct DemoPlaces {
  std::string brokers, topic, storage_path, listen_address;
};

std::string DemoConfig(const DemoPlaces& places);
// The KPIs of it that the screen shows, in this order.
std::span<const std::string_view> ShownKpis();

}  // namespace tidemark::demo
