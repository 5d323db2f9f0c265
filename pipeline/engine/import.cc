#include "pipeline/engine/import.h"

#include "pipeline/store/keys.h"

namespace tidemark {
namespace {

Status Refused(const std::string& why) {
  return Corrupt(why + "; an import goes into an empty directory: name another storage.path, or remove this one");
}

std::string Encode(const ImportMark& mark) {
  std::string value;
  PutVarint(&value, mark.done ? 1 : 0);
  PutZigZag(&value, Micros(mark.cut));
  return value;
}

}  // namespace

Result<std::optional<ImportMark>> ReadImport(const Store& store) {
  TM_ASSIGN_OR_RETURN(const std::optional<std::string> value, store.Get(Family::kMeta, ImportKey()));
  if (!value) return std::optional<ImportMark>();
  ByteReader reader(*value);
  ImportMark mark;
  const uint64_t done = reader.Varint();
  mark.done = done == 1;
  mark.cut = reader.Time();
  if (!reader.Done() || done > 1) return Corrupt("the mark of an import cannot be read");
  return std::optional(mark);
}

Status CheckImport(const Store& store) {
  TM_ASSIGN_OR_RETURN(const std::optional<ImportMark> mark, ReadImport(store));
  if (mark && mark->done) return Refused("the state holds an import already, of what is before " + FormatRfc3339(mark->cut));
  if (mark) return Status::Ok();
  TM_ASSIGN_OR_RETURN(const std::optional<std::string> head, store.Get(Family::kMeta, HeadKey()));
  return head ? Refused("the state has been counting already") : Status::Ok();
}

Status BeginImport(Store* store, EventTime cut) {
  TM_RETURN_IF_ERROR(CheckImport(*store));
  CommitBatch batch;
  for (size_t family = 0; family < kFamilyCount; ++family) {
    batch.erase_ranges.push_back({static_cast<Family>(family), "", std::string(32, '\xff')});
  }
  std::string format;
  PutVarint(&format, kStoreFormat);
  batch.puts.push_back({Family::kMeta, FormatKey(), std::move(format)});
  batch.puts.push_back({Family::kMeta, ImportKey(), Encode({false, cut})});
  return store->Commit(batch).In("beginning the import");
}

Status EndImport(Store* store) {
  TM_ASSIGN_OR_RETURN(const std::optional<ImportMark> mark, ReadImport(*store));
  if (!mark) return Internal("there is no import to end");
  CommitBatch batch;
  batch.puts.push_back({Family::kMeta, ImportKey(), Encode({true, mark->cut})});
  return store->Commit(batch).In("ending the import");
}

}  // namespace tidemark
