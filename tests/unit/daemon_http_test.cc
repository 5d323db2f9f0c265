#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>

#include "daemon/clock.h"
#include "daemon/http.h"
#include "daemon/routes.h"
#include "tests/unit/daemon_fake_view.h"
#include "tests/unit/daemon_http_client.h"

namespace tidemark {
namespace {

class HttpTest : public testing::Test {
 protected:
  HttpTest() : own_({}), routes_(&lifecycle_, &own_) { Start({}); }
  void Start(const HttpLimits& limits) {
    server_.reset();
    auto server = HttpServer::Start("127.0.0.1:0", limits, [this](const HttpRequest& r) { return routes_.Answer(r); });
    ASSERT_TRUE(server.ok()) << server.status().text();
    server_ = std::move(*server);
  }
  std::string Get(const std::string& path, const std::string& headers = "") {
    return Ask(server_->port(), "GET " + path, headers);
  }
  void Serve(std::shared_ptr<const View> view) {
    lifecycle_.Publish(std::move(view));
    lifecycle_.Progress(SteadyNow());
    lifecycle_.SetPhase(Phase::kRunning);
  }

  Lifecycle lifecycle_;
  OwnMetrics own_;
  Routes routes_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpTest, PortZeroIsARealPortThatIsNamed) {
  EXPECT_GT(server_->port(), 0);
  EXPECT_EQ(server_->address(), "127.0.0.1:" + std::to_string(server_->port()));
}

TEST_F(HttpTest, APortInUseIsAnErrorThatNamesIt) {
  const auto second = HttpServer::Start(server_->address(), {}, [](const HttpRequest&) { return HttpResponse(); });
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), Code::kUnavailable);
  EXPECT_TRUE(Contains(second.status().text(), server_->address())) << second.status().text();
}

