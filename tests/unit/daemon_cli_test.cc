#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "daemon/cli/cli.h"
#include "daemon/exit_code.h"

namespace tidemark {
namespace {

constexpr const char* kConfig = R"(
kafka: {brokers: "127.0.0.1:1"}
topics: [{name: crm.events}]
kpis:
  - name: leads_created
    help: Leads created.
    on: lead.created
    count: true
    windows: [24h, lifetime]
)";
constexpr const char* kEvents = R"({"id":"1","source":"crm","time":"2026-11-20T11:00:00Z","leadCreated":{}}
{"id":"2","source":"crm","time":"2026-11-20T10:00:00Z","leadCreated":{}}
{"id":"2","source":"crm","time":"2026-11-20T10:00:00Z","leadCreated":{}}
{"id":"3","source":"crm","time":"2026-11-21T10:30:00Z","leadCreated":{}}
)";

class CliTest : public testing::Test {
 protected:
  CliTest() : dir_(testing::TempDir() + "daemon_cli." + std::to_string(getpid())) {
    std::filesystem::create_directories(dir_);
    Write("good.yaml", kConfig);
    Write("all.yaml", "kafka: {brokers: \"127.0.0.1:1\"}\ntopics: [crm.events]\ncatalogue: all\n");
    Write("bad.yaml", "kpis: [{name: a, cuont: true}]\n");
    Write("events.jsonl", kEvents);
    Write("broken.jsonl", "{\n");
    for (const std::string name : {"passes", "fails"}) {
      Write(name + ".yaml",
            "config: good.yaml\nscenarios:\n- name: a\n  steps:\n  - events: [lead.created]\n    expect:\n"
            "    - sales_leads_created{window=\"24h\"} " +
                std::string(name == "fails" ? "2" : "1") + "\n");
    }
  }
  ~CliTest() override { std::filesystem::remove_all(dir_); }
  void Write(const std::string& name, const std::string& text) { std::ofstream(dir_ + "/" + name) << text; }
  // Exit code of the command; what it printed is in out_ and err_. '@' stands for the test's directory.
  int Run(std::vector<std::string> args) {
    args.insert(args.begin(), "tidemark");
    std::vector<const char*> argv;
    for (std::string& arg : args) {
      for (size_t at; (at = arg.find('@')) != std::string::npos;) arg.replace(at, 1, dir_);
      argv.push_back(arg.c_str());
    }
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = RunCommandLine(static_cast<int>(argv.size()), argv.data());
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return code;
  }
  const std::string dir_;
  std::string out_, err_;
};

TEST_F(CliTest, AMistypedCommandIsNamedWithTheNearestOne) {
  EXPECT_EQ(Run({"tets", "@/passes.yaml"}), kExitUsage);
  EXPECT_EQ(err_, "tidemark: \"tets\" is no command; did you mean \"test\"?\nTry: tidemark --help\n");
  EXPECT_EQ(Run({"generate", "catalog"}), kExitUsage);
  EXPECT_EQ(err_, "tidemark: \"catalog\" is no command; did you mean \"catalogue\"?\nTry: tidemark --help\n");
  EXPECT_EQ(Run({"run", "--nope"}), kExitUsage);
  EXPECT_EQ(err_.find("is no command"), std::string::npos) << err_;
}

TEST_F(CliTest, ACommandThatLacksAWordSaysWhichThereAre) {
  EXPECT_EQ(Run({"dlq"}), kExitUsage);
  EXPECT_EQ(err_, "tidemark: dlq what? list, replay\nTry: tidemark --help\n");
  EXPECT_EQ(Run({}), kExitUsage);
  EXPECT_TRUE(err_.starts_with("tidemark: which command? run, check-config, map, ")) << err_;
}

TEST_F(CliTest, AMistypedOptionIsNamedWithTheNearestOne) {
  EXPECT_EQ(Run({"explain", "revenue", "--windw=24h"}), kExitUsage);
  EXPECT_EQ(err_, "tidemark: --windw is no option of explain; did you mean --window?\nTry: tidemark --help\n");
  EXPECT_EQ(Run({"state", "erase", "--confg.file", "x"}), kExitUsage);
  EXPECT_EQ(err_, "tidemark: --confg.file is no option of erase; did you mean --config.file?\nTry: tidemark --help\n");
  EXPECT_EQ(Run({"run", "--config", "x"}), kExitUsage);
  EXPECT_EQ(err_, "tidemark: --config is no option of run; did you mean --config.file?\nTry: tidemark --help\n");
}

