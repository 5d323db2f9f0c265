#include "pipeline/rocksdb/files.h"

#include <fcntl.h>
#include <rocksdb/file_checksum.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "pipeline/rocksdb/handles.h"

namespace tidemark {

std::string HexOf(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text.push_back(kDigits[static_cast<unsigned char>(byte) >> 4]);
    text.push_back(kDigits[static_cast<unsigned char>(byte) & 15]);
  }
  return text;
}

Result<std::string> ChecksumOfFile(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Unavailable(path + " cannot be opened: " + std::strerror(errno));
  const auto checksum = rocksdb::GetFileChecksumGenCrc32cFactory()->CreateFileChecksumGenerator({path, ""});
  std::vector<char> part(256 << 10);
  ssize_t got;
  while ((got = ::read(fd, part.data(), part.size())) > 0 || (got < 0 && errno == EINTR)) {
    if (got > 0) checksum->Update(part.data(), static_cast<size_t>(got));
  }
  const int error = errno;
  ::close(fd);
  if (got < 0) return Unavailable(path + " cannot be read: " + std::strerror(error));
  checksum->Finalize();
  return HexOf(checksum->GetChecksum());
}

Status SyncPath(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  return synced ? Status::Ok() : Unavailable(path + " cannot be synced: " + std::strerror(error));
}

}  // namespace tidemark
