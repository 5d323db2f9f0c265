#include "pipeline/base/pseudonyms.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "pipeline/base/check.h"
#include "pipeline/base/hash.h"

namespace tidemark {
namespace {

constexpr size_t kKnown = 4096;         // a power of two
constexpr size_t kMostRemembered = 256;  // bytes of a value

}  // namespace

// libcrypto with a key taken in. It fails only where it has no SHA-256, which no input can bring about.
struct Pseudonyms::Mac {
  explicit Mac(std::string_view key) {
    mac.reset(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    TM_CHECK(mac != nullptr);
    context.reset(EVP_MAC_CTX_new(mac.get()));
    TM_CHECK(context != nullptr);
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
    TM_CHECK(EVP_MAC_init(context.get(), reinterpret_cast<const unsigned char*>(key.data()), key.size(), params) == 1);
  }
  Text Of(std::string_view value) {
    std::array<unsigned char, 32> full{};
    size_t size = 0;
    TM_CHECK(EVP_MAC_init(context.get(), nullptr, 0, nullptr) == 1);  // the same key anew
    TM_CHECK(EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(value.data()), value.size()) == 1);
    TM_CHECK(EVP_MAC_final(context.get(), full.data(), &size, full.size()) == 1 && size == full.size());
    constexpr std::string_view kDigits = "0123456789abcdef";
    Text text;
    for (size_t i = 0; i < text.size(); ++i) text[i] = kDigits[full[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15];
    return text;
  }

  struct Free {
    void operator()(EVP_MAC* m) const { EVP_MAC_free(m); }
    void operator()(EVP_MAC_CTX* c) const { EVP_MAC_CTX_free(c); }
  };
  std::unique_ptr<EVP_MAC, Free> mac;
  std::unique_ptr<EVP_MAC_CTX, Free> context;
};

Pseudonyms::Pseudonyms(std::string_view key) : mac_(std::make_unique<Mac>(key)), known_(kKnown) {}
Pseudonyms::~Pseudonyms() = default;
Pseudonyms::Pseudonyms(Pseudonyms&&) noexcept = default;

const Pseudonyms::Text& Pseudonyms::Of(std::string_view value) {
  Known& known = known_[Hash64(value) & (kKnown - 1)];
  if (!value.empty() && known.value == value) return known.text;
  known.value.assign(value.size() <= kMostRemembered ? value : std::string_view());
  known.text = mac_->Of(value);
  return known.text;
}

std::string Pseudonyms::Fingerprint(std::string_view key) {
  const Text text = Mac(key).Of("tidemark: which key this is");
  return {text.data(), text.size()};
}

}  // namespace tidemark
