#include "pipeline/rocksdb/log_scan.h"

#include <rocksdb/file_checksum.h>
#include <rocksdb/file_system.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "pipeline/rocksdb/handles.h"

namespace tidemark {
namespace {

// Blocks of 32 KiB; in them records of {masked CRC-32C of what follows the length, length, type, bytes}. A record lies within a block, what is
// longer is in several: first, middle, last. Fewer than 7 bytes at the end of a block are zeros.
constexpr size_t kBlock = 32768, kHeader = 7;
constexpr char kFull = 1, kFirst = 2, kLast = 4;  // between the last two: middle

uint32_t LittleEndian(std::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

uint32_t MaskedChecksum(std::string_view bytes) {
  const auto generator = rocksdb::GetFileChecksumGenCrc32cFactory()->CreateFileChecksumGenerator({"", ""});
  generator->Update(bytes.data(), bytes.size());
  generator->Finalize();
  uint32_t crc = 0;
  for (const char byte : generator->GetChecksum()) crc = crc << 8 | static_cast<unsigned char>(byte);
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

class Log {
 public:
  explicit Log(std::string bytes) : bytes_(std::move(bytes)) {}

  size_t size() const { return bytes_.size(); }
  struct Whole {
    size_t up_to = 0;     // where the first part of a record begins that is not whole, or the end
    bool within = false;  // a record that has further parts
  };
  Whole FindWhole() const {
    Whole whole;
    while (whole.up_to < bytes_.size()) {
      const size_t left = kBlock - whole.up_to % kBlock, there = bytes_.size() - whole.up_to;
      if (left < kHeader && there >= left) {
        whole.up_to += left;
      } else if (there < kHeader || !WholeAt(whole.up_to, LengthAt(whole.up_to))) {
        break;
      } else {
        const char type = bytes_[whole.up_to + 6];
        whole.within = type != kFull && type != kLast;
        whole.up_to += kHeader + LengthAt(whole.up_to);
      }
    }
    return whole;
  }
  // Whether there is more behind what is not whole than the rest of one record that was being written.
  bool GoesOnBehind(size_t damage) const {
    // The length itself is what is wrong.
    const size_t end = std::min(bytes_.size(), (damage / kBlock + 1) * kBlock);
    if (end - damage >= kHeader && WholeAt(damage, end - damage - kHeader)) return true;
    for (size_t at = damage + 1; at + kHeader <= bytes_.size(); ++at) {
      const bool begins = bytes_[at + 6] == kFull || bytes_[at + 6] == kFirst;
      if (begins && WholeAt(at, LengthAt(at))) return true;
    }
    return false;
  }

 private:
  size_t LengthAt(size_t at) const { return LittleEndian(View(at + 4, 2)); }
  bool WholeAt(size_t at, size_t length) const {
    const char type = bytes_[at + 6];
    if (type < kFull || type > kLast || at % kBlock + kHeader + length > kBlock || at + kHeader + length > bytes_.size()) return false;
    return MaskedChecksum(View(at + 6, 1 + length)) == LittleEndian(View(at, 4));
  }
  std::string_view View(size_t at, size_t size) const { return std::string_view(bytes_).substr(at, size); }

  const std::string bytes_;
};

}  // namespace

Result<bool> EndsUnfinished(rocksdb::FileSystem* fs, const std::string& path) {
  std::string bytes;
  TM_RETURN_IF_ERROR(ToStatus(rocksdb::ReadFileToString(fs, path, &bytes)).In(path));
  const Log log(std::move(bytes));
  const Log::Whole whole = log.FindWhole();
  if (whole.up_to == log.size()) return whole.within;
  if (!log.GoesOnBehind(whole.up_to)) return true;
  return Corrupt(path + " is damaged at byte " + std::to_string(whole.up_to) + ", and what is behind it would be lost");
}

Result<bool> LogsEndUnfinished(rocksdb::FileSystem* fs, const std::string& directory) {
  bool unfinished = false;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().extension() != ".log") continue;
    TM_ASSIGN_OR_RETURN(const bool its, EndsUnfinished(fs, entry.path()));
    unfinished |= its;
  }
  return unfinished;
}

Status CheckManifest(rocksdb::FileSystem* fs, const std::string& directory) {
  std::string name;
  // What is wrong with CURRENT, RocksDB says.
  if (!rocksdb::ReadFileToString(fs, directory + "/CURRENT", &name).ok() || !name.starts_with("MANIFEST-") || name.back() != '\n') {
    return Status::Ok();
  }
  name.pop_back();
  const std::string path = directory + "/" + name;
  if (!std::filesystem::exists(path)) return Status::Ok();
  return EndsUnfinished(fs, path).status();
}

}  // namespace tidemark
