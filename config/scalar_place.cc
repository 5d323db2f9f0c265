#include "config/scalar_place.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace tidemark::config {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// A backslash escape in double quotes: its bytes in the file, and the bytes it puts into the value that are no space.
struct Escape {
  size_t source_bytes = 2;
  size_t value_bytes = 1;
};

Escape EscapeAt(std::string_view source, size_t at) {
  const char kind = at + 1 < source.size() ? source[at + 1] : '\0';
  const size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
  if (digits == 0) return {2, IsSpace(kind) || kind == 'n' || kind == 't' || kind == 'r' ? size_t{0} : size_t{1}};
  const auto code = std::strtoul(std::string(source.substr(at + 2, digits)).c_str(), nullptr, 16);
  if (code == ' ' || (code >= '\t' && code <= '\r')) return {2 + digits, 0};
  return {2 + digits, code < 0x80 ? size_t{1} : code < 0x800 ? size_t{2} : code < 0x10000 ? size_t{3} : size_t{4}};
}

// Also those that are escaped, in a scalar that has escapes.
size_t SkipSpaces(std::string_view source, size_t at, bool escapes) {
  while (at < source.size()) {
    if (IsSpace(source[at])) {
      ++at;
    } else if (escapes && source[at] == '\\' && EscapeAt(source, at).value_bytes == 0) {
      at += EscapeAt(source, at).source_bytes;
    } else {
      break;
    }
  }
  return at;
}

// Length in bytes of the character at `at`, 0 when it is malformed.
size_t Utf8Length(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0}; };
  const uint8_t lead = byte(at);
  const size_t length = lead < 0x80                   ? 1
                        : lead >= 0xC2 && lead < 0xE0 ? 2
                        : lead >= 0xE0 && lead < 0xF0 ? 3
                        : lead >= 0xF0 && lead < 0xF5 ? 4
                                                      : 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  }
  if ((lead == 0xE0 && byte(at + 1) < 0xA0) || (lead == 0xED && byte(at + 1) >= 0xA0)) return 0;
  if ((lead == 0xF0 && byte(at + 1) < 0x90) || (lead == 0xF4 && byte(at + 1) >= 0x90)) return 0;
  return length;
}

}  // namespace

size_t SourceOfScalar(std::string_view source, size_t start, size_t offset, std::string_view value) {
  offset = std::min(offset, value.size());
  auto left = static_cast<size_t>(
      std::count_if(value.begin(), value.begin() + static_cast<ptrdiff_t>(offset), [](char c) { return !IsSpace(c); }));
  const bool at_character = offset < value.size() && !IsSpace(value[offset]);
  size_t at = start;
  const char first = at < source.size() ? source[at] : '\0';
  if (first == '"' || first == '\'') ++at;
  if (first == '|' || first == '>') at = std::min(source.find('\n', at), source.size());
  at = SkipSpaces(source, at, first == '"');
  while (left > 0 && at < source.size()) {
    if (first == '"' && source[at] == '\\') {
      const Escape escape = EscapeAt(source, at);
      at += escape.source_bytes;
      left -= std::min(left, escape.value_bytes);
    } else {
      at += first == '\'' && source[at] == '\'' ? 2 : 1;
      --left;
    }
    if (left > 0 || at_character) at = SkipSpaces(source, at, first == '"');
  }
  return std::min(at, source.size());
}

Place PlaceOfByte(const std::string& file, std::string_view source, size_t byte) {
  byte = std::min(byte, source.size());
  const std::string_view before = source.substr(0, byte);
  const size_t newline = before.rfind('\n');
  const size_t line_start = newline == std::string_view::npos ? 0 : newline + 1;
  return {file, static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
          static_cast<int>(byte - line_start) + 1};
}

size_t FirstUnprintable(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const auto byte = static_cast<uint8_t>(text[at]);
    if ((byte < 0x20 && !IsSpace(text[at])) || byte == 0x7F) return at;
    const size_t length = Utf8Length(text, at);
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

}  // namespace tidemark::config
