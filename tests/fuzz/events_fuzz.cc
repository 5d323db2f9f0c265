// Files of events: lines of JSON, or messages with their lengths. The first byte says which.
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/util/json_util.h>

#include <sstream>
#include <vector>

#include "daemon/event_files.h"
#include "tests/fuzz/fuzz.h"
#include "tidemark/events/v1/event.pb.h"

namespace {

using namespace tidemark;

Status Read(const std::string& name, const std::string& text, std::vector<std::string>* events) {
  std::istringstream in(text);
  return ReadEvents(
      name, &in, Schema::Canonical(),
      [&](std::string_view event) {
        events->emplace_back(event);
        return Status::Ok();
      },
      [](uint64_t) {});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using testing::Expect;
  static const google::protobuf::LogSilencer silence;
  testing::Bytes bytes(data, size);
  const bool delimited = bytes.Byte() == 'p';
  std::vector<std::string> events;
  const Status status = Read(delimited ? "e.pb" : "e.jsonl", std::string(bytes.Rest()), &events);
  Expect(status.ok() || status.code() == Code::kCorrupt, [&] { return "what is not an event is corrupt: " + status.text(); });
  if (delimited) return 0;
  // What came of a line, written as JSON, comes of that line, too. But for bytes that no event has.
  for (const std::string& event : events) {
    events::v1::Event message;
    std::string line;
    Expect(message.ParseFromString(event), "an event of a line parses");
    if (!google::protobuf::util::MessageToJsonString(message, &line).ok()) continue;
    std::vector<std::string> again;
    const Status read = Read("e.jsonl", line, &again);
    Expect(read.ok() && again.size() == 1, [&] { return "an event written as a line is read: " + read.text(); });
    events::v1::Event same;
    Expect(same.ParseFromString(again[0]) && same.SerializeAsString() == message.SerializeAsString(), [&] { return "the event is the same: " + line; });
  }
  return 0;
}
