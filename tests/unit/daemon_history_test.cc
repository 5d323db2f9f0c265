// /api/v1/history against what the engine showed at those hours, over a real state directory.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "config/config.h"
#include "daemon/history_service.h"
#include "pipeline/engine/engine.h"
#include "pipeline/explain/history.h"
#include "pipeline/rocksdb/rocks_store.h"
#include "pipeline/store/memory_store.h"
#include "tests/fakes/log_source.h"
#include "tidemark/events/v1/event.pb.h"

namespace tidemark {
namespace {

constexpr char kConfig[] = R"(kafka: {brokers: "127.0.0.1:1"}
topics: [crm]
kpis:
  - {name: revenue, unit: usd, sum: order.amount, on: order.paid, by: {channel: order.channel, sales_region: order.region},
     windows: [2h, 30h, today], compare: [previous], target: {today: 100}}
  - {name: orders, count: true, on: order.paid, by: {channel: order.channel}, windows: [2h, 30h]}
  - {name: order_value, formula: revenue / orders, by: [channel], windows: [2h, 30h]}
  - {name: order_size, unit: usd, quantiles: order.amount, stats: [p50], on: order.paid, windows: [2h]}
  - {name: buyers, active: order.customer, on: order.paid, windows: [30h]}
)";
constexpr int64_t kStart = 19'700 * 86'400, kHour = 3600;

class HistoryTest : public testing::Test {
 protected:
  using Values = std::map<std::tuple<std::string, std::string, std::vector<std::string>>, std::string>;  // by KPI, window, labels

