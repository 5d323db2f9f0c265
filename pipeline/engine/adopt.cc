#include "pipeline/engine/adopt.h"

#include <algorithm>
#include <map>

#include "pipeline/base/hash.h"
#include "pipeline/engine/adopt_rows.h"
#include "pipeline/engine/partition.h"
#include "pipeline/engine/registry.h"
#include "pipeline/entity/entities.h"
#include "pipeline/store/keys.h"

namespace tidemark {
namespace {

using state::v1::Registry;
using state::v1::StoredKpi;
using state::v1::StoredTable;

constexpr size_t kEntitiesAtOnce = 4096;

const StoredTable* TableOf(const Registry& registry, uint64_t fingerprint) {
  const auto at = std::find_if(registry.tables().begin(), registry.tables().end(), [&](const StoredTable& t) { return t.fingerprint() == fingerprint; });
  return at == registry.tables().end() ? nullptr : &*at;
}

// What the side's state is a function of, beside the logs.
std::string Mark(const Plan& plan) {
  std::string text;
  for (const TopicPlan& topic : plan.topics()) PutBytes(&text, topic.name);
  for (const TablePlan& table : plan.tables()) {
    PutBigEndian(&text, table.fingerprint, 8);
    for (const ColumnPlan& column : table.columns) {
      PutBigEndian(&text, column.fingerprint, 8);
      text.push_back(plan.kpis()[column.kpi.v].counted ? '+' : '-');
    }
  }
  std::string mark;
  PutBigEndian(&mark, Hash64(text), 8);
  return mark;
}

// How many numbers a side may give out.
struct Numbers {
  uint32_t tables = 0, kpis = 0;
};
Numbers NumbersOf(const Plan& plan) {
  Numbers numbers{static_cast<uint32_t>(plan.tables().size()), 0};
  for (const TablePlan& table : plan.tables()) numbers.kpis += static_cast<uint32_t>(table.columns.size());
  return numbers;
}

class Adoption {
 public:
  Adoption(const Plan& plan, Store* store, Store* side) : plan_(plan), store_(*store), side_(*side), bulk_(store) {}

  Status Run() {
    TM_ASSIGN_OR_RETURN(here_, ReadRegistry(store_));
    TM_ASSIGN_OR_RETURN(there_, ReadRegistry(side_));
    TM_ASSIGN_OR_RETURN(const std::optional<std::string> head_here, store_.Get(Family::kMeta, HeadKey()));
    TM_ASSIGN_OR_RETURN(const std::optional<std::string> head_there, side_.Get(Family::kMeta, HeadKey()));
    if (!head_here || !head_there) return Internal("there is nothing to adopt a back-fill into, or none");
    // Later than all commits of both: no fragment to come may take the key of one that is there.
    sequence_ = std::max(ByteReader(*head_here).Varint(), ByteReader(*head_there).Varint()) + 1;
    // From here on the side's numbers may be in use.
    CommitBatch used;
    used.erases.push_back({Family::kMeta, SideKey()});
    TM_RETURN_IF_ERROR(side_.Commit(used));
    CommitBatch more;  // entities: how many is to be counted
    more.erases.push_back({Family::kMeta, EntitiesKey()});
    // Also should it have been lost that they were reserved.
    here_.set_next_table(std::max(here_.next_table(), there_.next_table()));
    here_.set_next_kpi(std::max(here_.next_kpi(), there_.next_kpi()));
    here_.set_adopted_below(here_.next_kpi());
    more.puts.push_back({Family::kMeta, RegistryKey(), here_.SerializeAsString()});
    TM_RETURN_IF_ERROR(store_.Commit(more));
    TM_RETURN_IF_ERROR(ReadPartitions());
    Retire();
    TM_RETURN_IF_ERROR(MoveTables());
    TM_RETURN_IF_ERROR(MoveEntities());
    TM_RETURN_IF_ERROR(bulk_.Flush());
    AdoptKpis();
    TM_RETURN_IF_ERROR(AdoptMeta());
    AdoptGaps();
    TM_RETURN_IF_ERROR(AdoptIds());
    std::string value;
    PutVarint(&value, sequence_);
    last_.puts.push_back({Family::kMeta, HeadKey(), std::move(value)});
    last_.puts.push_back({Family::kMeta, RegistryKey(), here_.SerializeAsString()});
    return store_.Commit(last_).In("adopting the back-fill");
  }

 private:
  using Partitions = std::map<TopicPartition, Partition>;

