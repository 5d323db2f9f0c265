#include "config/tls_priorities.h"

#include <algorithm>
#include <set>

namespace tidemark::config {
namespace {

struct Suite {
  const char* name;
  const char* exchange;  // nullptr: of TLS 1.3, where the suite says nothing of it
  const char* cipher;
};

constexpr Suite kSuites[] = {
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA", "AES-128-GCM"},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA", "AES-128-GCM"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA", "AES-256-GCM"},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA", "AES-256-GCM"},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305", "ECDHE-ECDSA", "CHACHA20-POLY1305"},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA", "CHACHA20-POLY1305"},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", "ECDHE-RSA", "CHACHA20-POLY1305"},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA", "CHACHA20-POLY1305"},
    {"TLS_AES_128_GCM_SHA256", nullptr, "AES-128-GCM"},
    {"TLS_AES_256_GCM_SHA384", nullptr, "AES-256-GCM"},
    {"TLS_CHACHA20_POLY1305_SHA256", nullptr, "CHACHA20-POLY1305"},
};

constexpr std::pair<const char*, const char*> kCurves[] = {{"X25519", "GROUP-X25519"},
                                                           {"CurveP256", "GROUP-SECP256R1"},
                                                           {"CurveP384", "GROUP-SECP384R1"},
                                                           {"CurveP521", "GROUP-SECP521R1"}};

const char* const kVersions[] = {"VERS-TLS1.2", "VERS-TLS1.3"};

std::vector<std::string> SuiteNames() {
  std::vector<std::string> names;
  for (const Suite& suite : kSuites) names.emplace_back(suite.name);
  return names;
}

void AddOnce(const std::string& word, std::vector<std::string>* words) {
  if (std::find(words->begin(), words->end(), word) == words->end()) words->push_back(word);
}

struct Chosen {
  std::vector<std::string> exchanges, ciphers;  // most wanted first
};

// A list of suites as the exchanges and ciphers that make them. GnuTLS pairs each with each, so a list with holes is refused
// rather than widened.
std::optional<Chosen> ReadSuites(const Value& value) {
  Chosen chosen;
  std::set<std::pair<std::string, std::string>> pairs;
  bool good = true;
  for (const Value& item : value.Items()) {
    const std::optional<std::string> name = item.Text();
    const Suite* suite = std::find_if(std::begin(kSuites), std::end(kSuites), [&](const Suite& s) { return name && *name == s.name; });
    if (suite == std::end(kSuites)) {
      if (name) item.Fail(Quoted(*name) + " is no cipher suite that is served" + DidYouMean(*name, SuiteNames()));
      good = false;
      continue;
    }
    AddOnce(suite->cipher, &chosen.ciphers);
    if (suite->exchange == nullptr) continue;
    AddOnce(suite->exchange, &chosen.exchanges);
    pairs.emplace(suite->exchange, suite->cipher);
  }
  if (!good) return std::nullopt;
  for (const Suite& suite : kSuites) {
    if (suite.exchange == nullptr || pairs.contains({suite.exchange, suite.cipher})) continue;
    const auto has = [](const std::vector<std::string>& words, const char* word) {
      return std::find(words.begin(), words.end(), word) != words.end();
    };
    if (!has(chosen.exchanges, suite.exchange) || !has(chosen.ciphers, suite.cipher)) continue;
    value.Fail(std::string("these suites can't be had without ") + suite.name + "; name it too, or leave out what it is made of");
    return std::nullopt;
  }
  return chosen;
}

// Index into kVersions.
std::optional<size_t> ReadVersion(const Value& value) {
  if (value.IsWord("TLS10") || value.IsWord("TLS11")) {
    value.Fail("TLS 1.0 and 1.1 are not served any more; TLS12 or TLS13");
    return std::nullopt;
  }
  return value.Choice({"TLS12", "TLS13"});
}

std::optional<std::vector<std::string>> ReadCurves(const Value& value) {
  std::vector<std::string> groups;
  for (const Value& item : value.Items()) {
    const std::optional<size_t> curve = item.Choice({"X25519", "CurveP256", "CurveP384", "CurveP521"});
    if (!curve) return std::nullopt;
    AddOnce(kCurves[*curve].second, &groups);
  }
  return groups;
}

void Append(const std::vector<std::string>& words, std::string* priorities) {
  for (const std::string& word : words) *priorities += ":+" + word;
}

}  // namespace

std::string TakePriorities(Map* tls) {
  size_t least = 0, most = 1;
  tls->Set("min_version", &least, ReadVersion);
  tls->Set("max_version", &most, ReadVersion);
  if (least > most) tls->FailAt("min_version", "is above max_version");
  Chosen suites{{"ECDHE-ECDSA", "ECDHE-RSA"}, {"AES-128-GCM", "AES-256-GCM", "CHACHA20-POLY1305"}};
  if (std::optional<Value> value = tls->Take("cipher_suites")) {
    if (std::optional<Chosen> chosen = ReadSuites(*value); chosen && !chosen->ciphers.empty()) suites = *std::move(chosen);
  }
  bool prefer_server = true;
  tls->Set("prefer_server_cipher_suites", &prefer_server, [](const Value& v) { return v.Bool(); });
  std::vector<std::string> groups = {"GROUP-X25519", "GROUP-SECP256R1", "GROUP-SECP384R1", "GROUP-SECP521R1"};
  if (std::optional<Value> value = tls->Take("curve_preferences")) {
    if (std::optional<std::vector<std::string>> read = ReadCurves(*value); read && !read->empty()) groups = *std::move(read);
  }
  std::string priorities = "NONE";
  for (size_t v = most + 1; v-- > least;) priorities += std::string(":+") + kVersions[v];
  Append(suites.exchanges, &priorities);
  Append(suites.ciphers, &priorities);
  priorities += ":+AEAD:+SIGN-ALL:+CTYPE-X509:+COMP-NULL";
  Append(groups, &priorities);
  return priorities + (prefer_server ? ":%SERVER_PRECEDENCE" : "");
}

}  // namespace tidemark::config
