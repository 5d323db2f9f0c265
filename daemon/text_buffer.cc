#include "daemon/text_buffer.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace tidemark {
namespace {

char* PutText(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

// Digits of |mantissa| with a point, for mantissas of 64 bits: nearly all.
char* PutSmallDecimal(char* to, int64_t mantissa, int scale) {
  uint64_t magnitude = static_cast<uint64_t>(mantissa);
  if (mantissa < 0) {
    *to++ = '-';
    magnitude = 0 - magnitude;
  }
  while (scale > 0 && magnitude % 10 == 0) {
    magnitude /= 10;
    --scale;
  }
  char digits[24];
  const char* end = std::to_chars(digits, digits + sizeof(digits), magnitude).ptr;
  const int count = static_cast<int>(end - digits);
  if (scale == 0) return PutText(to, {digits, static_cast<size_t>(count)});
  if (count <= scale) {
    *to++ = '0';
    *to++ = '.';
    to = std::fill_n(to, scale - count, '0');
    return PutText(to, {digits, static_cast<size_t>(count)});
  }
  to = PutText(to, {digits, static_cast<size_t>(count - scale)});
  *to++ = '.';
  return PutText(to, {digits + count - scale, static_cast<size_t>(scale)});
}

}  // namespace

char* PutDecimal(char* to, const Decimal& d) {
  if (d.mantissa >= INT64_MIN && d.mantissa <= INT64_MAX) {
    if (d.mantissa == 0) {
      *to = '0';
      return to + 1;
    }
    return PutSmallDecimal(to, static_cast<int64_t>(d.mantissa), d.scale);
  }
  return PutText(to, ToString(d));
}

char* PutReal(char* to, double real) {
  if (std::isnan(real)) return PutText(to, "NaN");
  if (std::isinf(real)) return PutText(to, real > 0 ? "+Inf" : "-Inf");
  return std::to_chars(to, to + kMaxNumberChars, real).ptr;
}

char* PutValue(char* to, const Value& value) {
  return value.exact() ? PutDecimal(to, value.decimal()) : PutReal(to, value.real());
}

void TextBuffer::MakeRoom(size_t n) {
  Flush();
  if (chunk_.size() < n) chunk_.resize(n);
}

void TextBuffer::Flush() {
  if (used_ == 0) return;
  sink_->Write({chunk_.data(), used_});
  used_ = 0;
}

void TextBuffer::Append(int64_t n) {
  char* to = Room(kMaxNumberChars);
  Advance(std::to_chars(to, to + kMaxNumberChars, n).ptr);
}

void TextBuffer::Append(uint64_t n) {
  char* to = Room(kMaxNumberChars);
  Advance(std::to_chars(to, to + kMaxNumberChars, n).ptr);
}

void TextBuffer::Append(double real) { Advance(PutReal(Room(kMaxNumberChars), real)); }

void TextBuffer::Append(const Value& value) { Advance(PutValue(Room(kMaxNumberChars), value)); }

std::string EscapeLabelValue(std::string_view value) { return EscapeHelp(value, true); }

std::string EscapeHelp(std::string_view help, bool quotes) {
  std::string out;
  out.reserve(help.size());
  for (const char c : help) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
  return out;
}

size_t ColumnsOf(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string ForTerminal(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  return out;
}

std::string EscapeHtml(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace tidemark
