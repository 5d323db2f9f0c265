// The small parts: probes, memory, log lines, JSON.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "daemon/api.h"
#include "daemon/json_writer.h"
#include "daemon/lifecycle.h"
#include "daemon/log.h"
#include "daemon/memory.h"
#include "tests/unit/daemon_fake_view.h"

namespace tidemark {
namespace {

using std::chrono::seconds;

TEST(Status, SaysOfWhichTimeSomethingIsMissing) {
  FakeView view;
  EXPECT_EQ(StatusJson(Phase::kRunning, &view).find("unobserved"), std::string::npos);
  view.AddPartition("a", 0).unobserved = {{EventTimeFromMicros(60'000'000), EventTimeFromMicros(120'000'000)}, {EventTimeFromMicros(180'000'000), EventTime::max()}};
  view.AddPartition("a", 1);
  const std::string status = StatusJson(Phase::kRunning, &view);
  EXPECT_NE(status.find(R"("unobserved":[{"from":"1970-01-01T00:01:00Z","to":"1970-01-01T00:02:00Z"},{"from":"1970-01-01T00:03:00Z","to":null}])"), std::string::npos) << status;
  EXPECT_NE(status.find(R"("unobserved":[])"), std::string::npos);
}

TEST(Ready, SaysWhyNot) {
  const auto sample = SampleView();
  FakeView unassigned, halted, behind, ready, waiting;
  unassigned.is_complete = false;
  halted.AddPartition("a", 0);
  auto& bad = halted.AddPartition("a", 1);
  bad.health = PartitionHealth::kHalted;
  bad.reason = "offset 7 is gone";
  halted.is_complete = halted.is_caught_up = false;
  auto& late = behind.AddPartition("a", 0);
  late.next_offset = Offset{10};
  late.log_end = Offset{25};
  behind.is_caught_up = false;
  waiting.AddPartition("a", 3).holds_time = false;
  waiting.is_complete = false;
  ready.AddPartition("a", 0);
  const struct {
    const char* name;
    Phase phase;
    const View* view;
    bool ok;
    const char* reason;
  } kRows[] = {
      {"start", Phase::kStarting, nullptr, false, "starting"},
      {"restore", Phase::kRestoring, nullptr, false, "restoring the stored state"},
      {"nothing assigned", Phase::kRunning, &unassigned, false, "no partitions assigned yet"},
      {"a halted partition", Phase::kRunning, &halted, false, "incomplete: partition a/1 is halted: offset 7 is gone"},
      {"a held partition", Phase::kRunning, &waiting, false,
       "incomplete: partition a/3 gave no answer for too long; others go on without it"},
      {"backlog", Phase::kRunning, &behind, false, "catching up: 15 records behind in 1 partition"},
      {"all well", Phase::kRunning, &ready, true, "ready"},
      {"stop", Phase::kStopping, &ready, false, "stopping"},
      {"failure", Phase::kFailed, &ready, false, "failed"}};
  for (const auto& row : kRows) {
    const ProbeAnswer answer = Ready(row.phase, row.view);
    EXPECT_EQ(answer.ok, row.ok) << row.name;
    EXPECT_EQ(answer.reason, row.reason) << row.name;
  }
  for (const View* view : {static_cast<const View*>(nullptr), static_cast<const View*>(&unassigned)}) {
    EXPECT_EQ(Ready(Phase::kRunning, view, "", "the disk is full").reason, "ingestion is paused: the disk is full");
  }
  EXPECT_EQ(Ready(Phase::kRunning, &unassigned, "no broker answers").reason,
            "no partitions assigned yet; no broker answers");
}

TEST(Healthy, OnlyALoopThatStandsStillIsNot) {
  EXPECT_TRUE(Healthy(Phase::kRestoring, Duration(0), seconds(3600)).ok) << "restoring may take long";
  EXPECT_TRUE(Healthy(Phase::kRunning, seconds(100), seconds(159)).ok);
  EXPECT_FALSE(Healthy(Phase::kRunning, seconds(100), seconds(161)).ok);
  EXPECT_FALSE(Healthy(Phase::kFailed, seconds(100), seconds(100)).ok);
}

TEST(Memory, ASplitSpendsTheBudgetExactly) {
  for (const uint64_t mib : {128ull, 200ull, 256ull, 512ull, 1024ull, 4096ull, 65536ull}) {
    const auto plan = SplitMemory(mib << 20);
    ASSERT_TRUE(plan.ok()) << mib;
    EXPECT_EQ(plan->Sum(), mib << 20) << mib;
    for (const uint64_t part : {plan->process, plan->rocksdb, plan->fetch, plan->rows, plan->dedup, plan->entities}) {
      EXPECT_GE(part, 4ull << 20) << mib;
    }
  }
}

TEST(Memory, ABackFillTakesNothingBeyondTheBudget) {
  for (const uint64_t mib : {128ull, 512ull, 4096ull}) {
    const auto plan = SplitMemory(mib << 20);
    ASSERT_TRUE(plan.ok()) << mib;
    const SharedMemory shared = ShareMemory(*plan);
    EXPECT_EQ(shared.engine.Sum(), shared.engine.budget);
    EXPECT_EQ(shared.backfill.Sum(), shared.backfill.budget);
    EXPECT_LE(shared.engine.budget + shared.backfill.budget, plan->budget);
    EXPECT_GE(shared.engine.budget + shared.backfill.budget + 1, plan->budget) << "a byte of dedup may be left over";
    EXPECT_EQ(shared.engine.dedup, shared.backfill.dedup) << "both forget the same ids";
  }
}

TEST(Memory, TooLittleIsRefused) { EXPECT_EQ(SplitMemory(kMinMemoryBytes - 1).status().code(), Code::kInvalid); }

TEST(Memory, TheBudgetIsTheConfiguredElseTheCgroupsElseTheMachines) {
  constexpr uint64_t kGiB = 1ull << 30;
  EXPECT_EQ(MemoryBudget(kGiB, 8 * kGiB, 64 * kGiB), kGiB);
  EXPECT_EQ(MemoryBudget(0, 8 * kGiB, 64 * kGiB), 6 * kGiB);
  EXPECT_EQ(MemoryBudget(0, std::nullopt, 64 * kGiB), 16 * kGiB);
  EXPECT_EQ(MemoryBudget(0, 128 * kGiB, 64 * kGiB), 16 * kGiB) << "a limit above the machine is none";
  EXPECT_EQ(MemoryBudget(0, 1 << 20, 64 * kGiB), kMinMemoryBytes);
}

class CgroupTest : public testing::Test {
 protected:
  CgroupTest() : root_(testing::TempDir() + "daemon_cgroup." + std::to_string(getpid())) {}
  void Write(const std::string& dir, const std::string& file, const std::string& text) {
    std::string path = root_;
    mkdir(path.c_str(), 0755);
    for (size_t pos = 0; pos < dir.size();) {
      const size_t end = std::min(dir.find('/', pos + 1), dir.size());
      path += dir.substr(pos, end - pos);
      mkdir(path.c_str(), 0755);
      pos = end;
    }
    std::ofstream(path + "/" + file) << text << "\n";
  }
  const std::string root_;
};

TEST_F(CgroupTest, TheLeastLimitOnTheWayUpCounts) {
  Write("/pod/box", "memory.max", "max");
  Write("/pod", "memory.max", "1048576");
  Write("", "memory.max", "9999999");
  EXPECT_EQ(CgroupLimit(root_, "0::/pod/box\n"), 1048576u);
  EXPECT_EQ(CgroupLimit(root_, "0::/\n"), 9999999u);
  Write("/pod/box", "memory.high", "524288");
  EXPECT_EQ(CgroupLimit(root_, "0::/pod/box\n"), 524288u) << "from there on the kernel slows a process down";
  EXPECT_EQ(CgroupLimit(root_, "0::/pod/box/not/mounted/here\n"), 524288u);
  EXPECT_EQ(CgroupLimit(root_, "0::/../../kubepods/pod/box\n"), 9999999u) << "seen from another namespace: its root is ours";
  Write("/memory/old", "memory.limit_in_bytes", "2097152");
  Write("/memory", "memory.limit_in_bytes", "9223372036854771712");
  EXPECT_EQ(CgroupLimit(root_, "12:cpu:/x\n9:memory:/old\n"), 2097152u);
  EXPECT_EQ(CgroupLimit(root_, "9:memory:/\n"), std::nullopt);
  EXPECT_EQ(CgroupLimit(root_, "nonsense\n\n::"), 9999999u);
  EXPECT_EQ(CgroupLimit(root_ + "/none", "0::/a\n"), std::nullopt);
}

TEST(LogLine, IsOneLineWhateverIsInIt) {
  const WallTime at = WallTimeFromMicros(1764000000250000);
  EXPECT_EQ(FormatLogLine(LogFormat::kLogfmt, at, LogLevel::kInfo, "serving", {{"port", "9464"}}),
            "ts=2025-11-24T16:00:00.25Z level=info msg=serving port=9464");
  EXPECT_EQ(
      FormatLogLine(LogFormat::kLogfmt, at, LogLevel::kWarn, "a b", {{"x", "say \"hi\"\nlevel=error"}, {"y", ""}}),
      "ts=2025-11-24T16:00:00.25Z level=warn msg=\"a b\" x=\"say \\\"hi\\\"\\u000alevel=error\" y=\"\"");
  EXPECT_EQ(FormatLogLine(LogFormat::kJson, at, LogLevel::kError, "a\nb", {{"k", "v"}}),
            R"({"ts":"2025-11-24T16:00:00.25Z","level":"error","msg":"a\u000ab","k":"v"})");
}

TEST(Log, CountsWhatItShows) {
  InitLog(LogFormat::kLogfmt, LogLevel::kWarn);
  const uint64_t warnings = LogLines(LogLevel::kWarn), infos = LogLines(LogLevel::kInfo);
  Log(LogLevel::kWarn, "counted");
  Log(LogLevel::kInfo, "not shown, not counted");
  EXPECT_EQ(LogLines(LogLevel::kWarn), warnings + 1);
  EXPECT_EQ(LogLines(LogLevel::kInfo), infos);
  FlushLog();
}

TEST(Json, NestsAndSeparates) {
  JsonWriter json;
  json.BeginObject().Key("a").BeginArray().Int(1).Null().BeginObject().EndObject().String("x").EndArray();
  json.Key("b").Bool(true).Key("c").Real(0.5).Key("d").Real(std::numeric_limits<double>::infinity());
  json.Key("e").Number(Exactly(12345, 2)).Key("f").Number(Value()).EndObject();
  EXPECT_EQ(std::move(json).Take(), R"({"a":[1,null,{},"x"],"b":true,"c":0.5,"d":null,"e":"123.45","f":null})");
}

TEST(Json, QuotesWhatIsNoUtf8AsTheReplacementCharacter) {
  const struct {
    std::string text, quoted;
  } kRows[] = {{"plain \xc3\xa9 \xf0\x9f\x98\x80", "\"plain \xc3\xa9 \xf0\x9f\x98\x80\""},
               {"a\"b\\c", R"("a\"b\\c")"},
               {std::string("\0\x1f\x7f", 3), R"("\u0000\u001f\u007f")"},
               {"\xff", R"("\ufffd")"},
               {"\xc0\xaf", R"("\ufffd\ufffd")"},            // overlong
               {"\xed\xa0\x80", R"("\ufffd\ufffd\ufffd")"},  // surrogate
               {"\xe2\x82", R"("\ufffd\ufffd")"}};           // cut off
  for (const auto& row : kRows) EXPECT_EQ(QuoteJson(row.text), row.quoted);
}

}  // namespace
}  // namespace tidemark