  Result<Partitions> PartitionsOf(const Store& store) const {
    Partitions partitions;
    Status bad;
    TM_RETURN_IF_ERROR(store.Scan(Family::kMeta, "P", "Q", [&](std::string_view key, std::string_view value) {
      ByteReader reader(key.substr(1));
      TopicPartition tp;
      tp.topic = reader.Bytes();
      tp.partition = static_cast<int32_t>(reader.BigEndian(4));
      for (uint32_t t = 0; t < plan_.topics().size(); ++t) {
        if (plan_.topics()[t].name != tp.topic) continue;
        bad = DecodePartition(value, &partitions.emplace(tp, Partition(tp, TopicId{t}, plan_.time().max_out_of_orderness)).first->second);
      }
      return bad.ok();
    }));
    TM_RETURN_IF_ERROR(bad);
    return partitions;
  }

  Status ReadPartitions() {
    TM_ASSIGN_OR_RETURN(partitions_here_, PartitionsOf(store_));
    TM_ASSIGN_OR_RETURN(partitions_there_, PartitionsOf(side_));
    TM_ASSIGN_OR_RETURN(const std::optional<ImportMark> import, ReadImport(store_));
    if (import) cut_ = import->cut;
    return Status::Ok();
  }

  // Earlier states of the same KPIs, from before they had left the configuration, make room.
  void Retire() {
    auto* kpis = here_.mutable_kpis();
    for (const StoredKpi& kpi : there_.kpis()) {
      for (int k = kpis->size() - 1; k >= 0; --k) {
        if (kpis->Get(k).fingerprint() == kpi.fingerprint()) kpis->DeleteSubrange(k, 1);
      }
    }
    auto* tables = here_.mutable_tables();
    for (int t = tables->size() - 1; t >= 0; --t) {
      const uint32_t number = tables->Get(t).number();
      if (TableOf(there_, tables->Get(t).fingerprint()) == nullptr) continue;
      if (std::any_of(kpis->begin(), kpis->end(), [&](const StoredKpi& k) { return k.table() == number; })) continue;
      std::string from, to;
      PutBigEndian(&from, number, 4);
      PutBigEndian(&to, number + 1, 4);
      for (const Family family : {Family::kRows, Family::kPanes}) last_.erase_ranges.push_back({family, from, to});
      last_.erases.push_back({Family::kMeta, TableKey(tidemark::StoredTable{number})});
      tables->DeleteSubrange(t, 1);
    }
  }

  // Tables before their histograms, whose rows are named by theirs.
  Status MoveTables() {
    for (const bool histograms : {false, true}) {
      for (const TablePlan& plan : plan_.tables()) {
        const StoredTable* from = TableOf(there_, plan.fingerprint);
        if (from == nullptr || plan.buckets_of.has_value() != histograms) continue;
        const StoredTable* to = TableOf(here_, plan.fingerprint);
        TableMove& move = moves_[plan.fingerprint];
        move.from = tidemark::StoredTable{from->number()};
        move.to = tidemark::StoredTable{to == nullptr ? from->number() : to->number()};
        move.merge = to != nullptr;
        if (plan.folds && move.merge) return Internal("a KPI of entities shares its table");
        if (histograms) {
          const TableMove& base = moves_.at(plan_.tables()[plan.buckets_of->v].fingerprint);
          if (base.merge) move.tags = &base.rows;
        }
        if (!move.merge) *here_.add_tables() = *from;
        if (move.merge) TM_RETURN_IF_ERROR(MergeRows(store_, side_, &move, &last_));
        TM_RETURN_IF_ERROR(MoveBulk(side_, sequence_, &move, &bulk_));
      }
    }
    return Status::Ok();
  }

  Status MergeEntities(std::vector<std::string>* keys, std::vector<EntityRow>* rows) {
    std::vector<std::optional<std::string>> values(keys->size());
    TM_RETURN_IF_ERROR(store_.MultiGet(Family::kEntities, *keys, values));
    for (size_t i = 0; i < keys->size(); ++i) {
      EntityRow row;
      if (values[i]) TM_RETURN_IF_ERROR(ReadEntityRow(*values[i], &row));
      if (values[i] && row.id != (*rows)[i].id) return Corrupt("two entities share a key");
      row.id = std::move((*rows)[i].id);
      for (auto& part : (*rows)[i].parts) row.parts.push_back(std::move(part));
      std::sort(row.parts.begin(), row.parts.end());
      std::string value;
      PutEntityRow(&value, row);
      TM_RETURN_IF_ERROR(bulk_.Put(Family::kEntities, std::move((*keys)[i]), std::move(value)));
    }
    keys->clear();
    rows->clear();
    return Status::Ok();
  }

  Status MoveEntities() {
    std::vector<std::string> keys;
    std::vector<EntityRow> rows;
    Status status;
    TM_RETURN_IF_ERROR(side_.Scan(Family::kEntities, "", "", [&](std::string_view key, std::string_view value) {
      keys.emplace_back(key);
      status = ReadEntityRow(value, &rows.emplace_back());
      if (status.ok() && keys.size() >= kEntitiesAtOnce) status = MergeEntities(&keys, &rows);
      return status.ok();
    }));
    TM_RETURN_IF_ERROR(status);
    return MergeEntities(&keys, &rows);
  }

