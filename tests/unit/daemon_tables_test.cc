// Files of tables that change under a running daemon.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "config/config.h"
#include "daemon/clock.h"
#include "daemon/table_watch.h"

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
  // The team of r1; "none" when nothing changed.
  static std::string TeamIn(const std::optional<LookupTables>& tables) {
    if (!tables) return "none";
    Slot slot;
    const LookupTable& reps = *tables->at(0);
    return reps.Get(reps.Find("r1"), 0, &slot) ? std::string(slot.view()) : "absent";
  }
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
  TableFiles files(specs_.tables, plan_->lookups(), At(100));
  EXPECT_EQ(TeamIn(files.Look(At(101))), "none");
  Write("reps.csv", "team,id,quota\nred,r1,2\nred,r2,\n");
  EXPECT_EQ(TeamIn(files.Look(At(102))), "none") << "just changed";
  EXPECT_EQ(TeamIn(files.Look(At(103))), "red");
  EXPECT_EQ(files.states()[0].rows, 2u);
  EXPECT_EQ(files.states()[0].loaded, At(103));
  EXPECT_EQ(files.states()[1].loaded, At(100));
  EXPECT_EQ(TeamIn(files.Look(At(104))), "none") << "handed over already";
}

TEST_F(TableWatchTest, ABadFileIsRefusedOnceAndTheOldContentsStay) {
  TableFiles files(specs_.tables, plan_->lookups(), At(100));
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
    for (int look = 0; look < 4; ++look) EXPECT_EQ(TeamIn(files.Look(At(200))), "none");
    EXPECT_FALSE(files.states()[0].ok);
    EXPECT_EQ(files.states()[0].failures, ++refused);
    EXPECT_EQ(files.states()[0].loaded, At(100));
    EXPECT_EQ(files.states()[0].rows, 1u);
  }
  Write("others.csv", "id\n1\n2\n");
  files.Look(At(300));
  EXPECT_EQ(TeamIn(files.Look(At(301))), "blue") << "another table's change does not depend on it";
  Write("reps.csv", "id,team,quota\nr1,red,1\n");
  files.Look(At(302));
  EXPECT_EQ(TeamIn(files.Look(At(303))), "red");
  EXPECT_TRUE(files.states()[0].ok);
}

TEST_F(TableWatchTest, AFileThatIsGoneChangesNothingUntilItIsBack) {
  TableFiles files(specs_.tables, plan_->lookups(), At(100));
  std::filesystem::remove(dir_ + "/reps.csv");
  for (int look = 0; look < 4; ++look) EXPECT_EQ(TeamIn(files.Look(At(200))), "none");
  EXPECT_EQ(files.states()[0].failures, 1);
  Write("reps.csv", "id,team,quota\nr1,red,1\n");
  files.Look(At(201));
  EXPECT_EQ(TeamIn(files.Look(At(202))), "red");
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
  EXPECT_EQ(TeamIn(taken), "red");
  const std::string text = Exposed(own);
  EXPECT_NE(text.find("tidemark_table_rows{table=\"reps\"} 2\n"), std::string::npos) << text;
  EXPECT_NE(text.find("tidemark_table_reload_success{table=\"reps\"} 1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("tidemark_table_reload_failures_total{table=\"others\"} 0\n"), std::string::npos) << text;
  EXPECT_NE(text.find("tidemark_table_reload_timestamp_seconds{table=\"reps\"} "), std::string::npos) << text;
}

}  // namespace
}  // namespace tidemark
