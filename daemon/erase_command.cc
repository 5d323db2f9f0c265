// `state erase`: takes what is known of ids out of a state that nobody uses.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "daemon/clock.h"
#include "daemon/commands.h"
#include "daemon/exit_code.h"
#include "daemon/idle_source.h"
#include "pipeline/base/nearest.h"
#include "pipeline/base/pseudonyms.h"
#include "pipeline/engine/adopt.h"
#include "pipeline/engine/engine.h"
#include "pipeline/entity/entities.h"
#include "pipeline/rocksdb/rocks_store.h"

namespace tidemark {
namespace {

Status ReadIds(const EraseOptions& options, std::vector<std::string>* ids) {
  *ids = options.ids;
  if (options.ids_file.empty()) return Status::Ok();
  std::ifstream file(options.ids_file);
  if (!file) return NotFound(options.ids_file + " cannot be read");
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) ids->push_back(line);
  }
  return Status::Ok();
}

// Of a kind of entity, as KPIs call it.
Status FindKind(const Plan& plan, const std::string& name, std::optional<uint64_t>* kind) {
  if (name.empty()) return Status::Ok();
  std::vector<std::string> names;
  for (const FoldPlan& fold : plan.folds()) {
    names.push_back(fold.key);
    if (fold.key == name) *kind = fold.entity_kind;
  }
  if (*kind) return Status::Ok();
  const std::string near = Nearest(name, names);
  return NotFound("no KPI has its ids in \"" + name + "\"" + (near.empty() ? "" : "; nearest: " + near));
}

Result<ErasedIds> Erase(std::shared_ptr<const Plan> plan, const std::vector<std::string>& ids, std::optional<uint64_t> kind,
                        RocksStore* store) {
  // KPIs that the state doesn't have yet stay so: a back-fill is to count them.
  TM_ASSIGN_OR_RETURN(const std::vector<bool> known, KnownKpis(*plan, *store));
  plan = plan->Counting(known, true);
  IdleSource source;
  EngineOptions options;
  options.keep_shown = false;
  TM_ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine, Engine::Open(plan, store, &source, WallNow(), std::move(options)));
  TM_ASSIGN_OR_RETURN(ErasedIds erased, engine->Erase(ids, kind));
  if (!erased.keys.empty()) TM_RETURN_IF_ERROR(engine->Commit(WallNow()));
  return erased;
}

// Where rows of the ids are or were: also what an earlier try erased, but did not come to remove from the disk.
std::vector<std::string> KeysOf(const Plan& plan, const std::vector<std::string>& ids, std::vector<std::string> keys) {
  for (const FoldPlan& fold : plan.folds()) {
    for (const std::string& id : ids) keys.push_back(EntityKey(Entities::KeyOf(fold.entity_kind, id)));
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

// Where KPIs hash, an id may be stored as its hash: that is the same person.
std::vector<std::string> WithHashes(const Plan& plan, std::vector<std::string> ids) {
  if (plan.hash_key().empty()) return ids;
  Pseudonyms pseudonyms(plan.hash_key());
  for (size_t i = 0, given = ids.size(); i < given; ++i) {
    const Pseudonyms::Text& hash = pseudonyms.Of(ids[i]);
    ids.emplace_back(hash.data(), hash.size());
  }
  return ids;
}

Status Run(const EraseOptions& options, const Specs& specs, std::shared_ptr<const Plan> plan, const std::vector<std::string>& given) {
  const std::vector<std::string> ids = WithHashes(*plan, given);
  std::optional<uint64_t> kind;
  TM_RETURN_IF_ERROR(FindKind(*plan, options.kind, &kind));
  const std::string& path = specs.storage.path;
  if (!std::filesystem::exists(path)) return NotFound("there is no state directory " + path);
  RocksOptions store_options;
  store_options.min_free_disk_bytes = specs.limits.min_free_disk_bytes;
  TM_ASSIGN_OR_RETURN(const std::unique_ptr<RocksStore> store, RocksStore::Open(path, store_options));
  TM_ASSIGN_OR_RETURN(const ErasedIds erased, Erase(plan, ids, kind, store.get()));
  TM_RETURN_IF_ERROR(store->Purge(Family::kEntities, KeysOf(*plan, ids, erased.keys)));
  // A back-fill has a state of its own; it begins anew.
  std::error_code error;
  std::filesystem::remove_all(std::filesystem::path(path) / "backfill", error);
  if (error) return Unavailable("the back-fill's state cannot be removed: " + error.message());
  if (erased.keys.empty()) {
    std::cout << "nothing is known of " << (given.size() == 1 ? "this id" : "these ids") << "\n";
    return Status::Ok();
  }
  const char* entities = erased.keys.size() == 1 ? " entity" : " entities";
  std::cout << "erased what was known of " << erased.keys.size() << entities << "; what was counted stays\n";
  for (const auto& [kpi, parts] : erased.parts) {
    std::cout << "  " << kpi << ": " << parts;
    const auto open = erased.open.find(kpi);
    if (open != erased.open.end()) std::cout << ", " << open->second << " of them taken out of what is open";
    std::cout << "\n";
  }
  return Status::Ok();
}

}  // namespace

int StateErase(const EraseOptions& options) {
  Specs specs;
  std::shared_ptr<const Plan> plan = LoadPlan(options.config_file, &specs, [&](Specs* s) {
    if (!options.storage_path.empty()) s->storage.path = options.storage_path;
  });
  if (plan == nullptr) return kExitConfig;
  std::vector<std::string> ids;
  Status status = ReadIds(options, &ids);
  if (status.ok()) status = Run(options, specs, std::move(plan), ids);
  if (status.ok()) return kExitOk;
  std::cerr << "tidemark: " << status.text() << "\n";
  return ExitCodeOf(status);
}

}  // namespace tidemark
