#include "config/read_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "pipeline/base/hash.h"

namespace tidemark {

Result<std::string> config::ReadText(const std::string& path, size_t limit, ReadFile* file) {
  *file = {path, limit, 0};
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::string text(limit + 1, '\0');
  if (in.is_open()) in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open() || in.bad() || (in.fail() && !in.eof())) return NotFound(std::strerror(errno != 0 ? errno : EIO));
  text.resize(static_cast<size_t>(in.gcount()));
  file->content = Hash64(text) | 1;
  return text;
}

uint64_t ContentOf(const std::string& path, size_t limit) {
  ReadFile now;
  static_cast<void>(config::ReadText(path, limit, &now));  // that it can't be read is a content, too
  return now.content;
}

}  // namespace tidemark
