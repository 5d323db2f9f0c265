// Files of events: lines of JSON, or messages with their lengths. The first byte says which. The last event of one in four
// files of lines reads the same once it is written.
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/util/json_util.h>

#include <sstream>
#include <vector>

#include "daemon/event_files.h"
#include "tests/fuzz/fuzz.h"
#include "tidemark/events/v1/event.pb.h"

namespace {

using namespace tidemark;
using testing::Expect;

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

std::string Bytes(const events::v1::Event& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream out(&bytes);
  google::protobuf::io::CodedOutputStream coded(&out);
  coded.SetSerializationDeterministic(true);  // dimensions are a map
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

// libprotobuf alone, without what it is told of types here, reads the same lines, and the same of them.
void Compare(const std::string& text, const std::vector<std::string>& events) {
  const std::string line = text.substr(0, text.find('\n'));
  if (line.find_first_not_of(" \t\r") == std::string::npos) return;
  events::v1::Event message, ours;
  const bool read = google::protobuf::util::JsonStringToMessage(line, &message).ok();
  Expect(read != events.empty(), [&] { return "libprotobuf reads the same lines: " + line; });
  if (read) Expect(ours.ParseFromString(events[0]) && Bytes(ours) == Bytes(message), [&] { return "libprotobuf reads the same: " + line; });
}

// What came of a line, written as JSON, comes of that line, too. But for bytes that no event has.
void Again(const std::string& event) {
  static events::v1::Event message, same;
  std::string line;
  Expect(message.ParseFromString(event), "an event of a line parses");
  if (!google::protobuf::util::MessageToJsonString(message, &line).ok()) return;
  std::vector<std::string> again;
  const Status read = Read("e.jsonl", line, &again);
  Expect(read.ok() && again.size() == 1, [&] { return "an event written as a line is read: " + read.text(); });
  Expect(same.ParseFromString(again[0]) && Bytes(same) == Bytes(message), [&] { return "the event is the same: " + line; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const google::protobuf::LogSilencer silence;
  testing::Bytes bytes(data, size);
  const bool delimited = bytes.Byte() == 'p';
  std::vector<std::string> events;
  const std::string text(bytes.Rest());
  const Status status = Read(delimited ? "e.pb" : "e.jsonl", text, &events);
  Expect(status.ok() || status.code() == Code::kCorrupt, [&] { return "what is not an event is corrupt: " + status.text(); });
  if (delimited) return 0;
  if (testing::OneIn(16, data, size)) Compare(text, events);
  if (!events.empty() && testing::OneIn(4, data, size)) Again(events.back());
  return 0;
}
