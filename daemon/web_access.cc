#include "daemon/web_access.h"

#include <crypt.h>
#include <gnutls/crypto.h>

#include <algorithm>
#include <cstring>

#include "daemon/api_error.h"
#include "daemon/clock.h"

namespace tidemark {
namespace {

// Takes the same time wherever they differ.
bool Same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (size_t i = 0; i < a.size(); ++i) difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
  return difference == 0;
}

bool Matches(const std::string& password, const std::string& hash) {
  auto data = std::make_unique<crypt_data>();  // 32 KiB
  const char* made = crypt_r(password.c_str(), hash.c_str(), data.get());
  return made != nullptr && Same(made, hash);
}

// Of the same cost as the dearest that there is, of a password that nobody knows.
std::string Nobody(const std::map<std::string, std::string, std::less<>>& users) {
  std::string cost = "10";
  for (const auto& [name, hash] : users) cost = std::max(cost, hash.substr(4, 2));
  return "$2y$" + cost + "$" + std::string(22, '.') + std::string(31, '/');
}

}  // namespace

PasswordCheck::PasswordCheck(std::map<std::string, std::string, std::less<>> users)
    : users_(std::move(users)), nobody_(Nobody(users_)) {
  gnutls_rnd(GNUTLS_RND_KEY, key_.data(), key_.size());
}

size_t PasswordCheck::TagHash::operator()(const Tag& tag) const {
  size_t hash;
  std::memcpy(&hash, tag.data(), sizeof(hash));
  return hash;
}

PasswordCheck::Tag PasswordCheck::TagOf(const std::string& name, const std::string& hash, const std::string& password) const {
  const std::string text = name + '\0' + hash + '\0' + password;
  Tag tag;
  gnutls_hmac_fast(GNUTLS_MAC_SHA256, key_.data(), key_.size(), text.data(), text.size(), tag.data());
  return tag;
}

bool PasswordCheck::TakeTurn(Duration now) {
  turns_ = std::min(kAtOnce, turns_ + kPerSecond * std::chrono::duration<double>(now - turns_at_).count());
  turns_at_ = now;
  if (turns_ < 1) return false;
  turns_ -= 1;
  return true;
}

PasswordCheck::Verdict PasswordCheck::Check(const std::string& name, const std::string& password) {
  const auto user = users_.find(name);
  const std::string& hash = user == users_.end() ? nobody_ : user->second;
  const Tag tag = TagOf(name, hash, password);
  std::unique_lock computing(computing_, std::defer_lock);
  {
    const std::lock_guard lock(mu_);
    if (const auto known = known_.find(tag); known != known_.end()) return known->second ? Verdict::kGood : Verdict::kBad;
    if (!computing.try_lock()) return Verdict::kBusy;
    if (!TakeTurn(SteadyNow())) return Verdict::kBusy;
  }
  const bool good = Matches(password, hash) && user != users_.end();
  const std::lock_guard lock(mu_);
  if (known_.size() >= kKept) std::erase_if(known_, [](const auto& entry) { return !entry.second; });
  if (known_.size() < kKept) known_.emplace(tag, good);
  return good ? Verdict::kGood : Verdict::kBad;
}

void WebAccess::Use(const std::map<std::string, std::string, std::less<>>& users) {
  auto made = users.empty() ? nullptr : std::make_shared<PasswordCheck>(users);
  const std::lock_guard lock(mu_);
  passwords_ = std::move(made);
}

HttpResponse WebAccess::Answer(const HttpRequest& request) {
  HttpResponse refused;
  if (!request.certificate_refused.empty()) {
    refused = ErrorAt(request.path, 403, request.certificate_refused);
  } else {
    std::shared_ptr<PasswordCheck> passwords;
    {
      const std::lock_guard lock(mu_);
      passwords = passwords_;
    }
    if (passwords == nullptr) return inner_(request);
    const PasswordCheck::Verdict verdict =
        request.credentials ? passwords->Check(request.credentials->first, request.credentials->second) : PasswordCheck::Verdict::kBad;
    if (verdict == PasswordCheck::Verdict::kGood) return inner_(request);
    const bool busy = verdict == PasswordCheck::Verdict::kBusy;
    refused = busy ? ErrorAt(request.path, 429, "too many passwords are tried; try again")
                   : ErrorAt(request.path, 401, "a name and a password are wanted here");
    refused.authenticate = !busy;
    refused.retry_after_seconds = busy ? 1 : 0;
  }
  own_->CountRequest("access", refused.code);
  return refused;
}

}  // namespace tidemark
