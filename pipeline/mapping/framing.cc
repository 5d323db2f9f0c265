#include "pipeline/mapping/framing.h"

#include "pipeline/event/wire.h"

namespace tidemark::mapping {
namespace {

constexpr size_t kHeader = 5;
constexpr char kGlue = 3;                     // then how it is compressed, and a UUID
constexpr size_t kGlueHeader = 18;
constexpr int64_t kMaxNested = 32;            // libprotobuf's own limit of messages in messages

}  // namespace

const char* ReadFrame(std::string_view record, Frame* frame) {
  if (record.size() >= kGlueHeader && record[0] == kGlue && (record[1] == 0 || record[1] == 5)) {
    return "begins like the wire format of AWS Glue's registry, which isn't read; write it with Confluent's";
  }
  if (record.empty() || record[0] != 0) return "doesn't begin with the zero byte of Confluent's wire format";
  if (record.size() < kHeader) return "is shorter than the number of a schema";
  uint32_t schema = 0;
  for (size_t b = 1; b < kHeader; ++b) schema = schema << 8 | static_cast<uint8_t>(record[b]);
  // Numbers begin with 1; eight bytes of one begin with zeros.
  if (schema == 0) return "names schema 0: it looks like Apicurio's own numbers of 8 bytes, which aren't read; let its serializer write ids of 4";
  *frame = {schema, record.substr(kHeader)};
  return nullptr;
}

bool ReadMessageIndexes(bool plain, std::string_view* body, MessageIndexes* indexes) {
  const auto* p = reinterpret_cast<const uint8_t*>(body->data());
  const uint8_t* const end = p + body->size();
  const auto next = [&](int64_t* number) {
    const event::Step step = event::ReadVarint(p, end);
    if (!step.ok()) return false;
    p = step.next;
    *number = static_cast<int64_t>(plain ? step.value : step.value >> 1 ^ (0 - (step.value & 1)));
    return true;
  };
  indexes->clear();
  int64_t count = 0;
  if (!next(&count) || count < 0 || count > kMaxNested) return false;
  if (count == 0) indexes->push_back(0);  // the first of the file, in one byte
  for (int64_t i = 0; i < count; ++i) {
    int64_t index = 0;
    if (!next(&index) || index < 0 || index > INT32_MAX) return false;
    indexes->push_back(static_cast<int32_t>(index));
  }
  body->remove_prefix(static_cast<size_t>(p - reinterpret_cast<const uint8_t*>(body->data())));
  return true;
}

}  // namespace tidemark::mapping
