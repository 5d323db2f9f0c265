// The file of --web.config.file.
#include "config/web_config.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidemark;
  WebConfig config;
  Diagnostics diagnostics;
  ParseWebConfig("nowhere/web.yaml", {reinterpret_cast<const char*>(data), size}, &config, &diagnostics);
  if (!diagnostics.empty()) return 0;
  testing::Expect(!config.tls || !config.tls->key_pem.empty(), "TLS has a key");
  for (const auto& [name, value] : config.headers) testing::Expect(value.find_first_of("\r\n") == std::string::npos, "a header is one line");
  for (const auto& [name, hash] : config.users) {
    testing::Expect(!name.empty() && name.find(':') == std::string::npos && hash.size() == 60, "a user has a name and a hash");
  }
  return 0;
}
