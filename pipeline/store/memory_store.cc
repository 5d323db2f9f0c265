#include "pipeline/store/memory_store.h"

namespace tidemark {

Status MemoryStore::Commit(const CommitBatch& batch) {
  for (const CommitBatch::EraseRange& range : batch.erase_ranges) {
    if (range.from >= range.to) continue;
    auto& table = tables_[static_cast<size_t>(range.family)];
    table.erase(table.lower_bound(range.from), table.lower_bound(range.to));
  }
  for (const CommitBatch::Put& put : batch.puts) {
    tables_[static_cast<size_t>(put.family)].insert_or_assign(put.key, put.value);
  }
  for (const CommitBatch::Erase& erase : batch.erases) tables_[static_cast<size_t>(erase.family)].erase(erase.key);
  return Status::Ok();
}

Status MemoryStore::Scan(Family family, std::string_view from, std::string_view to,
                         const std::function<bool(std::string_view key, std::string_view value)>& visit) const {
  const auto& table = tables_[static_cast<size_t>(family)];
  for (auto it = table.lower_bound(from); it != table.end() && (to.empty() || it->first < to); ++it) {
    if (!visit(it->first, it->second)) break;
  }
  return Status::Ok();
}

Status MemoryStore::MultiGet(Family family, std::span<const std::string> keys,
                             std::span<std::optional<std::string>> values) const {
  TM_CHECK(keys.size() == values.size());
  const auto& table = tables_[static_cast<size_t>(family)];
  for (size_t i = 0; i < keys.size(); ++i) {
    TM_CHECK(i == 0 || keys[i - 1] < keys[i]);
    const auto it = table.find(keys[i]);
    values[i] = it == table.end() ? std::nullopt : std::optional<std::string>(it->second);
  }
  return Status::Ok();
}

}  // namespace tidemark
