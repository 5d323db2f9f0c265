// What samples hold, path by path: how often, of which kind, and whether numbers and texts look like times. Values stay here, but
// for words that tell types and stages apart.
#pragma once

#include <google/protobuf/struct.pb.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::draft {

// How a time is written: the function of the mapping language that reads it.
enum class TimeForm : uint8_t { kNone, kSeconds, kMillis, kMicros, kNanos, kIso, kLocal };

struct Seen {
  int64_t count = 0;                 // records that have a value here
  int64_t texts = 0, numbers = 0, bools = 0;
  int64_t numeric = 0;               // numbers, or texts that are one
  std::set<std::string> words;       // short texts; at most kMostWords + 1
  std::set<size_t> hashes;           // of values: whether they tell records apart
  TimeForm form = TimeForm::kNone;   // of all values alike
  bool mixed = false;                // they aren't alike
};
inline constexpr size_t kMostWords = 24, kMostPaths = 600;

// By path as the mapping language writes it: "row.deal.amount", `row."odd name"`.
using SeenPaths = std::map<std::string, Seen>;

// A member of an object; null when it isn't one, or has no such member.
const google::protobuf::Value* Member(const google::protobuf::Value& value, std::string_view name);
const google::protobuf::Value* At(const google::protobuf::Value& value, const std::vector<std::string>& names);
// A path's next step; "" when the language can't write it.
std::string Step(std::string_view name);
std::string TextOf(const google::protobuf::Value& value);  // of a text; "" of all else

// Takes in all that lies below `value`, whose own path is `path`; objects whose path is in `without` are left out, and
// event_params is read by its keys, as param.KEY.
void Observe(const google::protobuf::Value& value, const std::string& path, const std::set<std::string>& without, SeenPaths* seen);
// The same of arrays of objects below it, by the array's path: what lies in their elements, as item.NAME.
void ObserveLists(const google::protobuf::Value& value, const std::string& path, std::map<std::string, SeenPaths>* lists);
TimeForm FormOf(const google::protobuf::Value& value);
// "iso(row.created_at)".
std::string TimeCall(TimeForm form, const std::string& path);

}  // namespace tidemark::draft
