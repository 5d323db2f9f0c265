#include "daemon/shown.h"

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>

#include "daemon/api.h"
#include "daemon/exposition.h"
#include "daemon/family_builder.h"
#include "daemon/view_metrics.h"

namespace tidemark {
namespace {

constexpr size_t kMaxOthers = 12;  // series shown beside those expected

std::string TextOf(const View& view) {
  StringSink sink;
  TextBuffer out(&sink);
  WriteViewFamilies(view, TextFormat::kPrometheus, &out);
  WriteFamilies(CollectRecords(view), TextFormat::kPrometheus, &out);
  WriteFamilies(CollectSources(view), TextFormat::kPrometheus, &out);
  out.Flush();
  return std::move(sink).Take();
}

template <class Map>
std::vector<std::string> Keys(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

std::string Hint(const std::string& word, const std::vector<std::string>& known) {
  const std::string nearest = Nearest(word, known);
  return nearest.empty() ? "" : "; did you mean \"" + nearest + "\"?";
}

std::string LabelHint(const std::string& word, const std::vector<std::string>& known) {
  if (known.empty()) return "; it has none";
  std::string all;
  for (const std::string& label : known) all += (all.empty() ? "; there are: " : ", ") + label;
  const std::string nearest = Hint(word, known);
  return nearest.empty() ? all : nearest;
}

// The label names that series of this name may have; nothing when that is not known.
std::optional<std::vector<std::string>> LabelsOf(const View& view, const Expectation& expected) {
  const std::string& name = expected.series.name;
  for (const KpiInfo& kpi : view.kpis()) {
    if (expected.kind == Expectation::Kind::kState) break;
    if (name == kpi.family || name == kpi.family + "_total") return LabelNames(kpi);
  }
  for (const RuleInfo& rule : view.rules()) {
    if (rule.name == name) return rule.labels;
  }
  return std::nullopt;
}

// How many of the wanted labels it has.
size_t SharedLabels(const SeriesName& found, const SeriesName& wanted) {
  return static_cast<size_t>(std::count_if(wanted.labels.begin(), wanted.labels.end(), [&](const auto& label) {
    const auto it = found.labels.find(label.first);
    return it != found.labels.end() && it->second == label.second;
  }));
}

// The difference between what is expected of one name and its series, grown line by line.
class Comparison {
 public:
  explicit Comparison(const std::vector<ShownSeries>& series) : series_(series) {}

  void Expect(const Expectation& expected) {
    only_ |= expected.only;
    if (expected.kind == Expectation::Kind::kAbsent) return ExpectAbsent(expected);
    const auto is = [&](const ShownSeries& s) { return s.series == expected.series; };
    const auto found = std::find_if(series_.begin(), series_.end(), is);
    if (found == series_.end()) return Miss(expected);
    listed_.insert(&*found);
    if (expected.MetBy(found->value)) return Line("  ", *found);
    Miss(expected);
    Line("+ ", *found);
  }

  // Nothing when all is as expected.
  std::optional<Difference> Take(const Expectation& first) {
    std::vector<const ShownSeries*> others;
    for (const ShownSeries& series : series_) {
      if (!listed_.contains(&series)) others.push_back(&series);
    }
    if (only_ && !others.empty() && !place_) place_ = first.place;
    if (!place_) return std::nullopt;
    const auto nearer = [&](const ShownSeries* a, const ShownSeries* b) { return Nearness(*a) > Nearness(*b); };
    std::stable_sort(others.begin(), others.end(), nearer);
    for (size_t i = 0; i < std::min(others.size(), kMaxOthers); ++i) Line(only_ ? "+ " : "  ", *others[i]);
    if (others.size() > kMaxOthers)
      text_ += "  ... and " + std::to_string(others.size() - kMaxOthers) + " more series\n";
    if (series_.empty()) text_ += "  (no series)\n";
    return Difference{*place_, missed_.empty() ? "" : missed_[0]->text, text_};
  }

 private:
  void ExpectAbsent(const Expectation& expected) {
    bool missed = false;
    for (const ShownSeries& series : series_) {
      if (SharedLabels(series.series, expected.series) < expected.series.labels.size()) continue;
      if (!missed) Miss(expected);
      missed = true;
      if (listed_.insert(&series).second) Line("+ ", series);
    }
  }
  void Miss(const Expectation& expected) {
    if (!place_) place_ = expected.place;
    missed_.push_back(&expected);
    text_ += "- " + expected.text + "\n";
  }
  void Line(const char* mark, const ShownSeries& series) { text_ += mark + series.text + " " + series.value + "\n"; }

  // How many labels it shares with a line that was missed.
  size_t Nearness(const ShownSeries& series) const {
    size_t most = 0;
    for (const Expectation* missed : missed_) most = std::max(most, SharedLabels(series.series, missed->series));
    return most;
  }

  const std::vector<ShownSeries>& series_;
  std::vector<const Expectation*> missed_;
  std::set<const ShownSeries*> listed_;
  std::optional<Place> place_;
  std::string text_;
  bool only_ = false;
};

}  // namespace

Shown::Shown(const View& view) {
  constexpr std::string_view kType = "# TYPE ";
  std::istringstream text(TextOf(view));
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with(kType)) {
      metrics_[line.substr(kType.size(), line.find(' ', kType.size()) - kType.size())];
    } else if (!line.starts_with('#')) {
      AddLine(&metrics_, line);
    }
  }
  for (uint32_t r = 0; r < view.rules().size(); ++r) {
    const std::string& name = view.rules()[r].name;
    rules_[name];
    for (const BreachInfo& breach : view.breaches(RuleId{r})) {
      const std::string labels = breach.labels == nullptr ? "" : breach.labels->escaped;
      AddLine(&rules_, name + (labels.empty() ? "" : "{" + labels + "}") + " " + std::string(ToString(breach.state)));
    }
  }
}

