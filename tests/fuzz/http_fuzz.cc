// Requests as the server hands them on, to every handler, over a state with history. By lines: GET or POST with a path and
// its query, then Accept, then Accept-Encoding.
#include <simdjson.h>

#include <memory>
#include <set>

#include "config/config.h"
#include "daemon/clock.h"
#include "daemon/explain_service.h"
#include "daemon/history_service.h"
#include "daemon/report_service.h"
#include "daemon/routes.h"
#include "pipeline/engine/engine.h"
#include "pipeline/engine/memory_source.h"
#include "pipeline/store/memory_store.h"
#include "tests/fuzz/fuzz.h"
#include "tidemark/events/v1/event.pb.h"

namespace {

using namespace tidemark;
using testing::Expect;

constexpr char kConfig[] = R"(kafka: {brokers: "b:1"}
topics: [crm]
kpis:
  - {name: revenue, unit: usd, sum: order.amount, where: 'order.currency == "USD"', on: order.paid, by: {channel: order.channel, sales_region: order.region},
     windows: [2h, 30h, today], compare: [previous], target: {today: 100}}
  - {name: orders, count: true, on: order.paid, by: {channel: order.channel}, windows: [2h, 30h]}
  - {name: order_value, formula: revenue / orders, by: [channel], windows: [2h, 30h]}
  - {name: order_size, unit: usd, quantiles: order.amount, where: 'order.currency == "USD"', stats: [p50], on: order.paid, windows: [2h]}
  - {name: buyers, active: order.customer, on: order.paid, windows: [30h]}
rules:
  - {name: few_orders, kpi: orders, window: 2h, below: 3}
)";
constexpr int64_t kStart = 19'700 * 86'400, kHour = 3600;

// A daemon's parts over a state of three hours.
struct World {
  World() {
    Specs specs;
    Diagnostics diagnostics;
    ParseConfig("kpis.yaml", kConfig, &specs, &diagnostics);
    specs.time.max_hold = std::chrono::hours(10'000);
    plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
    Expect(plan != nullptr, diagnostics.ToString());
    Run();
    state.Offer([this] { return std::shared_ptr<const Store>(std::shared_ptr<void>(), &store); }, plan);
    lifecycle.Progress(SteadyNow());
    lifecycle.SetPhase(Phase::kRunning);
  }

  void Run() {
    MemoryLogs logs;
    logs[{"crm", 0}];
    MemorySource source(&logs);
    auto engine = Engine::Open(plan, &store, &source, WallTimeFromMicros(kStart * kMicrosPerSecond));
    Expect(engine.ok(), engine.status().text());
    for (int64_t n = 0; n < 12; ++n) {
      events::v1::Event e;
      e.set_id(std::to_string(n));
      e.mutable_time()->set_seconds(kStart + n * kHour / 4);
      auto* order = e.mutable_order_paid()->mutable_order();
      order->set_amount_micros(n * 1'250'000);
      order->set_currency("USD");
      order->set_channel(n % 3 == 0 ? "web" : "a \"b\" \\ \xc3\x84\n</script>");
      order->set_region(n % 2 == 0 ? "emea" : "");
      order->set_customer("c" + std::to_string(n % 5));
      logs[{"crm", 0}].Append(e.SerializeAsString());
      WallTime now = WallTimeFromMicros((kStart + (n + 1) * kHour / 4) * kMicrosPerSecond);
      source.ProveAt(now);
      for (int step = 0; step < 4; ++step) Expect((*engine)->Step(now += std::chrono::milliseconds(500)).ok(), "a step");
    }
    Expect((*engine)->Stop(WallTimeFromMicros((kStart + 4 * kHour) * kMicrosPerSecond)).ok(), "a stop");
    lifecycle.Publish((*engine)->view());
  }

  std::shared_ptr<const Plan> plan;
  MemoryStore store;
  Lifecycle lifecycle;
  StateOffer state;
  OwnMetrics own{{}};
  ExplainService explain{&state, true};
  HistoryService history{&state, &lifecycle};
  ReportService report{&state, &lifecycle};
  Routes routes{&lifecycle, &own, {[] { return Status::Ok(); }, {}, [this](const HttpRequest& r) { return explain.Answer(r); },
                                   [this](const HttpRequest& r) { return history.Answer(r); }, [this](const HttpRequest& r) { return report.Answer(r); }}};
};

bool IsJson(const std::string& text) {
  static simdjson::dom::parser parser;
  const simdjson::padded_string padded(text);
  simdjson::dom::element root;
  return parser.parse(padded).get(root) == simdjson::SUCCESS;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto world = std::make_unique<World>();
  testing::Bytes lines(data, size);
  std::string_view target = lines.Line();
  HttpRequest request;
  request.post = target.starts_with("POST ");
  target.remove_prefix(std::min(target.size(), target.find(' ') + 1));
  request.path = target.substr(0, target.find('?'));
  target.remove_prefix(std::min(target.size(), request.path.size() + 1));
  while (!target.empty()) {
    const std::string_view pair = target.substr(0, target.find('&'));
    target.remove_prefix(std::min(target.size(), pair.size() + 1));
    const size_t equals = pair.find('=');
    request.query.emplace_back(pair.substr(0, equals), equals == std::string_view::npos ? "" : pair.substr(equals + 1));
  }
  request.accept = lines.Line();
  request.accept_encoding = lines.Line();
  const HttpResponse response = world->routes.Answer(request);
  static const std::set<unsigned> kCodes = {200, 400, 403, 404, 405, 503};
  Expect(kCodes.contains(response.code), [&] { return "a status code: " + std::to_string(response.code); });
  if (response.content_type.find("json") != std::string_view::npos && !response.gzip) {
    Expect(IsJson(response.body), [&] { return "JSON: " + response.body.substr(0, 400); });
  }
  return 0;
}
