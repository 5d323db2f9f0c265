#include "daemon/http.h"

#include <microhttpd.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace tidemark {
namespace {

std::string_view Header(MHD_Connection* connection, MHD_ValueKind kind, const char* name) {
  const char* value = MHD_lookup_connection_value(connection, kind, name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

MHD_Result AddArgument(void* cls, MHD_ValueKind, const char* key, const char* value) {
  auto* query = static_cast<std::vector<std::pair<std::string_view, std::string_view>>*>(cls);
  query->emplace_back(key, value == nullptr ? "" : value);
  return MHD_YES;
}

// What a response's bytes live in until they are sent.
struct Held {
  std::shared_ptr<const DeflatedPart> prefix;
  std::string body;
};

MHD_Response* MakeResponse(HttpResponse response) {
  auto held = std::make_unique<Held>(Held{std::move(response.prefix), std::move(response.body)});
  std::array<MHD_IoVec, 2> parts{};
  unsigned count = 0;
  if (held->prefix != nullptr && !held->prefix->bytes.empty()) {
    parts[count++] = {held->prefix->bytes.data(), held->prefix->bytes.size()};
  }
  if (!held->body.empty()) parts[count++] = {held->body.data(), held->body.size()};
  if (count == 0) return MHD_create_response_from_buffer(0, nullptr, MHD_RESPMEM_PERSISTENT);
  MHD_Response* made = MHD_create_response_from_iovec(
      parts.data(), count, [](void* cls) { std::unique_ptr<Held>(static_cast<Held*>(cls)).reset(); }, held.get());
  if (made != nullptr) held.release();  // NOLINT: freed by the callback
  return made;
}

MHD_Result Send(MHD_Connection* connection, HttpResponse response, bool allow_header) {
  const unsigned code = response.code;
  const std::string type(response.content_type);
  const bool gzip = response.gzip;
  const unsigned retry_after = response.retry_after_seconds;
  MHD_Response* made = MakeResponse(std::move(response));
  if (made == nullptr) return MHD_NO;
  MHD_add_response_header(made, "Content-Type", type.c_str());
  MHD_add_response_header(made, "X-Content-Type-Options", "nosniff");
  MHD_add_response_header(made, "X-Frame-Options", "DENY");
  MHD_add_response_header(made, "Content-Security-Policy", "default-src 'none'");
  MHD_add_response_header(made, "Cache-Control", "no-store");
  MHD_add_response_header(made, "Vary", "Accept, Accept-Encoding");
  if (gzip) MHD_add_response_header(made, "Content-Encoding", "gzip");
  if (retry_after > 0) MHD_add_response_header(made, "Retry-After", std::to_string(retry_after).c_str());
  if (allow_header) MHD_add_response_header(made, "Allow", "GET, HEAD");
  const MHD_Result queued = MHD_queue_response(connection, code, made);
  MHD_destroy_response(made);
  return queued;
}

MHD_Result Answer(void* cls, MHD_Connection* connection, const char* url, const char* method, const char*, const char*,
                  size_t*, void** state) {
  // The first call is for the headers alone. Answering then would close the connection, so wait for the second.
  static int seen = 0;
  const std::string_view verb = method;
  const bool post = verb == MHD_HTTP_METHOD_POST || verb == MHD_HTTP_METHOD_PUT;
  const bool known = post || verb == MHD_HTTP_METHOD_GET || verb == MHD_HTTP_METHOD_HEAD;
  const std::string_view length = Header(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
  const bool body = (!length.empty() && length != "0") || !Header(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_TRANSFER_ENCODING).empty();
  if (*state == nullptr && known && !body) {
    *state = &seen;
    return MHD_YES;
  }
  if (!known || body) {
    HttpResponse refused;
    refused.code = known ? MHD_HTTP_BAD_REQUEST : MHD_HTTP_METHOD_NOT_ALLOWED;
    refused.body = known ? "a request with a body is not served here\n" : "only GET and HEAD are served here\n";
    return Send(connection, std::move(refused), !known);
  }
  HttpRequest request;
  request.post = post;
  request.path = url;
  request.accept = Header(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
  request.accept_encoding = Header(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT_ENCODING);
  MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, &AddArgument, &request.query);
  try {
    HttpResponse response = (*static_cast<HttpServer::Handler*>(cls))(request);
    const bool not_allowed = response.code == MHD_HTTP_METHOD_NOT_ALLOWED;
    return Send(connection, std::move(response), not_allowed);
  } catch (const std::exception&) {  // out of memory for a huge body: this request fails, nothing else
    return MHD_NO;
  }
}

struct AddressList {
  addrinfo* list = nullptr;
  ~AddressList() {
    if (list != nullptr) freeaddrinfo(list);
  }
};

Result<int> Listen(const std::string& address, const HostPort& where) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  AddressList found;
  const int error =
      getaddrinfo(where.host.empty() ? nullptr : where.host.c_str(), where.port.c_str(), &hints, &found.list);
  if (error != 0) return Invalid("listen address \"" + address + "\": " + gai_strerror(error));
  std::string why = "no address";
  for (const addrinfo* a = found.list; a != nullptr; a = a->ai_next) {
    const int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
    if (fd < 0) continue;
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, 128) == 0) return fd;
    why = std::strerror(errno);
    close(fd);
  }
  return Unavailable("cannot listen on " + address + ": " + why);
}

}  // namespace

