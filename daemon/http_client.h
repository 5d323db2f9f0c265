// Asks a running daemon over HTTP: for commands that have one at hand.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "pipeline/base/status.h"

namespace tidemark {

// Where the daemon is, and how it knows us. Secrets come from files.
struct HttpTarget {
  std::string url;          // "http://127.0.0.1:9464"; "": none
  std::string ca_file;      // of who signed the daemon's certificate; "": those the machine trusts
  std::string server_name;  // in the certificate and the Host header, where it isn't the address's; "": the address's
  std::string cert_file, key_file;        // ours, where the daemon wants one
  std::string username, password_file;    // of basic auth
  std::chrono::seconds timeout{20};       // for all of it
};

struct HttpReply {
  long code = 0;
  std::string body;
};

using HttpQuery = std::span<const std::pair<std::string, std::string>>;

// GET, or POST without a body, of a path that begins with "/". Any answer is Ok, whatever its code; kUnavailable without one, or
// with one of more than 256 MiB. No redirect is followed and no proxy asked: probes are answered by whom they name.
Result<HttpReply> HttpGet(const HttpTarget& target, std::string_view path, HttpQuery query = {});
Result<HttpReply> HttpPost(const HttpTarget& target, std::string_view path, HttpQuery query = {});

// The body of an answer with code 200; another is kUnavailable, with what it says.
Result<std::string> BodyOf(const HttpTarget& target, Result<HttpReply> reply);

// kInvalid when it cannot be an address, or bears a password, which everyone would see in the list of processes.
Status CheckUrl(const std::string& url);

}  // namespace tidemark
