#include "pipeline/mapping/framing.h"

#include "pipeline/event/wire.h"

namespace tidemark::mapping {
namespace {

constexpr size_t kHeader = 5;
constexpr char kGlue = 3;                     // then how it is compressed, and a UUID
constexpr size_t kGlueHeader = 18;
// By value and key. Apicurio's numbers of artifacts are others than those of contents, by which its registry's interface for
// Confluent's clients finds them.
constexpr std::string_view kConfluent[] = {"__value_schema_id", "__key_schema_id"};
constexpr std::string_view kContent[] = {"apicurio.value.contentId", "apicurio.key.contentId"};
constexpr std::string_view kArtifact[] = {"apicurio.value.globalId", "apicurio.key.globalId"};
constexpr std::string_view kEncoding[] = {"apicurio.value.encoding", "apicurio.key.encoding"};
constexpr char kById = 0, kByGuid = 1;        // Confluent's serializers write GUIDs
constexpr int64_t kMaxNested = 32;            // libprotobuf's own limit of messages in messages

uint64_t BigEndian(std::string_view bytes) {
  uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<uint8_t>(byte);
  return number;
}

}  // namespace

const char* ReadFrame(std::string_view record, Frame* frame) {
  if (record.size() >= kGlueHeader && record[0] == kGlue && (record[1] == 0 || record[1] == 5)) {
    return "begins like the wire format of AWS Glue's registry, which isn't read; write it with Confluent's";
  }
  if (record.empty() || record[0] != 0) return "doesn't begin with the zero byte of Confluent's wire format";
  if (record.size() < kHeader) return "is shorter than the number of a schema";
  const auto schema = static_cast<uint32_t>(BigEndian(record.substr(1, kHeader - 1)));
  // Numbers begin with 1; eight bytes of one begin with zeros.
  if (schema == 0) return "names schema 0: it looks like Apicurio's own numbers of 8 bytes, which aren't read; let its serializer write ids of 4";
  *frame = {schema, record.substr(kHeader), {}};
  return nullptr;
}

const char* ReadSchemaHeader(const RawRecord& record, bool of_key, Frame* frame) {
  const auto given = [&](const std::string_view (&names)[2]) {
    const RecordHeader* header = LastHeader(record, names[of_key ? 1 : 0]);
    return header == nullptr ? std::string_view() : header->value;
  };
  std::string_view number = given(kConfluent);
  if (!number.empty()) {
    if (number[0] == kByGuid) {
      return "names its schema by a GUID, which isn't read: let its serializer write the id before the record (PrefixSchemaIdSerializer), with framing: confluent";
    }
    if (number[0] != kById || number.size() < kHeader) return "has a header for its schema's id that is none of Confluent's";
    frame->header = number.substr(kHeader);
    number = number.substr(1, kHeader - 1);
  } else {
    number = given(kContent);
    if (number.empty() && !given(kArtifact).empty()) {
      return "names its schema by Apicurio's globalId, which isn't read: let its serializer write the contentId (apicurio.registry.use-id)";
    }
    if (number.empty()) return kNoSchemaHeader;
    if (number.size() != sizeof(uint64_t)) return "has a header for its schema's id that is none of Apicurio's";
    const std::string_view encoding = given(kEncoding);
    if (!encoding.empty() && encoding != "BINARY") return "is written as JSON by Apicurio's serializer: let it write BINARY";
  }
  const uint64_t schema = BigEndian(number);
  if (schema == 0 || schema > UINT32_MAX) return "names a schema by a number that no registry gives";
  frame->schema = static_cast<uint32_t>(schema);
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