TEST_F(CliTest, ExitCodesAreAsDocumented) {
  const struct {
    const char* name;
    std::vector<std::string> args;
    int code;
  } kRows[] = {
      {"help", {"--help"}, kExitOk},
      {"help of a command", {"run", "--help"}, kExitOk},
      {"version", {"--version"}, kExitOk},
      {"no command", {}, kExitUsage},
      {"unknown command", {"rnu"}, kExitUsage},
      {"unknown flag", {"run", "--config.file=@/good.yaml", "--nope"}, kExitUsage},
      {"no config", {"run"}, kExitUsage},
      {"bad log level", {"run", "--config.file=@/good.yaml", "--log.level=loud"}, kExitUsage},
      {"bad instant", {"replay", "--config.file=@/good.yaml", "--input=@/events.jsonl", "--at=noon"}, kExitUsage},
      {"falling instants",
       {"replay", "--config.file=@/good.yaml", "--input=@/events.jsonl", "--at=2026-11-22T00:00:00Z",
        "--at=2026-11-21T00:00:00Z"},
       kExitUsage},
      {"scenarios that pass", {"test", "@/passes.yaml"}, kExitOk},
      {"scenarios that fail", {"test", "@/passes.yaml", "@/fails.yaml"}, kExitFailure},
      {"a file of scenarios with a mistake", {"test", "@/bad.yaml"}, kExitConfig},
      {"no scenarios", {"test"}, kExitUsage},
      {"no such scenario", {"test", "@/passes.yaml", "--run=none"}, kExitUsage},
      {"good config", {"check-config", "@/good.yaml"}, kExitOk},
      {"the whole catalogue", {"check-config", "@/all.yaml"}, kExitOk},
      {"bad config", {"check-config", "@/bad.yaml"}, kExitConfig},
      {"missing config", {"check-config", "@/none.yaml"}, kExitConfig},
      {"run with a bad config", {"run", "--config.file=@/bad.yaml"}, kExitConfig},
      {"bad events", {"replay", "--config.file=@/good.yaml", "--input=@/broken.jsonl"}, kExitData},
      {"no events", {"replay", "--config.file=@/good.yaml", "--input=@/none.jsonl"}, kExitFailure},
      {"generate nothing", {"generate"}, kExitUsage},
      {"generate something else", {"generate", "reports"}, kExitUsage},
      {"generate a file", {"generate", "catalogue", "--output=@/page.md"}, kExitOk},
      {"generate a file nowhere", {"generate", "catalogue", "--output=@/none/page.md"}, kExitFailure},
      {"an import from the future", {"import", "--config.file=@/good.yaml", "--input=@/events.jsonl", "--until=2999-01-01T00:00:00Z"}, kExitUsage},
      {"an import of nothing", {"import", "--config.file=@/good.yaml"}, kExitUsage},
      {"an import of no events", {"import", "--config.file=@/good.yaml", "--storage.path=@/i", "--input=@/broken.jsonl"}, kExitData},
      {"dead letters of a configuration without a topic for them", {"dlq", "list", "--config.file=@/good.yaml"}, kExitUsage},
      {"dead letters for no reason", {"dlq", "replay", "--config.file=@/good.yaml", "--reason=none"}, kExitUsage},
      {"dead letters since never", {"dlq", "replay", "--config.file=@/good.yaml", "--since=today"}, kExitUsage},
      {"a header that is none", {"map", "--config.file=@/good.yaml", "--source=s", "--input=-", "--header=x"}, kExitUsage},
      {"no state", {"state", "inspect", "--storage.path=@/none"}, kExitFailure}};
  for (const auto& row : kRows) EXPECT_EQ(Run(row.args), row.code) << row.name << "\n" << out_ << err_;
}

TEST_F(CliTest, VersionNamesWhatItIsBuiltOf) {
  Run({"--version"});
  for (const char* word :
       {"tidemark ", "revision:", "build date:", "compiler:", "librdkafka:", "RocksDB:", "protobuf:"}) {
    EXPECT_NE(out_.find(word), std::string::npos) << word;
  }
}

TEST_F(CliTest, AMistakeIsShownWhereItStands) {
  Run({"check-config", "@/bad.yaml"});
  EXPECT_NE(err_.find("bad.yaml:1:"), std::string::npos) << err_;
}

TEST_F(CliTest, GenerateWritesTheSameToAFile) {
  ASSERT_EQ(Run({"generate", "catalogue"}), kExitOk);
  EXPECT_TRUE(out_.starts_with("# The catalogue: ")) << out_;
  const std::string page = out_;
  ASSERT_EQ(Run({"generate", "catalogue", "--output=@/page.md"}), kExitOk);
  EXPECT_EQ(out_, "");
  std::ifstream file(dir_ + "/page.md", std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), page);
}

