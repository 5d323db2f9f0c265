#include "pipeline/explain/ids.h"

#include <algorithm>
#include <tuple>

#include "pipeline/entity/entities.h"
#include "pipeline/entity/fold.h"
#include "pipeline/store/bytes.h"

namespace tidemark {
namespace {

// The greatest of many, by what they add, then the latest.
class Greatest {
 public:
  explicit Greatest(size_t limit) : limit_(limit) {}
  void Add(ExplainedId id) {
    ++all_;
    ids_.push_back(std::move(id));
    if (ids_.size() >= 2 * limit_ + 1024) Cut();
  }
  std::vector<ExplainedId> Take(size_t* all) {
    Cut();
    *all = all_;
    return std::move(ids_);
  }

 private:
  static bool Before(const ExplainedId& a, const ExplainedId& b) {
    const auto size = [](const ExplainedId& id) {
      const Int128 m = id.value.decimal().mantissa;
      return m < 0 ? -m : m;
    };
    if (size(a) != size(b)) return size(a) > size(b);
    return std::tie(b.at, a.id, a.labels) < std::tie(a.at, b.id, b.labels);
  }
  void Cut() {
    std::sort(ids_.begin(), ids_.end(), &Before);
    if (ids_.size() > limit_) ids_.resize(limit_);
  }

  const size_t limit_;
  size_t all_ = 0;
  std::vector<ExplainedId> ids_;
};

class Search {
 public:
  Search(const StateReader& reader, const FoldPlan& fold, size_t window, EventTime from, const StateAt& now, size_t limit,
         const std::function<bool(const std::vector<std::string>&)>& wanted)
      : fold_(fold), kpi_(reader.plan().kpis()[fold.kpi.v]), plan_(reader.plan().tables()[fold.table.v]),
        table_(*now.tables.at(fold.table.v)), ref_(kpi_.cells[0][window]), column_(plan_.columns[ref_.column]),
        tables_(ContentsOf(reader.plan().lookups())),
        edges_(table_.edges()[column_.windows[ref_.position]]), from_(from), wanted_(wanted), ids_(limit), left_(limit) {}

  // One entity.
  Status Look(const std::string& id, std::string_view part) {
    TM_RETURN_IF_ERROR(Summarize(fold_, part, tables_, &summary_));
    counts_.clear();
    for (const Contribution& c : summary_.contributions) {
      if (c.column != ref_.column || !edges_.Holds(c.at)) continue;
      auto count = std::find_if(counts_.begin(), counts_.end(), [&](const Contribution& other) { return other.row == c.row; });
      if (count == counts_.end()) {
        counts_.push_back(c);
        continue;
      }
      count->count += c.count;
      count->sum += c.sum;
      count->at = std::max(count->at, c.at);
    }
    for (const Contribution& c : counts_) {
      if (c.count > 0) Add(id, c);
    }
    const bool plain_open = fold_.kind == FoldKind::kOpen && !fold_.silent && !fold_.waiting;
    const bool was_open = summary_.since == kNoEventTime || summary_.since < from_;
    if (!plain_open || !was_open || summary_.closed < from_) return Status::Ok();
    const std::vector<std::string> labels = UnpackLabels(summary_.labels, plan_.labels.size());
    Put(&left_, {id, labels, ValueOf(1, summary_.value), summary_.closed, false});
    return Status::Ok();
  }

  ExplainedIds Take(bool partial) {
    ExplainedIds found;
    found.ids = ids_.Take(&found.all);
    found.left = left_.Take(&found.all_left);
    found.partial = partial;
    return found;
  }

 private:
  void Add(const std::string& id, const Contribution& c) {
    const bool open = fold_.kind == FoldKind::kOpen;
    const EventTime at = open ? summary_.since : c.at;
    Put(&ids_, {id, UnpackLabels(table_.rows().packed(c.row), plan_.labels.size()), ValueOf(c.count, c.sum), at, at >= from_});
  }
  void Put(Greatest* list, ExplainedId id) {
    if (wanted_(id.labels)) list->Add(std::move(id));
  }
  Value ValueOf(int64_t count, Int128 sum) const {
    return HasSum(column_.kind) ? Value::Exact({sum, kpi_.scale}) : Value::Exact({count, 0});
  }

  const FoldPlan& fold_;
  const KpiPlan& kpi_;
  const TablePlan& plan_;
  const Table& table_;
  const CellRef ref_;
  const ColumnPlan& column_;
  const LookupTables tables_;
  const Edges edges_;
  const EventTime from_;
  const std::function<bool(const std::vector<std::string>&)>& wanted_;
  EntitySummary summary_;
  std::vector<Contribution> counts_;  // by row
  Greatest ids_, left_;
};

}  // namespace

std::vector<std::string> UnpackLabels(std::string_view packed, size_t labels) {
  ByteReader reader(packed);
  std::vector<std::string> values;
  for (size_t i = 0; i < labels; ++i) values.emplace_back(reader.Bytes());
  return values;
}

Result<ExplainedIds> FindIds(const StateReader& reader, KpiId id, size_t window, EventTime from, const StateAt& now, size_t limit,
                             const std::function<bool(const std::vector<std::string>&)>& wanted, const std::function<bool()>& go_on) {
  const auto folds = reader.plan().folds();
  const auto fold = std::find_if(folds.begin(), folds.end(), [&](const FoldPlan& f) { return f.kpi == id; });
  if (fold == folds.end()) {
    const std::string& name = reader.plan().kpis()[id.v].info.name;
    return Invalid("KPI " + name + " counts no ids: they are known of what has a key, or counts ids itself");
  }
  const TablePlan& table = reader.plan().tables()[fold->table.v];
  const uint32_t number = *reader.NumberOf(table, table.columns[fold->main_column]);
  Search search(reader, *fold, window, from, now, limit, wanted);
  Status bad;
  bool partial = false;
  EntityRow row;
  size_t seen = 0;
  TM_RETURN_IF_ERROR(reader.store().Scan(Family::kEntities, "", "", [&](std::string_view key, std::string_view value) {
    partial = ++seen % 256 == 0 && !go_on();
    if (partial) return false;
    bad = ReadEntityRow(value, &row);
    if (!bad.ok()) return false;
    if (fold->distinct && Entities::IsValue(key, row.id)) return true;
    const auto part = std::lower_bound(row.parts.begin(), row.parts.end(), number, [](const auto& p, uint32_t n) { return p.first < n; });
    if (part != row.parts.end() && part->first == number) bad = search.Look(row.id, part->second);
    return bad.ok();
  }));
  TM_RETURN_IF_ERROR(bad);
  return search.Take(partial);
}

}  // namespace tidemark
