// Clients that take their time, on purpose or not: cut off, while others are served.
#include <gtest/gtest.h>

#include <thread>

#include "daemon/clock.h"
#include "daemon/http.h"
#include "tests/unit/daemon_http_client.h"

namespace tidemark {
namespace {

using std::chrono::milliseconds;

constexpr size_t kLarge = 32 << 20;  // more than any socket's buffers

class HttpLimitsTest : public testing::Test {
 protected:
  void Start(Duration request_time, Duration response_time, uint32_t max_connections = HttpLimits().max_connections) {
    HttpLimits limits;
    limits.max_connections = max_connections;
    limits.request_time = request_time;
    limits.response_time = response_time;
    auto server = HttpServer::Start("127.0.0.1:0", limits, [](const HttpRequest& request) {
      HttpResponse response;
      response.body = request.path == "/large" ? std::string(kLarge, 'x') : "small\n";
      return response;
    });
    ASSERT_TRUE(server.ok()) << server.status().text();
    server_ = std::move(*server);
  }
  void ExpectServed() { EXPECT_EQ(StatusLine(Ask(server_->port(), "GET /")), "HTTP/1.1 200 OK"); }

  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpLimitsTest, HeadersThatComeByteByByteAreNotWaitedForForEver) {
  Start(milliseconds(700), std::chrono::seconds(60));
  Client slow(server_->port());
  slow.Send("GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
  const Duration begin = SteadyNow();
  std::thread drip([&] {
    while (SteadyNow() - begin < std::chrono::seconds(4)) {
      slow.Send("x");
      std::this_thread::sleep_for(milliseconds(20));
    }
  });
  ExpectServed();
  EXPECT_TRUE(slow.Closed());
  EXPECT_LT(SteadyNow() - begin, std::chrono::seconds(4)) << "closed because its bytes ended, not because they took too long";
  drip.join();
  ExpectServed();
}

TEST_F(HttpLimitsTest, AnAnswerThatNobodyReadsIsNotSentForEver) {
  Start(std::chrono::seconds(60), milliseconds(700));
  Client slow(server_->port(), 4096);
  slow.Send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
  std::this_thread::sleep_for(milliseconds(200));
  ExpectServed();
  std::this_thread::sleep_for(milliseconds(1500));
  EXPECT_LT(slow.ReceiveAll().size(), kLarge);
  ExpectServed();
}

TEST_F(HttpLimitsTest, AnAnswerThatIsReadInTimeComesWhole) {
  Start(milliseconds(700), std::chrono::seconds(60));
  EXPECT_EQ(Body(Ask(server_->port(), "GET /large")).size(), kLarge);
}

// The time of a request begins anew with each answer.
TEST_F(HttpLimitsTest, AConnectionThatIsUsedAgainIsKept) {
  Start(milliseconds(900), milliseconds(900));
  Client client(server_->port());
  for (int i = 0; i < 4; ++i) {
    client.Send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    std::this_thread::sleep_for(milliseconds(400));
  }
  client.Send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const std::string all = client.ReceiveAll();
  size_t answers = 0;
  for (size_t at = 0; (at = all.find("HTTP/1.1 200 OK", at)) != std::string::npos; ++at) ++answers;
  EXPECT_EQ(answers, 5u);
}

TEST_F(HttpLimitsTest, ThoseWhoAreSlowTakeNoConnectionsFromOthersForLong) {
  Start(milliseconds(500), std::chrono::seconds(60));
  std::vector<std::unique_ptr<Client>> slow;
  for (int i = 0; i < 128; ++i) {  // all that one address may have
    slow.push_back(std::make_unique<Client>(server_->port()));
    slow.back()->Send("GET / HTTP/1.1\r\n");
  }
  std::this_thread::sleep_for(milliseconds(1500));
  ExpectServed();
}

// From many addresses, far more than there are connections; none of them has run out of time.
TEST_F(HttpLimitsTest, ThoseWhoAreSlowMakeRoomForWhoAsks) {
  Start(std::chrono::seconds(60), std::chrono::seconds(60), 64);
  std::vector<std::unique_ptr<Client>> slow;
  for (int i = 0; i < 300; ++i) {
    slow.push_back(std::make_unique<Client>(server_->port(), 0, timeval{5, 0}, static_cast<uint8_t>(2 + i % 100)));
    slow.back()->Send("GET / HTTP/1.1\r\n");
    if (i % 10 == 0) ExpectServed();
  }
  ExpectServed();
  EXPECT_TRUE(slow.front()->Closed()) << "it was there first";
  slow.back()->Send("Host: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(StatusLine(slow.back()->ReceiveAll()), "HTTP/1.1 200 OK") << "it came last";
}

TEST_F(HttpLimitsTest, AFewConnectionsAreServedToo) {
  for (const uint32_t few : {1u, 2u, 3u, 4u}) {
    Start(std::chrono::seconds(60), std::chrono::seconds(60), few);
    ExpectServed();
    std::string second;  // may come while the first connection is still being closed: with so few it is one too many
    for (const Duration end = SteadyNow() + std::chrono::seconds(20); second.empty() && SteadyNow() < end;) second = StatusLine(Ask(server_->port(), "GET /"));
    EXPECT_EQ(second, "HTTP/1.1 200 OK");
  }
}

TEST_F(HttpLimitsTest, ThoseWhoDontReadTheirAnswersMakeRoomToo) {
  Start(std::chrono::seconds(60), std::chrono::seconds(60), 8);
  std::vector<std::unique_ptr<Client>> slow;
  for (int i = 0; i < 12; ++i) {
    slow.push_back(std::make_unique<Client>(server_->port(), 4096, timeval{5, 0}, static_cast<uint8_t>(2 + i)));
    slow.back()->Send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
    std::this_thread::sleep_for(milliseconds(50));
  }
  ExpectServed();
  EXPECT_LT(slow.front()->ReceiveAll().size(), kLarge);
}

TEST_F(HttpLimitsTest, AnotherConfigurationKeepsThePortAndAnswersWhatIsInProgress) {
  Start(std::chrono::seconds(20), std::chrono::seconds(60));
  Client before(server_->port(), 4096);
  before.Send("GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  std::this_thread::sleep_for(milliseconds(200));
  std::string whole;
  std::thread reader([&] { whole = before.ReceiveAll(); });
  WebConfig other;
  other.headers = {{"X-Frame-Options", "sameorigin"}};
  EXPECT_TRUE(server_->Use(other).ok());
  reader.join();
  EXPECT_EQ(Body(whole).size(), kLarge);
  EXPECT_TRUE(Contains(whole, "X-Frame-Options: DENY"));
  const std::string after = Ask(server_->port(), "GET /");
  EXPECT_TRUE(Contains(after, "X-Frame-Options: sameorigin")) << after;
  EXPECT_FALSE(Contains(after, "X-Frame-Options: DENY")) << after;
  WebConfig wrong;
  wrong.tls.emplace();
  EXPECT_FALSE(server_->Use(wrong).ok());
  ExpectServed();
}

}  // namespace
}  // namespace tidemark
