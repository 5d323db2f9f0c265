// Scenarios over the real engine: what passes, and above all what must not.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "daemon/commands.h"
#include "daemon/exit_code.h"
#include "daemon/exposition.h"
#include "daemon/junit.h"
#include "daemon/scenario_run.h"
#include "tests/unit/daemon_fake_view.h"

namespace tidemark {
namespace {

constexpr const char* kDefinitions = R"(
kpis:
  - {name: leads, on: lead.created, count: true, by: {channel: lead.channel}, windows: [1h, 24h, lifetime]}
  - {name: size, on: order.paid, avg: order.amount, windows: [24h]}
  - {name: units, on: order.paid, sum: order.units, windows: [24h]}
rules:
  - {name: many, kpi: units, above: 3, for: 5m}
start: 2026-03-02T09:00:00Z
scenarios:
- name: s
  steps:
)";

// What differs when the steps are run, one difference after the other; "" when all is as expected.
std::string Differences(const std::string& steps, const std::string& definitions = kDefinitions) {
  ScenarioFile file;
  Diagnostics diagnostics;
  ParseScenarios("s.yaml", definitions + steps, Schema::Canonical(), &file, &diagnostics);
  std::shared_ptr<const Plan> plan;
  if (diagnostics.empty()) plan = Plan::Compile(file.specs, Schema::Canonical(), &diagnostics);
  if (plan != nullptr) CheckNames(file, **EmptyView(plan), &diagnostics);
  if (!diagnostics.empty()) return diagnostics.ToString();
  const ScenarioOutcome outcome = RunScenario(plan, file.scenarios[0], [](size_t) {});
  EXPECT_TRUE(outcome.status.ok()) << outcome.status.text();
  std::string text;
  for (const StepDifference& d : outcome.differences) text += d.difference.text;
  EXPECT_EQ(outcome.passed(), text.empty());
  return text;
}

constexpr const char* kTwoLeads = "  - events: [lead.created, {lead.created: {lead: {channel: web}}}]\n";

TEST(ScenarioRun, WhatIsExpectedAndThereIsNoDifference) {
  EXPECT_EQ(Differences(std::string(kTwoLeads) + R"(    expect:
    - sales_leads{channel="web",window="1h"} 1
    - sales_leads{channel="",window="24h"} 1
    - sales_leads_total{channel="web"} 1
    - sales_size absent
    - tidemark_kpi_events_total{kpi="leads",result="counted"} 2
    - tidemark_kpi_evaluation_timestamp_seconds{kpi="leads"} 1772442000
)"),
            "");
}

TEST(ScenarioRun, AWrongValueIsShownBesideTheRightOneAndItsNeighbours) {
  EXPECT_EQ(Differences(std::string(kTwoLeads) + R"(    expect: ['sales_leads{channel="web",window="1h"} 2'])"),
            "- sales_leads{channel=\"web\",window=\"1h\"} 2\n"
            "+ sales_leads{channel=\"web\",window=\"1h\"} 1\n"
            "  sales_leads{channel=\"\",window=\"1h\"} 1\n"
            "  sales_leads{channel=\"web\",window=\"24h\"} 1\n"
            "  sales_leads{channel=\"web\",window=\"lifetime\"} 1\n"
            "  sales_leads{channel=\"\",window=\"24h\"} 1\n"
            "  sales_leads{channel=\"\",window=\"lifetime\"} 1\n");
}

TEST(ScenarioRun, AMissingSeriesIsADifference) {
  EXPECT_EQ(
      Differences("  - events: [{lead.created: {lead: {channel: web}}}]\n"
                  "    expect: ['sales_leads{channel=\"ads\",window=\"1h\"} 1', 'sales_leads{channel=\"web\"} 1']\n"),
      "- sales_leads{channel=\"ads\",window=\"1h\"} 1\n"
      "- sales_leads{channel=\"web\"} 1\n"
      "  sales_leads{channel=\"web\",window=\"1h\"} 1\n"
      "  sales_leads{channel=\"web\",window=\"24h\"} 1\n"
      "  sales_leads{channel=\"web\",window=\"lifetime\"} 1\n");
  EXPECT_EQ(Differences("  - expect: ['sales_size{window=\"24h\"} 0']\n"),
            "- sales_size{window=\"24h\"} 0\n  (no series)\n");
}

TEST(ScenarioRun, AbsentMeansNoSeriesWithTheseLabels) {
  EXPECT_EQ(Differences(std::string(kTwoLeads) + R"(    expect: ['sales_leads{channel="ads"} absent'])"), "");
  EXPECT_EQ(Differences("  - events: [{order.paid: {order: {amount: 2}}}]\n    expect: [sales_size absent]\n"),
            "- sales_size absent\n+ sales_size{window=\"24h\"} 2\n");
}

TEST(ScenarioRun, ExpectOnlyRefusesWhatIsNotListed) {
  const std::string event = "  - events: [{order.paid: {order: {amount: 2, units: 1}}}]\n";
  EXPECT_EQ(Differences(event + "    expect_only: ['sales_size{window=\"24h\"} 2']\n"), "")
      << "other metrics may be there";
  EXPECT_EQ(Differences("  - events: [{lead.created: {lead: {channel: web}}}]\n"
                        "    expect_only: ['sales_leads{channel=\"web\",window=\"1h\"} 1']\n"),
            "  sales_leads{channel=\"web\",window=\"1h\"} 1\n"
            "+ sales_leads{channel=\"web\",window=\"24h\"} 1\n"
            "+ sales_leads{channel=\"web\",window=\"lifetime\"} 1\n");
}

TEST(ScenarioRun, ARuleIsPendingThenFiringThenNot) {
  const std::string order = "  - events: [{order.paid: {order: {units: 4}}}]\n";
  EXPECT_EQ(Differences(order + "    expect: [many pending]\n  - at: 5m\n    expect: [many firing]\n"
                                "  - at: 25h\n    expect: [many inactive]\n"),
            "");
  EXPECT_EQ(Differences(order + "    expect: [many firing]\n"), "- many firing\n+ many pending\n");
  EXPECT_EQ(Differences(order + "    expect: [many absent]\n"), "- many absent\n+ many pending\n");
  EXPECT_EQ(Differences("  - at: 5m\n    expect: ['tidemark_breach{rule=\"many\"} 1']\n"),
            "- tidemark_breach{rule=\"many\"} 1\n+ tidemark_breach{rule=\"many\"} 0\n");
}

TEST(ScenarioRun, LateEventsCountInTheirOwnTimeAndEarlyOnesDoNot) {
  EXPECT_EQ(Differences(R"(  - at: 3h
    events:
    - heartbeat
    - {lead.created: {lead: {channel: web}}, time: -2h}
    - {lead.created: {lead: {channel: web}}, time: +1h}
    expect_only:
    - sales_leads{channel="web",window="1h"} 0
    - sales_leads{channel="web",window="24h"} 1
    - sales_leads{channel="web",window="lifetime"} 1
    - tidemark_records_late_total{topic="events"} 1
    - tidemark_records_quarantined_total{topic="events",reason="future"} 1
    - tidemark_records_quarantined_total{topic="events",reason="no_time"} 0
)"),
            "");
}

TEST(ScenarioRun, ARestartForgetsAndRepeatsNothing) {
  EXPECT_EQ(
      Differences(R"(  - events: [{lead.created: {lead: {channel: web}}, id: e1}, {order.paid: {order: {units: 4}}}]
  - at: +2m
    restart: true
    events: [{lead.created: {lead: {channel: web}}, id: e1}, {lead.created: {lead: {channel: web}}, partition: 3}]
    expect:
    - sales_leads{channel="web",window="1h"} 2
    - tidemark_records_total{topic="events",partition="0",result="duplicate"} 1
    - many pending
  - at: +3m
    restart: true
    expect: [many firing]
)"),
      "");
}

TEST(ScenarioRun, EveryFailedStepIsTold) {
  EXPECT_EQ(Differences("  - expect: [many firing]\n  - at: 1h\n    expect: [many pending]\n"),
            "- many firing\n+ many inactive\n- many pending\n+ many inactive\n");
}

TEST(ScenarioRun, WithTheEventClockOnlyEventsMoveTime) {
  const std::string definitions = std::string("time: {clock: event}\n") + kDefinitions;
  EXPECT_EQ(Differences(std::string(kTwoLeads) + R"(  - at: 2h
    expect: ['sales_leads{channel="web",window="1h"} 1']
  - at: 3h
    events: [heartbeat]
    expect: ['sales_leads{channel="web",window="1h"} 0']
)",
                        definitions),
            "");
}

