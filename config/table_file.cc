#include "config/table_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "config/csv.h"
#include "config/reader.h"
#include "config/scalar_place.h"
#include "config/table_cells.h"

namespace tidemark {
namespace config {
namespace {

constexpr size_t kMaxMistakes = 20;  // of one file; the rest is likely more of the same

std::string StampOf(const struct stat& file) {
  return std::to_string(file.st_dev) + ":" + std::to_string(file.st_ino) + ":" + std::to_string(file.st_size) + ":" +
         std::to_string(file.st_mtim.tv_sec) + "." + std::to_string(file.st_mtim.tv_nsec);
}

// A file descriptor that closes itself.
class File {
 public:
  explicit File(const std::string& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

class TableParser {
 public:
  TableParser(const TableSpec& spec, const LookupPlan* layout, std::string_view csv, Diagnostics* diagnostics)
      : spec_(spec), layout_(layout), reader_(csv), diagnostics_(*diagnostics) {}

  std::shared_ptr<const LookupTable> Run() {
    if (!Header()) return nullptr;
    LookupTable::Builder builder(columns_);
    std::vector<CsvField> record;
    while (mistakes_ < kMaxMistakes && reader_.Next(&record)) Row(record, &builder);
    if (mistakes_ >= kMaxMistakes) diagnostics_.Add({spec_.file, 0, 0}, "too many mistakes; the rest was not read");
    if (reader_.error()) Fail(reader_.error()->at, reader_.error()->text);
    return mistakes_ == 0 ? std::move(builder).Build() : nullptr;
  }

 private:
  static constexpr int kUnused = -1, kKey = -2;

  void Fail(Mark at, const std::string& text) {
    diagnostics_.Add({spec_.file, at.line, at.column}, text);
    ++mistakes_;
  }

  bool IsText(const CsvField& field) {
    if (FirstUnprintable(field.text) == std::string_view::npos) return true;
    Fail(field.at, "is not UTF-8 text, or holds control characters");
    return false;
  }

  bool Header() {
    std::vector<CsvField> record;
    if (!reader_.Next(&record)) {
      const bool wrong = reader_.error().has_value();
      Fail(wrong ? reader_.error()->at : Mark{1, 1}, wrong ? reader_.error()->text : "is empty; its first line names the columns");
      return false;
    }
    for (const CsvField& field : record) {
      if (!IsText(field)) continue;
      const bool again = std::find(names_.begin(), names_.end(), field.text) != names_.end();
      if (again && !field.text.empty()) Fail(field.at, "the column " + Quoted(field.text) + " is given twice");
      names_.emplace_back(field.text);
    }
    if (mistakes_ == 0) Columns();
    return mistakes_ == 0;
  }

  bool Has(const std::string& column) {
    if (std::find(names_.begin(), names_.end(), column) != names_.end()) return true;
    const bool semicolons = names_.size() == 1 && names_[0].find_first_of(";\t") != std::string::npos;
    Fail({1, 1}, "there is no column " + Quoted(column) +
                     (semicolons ? "; columns are separated by commas" : DidYouMean(column, names_)));
    return false;
  }

  void Columns() {
    bool all = Has(spec_.key);
    for (const auto& [column, type] : spec_.columns) all = all && Has(column);
    if (!all) return;
    if (layout_ == nullptr) {
      for (const std::string& name : names_) {
        const auto declared = spec_.columns.find(name);
        const bool own = name != spec_.key && !name.empty();
        if (own) columns_.push_back({name, declared == spec_.columns.end() ? ColumnType::kText : declared->second});
      }
    } else {
      columns_ = layout_->columns;
      for (size_t c = 0; c < columns_.size(); ++c) {
        if (layout_->needed[c]) Has(columns_[c].name);
      }
    }
    for (const std::string& name : names_) {
      const auto column = std::find_if(columns_.begin(), columns_.end(), [&](const auto& c) { return c.name == name; });
      targets_.push_back(name == spec_.key ? kKey : column == columns_.end() ? kUnused : static_cast<int>(column - columns_.begin()));
    }
    key_ = static_cast<size_t>(std::find(targets_.begin(), targets_.end(), kKey) - targets_.begin());
  }

  void Row(const std::vector<CsvField>& record, LookupTable::Builder* builder) {
    if (record.size() != names_.size()) {
      return Fail(record[0].at, "has " + std::to_string(record.size()) + " fields, and the header names " + std::to_string(names_.size()));
    }
    const CsvField& key = record[key_];
    if (key.text.empty()) return Fail(key.at, "the key (" + spec_.key + ") is empty");
    if (!IsText(key)) return;
    if (spec_.dates && !IsDate(key.text)) {
      return Fail(key.at, "the key " + Quoted(key.text) + " is not a date like 2026-12-25; calendar.holidays are those of this table");
    }
    if (lines_.size() >= kMaxTableRows) {
      mistakes_ = kMaxMistakes - 1;
      return Fail(key.at, "more than " + std::to_string(kMaxTableRows) + " rows");
    }
    const uint32_t known = builder->AddRow(key.text);
    lines_.push_back(key.at.line);
    if (known != LookupTable::kNoRow) {
      return Fail(key.at, "the key " + Quoted(key.text) + " is given twice, first in line " + std::to_string(lines_[known]));
    }
    for (size_t f = 0; f < record.size(); ++f) {
      if (targets_[f] >= 0 && !record[f].text.empty()) Cell(record[f], static_cast<uint32_t>(targets_[f]), builder);
    }
  }

  void Cell(const CsvField& field, uint32_t column, LookupTable::Builder* builder) {
    const ColumnType type = columns_[column].type;
    if (type == ColumnType::kText) {
      if (IsText(field)) builder->SetText(column, field.text);
      return;
    }
    const std::optional<int64_t> number = NumberCell(type, field.text);
    if (!number) return Fail(field.at, columns_[column].name + ": " + Quoted(field.text) + " is not " + WantedCell(type));
    builder->SetNumber(column, *number);
  }

  const TableSpec& spec_;
  const LookupPlan* const layout_;
  CsvReader reader_;
  Diagnostics& diagnostics_;
  std::vector<std::string> names_;     // of the header
  std::vector<LookupColumn> columns_;  // of the table
  std::vector<int> targets_;           // by field of a record: its column, or kUnused, or kKey
  size_t key_ = 0;
  std::vector<int> lines_;             // by row
  size_t mistakes_ = 0;
};

}  // namespace
}  // namespace config

std::string FileStamp(const std::string& path) {
  struct stat file {};
  return stat(path.c_str(), &file) == 0 ? config::StampOf(file) : "";
}

namespace config {
namespace {

Result<TableText> ReadOnce(const std::string& path) {
  const auto cannot = [] { return NotFound("can't read the file: " + std::string(std::strerror(errno))); };
  const File file(path);
  struct stat before {}, after {};
  if (file.fd() < 0 || fstat(file.fd(), &before) != 0) return cannot();
  if (!S_ISREG(before.st_mode)) return Invalid("is not a file");
  TableText read{std::string(), StampOf(before)};
  std::array<char, 64 << 10> part{};
  for (;;) {
    const ssize_t got = ::read(file.fd(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot();
    if (got == 0) break;
    read.text.append(part.data(), static_cast<size_t>(got));
    if (read.text.size() > kMaxTableBytes) return Invalid("is larger than " + FormatBytes(kMaxTableBytes));
  }
  if (fstat(file.fd(), &after) != 0) return cannot();
  if (StampOf(after) != read.stamp) return Unavailable("changed while it was read");
  return read;
}

}  // namespace
}  // namespace config

Result<TableText> ReadTableFile(const std::string& path) {
  for (int attempt = 1;; ++attempt) {
    Result<TableText> read = config::ReadOnce(path);
    if (attempt == 3 || read.ok() || read.status().code() != Code::kUnavailable) return read;
  }
}

std::shared_ptr<const LookupTable> ParseTable(const TableSpec& spec, const LookupPlan* layout, std::string_view csv,
                                              Diagnostics* diagnostics) {
  return config::TableParser(spec, layout, csv, diagnostics).Run();
}

}  // namespace tidemark
