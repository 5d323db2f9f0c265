// The section `registry`: where the schemas are that records name by number.
#include <algorithm>

#include "config/read_file.h"
#include "config/sections.h"
#include "config/substitute.h"

namespace tidemark::config {
namespace {

constexpr size_t kMaxUrls = 16, kMaxMissing = 10'000;
constexpr size_t kMaxFileBytes = 4 << 20;  // a bundle of authorities is a few hundred KiB
constexpr uint64_t kGreatestNumber = UINT32_MAX;

// What is wrong with an address; "": nothing.
std::string WhyNotUrl(std::string_view url) {
  const size_t scheme = url.starts_with("https://") ? 8 : url.starts_with("http://") ? 7 : 0;
  if (scheme == 0) return "begins with http:// or https://";
  const std::string_view host = url.substr(scheme, url.find('/', scheme) - scheme);
  if (host.find('@') != std::string_view::npos) return "bears a password, which this file would show: say username and password_file";
  const bool plain = std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 0x7f && c != '?' && c != '#' && c != '"' && c != '\\'; });
  return plain && !host.empty() && !host.starts_with(':') ? "" : "looks like https://registry:8081";
}

void ReadUrls(const Value& value, RegistrySpec* registry) {
  const std::vector<Value> items = value.Items();
  if (items.empty() || items.size() > kMaxUrls) value.Fail("one to " + std::to_string(kMaxUrls) + " addresses are wanted here");
  for (const Value& item : items) {
    std::optional<std::string> url = Expand(item);
    if (!url) continue;
    // An address that bears a password is not shown.
    if (const std::string why = WhyNotUrl(*url); !why.empty()) item.Fail(why.starts_with("bears") ? "the address " + why : "an address " + why);
    while (url->ends_with('/')) url->pop_back();
    registry->urls.push_back(*std::move(url));
  }
}

// The file is read when it is needed; here only whether it can be.
void SetFile(Map* map, std::string_view key, bool secret, std::string* path, std::vector<ReadFile>* files) {
  const std::optional<Value> value = map->Take(key);
  if (!value) return;
  const std::optional<std::string> expanded = Expand(*value);
  if (!expanded) return;
  *path = *expanded;
  if (secret) {
    static_cast<void>(ReadSecretFile(*value, files));
  } else {
    const Result<std::string> read = ReadText(*path, kMaxFileBytes, &files->emplace_back());
    if (!read.ok()) value->Fail("can't read " + Quoted(value->node().text) + ": " + read.status().text());
  }
}

}  // namespace

void ReadRegistry(const Value& value, RegistrySpec* registry) {
  std::optional<Map> map = Map::Open(value);
  if (!map) return;
  if (const auto urls = map->Require("url")) ReadUrls(*urls, registry);
  map->Set("username", &registry->username, Expand);
  SetFile(&*map, "password_file", true, &registry->password_file, &registry->files);
  SetFile(&*map, "bearer_token_file", true, &registry->bearer_token_file, &registry->files);
  SetFile(&*map, "ca_file", false, &registry->ca_file, &registry->files);
  SetFile(&*map, "cert_file", false, &registry->cert_file, &registry->files);
  SetFile(&*map, "key_file", true, &registry->key_file, &registry->files);
  map->Set("timeout", &registry->timeout, [](const Value& v) { return v.Time(std::chrono::seconds(1), std::chrono::minutes(1)); });
  if (const auto missing = map->Take("missing")) {
    const std::vector<Value> items = missing->Items();
    if (items.size() > kMaxMissing) missing->Fail("more than " + std::to_string(kMaxMissing) + " numbers");
    for (const Value& item : items) {
      if (const auto number = item.Whole(0, kGreatestNumber)) registry->missing.insert(static_cast<uint32_t>(*number));
    }
  }
  if (map->Has("username") != map->Has("password_file")) map->FailAt(map->Has("username") ? "username" : "password_file", "username and password_file go together");
  if (map->Has("username") && map->Has("bearer_token_file")) map->FailAt("bearer_token_file", "a registry is asked with a password or a token, not both");
  if (map->Has("cert_file") != map->Has("key_file")) map->FailAt(map->Has("cert_file") ? "cert_file" : "key_file", "cert_file and key_file go together");
  map->Refuse("password", "secrets stand in files: say password_file");
  map->Refuse("bearer_token", "secrets stand in files: say bearer_token_file");
  map->Finish();
}

}  // namespace tidemark::config
