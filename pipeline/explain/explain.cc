#include "pipeline/explain/explain.h"

#include <algorithm>
#include <map>

#include "pipeline/base/nearest.h"
#include "pipeline/explain/cells.h"
#include "pipeline/explain/ids.h"
#include "pipeline/explain/lists.h"
#include "pipeline/explain/state_at.h"

namespace tidemark {
namespace {

constexpr Duration kDay = std::chrono::hours(24);

std::string Suggest(const std::string& word, const std::vector<std::string>& names) {
  const std::string near = Nearest(word, names);
  return near.empty() ? "" : "; nearest: " + near;
}

// Whether the number is one cell of a row, so that its parts are.
bool IsCell(const KpiPlan& kpi) {
  return kpi.additive || kpi.measure == Measure::kDistinct || kpi.measure == Measure::kOpen || kpi.measure == Measure::kFunnel;
}

class Explainer {
 public:
  Explainer(StateReader reader, const ExplainRequest& request, const std::function<bool()>& go_on)
      : reader_(std::move(reader)), plan_(reader_.plan()), request_(request), go_on_(go_on) {}

  Result<Explanation> Run() {
    TM_RETURN_IF_ERROR(FindKpi());
    TM_RETURN_IF_ERROR(ReadStates());
    result_.unit = kpi_->info.unit;
    result_.labels = kpi_->info.labels;
    result_.from = from_.at;
    result_.to = to_.at;
    if (kpi_->measure == Measure::kFormula) {
      result_.number = Values(id_, 0, window_, kpi_->info.labels, kpi_->info.name);
      TM_RETURN_IF_ERROR(AddOperands());
    } else {
      TM_RETURN_IF_ERROR(AddStored());
    }
    if (request_.ids) {
      if (to_hour_) return Invalid("ids are known of the last commit only, so `to` cannot be an earlier hour");
      const auto& labels = plan_.tables()[kpi_->table.v].labels;
      const auto wanted = [&](const std::vector<std::string>& values) { return IsWanted(request_, labels, values); };
      TM_ASSIGN_OR_RETURN(result_.ids, FindIds(reader_, id_, window_, from_.at, to_, request_.limit, wanted, go_on_));
    }
    return std::move(result_);
  }

 private:
  Status FindKpi() {
    std::vector<std::string> names;
    for (const KpiPlan& kpi : plan_.kpis()) names.push_back(kpi.info.name);
    const auto at = std::find(names.begin(), names.end(), request_.kpi);
    if (at == names.end()) return NotFound("there is no KPI \"" + request_.kpi + "\"" + Suggest(request_.kpi, names));
    id_ = KpiId{static_cast<uint32_t>(at - names.begin())};
    kpi_ = &plan_.kpis()[id_.v];
    if (kpi_->derived != Derived::kNone) {
      return Invalid(request_.kpi + " is made of " + plan_.kpis()[kpi_->base.v].info.name + ": explain that");
    }
    const auto& windows = kpi_->info.windows;
    if (!request_.window.empty()) {
      window_ = static_cast<size_t>(std::find(windows.begin(), windows.end(), request_.window) - windows.begin());
      if (window_ == windows.size()) return Unknown("window", request_.window, windows);
    }
    const auto& labels = kpi_->info.labels;
    std::vector<std::string> asked;
    for (const auto& [name, value] : request_.labels) asked.push_back(name);
    if (!request_.by.empty()) asked.push_back(request_.by);
    for (const std::string& name : asked) {
      if (std::find(labels.begin(), labels.end(), name) == labels.end()) return Unknown("label", name, labels);
    }
    return Status::Ok();
  }

  Status Unknown(const std::string& what, const std::string& name, const std::vector<std::string>& names) {
    return Invalid(request_.kpi + " has no " + what + " \"" + name + "\"" + Suggest(name, names));
  }