void Shown::AddLine(ByName* to, const std::string& line) {
  size_t at = 0;
  Result<SeriesName> series = ParseSeriesName(line, &at);
  const size_t value = line.find_first_not_of(' ', at);
  if (!series.ok() || value == std::string::npos) return;  // an empty line
  std::vector<ShownSeries>& family = (*to)[series->name];
  family.push_back({*std::move(series), line.substr(0, at), line.substr(value)});
}

const std::vector<ShownSeries>* Shown::Find(const Expectation& expected) const {
  const bool state = expected.kind == Expectation::Kind::kState;
  for (const ByName* names : {state ? &rules_ : &metrics_, state ? nullptr : &rules_}) {
    if (names == nullptr) continue;
    const auto found = names->find(expected.series.name);
    const bool fits = names != &rules_ || state || expected.kind == Expectation::Kind::kAbsent;
    if (found != names->end() && fits) return &found->second;
  }
  return nullptr;
}

void CheckNames(const ScenarioFile& file, const View& view, Diagnostics* diagnostics) {
  const Shown shown(view);
  const auto check = [&](const Expectation& expected) {
    const std::string& name = expected.series.name;
    const bool rule = shown.rules_.contains(name), metric = shown.metrics_.contains(name);
    if (shown.Find(expected) == nullptr) {
      const bool state = expected.kind == Expectation::Kind::kState;
      const std::string what = rule     ? " is a rule: write firing, pending, inactive or absent behind it"
                               : metric ? " is a metric and no rule: write a number, or absent, behind it"
                               : state  ? " is no rule" + Hint(name, Keys(shown.rules_))
                                        : " is no metric" + Hint(name, Keys(shown.metrics_));
      return diagnostics->Add(expected.place, name + what);
    }
    const std::optional<std::vector<std::string>> known = LabelsOf(view, expected);
    for (const auto& [label, value] : expected.series.labels) {
      if (!known || std::find(known->begin(), known->end(), label) != known->end()) continue;
      diagnostics->Add(expected.place, name + " has no label \"" + label + "\"" + LabelHint(label, *known));
    }
  };
  for (const Scenario& scenario : file.scenarios) {
    for (const ScenarioStep& step : scenario.steps) std::for_each(step.expect.begin(), step.expect.end(), check);
  }
}

std::vector<Difference> Compare(const std::vector<Expectation>& expected, const Shown& shown) {
  static const std::vector<ShownSeries> kNone;  // of a family that has had no line yet
  const auto find = [&](const Expectation& e) { return shown.Find(e) == nullptr ? &kNone : shown.Find(e); };
  std::vector<Difference> differences;
  std::set<std::pair<std::string, const std::vector<ShownSeries>*>> done;
  for (const Expectation& first : expected) {
    const std::vector<ShownSeries>* const series = find(first);
    if (!done.emplace(first.series.name, series).second) continue;
    Comparison comparison(*series);
    for (const Expectation& each : expected) {
      if (each.series.name == first.series.name && find(each) == series) comparison.Expect(each);
    }
    if (std::optional<Difference> difference = comparison.Take(first)) differences.push_back(*std::move(difference));
  }
  return differences;
}

}  // namespace tidemark
