#include "daemon/json_writer.h"

#include <cmath>

#include "daemon/text_buffer.h"

namespace tidemark {
namespace {

// Length of the valid UTF-8 character at text[pos], 0 when there is none. Refuses overlong forms and surrogates.
size_t Utf8Length(std::string_view text, size_t pos) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto continues = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned lead = byte(pos);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return continues(pos + 1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const unsigned second = byte(pos + 1);
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f)) return 0;
    return continues(pos + 1) && continues(pos + 2) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const unsigned second = byte(pos + 1);
    if ((lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) return 0;
    return continues(pos + 1) && continues(pos + 2) && continues(pos + 3) ? 4 : 0;
  }
  return 0;
}

void AppendQuoted(std::string_view text, std::string* out) {
  constexpr char kHex[] = "0123456789abcdef";
  *out += '"';
  for (size_t pos = 0; pos < text.size();) {
    const unsigned char c = static_cast<unsigned char>(text[pos]);
    if (c == '"' || c == '\\') {
      *out += '\\';
      *out += text[pos++];
    } else if (c < 0x20 || c == 0x7f) {
      *out += "\\u00";
      *out += kHex[c >> 4];
      *out += kHex[c & 15];
      ++pos;
    } else if (const size_t length = Utf8Length(text, pos); length > 0) {
      out->append(text.substr(pos, length));
      pos += length;
    } else {
      *out += "\\ufffd";
      ++pos;
    }
  }
  *out += '"';
}

}  // namespace

std::string QuoteJson(std::string_view text) {
  std::string out;
  AppendQuoted(text, &out);
  return out;
}

void JsonWriter::Separate() {
  if (!first_ && !after_key_) text_ += ',';
  first_ = false;
  after_key_ = false;
}

JsonWriter& JsonWriter::Open(char bracket) {
  Separate();
  text_ += bracket;
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::Close(char bracket) {
  text_ += bracket;
  first_ = false;
  return *this;
}

JsonWriter& JsonWriter::Key(std::string_view key) {
  Separate();
  AppendQuoted(key, &text_);
  text_ += ':';
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::String(std::string_view text) {
  Separate();
  AppendQuoted(text, &text_);
  return *this;
}

JsonWriter& JsonWriter::Int(int64_t n) {
  Separate();
  text_ += std::to_string(n);
  return *this;
}

JsonWriter& JsonWriter::Real(double real) {
  if (!std::isfinite(real)) return Null();
  Separate();
  char chars[kMaxNumberChars];
  text_.append(chars, PutReal(chars, real));
  return *this;
}

JsonWriter& JsonWriter::Bool(bool b) {
  Separate();
  text_ += b ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::Json(std::string_view json) {
  Separate();
  text_ += json;
  return *this;
}

JsonWriter& JsonWriter::Null() {
  Separate();
  text_ += "null";
  return *this;
}

JsonWriter& JsonWriter::Number(const Value& value) {
  if (value.absent()) return Null();
  Separate();
  char chars[kMaxNumberChars];
  text_ += '"';
  text_.append(chars, PutValue(chars, value));
  text_ += '"';
  return *this;
}

}  // namespace tidemark
