// `explain` as a daemon answers it, over a real state directory.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "config/config.h"
#include "daemon/cli/cli.h"
#include "daemon/exit_code.h"
#include "daemon/explain_service.h"
#include "daemon/explain_text.h"
#include "pipeline/engine/engine.h"
#include "pipeline/rocksdb/rocks_store.h"
#include "tests/fakes/log_source.h"
#include "tidemark/events/v1/event.pb.h"

namespace tidemark {
namespace {

constexpr char kConfig[] = R"(kafka: {brokers: "127.0.0.1:1"}
topics: [crm]
storage: {path: STATE}
web: {listen_address: "0.0.0.0:9470"}
kpis:
  - {name: revenue, unit: usd, sum: order.amount, on: order.paid, by: {channel: order.channel, sales_region: order.region}, windows: [2h, lifetime]}
  - {name: buyers, active: order.customer, on: order.paid, windows: [2h]}
)";
constexpr int64_t kStart = 19'700 * 86'400, kHour = 3600;

class ExplainTest : public testing::Test {
 protected:
  ExplainTest() : dir_(testing::TempDir() + "daemon_explain." + std::to_string(getpid())) {
    std::filesystem::create_directories(dir_);
    std::string config = kConfig;
    config.replace(config.find("STATE"), 5, dir_ + "/state");
    std::ofstream(dir_ + "/kpis.yaml") << config;
    Specs specs;
    Diagnostics diagnostics;
    LoadConfig(dir_ + "/kpis.yaml", &specs, &diagnostics);
    specs.time.max_hold = std::chrono::hours(1000);
    plan_ = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
    EXPECT_TRUE(plan_ != nullptr) << diagnostics.ToString();
    Open();
    logs_[{"crm", 0}];
    Order(1800, 1'000'000, "web", "old");
    Order(kHour + 60, 2'000'000'500, "web", "ann");
    RunTo(2 * kHour);
    Order(2 * kHour + 60, 1'500'000'000, "ads", "bob");
    RunTo(3 * kHour);
  }
  ~ExplainTest() override { std::filesystem::remove_all(dir_); }
  void Open() {
    RocksOptions options;
    options.min_free_disk_bytes = 0;
    auto store = RocksStore::Open(dir_ + "/state", options);
    ASSERT_TRUE(store.ok()) << store.status().text();
    store_ = std::move(store).value();
  }
  void Order(int64_t seconds, int64_t micros, const std::string& channel, const std::string& customer) {
    events::v1::Event e;
    auto* order = e.mutable_order_paid()->mutable_order();
    order->set_amount_micros(micros);
    order->set_channel(channel);
    order->set_customer(customer);
    e.set_id(std::to_string(seconds));
    e.mutable_time()->set_seconds(kStart + seconds);
    logs_[{"crm", 0}].Append(e.SerializeAsString());
  }
  void RunTo(int64_t seconds) {
    LogSource source(&logs_);
    WallTime now = WallTimeFromMicros((kStart + seconds) * kMicrosPerSecond);
    source.ProveAt(now);
    auto engine = Engine::Open(plan_, store_.get(), &source, now);
    ASSERT_TRUE(engine.ok()) << engine.status().text();
    for (int n = 0; n < 10; ++n) ASSERT_TRUE((*engine)->Step(now += std::chrono::milliseconds(30)).ok());
    ASSERT_TRUE((*engine)->Stop(now).ok());
  }
  static HttpResponse Ask(ExplainService* service, std::vector<std::pair<std::string_view, std::string_view>> query) {
    HttpRequest request;
    request.query = std::move(query);
    return service->Answer(request);
  }
  int Command(std::vector<std::string> args) {
    args.insert(args.begin(), {"tidemark", "explain"});
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
  std::unique_ptr<RocksStore> store_;
  MemoryLogs logs_;
  std::string out_, err_;
};

constexpr char kTwoHours[] = "2023-12-09T02:00:00Z";

TEST_F(ExplainTest, TheAnswerIsJsonOfExactNumbers) {
  StateOffer offer;
  ExplainService service(&offer, false);
  offer.Offer([this] { return store_->Snapshot(); }, plan_);
  const HttpResponse answer = Ask(&service, {{"kpi", "revenue"}, {"from", kTwoHours}, {"by", "channel"}, {"label", "channel=web"}});
  EXPECT_EQ(answer.code, 200u);
  EXPECT_EQ(answer.body,
            R"({"from":"2023-12-09T02:00:00Z","to":"2023-12-09T03:00:00Z","unit":"usd","name":"revenue","window":"2h",)"
            R"("total":{"from":"2001.0005","to":"2000.0005","change":"-1","entered":"0","left":"1","corrected":"0"},)"
            R"("series":{"count":1,"greatest":[{"labels":{"channel":"web","sales_region":""},"from":"2001.0005","to":"2000.0005","change":"-1","entered":"0","left":"1","corrected":"0"}]},)"
            R"("groups":[{"by":"channel","count":1,"greatest":[{"labels":{"channel":"web"},"from":"2001.0005","to":"2000.0005","change":"-1","entered":"0","left":"1","corrected":"0"}]}],"made_of":[]})"
            "\n");
}

TEST_F(ExplainTest, PeopleGetATable) {
  StateOffer offer;
  ExplainService service(&offer, true);
  offer.Offer([this] { return store_->Snapshot(); }, plan_);
  const HttpResponse answer = Ask(
      &service, {{"kpi", "revenue"}, {"from", kTwoHours}, {"by", "channel"}, {"limit", "1"}, {"format", "table"}});
  EXPECT_EQ(answer.body,
            "from 2023-12-09T02:00:00Z, as shown then, to 2023-12-09T03:00:00Z, in usd\n"
            "revenue, 2h: 2,001.0005 -> 3,500.0005: +1,499 = entered 1,500 - left 1 + corrected 0\n"
            "\n"
            "by channel\n"
            "               from     to  change  entered  left  corrected\n"
            "  channel=ads     -  1,500  +1,500    1,500     0          0\n"
            "  ... 1 more\n"
            "\n"
            "series\n"
            "                              from     to  change  entered  left  corrected\n"
            "  channel=ads, sales_region=     -  1,500  +1,500    1,500     0          0\n"
            "  ... 1 more\n");
  EXPECT_EQ(Ask(&service, {{"kpi", "buyers"}, {"from", kTwoHours}, {"ids", "true"}, {"format", "table"}}).body,
            "from 2023-12-09T02:00:00Z, as shown then, to 2023-12-09T03:00:00Z\n"
            "buyers, 2h: 2 -> 2: 0 = entered 1 - left 1 + corrected 0\n"
            "\n"
            "2 ids count\n"
            "       value          at, or since\n"
            "  bob      1  2023-12-09T02:01:00Z  entered\n"
            "  ann      1  2023-12-09T01:01:00Z\n");
}

TEST_F(ExplainTest, WhatCannotBeAnsweredSaysWhy) {
  StateOffer offer;
  ExplainService service(&offer, false);
  EXPECT_EQ(Ask(&service, {{"kpi", "revenue"}}).code, 503u) << "no state yet";
  offer.Offer([this] { return store_->Snapshot(); }, plan_);
  const struct {
    std::vector<std::pair<std::string_view, std::string_view>> query;
    unsigned code;
    const char* why;
  } kRows[] = {
      {{}, 400, "which KPI"},
      {{{"kpi", "revenue"}, {"form", "x"}}, 400, "nearest: from"},
      {{{"kpi", "revenue"}, {"from", "yesterday"}}, 400, "from: "},
      {{{"kpi", "revenue"}, {"limit", "0"}}, 400, "from 1 to 10000"},
      {{{"kpi", "revenue"}, {"limit", "10001"}}, 400, "from 1 to 10000"},
      {{{"kpi", "revenue"}, {"label", "channel"}}, 400, "NAME=VALUE"},
      {{{"kpi", "revenue"}, {"format", "xml"}}, 400, "json or table"},
      {{{"kpi", "revenue"}, {"window", "1h"}}, 400, "no window"},
      {{{"kpi", "revenues"}}, 404, "nearest: revenue"},
      {{{"kpi", "buyers"}, {"ids", "true"}}, 403, "web.enable_ids"},
  };
  for (const auto& row : kRows) {
    const HttpResponse answer = Ask(&service, row.query);
    EXPECT_EQ(answer.code, row.code) << answer.body;
    EXPECT_NE(answer.body.find(row.why), std::string::npos) << answer.body;
  }
  offer.Withdraw();
  const HttpResponse gone = Ask(&service, {{"kpi", "revenue"}});
  EXPECT_EQ(gone.code, 503u);
  EXPECT_GT(gone.retry_after_seconds, 0u);
}

TEST_F(ExplainTest, ASnapshotStaysWhileTheStoreGoesOn) {
  const std::shared_ptr<const Store> before = store_->Snapshot();
  Order(3 * kHour + 60, 5'000'000, "web", "eve");
  RunTo(4 * kHour);
  ExplainRequest request{"revenue", "lifetime"};
  const auto then = Explain(plan_, *before, request, [] { return true; }), now = Explain(plan_, *store_, request, [] { return true; });
  ASSERT_TRUE(then.ok() && now.ok());
  EXPECT_EQ(then->number.total->to.ToString(), "3501.0005");
  EXPECT_EQ(now->number.total->to.ToString(), "3506.0005");
  store_.reset();
  EXPECT_TRUE(Explain(plan_, *before, request, [] { return true; }).ok()) << "also without the store";
}

TEST_F(ExplainTest, TheCommandReadsAStateThatNobodyUses) {
  store_.reset();
  EXPECT_EQ(Command({"buyers", "--ids", "--config.file=" + dir_ + "/kpis.yaml"}), kExitOk) << err_;
  EXPECT_NE(out_.find("bob"), std::string::npos) << out_;
  EXPECT_EQ(Command({"revenue", "--window=lifetime", "--format=json", "--config.file=" + dir_ + "/kpis.yaml"}), kExitOk) << err_;
  EXPECT_EQ(out_.substr(0, 10), "{\"from\":\"2");
  EXPECT_EQ(Command({"revenu", "--config.file=" + dir_ + "/kpis.yaml"}), kExitFailure);
  EXPECT_NE(err_.find("nearest: revenue"), std::string::npos) << err_;
  EXPECT_EQ(Command({"revenue"}), kExitUsage);
  EXPECT_EQ(Command({"revenue", "--url=http://127.0.0.1:1"}), kExitFailure);
  EXPECT_EQ(Command({"revenue", "--limit=x", "--url=http://127.0.0.1:1"}), kExitUsage);
}

TEST_F(ExplainTest, WhileADaemonUsesTheStateItMustBeAsked) {
  store_.reset();
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t daemon = fork();
  if (daemon == 0) {
    const auto held = RocksStore::Open(dir_ + "/state", RocksOptions());
    static_cast<void>(!write(ready[1], held.ok() ? "y" : "n", 1));
    pause();
    _exit(0);
  }
  char answer = 'n';
  ASSERT_EQ(read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_EQ(Command({"revenue", "--config.file=" + dir_ + "/kpis.yaml"}), kExitLocked);
  EXPECT_NE(err_.find("--url=http://127.0.0.1:9470"), std::string::npos) << err_;
  kill(daemon, SIGKILL);
  waitpid(daemon, nullptr, 0);
  close(ready[0]);
  close(ready[1]);
}

}  // namespace
}  // namespace tidemark
