// A second directory with the same state, and what the files of one are.
#include <rocksdb/file_checksum.h>
#include <rocksdb/metadata.h>
#include <rocksdb/utilities/checkpoint.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "pipeline/rocksdb/handles.h"

namespace tidemark {
namespace {

// A log of less is copied as it is: to flush costs more than to read it again.
constexpr uint64_t kFlushFromLogBytes = 4 << 20;

// Tables are numbered, and named by their number.
std::string NameOf(const rocksdb::LiveFileMetaData& file) {
  std::string name = file.name.empty() ? file.relative_filename : file.name;
  if (name.starts_with('/')) name.erase(0, 1);
  return name;
}

}  // namespace

std::function<Status(const std::string& directory)> RocksStore::Checkpointer() const {
  return [handles = handles_](const std::string& directory) {
    return Contain([&] {
      rocksdb::Checkpoint* made = nullptr;
      TM_RETURN_IF_ERROR(ToStatus(rocksdb::Checkpoint::Create(handles->db.get(), &made)));
      const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
      TM_RETURN_IF_ERROR(ToStatus(checkpoint->CreateCheckpoint(std::filesystem::absolute(directory), kFlushFromLogBytes)));
      for (const auto& file : std::filesystem::directory_iterator(directory)) TM_RETURN_IF_ERROR(SyncPath(file.path()));
      return SyncPath(directory);
    }).In("checkpoint " + directory);
  };
}

Result<std::vector<StoredFile>> RocksStore::Files() const {
  TM_CHECK(options_.read_only);
  std::vector<StoredFile> files;
  const Status listed = Contain([&]() -> Status {
    std::vector<rocksdb::LiveFileMetaData> tables;
    handles_->db->GetLiveFilesMetaData(&tables);
    std::map<std::string, std::string> checksums;
    for (const auto& table : tables) {
      const bool known = table.file_checksum_func_name == rocksdb::kStandardDbFileChecksumFuncName;
      if (known) checksums[NameOf(table)] = HexOf(table.file_checksum);
    }
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      StoredFile file{entry.path().filename(), 0, ""};
      if (!entry.is_regular_file() || file.name == "LOCK" || file.name.starts_with("LOG")) continue;
      file.bytes = entry.file_size();
      file.checksum = checksums[file.name];
      if (file.checksum.empty()) {
        TM_ASSIGN_OR_RETURN(file.checksum, ChecksumOfFile(entry.path()));
      }
      files.push_back(std::move(file));
    }
    return Status::Ok();
  }).In("state directory " + path_);
  if (!listed.ok()) return listed;
  std::sort(files.begin(), files.end(), [](const StoredFile& a, const StoredFile& b) { return a.name < b.name; });
  return files;
}

}  // namespace tidemark
