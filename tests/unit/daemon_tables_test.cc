// Files and topics of tables that change under a running daemon.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "config/config.h"
#include "daemon/clock.h"
#include "daemon/table_watch.h"
#include "pipeline/kafka/mock_broker.h"
#include "pipeline/kafka/producer.h"

namespace tidemark {
namespace {

constexpr char kConfig[] = R"(
kafka: {brokers: "127.0.0.1:1"}
topics: [crm]
tables: {reps: {file: reps.csv, key: id, columns: {quota: decimal}}, others: {file: others.csv, key: id}}
fields:
  team: reps[deal.owner].team
kpis:
  - {name: won, on: deal.won, count: true, by: {sales_team: team}, windows: [24h]}
)";

class TableWatchTest : public testing::Test {
 protected:
  TableWatchTest() : dir_(testing::TempDir() + "daemon_tables." + std::to_string(getpid())) {
    std::filesystem::create_directories(dir_);
    Write("reps.csv", "id,team,quota\nr1,blue,1\n");
    Write("others.csv", "id\n1\n");
    Diagnostics diagnostics;
    ParseConfig(dir_ + "/c.yaml", kConfig, &specs_, &diagnostics);
    plan_ = Plan::Compile(specs_, Schema::Canonical(), &diagnostics);
    EXPECT_EQ(diagnostics.ToString(), "");
  }
  ~TableWatchTest() override { std::filesystem::remove_all(dir_); }

  // As one should: whole or not at all.
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(dir_ + "/part", std::ios::binary) << text;
    std::filesystem::rename(dir_ + "/part", dir_ + "/" + name);
  }
  static std::string TeamOf(const LookupTable& reps, const char* rep = "r1", uint32_t column = 0) {
    Slot slot;
    const uint32_t row = reps.Find(rep);
    return row != LookupTable::kNoRow && reps.Get(row, column, &slot) ? std::string(slot.view()) : "absent";
  }
  TableFile Reps() { return TableFile(specs_.tables[0], plan_->lookups()[0], At(100)); }
  // The team of r1; "none" when nothing changed.
  static std::string Look(FollowedTable* reps, int64_t at) { return reps->Look(At(at)) ? TeamOf(*reps->contents()) : "none"; }
  static WallTime At(int64_t seconds) { return WallTimeFromMicros(seconds * kMicrosPerSecond); }
  std::string Exposed(const OwnMetrics& own) {
    StringSink sink;
    TextBuffer out(&sink);
    own.Write(nullptr, TextFormat::kPrometheus, &out);
    out.Flush();
    std::string text;
    std::istringstream lines(sink.text());
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("tidemark_table_")) text += line + "\n";
    }
    return text;
  }

  const std::string dir_;
  Specs specs_;
  std::shared_ptr<const Plan> plan_;
};

TEST_F(TableWatchTest, AChangedFileIsReadOnceItStandsStill) {
  TableFile reps = Reps();
  EXPECT_EQ(Look(&reps, 101), "none");
  Write("reps.csv", "team,id,quota\nred,r1,2\nred,r2,\n");
  EXPECT_EQ(Look(&reps, 102), "none") << "just changed";
  EXPECT_EQ(Look(&reps, 103), "red");
  EXPECT_EQ(reps.state().rows, 2u);
  EXPECT_EQ(reps.state().loaded, At(103));
  EXPECT_EQ(Look(&reps, 104), "none") << "seen already";
}

TEST_F(TableWatchTest, ABadFileIsRefusedOnceAndTheOldContentsStay) {
  TableFile reps = Reps();
  const struct {
    const char* name;
    const char* csv;
  } kBad[] = {{"KeyTwice", "id,team,quota\nr1,red,1\nr1,red,1\n"},
              {"ColumnOfAFieldGone", "id,quota\nr1,1\n"},
              {"DeclaredColumnGone", "id,team\nr1,red\n"},
              {"NotADecimal", "id,team,quota\nr1,red,much\n"}};
  int64_t refused = 0;
  for (const auto& row : kBad) {
    SCOPED_TRACE(row.name);
    Write("reps.csv", row.csv);
    for (int look = 0; look < 4; ++look) EXPECT_EQ(Look(&reps, 200), "none");
    EXPECT_FALSE(reps.state().ok);
    EXPECT_EQ(reps.state().failures, ++refused);
    EXPECT_EQ(reps.state().loaded, At(100));
    EXPECT_EQ(reps.state().rows, 1u);
    EXPECT_EQ(TeamOf(*reps.contents()), "blue");
  }
  Write("reps.csv", "id,team,quota\nr1,red,1\n");
  Look(&reps, 302);
  EXPECT_EQ(Look(&reps, 303), "red");
  EXPECT_TRUE(reps.state().ok);
}

TEST_F(TableWatchTest, AFileThatIsGoneChangesNothingUntilItIsBack) {
  TableFile reps = Reps();
  std::filesystem::remove(dir_ + "/reps.csv");
  for (int look = 0; look < 4; ++look) EXPECT_EQ(Look(&reps, 200), "none");
  EXPECT_EQ(reps.state().failures, 1);
  Write("reps.csv", "id,team,quota\nr1,red,1\n");
  Look(&reps, 201);
  EXPECT_EQ(Look(&reps, 202), "red");
}

