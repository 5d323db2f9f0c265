#include "tests/unit/config_shown.h"

#include <filesystem>
#include <fstream>

namespace tidemark {
namespace {

std::string Joined(const std::vector<std::string>& words, const std::string& by = ",") {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : by) + word;
  return text;
}

std::string ShownSteps(const std::vector<std::vector<std::string>>& steps) {
  std::vector<std::string> all;
  for (const auto& step : steps) all.push_back(Joined(step, "|"));
  return Joined(all, " > ");
}

std::string ShownLabels(const std::vector<LabelSpec>& by) {
  std::vector<std::string> all;
  for (const LabelSpec& label : by) {
    const std::string side = label.side == Side::kFrom ? "<" : label.side == Side::kTo ? ">" : "";
    all.push_back(label.name + ":" + side + label.field);
  }
  return Joined(all);
}

std::string ShownCompare(const CompareSpec& compare) {
  if (compare.previous) return compare.name + "=before";
  if (compare.months != 0) return compare.name + "=" + std::to_string(compare.months) + "months";
  return compare.name + "=" + FormatDuration(compare.back);
}

}  // namespace

std::string ShownFormula(const Formula& f) {
  const auto joined = [&](const char* op) {
    return "(" + ShownFormula(*f.args[0]) + " " + op + " " + ShownFormula(*f.args[1]) + ")";
  };
  switch (f.kind) {
    case Formula::Kind::kNumber:
      return ToString(f.number);
    case Formula::Kind::kKpi: {
      const std::string operand = f.kpi + (f.window.empty() ? "" : "@" + f.window) + (f.previous ? "@previous" : "");
      return f.total ? "total(" + operand + ")" : operand;
    }
    case Formula::Kind::kNegate:
      return "(-" + ShownFormula(*f.args[0]) + ")";
    case Formula::Kind::kAdd:
      return joined("+");
    case Formula::Kind::kSubtract:
      return joined("-");
    case Formula::Kind::kMultiply:
      return joined("*");
    case Formula::Kind::kDivide:
      return joined("/");
  }
  return "";
}

std::string ShownWindow(const WindowSpec& w) {
  constexpr const char* kUnits[] = {"day", "week", "month", "quarter", "year"};
  const std::string unit = kUnits[static_cast<size_t>(w.unit)];
  switch (w.kind) {
    case WindowSpec::Kind::kRolling:
      return w.name + "=" + FormatDuration(w.length) + (w.step ? "/" + FormatDuration(*w.step) : "");
    case WindowSpec::Kind::kLifetime:
      return w.name + "=ever";
    case WindowSpec::Kind::kToDate:
      return w.name + "=" + unit + "-to-date";
    case WindowSpec::Kind::kClosed:
      return w.name + "=" + unit + "-before";
  }
  return "";
}

std::string ShownKpi(const KpiSpec& k) {
  std::string text(ToString(k.measure));
  const auto add = [&](const std::string& name, const std::string& value) {
    if (!value.empty()) text += " " + name + (value == "true" ? "" : "=" + value);
  };
  const auto duration = [](const std::optional<Duration>& d) { return d ? FormatDuration(*d) : ""; };
  add("formula", k.formula ? ShownFormula(*k.formula) : "");
  add(k.open_distinct ? "distinct" : "field", k.field);
  add("unit", k.unit);
  add("key", Joined(k.key));
  add("at_least", k.at_least == 1 ? "" : std::to_string(k.at_least));
  add("stats", Joined(k.stats));
  add("steps", ShownSteps(k.steps));
  add("within", duration(k.within));
  add("mature", k.mature ? "true" : "");
  add("on", Joined(k.on));
  add("until", Joined(k.until));
  add("reopen", Joined(k.reopen));
  add("reopen_within", k.reopen_within == std::chrono::hours(90 * 24) ? "" : FormatDuration(k.reopen_within));
  add("silent_for", duration(k.silent_for));
  add("waiting_for", duration(k.waiting_for));
  add("correct.by", Joined(k.correct.by));
  add("correct.add", Joined(k.correct.add));
  add("correct.revoke", Joined(k.correct.revoke));
  add("top", k.top == 0 ? "" : std::to_string(k.top));
  add("min_samples", k.min_samples == 0 ? "" : std::to_string(k.min_samples));
  add("by", ShownLabels(k.by));
  std::vector<std::string> windows, compare;
  for (const WindowSpec& w : k.windows) windows.push_back(ShownWindow(w));
  for (const CompareSpec& c : k.compare) compare.push_back(ShownCompare(c));
  add("windows", Joined(windows));
  add("compare", Joined(compare));
  return text;
}

void ExpectKpi(const KpiRow& row) {
  SCOPED_TRACE(row.name);
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("c.yaml", TextBefore(kInput) + "kpis:\n- {name: x, " + row.yaml + "}\n", &specs, &diagnostics);
  EXPECT_EQ(diagnostics.ToString(), "");
  ASSERT_EQ(specs.kpis.size(), 1u);
  EXPECT_EQ(ShownKpi(specs.kpis[0]), row.shown);
}

void SetSecretsDir() {
  const auto dir = std::filesystem::path(testing::TempDir()) / "tidemark-config-secrets";
  std::filesystem::create_directories(dir);
  std::ofstream(dir / "kafka-password") << "p$ss ${word}\n";
  setenv("TIDEMARK_SECRETS", dir.c_str(), 1);
}

}  // namespace tidemark
