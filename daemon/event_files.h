// Events in files: .jsonl (one event a line, protobuf's canonical JSON), .pb (varint-delimited messages), or a
// directory of them.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/status.h"
#include "pipeline/event/schema.h"

namespace tidemark {

// The files that `path` names: itself, or those ending in .jsonl or .pb directly in it, by name.
Result<std::vector<std::string>> EventFiles(const std::string& path);

inline constexpr size_t kMaxEventBytes = 16 << 20;  // one line or message; more is a mistake, not an event

// Gives each event of a file, as protobuf bytes, in order. `progress` is called now and then with bytes read so far.
// kCorrupt with "file:line: ..." (JSON) or "file: message 12 at byte 345: ..." for what is not an event.
Status ReadEventFile(const std::string& file, const Schema& schema,
                     const std::function<Status(std::string_view)>& event,
                     const std::function<void(uint64_t)>& progress);
// The same for what `in` gives; `file` is for messages, and says by its ending what the format is.
Status ReadEvents(const std::string& file, std::istream* in, const Schema& schema,
                  const std::function<Status(std::string_view)>& event,
                  const std::function<void(uint64_t)>& progress);

}  // namespace tidemark
