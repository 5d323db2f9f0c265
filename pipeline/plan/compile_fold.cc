// KPIs that are folded from what happens to one id: their columns, what they keep of an entity, and the way there.
#include <algorithm>
#include <functional>

#include "pipeline/base/hash.h"
#include "pipeline/plan/compiler.h"

namespace tidemark {
namespace {

bool Timed(const KpiSpec& spec) { return spec.measure == Measure::kElapsed || spec.measure == Measure::kDwell; }

FoldKind KindOf(const KpiSpec& spec) {
  switch (spec.measure) {
    case Measure::kDistinct: return FoldKind::kDistinct;
    case Measure::kActive:
    case Measure::kLapsed: return FoldKind::kLatest;
    case Measure::kFirst: return FoldKind::kFirst;
    case Measure::kElapsed:
    case Measure::kFunnel: return FoldKind::kSteps;
    case Measure::kDwell: return FoldKind::kDwell;
    case Measure::kOpen: return FoldKind::kOpen;
    default: return FoldKind::kCounted;
  }
}

bool Contains(const std::vector<std::string>& list, const std::string& word) { return std::find(list.begin(), list.end(), word) != list.end(); }

}  // namespace

bool IsFold(const KpiSpec& spec) { return (spec.measure >= Measure::kDistinct && spec.measure < Measure::kFormula) || !spec.correct.empty() || spec.once; }

// All event types that say something about the KPI's entities, as configured, without repeats.
std::vector<EventTypeId> Compiler::FoldTypes(const KpiSpec& spec) {
  std::vector<EventTypeId> types;
  const auto add = [&](const std::string& clause, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      const auto type = TypeOf(spec, clause, name);
      if (type && std::find(types.begin(), types.end(), *type) == types.end()) types.push_back(*type);
    }
  };
  add("on", spec.on);
  for (const auto& step : spec.steps) add(std::string(ToString(spec.measure)), step);
  add("until", spec.until);
  add("reopen", spec.reopen);
  for (const auto* list : {&spec.correct.by, &spec.correct.add, &spec.correct.revoke}) add("correct", *list);
  return types;
}

std::string Compiler::FoldIdentity(const KpiSpec& spec, const KpiPlan& kpi) const {
  std::string text = Identity(spec, kpi.scale, measured_[by_name_.at(spec.name).v].topics) + "|fold";
  const auto add = [&](const std::vector<std::string>& words) {
    text += '|';
    for (const std::string& word : words) text += word + '\0';
  };
  std::vector<std::string> key;
  for (const std::string& path : spec.key) key.push_back(IdentityOf(path));
  add(key);
  for (const auto& step : spec.steps) add(step);
  add(spec.until);
  add(spec.reopen);
  add(spec.correct.by);
  add(spec.correct.add);
  add(spec.correct.revoke);
  text += "|" + std::to_string(spec.at_least) + "|" + std::to_string(spec.within.value_or(Duration(0)).count()) + "|" +
          (spec.mature ? "mature" : "") + "|" + std::to_string(spec.silent_for.value_or(Duration(0)).count()) + "|" +
          std::to_string(spec.waiting_for.value_or(Duration(0)).count()) + "|" +
          (spec.reopen.empty() ? "" : std::to_string(spec.reopen_within.count()));
  if (spec.open_distinct) text += "|distinct";
  return text;
}

