// The file of a table: CSV with a header line, to be read with the configuration and again whenever it changes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "pipeline/base/status.h"
#include "pipeline/plan/derivation.h"
#include "pipeline/base/diagnostic.h"
#include "pipeline/plan/spec.h"

namespace tidemark {

inline constexpr size_t kMaxTableBytes = 64u << 20;

// Tells one state of a file from another, by device, inode, size and time of change; "" when there is no such file.
std::string FileStamp(const std::string& path);

struct TableText {
  std::string text;
  std::string stamp;
};
// A regular file of at most kMaxTableBytes, whole. kUnavailable when it changed meanwhile.
Result<TableText> ReadTableFile(const std::string& path);

// Null after mistakes, which are reported with their places in the file. `layout`: of the contents that these will
// replace; they get its columns, whatever the file's order. Null: the first ones, whose columns are the file's.
std::shared_ptr<const LookupTable> ParseTable(const TableSpec& spec, const LookupPlan* layout, std::string_view csv,
                                              Diagnostics* diagnostics);

}  // namespace tidemark
