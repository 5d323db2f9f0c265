// Tables, columns and routes: which row and which cells an event touches.
#include <algorithm>

#include "pipeline/base/hash.h"
#include "pipeline/plan/compiler.h"

namespace tidemark {
namespace {

CellKind KindOf(Measure measure) {
  switch (measure) {
    case Measure::kSum:
    case Measure::kAvg: return CellKind::kSum;
    case Measure::kMin: return CellKind::kMin;
    case Measure::kMax: return CellKind::kMax;
    case Measure::kLast: return CellKind::kLast;
    default: return CellKind::kCount;
  }
}

WindowPlan WindowOf(const WindowSpec& spec) {
  WindowPlan window;
  if (spec.lifetime()) {
    window.kind = WindowPlan::Kind::kLifetime;
    return window;
  }
  window.length = spec.length;
  window.step = spec.step.value_or(DefaultStep(spec.length));
  window.tier = TierOfStep(window.step);
  return window;
}

// What is stored for a KPI, in one spelling. Windows, targets, help and limits are not in it: they may change freely.
std::string Identity(const KpiSpec& spec, int scale, const std::vector<std::string>& topics) {
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
  add(spec.where ? Canonical(*spec.where) : "");
  add("|measure");
  add(ToString(spec.measure));
  add(spec.field);
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
    add(label.field);
  }
  add("|topics");
  for (const std::string& topic : topics) add(topic);
  return text;
}

}  // namespace

void Compiler::StoredKpi(const KpiSpec& spec, KpiPlan* kpi) {
  Measured& measured = measured_[by_name_[spec.name].v];
  measured = Resolve(spec);
  kpi->scale = measured.scale;
  kpi->max_series = spec.max_series.value_or(specs_.limits.max_series);
  kpi->series_idle = spec.series_idle.value_or(specs_.limits.series_idle);
  kpi->table = TableFor(spec, measured);
  AddColumn(spec, measured, kpi);
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
  plan_->clocks_.push_back({topics});
  return static_cast<uint32_t>(plan_->clocks_.size() - 1);
}

TableId Compiler::TableFor(const KpiSpec& spec, const Measured& measured) {
  std::string identity = "table/1";
  for (const LabelSpec& label : spec.by) identity += '\0' + label.name + '\0' + label.field;
  identity += "|topics";
  for (const TopicId topic : measured.topics) identity += '\0' + specs_.topics[topic.v].name;
  for (int part = 0;; ++part) {
    const std::string numbered = identity + "|" + std::to_string(part);
    const auto [it, added] = tables_.try_emplace(numbered, TableId{static_cast<uint32_t>(plan_->tables_.size())});
    if (added) {
      TablePlan table;
      table.fingerprint = Hash64(numbered);
      table.clock = ClockFor(measured.topics);
      for (const LabelSpec& label : spec.by) table.labels.push_back(label.name);
      plan_->tables_.push_back(std::move(table));
      return it->second;
    }
    if (plan_->tables_[it->second.v].columns.size() < kMaxColumns) return it->second;
  }
}

void Compiler::AddColumn(const KpiSpec& spec, const Measured& measured, KpiPlan* kpi) {
  TablePlan& table = plan_->tables_[kpi->table.v];
  std::vector<std::string> topics;
  for (const TopicId topic : measured.topics) topics.push_back(specs_.topics[topic.v].name);
  kpi->fingerprint = Hash64(Identity(spec, measured.scale, topics));
  kpi->column = static_cast<uint32_t>(table.columns.size());
  ColumnPlan column;
  column.kpi = by_name_[spec.name];
  column.fingerprint = kpi->fingerprint;
  column.kind = KindOf(spec.measure);
  column.max_series = kpi->max_series;
  column.series_idle = kpi->series_idle;
  column.declared = DeclaredRows(spec);
  Duration reach{}, step{};
  bool lifetime = false;
  for (const WindowSpec& spec_window : spec.windows) {
    const WindowPlan window = WindowOf(spec_window);
    lifetime |= window.lifetime();
    reach = std::max(reach, ReachOf(window));
    step = std::max(step, window.step);
    if (!window.lifetime()) column.tiers[static_cast<size_t>(window.tier)] = true;
    auto it = std::find(table.windows.begin(), table.windows.end(), window);
    if (it == table.windows.end()) it = table.windows.insert(table.windows.end(), window);
    column.windows.push_back(static_cast<uint32_t>(it - table.windows.begin()));
  }
  // Partitions run up to `align` ahead of T, and an edge is up to a step ahead of T - length: nothing that a window may
  // still hold is called too late.
  if (!lifetime) column.keep = kpi->keep = reach + specs_.time.align + step;
  kpi->windows = column.windows;
  for (const ColumnPlan& other : table.columns) {
    if (other.fingerprint != column.fingerprint) continue;
    Error(spec.place, "kpi " + spec.name + " counts exactly what kpi " + specs_.kpis[other.kpi.v].name +
                          " counts; give one of them all the windows");
  }
  table.columns.push_back(std::move(column));
}

