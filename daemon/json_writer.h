// JSON text, written in order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pipeline/view/view.h"

namespace tidemark {

// A string literal: quotes, control characters and bytes that are not UTF-8 escaped (the latter as U+FFFD).
std::string QuoteJson(std::string_view text);

// Commas by itself; nesting is the caller's. Cheap enough for a hundred thousand series.
class JsonWriter {
 public:
  JsonWriter& BeginObject() { return Open('{'); }
  JsonWriter& EndObject() { return Close('}'); }
  JsonWriter& BeginArray() { return Open('['); }
  JsonWriter& EndArray() { return Close(']'); }
  JsonWriter& Key(std::string_view key);
  JsonWriter& String(std::string_view text);
  JsonWriter& Int(int64_t n);
  JsonWriter& Real(double real);  // null unless finite
  JsonWriter& Bool(bool b);
  JsonWriter& Null();
  JsonWriter& Json(std::string_view json);  // a value that is JSON already
  // A KPI's value: a string, so that no reader rounds it; null when absent.
  JsonWriter& Number(const Value& value);
  std::string Take() && { return std::move(text_); }

 private:
  JsonWriter& Open(char bracket);
  JsonWriter& Close(char bracket);
  void Separate();

  std::string text_;
  bool first_ = true;  // in the innermost object or array
  bool after_key_ = false;
};

}  // namespace tidemark
