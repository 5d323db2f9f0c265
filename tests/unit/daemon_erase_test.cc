// `state erase` over a real state directory: the id is gone, also from the files, and what was counted stays.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "config/config.h"
#include "daemon/cli/cli.h"
#include "daemon/exit_code.h"
#include "pipeline/base/pseudonyms.h"
#include "pipeline/engine/engine.h"
#include "pipeline/engine/verify.h"
#include "pipeline/rocksdb/rocks_store.h"
#include "tests/fakes/log_source.h"
#include "tests/property/oracle.h"
#include "tidemark/events/v1/event.pb.h"

namespace tidemark {
namespace {

constexpr char kConfig[] = R"(kafka: {brokers: "127.0.0.1:1"}
topics: [crm]
storage: {path: DIR/state}
limits: {min_free_disk: 1KiB}
kpis:
  - {name: buyers, distinct: order.customer, on: order.paid, windows: [24h, lifetime]}
  - {name: newcomers, first: order.customer, on: order.paid, windows: [lifetime]}
  - name: pipeline
    key: deal.id
    open: {value: deal.amount}
    on: [deal.created]
    until: [deal.won]
    by: {rep_id: deal.owner}
  - {name: owners, key: deal.id, open: {distinct: deal.owner}, on: [deal.created], until: [deal.won]}
  - {name: silent, key: deal.id, open: {silent_for: 1h}, on: [deal.created], until: [deal.won]}
)";
constexpr char kHashing[] = R"(kafka: {brokers: "127.0.0.1:1"}
topics: [crm]
storage: {path: DIR/state}
limits: {min_free_disk: 1KiB}
privacy: {hash_key_file: DIR/key}
fields: {who: hash(order.customer)}
kpis:
  - {name: buyers, distinct: who, on: order.paid, windows: [lifetime]}
)";
constexpr int64_t kStart = 19'700 * 86'400;

class EraseTest : public testing::Test {
 protected:
  explicit EraseTest(std::string config = kConfig) : dir_(testing::TempDir() + "daemon_erase." + std::to_string(getpid())) {
    std::filesystem::create_directories(dir_);
    std::ofstream(dir_ + "/key") << "a key of more than sixteen bytes";
    for (size_t at; (at = config.find("DIR/")) != std::string::npos;) config.replace(at, 3, dir_);
    std::ofstream(dir_ + "/kpis.yaml") << config;
    Specs specs;
    Diagnostics diagnostics;
    LoadConfig(dir_ + "/kpis.yaml", &specs, &diagnostics);
    specs.time.max_hold = std::chrono::hours(1000);
    plan_ = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
    EXPECT_TRUE(plan_ != nullptr) << diagnostics.ToString();
    Paid(10, "person-4711-zebra");
    Paid(20, "somebody-else");
    Deal(30, "person-4711-zebra", 5);
    Deal(40, "deal-quite-different", 7);
    Deal(7000, "deal-not-silent-yet", 1);
    logs_[{"crm", 0}];
    RunTo(7200);
  }
  ~EraseTest() override { std::filesystem::remove_all(dir_); }
  void Append(events::v1::Event& e, int64_t seconds) {
    e.set_id(std::to_string(seconds));
    e.mutable_time()->set_seconds(kStart + seconds);
    logs_[{"crm", 0}].Append(e.SerializeAsString());
  }
  void Paid(int64_t seconds, const std::string& customer) {
    events::v1::Event e;
    e.mutable_order_paid()->mutable_order()->set_customer(customer);
    Append(e, seconds);
  }
  void Deal(int64_t seconds, const std::string& id, int64_t amount) {
    events::v1::Event e;
    e.mutable_deal_created()->mutable_deal()->set_id(id);
    e.mutable_deal_created()->mutable_deal()->set_amount_micros(amount * 1'000'000);
    e.mutable_deal_created()->mutable_deal()->set_owner("ann");
    Append(e, seconds);
  }
  // What is shown at that time; and the state holds together.
  Answers RunTo(int64_t seconds) {
    RocksOptions options;
    options.min_free_disk_bytes = 0;
    auto store = RocksStore::Open(dir_ + "/state", options);
    EXPECT_TRUE(store.ok()) << store.status().text();
    LogSource source(&logs_);
    WallTime now = WallTimeFromMicros((kStart + seconds) * kMicrosPerSecond);
    source.ProveAt(now);
    auto engine = Engine::Open(plan_, store->get(), &source, now);
    EXPECT_TRUE(engine.ok()) << engine.status().text();
    for (int n = 0; n < 10; ++n) EXPECT_TRUE((*engine)->Step(now += std::chrono::milliseconds(30)).ok());
    EXPECT_TRUE((*engine)->Stop(now).ok());
    const auto report = VerifyState(**store);
    EXPECT_TRUE(report.ok());
    EXPECT_EQ(report->mismatch_count, 0u);
    return AnswersOf(*(*engine)->view());
  }
  bool OnDisk(const std::string& text) const {
    for (const auto& file : std::filesystem::recursive_directory_iterator(dir_ + "/state")) {
      if (!file.is_regular_file()) continue;
      std::ifstream in(file.path(), std::ios::binary);
      const std::string bytes(std::istreambuf_iterator<char>(in), {});
      if (bytes.find(text) != std::string::npos) return true;
    }
    return false;
  }
  int Erase(std::vector<std::string> args) {
    args.insert(args.begin(), {"tidemark", "state", "erase", "--config.file=" + dir_ + "/kpis.yaml"});
    std::vector<const char*> argv;
    for (const std::string& arg : args) argv.push_back(arg.c_str());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = RunCommandLine(static_cast<int>(argv.size()), argv.data());
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return code;
  }