void Compiler::FoldKpi(const KpiSpec& spec, KpiPlan* kpi) {
  Measured& measured = measured_[by_name_[spec.name].v];
  measured.types = FoldTypes(spec);
  std::vector<std::string> names;
  for (const EventTypeId type : measured.types) names.push_back(schema_.event_types()[type.v].name);
  if (measured.types.empty()) return;
  FoldPlan fold;
  fold.kind = KindOf(spec);
  fold.kpi = by_name_[spec.name];
  FindFacts(spec, &fold);
  for (const EventTypeId type : measured.sayings) names.push_back(schema_.event_types()[type.v].name);
  measured.topics = TopicsOf(names);
  fold.key = spec.key.front();
  fold.entity_kind = Hash64(IdentityOf(spec.key.front()), 0x6b696e64);
  fold.at_least = static_cast<size_t>(spec.at_least);
  fold.steps = static_cast<uint32_t>(spec.steps.size());
  fold.within = spec.within.value_or(Duration::max());
  fold.funnel = spec.measure == Measure::kFunnel;
  fold.reopen_within = spec.reopen_within;
  fold.silent = spec.silent_for.has_value();
  fold.waiting = spec.waiting_for.has_value();
  if (fold.waiting && spec.by.empty()) Error(At(spec, "open"), "open: waiting_for looks at the labels, and there is no `by`");
  fold.calendar = plan_->calendar_.get();
  for (const LabelSpec& label : spec.by) fold.sides.push_back(label.side);
  for (size_t k = 0; k < spec.steps.size(); ++k) {
    fold.step_names.push_back(std::to_string(k + 1) + "_" + spec.steps[k].front());
    for (size_t n = 1; n < spec.steps[k].size(); ++n) fold.step_names.back() += "|" + spec.steps[k][n];
  }
  if (Timed(spec)) kpi->scale = 6;
  if (fold.kind == FoldKind::kOpen || fold.kind == FoldKind::kCounted) {
    FoldLayout(spec, kpi, &fold);
  } else {
    fold.revocable = !spec.correct.revoke.empty();
  }
  std::string identity = FoldIdentity(spec, *kpi);
  // Until derived fields were worked out from what is kept, something else was, or in another order, but for the simplest.
  const bool merged = fold.kind == FoldKind::kOpen || fold.kind == FoldKind::kCounted;
  const bool simplest = spec.where == nullptr && fold.derivation.empty() && fold.layout.size() == spec.by.size() + (spec.field.empty() ? 0 : 1);
  if (merged && !simplest) identity += "|kept/2";
  identity += FactsIdentity(fold);
  FoldWindows(spec, kpi, &fold, identity);
  plan_->folds_.push_back(std::move(fold));
}

// The columns of a fold: one for most; of distinct, also one for each calendar unit and each length that is compared.
void Compiler::FoldWindows(const KpiSpec& spec, KpiPlan* kpi, FoldPlan* fold, const std::string& identity) {
  const bool sums = Timed(spec) || (fold->kind == FoldKind::kOpen && !spec.field.empty() && !spec.open_distinct) || (fold->kind == FoldKind::kCounted && spec.measure != Measure::kCount);
  kpi->table = fold->table = TableFor(spec, measured_[fold->kpi.v].topics, identity);
  kpi->fingerprint = Hash64(identity);
  if (const auto& columns = plan_->tables_[kpi->table.v].columns; !columns.empty()) {
    Error(spec.place, "kpi " + spec.name + " counts exactly what kpi " + specs_.kpis[columns[0].kpi.v].name +
                          " counts; give one of them all the windows");
    return;
  }
  kpi->column = fold->main_column = AddColumn(kpi->table, spec, *kpi, sums ? CellKind::kSum : CellKind::kCount, identity);
  plan_->tables_[kpi->table.v].columns[kpi->column].declared = fold->funnel ? std::vector<std::vector<std::string>>{} : DeclaredRows(spec);
  if (fold->silent || fold->waiting) {
    WindowPlan window;
    window.step = PaneSize(Tier::kMinute);
    window.delay = fold->silent ? *spec.silent_for : *spec.waiting_for;
    window.level = true;
    kpi->cells = {{AddWindow(kpi->table, kpi->column, window)}};
  } else if (fold->kind != FoldKind::kDistinct) {
    AddWindows(spec, kpi->column, kpi);
  } else {
    DistinctWindows(spec, kpi, fold, identity);
  }
  if (!kpi->stats.empty()) AddBucketColumn(spec, kpi);
  TablePlan& table = plan_->tables_[kpi->table.v];
  const bool by_time = fold->kind == FoldKind::kDistinct || fold->kind == FoldKind::kLatest;
  if (by_time && std::none_of(table.windows.begin(), table.windows.end(), [](const WindowPlan& w) { return w.lifetime(); })) {
    fold->expires = Duration(0);
    for (const FoldPlan::Level& level : fold->levels) fold->expires = std::max(*fold->expires, level.length);
  }
  fold->columns = (uint64_t{1} << table.columns.size()) - 1;
  // What is stored of an entity and what lies in panes belong together: other panes are another KPI.
  std::string text = identity;
  for (ColumnPlan& column : table.columns) {
    for (size_t t = 0; t < kTierCount; ++t) text += column.tiers[t] ? 't' + std::to_string(t) : "";
    text += '/';
  }
  for (const FoldPlan::Unit& unit : fold->units) {
    text += "unit" + std::to_string(static_cast<int>(unit.unit)) + specs_.calendar.time_zone + std::to_string(specs_.calendar.week_start) +
            std::to_string(specs_.calendar.fiscal_year_start);
  }
  for (const FoldPlan::Level& level : fold->levels) text += "level" + std::to_string(level.length.count());
  kpi->fingerprint = Hash64(text);
  table.fingerprint = Hash64("table of|" + text);
  for (size_t c = 0; c < table.columns.size(); ++c) table.columns[c].fingerprint = c == 0 ? kpi->fingerprint : Hash64(text, c);
  if (kpi->buckets) {
    TablePlan& buckets = plan_->tables_[kpi->buckets->v];
    buckets.fingerprint = Hash64("buckets/1", table.fingerprint);
    buckets.columns[0].fingerprint = Hash64("buckets/1", kpi->fingerprint);
  }
}