void Compiler::LayOutTables() {
  for (TablePlan& table : plan_->tables_) {
    for (const WindowPlan& window : table.windows) {
      if (!window.lifetime()) table.hot_tier = std::min(table.hot_tier, window.tier);
    }
    bool first = true;
    for (uint32_t c = 0; c < table.columns.size(); ++c) {
      ColumnPlan& column = table.columns[c];
      column.hot = table.hot_words;
      column.pane = table.pane_words;
      column.acc = table.acc_words;
      table.hot_words += HotWords(column.kind);
      table.pane_words += PaneWords(column.kind);
      table.acc_words += 1 + PaneWords(column.kind) * static_cast<uint32_t>(column.windows.size());
      if (HasExtreme(column.kind) || column.kind == CellKind::kLast) column.extra = table.extras++;
      for (size_t t = 0; t < kTierCount; ++t) {
        if (column.tiers[t]) table.tier_columns[t] |= uint64_t{1} << c;
      }
      if (!column.keep) continue;
      table.min_keep = first ? *column.keep : std::min(*table.min_keep, *column.keep);
      first = false;
    }
  }
}

TableRoute* Compiler::RouteTo(RoutePlan* route, const KpiSpec& spec, const KpiPlan& kpi, EventTypeId type) {
  for (TableRoute& existing : route->tables) {
    if (existing.table == kpi.table) return &existing;
  }
  TableRoute added;
  added.table = kpi.table;
  for (const LabelSpec& label : spec.by) {
    const Result<FieldInfo> field = schema_.Resolve(type, label.field);
    if (!field.ok()) continue;  // already reported
    added.labels.push_back({SlotOf(&paths_[type.v], label.field), field->type, field->scale, field->leaf});
  }
  route->tables.push_back(std::move(added));
  return &route->tables.back();
}

void Compiler::Route(const KpiSpec& spec, const KpiPlan& kpi, const Measured& measured) {
  const ColumnPlan& column = plan_->tables_[kpi.table.v].columns[kpi.column];
  for (const EventTypeId type : measured.types) {
    RoutePlan& route = plan_->routes_[type.v];
    TableRoute* table = RouteTo(&route, spec, kpi, type);
    Op op;
    op.column = kpi.column;
    op.kind = column.kind;
    op.hot = column.hot;
    op.kpi = column.kpi;
    if (spec.measure != Measure::kCount) {
      const Result<FieldInfo> field = schema_.Resolve(type, spec.field);
      op.has_slot = true;
      op.needs_present = field.ok() && field->explicit_presence;
      op.slot = SlotOf(&paths_[type.v], spec.field);
    }
    if (spec.where) {
      const auto [it, added] =
          filter_index_[type.v].try_emplace(Canonical(*spec.where), static_cast<int32_t>(route.filters.size()));
      op.filter = it->second;
      if (added) route.filters.push_back(FilterCompiler(schema_, type, &paths_[type.v], diagnostics_).Compile(*spec.where));
      if (route.filters.size() > 64) Error(At(spec, "where"), "where: more than 64 different conditions on one event type");
    } else {
      table->unfiltered |= uint64_t{1} << kpi.column;
    }
    table->ops.push_back(op);
  }
}

}  // namespace tidemark