  const std::string dir_;
  std::shared_ptr<const Plan> plan_;
  MemoryLogs logs_;
  std::string out_, err_;
};

using Key = std::tuple<std::string, std::string, std::string>;

TEST_F(EraseTest, AnIdGoesAndItsTotalsStay) {
  ASSERT_TRUE(OnDisk("person-4711-zebra"));
  ASSERT_EQ(Erase({"--id=person-4711-zebra"}), kExitOk) << err_;
  EXPECT_EQ(out_,
            "erased what was known of 2 entities; what was counted stays\n"
            "  buyers: 1\n"
            "  newcomers: 1\n"
            "  owners: 1, 1 of them taken out of what is open\n"
            "  pipeline: 1, 1 of them taken out of what is open\n"
            "  silent: 1, 1 of them taken out of what is open\n");
  EXPECT_FALSE(OnDisk("person-4711-zebra"));
  EXPECT_FALSE(OnDisk("zebra"));
  EXPECT_TRUE(OnDisk("somebody-else"));
  const Answers after = RunTo(7300);
  EXPECT_EQ(after.at(Key("buyers", "", "24h")), "2");
  EXPECT_EQ(after.at(Key("newcomers", "", "lifetime")), "2");
  EXPECT_EQ(after.at(Key("pipeline", "ann", "now")), "8");
  EXPECT_EQ(after.at(Key("silent", "", "now")), "1");
  // It begins anew, as of one never seen.
  Paid(7400, "person-4711-zebra");
  EXPECT_EQ(RunTo(7500).at(Key("newcomers", "", "lifetime")), "3");
  EXPECT_EQ(RunTo(12'000).at(Key("silent", "", "now")), "2") << "what was not silent yet becomes so";
}

TEST_F(EraseTest, AValueOfOpenEntitiesLeavesWithTheLastThatHasIt) {
  ASSERT_EQ(Erase({"--id=person-4711-zebra"}), kExitOk) << err_;
  ASSERT_EQ(Erase({"--id=deal-quite-different"}), kExitOk) << err_;
  EXPECT_EQ(RunTo(7300).at(Key("owners", "", "now")), "1");
  ASSERT_EQ(Erase({"--id=deal-not-silent-yet"}), kExitOk) << err_;
  EXPECT_EQ(RunTo(7400).at(Key("owners", "", "now")), "0");
}

TEST_F(EraseTest, WhatWasNotSilentYetNeverBecomesSo) {
  ASSERT_EQ(Erase({"--id=deal-not-silent-yet"}), kExitOk) << err_;
  EXPECT_EQ(RunTo(12'000).at(Key("silent", "", "now")), "2");
  EXPECT_EQ(RunTo(12'001).at(Key("pipeline", "ann", "now")), "12");
}

TEST_F(EraseTest, OnlyOneKindIsErasedWhenItIsNamed) {
  ASSERT_EQ(Erase({"--id=person-4711-zebra", "--kind=order.customer"}), kExitOk) << err_;
  EXPECT_NE(out_.find("1 entity;"), std::string::npos) << out_;
  EXPECT_TRUE(OnDisk("person-4711-zebra")) << "the deal of this id";
  EXPECT_EQ(RunTo(7300).at(Key("pipeline", "ann", "now")), "13");
  EXPECT_EQ(Erase({"--id=x", "--kind=order.custmer"}), kExitFailure);
  EXPECT_NE(err_.find("nearest: order.customer"), std::string::npos) << err_;
}

TEST_F(EraseTest, ManyIdsComeFromAFile) {
  std::ofstream(dir_ + "/ids") << "person-4711-zebra\r\n\nsomebody-else\nnobody\n";
  ASSERT_EQ(Erase({"--ids-file=" + dir_ + "/ids"}), kExitOk) << err_;
  EXPECT_NE(out_.find("of 3 entities"), std::string::npos) << out_;
  EXPECT_FALSE(OnDisk("somebody-else"));
  EXPECT_EQ(Erase({"--ids-file=" + dir_ + "/none"}), kExitFailure);
}

TEST_F(EraseTest, AnIdThatIsNotThereIsNoFailure) {
  EXPECT_EQ(Erase({"--id=nobody"}), kExitOk);
  EXPECT_EQ(out_, "nothing is known of this id\n");
  EXPECT_EQ(Erase({}), kExitUsage);
}

TEST_F(EraseTest, ABackFillOfItsOwnBeginsAnew) {
  std::filesystem::create_directories(dir_ + "/state/backfill");
  std::ofstream(dir_ + "/state/backfill/000004.log") << "person-4711-zebra";
  ASSERT_EQ(Erase({"--id=person-4711-zebra"}), kExitOk) << err_;
  EXPECT_FALSE(OnDisk("person-4711-zebra"));
}

class HashingEraseTest : public EraseTest {
 protected:
  HashingEraseTest() : EraseTest(kHashing) {}
};

TEST_F(HashingEraseTest, AnIdThatIsStoredAsItsHashIsErasedByItsText) {
  const std::string hash(Pseudonyms("a key of more than sixteen bytes").Of("person-4711-zebra").data(), 16);
  ASSERT_TRUE(OnDisk(hash));
  ASSERT_FALSE(OnDisk("zebra"));
  ASSERT_EQ(Erase({"--id=person-4711-zebra"}), kExitOk) << err_;
  EXPECT_EQ(out_, "erased what was known of 1 entity; what was counted stays\n  buyers: 1\n");
  EXPECT_FALSE(OnDisk(hash));
  EXPECT_EQ(Erase({"--id=nobody"}), kExitOk);
  EXPECT_EQ(out_, "nothing is known of this id\n");
  EXPECT_EQ(RunTo(7300).at(Key("buyers", "", "lifetime")), "2");
}

TEST_F(EraseTest, AStateInUseIsLeftAlone) {
  const auto held = RocksStore::Open(dir_ + "/state", RocksOptions());
  ASSERT_TRUE(held.ok());
  EXPECT_EQ(Erase({"--id=person-4711-zebra"}), kExitLocked);
}

}  // namespace
}  // namespace tidemark
