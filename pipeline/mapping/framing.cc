#include "pipeline/mapping/framing.h"

namespace tidemark::mapping {
namespace {

constexpr size_t kHeader = 5;
constexpr char kGlue = 3;                     // then how it is compressed, and a UUID
constexpr size_t kGlueHeader = 18;

}  // namespace

Result<Frame> ReadFrame(std::string_view record) {
  if (record.size() >= kGlueHeader && record[0] == kGlue && (record[1] == 0 || record[1] == 5)) {
    return Invalid("begins like the wire format of AWS Glue's registry, which isn't read; write it with Confluent's");
  }
  if (record.empty() || record[0] != 0) return Invalid("doesn't begin with the zero byte of Confluent's wire format");
  if (record.size() < kHeader) return Invalid("is shorter than the number of a schema");
  uint32_t schema = 0;
  for (size_t b = 1; b < kHeader; ++b) schema = schema << 8 | static_cast<uint8_t>(record[b]);
  // Numbers begin with 1; eight bytes of one begin with zeros.
  if (schema == 0) return Invalid("names schema 0: it looks like Apicurio's own numbers of 8 bytes, which aren't read; let its serializer write ids of 4");
  return Frame{schema, record.substr(kHeader)};
}

}  // namespace tidemark::mapping
