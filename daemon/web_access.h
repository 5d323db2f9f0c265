// Who may be served: basic auth and client certificates, before anything else is looked at.
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>

#include "daemon/http.h"
#include "daemon/own_metrics.h"
#include "pipeline/base/time.h"

namespace tidemark {

// Passwords against bcrypt hashes, which take tens of milliseconds each by design. So outcomes are kept, as keyed hashes, and
// only so many are computed: one at a time, and 4 a second after the first 8. Guessing costs the same whether a name exists.
// Threads: any.
class PasswordCheck {
 public:
  enum class Verdict { kGood, kBad, kBusy };  // kBusy: too many are tried now; nothing is known of this one
  explicit PasswordCheck(std::map<std::string, std::string, std::less<>> users);
  Verdict Check(const std::string& name, const std::string& password);

 private:
  using Tag = std::array<unsigned char, 32>;
  struct TagHash {
    size_t operator()(const Tag& tag) const;
  };
  static constexpr size_t kKept = 1024;
  static constexpr double kAtOnce = 8, kPerSecond = 4;

  Tag TagOf(const std::string& name, const std::string& hash, const std::string& password) const;
  bool TakeTurn(Duration now);

  const std::map<std::string, std::string, std::less<>> users_;
  std::string nobody_;                            // the hash that unknown names are compared with
  Tag key_{};                                     // of this process
  std::mutex mu_;
  std::unordered_map<Tag, bool, TagHash> known_;  // GUARDED_BY(mu_); at most kKept
  double turns_ = kAtOnce;                        // GUARDED_BY(mu_)
  Duration turns_at_{};                           // GUARDED_BY(mu_)
  std::mutex computing_;
};

// Stands before a handler. Threads: any.
class WebAccess {
 public:
  WebAccess(HttpServer::Handler inner, OwnMetrics* own) : inner_(std::move(inner)), own_(own) {}
  HttpResponse Answer(const HttpRequest& request);
  // Empty: everybody is served.
  void Use(const std::map<std::string, std::string, std::less<>>& users);

 private:
  const HttpServer::Handler inner_;
  OwnMetrics* const own_;
  std::mutex mu_;
  std::shared_ptr<PasswordCheck> passwords_;  // GUARDED_BY(mu_); null: none are asked for
};

}  // namespace tidemark