TEST_F(TableWatchTest, AChangeArrivesByItselfAndIsExposed) {
  OwnMetrics own{MemoryPlan()};
  TableWatch watch(specs_, *plan_, &own, std::chrono::milliseconds(1));
  EXPECT_FALSE(watch.Take().has_value());
  EXPECT_NE(Exposed(own).find("tidemark_table_rows{table=\"reps\"} 1\n"), std::string::npos) << Exposed(own);
  Write("reps.csv", "id,team,quota\nr1,red,1\nr2,red,1\n");
  std::optional<LookupTables> taken;
  for (const Duration begin = SteadyNow(); !taken && SteadyNow() - begin < std::chrono::seconds(20); std::this_thread::yield()) {
    taken = watch.Take();
  }
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(TeamOf(*taken->at(0)), "red");
  const std::string text = Exposed(own);
  EXPECT_NE(text.find("tidemark_table_rows{table=\"reps\"} 2\n"), std::string::npos) << text;
  EXPECT_NE(text.find("tidemark_table_reload_success{table=\"reps\"} 1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("tidemark_table_reload_failures_total{table=\"others\"} 0\n"), std::string::npos) << text;
  EXPECT_NE(text.find("tidemark_table_reload_timestamp_seconds{table=\"reps\"} "), std::string::npos) << text;
}

class TableTopicTest : public TableWatchTest {
 protected:
  TableTopicTest() {
    broker_ = MockBroker::Start().value();
    EXPECT_TRUE(broker_->CreateTopic("crm.reps", 3).ok());
    kafka_.brokers = broker_->brokers();
    kafka_.properties = {{"fetch.wait.max.ms", "10"}};
    producer_ = KafkaProducer::Open(broker_->brokers()).value();
    spec_.name = "reps";
    spec_.topic = "crm.reps";
    layout_.columns = {{"quota", ColumnType::kDecimal}, {"team", ColumnType::kText}};
    layout_.needed.assign(2, true);
  }
  void Send(const char* key, const char* value) {
    ASSERT_TRUE(producer_->Produce("crm.reps", KafkaProducer::kAnyPartition, key, value == nullptr ? std::string_view() : value).ok());
    ASSERT_TRUE(producer_->Flush(std::chrono::seconds(10)).ok());
  }
  // The teams of r1 and r2 once they are these; what they are after a while otherwise.
  std::string Await(TableTopic* reps, const std::string& wanted) {
    std::string teams = "unknown";
    for (const Duration begin = SteadyNow(); teams != wanted && SteadyNow() - begin < std::chrono::seconds(20);) {
      reps->Look(At(100));
      if (const auto table = reps->contents()) teams = TeamOf(*table, "r1", 1) + " " + TeamOf(*table, "r2", 1);
    }
    return teams;
  }

  std::unique_ptr<MockBroker> broker_;
  std::unique_ptr<KafkaProducer> producer_;
  KafkaSpec kafka_;
  TableSpec spec_;
  LookupPlan layout_;
};

TEST_F(TableTopicTest, IsKnownOnceItWasReadToItsEndAndFollowedFromThenOn) {
  for (int n = 0; n < 500; ++n) Send(("x" + std::to_string(n)).c_str(), R"({"team": "many"})");
  Send("r1", R"({"team": "blue"})");
  Send("r1", R"({"team": "red", "quota": 3})");
  TableTopic reps(spec_, layout_, kafka_);
  EXPECT_FALSE(reps.state().ok);
  EXPECT_EQ(Await(&reps, "red absent"), "red absent");
  EXPECT_EQ(reps.state().rows, 501u) << "all of it at once";
  EXPECT_TRUE(reps.state().ok);
  Send("r2", R"({"team": "green"})");
  EXPECT_EQ(Await(&reps, "red green"), "red green");
  Send("r1", nullptr);
  EXPECT_EQ(Await(&reps, "absent green"), "absent green");
  Send("r2", R"({"team": 1.50, "quota": "much"})");
  Send("r1", R"({"team": "back"})");
  EXPECT_EQ(Await(&reps, "back green"), "back green") << "a row that can't be is refused, the others go on";
  EXPECT_EQ(reps.state().failures, 1);
}

TEST_F(TableTopicTest, CommandsReadItOnce) {
  Send("r1", R"({"team": "blue"})");
  specs_.tables[0].topic = "crm.reps";
  specs_.kafka = kafka_;
  const Result<LookupTables> tables = ReadTables(specs_, *plan_);
  ASSERT_TRUE(tables.ok()) << tables.status().text();
  EXPECT_EQ(TeamOf(*tables->at(0)), "blue");
  EXPECT_EQ(tables->at(1), specs_.tables[1].contents);
  broker_->Down();
  const Status missing = ReadTables(specs_, *plan_, std::chrono::seconds(1)).status();
  EXPECT_EQ(missing.code(), Code::kUnavailable);
  EXPECT_TRUE(missing.text().starts_with("table reps: topic crm.reps: ")) << missing.text();
}

TEST_F(TableTopicTest, AnEmptyTopicIsATableWithoutRows) {
  TableTopic reps(spec_, layout_, kafka_);
  EXPECT_EQ(Await(&reps, "absent absent"), "absent absent");
}

TEST_F(TableTopicTest, WithoutBrokersThereAreNoContentsAndOldOnesStay) {
  Send("r1", R"({"team": "blue"})");
  broker_->Down();
  TableTopic late(spec_, layout_, kafka_);
  for (int n = 0; n < 3; ++n) late.Look(At(100));
  EXPECT_EQ(late.contents(), nullptr);
  broker_->Up();
  EXPECT_EQ(Await(&late, "blue absent"), "blue absent");
  broker_->Down();
  for (int n = 0; n < 3; ++n) late.Look(At(100));
  EXPECT_EQ(TeamOf(*late.contents(), "r1", 1), "blue");
}

}  // namespace
}  // namespace tidemark
