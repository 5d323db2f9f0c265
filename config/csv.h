// CSV as RFC 4180 has it, and what spreadsheets make of it: a byte order mark, either kind of line end, blank lines.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml.h"

namespace tidemark::config {

inline constexpr size_t kMaxCsvFields = 1'000;  // in one record

// One field of a record, without its quotes. Valid until the next record is read.
struct CsvField {
  std::string_view text;
  Mark at;
};

// A cursor over records, which borrows the text. Ends at the first thing that is no CSV: error() then says where and why.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text);

  // The next record that is not a blank line; false at the end, or after an error.
  bool Next(std::vector<CsvField>* fields);

  struct Error {
    Mark at;
    std::string text;
  };
  const std::optional<Error>& error() const { return error_; }

 private:
  Mark Here() const { return {line_, static_cast<int>(at_ - line_start_) + 1}; }
  bool Fail(Mark at, std::string text);
  void EndLine(size_t length);
  // Length of the line end that stands at at_; 0: none does.
  size_t LineEnd() const;
  bool Field(std::vector<CsvField>* fields);
  bool Quoted(CsvField* field);
  bool Plain(CsvField* field);

  std::string_view text_;
  size_t at_ = 0, line_start_ = 0;
  int line_ = 1;
  std::deque<std::string> unescaped_;  // of this record: fields with quotes inside
  std::optional<Error> error_;
};

}  // namespace tidemark::config
