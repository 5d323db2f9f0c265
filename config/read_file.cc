#include "config/read_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "pipeline/base/hash.h"

namespace tidemark {

Result<std::string> config::ReadText(const std::string& path, size_t limit, ReadFile* file) {
  *file = {path, limit, 0};
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  const auto failed = [] { return NotFound(std::strerror(errno != 0 ? errno : EIO)); };
  if (!in.is_open()) return failed();
  std::string text;
  for (size_t read = 0; in && read <= limit; read = text.size()) {  // most files are far smaller than the limit
    text.resize(std::min(limit + 1, read + (size_t{64} << 10)));
    in.read(text.data() + read, static_cast<std::streamsize>(text.size() - read));
    text.resize(read + static_cast<size_t>(in.gcount()));
  }
  if (in.bad() || (in.fail() && !in.eof())) return failed();
  file->content = Hash64(text) | 1;
  return text;
}

uint64_t ContentOf(const std::string& path, size_t limit) {
  ReadFile now;
  static_cast<void>(config::ReadText(path, limit, &now));  // that it can't be read is a content, too
  return now.content;
}

}  // namespace tidemark
