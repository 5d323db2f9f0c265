// Files of a state directory, as whole files.
#pragma once

#include <cstdint>
#include <string>

#include "pipeline/base/status.h"

namespace tidemark {

// A file of a directory that nobody writes. The checksum is of all of it, CRC-32C in hexadecimal; of tables, as they were
// written.
struct StoredFile {
  std::string name;
  uint64_t bytes = 0;
  std::string checksum;
};
Result<std::string> ChecksumOfFile(const std::string& path);

// A file's bytes, or a directory's names, are on disk when it returns Ok.
Status SyncPath(const std::string& path);

// Says that a backup is being copied into the directory. As long as this file is there and CURRENT is not, it can't be opened.
inline constexpr const char* kRestoringFile = "RESTORING";

}  // namespace tidemark