  // Calls f(KPI, window) for each stored KPI behind this one.
  Status ForEachStored(const KpiPlan& kpi, size_t window, const std::function<Status(const KpiPlan&, size_t)>& f) {
    if (kpi.measure != Measure::kFormula) return f(kpi, window);
    for (size_t n = 0; n < kpi.formula.size(); ++n) {
      if (kpi.formula[n].kind != Formula::Kind::kKpi) continue;
      TM_RETURN_IF_ERROR(ForEachStored(plan_.kpis()[kpi.formula[n].kpi.v], kpi.operand_windows[n][window], f));
    }
    return Status::Ok();
  }

  // The latest hour not after `asked` at which all of it was kept; else the first one after it.
  Result<EventTime> HourOf(EventTime asked) {
    EventTime hour = kNoEventTime;
    TM_RETURN_IF_ERROR(ForEachStored(*kpi_, window_, [&](const KpiPlan& kpi, size_t window) {
      const ColumnPlan& column = plan_.tables()[kpi.table.v].columns[kpi.cells[0][window].column];
      const uint32_t w = column.windows[kpi.cells[0][window].position];
      const WindowPlan& plan = plan_.tables()[kpi.table.v].windows[w];
      const bool days = plan.kind == WindowPlan::Kind::kRolling && plan.tier == Tier::kDay;
      TM_ASSIGN_OR_RETURN(const std::optional<EventTime> kept,
                          reader_.ShownHour(kpi.table.v, kpi.cells[0][window].column, w, days ? FloorTo(asked, kDay) : asked));
      if (!kept) return NotFound("nothing is known yet of what " + kpi.info.name + " showed at a whole hour; ask again after the next one");
      hour = std::max(hour, *kept);
      return Status::Ok();
    }));
    return hour;
  }

  Status ReadStates() {
    const std::set<uint32_t> tables = reader_.TablesOf(id_);
    TM_RETURN_IF_ERROR(ForEachStored(*kpi_, window_, [&](const KpiPlan& kpi, size_t) {
      const TablePlan& table = plan_.tables()[kpi.table.v];
      if (reader_.NumberOf(table, table.columns[kpi.column])) return Status::Ok();
      return NotFound("KPI " + kpi.info.name + " is not in the state; perhaps it is still being counted, or withheld at limits.max_entities");
    }));
    TM_ASSIGN_OR_RETURN(to_, reader_.Now(tables));
    if (to_.at == kNoEventTime) return NotFound("no event time is known yet");
    const EventTime t = to_.at;
    to_hour_ = request_.to.has_value() && *request_.to < t;
    if (to_hour_) TM_RETURN_IF_ERROR(ReadHour(*request_.to, tables, &to_));
    TM_RETURN_IF_ERROR(ReadHour(request_.from.value_or(to_.at - kDay), tables, &from_));
    if (from_.at < to_.at) return Status::Ok();
    return Invalid("the nearest hour to `from` that is known, " + FormatRfc3339(from_.at) + ", is not before " + FormatRfc3339(to_.at));
  }

  Status ReadHour(EventTime asked, const std::set<uint32_t>& tables, StateAt* state) {
    TM_ASSIGN_OR_RETURN(const EventTime hour, HourOf(asked));
    TM_ASSIGN_OR_RETURN(std::optional<StateAt> read, reader_.At(hour, tables));
    if (!read) return NotFound("not all of what " + request_.kpi + " is made of is known of " + FormatRfc3339(hour));
    *state = *std::move(read);
    return go_on_() ? Status::Ok() : Unavailable("there was not enough time to read what was shown");
  }

  Result<ExplainedNumber> Cells(const KpiPlan& kpi, size_t window, const std::string& name, bool sum, bool adds_up,
                                const std::vector<std::string>& keep) {
    TM_ASSIGN_OR_RETURN(const CellChanges changes, ChangesOf(reader_, kpi, window, from_, to_, to_hour_, go_on_));
    ExplainedNumber number = ListCells(changes, plan_.tables()[kpi.table.v].labels, keep, sum ? kpi.scale : -1, adds_up, request_);
    number.name = name;
    number.window = kpi.info.windows[window];
    return number;
  }