  // From when on the back-fill saw everything that this state could have seen of the KPI's topics: nothing of an import.
  EventTime WholeFrom(const TablePlan& table) const {
    EventTime whole = cut_;
    EventTime first_here = EventTime::max(), first_there = EventTime::max();
    const auto& topics = plan_.clocks()[table.clock].topics;
    const auto reads = [&](const Partition& p) { return std::find(topics.begin(), topics.end(), p.topic) != topics.end(); };
    for (const auto& [tp, p] : partitions_here_) {
      if (reads(p) && p.first_time != kNoEventTime) first_here = std::min(first_here, p.first_time);
    }
    for (const auto& [tp, p] : partitions_there_) {
      if (!reads(p)) continue;
      if (p.first_time != kNoEventTime) first_there = std::min(first_there, p.first_time);
      for (const Loss& loss : p.losses) whole = std::max(whole, loss.to);
    }
    return first_there > first_here ? std::max(whole, first_there) : whole;
  }

  void AdoptKpis() {
    for (const TablePlan& table : plan_.tables()) {
      const auto move = moves_.find(table.fingerprint);
      if (move == moves_.end()) continue;
      const EventTime whole = WholeFrom(table);
      for (const StoredKpi& kpi : there_.kpis()) {
        if (kpi.table() != move->second.from.v) continue;
        StoredKpi* added = here_.add_kpis();
        *added = kpi;
        added->set_table(move->second.to.v);
        for (auto& from : *added->mutable_whole_from()) {
          if (from != INT64_MAX) from = std::max(from, Micros(whole));
        }
      }
    }
  }

  Status AdoptMeta() {
    Status bad;
    TM_RETURN_IF_ERROR(side_.Scan(Family::kMeta, "", "", [&](std::string_view key, std::string_view value) {
      switch (key[0]) {
        case 'C':
          bad = AdoptClock(std::string(key), value);
          break;
        case 'W':
          bad = AdoptSchema(std::string(key), value);
          break;
        case 'K':
          last_.puts.push_back({Family::kMeta, std::string(key), std::string(value)});
          break;
        default:
          break;
      }
      return bad.ok();
    }));
    return bad;
  }

  // What its records say was lost, of a time when the configuration here didn't ask.
  void AdoptGaps() {
    for (auto& [tp, here] : partitions_here_) {
      const auto there = partitions_there_.find(tp);
      if (there == partitions_there_.end() || there->second.gaps.empty()) continue;
      MarkGaps(there->second.gaps, &here);
      last_.puts.push_back({Family::kMeta, PartitionKey(tp.topic, tp.partition), EncodePartition(here)});
    }
  }

  // What records here were read with stays.
  Status AdoptSchema(const std::string& key, std::string_view value) {
    TM_ASSIGN_OR_RETURN(const std::optional<std::string> stored, store_.Get(Family::kMeta, key));
    if (!stored) last_.puts.push_back({Family::kMeta, key, std::string(value)});
    return Status::Ok();
  }

  // Without a wall clock the side takes its bounds for the ends of the logs, and may know more.
  Status AdoptClock(const std::string& key, std::string_view value) {
    TM_ASSIGN_OR_RETURN(const std::optional<std::string> stored, store_.Get(Family::kMeta, key));
    ByteReader there(value), here(stored ? *stored : value);
    const int64_t t = std::max(there.ZigZag(), here.ZigZag());
    const int64_t evaluated = here.ZigZag();
    const int64_t known = stored && !here.empty() ? here.ZigZag() : t;
    if (!here.ok() || !there.ok()) return Corrupt("a stored clock cannot be read");
    std::string merged;
    PutZigZag(&merged, t);
    PutZigZag(&merged, evaluated);
    if (known > t) PutZigZag(&merged, known);
    last_.puts.push_back({Family::kMeta, key, std::move(merged)});
    return Status::Ok();
  }

  // Ids that only the back-fill remembers, of events that no KPI read before: a blob for each topic and pane.
  Status AdoptIds() {
    std::map<std::string, std::string> blobs;  // by topic and pane
    TM_RETURN_IF_ERROR(side_.Scan(Family::kIds, "", "", [&](std::string_view key, std::string_view value) {
      constexpr size_t kTopicAndPane = 16, kGreatestTime = 8;
      std::string& blob = blobs[std::string(key.substr(0, kTopicAndPane))];
      if (blob.empty() || value.substr(0, kGreatestTime) > std::string_view(blob).substr(0, kGreatestTime)) {
        blob.replace(0, std::min(blob.size(), kGreatestTime), value.substr(0, kGreatestTime));
      }
      blob.append(value.substr(kGreatestTime));
      return true;
    }));
    for (auto& [key, blob] : blobs) {
      std::string full = key;
      PutBigEndian(&full, sequence_, 8);
      last_.puts.push_back({Family::kIds, std::move(full), std::move(blob)});
    }
    return Status::Ok();
  }