  HistoryTest() : dir_(testing::TempDir() + "daemon_history." + std::to_string(getpid())) {
    plan_ = Compile(kConfig);
    Open();
    logs_[{"crm", 0}];
  }
  ~HistoryTest() override { std::filesystem::remove_all(dir_); }
  static std::shared_ptr<const Plan> Compile(const std::string& yaml) {
    Specs specs;
    Diagnostics diagnostics;
    ParseConfig("kpis.yaml", yaml, &specs, &diagnostics);
    specs.time.max_hold = std::chrono::hours(10'000);
    auto plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
    EXPECT_TRUE(plan != nullptr) << diagnostics.ToString();
    return plan;
  }
  void Open() {
    RocksOptions options;
    options.min_free_disk_bytes = 0;
    auto store = RocksStore::Open(dir_, options);
    ASSERT_TRUE(store.ok()) << store.status().text();
    store_ = std::move(store).value();
  }
  void Order(int64_t seconds, int64_t micros, const std::string& channel) {
    events::v1::Event e;
    auto* order = e.mutable_order_paid()->mutable_order();
    order->set_amount_micros(micros);
    order->set_channel(channel);
    order->set_region(seconds % 2 == 0 ? "emea" : "apac");
    order->set_customer("c" + std::to_string(seconds % 7));
    e.set_id(std::to_string(seconds) + channel);
    e.mutable_time()->set_seconds(kStart + seconds);
    logs_[{"crm", 0}].Append(e.SerializeAsString());
  }
  // One engine, hour by hour; keeps what it showed at each.
  void Run(int64_t hours) {
    LogSource source(&logs_);
    auto engine = Engine::Open(plan_, store_.get(), &source, WallTimeFromMicros(kStart * kMicrosPerSecond));
    ASSERT_TRUE(engine.ok()) << engine.status().text();
    for (int64_t h = 0; h <= hours; ++h) {
      for (int64_t n = 0; h > 0 && n < 3; ++n) Order((h - 1) * kHour + 600 * n + 7 * h, (h * 37 + n) * 1'000'000, n == 1 ? "ads" : "web");
      WallTime now = WallTimeFromMicros((kStart + h * kHour) * kMicrosPerSecond);
      source.ProveAt(now);
      for (int n = 0; n < 8; ++n) ASSERT_TRUE((*engine)->Step(now += std::chrono::milliseconds(500)).ok());
      shown_[EventTimeFromMicros((kStart + h * kHour) * kMicrosPerSecond)] = Read(*(*engine)->view());
    }
    ASSERT_TRUE((*engine)->Stop(WallTimeFromMicros((kStart + hours * kHour + 60) * kMicrosPerSecond)).ok());
    lifecycle_.Publish((*engine)->view());
  }
  static Values Read(const View& view) {
    Values values;
    for (uint32_t k = 0; k < view.kpis().size(); ++k) {
      const KpiInfo& kpi = view.kpis()[k];
      view.ForEach(KpiId{k}, [&](const SeriesValue& s) { values[{kpi.name, kpi.windows[s.window], s.labels.values}] = s.value.ToString(); });
    }
    return values;
  }
  HttpResponse Ask(HistoryService* service, std::vector<std::pair<std::string_view, std::string_view>> query) {
    HttpRequest request;
    request.query = std::move(query);
    return service->Answer(request);
  }

  const std::string dir_;
  std::shared_ptr<const Plan> plan_;
  std::unique_ptr<RocksStore> store_;
  MemoryLogs logs_;
  Lifecycle lifecycle_;
  std::map<EventTime, Values> shown_;
};

TEST_F(HistoryTest, EveryHourIsAsTheEngineShowedIt) {
  Run(52);
  const auto history = History::Open(plan_, store_.get());
  ASSERT_TRUE(history.ok());
  std::vector<KpiId> kpis;
  for (uint32_t k = 0; k < plan_->kpis().size(); ++k) kpis.push_back(KpiId{k});
  size_t compared = 0;
  const std::vector<EventTime> instants = history->Instants(kpis);
  EXPECT_GE(instants.size(), 49u);
  for (const EventTime at : instants) {
    Values values;
    ASSERT_TRUE(history->ForEachAt(at, kpis, [&](KpiId id, const SeriesValue& s) {
      const KpiInfo& kpi = plan_->kpi_infos()[id.v];
      values[{kpi.name, kpi.windows[s.window], s.labels.values}] = s.value.ToString();
    }).ok());
    if (!shown_.contains(at)) {
      EXPECT_TRUE(values.empty()) << FormatRfc3339(at) << ": before there was anything";
      continue;
    }
    EXPECT_EQ(values, shown_[at]) << FormatRfc3339(at);
    compared += values.size();
  }
  EXPECT_GT(compared, 1000u);
}

TEST_F(HistoryTest, TheAnswerHasPointsAndWhatIsNow) {
  Run(3);
  StateOffer offer;
  offer.Offer([this] { return store_->Snapshot(); }, plan_);
  HistoryService service(&offer, &lifecycle_);
  const HttpResponse total = Ask(&service, {{"kpi", "orders"}, {"window", "30h"}, {"by", ""}});
  EXPECT_EQ(total.code, 200u);
  EXPECT_NE(total.body.find(R"("series":[{"labels":{},"now":"9","values":[)"), std::string::npos) << total.body;
  EXPECT_NE(total.body.find(R"("3","6","9"]}],"truncated":false,"partial":false})"), std::string::npos) << total.body;
  const HttpResponse split = Ask(&service, {{"kpi", "revenue"}, {"window", "30h"}, {"by", "channel"}, {"limit", "1"}});
  EXPECT_NE(split.body.find(R"("series":[{"labels":{"channel":"web"},"now":"450",)"), std::string::npos) << split.body;
  EXPECT_NE(split.body.find(R"("truncated":true)"), std::string::npos) << split.body;
  const HttpResponse ads = Ask(&service, {{"kpi", "order_value"}, {"window", "30h"}, {"label", "channel=ads"}});
  EXPECT_NE(ads.body.find(R"("38","56.5","75"]}])"), std::string::npos) << ads.body;
}

TEST_F(HistoryTest, WhatCannotBeAnsweredSaysWhy) {
  Run(1);
  StateOffer offer;
  HistoryService service(&offer, &lifecycle_);
  EXPECT_EQ(Ask(&service, {{"kpi", "revenue"}}).code, 503u) << "no state yet";
  offer.Offer([this] { return store_->Snapshot(); }, plan_);
  const struct {
    std::vector<std::pair<std::string_view, std::string_view>> query;
    unsigned code;
    const char* why;
  } kRows[] = {
      {{}, 400, "which KPI"},
      {{{"kpi", "revenues"}}, 404, "nearest: revenue"},
      {{{"kpi", "revenue"}, {"window", "1h"}}, 400, "no window"},
      {{{"kpi", "revenue"}, {"by", "rep"}}, 400, "no label"},
      {{{"kpi", "order_value"}, {"by", ""}}, 400, "does not add up"},
      {{{"kpi", "revenue"}, {"limit", "201"}}, 400, "from 1 to 200"},
      {{{"kpi", "revenue"}, {"from", "x"}}, 400, "nothing that can be asked"},
      {{{"kpis", "all"}}, 400, "overview"},
      {{{"kpis", "overview"}, {"kpi", "revenue"}}, 400, "nothing that can be asked"},
  };
  for (const auto& row : kRows) {
    const HttpResponse answer = Ask(&service, row.query);
    EXPECT_EQ(answer.code, row.code) << answer.body;
    EXPECT_NE(answer.body.find(row.why), std::string::npos) << answer.body;
  }
  {
    const StateOffer::Turn turn(&offer);
    ASSERT_TRUE(turn);
    EXPECT_EQ(Ask(&service, {{"kpi", "orders"}, {"limit", "7"}}).code, 503u) << "one question at a time";
  }
  EXPECT_EQ(Ask(&service, {{"kpi", "orders"}, {"limit", "7"}}).code, 200u);
  const StateOffer::Turn turn(&offer);
  EXPECT_EQ(Ask(&service, {{"kpi", "orders"}, {"limit", "7"}}).code, 200u) << "what is kept waits for nobody";
  offer.Withdraw();
  EXPECT_EQ(Ask(&service, {{"kpi", "revenue"}}).code, 503u);
}

TEST_F(HistoryTest, AWindowThatIsNewHasNoPast) {
  Run(3);
  std::string yaml = kConfig;
  yaml.replace(yaml.find("windows: [2h, 30h]}"), 19, "windows: [2h, 30h, 3h]}");
  const std::shared_ptr<const Plan> wider = Compile(yaml);
  const auto history = History::Open(wider, store_.get());
  ASSERT_TRUE(history.ok());
  const std::vector<KpiId> orders = {KpiId{1}};
  std::set<std::string> windows;
  for (const EventTime at : history->Instants(orders)) {
    ASSERT_TRUE(history->ForEachAt(at, orders, [&](KpiId, const SeriesValue& s) { windows.insert(wider->kpi_infos()[1].windows[s.window]); }).ok());
  }
  EXPECT_EQ(windows, (std::set<std::string>{"2h", "30h"}));
}

TEST_F(HistoryTest, TheOverviewIsReadBesideAndOnlyOnce) {
  Run(3);
  StateOffer offer;
  offer.Offer([this] { return store_->Snapshot(); }, plan_);
  HistoryService service(&offer, &lifecycle_);
  const StateOffer::Turn turn(&offer);  // it needs none
  HttpResponse answer;
  for (int tries = 0; tries < 500; ++tries) {
    answer = Ask(&service, {{"kpis", "overview"}, {"window", "30h"}});
    if (answer.code == 200) break;
    EXPECT_EQ(answer.code, 503u);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ASSERT_EQ(answer.code, 200u) << answer.body;
  EXPECT_NE(answer.body.find(R"("orders":{"window":"30h","total":true,"labels":{},"values":[)"), std::string::npos) << answer.body;
  EXPECT_NE(answer.body.find("3,6,9]}"), std::string::npos) << answer.body;
  EXPECT_EQ(answer.body.find("revenue_compare"), std::string::npos);
}

// Between a reload and the first view of it.
TEST_F(HistoryTest, TheOverviewPutsNoNumberUnderAnotherConfiguration) {
  Run(3);
  std::string yaml = kConfig;
  yaml.replace(yaml.find("windows: [2h, 30h]}"), 19, "windows: [30h, 2h]}");
  MemoryStore empty;
  MemoryLogs logs;
  MemorySource source(&logs);
  const auto other = Engine::Open(Compile(yaml), &empty, &source, WallTimeFromMicros(kStart * kMicrosPerSecond));
  ASSERT_TRUE(other.ok());
  const std::shared_ptr<const View> right = lifecycle_.view();
  lifecycle_.Publish((*other)->view());
  StateOffer offer;
  offer.Offer([this] { return store_->Snapshot(); }, plan_);
  HistoryService service(&offer, &lifecycle_);
  for (int tries = 0; tries < 30; ++tries) {
    EXPECT_EQ(Ask(&service, {{"kpis", "overview"}, {"window", "30h"}}).code, 503u);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  lifecycle_.Publish(right);
  HttpResponse answer;
  for (int tries = 0; tries < 500 && answer.body.find("3,6,9]}") == std::string::npos; ++tries) {
    answer = Ask(&service, {{"kpis", "overview"}, {"window", "30h"}});
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_NE(answer.body.find("3,6,9]}"), std::string::npos) << answer.body;
}

}  // namespace
}  // namespace tidemark
