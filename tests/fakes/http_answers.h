// A server on 127.0.0.1 that answers what a test says, byte by byte.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tidemark {

// One connection at a time, one request each. Threads: Set, Drop and requests() any.
class HttpAnswers {
 public:
  HttpAnswers() : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(at);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(listen(listener_, 64), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size), 0);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(at.sin_port));
    thread_ = std::thread([this] { Main(); });
  }
  ~HttpAnswers() {
    shutdown(listener_, SHUT_RDWR);
    {
      const std::lock_guard lock(mu_);
      if (held_ >= 0) shutdown(held_, SHUT_RDWR);
      stopped_ = true;
    }
    thread_.join();
    close(listener_);
  }
  const std::string& url() const { return url_; }

  // What GET `path` is answered; others 404 without anything that a registry would say.
  void Set(const std::string& path, const std::string& body, int code = 200, const std::string& header = "") {
    const std::lock_guard lock(mu_);
    answers_[path] = "HTTP/1.1 " + std::to_string(code) + " X\r\nConnection: close\r\n" + header + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  // The connection stays open, and nothing is said.
  void Hang(const std::string& path) {
    const std::lock_guard lock(mu_);
    answers_[path] = "";
  }
  // Each with its headers.
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mu_);
    return requests_;
  }
  size_t Count(const std::string& path) const {
    size_t n = 0;
    for (const std::string& request : requests()) n += request.starts_with("GET " + path + " ") ? 1 : 0;
    return n;
  }

 private:
  void Main() {
    for (int connection; (connection = accept(listener_, nullptr, nullptr)) >= 0; close(connection)) {
      {
        const std::lock_guard lock(mu_);
        if (stopped_) continue;
        held_ = connection;
      }
      std::string request;
      char part[4096];
      for (ssize_t n; request.find("\r\n\r\n") == std::string::npos && (n = read(connection, part, sizeof(part))) > 0;) request.append(part, static_cast<size_t>(n));
      std::string answer = "HTTP/1.1 404 X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
      {
        const std::lock_guard lock(mu_);
        requests_.push_back(request);
        const std::string path = request.starts_with("GET ") ? request.substr(4, request.find(' ', 4) - 4) : "";
        if (const auto found = answers_.find(path); found != answers_.end()) answer = found->second;
      }
      if (answer.empty()) {
        while (read(connection, part, sizeof(part)) > 0) continue;  // until one of both has enough
      } else {
        for (size_t sent = 0; sent < answer.size();) {
          const ssize_t n = send(connection, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
          if (n <= 0) break;
          sent += static_cast<size_t>(n);
        }
      }
      const std::lock_guard lock(mu_);
      held_ = -1;
    }
  }

  const int listener_;
  std::string url_;
  mutable std::mutex mu_;
  std::map<std::string, std::string> answers_;  // GUARDED_BY(mu_)
  std::vector<std::string> requests_;           // GUARDED_BY(mu_)
  int held_ = -1;                               // GUARDED_BY(mu_)
  bool stopped_ = false;                        // GUARDED_BY(mu_)
  std::thread thread_;
};

}  // namespace tidemark