void Compiler::DistinctWindows(const KpiSpec& spec, KpiPlan* kpi, FoldPlan* fold, const std::string& identity) {
  const auto unit_column = [&](CalendarUnit unit) {
    for (const FoldPlan::Unit& known : fold->units) {
      if (known.unit == unit) return known.column;
    }
    fold->units.push_back({unit, AddColumn(kpi->table, spec, *kpi, CellKind::kCount, identity)});
    return fold->units.back().column;
  };
  const auto level_column = [&](Duration length) {
    for (const FoldPlan::Level& known : fold->levels) {
      if (known.length == length) return known.column;
    }
    fold->levels.push_back({length, AddColumn(kpi->table, spec, *kpi, CellKind::kCount, identity)});
    return fold->levels.back().column;
  };
  kpi->cells.resize(plan_->others_.size());
  for (size_t o = 0; o < kpi->cells.size(); ++o) {
    if (o > 0 && !others_[fold->kpi.v].contains(static_cast<uint32_t>(o))) continue;
    for (const WindowSpec& window_spec : spec.windows) {
      WindowPlan window = WindowOf(spec, window_spec, o == 0 ? nullptr : &plan_->others_[o], Duration(0));
      uint32_t column = fold->main_column;
      if (window.lifetime() && o > 0) {
        kpi->cells[o].emplace_back();
        continue;
      }
      if (!window.lifetime()) fold->memory = std::max(fold->memory, ReachOf(window));
      if (window.kind == WindowPlan::Kind::kToDate || window.kind == WindowPlan::Kind::kClosed) {
        column = unit_column(window.unit);
      } else if (window.lifetime() && window.complete) {
        column = level_column(FoldPlan::kEver);
      } else if (o > 0 || window.complete) {
        column = level_column(window.length);
        window.level = true;
        fold->memory = std::max(fold->memory, ReachOf(window) + window.length);
      }
      kpi->cells[o].push_back(AddWindow(kpi->table, column, window));
    }
  }
  // An id may be ahead of T by what partitions may differ, and by a wrong clock.
  fold->memory += specs_.time.align + specs_.time.max_future_skew + std::chrono::hours(24) + plan_->clocks_[plan_->tables_[kpi->table.v].clock].behind;
}

void Compiler::LayOutFields(const KpiSpec& spec, EventTypeId entity, FoldPlan* fold) {
  const auto add = [&](const std::set<std::string>& paths) {
    for (const std::string& path : paths) {
      if (fields_.Has(entity, path)) SlotOf(entity, path);
    }
  };
  std::vector<std::string> fields;
  for (const LabelSpec& label : spec.by) fields.push_back(label.field);
  if (!spec.field.empty()) fields.push_back(spec.field);
  for (const std::string& field : fields) {
    std::set<std::string> paths;
    fields_.Operands(field, &paths);
    add(paths);
  }
  std::set<std::string> of_where;
  const std::function<void(const Expr&)> visit = [&](const Expr& part) {
    if (!part.field.empty()) fields_.Operands(part.field, &of_where);
    for (const auto& arg : part.args) visit(*arg);
  };
  if (spec.where != nullptr) visit(*spec.where);
  add(of_where);
  for (const std::string& path : fields_.slots(entity)) {
    const Result<FieldInfo> field = FieldOf(entity, path);
    fold->layout.push_back({path, field->type, field->scale});
  }
}