struct HttpServer::Impl {
  Handler handler;
  MHD_Daemon* daemon = nullptr;
  uint16_t port = 0;
  std::string address;
};

Result<HostPort> ParseListenAddress(std::string_view address) {
  const auto bad = [&] {
    return Invalid("\"" + std::string(address) +
                   "\" is not a listen address; write it like 0.0.0.0:9464 or [::1]:9464");
  };
  const size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return bad();
  std::string_view host = address.substr(0, colon);
  const std::string_view port = address.substr(colon + 1);
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string_view::npos) return bad();
  if (std::stoi(std::string(port)) > 65535) return bad();
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return bad();
  }
  return HostPort{std::string(host), std::string(port)};
}

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const std::string& address, const HttpLimits& limits,
                                                      Handler handler) {
  TM_ASSIGN_OR_RETURN(const HostPort where, ParseListenAddress(address));
  TM_ASSIGN_OR_RETURN(const int fd, Listen(address, where));
  auto impl = std::make_unique<Impl>();
  impl->handler = std::move(handler);
  sockaddr_storage bound{};
  socklen_t size = sizeof(bound);
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) == 0 &&
      getnameinfo(reinterpret_cast<sockaddr*>(&bound), size, host.data(), host.size(), port.data(), port.size(),
                  NI_NUMERICHOST | NI_NUMERICSERV) == 0) {
    impl->port = static_cast<uint16_t>(std::stoi(port.data()));
    const std::string name = host.data();
    impl->address = (name.find(':') == std::string::npos ? name : "[" + name + "]") + ":" + port.data();
  }
  // One client may hold half of the connections, so that a broken one cannot lock the others out.
  impl->daemon = MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD, 0, nullptr, nullptr, &Answer, &impl->handler, MHD_OPTION_LISTEN_SOCKET, fd,
      MHD_OPTION_THREAD_POOL_SIZE, limits.threads, MHD_OPTION_CONNECTION_LIMIT, limits.max_connections,
      MHD_OPTION_PER_IP_CONNECTION_LIMIT, std::max(1u, limits.max_connections / 2), MHD_OPTION_CONNECTION_TIMEOUT,
      limits.idle_seconds, MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits.connection_bytes, MHD_OPTION_END);
  if (impl->daemon == nullptr) {
    close(fd);
    return Unavailable("cannot serve on " + address + ": the HTTP server did not start");
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() { MHD_stop_daemon(impl_->daemon); }

uint16_t HttpServer::port() const { return impl_->port; }
const std::string& HttpServer::address() const { return impl_->address; }

}  // namespace tidemark