  const Plan& plan_;
  Store& store_;
  Store& side_;
  BulkWriter bulk_;
  CommitBatch last_;
  uint64_t sequence_ = 0;
  EventTime cut_ = kNoEventTime;
  Registry here_, there_;
  std::map<uint64_t, TableMove> moves_;  // by fingerprint
  Partitions partitions_here_, partitions_there_;
};

}  // namespace

Result<std::vector<bool>> KnownKpis(const Plan& plan, const Store& store) {
  std::vector<bool> known(plan.kpis().size(), true);
  TM_ASSIGN_OR_RETURN(const std::optional<std::string> head, store.Get(Family::kMeta, HeadKey()));
  if (!head) return known;
  TM_ASSIGN_OR_RETURN(const Registry registry, ReadRegistry(store));
  for (const TablePlan& table : plan.tables()) {
    const auto* stored = TableOf(registry, table.fingerprint);
    for (const ColumnPlan& column : table.columns) {
      const bool has = stored != nullptr && std::any_of(registry.kpis().begin(), registry.kpis().end(), [&](const StoredKpi& kpi) {
        return kpi.fingerprint() == column.fingerprint && kpi.table() == stored->number() && !kpi.has_removed_at() && !CountsAnew(kpi, plan.limits());
      });
      if (!has) known[column.kpi.v] = false;
    }
  }
  return known;
}

Result<bool> SideIsOf(const Plan& plan, const Store& store, const Store& side) {
  TM_ASSIGN_OR_RETURN(const std::optional<std::string> mark, side.Get(Family::kMeta, SideKey()));
  if (!mark.has_value() || *mark != Mark(plan)) return false;
  TM_ASSIGN_OR_RETURN(const Registry here, ReadRegistry(store));
  TM_ASSIGN_OR_RETURN(const Registry registry, ReadRegistry(side));
  // A disk that lies may have lost here that the side's numbers were reserved, of which it may not have used any yet: they are
  // given out again.
  uint32_t table = registry.next_table(), kpi = registry.next_kpi();
  for (const auto& t : registry.tables()) table = std::min(table, t.number());
  for (const auto& k : registry.kpis()) kpi = std::min(kpi, k.number());
  const Numbers wanted = NumbersOf(plan);
  if (table + wanted.tables > here.next_table() || kpi + wanted.kpis > here.next_kpi()) return false;
  // Or there that the mark was taken away.
  if (kpi < here.adopted_below()) return false;
  return std::none_of(registry.kpis().begin(), registry.kpis().end(), [&](const StoredKpi& k) { return CountsAnew(k, plan.limits()); });
}

Status BeginSide(const Plan& plan, Store* store, Store* side) {
  TM_ASSIGN_OR_RETURN(Registry registry, ReadRegistry(*store));
  Registry fresh;
  fresh.set_next_table(registry.next_table());
  fresh.set_next_kpi(registry.next_kpi());
  const Numbers wanted = NumbersOf(plan);
  registry.set_next_table(registry.next_table() + wanted.tables);
  registry.set_next_kpi(registry.next_kpi() + wanted.kpis);
  CommitBatch reserve, begin;
  reserve.puts.push_back({Family::kMeta, RegistryKey(), registry.SerializeAsString()});
  TM_RETURN_IF_ERROR(store->Commit(reserve));
  std::string format;
  PutVarint(&format, kStoreFormat);
  begin.puts.push_back({Family::kMeta, FormatKey(), std::move(format)});
  begin.puts.push_back({Family::kMeta, RegistryKey(), fresh.SerializeAsString()});
  begin.puts.push_back({Family::kMeta, SideKey(), Mark(plan)});
  // Nothing in it tells how far what is held is complete. At least as far as it is here: so not all of the past is ahead of T.
  for (const ClockPlan& clock : plan.clocks()) {
    if (!clock.held) continue;
    const std::string key = ClockKey(ClockFingerprint(plan, clock));
    TM_ASSIGN_OR_RETURN(std::optional<std::string> stored, store->Get(Family::kMeta, key));
    if (stored) begin.puts.push_back({Family::kMeta, key, *std::move(stored)});
  }
  TM_ASSIGN_OR_RETURN(std::optional<std::string> import, store->Get(Family::kMeta, ImportKey()));
  if (import) begin.puts.push_back({Family::kMeta, ImportKey(), *std::move(import)});
  return side->Commit(begin);
}

Status Adopt(const Plan& plan, Store* store, Store* side) { return Adoption(plan, store, side).Run(); }

}  // namespace tidemark
