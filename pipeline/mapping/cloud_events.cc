#include "pipeline/mapping/cloud_events.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace tidemark::mapping {
namespace {

constexpr std::string_view kContentType = "content-type", kPrefix = "ce_";
constexpr std::string_view kAny = "application/cloudevents", kStructured = "application/cloudevents+json", kBatch = "application/cloudevents-batch+json";
constexpr size_t kLongest = kBatch.size();

}  // namespace

CloudContent CloudContentOf(const RawRecord& record) {
  const RecordHeader* type = LastHeader(record, kContentType);
  std::string media(type == nullptr ? "" : type->value.substr(0, kLongest));
  absl::AsciiStrToLower(&media);
  if (media.starts_with(kStructured) || media.starts_with(kBatch)) return CloudContent::kStructured;
  if (media.starts_with(kAny)) return CloudContent::kOther;
  const bool binary = std::any_of(record.headers.begin(), record.headers.end(), [](const RecordHeader& h) { return h.name.starts_with(kPrefix); });
  return binary ? CloudContent::kBinary : CloudContent::kStructured;
}

std::string CloudHeader(std::string_view attribute) {
  return attribute == "datacontenttype" ? std::string(kContentType) : std::string(kPrefix).append(attribute);
}

}  // namespace tidemark::mapping
