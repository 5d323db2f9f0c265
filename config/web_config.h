// The file of --web.config.file: TLS, basic auth and headers, in the format that Prometheus' own exporters take.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/base/diagnostic.h"
#include "pipeline/plan/spec.h"

namespace tidemark {

// What a client's certificate must be.
enum class ClientAuth { kNone, kVerifyIfGiven, kRequireAndVerify };

struct TlsConfig {
  std::string cert_pem, key_pem;              // as read from cert_file and key_file
  std::string client_ca_pem;                  // of those who sign clients' certificates; "": nobody
  ClientAuth client_auth = ClientAuth::kNone;
  std::vector<std::string> client_allowed_sans;  // of a client's certificate at least one must be here; empty: any
  std::string priorities;                     // versions, cipher suites and curves, as GnuTLS writes them
};

struct WebConfig {
  std::optional<TlsConfig> tls;
  std::vector<std::pair<std::string, std::string>> headers;      // of each answer
  std::map<std::string, std::string, std::less<>> users;         // name -> bcrypt hash; empty: everybody is served
  std::vector<ReadFile> files;                                   // all that it was read from, itself first
};

// An empty file is a mistake, so that one that is being written takes no lock off; {} asks for nothing.
// Mistakes go to *diagnostics, with their places; *config is only valid when it stays empty, but for `files`. Paths are relative
// to the file. Whether certificate and key belong together is found by the server.
void LoadWebConfig(const std::string& path, WebConfig* config, Diagnostics* diagnostics);
// The same for text at hand; `file_name` is for messages, and paths are relative to its directory.
void ParseWebConfig(const std::string& file_name, std::string_view yaml, WebConfig* config, Diagnostics* diagnostics);

}  // namespace tidemark
