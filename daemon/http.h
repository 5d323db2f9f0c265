// The HTTP server: one port, GET and HEAD; POST and PUT, whose body is not read, for what changes something.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/web_config.h"
#include "daemon/scrape.h"
#include "pipeline/base/status.h"
#include "pipeline/base/time.h"

namespace tidemark {

struct HttpRequest {
  std::string_view path;
  std::string_view accept, accept_encoding;
  std::vector<std::pair<std::string_view, std::string_view>> query;  // in the order of the address
  bool post = false;                                                 // POST or PUT
  std::optional<std::pair<std::string, std::string>> credentials;    // name and password, as sent; of basic auth
  std::string certificate_refused;                                   // why the client's certificate is none; "": it needs none, or it is one

  // Of the first query parameter of this name; "" without one.
  std::string_view Query(std::string_view name) const {
    for (const auto& [key, value] : query) {
      if (key == name) return value;
    }
    return {};
  }
};

struct HttpResponse {
  unsigned code = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string body;
  bool gzip = false;
  unsigned retry_after_seconds = 0;            // of a 503 or 429; 0: nothing is said
  bool authenticate = false;                   // of a 401: how
  std::shared_ptr<const DeflatedPart> prefix;  // sent before body; null: nothing
  // What a browser may do with it, and keep of it.
  std::string_view content_security_policy = "default-src 'none'";
  std::string_view cache_control = "no-store";
};

struct HttpLimits {
  uint32_t max_connections = 256;  // beyond three quarters of it, whoever has been slow for longest makes room
  size_t connection_bytes = 32 << 10;  // request line, headers and what parsing them takes
  uint32_t idle_seconds = 15;          // without a byte either way
  Duration request_time = std::chrono::seconds(20);   // from the connection, or the answer before, to all headers
  Duration response_time = std::chrono::seconds(60);  // from all headers to the last byte of the answer
  uint32_t threads = 2;
};

// Threads: the handler is called from several at a time. Stops serving when destroyed; waits for requests in progress.
// Failure: a request beyond a limit is refused or its connection closed; the process never suffers.
class HttpServer {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;
  // `address` is "host:port", ":port" or "[ipv6]:port"; port 0: any free one. kInvalid, or kUnavailable when the port
  // is taken.
  // With TLS if `web` says so; its users are the handler's business. kInvalid when its certificate can't be served.
  static Result<std::unique_ptr<HttpServer>> Start(const std::string& address, const HttpLimits& limits,
                                                   Handler handler, const WebConfig& web = {});
  ~HttpServer();
  // Goes on with another one, on the same port: no connection is refused, and requests in progress are answered, for at most 5
  // seconds, which it waits. When it can't be served the old one stays. Threads: one at a time.
  Status Use(const WebConfig& web);
  uint16_t port() const;
  // As one writes it: "127.0.0.1:9464".
  const std::string& address() const;

  struct Served;

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct HostPort {
  std::string host, port;  // host empty: every address
};
Result<HostPort> ParseListenAddress(std::string_view address);

}  // namespace tidemark
