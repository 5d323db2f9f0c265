#include "daemon/generate/text.h"

namespace tidemark {
namespace {

bool IsSmall(char c) { return c >= 'a' && c <= 'z'; }
char Capital(char c) { return IsSmall(c) ? static_cast<char>(c - 'a' + 'A') : c; }

}  // namespace

std::string AlertName(std::string_view name) {
  std::string camel;
  for (size_t i = 0; i < name.size(); ++i) {
    const bool joins = name[i] == '_' && i + 1 < name.size() && IsSmall(name[i + 1]);
    if (joins) ++i;
    camel.push_back(joins || i == 0 ? Capital(name[i]) : name[i]);
  }
  return camel.starts_with("Tidemark") ? std::string(name) : camel;
}

std::string PromQuoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += {'\\', c};
    } else if (c == '\n') {
      quoted += "\\n";
    } else {
      quoted.push_back(c);
    }
  }
  return quoted + "\"";
}

std::string TemplateText(std::string_view text) {
  std::string literal;
  for (const char c : text) {
    if (c == '{') {
      literal += R"({{"{"}})";
    } else {
      literal.push_back(c);
    }
  }
  return literal;
}

}  // namespace tidemark
