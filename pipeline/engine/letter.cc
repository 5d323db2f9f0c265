#include "pipeline/engine/letter.h"

#include <algorithm>

#include "pipeline/mapping/first_sent.h"
#include "pipeline/store/bytes.h"

namespace tidemark {
namespace {

// Of bytes that may not be there: 0, or a size that is one more.
void PutOptional(std::string* out, std::string_view bytes) {
  PutVarint(out, bytes.data() == nullptr ? 0 : bytes.size() + 1);
  out->append(bytes);
}

bool TakeOptional(std::string_view* rest, std::string_view* bytes) {
  ByteReader reader(*rest);
  const uint64_t size = reader.Varint();
  *rest = reader.rest();
  *bytes = {};
  if (!reader.ok() || (size != 0 && size - 1 > rest->size())) return false;
  if (size == 0) return true;
  *bytes = std::string_view(rest->data() == nullptr ? "" : rest->data(), size - 1);
  rest->remove_prefix(size - 1);
  return true;
}

}  // namespace

std::string EncodeLetter(const DeadLetter& letter) {
  std::string out;
  out.reserve(SizeOf(letter) + 32 + 8 * letter.headers.size());
  PutOptional(&out, letter.key);
  PutOptional(&out, letter.value);
  PutVarint(&out, letter.headers.size());
  for (const RecordHeader& header : letter.headers) {
    PutBytes(&out, header.name);
    PutOptional(&out, header.value);
  }
  return out;
}

Result<DeadLetter> DecodeLetter(std::string_view bytes) {
  DeadLetter letter;
  bool good = TakeOptional(&bytes, &letter.key) && TakeOptional(&bytes, &letter.value);
  ByteReader reader(bytes);
  const uint64_t count = reader.Varint();
  bytes = reader.rest();
  for (uint64_t h = 0; good && h < count; ++h) {
    ByteReader name(bytes);
    RecordHeader header;
    header.name = name.Bytes();
    bytes = name.rest();
    good = name.ok() && TakeOptional(&bytes, &header.value);
    letter.headers.push_back(header);
  }
  if (!good || !reader.ok() || !bytes.empty()) return Corrupt("a dead letter cannot be read");
  return letter;
}

void ShrinkLetter(DeadLetter* letter) {
  constexpr std::string_view kAll = "key value headers";
  const auto omitted = std::find_if(letter->headers.begin(), letter->headers.end(), [](const RecordHeader& h) { return h.name == kLetterOmitted; });
  if (omitted == letter->headers.end()) {
    letter->headers.push_back({kLetterOmitted, "value"});
  } else {
    omitted->value = kAll;
    letter->key = {};
    std::erase_if(letter->headers, [](const RecordHeader& h) { return !IsLetterHeader(h.name); });
  }
  letter->value = {};
}

size_t SizeOf(const DeadLetter& letter) {
  size_t size = letter.key.size() + letter.value.size();
  for (const RecordHeader& header : letter.headers) size += header.name.size() + header.value.size();
  return size;
}

}  // namespace tidemark
