#include "daemon/http.h"

#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include "daemon/api_error.h"
#include "daemon/http_deadlines.h"
#include "daemon/http_tls.h"

namespace tidemark {

// What one MHD daemon serves, for as long as it lives.
struct HttpServer::Served {
  const Handler* handler;
  ConnectionDeadlines* deadlines;
  WebConfig web;
  MHD_Daemon* daemon = nullptr;
};

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

// What is sent unless the configuration says otherwise; and what a response says itself of kPolicy.
constexpr const char* kPolicy = "Content-Security-Policy";
constexpr std::pair<const char*, const char*> kHeaders[] = {{"X-Content-Type-Options", "nosniff"},
                                                            {"X-Frame-Options", "DENY"},
                                                            {"Referrer-Policy", "no-referrer"},
                                                            {"Cross-Origin-Resource-Policy", "same-origin"}};

void AddHeaders(const std::vector<std::pair<std::string, std::string>>& configured, const char* policy, MHD_Response* made) {
  for (const auto& [name, value] : configured) MHD_add_response_header(made, name.c_str(), value.c_str());
  for (const auto& [name, value] : kHeaders) {
    if (MHD_get_response_header(made, name) == nullptr) MHD_add_response_header(made, name, value);
  }
  if (MHD_get_response_header(made, kPolicy) == nullptr) MHD_add_response_header(made, kPolicy, policy);
}

MHD_Result Send(MHD_Connection* connection, const WebConfig& web, HttpResponse response, bool allow_header) {
  const unsigned code = response.code;
  const std::string type(response.content_type), policy(response.content_security_policy), cache(response.cache_control);
  const bool gzip = response.gzip;
  const unsigned retry_after = response.retry_after_seconds;
  const bool authenticate = response.authenticate;
  MHD_Response* made = MakeResponse(std::move(response));
  if (made == nullptr) return MHD_NO;
  MHD_add_response_header(made, "Content-Type", type.c_str());
  AddHeaders(web.headers, policy.c_str(), made);
  MHD_add_response_header(made, "Cache-Control", cache.c_str());
  MHD_add_response_header(made, "Vary", "Accept, Accept-Encoding");
  if (gzip) MHD_add_response_header(made, "Content-Encoding", "gzip");
  if (retry_after > 0) MHD_add_response_header(made, "Retry-After", std::to_string(retry_after).c_str());
  if (authenticate) MHD_add_response_header(made, "WWW-Authenticate", "Basic realm=\"tidemark\", charset=\"UTF-8\"");
  if (allow_header) MHD_add_response_header(made, "Allow", "GET, HEAD");
  const MHD_Result queued = MHD_queue_response(connection, code, made);
  MHD_destroy_response(made);
  return queued;
}

int SocketOf(MHD_Connection* connection) {
  return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

std::optional<std::pair<std::string, std::string>> Credentials(MHD_Connection* connection) {
  char* password = nullptr;
  char* name = MHD_basic_auth_get_username_password(connection, &password);
  std::optional<std::pair<std::string, std::string>> credentials;
  if (name != nullptr && password != nullptr) credentials.emplace(name, password);
  MHD_free(name);
  MHD_free(password);
  return credentials;
}

void Connected(void* cls, MHD_Connection* connection, void**, MHD_ConnectionNotificationCode what) {
  auto* deadlines = static_cast<ConnectionDeadlines*>(cls);
  if (what == MHD_CONNECTION_NOTIFY_STARTED) {
    deadlines->Opened(SocketOf(connection));
  } else {
    deadlines->Closed(SocketOf(connection));
  }
}

void Completed(void* cls, MHD_Connection* connection, void**, MHD_RequestTerminationCode) {
  static_cast<ConnectionDeadlines*>(cls)->Answered(SocketOf(connection));
}

MHD_Result Answer(void* cls, MHD_Connection* connection, const char* url, const char* method, const char*, const char*,
                  size_t*, void** state) {
  const auto& served = *static_cast<const HttpServer::Served*>(cls);
  // The first call is for the headers alone. Answering then would close the connection, so wait for the second.
  static int seen = 0;
  const std::string_view verb = method;
  const bool post = verb == MHD_HTTP_METHOD_POST || verb == MHD_HTTP_METHOD_PUT;
  const bool known = post || verb == MHD_HTTP_METHOD_GET || verb == MHD_HTTP_METHOD_HEAD;
  const std::string_view length = Header(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
  const bool body = (!length.empty() && length != "0") || !Header(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_TRANSFER_ENCODING).empty();
  if (*state == nullptr) served.deadlines->Asked(SocketOf(connection));
  if (*state == nullptr && known && !body) {
    *state = &seen;
    return MHD_YES;
  }
  if (!known || body) {
    const unsigned code = known ? MHD_HTTP_BAD_REQUEST : MHD_HTTP_METHOD_NOT_ALLOWED;
    const std::string_view why = known ? "a request with a body is not served here" : "only GET and HEAD are served here";
    return Send(connection, served.web, ErrorAt(url, code, why), !known);
  }
  HttpRequest request;
  if (served.web.tls) request.certificate_refused = CertificateRefused(*served.web.tls, connection);
  if (!served.web.users.empty()) request.credentials = Credentials(connection);
  request.post = post;
  request.path = url;
  request.accept = Header(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
  request.accept_encoding = Header(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT_ENCODING);
  MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, &AddArgument, &request.query);
  try {
    HttpResponse response = (*served.handler)(request);
    const bool not_allowed = response.code == MHD_HTTP_METHOD_NOT_ALLOWED;
    return Send(connection, served.web, std::move(response), not_allowed);
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
  Impl(const HttpLimits& the_limits, Handler the_handler)
      : limits(the_limits), handler(std::move(the_handler)), deadlines(the_limits.request_time, the_limits.response_time, the_limits.max_connections - the_limits.max_connections / 4) {}

  // Null when the server did not start; then the socket is still the caller's.
  std::unique_ptr<Served> Serve(int listener, const WebConfig& web);

  const HttpLimits limits;
  const Handler handler;
  ConnectionDeadlines deadlines;
  std::unique_ptr<Served> served;
  uint16_t port = 0;
  std::string address;
};

std::unique_ptr<HttpServer::Served> HttpServer::Impl::Serve(int listener, const WebConfig& web) {
  auto made = std::make_unique<Served>(Served{&handler, &deadlines, web});
  std::vector<MHD_OptionItem> options;
  const auto text = [&](MHD_OPTION option, const std::string& value) {
    if (!value.empty()) options.push_back({option, 0, const_cast<char*>(value.c_str())});
  };
  if (web.tls) {
    text(MHD_OPTION_HTTPS_MEM_CERT, web.tls->cert_pem);
    text(MHD_OPTION_HTTPS_MEM_KEY, web.tls->key_pem);
    text(MHD_OPTION_HTTPS_MEM_TRUST, web.tls->client_ca_pem);
    text(MHD_OPTION_HTTPS_PRIORITIES, web.tls->priorities);
  }
  options.push_back({MHD_OPTION_END, 0, nullptr});
  // One client may hold half of the connections, so that a broken one cannot lock the others out.
  made->daemon = MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | (web.tls ? unsigned{MHD_USE_TLS} : 0u), 0, nullptr, nullptr, &Answer, made.get(),
      MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_THREAD_POOL_SIZE, limits.threads, MHD_OPTION_CONNECTION_LIMIT,
      limits.max_connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT, std::max(1u, limits.max_connections / 2),
      MHD_OPTION_CONNECTION_TIMEOUT, limits.idle_seconds, MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits.connection_bytes,
      MHD_OPTION_NOTIFY_CONNECTION, &Connected, &deadlines, MHD_OPTION_NOTIFY_COMPLETED, &Completed, &deadlines,
      MHD_OPTION_ARRAY, options.data(), MHD_OPTION_END);
  return made->daemon != nullptr ? std::move(made) : nullptr;
}

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
                                                      Handler handler, const WebConfig& web) {
  TM_ASSIGN_OR_RETURN(const HostPort where, ParseListenAddress(address));
  TM_RETURN_IF_ERROR(CheckTls(web.tls));
  TM_ASSIGN_OR_RETURN(const int fd, Listen(address, where));
  auto impl = std::make_unique<Impl>(limits, std::move(handler));
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
  impl->served = impl->Serve(fd, web);
  if (impl->served == nullptr) {
    close(fd);
    return Unavailable("cannot serve on " + address + ": the HTTP server did not start");
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

Status HttpServer::Use(const WebConfig& web) {
  TM_RETURN_IF_ERROR(CheckTls(web.tls));
  // Who connects meanwhile waits in the socket's queue.
  const std::unique_ptr<Served> old = std::move(impl_->served);
  const int listener = MHD_quiesce_daemon(old->daemon);
  if (listener < 0) {
    impl_->served = std::make_unique<Served>(std::move(*old));
    return Unavailable("the HTTP server does not let go of its port");
  }
  impl_->served = impl_->Serve(listener, web);
  const bool taken = impl_->served != nullptr;
  if (!taken) impl_->served = impl_->Serve(listener, old->web);
  const auto open = [&] {
    return MHD_get_daemon_info(old->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections;
  };
  for (int i = 0; i < 100 && open() > 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  MHD_stop_daemon(old->daemon);
  if (impl_->served == nullptr) return Unavailable("the HTTP server did not start again");
  return taken ? Status::Ok() : Unavailable("the HTTP server did not start with this");
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  if (impl_->served != nullptr) MHD_stop_daemon(impl_->served->daemon);
}

uint16_t HttpServer::port() const { return impl_->port; }
const std::string& HttpServer::address() const { return impl_->address; }

}  // namespace tidemark