void Compiler::FoldLayout(const KpiSpec& spec, KpiPlan* kpi, FoldPlan* fold) {
  // What adds says nothing about the entity itself.
  std::vector<EventTypeId> types;
  for (const EventTypeId type : measured_[fold->kpi.v].types) {
    if (!Contains(spec.correct.add, schema_.event_types()[type.v].name)) types.push_back(type);
  }
  if (types.empty()) return;  // already reported
  const EventTypeId entity = fields_.AddEntity(std::move(types));
  LayOutFields(spec, entity, fold);
  for (const LabelSpec& label : spec.by) {
    CheckLabel(label, FieldOf(entity, label.field));
    fold->labels.push_back(LabelOf(entity, label.field));
    if (fold->waiting && !fields_.FollowsOnePath(entity, label.field)) {
      Error(label.place, "by: " + label.field + " is worked out from several fields or the time, and waiting_for could not tell since when it is what it is; "
                         "take a field, or what a table says of one that is text");
    }
  }
  if (spec.where != nullptr) fold->filter = FilterCompiler(&fields_, entity, diagnostics_).Compile(*spec.where);
  if (!spec.field.empty()) {
    const std::string clause(ToString(spec.measure));
    const Result<FieldInfo> field = FieldOf(entity, spec.field);
    fold->distinct = spec.open_distinct;
    fold->text_value = field.ok() && field->type == SlotType::kString;
    if (!field.ok()) {
      Error(At(spec, clause), clause + ": " + field.status().text());
    } else if (fold->distinct) {
      if (field->type != SlotType::kString && field->type != SlotType::kInt64) {
        Error(At(spec, clause), clause + ": distinct: " + spec.field + " is neither text nor a whole number");
      }
      fold->needs_value = true;
    } else {
      if (field->type != SlotType::kInt64 && field->type != SlotType::kDecimal) Error(At(spec, clause), clause + ": " + spec.field + " is not a number");
      kpi->scale = field->scale;
      fold->needs_value = fold->kind == FoldKind::kCounted;
    }
    fold->value_slot = static_cast<int32_t>(SlotOf(entity, spec.field));
  }
  fold->slots = static_cast<uint32_t>(fields_.slots(entity).size());
  fold->derivation = fields_.TakeDerivation(entity);
  if (fold->slots > kMaxSlotsPerType) Error(spec.place, "kpi " + spec.name + " uses more than 64 fields of its entities");
}

// Where an event of this type may have the id of the entity it is about.
std::vector<LabelSlot> Compiler::KeyOf(const KpiSpec& spec, EventTypeId type) {
  const std::string clause = spec.at.contains("key") ? "key" : std::string(ToString(spec.measure));
  std::vector<LabelSlot> ids;
  for (const std::string& path : spec.key) {
    if (!fields_.Has(type, path)) continue;
    const Result<FieldInfo> field = FieldOf(type, path);
    if (field->type != SlotType::kString && field->type != SlotType::kInt64) {
      Error(At(spec, clause), clause + ": " + path + " is neither text nor a whole number, so it is no id");
    }
    ids.push_back({SlotOf(type, path), field->type, field->scale, field->leaf});
  }
  if (ids.empty() && !spec.key.empty()) {
    const Result<FieldInfo> first = FieldOf(type, spec.key.front());
    Error(At(spec, clause), clause + ": " + first.status().text() + "; add the path that " + schema_.event_types()[type.v].name + " has, like [" +
                                spec.key.front() + ", deal.lead]");
  }
  return ids;
}

