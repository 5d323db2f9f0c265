// Commands that ask a running daemon, against the server that daemons have.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "daemon/cli/cli.h"
#include "daemon/clock.h"
#include "daemon/exit_code.h"
#include "daemon/http.h"
#include "daemon/http_client.h"
#include "daemon/routes.h"
#include "tests/unit/daemon_fake_view.h"

namespace tidemark {
namespace {

class ClientTest : public testing::Test {
 protected:
  ClientTest() : own_({}), routes_(&lifecycle_, &own_) {
    Serve([this](const HttpRequest& request) { return routes_.Answer(request); });
  }
  void Serve(HttpServer::Handler handler) {
    server_ = std::move(*HttpServer::Start("127.0.0.1:0", {}, std::move(handler)));
    url_ = "http://127.0.0.1:" + std::to_string(server_->port());
  }
  int Check(const char* what, std::vector<std::string> more = {}) {
    const std::string url = "--url=" + url_;
    std::vector<const char*> argv = {"tidemark", "check", what, url.c_str()};
    for (const std::string& arg : more) argv.push_back(arg.c_str());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = RunCommandLine(static_cast<int>(argv.size()), argv.data());
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return code;
  }

  Lifecycle lifecycle_;
  OwnMetrics own_;
  Routes routes_;
  std::unique_ptr<HttpServer> server_;
  std::string url_, out_, err_;
};

TEST_F(ClientTest, ARestoringDaemonIsHealthyAndNotReady) {
  lifecycle_.SetPhase(Phase::kRestoring);
  EXPECT_EQ(Check("healthy"), kExitOk) << err_;
  EXPECT_EQ(Check("ready"), kExitFailure);
  EXPECT_EQ(out_, "");
  EXPECT_EQ(err_, "restoring the stored state\n");
}

TEST_F(ClientTest, ADaemonThatIsReadySaysSo) {
  auto view = std::make_shared<FakeView>();
  view->AddPartition("crm.events", 0);
  lifecycle_.Publish(view);
  lifecycle_.Progress(SteadyNow());
  lifecycle_.SetPhase(Phase::kRunning);
  EXPECT_EQ(Check("ready"), kExitOk) << err_;
  EXPECT_EQ(out_, "ready\n");
}

TEST_F(ClientTest, NobodyThereIsAFailureWithAReason) {
  server_.reset();
  EXPECT_EQ(Check("healthy"), kExitFailure);
  EXPECT_NE(err_.find("tidemark: " + url_ + ": "), std::string::npos) << err_;
}

TEST_F(ClientTest, SomebodyElseThereIsAFailure) {
  Serve([](const HttpRequest&) {
    HttpResponse response;
    response.code = 404;
    response.body = "no such page\n";
    return response;
  });
  EXPECT_EQ(Check("ready"), kExitFailure);
  EXPECT_EQ(err_, "answers 404: no such page\n");
}

TEST_F(ClientTest, AnAddressThatCannotBeOneIsRefused) {
  const std::string real = url_;
  for (const char* url : {"file:///etc/passwd", "127.0.0.1:9464", "http://", "ftp://127.0.0.1/", "http://me:secret@127.0.0.1/"}) {
    url_ = url;
    EXPECT_EQ(Check("ready"), kExitUsage) << url;
    EXPECT_EQ(err_.find("secret"), std::string::npos) << err_;
  }
  url_ = real;
  EXPECT_EQ(Check("ready", {"--web.password-file=/none"}), kExitUsage) << "of whom?";
  EXPECT_EQ(Check("ready", {"--web.username=me", "--web.password-file=/none"}), kExitFailure);
  EXPECT_NE(err_.find("/none: cannot be read"), std::string::npos) << err_;
}

TEST_F(ClientTest, WhatIsAskedArrivesAsItWasMeant) {
  std::string asked;
  Serve([&](const HttpRequest& request) {
    asked = request.path;
    for (const auto& [name, value] : request.query) asked += "|" + std::string(name) + "|" + std::string(value);
    asked += request.post ? "|post" : "";
    return HttpResponse();
  });
  const std::vector<std::pair<std::string, std::string>> query = {{"kpi", "a&b=c +%/?#"}, {"label", "x=\xc3\xa9"}};
  HttpTarget target;
  target.url = url_ + "/behind/a/proxy/";
  ASSERT_TRUE(HttpGet(target, "/api", query).ok());
  EXPECT_EQ(asked, "/behind/a/proxy/api|kpi|a&b=c +%/?#|label|x=\xc3\xa9");
  target.url = url_;
  target.server_name = "tidemark.example";  // resolved by nobody
  ASSERT_TRUE(HttpPost(target, "/-/reload").ok());
  EXPECT_EQ(asked, "/-/reload|post");
}

}  // namespace
}  // namespace tidemark
