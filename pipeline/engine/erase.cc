// Taking ids out of a state.
#include <algorithm>
#include <set>

#include "pipeline/engine/impl.h"

namespace tidemark {

Status Engine::Impl::EraseOne(std::string_view key, const EntityRow& row, ErasedIds* erased) {
  if (Entities::IsValue(key, row.id)) return Status::Ok();
  for (const auto& entry : row.parts) {
    const uint32_t number = entry.first;
    const std::string& part = entry.second;
    const auto stored = std::find_if(registry_.kpis().begin(), registry_.kpis().end(),
                                     [&](const auto& kpi) { return kpi.number() == number; });
    const std::string name = stored == registry_.kpis().end() ? "?" : stored->name();
    ++erased->parts[name];
    const auto folds = plan_->folds();
    const auto fold = std::find_if(folds.begin(), folds.end(), [&](const FoldPlan& f) {
      return f.kind == FoldKind::kOpen && tables_[f.table.v]->state(f.main_column).number == number;
    });
    if (fold == folds.end()) continue;
    EntitySummary summary;
    TM_RETURN_IF_ERROR(Summarize(*fold, part, intake_.tables(), &summary));
    for (Contribution& c : summary.contributions) {
      c.count = -c.count;
      c.sum = -c.sum;
      ++erased->open[name];
    }
    TM_RETURN_IF_ERROR(router_.folding().Add(static_cast<uint32_t>(fold - folds.begin()), summary.contributions));
  }
  erased->keys.emplace_back(key);
  erase_at_open_.erases.push_back({Family::kEntities, std::string(key)});
  return Status::Ok();
}

Result<ErasedIds> Engine::Impl::Erase(std::span<const std::string> ids, std::optional<uint64_t> kind) {
  TM_CHECK(!applied_since_commit_);
  ErasedIds erased;
  EntityRow row;
  if (kind) {
    std::set<std::string> keys;
    for (const std::string& id : ids) keys.insert(EntityKey(Entities::KeyOf(*kind, id)));
    const std::vector<std::string> sorted(keys.begin(), keys.end());
    std::vector<std::optional<std::string>> values(sorted.size());
    TM_RETURN_IF_ERROR(store_.MultiGet(Family::kEntities, sorted, values));
    for (size_t i = 0; i < sorted.size(); ++i) {
      if (!values[i]) continue;
      TM_RETURN_IF_ERROR(ReadEntityRow(*values[i], &row));
      TM_RETURN_IF_ERROR(EraseOne(sorted[i], row, &erased));
    }
    return erased;
  }
  // Also kinds that the configuration doesn't have any more.
  const std::set<std::string_view> wanted(ids.begin(), ids.end());
  Status bad;
  TM_RETURN_IF_ERROR(store_.Scan(Family::kEntities, "", "", [&](std::string_view key, std::string_view value) {
    bad = ReadEntityRow(value, &row);
    if (bad.ok() && wanted.contains(row.id)) bad = EraseOne(key, row, &erased);
    return bad.ok();
  }));
  TM_RETURN_IF_ERROR(bad);
  return erased;
}

Result<ErasedIds> Engine::Erase(std::span<const std::string> ids, std::optional<uint64_t> kind) { return impl_->Erase(ids, kind); }

}  // namespace tidemark