TEST_F(CliTest, ReplayGivesEachInstantItsOwnTruth) {
  ASSERT_EQ(Run({"replay", "--config.file=@/good.yaml", "--input=@/events.jsonl", "--at=2026-11-20T10:30:00Z",
                 "--at=2026-11-22T00:00:00Z", "--output=json"}),
            kExitOk);
  EXPECT_EQ(
      out_,
      "{\"kpi\":\"leads_created\",\"labels\":{},\"window\":\"24h\",\"t\":\"2026-11-20T10:30:00Z\",\"value\":\"1\"}\n"
      "{\"kpi\":\"leads_created\",\"labels\":{},\"window\":\"lifetime\",\"t\":\"2026-11-20T10:30:00Z\",\"value\":\"1\"}"
      "\n"
      "{\"kpi\":\"leads_created\",\"labels\":{},\"window\":\"24h\",\"t\":\"2026-11-22T00:00:00Z\",\"value\":\"1\"}\n"
      "{\"kpi\":\"leads_created\",\"labels\":{},\"window\":\"lifetime\",\"t\":\"2026-11-22T00:00:00Z\",\"value\":\"3\"}"
      "\n");
}

TEST_F(CliTest, ReplayKnowsTables) {
  Write("tables.yaml", std::string(kConfig) + "    by: {sales_team: team}\ntables: {channels: {file: channels.csv, key: id}}\n"
                       "fields:\n  team: channels[lead.channel].team\n");
  Write("channels.csv", "id,team\nweb,blue\n");
  Write("leads.jsonl", R"({"id":"1","time":"2026-11-20T11:00:00Z","leadCreated":{"lead":{"channel":"web"}}})" "\n");
  ASSERT_EQ(Run({"replay", "--config.file=@/tables.yaml", "--input=@/leads.jsonl", "--output=prometheus"}), kExitOk) << err_;
  EXPECT_NE(out_.find("sales_leads_created_total{sales_team=\"blue\"} 1\n"), std::string::npos) << out_;
  Write("channels.csv", "id,team\nweb,\"blue\n");
  EXPECT_EQ(Run({"check-config", "@/tables.yaml"}), kExitConfig);
  EXPECT_NE(err_.find("/channels.csv:2:5: a quoted field without its closing quote\n"), std::string::npos) << err_;
}

TEST_F(CliTest, AnImportSaysWhatItDidAndIsMadeOnce) {
  const std::vector<std::string> command = {"import", "--config.file=@/good.yaml", "--storage.path=@/state", "--input=@/events.jsonl"};
  std::vector<std::string> dry = command;
  dry.emplace_back("--dry-run");
  dry.emplace_back("--until=2026-11-21T00:00:00Z");
  ASSERT_EQ(Run(dry), kExitOk) << err_;
  EXPECT_EQ(out_, "would import 3 events, from 2026-11-20T10:00:00Z to 2026-11-20T11:00:00Z\nleft out\n  1 at or after the cut\n"
                  "the cut is 2026-11-21T00:00:00Z: from there on events count from Kafka, and only from there on\n");
  EXPECT_FALSE(std::filesystem::exists(dir_ + "/state"));
  Write("future.jsonl", R"({"id":"9","time":"2999-11-20T11:00:00Z","leadCreated":{}})" "\n" R"({"id":"8","leadCreated":{}})" "\n");
  std::vector<std::string> real = command;
  real.emplace_back("--input=@/future.jsonl");
  ASSERT_EQ(Run(real), kExitOk) << err_;
  EXPECT_EQ(out_, "imported 5 events, from 2026-11-20T10:00:00Z to 2026-11-21T10:30:00Z\n  1 of them without a time, which count nowhere\n"
                  "left out\n  1 with a time too far ahead\nof 5 events 3 accepted, 1 duplicate, 1 with an unusable time\n"
                  "the cut is 2026-11-21T10:30:00.000001Z: from there on events count from Kafka, and only from there on\n");
  EXPECT_FALSE(std::filesystem::exists(dir_ + "/state/import"));
  EXPECT_EQ(Run(command), kExitData);
  EXPECT_NE(err_.find("holds an import already, of what is before 2026-11-21T10:30:00.000001Z"), std::string::npos) << err_;
  EXPECT_EQ(Run(dry), kExitData);
  ASSERT_EQ(Run({"state", "inspect", "--storage.path=@/state", "--config.file=@/good.yaml"}), kExitOk) << err_;
  EXPECT_NE(out_.find("imported: what is before 2026-11-21T10:30:00.000001Z\n"), std::string::npos) << out_;
  EXPECT_NE(out_.find("leads_created: 1 series, 3 events counted, as of 2026-11-21T10:30:00.000001Z\n"), std::string::npos) << out_;
  EXPECT_EQ(Run({"state", "verify", "--storage.path=@/state", "--config.file=@/good.yaml"}), kExitOk) << out_ << err_;
}

TEST_F(CliTest, ReplayEndsWithTheLastEventByDefault) {
  ASSERT_EQ(Run({"replay", "--config.file=@/good.yaml", "--input=@/events.jsonl", "--output=prometheus"}), kExitOk);
  EXPECT_NE(out_.find("sales_leads_created{window=\"24h\"} 2\n"), std::string::npos) << out_;
  EXPECT_NE(out_.find("sales_leads_created_total 3\n"), std::string::npos) << out_;
}

}  // namespace
}  // namespace tidemark
