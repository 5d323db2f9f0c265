#include "config/substitute.h"

#include <cstdlib>

#include "config/read_file.h"

namespace tidemark::config {
namespace {

constexpr size_t kMaxSecretBytes = 64 << 10;

bool IsVariableName(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  for (char c : name) {
    if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
  }
  return true;
}

// What stands between "${" and "}"; nothing, reported at `offset`, when there is neither value nor default.
std::optional<std::string> Lookup(const Value& value, std::string_view inside, size_t offset) {
  const size_t dash = inside.find(":-");
  const std::string name(inside.substr(0, dash));
  if (!IsVariableName(name)) {
    value.FailAt(value.Inside(offset), "a variable is written ${NAME} or ${NAME:-default}");
    return std::nullopt;
  }
  const char* found = std::getenv(name.c_str());
  if (found != nullptr && *found != '\0') return found;
  if (dash != std::string_view::npos) return std::string(inside.substr(dash + 2));
  value.FailAt(value.Inside(offset),
               "the environment variable " + name + " is not set, and ${" + name + "} has no default");
  return std::nullopt;
}

}  // namespace

std::optional<std::string> Expand(const Value& value) {
  const std::optional<std::string> text = value.Text();
  if (!text) return std::nullopt;
  std::string expanded;
  for (size_t i = 0; i < text->size(); ++i) {
    if ((*text)[i] != '$') {
      expanded.push_back((*text)[i]);
      continue;
    }
    const char next = i + 1 < text->size() ? (*text)[i + 1] : '\0';
    const size_t end = next == '{' ? text->find('}', i) : std::string::npos;
    if (next == '$') {
      expanded.push_back('$');
      ++i;
    } else if (end == std::string::npos) {
      value.FailAt(value.Inside(i), "a variable is written ${NAME} or ${NAME:-default}, and a dollar $$");
      return std::nullopt;
    } else {
      const auto part = Lookup(value, std::string_view(*text).substr(i + 2, end - i - 2), i);
      if (!part) return std::nullopt;
      expanded += *part;
      i = end;
    }
  }
  return expanded;
}

std::optional<std::string> ReadSecretFile(const Value& value, std::vector<ReadFile>* files) {
  const std::optional<std::string> path = Expand(value);
  if (!path) return std::nullopt;
  // The text as written is shown, not what a variable made of it.
  const std::string shown = Quoted(value.node().text);
  Result<std::string> read = ReadText(*path, kMaxSecretBytes, &files->emplace_back());
  if (!read.ok()) {
    value.Fail("can't read " + shown + ": " + read.status().text());
    return std::nullopt;
  }
  std::string secret = *std::move(read);
  if (secret.size() > kMaxSecretBytes) {
    value.Fail(shown + " is larger than 64 KiB; a secret is smaller than that");
    return std::nullopt;
  }
  if (secret.ends_with('\n')) secret.pop_back();
  if (secret.ends_with('\r')) secret.pop_back();
  if (secret.empty()) {
    value.Fail(shown + " is empty");
    return std::nullopt;
  }
  return secret;
}

}  // namespace tidemark::config
