// Bytes that a client sends to the HTTP server, over a real connection, before a last request: it answers in HTTP or closes,
// and serves the next.
#include "daemon/clock.h"
#include "daemon/http.h"
#include "daemon/routes.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/daemon_fake_view.h"
#include "tests/unit/daemon_http_client.h"

namespace {

using namespace tidemark;

struct Server {
  Server() {
    lifecycle.Publish(SampleView());
    lifecycle.Progress(SteadyNow());
    lifecycle.SetPhase(Phase::kRunning);
    auto started = HttpServer::Start("127.0.0.1:0", {}, [this](const HttpRequest& request) { return routes.Answer(request); });
    testing::Expect(started.ok(), [&] { return "a server: " + started.status().text(); });
    http = std::move(started).value();
  }
  Lifecycle lifecycle;
  OwnMetrics own{{}};
  Routes routes{&lifecycle, &own};
  std::unique_ptr<HttpServer> http;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Server* const server = std::make_unique<Server>().release();  // its threads must not outlive it at the end
  // What is neither a request nor an end, the server waits for longer than this.
  Client client(server->http->port(), 0, {0, 100'000});
  testing::Expect(client.connected(), "a connection");
  client.Send({reinterpret_cast<const char*>(data), size});
  client.Send("GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  client.EndSending();
  const std::string answer = client.ReceiveAll();
  testing::Expect(answer.empty() || answer.starts_with("HTTP/1."), [&] { return "an answer in HTTP: " + answer.substr(0, 80); });
  return 0;
}