TEST_F(HttpTest, MetricsHaveTheExactContentTypeOfTheirFormat) {
  Serve(SampleView());
  const std::string text = Get("/metrics");
  EXPECT_EQ(StatusLine(text), "HTTP/1.1 200 OK");
  EXPECT_TRUE(Contains(text, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n")) << text.substr(0, 400);
  EXPECT_TRUE(Contains(text, "X-Content-Type-Options: nosniff\r\n"));
  EXPECT_FALSE(Contains(text, "Access-Control-Allow"));
  EXPECT_TRUE(Contains(text, "sales_leads_created{channel=\"web\",window=\"24h\"} 3\n"));
  const std::string open = Get("/metrics", "Accept: application/openmetrics-text;version=1.0.0\r\n");
  EXPECT_TRUE(Contains(open, "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"));
  EXPECT_TRUE(open.size() > 6 && open.substr(open.size() - 6) == "# EOF\n");
}

TEST_F(HttpTest, GzipIsSentToThoseWhoAccept) {
  Serve(SampleView());
  const std::string answer = Get("/metrics", "Accept-Encoding: gzip\r\n");
  EXPECT_TRUE(Contains(answer, "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(Body(answer).substr(0, 2), "\x1f\x8b");
}

TEST_F(HttpTest, HeadHasTheHeadersOfGetAndNoBody) {
  Serve(SampleView());
  for (const char* path : {"/metrics", "/-/healthy", "/api/v1/kpis"}) {
    const std::string answer = Ask(server_->port(), std::string("HEAD ") + path);
    EXPECT_EQ(StatusLine(answer), "HTTP/1.1 200 OK") << path;
    EXPECT_EQ(Body(answer), "") << path;
    EXPECT_FALSE(Contains(answer, "Content-Length: 0\r\n")) << path;
  }
}

TEST_F(HttpTest, OtherMethodsAreRefusedWithWhatIsAllowed) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    const std::string answer = Ask(server_->port(), std::string(method) + " /metrics", "Content-Length: 0\r\n");
    EXPECT_TRUE(Contains(StatusLine(answer), " 405 ")) << method << ": " << answer;
    EXPECT_TRUE(Contains(answer, "Allow: GET, HEAD\r\n")) << method;
  }
}

TEST_F(HttpTest, UnknownPathsAreNotFound) {
  Serve(SampleView());
  for (const char* path : {"/nothing", "/-/quit", "/metrics/", "/api/v1/none", "/api/v1/kpis?kpi=none"}) {
    EXPECT_TRUE(Contains(StatusLine(Get(path)), " 404 ")) << path;
  }
}

TEST_F(HttpTest, AReloadHasToBeEnabledAndPosted) {
  EXPECT_TRUE(Contains(StatusLine(Ask(server_->port(), "POST /-/reload", "Content-Length: 0\r\n")), " 403 "));
  int reloads = 0;
  Status outcome = Status::Ok();
  Routes routes(&lifecycle_, &own_, {.reload = [&] {
    ++reloads;
    return outcome;
  }});
  auto server = HttpServer::Start("127.0.0.1:0", {}, [&](const HttpRequest& r) { return routes.Answer(r); });
  ASSERT_TRUE(server.ok());
  const uint16_t port = (*server)->port();
  EXPECT_TRUE(Contains(StatusLine(Ask(port, "GET /-/reload")), " 405 "));
  EXPECT_EQ(reloads, 0);
  EXPECT_TRUE(Contains(StatusLine(Ask(port, "POST /-/reload", "Content-Length: 0\r\n")), " 200 "));
  outcome = Invalid("a.yaml:1:1: wrong");
  const std::string refused = Ask(port, "PUT /-/reload", "Content-Length: 0\r\n");
  EXPECT_TRUE(Contains(StatusLine(refused), " 400 "));
  EXPECT_TRUE(Contains(refused, "a.yaml:1:1: wrong"));
  EXPECT_EQ(reloads, 2);
  EXPECT_TRUE(Contains(StatusLine(Ask(port, "POST /-/reload", "Content-Length: 5\r\n")), " 400 ")) << "a body";
}

TEST_F(HttpTest, TheApiIsWithheldUntilRestored) {
  lifecycle_.SetPhase(Phase::kRestoring);
  EXPECT_TRUE(Contains(StatusLine(Get("/api/v1/kpis")), " 503 "));
  EXPECT_TRUE(Contains(StatusLine(Get("/-/ready")), " 503 "));
  EXPECT_EQ(Body(Get("/-/ready")), "restoring the stored state\n");
  EXPECT_TRUE(Contains(StatusLine(Get("/-/healthy")), " 200 "));
  EXPECT_TRUE(Contains(Get("/metrics"), "tidemark_state_complete 0\n"));
}

TEST_F(HttpTest, TheApiGivesValuesAsExactStrings) {
  Serve(SampleView());
  const std::string body = Body(Get("/api/v1/kpis?kpi=revenue"));
  EXPECT_TRUE(Contains(body, "{\"labels\":{},\"window\":\"24h\",\"value\":\"2030270.94\",\"samples\":1}")) << body;
  EXPECT_TRUE(Contains(body, "{\"labels\":{},\"window\":\"7d\",\"value\":null,\"samples\":1}")) << body;
  EXPECT_FALSE(Contains(body, "leads_created"));
  const std::string breaches = Body(Get("/api/v1/breaches"));
  EXPECT_TRUE(Contains(breaches, "\"rule\":\"few_leads\"")) << breaches;
  EXPECT_TRUE(Contains(breaches, "\"state\":\"firing\",\"observed\":\"3\"")) << breaches;
}

TEST_F(HttpTest, HostileLabelsLeaveTheJsonWhole) {
  Serve(SampleView());
  EXPECT_TRUE(Contains(Body(Get("/api/v1/kpis?kpi=leads_created")), R"("channel":"we \"said\" \\ no\u000amore")"));
}

TEST_F(HttpTest, HeadersBeyondTheLimitAreRefusedAndOthersStillServed) {
  const std::string answer = Get("/metrics", "X-Long: " + std::string(200'000, 'a') + "\r\n");
  EXPECT_FALSE(Contains(StatusLine(answer), " 200 ")) << StatusLine(answer);
  EXPECT_TRUE(Contains(StatusLine(Get("/-/healthy")), " 200 "));
}

TEST_F(HttpTest, NonsenseIsAnsweredWithoutHarm) {
  for (const std::string& bytes : {std::string("\0\xff\r\n\r\n", 6), std::string("GET\r\n\r\n"),
                                   std::string("GET /metrics HTTP/9.9\r\n\r\n"), std::string(100'000, 'G')}) {
    Client client(server_->port());
    client.Send(bytes);
    client.Send("\r\n\r\n");
  }
  EXPECT_TRUE(Contains(StatusLine(Get("/-/healthy")), " 200 "));
}

TEST_F(HttpTest, AnIdleConnectionIsClosed) {
  HttpLimits limits;
  limits.idle_seconds = 1;
  Start(limits);
  Client client(server_->port());
  client.Send("GET /metrics HT");  // and no more
  const Duration begin = SteadyNow();
  const std::string answer = client.ReceiveAll();
  EXPECT_FALSE(Contains(answer, " 200 "));
  EXPECT_LT(SteadyNow() - begin, std::chrono::seconds(4)) << "closed by the server, not given up by the client";
}

TEST_F(HttpTest, OneClientCannotTakeAllConnections) {
  HttpLimits limits;
  limits.max_connections = 8;
  limits.threads = 1;
  Start(limits);
  std::vector<std::unique_ptr<Client>> held;
  for (int i = 0; i < 20; ++i) held.push_back(std::make_unique<Client>(server_->port()));
  held[19]->Send("GET /-/healthy HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(held[19]->ReceiveAll(), "") << "beyond the limit: closed unanswered";
  held.clear();
  std::string answer;
  for (int tries = 0; tries < 100 && answer.empty(); ++tries) answer = Get("/-/healthy");
  EXPECT_TRUE(Contains(StatusLine(answer), " 200 "));
}

TEST_F(HttpTest, ErrorsOfTheApiHaveOneShape) {
  Serve(SampleView());
  const struct {
    const char* request;
    const char* code;
    const char* word;
  } kRows[] = {
      {"GET /api/v1/kpis?kpi=revenu", " 404 ", "not_found"},          {"GET /api/v1/nothing", " 404 ", "not_found"},
      {"GET /api/nothing", " 404 ", "not_found"},                     {"GET /api/v1/kpis?kpi=revenue&window=1y", " 400 ", "invalid"},
      {"GET /api/v1/kpis?kpi=revenue&label=a=b", " 400 ", "invalid"}, {"GET /api/v1/kpis?label=a", " 400 ", "invalid"},
      {"GET /api/v1/kpis?limit=0", " 400 ", "invalid"},               {"GET /api/v1/kpis?kip=revenue", " 400 ", "invalid"},
      {"GET /api/v1/breaches?limit=x", " 400 ", "invalid"},           {"GET /api/v1/overview?kpi=revenue", " 400 ", "invalid"},
      {"POST /api/v1/kpis", " 405 ", "method_not_allowed"},           {"DELETE /api/v1/kpis", " 405 ", "method_not_allowed"},
      {"POST /api/v1/openapi.yaml", " 405 ", "method_not_allowed"},   {"GET /api/v1/status?x=1", " 400 ", "invalid"},
  };
  for (const auto& row : kRows) {
    const std::string answer = Ask(server_->port(), row.request);
    EXPECT_TRUE(Contains(StatusLine(answer), row.code)) << row.request << ": " << answer;
    EXPECT_TRUE(Body(answer).starts_with(std::string(R"({"error":{"code":")") + row.word + R"(","message":")")) << row.request << ": " << answer;
  }
  Serve(nullptr);
  for (const char* path : {"/api/v1/kpis", "/api/v1/breaches", "/api/v1/overview"}) {
    EXPECT_EQ(Body(Get(path)), "{\"error\":{\"code\":\"unavailable\",\"message\":\"restoring the stored state\"}}\n") << path;
  }
}

TEST_F(HttpTest, ValuesAreChosenAndCounted) {
  Serve(SampleView());
  const std::string web = Body(Get("/api/v1/kpis?kpi=leads_created&label=channel=web&window=24h"));
  EXPECT_TRUE(Contains(web, R"("series":[{"labels":{"channel":"web"},"window":"24h","value":"3","samples":1}],"count":1,"truncated":false})")) << web;
  const std::string one = Body(Get("/api/v1/kpis?kpi=leads_created&limit=1"));
  EXPECT_TRUE(Contains(one, R"("count":4,"truncated":true)")) << one;
  EXPECT_TRUE(Contains(Body(Get("/api/v1/breaches?limit=1")), R"("count":1,"truncated":false)"));
}

TEST_F(HttpTest, TheOverviewSumsWhatAddsUpAndElseShowsTheSeriesThatLeads) {
  auto view = SampleView();
  view->kpi_infos[0].additive = true;
  KpiInfo avg{.name = "order_value", .family = "", .help = "", .unit = "usd", .labels = {"channel"}, .windows = {"24h"}};
  const KpiId id = view->AddKpi(avg);
  view->AddSeries(id, {"web"}, {Exactly(10)});
  view->AddSeries(id, {"ads"}, {Exactly(20)});
  view->series[id.v][1].values[0].second = 7;
  KpiInfo compare{.name = "leads_created_compare", .family = "", .help = "", .unit = "", .labels = {"channel", "compare"}, .windows = {"24h"},
                  .made_of = "leads_created", .derived = "compare"};
  const KpiId before = view->AddKpi(compare);
  view->AddSeries(before, {"web", "previous"}, {Exactly(2)});
  view->AddSeries(before, {"ads", "previous"}, {Exactly(3)});
  Serve(view);
  const std::string body = Body(Get("/api/v1/overview?window=24h"));
  EXPECT_TRUE(Contains(body, R"("value":"3","samples":2,"series":2,"total":true,)")) << body;
  EXPECT_TRUE(Contains(body, R"("compare":{"previous":"5"})")) << body;
  EXPECT_TRUE(Contains(body, R"("value":"20","samples":7,"series":2,"total":false,"labels":{"channel":"ads"})")) << body;
  EXPECT_FALSE(Contains(body, "leads_created_compare")) << "shown with the KPI it is made of";
  const std::string web = Body(Get("/api/v1/overview?label=channel=web"));
  EXPECT_TRUE(Contains(web, R"("name":"order_value")") && !Contains(web, R"("name":"revenue")")) << web;
  EXPECT_TRUE(Contains(web, R"("value":"10")")) << web;
}

// Says when it is read, and lets its first reader go on when it is told to.
class HeldView final : public FakeView {
 public:
  void ForEach(KpiId kpi, const SeriesVisitor& visit) const override {
    if (!read_.exchange(true)) {
      reading.set_value();
      go_on.get_future().wait();
    }
    FakeView::ForEach(kpi, visit);
  }
  mutable std::promise<void> reading, go_on;

 private:
  mutable std::atomic<bool> read_ = false;
};

TEST_F(HttpTest, OverviewsNeverHoldMoreThanOneThread) {
  const auto view = std::make_shared<HeldView>();
  const KpiId id = view->AddKpi({.name = "calls", .family = "", .help = "", .unit = "", .labels = {}, .windows = {"24h"}, .additive = true});
  view->AddSeries(id, {}, {Exactly(5)});
  Serve(view);
  auto held = std::async(std::launch::async, [&] { return Get("/api/v1/overview"); });
  view->reading.get_future().wait();
  const std::string refused = Get("/api/v1/overview?window=1h");
  EXPECT_TRUE(Contains(StatusLine(refused), " 503 ")) << refused;
  EXPECT_TRUE(Contains(refused, "another overview is being made; ask again")) << refused;
  EXPECT_TRUE(Contains(StatusLine(Get("/metrics")), " 200 "));
  view->go_on.set_value();
  EXPECT_TRUE(Contains(held.get(), R"("value":"5")"));
  EXPECT_TRUE(Contains(Get("/api/v1/overview?window=1h"), R"("value":"5")"));
}

TEST_F(HttpTest, RequestsAreCountedByAFixedSetOfHandlers) {
  Get("/made/up/1");
  Get("/made/up/2");
  EXPECT_TRUE(Contains(Get("/metrics"), "tidemark_http_requests_total{code=\"404\",handler=\"other\"} 2"));
}

TEST(ListenAddress, IsHostAndPort) {
  const struct {
    const char* text;
    const char* host;  // null: refused
    const char* port;
  } kRows[] = {{"0.0.0.0:9464", "0.0.0.0", "9464"}, {":0", "", "0"},         {"[::1]:80", "::1", "80"},
               {"localhost:1", "localhost", "1"},   {"9464", nullptr, ""},   {"host:", nullptr, ""},
               {"host:99999", nullptr, ""},         {"::1:80", nullptr, ""}, {"host:-1", nullptr, ""},
               {"host:http", nullptr, ""}};
  for (const auto& row : kRows) {
    const auto parsed = ParseListenAddress(row.text);
    ASSERT_EQ(parsed.ok(), row.host != nullptr) << row.text;
    if (!parsed.ok()) continue;
    EXPECT_EQ(parsed->host, row.host) << row.text;
    EXPECT_EQ(parsed->port, row.port) << row.text;
  }
}

}  // namespace
}  // namespace tidemark