void Compiler::RouteFoldType(const KpiSpec& spec, EventTypeId type, uint32_t fold_index) {
  const FoldPlan& fold = plan_->folds_[fold_index];
  const std::string& name = schema_.event_types()[type.v].name;
  FoldOp op;
  op.fold = fold_index;
  const bool merged = fold.kind == FoldKind::kOpen || fold.kind == FoldKind::kCounted;
  const bool revokes = fold.revocable && Contains(spec.correct.revoke, name);
  for (size_t k = 0; k < spec.steps.size(); ++k) op.roles |= Contains(spec.steps[k], name) ? 1u << k : 0;
  const bool first_step = fold.kind != FoldKind::kSteps || (op.roles & 1) != 0;
  const bool ends = Contains(spec.until, name) || Contains(spec.correct.revoke, name);
  if (fold.kind != FoldKind::kSteps) {
    op.roles = ends ? FoldPlan::kEnds : 0;
    if (Contains(spec.reopen, name)) op.roles |= FoldPlan::kReopens;
    if (Contains(spec.correct.add, name)) op.roles |= FoldPlan::kAdds;
    if (fold.kind == FoldKind::kCounted && Contains(spec.on, name)) op.roles |= FoldPlan::kCounts;
  }
  if (revokes) op.roles = FoldPlan::kRevokes;
  // `where` chooses events; of steps, the first one; of entities that are kept, it looks at what is kept.
  if (!merged && !revokes && first_step && !(fold.kind == FoldKind::kDwell && ends)) op.filter = FilterOf(spec, type);
  if (merged) {
    const auto add = [&](const std::string& path) {
      op.fields.push_back(fields_.Has(type, path) ? static_cast<int32_t>(SlotOf(type, path)) : -1);
    };
    for (const LayoutField& field : fold.layout) add(field.path);
    if (fold.waiting) {
      for (const LabelSpec& label : spec.by) add(label.field);
    }
    if ((op.roles & FoldPlan::kAdds) != 0) {
      Measured measured;
      measured.scale = plan_->kpis_[fold.kpi.v].scale;
      CheckMeasureField(spec, type, &measured, false);
      op.value_slot = static_cast<int32_t>(SlotOf(type, spec.field));
    }
  } else if (!revokes) {
    for (const LabelSpec& label : spec.by) {
      const bool to = label.side == Side::kTo;
      if (fold.kind == FoldKind::kSteps && (to ? (op.roles & 2) == 0 : !first_step)) continue;
      if (fold.kind == FoldKind::kDwell && ends) continue;
      CheckLabel(label, FieldOf(type, label.field));
      (to ? op.to_labels : op.labels).push_back(LabelOf(type, label.field));
    }
    if (fold.kind == FoldKind::kDwell && !ends) {
      const Result<FieldInfo> field = FieldOf(type, spec.field);
      if (!field.ok()) Error(At(spec, "dwell"), "dwell: " + field.status().text());
      if (field.ok() && field->type != SlotType::kString) Error(At(spec, "dwell"), "dwell: " + spec.field + " is not text");
      op.value_slot = static_cast<int32_t>(SlotOf(type, spec.field));
    }
  }
  if (merged || fold.kind == FoldKind::kDwell) FindVersion(type, &op);
  MarkFact(name, type, fold, &op);
  AddFoldOp(spec, type, std::move(op));
}

void Compiler::AddFoldOp(const KpiSpec& spec, EventTypeId type, FoldOp op) {
  std::vector<LabelSlot> ids = KeyOf(spec, type);
  if (ids.empty()) return;
  FoldPlan& fold = plan_->folds_[op.fold];
  if (op.fact >= 0) fold.of_facts[static_cast<size_t>(op.fact)] = op;
  const uint64_t kind = fold.entity_kind;
  auto& entities = plan_->routes_[type.v].entities;
  auto route = std::find_if(entities.begin(), entities.end(), [&](const EntityRoute& r) {
    return r.kind == kind && std::equal(r.ids.begin(), r.ids.end(), ids.begin(), ids.end(), [](auto& a, auto& b) { return a.slot == b.slot; });
  });
  if (route == entities.end()) route = entities.insert(route, EntityRoute{kind, std::move(ids), {}});
  route->ops.push_back(std::move(op));
}

void Compiler::RouteFold(const KpiSpec& spec, uint32_t fold) {
  FoldPlan& plan = plan_->folds_[fold];
  plan.pane = PaneSize(plan_->tables_[plan.table.v].hot_tier);
  // First what is said: an event takes over what it says itself.
  for (const EventTypeId type : measured_[plan.kpi.v].sayings) RouteSaying(spec, type, fold);
  for (const EventTypeId type : measured_[plan.kpi.v].types) RouteFoldType(spec, type, fold);
}

}  // namespace tidemark
