// Tables, columns and routes of KPIs of events: which row and which cells an event touches.
#include <algorithm>

#include "pipeline/base/hash.h"
#include "pipeline/plan/compiler.h"

namespace tidemark {
namespace {

CellKind KindOf(Measure measure) {
  switch (measure) {
    case Measure::kSum:
    case Measure::kAvg:
    case Measure::kQuantiles: return CellKind::kSum;
    case Measure::kMin: return CellKind::kMin;
    case Measure::kMax: return CellKind::kMax;
    case Measure::kLast: return CellKind::kLast;
    default: return CellKind::kCount;
  }
}

}  // namespace

// What is stored for a KPI, in one spelling. Windows, targets, help and limits are not in it: they may change freely.
std::string Compiler::Identity(const KpiSpec& spec, int scale, const std::vector<TopicId>& topics) const {
  std::string text = "kpi/1";
  const auto add = [&](std::string_view part) {
    text += '\0';
    text += part;
  };
  std::vector<std::string> on = spec.on;
  std::sort(on.begin(), on.end());
  on.erase(std::unique(on.begin(), on.end()), on.end());
  for (const std::string& type : on) add(type);
  add("|where");
  add(spec.where ? IdentityOf(*spec.where) : "");
  add("|measure");
  add(ToString(spec.measure));
  add(spec.field.empty() ? "" : IdentityOf(spec.field));
  add(std::to_string(scale));
  // A staircase forgets what its longest window has left behind, so extremes cannot be asked about longer windows later.
  if (spec.measure == Measure::kMin || spec.measure == Measure::kMax) {
    Duration longest{};
    for (const WindowSpec& window : spec.windows) longest = std::max(longest, window.lifetime() ? Duration::max() : window.length);
    add(std::to_string(longest.count()));
  }
  add("|by");
  for (const LabelSpec& label : spec.by) {
    add(label.name);
    add(IdentityOf(label.field));
    if (label.side != Side::kNone) add(label.side == Side::kTo ? "to" : "from");
  }
  add("|topics");
  for (const TopicId topic : topics) {
    add(specs_.topics[topic.v].name);
    if (specs_.topics[topic.v].mapping != 0) add(std::to_string(specs_.topics[topic.v].mapping));
    const auto& mapper = plan_->topics_[topic.v].mapper;
    if (mapper != nullptr && !mapper->own_identity().empty()) add(mapper->own_identity());
  }
  return text + OwnFields(spec);
}

void Compiler::StoredKpi(const KpiSpec& spec, KpiPlan* kpi) {
  kpi->max_series = spec.max_series.value_or(specs_.limits.max_series);
  kpi->series_idle = spec.series_idle.value_or(specs_.limits.series_idle);
  if (IsFold(spec)) {
    FoldKpi(spec, kpi);
    return;
  }
  Measured& measured = measured_[by_name_[spec.name].v];
  measured = Resolve(spec);
  kpi->scale = measured.scale;
  kpi->table = TableFor(spec, measured.topics, "");
  AddEventColumn(spec, measured, kpi);
}

std::vector<std::vector<std::string>> Compiler::DeclaredRows(const KpiSpec& spec) {
  std::vector<std::vector<std::string>> rows;
  const auto declared = [](const LabelSpec& label) { return !label.values.empty(); };
  if (std::none_of(spec.by.begin(), spec.by.end(), declared)) return spec.by.empty() ? std::vector<std::vector<std::string>>{{}} : rows;
  if (!std::all_of(spec.by.begin(), spec.by.end(), declared)) {
    Error(At(spec, "by"), "by: declared values make series that always exist, so every label needs them, or none");
    return rows;
  }
  rows.push_back({});
  for (const LabelSpec& label : spec.by) {
    std::vector<std::vector<std::string>> longer;
    for (const auto& row : rows) {
      for (const std::string& value : label.values) {
        longer.push_back(row);
        longer.back().push_back(value);
      }
    }
    rows = std::move(longer);
    if (rows.size() > 10'000) {
      Error(At(spec, "by"), "by: the declared values make more than 10,000 series");
      return {};
    }
  }
  return rows;
}

uint32_t Compiler::ClockFor(const std::vector<TopicId>& topics) {
  for (uint32_t c = 0; c < plan_->clocks_.size(); ++c) {
    if (plan_->clocks_[c].topics == topics) return c;
  }
  const Duration behind = BehindOf(topics);
  plan_->clocks_.push_back({topics, behind.count() != 0, {}, behind});
  return static_cast<uint32_t>(plan_->clocks_.size() - 1);
}

// Folds have tables of their own (`of_fold`): what they touch has little to do with what others do.
TableId Compiler::TableFor(const KpiSpec& spec, const std::vector<TopicId>& topics, const std::string& of_fold) {
  std::string identity = "table/1";
  for (const LabelSpec& label : spec.by) identity += '\0' + label.name + '\0' + IdentityOf(label.field);
  identity += "|topics";
  for (const TopicId topic : topics) identity += '\0' + specs_.topics[topic.v].name;
  if (!of_fold.empty()) identity += "|fold" + of_fold;
  for (int part = 0;; ++part) {
    const std::string numbered = identity + "|" + std::to_string(part);
    const auto [it, added] = tables_.try_emplace(numbered, TableId{static_cast<uint32_t>(plan_->tables_.size())});
    if (added) {
      TablePlan table;
      table.fingerprint = Hash64(numbered);
      table.clock = ClockFor(topics);
      table.calendar = plan_->calendar_.get();
      table.folds = !of_fold.empty();
      for (const LabelSpec& label : spec.by) table.labels.push_back(label.name);
      if (spec.measure == Measure::kFunnel) table.labels.emplace_back("step");
      plan_->tables_.push_back(std::move(table));
      return it->second;
    }
    if (plan_->tables_[it->second.v].columns.size() < kMaxColumns) return it->second;
  }
}

TableId Compiler::BucketsFor(TableId of) {
  if (plan_->tables_[of.v].buckets) return *plan_->tables_[of.v].buckets;
  const TableId id{static_cast<uint32_t>(plan_->tables_.size())};
  TablePlan buckets;
  buckets.fingerprint = Hash64("buckets/1", plan_->tables_[of.v].fingerprint);
  buckets.clock = plan_->tables_[of.v].clock;
  buckets.calendar = plan_->calendar_.get();
  buckets.buckets_of = of;
  plan_->tables_.push_back(std::move(buckets));
  plan_->tables_[of.v].buckets = id;
  return id;
}

uint32_t Compiler::AddColumn(TableId id, const KpiSpec& spec, const KpiPlan& kpi, CellKind kind, const std::string& identity) {
  TablePlan& table = plan_->tables_[id.v];
  ColumnPlan column;
  column.kpi = by_name_[spec.name];
  column.fingerprint = Hash64(identity);
  column.kind = kind;
  column.max_series = table.buckets_of ? UINT64_MAX : kpi.max_series;
  column.series_idle = kpi.series_idle;
  table.columns.push_back(std::move(column));
  return static_cast<uint32_t>(table.columns.size() - 1);
}

// The histogram behind a KPI's quantiles: the same windows, at the same positions, as the KPI's own column.
void Compiler::AddBucketColumn(const KpiSpec& spec, KpiPlan* kpi) {
  const TableId buckets = BucketsFor(kpi->table);
  kpi->buckets = buckets;
  kpi->bucket_column = AddColumn(buckets, spec, *kpi, CellKind::kCount, "buckets/1" + std::to_string(kpi->fingerprint));
  const TablePlan& table = plan_->tables_[kpi->table.v];
  const std::vector<uint32_t> windows = table.columns[kpi->column].windows;
  for (const uint32_t w : windows) AddWindow(buckets, kpi->bucket_column, plan_->tables_[kpi->table.v].windows[w]);
}

void Compiler::CheckSameCount(const KpiSpec& spec, const KpiPlan& kpi, uint64_t fingerprint) {
  for (const ColumnPlan& other : plan_->tables_[kpi.table.v].columns) {
    if (other.fingerprint != fingerprint) continue;
    Error(spec.place, "kpi " + spec.name + " counts exactly what kpi " + specs_.kpis[other.kpi.v].name +
                          " counts; give one of them all the windows");
  }
}

void Compiler::AddEventColumn(const KpiSpec& spec, const Measured& measured, KpiPlan* kpi) {
  const std::string identity = Identity(spec, measured.scale, measured.topics);
  kpi->fingerprint = Hash64(identity);
  CheckSameCount(spec, *kpi, kpi->fingerprint);
  kpi->column = AddColumn(kpi->table, spec, *kpi, KindOf(spec.measure), identity);
  plan_->tables_[kpi->table.v].columns[kpi->column].declared = DeclaredRows(spec);
  AddWindows(spec, kpi->column, kpi);
  if (spec.measure == Measure::kQuantiles) AddBucketColumn(spec, kpi);
}

LabelSlot Compiler::LabelOf(EventTypeId type, const std::string& path) {
  const Result<FieldInfo> field = FieldOf(type, path);
  if (!field.ok()) return {};  // already reported
  return {SlotOf(type, path), field->type, field->scale, field->leaf, field->explicit_presence};
}

int32_t Compiler::FilterOf(const KpiSpec& spec, EventTypeId type) {
  if (spec.where == nullptr) return -1;
  RoutePlan& route = plan_->routes_[type.v];
  const auto [it, added] = filter_index_[type.v].try_emplace(IdentityOf(*spec.where), static_cast<int32_t>(route.filters.size()));
  if (added) {
    route.filters.push_back(FilterCompiler(&fields_, type, diagnostics_).Compile(*spec.where));
    if (route.filters.size() > 64) Error(At(spec, "where"), "where: more than 64 different conditions on one event type");
  }
  return it->second;
}

TableRoute* Compiler::RouteTo(RoutePlan* route, const KpiSpec& spec, const KpiPlan& kpi, EventTypeId type) {
  for (TableRoute& existing : route->tables) {
    if (existing.table == kpi.table) return &existing;
  }
  TableRoute added;
  added.table = kpi.table;
  for (const LabelSpec& label : spec.by) added.labels.push_back(LabelOf(type, label.field));
  route->tables.push_back(std::move(added));
  return &route->tables.back();
}

void Compiler::Route(const KpiSpec& spec, const KpiPlan& kpi, const Measured& measured) {
  const ColumnPlan& column = plan_->tables_[kpi.table.v].columns[kpi.column];
  for (const EventTypeId type : measured.types) {
    const int32_t filter = FilterOf(spec, type);
    TableRoute* table = RouteTo(&plan_->routes_[type.v], spec, kpi, type);
    Op op;
    op.column = kpi.column;
    op.kind = column.kind;
    op.hot = column.hot;
    op.kpi = column.kpi;
    op.filter = filter;
    if (spec.measure != Measure::kCount) {
      const Result<FieldInfo> field = FieldOf(type, spec.field);
      op.needs_present = field.ok() && field->explicit_presence;
      op.slot = SlotOf(type, spec.field);
    }
    if (kpi.buckets) {
      op.bucket_column = kpi.bucket_column;
      op.bucket_hot = static_cast<int32_t>(plan_->tables_[kpi.buckets->v].columns[kpi.bucket_column].hot);
    }
    table->ops.push_back(op);
  }
}

}  // namespace tidemark
