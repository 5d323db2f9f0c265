// Text written fast: numbers, escapes and plain bytes into one chunk that is handed on when full.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/decimal.h"
#include "pipeline/view/view.h"

namespace tidemark {

// Where text goes, chunk by chunk.
class TextSink {
 public:
  virtual ~TextSink() = default;
  virtual void Write(std::string_view chunk) = 0;
};

class StringSink final : public TextSink {
 public:
  void Write(std::string_view chunk) override { text_.append(chunk); }
  const std::string& text() const { return text_; }
  std::string Take() && { return std::move(text_); }

 private:
  std::string text_;
};

// Collects up to a chunk before it calls the sink, so that a compressor finds its input in the cache.
// Invariant: what was appended reaches the sink in order, all of it after Flush(). Threads: one.
class TextBuffer {
 public:
  explicit TextBuffer(TextSink* sink) : sink_(sink), chunk_(kChunkBytes) {}

  // Room for n bytes; the caller writes there and calls Advance with the end of what it wrote.
  char* Room(size_t n) {
    if (chunk_.size() - used_ < n) MakeRoom(n);
    return chunk_.data() + used_;
  }
  void Advance(const char* end) { used_ = static_cast<size_t>(end - chunk_.data()); }
  void Append(std::string_view text) {
    char* to = Room(text.size());
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    used_ += text.size();
  }
  void Append(int64_t n);
  void Append(uint64_t n);
  void Append(double real);
  void Append(const Value& value);
  void Flush();

 private:
  static constexpr size_t kChunkBytes = 64 << 10;
  void MakeRoom(size_t n);

  TextSink* sink_;
  std::vector<char> chunk_;
  size_t used_ = 0;
};

inline constexpr size_t kMaxNumberChars = 64;  // any Value, any integer, any double
// Write at `to`, return the end; at most kMaxNumberChars.
char* PutDecimal(char* to, const Decimal& d);
char* PutReal(char* to, double real);  // shortest that reads back the same; NaN, +Inf, -Inf
char* PutValue(char* to, const Value& value);

// Inside double quotes of a label: \ " and newline. In HELP: \ and newline.
std::string EscapeLabelValue(std::string_view value);
std::string EscapeHelp(std::string_view help, bool quotes);
// Columns of a terminal that the text takes: bytes that begin a UTF-8 character.
size_t ColumnsOf(std::string_view text);
// What would move a terminal's cursor, as '?'.
std::string ForTerminal(std::string_view text);
// For text and attribute values of a page.
std::string EscapeHtml(std::string_view text);

}  // namespace tidemark
