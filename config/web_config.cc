#include "config/web_config.h"

#include <algorithm>

#include "config/read_file.h"
#include "config/reader.h"
#include "config/tls_priorities.h"

namespace tidemark {
namespace config {
namespace {

constexpr size_t kMaxPemBytes = 1 << 20;

// What each header may say, as in Prometheus' exporters; an empty list: anything that is one line.
struct Header {
  const char* name;
  std::vector<std::string> values;
};
const std::vector<Header>& Headers() {
  static const std::vector<Header> headers = {{"Strict-Transport-Security", {}},
                                              {"X-Content-Type-Options", {"nosniff"}},
                                              {"X-Frame-Options", {"deny", "sameorigin"}},
                                              {"X-XSS-Protection", {}},
                                              {"Content-Security-Policy", {}}};
  return headers;
}

// Reads the parts of one web configuration.
class Reader {
 public:
  Reader(std::string directory, WebConfig* config) : directory_(std::move(directory)), config_(config) {}

  void Read(const Value& root) {
    std::optional<Map> map = Map::Open(root);
    if (!map) return;
    if (std::optional<Value> tls = map->Take("tls_server_config")) ReadTls(*tls);
    if (std::optional<Value> http = map->Take("http_server_config")) ReadHttp(*http);
    if (std::optional<Value> users = map->Take("basic_auth_users")) ReadUsers(*users);
    map->Finish();
  }

 private:
  // The contents of a file that is named relative to this one; "" after a mistake.
  std::string Pem(const Value& value) {
    const std::optional<std::string> name = value.Text();
    if (!name) return "";
    Result<std::string> read = ReadText(name->front() == '/' ? *name : directory_ + *name, kMaxPemBytes, &config_->files.emplace_back());
    if (!read.ok()) {
      value.Fail("can't read " + Quoted(*name) + ": " + read.status().text());
      return "";
    }
    if (read->size() > kMaxPemBytes || read->find("-----BEGIN ") == std::string::npos) {
      value.Fail(Quoted(*name) + " is no PEM file: it should have -----BEGIN in it");
      return "";
    }
    return *std::move(read);
  }

  void ReadTls(const Value& value) {
    std::optional<Map> map = Map::Open(value);
    if (!map) return;
    TlsConfig tls;
    if (std::optional<Value> cert = map->Require("cert_file")) tls.cert_pem = Pem(*cert);
    if (std::optional<Value> key = map->Require("key_file")) tls.key_pem = Pem(*key);
    if (std::optional<Value> ca = map->Take("client_ca_file")) tls.client_ca_pem = Pem(*ca);
    if (std::optional<Value> auth = map->Take("client_auth_type")) ReadClientAuth(*auth, &tls);
    map->Set("client_allowed_sans", &tls.client_allowed_sans, [](const Value& v) { return v.Texts(); });
    const bool wants = tls.client_auth != ClientAuth::kNone;
    if (wants && !map->Has("client_ca_file")) map->FailAt("client_auth_type", "needs client_ca_file: who signs the clients' certificates");
    if (!wants && map->Has("client_ca_file")) {
      map->FailAt("client_ca_file", "nobody is asked for a certificate; add client_auth_type: RequireAndVerifyClientCert");
    }
    if (!tls.client_allowed_sans.empty() && tls.client_auth != ClientAuth::kRequireAndVerify) {
      map->FailAt("client_allowed_sans", "wants client_auth_type: RequireAndVerifyClientCert");
    }
    tls.priorities = TakePriorities(&*map);
    map->Finish();
    config_->tls = std::move(tls);
  }

  static void ReadClientAuth(const Value& value, TlsConfig* tls) {
    for (const char* word : {"RequestClientCert", "RequireAnyClientCert"}) {
      if (!value.IsWord(word)) continue;
      value.Fail(std::string(word) + " trusts a certificate that anybody can make for himself; VerifyClientCertIfGiven or RequireAndVerifyClientCert");
      return;
    }
    constexpr ClientAuth kKinds[] = {ClientAuth::kNone, ClientAuth::kVerifyIfGiven, ClientAuth::kRequireAndVerify};
    if (const auto kind = value.Choice({"NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"})) {
      tls->client_auth = kKinds[*kind];
    }
  }

  void ReadHttp(const Value& value) {
    std::optional<Map> map = Map::Open(value);
    if (!map) return;
    bool http2 = false;  // there is none here, whatever it says: clients agree on HTTP/1.1
    map->Set("http2", &http2, [](const Value& v) { return v.Bool(); });
    if (std::optional<Value> headers = map->Take("headers")) ReadHeaders(*headers);
    map->Finish();
  }

  void ReadHeaders(const Value& value) {
    std::optional<Map> map = Map::Open(value);
    if (!map) return;
    for (const Header& header : Headers()) {
      const std::optional<Value> given = map->Take(header.name);
      if (!given) continue;
      const std::optional<std::string> text = given->Text();
      if (!text) continue;
      const std::vector<std::string>& allowed = header.values;
      if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), *text) == allowed.end()) {
        given->Fail(Quoted(*text) + " is not allowed; " + Joined(allowed));
      } else if (std::any_of(text->begin(), text->end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
        given->Fail("a header is one line without control characters");
      } else {
        config_->headers.emplace_back(header.name, *text);
      }
    }
    map->Finish();
  }

  // The hash is never shown, even where it is wrong.
  void ReadUsers(const Value& value) {
    if (!value.is_map()) {
      value.Fail("should be a map of names to bcrypt hashes, as `htpasswd -nBC 10 NAME` prints them");
      return;
    }
    for (const Node::Entry& entry : value.node().entries) {
      const Value child = value.Child(entry);
      const std::string& hash = child.node().text;
      if (entry.key.empty() || entry.key.find(':') != std::string::npos) {
        child.FailAt(value.PlaceOf(entry), "a user's name is not empty and has no colon");
      } else if (!child.is_scalar() || !IsBcrypt(hash)) {
        child.Fail("is no bcrypt hash of cost 4 to 15; make one with `htpasswd -nBC 10 NAME`");
      } else {
        config_->users.emplace(entry.key, hash);
      }
    }
  }

  // $2y$10$ and 53 characters. A cost above 15 takes seconds a try.
  static bool IsBcrypt(std::string_view hash) {
    if (hash.size() != 60 || !(hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$"))) return false;
    const std::string_view cost = hash.substr(4, 2);
    if (hash[6] != '$' || cost < "04" || cost > "15" || cost[1] < '0' || cost[1] > '9') return false;
    return std::all_of(hash.begin() + 7, hash.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '/';
    });
  }

  const std::string directory_;
  WebConfig* const config_;
};

void ReadRoot(const std::string& path, const std::optional<Document>& document, WebConfig* config, Diagnostics* diagnostics) {
  if (!document) return;
  const size_t slash = path.rfind('/');
  Reader reader(slash == std::string::npos ? "" : path.substr(0, slash + 1), config);
  reader.Read(Value(&*document, diagnostics, &document->root(), document->root().at, ""));
}

}  // namespace
}  // namespace config

void LoadWebConfig(const std::string& path, WebConfig* config, Diagnostics* diagnostics) {
  config::ReadRoot(path, config::Document::Load(path, diagnostics, &config->files.emplace_back()), config, diagnostics);
}

void ParseWebConfig(const std::string& file_name, std::string_view yaml, WebConfig* config, Diagnostics* diagnostics) {
  config::ReadRoot(file_name, config::Document::Parse(file_name, yaml, diagnostics), config, diagnostics);
}

}  // namespace tidemark
