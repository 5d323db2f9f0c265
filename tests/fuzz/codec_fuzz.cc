// Stored values one by one: what can be read, written again, reads the same. The first byte says which kind; the engine
// on a damaged state is state_fuzz.
#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <vector>

#include "pipeline/engine/letter.h"
#include "pipeline/engine/partition.h"
#include "pipeline/engine/registry.h"
#include "pipeline/engine/stored_schemas.h"
#include "pipeline/entity/entities.h"
#include "pipeline/store/memory_store.h"
#include "pipeline/window/codec.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace tidemark;
using testing::Expect;

std::vector<FragmentCell> CellsOf(std::string_view value, bool* ok) {
  std::vector<FragmentCell> cells;
  *ok = ForEachFragmentCell(value, [&](const FragmentCell& c) { cells.push_back(c); }, [](uint32_t) {});
  return cells;
}

void TryFragment(std::string_view value) {
  bool ok = false;
  const std::vector<FragmentCell> cells = CellsOf(value, &ok);
  const bool ascending = std::is_sorted(cells.begin(), cells.end(), [](const auto& a, const auto& b) { return !(b < a) && (a < b); });
  if (!ok || !ascending || std::adjacent_find(cells.begin(), cells.end(), [](const auto& a, const auto& b) { return !(a < b); }) != cells.end()) return;
  std::vector<FragmentCell> again;
  EncodeFragments(cells, [&](const std::string& part) {
    const auto more = CellsOf(part, &ok);
    Expect(ok, "a fragment that was written is read");
    again.insert(again.end(), more.begin(), more.end());
  });
  const bool same = std::equal(cells.begin(), cells.end(), again.begin(), again.end(), [](const FragmentCell& a, const FragmentCell& b) {
    return a.row == b.row && a.number == b.number && a.has_sum == b.has_sum && a.count == b.count && a.sum == b.sum;
  });
  Expect(same, "the cells of a fragment");
}

void TryRow(std::string_view value) {
  for (ByteReader reader(value); !reader.empty();) {
    RowColumn column, again;
    std::string_view raw;
    if (!ReadRowColumn(&reader, &column, &raw).ok()) return;
    std::string written, twice;
    PutRowColumn(&written, column);
    ByteReader second(written);
    Expect(ReadRowColumn(&second, &again, &raw).ok() && second.Done(), "a column that was written is read");
    PutRowColumn(&twice, again);
    Expect(twice == written, "a column");
  }
}

void TryHead(std::string_view value) {
  TableHead head, again;
  if (!ReadTableHead(value, &head).ok()) return;
  std::string written, twice;
  PutTableHead(&written, head);
  Expect(ReadTableHead(written, &again).ok(), "a head that was written is read");
  PutTableHead(&twice, again);
  Expect(twice == written, "a head");
}

void TryPartition(std::string_view value) {
  Partition partition({"t", 0}, TopicId{0}, std::chrono::minutes(1)), again = Partition({"t", 0}, TopicId{0}, std::chrono::minutes(1));
  if (!DecodePartition(value, &partition).ok()) return;
  const std::string written = EncodePartition(partition);
  Expect(DecodePartition(written, &again).ok() && EncodePartition(again) == written, "a partition");
  Expect(again.clock.known_through() == partition.clock.known_through(), "how far time is known");
}

void TryEntity(std::string_view value) {
  EntityRow row, again;
  if (!ReadEntityRow(value, &row).ok()) return;
  std::string written;
  PutEntityRow(&written, row);
  Expect(ReadEntityRow(written, &again).ok() && again.id == row.id && again.parts == row.parts, "an entity");
}

void TrySchema(std::string_view value) {
  WriterSchema schema, again;
  if (!DecodeWriterSchema(value, &schema).ok()) return;
  const std::string written = EncodeWriterSchema(schema);
  Expect(DecodeWriterSchema(written, &again).ok() && EncodeWriterSchema(again) == written, "a schema");
}

void TryRegistry(std::string_view value) {
  MemoryStore store;
  CommitBatch batch;
  batch.puts.push_back({Family::kMeta, RegistryKey(), std::string(value)});
  Expect(store.Commit(batch).ok(), "a commit");
  const auto registry = ReadRegistry(store);
  Expect(registry.ok() || registry.status().code() == Code::kCorrupt, [&] { return "a registry, or none: " + registry.status().text(); });
}

void TryLetter(std::string_view value) {
  Result<DeadLetter> letter = DecodeLetter(value);
  if (!letter.ok()) return;
  const std::string written = EncodeLetter(*letter);
  const Result<DeadLetter> again = DecodeLetter(written);
  Expect(again.ok() && EncodeLetter(*again) == written, "a letter");
  for (int times = 0; times < 2; ++times) ShrinkLetter(&*letter);
  Expect(letter->key.data() == nullptr && letter->value.data() == nullptr && DecodeLetter(EncodeLetter(*letter)).ok(), "less of a letter is one, too");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const google::protobuf::LogSilencer silence;  // about strings that are not UTF-8
  testing::Bytes bytes(data, size);
  const uint8_t kind = bytes.Byte();
  const std::string_view value = bytes.Rest();
  switch (kind) {
    case 'f': TryFragment(value); break;
    case 'r': TryRow(value); break;
    case 'h': TryHead(value); break;
    case 'p': TryPartition(value); break;
    case 'e': TryEntity(value); break;
    case 'g': TryRegistry(value); break;
    case 'l': TryLetter(value); break;
    case 'w': TrySchema(value); break;
    default: break;
  }
  return 0;
}