TEST(ScenarioRun, WhatTheConfigurationDoesNotHaveIsAMistakeAndNoDifference) {
  EXPECT_EQ(Differences(R"(  - expect:
    - sales_lead 1
    - sales_leads{chanel="web"} absent
    - many 3
    - sales_size firing
    - mani pending
    - many{rep="x"} absent
)"),
            "s.yaml:13:7: sales_lead is no metric; did you mean \"sales_leads\"?\n"
            "s.yaml:14:7: sales_leads has no label \"chanel\"; did you mean \"channel\"?\n"
            "s.yaml:15:7: many is a rule: write firing, pending, inactive or absent behind it\n"
            "s.yaml:16:7: sales_size is a metric and no rule: write a number, or absent, behind it\n"
            "s.yaml:17:7: mani is no rule; did you mean \"many\"?\n"
            "s.yaml:18:7: many has no label \"rep\"; it has none\n");
}

TEST(ScenarioRun, LabelNamesAreThoseOfTheText) {
  const std::shared_ptr<FakeView> view = SampleView();
  StringSink sink;
  TextBuffer out(&sink);
  WriteKpiFamilies(*view, TextFormat::kPrometheus, &out);
  out.Flush();
  std::istringstream text(sink.text());
  std::map<std::string, std::set<std::string>> shown, said;
  for (std::string line; std::getline(text, line);) {
    size_t at = 0;
    const Result<SeriesName> series = ParseSeriesName(line, &at);
    if (!series.ok() || series->name.ends_with("_total")) continue;
    for (const auto& [label, value] : series->labels) shown[series->name].insert(label);
  }
  for (const KpiInfo& kpi : view->kpis()) {
    const std::vector<std::string> names = LabelNames(kpi);
    said[kpi.family] = {names.begin(), names.end()};
  }
  EXPECT_EQ(shown, said);
}

