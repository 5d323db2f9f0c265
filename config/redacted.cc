#include "config/redacted.h"

#include <array>
#include <cstdio>

#include "config/config.h"

namespace tidemark::config {
namespace {

constexpr std::string_view kSecret = "\"<secret>\"";

void Quote(std::string_view text, std::string* out) {
  *out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      *out += '\\';
      *out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      std::array<char, 8> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\u%04x", static_cast<unsigned>(c));
      *out += escaped.data();
    } else {
      *out += c;
    }
  }
  *out += '"';
}

void Write(const Node& node, std::string* out) {
  const char* separator = "";
  switch (node.kind) {
    case Node::Kind::kNull:
      *out += "null";
      return;
    case Node::Kind::kScalar:
      return Quote(node.text, out);
    case Node::Kind::kList:
      *out += '[';
      for (const auto& item : node.items) {
        *out += separator;
        separator = ",";
        Write(*item, out);
      }
      *out += ']';
      return;
    case Node::Kind::kMap:
      *out += '{';
      for (const Node::Entry& entry : node.entries) {
        *out += separator;
        separator = ",";
        Quote(entry.key, out);
        *out += ':';
        if (IsSecretProperty(entry.key) && !entry.key.ends_with("_file")) {
          *out += kSecret;
        } else {
          Write(*entry.value, out);
        }
      }
      *out += '}';
      return;
  }
}

}  // namespace

std::string RedactedJson(const Node& root) {
  std::string json;
  Write(root, &json);
  return json;
}

}  // namespace tidemark::config
