#include "config/csv.h"

namespace tidemark::config {

CsvReader::CsvReader(std::string_view text) : text_(text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text_.starts_with(kByteOrderMark)) at_ = line_start_ = kByteOrderMark.size();
}

bool CsvReader::Fail(Mark at, std::string text) {
  error_ = Error{at, std::move(text)};
  return false;
}

size_t CsvReader::LineEnd() const {
  if (at_ < text_.size() && text_[at_] == '\n') return 1;
  return text_.substr(at_).starts_with("\r\n") ? 2 : 0;
}

void CsvReader::EndLine(size_t length) {
  at_ += length;
  line_start_ = at_;
  ++line_;
}

bool CsvReader::Next(std::vector<CsvField>* fields) {
  fields->clear();
  unescaped_.clear();
  if (error_) return false;
  for (size_t length = LineEnd(); length > 0; length = LineEnd()) EndLine(length);
  if (at_ >= text_.size()) return false;
  for (;;) {
    if (!Field(fields)) return false;
    if (at_ >= text_.size()) return true;
    if (const size_t length = LineEnd(); length > 0) {
      EndLine(length);
      return true;
    }
    ++at_;  // a comma: Field stops at nothing else
  }
}

bool CsvReader::Field(std::vector<CsvField>* fields) {
  if (fields->size() >= kMaxCsvFields) return Fail(Here(), "more than " + std::to_string(kMaxCsvFields) + " fields in one line");
  CsvField field;
  field.at = Here();
  const bool quoted = at_ < text_.size() && text_[at_] == '"';
  if (!(quoted ? Quoted(&field) : Plain(&field))) return false;
  fields->push_back(field);
  return true;
}

bool CsvReader::Plain(CsvField* field) {
  const size_t begin = at_;
  for (; at_ < text_.size() && text_[at_] != ',' && LineEnd() == 0; ++at_) {
    if (text_[at_] == '"') return Fail(Here(), "a quote inside a field that does not begin with one");
    if (text_[at_] == '\r') return Fail(Here(), "a carriage return that does not end a line");
  }
  field->text = text_.substr(begin, at_ - begin);
  return true;
}

bool CsvReader::Quoted(CsvField* field) {
  const size_t begin = ++at_;
  size_t part = begin;             // what is not unescaped yet
  std::string* unescaped = nullptr;
  for (;; ++at_) {
    if (at_ >= text_.size()) return Fail(field->at, "a quoted field without its closing quote");
    if (text_[at_] == '\n') {
      EndLine(1);
      --at_;
    } else if (text_[at_] == '"' && text_.substr(at_).starts_with("\"\"")) {
      if (unescaped == nullptr) unescaped = &unescaped_.emplace_back();
      unescaped->append(text_.substr(part, at_ + 1 - part));
      part = ++at_ + 1;
    } else if (text_[at_] == '"') {
      break;
    }
  }
  field->text = text_.substr(begin, at_ - begin);
  if (unescaped != nullptr) field->text = unescaped->append(text_.substr(part, at_ - part));
  ++at_;
  if (at_ < text_.size() && text_[at_] != ',' && LineEnd() == 0) {
    return Fail(Here(), "a comma or the end of the line is wanted after a closing quote");
  }
  return true;
}

}  // namespace tidemark::config
