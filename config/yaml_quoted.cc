#include "config/yaml_quoted.h"

#include <array>
#include <cstdint>
#include <cstdio>

namespace tidemark {
namespace {

// The character that begins at text[*at], past which *at moves; U+FFFD where there is none.
uint32_t NextCharacter(std::string_view text, size_t* at) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0}; };
  const uint8_t lead = byte((*at)++);
  if (lead < 0x80) return lead;
  const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  if (lead < 0xC2 || lead > 0xF4) return 0xFFFD;
  uint32_t code = lead & (0x3Fu >> more);
  for (int i = 0; i < more; ++i) {
    const uint8_t next = byte(*at + static_cast<size_t>(i));
    if ((next & 0xC0) != 0x80) return 0xFFFD;
    code = code << 6 | (next & 0x3Fu);
  }
  *at += static_cast<size_t>(more);
  return code;
}

// Whether YAML lets the character stand in a file. Line separators could, but readers disagree about them.
bool IsPrintable(uint32_t code) {
  if (code < 0x80) return code >= 0x20 && code != 0x7F;
  return (code >= 0xA0 && code < 0xD800 && code != 0x2028 && code != 0x2029) ||
         (code >= 0xE000 && code < 0xFFFD && code != 0xFEFF) || (code >= 0x10000 && code < 0x110000);
}

}  // namespace

std::string YamlQuoted(std::string_view text) {
  std::string escaped, plain;
  bool printable = true;
  for (size_t at = 0; at < text.size();) {
    const size_t from = at;
    const uint32_t code = NextCharacter(text, &at);
    if (!IsPrintable(code)) {
      std::array<char, 16> hex{};
      std::snprintf(hex.data(), hex.size(), "\\u%04X", code > 0xFFFF ? 0xFFFD : code);
      escaped += code == '\n' ? "\\n" : hex.data();
      printable = false;
      continue;
    }
    if (code == '"' || code == '\\') escaped += '\\';
    if (code == '\'') plain += '\'';
    escaped += text.substr(from, at - from);
    plain += text.substr(from, at - from);
  }
  // Quotes and backslashes stand by themselves between single quotes, which PromQL and templates are easier to read in.
  const bool single = printable && escaped.size() > text.size();
  return single ? "'" + plain + "'" : "\"" + escaped + "\"";
}

}  // namespace tidemark
