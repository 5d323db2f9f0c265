// A client of the HTTP server that does what it is told, well or badly.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace tidemark {

// A blocking client socket; every receive ends after `limit` at the latest. It comes from 127.0.0.`from`.
class Client {
 public:
  explicit Client(uint16_t port, int receive_buffer = 0, timeval limit = {5, 0}, uint8_t from = 1) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0) setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl((127u << 24) + from);
    if (bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) return;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool connected() const { return connected_; }
  void Send(const std::string& text) {
    for (size_t sent = 0; sent < text.size();) {
      const ssize_t n = send(fd_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return;
      sent += static_cast<size_t>(n);
    }
  }
  // Nothing more is sent; the answer can still come.
  void EndSending() { shutdown(fd_, SHUT_WR); }
  // Whether the server closed: waits for that, at most five seconds.
  bool Closed() {
    char byte;
    return recv(fd_, &byte, 1, 0) == 0 || errno == ECONNRESET;
  }
  // Everything until the server closes.
  std::string ReceiveAll() {
    std::string all;
    char chunk[1 << 16];
    for (ssize_t n; (n = recv(fd_, chunk, sizeof(chunk), 0)) > 0;) all.append(chunk, static_cast<size_t>(n));
    return all;
  }

 private:
  const int fd_;
  bool connected_ = false;
};

inline std::string Ask(uint16_t port, const std::string& request_line, const std::string& headers = "") {
  Client client(port);
  client.Send(request_line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers + "\r\n");
  return client.ReceiveAll();
}

inline std::string StatusLine(const std::string& answer) { return answer.substr(0, answer.find('\r')); }
inline std::string Body(const std::string& answer) {
  const size_t end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "" : answer.substr(end + 4);
}
inline bool Contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace tidemark