TEST(Junit, IsWellFormedWhateverTheNames) {
  std::ostringstream out;
  WriteJunit({{"a.yaml",
               {{.name = "fine", .file = "a.yaml", .line = 3, .took = Duration(1500), .message = "", .failure = ""},
                {.name = "<&\"'\n\x01", .file = "a.yaml", .line = 9, .message = "m", .failure = "- a < b\n"},
                {.name = "x", .file = "a.yaml", .line = 12, .message = "disk", .failure = "disk\n", .error = true}}}},
             &out);
  EXPECT_EQ(
      out.str(),
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites tests=\"3\" failures=\"1\" errors=\"1\" time=\"0.0015\">\n"
      "  <testsuite name=\"a.yaml\" tests=\"3\" failures=\"1\" errors=\"1\" time=\"0.0015\">\n"
      "    <testcase name=\"fine\" classname=\"a.yaml\" file=\"a.yaml\" line=\"3\" time=\"0.0015\"/>\n"
      "    <testcase name=\"&lt;&amp;&quot;&#39;&#10;?\" classname=\"a.yaml\" file=\"a.yaml\" line=\"9\" time=\"0\">\n"
      "      <failure message=\"m\">- a &lt; b\n</failure>\n"
      "    </testcase>\n"
      "    <testcase name=\"x\" classname=\"a.yaml\" file=\"a.yaml\" line=\"12\" time=\"0\">\n"
      "      <error message=\"disk\">disk\n</error>\n"
      "    </testcase>\n"
      "  </testsuite>\n"
      "</testsuites>\n");
}

class TestCommand : public testing::Test {
 protected:
  TestCommand() : dir_(testing::TempDir() + "daemon_scenario." + std::to_string(getpid())) {
    std::filesystem::create_directories(dir_);
    Write("good.yaml", std::string(kDefinitions) + "  - expect: [many inactive]\n");
    Write("wrong.yaml", std::string(kDefinitions) +
                            "  - events: [heartbeat]\n    expect: [many firing, many inactive]\n" +
                            "- {name: t, steps: [{expect: many inactive}]}\n");
    Write("bad.yaml", std::string(kDefinitions) + "  - expect: [mani inactive]\n");
  }
  ~TestCommand() override { std::filesystem::remove_all(dir_); }
  void Write(const std::string& name, const std::string& text) { std::ofstream(dir_ + "/" + name) << text; }
  std::string Read(const std::string& name) {
    std::ifstream in(dir_ + "/" + name);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }
  int Run(const std::vector<std::string>& files, const std::string& run = "", const std::string& junit = "") {
    TestOptions options{.files = {}, .run = run, .junit_xml = junit};
    for (const std::string& file : files) options.files.push_back(dir_ + "/" + file);
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = TestScenarios(options);
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    for (size_t at; (at = out_.find(dir_)) != std::string::npos;) out_.erase(at, dir_.size() + 1);
    return code;
  }
  const std::string dir_;
  std::string out_, err_;
};

