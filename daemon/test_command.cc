// `test`: scenario files over the real engine, as a test runner shows them.
#include <algorithm>
#include <fstream>
#include <iostream>
#include <optional>
#include <regex>

#include "daemon/clock.h"
#include "daemon/commands.h"
#include "daemon/exit_code.h"
#include "daemon/junit.h"
#include "daemon/number_of.h"
#include "daemon/progress_line.h"
#include "daemon/scenario_run.h"

namespace tidemark {
namespace {

constexpr size_t kMaxDifferences = 10;  // shown of one scenario: the first ones tell, the rest follows from them
constexpr Duration kSlow = std::chrono::seconds(1);

struct Suite {
  std::string path;
  ScenarioFile file;
  std::shared_ptr<const Plan> plan;
};

// Null plan: mistakes were reported.
Suite LoadSuite(const std::string& path, Diagnostics* all) {
  Suite suite{path, {}, nullptr};
  Diagnostics diagnostics;
  LoadScenarios(path, Schema::Canonical(), &suite.file, &diagnostics);
  if (diagnostics.empty()) suite.plan = Plan::Compile(suite.file.specs, Schema::Canonical(), &diagnostics);
  if (suite.plan != nullptr) {
    const Result<std::shared_ptr<const View>> view = EmptyView(suite.plan);
    if (view.ok()) {
      CheckNames(suite.file, **view, &diagnostics);
    } else {
      diagnostics.Add({path, 0, 0}, view.status().text());
    }
  }
  for (const Diagnostic& d : diagnostics.items()) all->Add(d.place, d.text);
  return suite;
}

std::string At(const Place& place) { return place.file + ":" + std::to_string(place.line); }

std::string Indented(const std::string& text, const std::string& indent) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    out += indent + text.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return out;
}

// What is wrong with a scenario; "" when it passed.
std::string Describe(const ScenarioOutcome& outcome) {
  std::string text;
  for (size_t i = 0; i < std::min(outcome.differences.size(), kMaxDifferences); ++i) {
    const auto& [step, difference] = outcome.differences[i];
    const std::string at = FormatRfc3339(step->moment) + (step->at.empty() ? "" : " (at: " + step->at + ")");
    text += At(difference.place) + ": at " + at + "\n" + Indented(difference.text, "  ");
  }
  if (outcome.differences.size() > kMaxDifferences) {
    text += "... and " + std::to_string(outcome.differences.size() - kMaxDifferences) + " more differences\n";
  }
  if (!outcome.status.ok()) text += "could not go on: " + outcome.status.text() + "\n";
  if (!text.empty() && !outcome.records.empty()) text += outcome.records + "\n";
  return text;
}

// The same in a line.
std::string Summarise(const ScenarioOutcome& outcome) {
  if (!outcome.status.ok()) return outcome.status.text();
  if (outcome.differences.empty()) return "";
  const Difference& first = outcome.differences[0].difference;
  return At(first.place) + ": " + (first.first.empty() ? "more series than expected" : "expected " + first.first);
}

JunitCase RunOne(const Suite& suite, const Scenario& scenario) {
  JunitCase result{
      .name = scenario.name, .file = suite.path, .line = scenario.place.line, .message = "", .failure = ""};
  const Duration begin = SteadyNow();
  {
    ProgressLine progress(kSlow);
    const ScenarioOutcome outcome = RunScenario(suite.plan, scenario, [&](size_t step) {
      progress.Show(scenario.name + ": step " + std::to_string(step + 1) + " of " +
                    std::to_string(scenario.steps.size()));
    });
    result.message = Summarise(outcome);
    result.failure = Describe(outcome);
    result.error = !outcome.status.ok();
  }
  result.took = SteadyNow() - begin;
  return result;
}

void Print(const JunitCase& result) {
  if (result.failure.empty()) {
    std::cout << "ok      " << result.file << ": " << result.name;
  } else {
    std::cout << (result.error ? "ERROR   " : "FAILED  ") << result.file << ":" << result.line << ": " << result.name;
  }
  if (result.took >= kSlow) std::cout << " (" << std::chrono::round<std::chrono::seconds>(result.took).count() << " s)";
  std::cout << "\n" << Indented(result.failure, "  ") << std::flush;
}

// 0: it is written.
int WriteReport(const std::string& file, const std::vector<JunitSuite>& suites) {
  std::ofstream out(file);
  WriteJunit(suites, &out);
  out.close();
  if (out) return kExitOk;
  std::cerr << "tidemark: " << file << ": cannot be written\n";
  return kExitFailure;
}

int RunAll(const std::vector<Suite>& suites, const std::regex& chosen, const TestOptions& options) {
  std::vector<JunitSuite> results;
  int64_t count = 0, failed = 0;
  for (const Suite& suite : suites) {
    JunitSuite& result = results.emplace_back(JunitSuite{suite.path, {}});
    for (const Scenario& scenario : suite.file.scenarios) {
      if (!std::regex_search(scenario.name, chosen)) continue;
      result.cases.push_back(RunOne(suite, scenario));
      Print(result.cases.back());
      ++count;
      failed += result.cases.back().failure.empty() ? 0 : 1;
    }
  }
  if (count == 0) {
    std::cerr << "tidemark: no scenario's name matches --run=" << options.run << "\n";
    return kExitUsage;
  }
  std::cout << NumberOf(count, "scenario") << ", " << failed << " failed\n" << std::flush;
  const int report = options.junit_xml.empty() ? kExitOk : WriteReport(options.junit_xml, results);
  return failed != 0 ? kExitFailure : report;
}

}  // namespace

int TestScenarios(const TestOptions& options) {
  std::optional<std::regex> chosen;
  try {
    chosen.emplace(options.run);
  } catch (const std::regex_error&) {
    std::cerr << "tidemark: --run=" << options.run << " is not a regular expression\n";
    return kExitUsage;
  }
  std::vector<Suite> suites;
  Diagnostics diagnostics;
  for (const std::string& file : options.files) suites.push_back(LoadSuite(file, &diagnostics));
  if (!diagnostics.empty()) {
    std::cerr << diagnostics.ToString();
    return kExitConfig;
  }
  return RunAll(suites, *chosen, options);
}

}  // namespace tidemark