  ExplainedNumber Values(KpiId id, size_t other, size_t window, const std::vector<std::string>& keep, const std::string& name) {
    const KpiPlan& kpi = plan_.kpis()[id.v];
    std::map<std::vector<std::string>, Change> changes;
    const auto read = [&](const StateAt& state, Value Change::*value) {
      state.view->ForEachAt(id, other, [&](const SeriesValue& series) {
        if (series.window != window) return;
        Value& sum = changes[Project(kpi.info.labels, series.labels.values, keep)].*value;
        const auto added = sum.exact() && series.value.exact() ? Add(sum.decimal(), series.value.decimal()) : std::nullopt;
        sum = sum.absent() ? series.value : added ? Value::Exact(*added) : Value();
      });
    };
    read(from_, &Change::from);
    read(to_, &Change::to);
    ExplainedNumber number = ListValues(changes, keep, request_);
    number.name = name;
    number.window = kpi.info.windows[window];
    number.no_parts = "it does not add up";
    return number;
  }

  Status AddStored() {
    const auto& labels = plan_.tables()[kpi_->table.v].labels;
    const bool has_sum = HasSum(plan_.tables()[kpi_->table.v].columns[kpi_->column].kind);
    if (IsCell(*kpi_)) {
      TM_ASSIGN_OR_RETURN(result_.number, Cells(*kpi_, window_, kpi_->info.name, has_sum, kpi_->additive, labels));
      return Status::Ok();
    }
    result_.number = Values(id_, 0, window_, kpi_->info.labels, kpi_->info.name);
    for (const bool sum : {false, true}) {
      if (sum && !has_sum) continue;
      TM_ASSIGN_OR_RETURN(ExplainedNumber number, Cells(*kpi_, window_, sum ? "sum" : "count", sum, true, labels));
      result_.made_of.push_back(std::move(number));
    }
    return Status::Ok();
  }

  // Each operand once, summed down to the formula's labels.
  Status AddOperands() {
    for (size_t n = 0; n < kpi_->formula.size(); ++n) {
      const FormulaNode& node = kpi_->formula[n];
      if (node.kind != Formula::Kind::kKpi) continue;
      const KpiPlan& operand = plan_.kpis()[node.kpi.v];
      const size_t window = kpi_->operand_windows[n][window_];
      std::string name = node.total ? "total(" + operand.info.name + ")" : operand.info.name;
      if (node.other != 0) name += "@" + plan_.others()[node.other].name;
      const auto known = [&](const ExplainedNumber& n) { return n.name == name && n.window == operand.info.windows[window]; };
      if (std::any_of(result_.made_of.begin(), result_.made_of.end(), known)) continue;
      const std::vector<std::string> keep = node.total ? std::vector<std::string>() : kpi_->info.labels;
      if (operand.measure == Measure::kFormula || !IsCell(operand) || node.other != 0) {
        result_.made_of.push_back(Values(node.kpi, node.other, window, keep, name));
        continue;
      }
      const bool has_sum = HasSum(plan_.tables()[operand.table.v].columns[operand.column].kind);
      TM_ASSIGN_OR_RETURN(ExplainedNumber number, Cells(operand, window, name, has_sum, operand.additive, keep));
      result_.made_of.push_back(std::move(number));
    }
    return Status::Ok();
  }

  const StateReader reader_;
  const Plan& plan_;
  const ExplainRequest& request_;
  const std::function<bool()>& go_on_;
  KpiId id_{};
  const KpiPlan* kpi_ = nullptr;
  size_t window_ = 0;
  bool to_hour_ = false;
  StateAt from_, to_;
  Explanation result_;
};

}  // namespace

Result<Explanation> Explain(std::shared_ptr<const Plan> plan, const Store& store, const ExplainRequest& request,
                            const std::function<bool()>& go_on) {
  TM_ASSIGN_OR_RETURN(StateReader reader, StateReader::Open(std::move(plan), &store));
  return Explainer(std::move(reader), request, go_on).Run();
}

}  // namespace tidemark
