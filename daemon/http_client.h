// Asks over HTTP: commands a running daemon, the daemon a schema registry.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "pipeline/base/status.h"

namespace tidemark {

// Who is asked, and how he knows us. Secrets come from files, which are read for each request.
struct HttpTarget {
  std::string url;          // "http://127.0.0.1:9464"; "": none
  std::string ca_file;      // of who signed its certificate; "": those the machine trusts
  std::string server_name;  // in the certificate and the Host header, where it isn't the address's; "": the address's
  std::string cert_file, key_file;        // ours, where one is wanted
  std::string username, password_file;    // of basic auth
  std::string bearer_token_file;          // in place of those
  std::chrono::seconds timeout{20};       // for all of it
  size_t most_bytes = 256u << 20;         // of the answer's body
  const std::atomic<bool>* stop = nullptr;  // within about a second of its becoming true there is no answer
};

struct HttpReply {
  long code = 0;
  std::string body;
};

using HttpQuery = std::span<const std::pair<std::string, std::string>>;

// GET, or POST without a body, of a path that begins with "/". Any answer is Ok, whatever its code; kUnavailable without one, or
// with one of more than most_bytes. No redirect is followed and no proxy asked: probes are answered by whom they name.
Result<HttpReply> HttpGet(const HttpTarget& target, std::string_view path, HttpQuery query = {});
Result<HttpReply> HttpPost(const HttpTarget& target, std::string_view path, HttpQuery query = {});

// The body of an answer with code 200; another is kUnavailable, with what it says.
Result<std::string> BodyOf(const HttpTarget& target, Result<HttpReply> reply);

// kInvalid when it cannot be an address, or bears a password, which everyone would see in the list of processes.
Status CheckUrl(const std::string& url);

}  // namespace tidemark
