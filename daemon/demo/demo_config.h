// The configuration that the demo's daemon runs with: an ordinary file, as a user would write it.
#pragma once

#include <string>

namespace tidemark::demo {

struct DemoPlaces {
  std::string brokers, topic, storage_path, listen_address;
};

std::string DemoConfig(const DemoPlaces& places);

}  // namespace tidemark::demo