TEST_F(TestCommand, ALineForEachScenarioAndADifferenceBelowAFailedOne) {
  EXPECT_EQ(Run({"good.yaml", "wrong.yaml"}), kExitFailure);
  EXPECT_EQ(out_,
            "ok      good.yaml: s\n"
            "FAILED  wrong.yaml:10: s\n"
            "  wrong.yaml:13: at 2026-03-02T09:00:00Z\n"
            "    - many firing\n"
            "    + many inactive\n"
            "      many inactive\n"
            "  of 1 events 0 accepted, 1 read by no KPI\n"
            "ok      wrong.yaml: t\n"
            "3 scenarios, 1 failed\n");
  EXPECT_EQ(err_, "");
}

TEST_F(TestCommand, TheExampleOfThePageIsAsThePageSays) {
  std::ifstream in(TIDEMARK_SOURCE_DIR "/config/scenarios.md");
  const std::string page(std::istreambuf_iterator<char>(in), {});
  // Fenced blocks: the file, what it prints, what it prints with a mistake in it.
  std::vector<std::string> blocks;
  for (size_t at = 0; blocks.size() < 3 && (at = page.find("```", at)) != std::string::npos;) {
    const size_t begin = page.find('\n', at) + 1;
    at = page.find("```", begin);
    blocks.push_back(page.substr(begin, at - begin));
    at += 3;
  }
  ASSERT_EQ(blocks.size(), 3u);
  Write("leads.yaml", blocks[0]);
  EXPECT_EQ(Run({"leads.yaml"}), kExitOk);
  EXPECT_EQ("$ tidemark test leads.yaml\n" + out_, blocks[1]);
  const std::string right = "24h\"} 1\n";
  Write("leads.yaml", blocks[0].replace(blocks[0].find(right), right.size(), "24h\"} 2\n"));
  EXPECT_EQ(Run({"leads.yaml"}), kExitFailure);
  EXPECT_EQ(out_, blocks[2]);
}

TEST_F(TestCommand, RunTakesTheNamesThatMatch) {
  EXPECT_EQ(Run({"good.yaml", "wrong.yaml"}, "^t$"), kExitOk);
  EXPECT_EQ(out_, "ok      wrong.yaml: t\n1 scenario, 0 failed\n");
  EXPECT_EQ(Run({"good.yaml"}, "nothing"), kExitUsage) << "a misspelled filter must not pass";
  EXPECT_EQ(Run({"good.yaml"}, "("), kExitUsage);
}

TEST_F(TestCommand, ABadFileIsShownAndNothingIsRun) {
  EXPECT_EQ(Run({"good.yaml", "bad.yaml"}), kExitConfig);
  EXPECT_EQ(out_, "");
  EXPECT_NE(err_.find("/bad.yaml:12:14: mani is no rule; did you mean \"many\"?\n"), std::string::npos) << err_;
  EXPECT_EQ(Run({"none.yaml"}), kExitConfig);
}

TEST_F(TestCommand, ResultsAreWrittenForMachines) {
  EXPECT_EQ(Run({"good.yaml", "wrong.yaml"}, "", dir_ + "/out.xml"), kExitFailure);
  const std::string xml = Read("out.xml");
  EXPECT_NE(xml.find("<testsuites tests=\"3\" failures=\"1\" errors=\"0\""), std::string::npos) << xml;
  EXPECT_NE(xml.find("wrong.yaml:13: expected many firing\">"), std::string::npos) << xml;
  EXPECT_EQ(Run({"good.yaml"}, "", dir_ + "/no/out.xml"), kExitFailure);
}

}  // namespace
}  // namespace tidemark
