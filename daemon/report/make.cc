// From a view to a report.
#include <algorithm>
#include <set>

#include "daemon/report/report.h"
#include "pipeline/base/nearest.h"
#include "pipeline/time/local_time.h"
#include "pipeline/view/snapshot.h"
#include "pipeline/window/rows.h"

namespace tidemark {
namespace {

constexpr Duration kFresh = std::chrono::minutes(5);
constexpr double kWhole = 0.9995;      // of coverage: less is said
constexpr size_t kMostRemarks = 5;     // of one kind
constexpr const char* kOwn = "other";  // subject of KPIs that are in no catalogue
constexpr size_t kMostRows = 200'000;  // some 100 MB

// "sales_speed" -> "Sales speed".
std::string Titled(std::string text) {
  std::replace(text.begin(), text.end(), '_', ' ');
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

// The first part of families: "sales" of sales_leads_created.
std::string NamespaceOf(const Plan& plan) {
  if (plan.kpis().empty()) return "";
  const KpiInfo& kpi = plan.kpis()[0].info;
  return kpi.family.substr(0, kpi.family.size() - kpi.name.size() - 1);
}

std::string KeyOf(std::string_view window, std::span<const std::string> labels) {
  std::string key(window);
  for (const std::string& value : labels) key.append(1, '\0').append(value);
  return key;
}

Value Growth(const Value& now, const Value& then) {
  if (!now.exact() || !then.exact()) return {};
  const auto change = Subtract(now.decimal(), then.decimal());
  return change ? Divide(Value::Exact(*change), then) : Value();
}

Value Sum(const Value& a, const Value& b) {
  if (!a.exact() || !b.exact()) return {};
  const auto sum = Add(a.decimal(), b.decimal());
  return sum ? Value::Exact(*sum) : Value();
}

// How far a series has moved, or how great it is where nothing says.
double Weight(const ReportRow& row) {
  if (!row.compare.empty() && !row.compare[0].then.absent() && !row.value.absent()) {
    return std::abs(row.value.real() - row.compare[0].then.real());
  }
  return std::abs(row.value.real());
}

bool IsRest(const ReportRow& row) { return std::find(row.labels.begin(), row.labels.end(), kOtherLabel) != row.labels.end(); }

class Maker {
 public:
  Maker(const Plan& plan, const View& view, const ReportQuery& query, const std::vector<bool>& known)
      : plan_(plan), view_(view), query_(query), known_(known) {}

  ReportKpi Kpi(KpiId id) {
    const KpiPlan& plan = plan_.kpis()[id.v];
    ReportKpi kpi{.name = plan.info.name, .family = plan.info.family, .help = plan.info.help, .unit = plan.info.unit, .labels = plan.info.labels};
    rows_.clear();
    order_.clear();
    const std::set<std::string> windows = Windows(id);
    view_.ForEach(id, [&](const SeriesValue& series) {
      const std::string& window = plan.info.windows[series.window];
      if (!windows.contains(window)) return;
      ReportRow& row = Row(window, series.labels.values);
      row.value = series.value;
      row.samples = series.samples;
    });
    for (uint32_t k = 0; k < plan_.kpis().size(); ++k) {
      const KpiPlan& other = plan_.kpis()[k];
      const bool beside = other.derived != Derived::kNone && other.derived != Derived::kStepRatio && other.base == id;
      if (!beside || !known_[k]) continue;
      kpi.has_targets |= other.derived == Derived::kTarget;
      Beside(KpiId{k}, windows);
    }
    Arrange(plan, windows, &kpi);
    if (!query_.at) {
      const KpiStatus& status = view_.status(id);
      kpi.at = status.evaluated_at;
      for (size_t w = 0; w < std::min(plan.info.windows.size(), status.coverage.size()); ++w) {
        if (windows.contains(plan.info.windows[w])) kpi.coverage.emplace_back(plan.info.windows[w], status.coverage[w]);
      }
    }
    return kpi;
  }

  bool too_many() const { return made_ >= kMostRows; }

 private:
  std::set<std::string> Windows(KpiId id) const {
    const std::vector<std::string>& all = plan_.kpis()[id.v].info.windows;
    const auto has = [&](const char* window) { return std::find(all.begin(), all.end(), window) != all.end(); };
    if (query_.window == "all") return {all.begin(), all.end()};
    if (!query_.window.empty()) return has(query_.window.c_str()) ? std::set{query_.window} : std::set<std::string>();
    std::set<std::string> chosen;
    if (!all.empty()) chosen.insert(has("today") ? "today" : has("24h") ? "24h" : all[0]);
    for (const KpiPlan& other : plan_.kpis()) {
      if (other.derived == Derived::kTarget && other.base == id) chosen.insert(other.info.windows.begin(), other.info.windows.end());
    }
    return chosen;
  }

  ReportRow& Row(const std::string& window, std::vector<std::string> labels) {
    if (made_ >= kMostRows) return spare_;
    const auto [it, added] = rows_.try_emplace(KeyOf(window, labels));
    made_ += added;
    if (added) {
      it->second.window = window;
      it->second.labels = std::move(labels);
      order_.push_back(&it->second);
    }
    return it->second;
  }

  // What another KPI says of this one's series.
  void Beside(KpiId id, const std::set<std::string>& windows) {
    const KpiPlan& other = plan_.kpis()[id.v];
    view_.ForEach(id, [&](const SeriesValue& series) {
      const std::string& window = other.info.windows[series.window];
      if (!windows.contains(window)) return;
      if (other.derived == Derived::kExpected) {
        expected_[window] = series.value;
        return;
      }
      std::vector<std::string> labels = series.labels.values;
      if (other.derived == Derived::kCompare || other.derived == Derived::kGrowth) {
        const std::string name = labels.back();
        labels.pop_back();
        ReportCompare& compare = Compare(&Row(window, std::move(labels)), name);
        (other.derived == Derived::kCompare ? compare.then : compare.growth) = series.value;
        return;
      }
      ReportRow& row = Row(window, std::move(labels));
      if (other.derived == Derived::kTarget) row.target = series.value;
      if (other.derived == Derived::kAttainment) row.attainment = series.value;
      if (other.derived == Derived::kPace) row.pace = series.value;
    });
  }

  static ReportCompare& Compare(ReportRow* row, const std::string& name) {
    for (ReportCompare& compare : row->compare) {
      if (compare.name == name) return compare;
    }
    row->compare.push_back({name, {}, {}});
    return row->compare.back();
  }

  // Money of several currencies does not add up.
  static bool OfOneCurrency(const KpiInfo& info, const std::vector<ReportRow*>& rows) {
    const auto label = static_cast<size_t>(std::find(info.labels.begin(), info.labels.end(), "currency") - info.labels.begin());
    if (label == info.labels.size()) return true;
    std::set<std::string> currencies;
    for (const ReportRow* row : rows) currencies.insert(label < row->labels.size() ? row->labels[label] : "");
    return currencies.size() == 1;
  }

  // Of rows that have a value: those that only a target names have none.
  static ReportRow TotalOf(std::vector<ReportRow*> rows) {
    std::erase_if(rows, [](const ReportRow* row) { return row->value.absent(); });
    if (rows.empty()) return {};
    ReportRow total = *rows[0];
    total.total = true;
    total.labels.clear();
    total.target = total.attainment = total.pace = {};  // of one series each
    for (size_t r = 1; r < rows.size(); ++r) {
      total.value = Sum(total.value, rows[r]->value);
      total.samples += rows[r]->samples;
      for (const ReportCompare& compare : rows[r]->compare) {
        ReportCompare& sum = Compare(&total, compare.name);
        sum.then = Sum(sum.then, compare.then);
      }
    }
    for (ReportCompare& compare : total.compare) compare.growth = Growth(total.value, compare.then);
    return total;
  }

  // In the order of the KPI's windows.
  void Arrange(const KpiPlan& plan, const std::set<std::string>& windows, ReportKpi* kpi) {
    for (const std::string& window : plan.info.windows) {
      if (!windows.contains(window)) continue;
      std::vector<ReportRow*> rows;
      for (ReportRow* row : order_) {
        if (row->window == window) rows.push_back(row);
      }
      std::stable_sort(rows.begin(), rows.end(), [](const ReportRow* a, const ReportRow* b) {
        if (IsRest(*a) != IsRest(*b)) return IsRest(*b);
        if (a->value.absent() != b->value.absent()) return b->value.absent();
        return Weight(*a) > Weight(*b);
      });
      if (plan.additive && !plan.info.labels.empty() && rows.size() > 1 && OfOneCurrency(plan.info, rows)) {
        if (ReportRow total = TotalOf(rows); total.total) kpi->rows.push_back(std::move(total));
      }
      for (ReportRow* row : rows) {
        if (const auto it = expected_.find(window); it != expected_.end()) row->expected = it->second;
        kpi->rows.push_back(std::move(*row));
      }
    }
    expected_.clear();
  }

  const Plan& plan_;
  const View& view_;
  const ReportQuery& query_;
  const std::vector<bool>& known_;
  std::map<std::string, ReportRow> rows_;   // of the KPI in hand, by KeyOf
  std::vector<ReportRow*> order_;           // as they came
  std::map<std::string, Value> expected_;   // by window
  size_t made_ = 0;                         // rows, of all KPIs
  ReportRow spare_;                         // what there is no room for
};

Status CheckNames(const std::vector<std::string>& asked, const std::vector<std::string>& names, const char* what) {
  for (const std::string& name : asked) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    const std::string near = Nearest(name, names);
    return NotFound(std::string("there is no ") + what + " \"" + name + "\"" + (near.empty() ? "" : "; nearest: " + near));
  }
  return Status::Ok();
}

bool Has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Has no rows of its own, but a place in those of what it is made of.
bool IsBeside(const KpiPlan& kpi) { return kpi.derived != Derived::kNone && kpi.derived != Derived::kStepRatio; }

void AddRemarks(const View& view, WallTime now, Report* report) {
  if (!view.complete()) report->remarks.push_back("Not all is there: some partitions are not restored, or cannot be read.");
  if (report->at == kNoEventTime) {
    report->stale = "No event was read yet.";
  } else if (const Duration age = now.time_since_epoch() - report->at.time_since_epoch(); age > kFresh) {
    report->stale = "These numbers are " + ShownValue("seconds", Value::Real(static_cast<double>(age / std::chrono::seconds(1)))) + " old.";
  }
  for (const SourceView& source : view.sources()) {
    if (source.overdue) report->remarks.push_back("Nothing is heard of " + source.name + ", so what it brings may be missing.");
  }
  size_t more = 0;
  for (const ReportSection& section : report->sections) {
    for (const ReportKpi& kpi : section.kpis) {
      for (const auto& [window, coverage] : kpi.coverage) {
        if (coverage >= kWhole) continue;
        if (more++ >= kMostRemarks) continue;
        report->remarks.push_back(kpi.name + ", " + window + ": only " + ShownValue("ratio", Value::Real(coverage)) + " of the time is covered.");
      }
    }
  }
  if (more > kMostRemarks) report->remarks.push_back("The same of " + std::to_string(more - kMostRemarks) + " more.");
}

void AddBreaches(const View& view, const std::set<std::string>& kpis, Report* report) {
  for (uint32_t r = 0; r < view.rules().size(); ++r) {
    const RuleInfo& rule = view.rules()[r];
    if (!kpis.contains(rule.kpi)) continue;
    for (const BreachInfo& breach : view.breaches(RuleId{r})) {
      if (breach.state != BreachState::kFiring || (report->past && breach.since > report->at)) continue;
      std::string series;
      for (size_t i = 0; breach.labels != nullptr && i < std::min(rule.labels.size(), breach.labels->values.size()); ++i) {
        series += (i == 0 ? "" : ", ") + rule.labels[i] + "=" + breach.labels->values[i];
      }
      report->breaches.push_back({rule.name, rule.help, rule.kpi, rule.window, rule.severity, rule.team, rule.unit, std::move(series),
                                  rule.above, report->past ? Value() : breach.observed, rule.enter, LocalTime(breach.since, report->zone)});
    }
  }
}

}  // namespace

Result<Report> MakeReport(const Plan& plan, const View& view, const ReportQuery& query, WallTime now,
                          const std::vector<bool>& known, const View* live) {
  const auto subject_of = [](const KpiPlan& kpi) { return kpi.info.subject.empty() ? std::string(kOwn) : kpi.info.subject; };
  std::vector<std::string> names, subjects;
  for (const KpiPlan& kpi : plan.kpis()) {
    names.push_back(kpi.info.name);
    subjects.push_back(subject_of(kpi));
  }
  TM_RETURN_IF_ERROR(CheckNames(query.kpis, names, "KPI"));
  TM_RETURN_IF_ERROR(CheckNames(query.subjects, subjects, "subject"));
  std::vector<std::string> asked = query.kpis;
  for (const KpiPlan& kpi : plan.kpis()) {
    if (IsBeside(kpi) && Has(query.kpis, kpi.info.name)) asked.push_back(names[kpi.base.v]);
  }
  Report report;
  report.title = Titled(NamespaceOf(plan)) + " summary";
  report.zone = plan.calendar().spec().time_zone;
  report.series = query.series;
  report.past = query.at.has_value();
  Maker maker(plan, view, query, known);
  std::map<std::string, ReportSection> sections;  // by subject, "" first: those with targets
  std::set<std::string> shown;
  std::vector<std::string> missing;
  EventTime least = EventTime::max();
  for (uint32_t k = 0; k < plan.kpis().size(); ++k) {
    const KpiPlan& kpi = plan.kpis()[k];
    if (IsBeside(kpi)) continue;
    const std::string& subject = subjects[k];
    const bool any = query.kpis.empty() && query.subjects.empty();
    if (!any && !Has(asked, kpi.info.name) && !Has(query.subjects, subject)) continue;
    const bool shows = known[k] && (query.at || (view.status(KpiId{k}).counted && !view.status(KpiId{k}).withheld));
    if (!shows) {
      missing.push_back(kpi.info.name);
      continue;
    }
    ReportKpi made = maker.Kpi(KpiId{k});
    if (maker.too_many()) return Unavailable("more than " + std::to_string(kMostRows) + " series: ask for fewer KPIs");
    if (made.rows.empty()) continue;
    shown.insert(made.name);
    for (const KpiPlan& other : plan.kpis()) {
      if (other.derived != Derived::kNone && other.base == KpiId{k}) shown.insert(other.info.name);
    }
    if (made.at != kNoEventTime) least = std::min(least, made.at);
    ReportSection& section = sections[made.has_targets ? "" : subject];
    section.title = made.has_targets ? "Goals" : Titled(subject);
    section.kpis.push_back(std::move(made));
  }
  if (sections.empty() && missing.empty() && !query.window.empty()) return NotFound("no such KPI has a window \"" + query.window + "\"");
  for (auto& [subject, section] : sections) report.sections.push_back(std::move(section));
  report.at = query.at ? *query.at : least == EventTime::max() ? kNoEventTime : least;
  report.when = (report.at == kNoEventTime ? "no time yet" : LocalTime(report.at, report.zone)) + " (" + report.zone + ")";
  if (!query.at) AddRemarks(view, now, &report);
  if (query.at) report.remarks.push_back("As it was shown at that hour; what came later is not in it. Targets are those of today.");
  const std::string why = query.at ? " was not kept at that hour." : " is not shown: it is still being counted, or found no room.";
  for (size_t i = 0; i < std::min(missing.size(), kMostRemarks); ++i) report.remarks.push_back(missing[i] + why);
  if (missing.size() > kMostRemarks) report.remarks.push_back("The same of " + std::to_string(missing.size() - kMostRemarks) + " more.");
  if (live != nullptr) AddBreaches(*live, shown, &report);
  return report;
}

}  // namespace tidemark
