// Records to try a decoder with: valid, damaged, and never seen from any encoder.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "pipeline/event/schema.h"
#include "tests/fuzz/fuzz.h"

namespace tidemark::testing {

// A message with about `filled` of 10 fields set, among them the edges of each type.
void FillRandomly(Random& random, google::protobuf::Message* message, uint64_t filled, int depth = 0);
// An event of the given payload field.
std::string RandomEvent(Random& random, const google::protobuf::Message& prototype, int payload_field);
// Fields of any number and wire type nested anyhow, with overlong varints and groups: wire format without a schema.
std::string RandomWire(Random& random, int depth);
// For each event type up to 64 paths that it has, some twice, and dimensions.
struct PathChoice {
  EventTypeId type;
  std::vector<std::string> paths;
};
std::vector<PathChoice> RandomPaths(Random& random, const Schema& schema);

}  // namespace tidemark::testing
