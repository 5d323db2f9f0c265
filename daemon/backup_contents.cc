#include "daemon/backup_contents.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>

#include "daemon/version.h"
#include "pipeline/base/hash.h"
#include "pipeline/engine/position.h"
#include "pipeline/engine/registry.h"
#include "pipeline/rocksdb/rocks_store.h"

namespace tidemark {
namespace {

constexpr uint32_t kFormat = 1;
constexpr uint64_t kOpenMemory = 16 << 20;  // to look into one
constexpr size_t kMostJson = 64 << 20;

Result<std::unique_ptr<RocksStore>> Look(const std::string& path) {
  RocksOptions options;
  options.read_only = true;
  options.memory_bytes = kOpenMemory;
  return RocksStore::Open(path, options);
}

Status DescribePosition(const Store& store, Backup* backup) {
  TM_ASSIGN_OR_RETURN(const StoredPosition position, ReadPosition(store));
  backup->set_commit_sequence(position.sequence);
  for (const auto& [tp, next] : position.next_offsets) {
    auto* out = backup->add_next_offsets();
    out->set_topic(tp.topic);
    out->set_partition(tp.partition);
    out->set_offset(next.v);
  }
  return Status::Ok();
}

Status DescribeKpis(const Store& store, Backup* backup) {
  TM_ASSIGN_OR_RETURN(const state::v1::Registry registry, ReadRegistry(store));
  std::set<uint64_t> counted;
  for (const auto& kpi : registry.kpis()) {
    if (kpi.has_removed_at()) continue;
    counted.insert(kpi.fingerprint());
    backup->add_kpis(kpi.name());
  }
  std::sort(backup->mutable_kpis()->begin(), backup->mutable_kpis()->end());
  uint64_t hash = 0;
  for (const uint64_t fingerprint : counted) {
    hash = Hash64(std::string_view(reinterpret_cast<const char*>(&fingerprint), sizeof(fingerprint)), hash);
  }
  char text[17];
  std::snprintf(text, sizeof(text), "%016lx", hash);
  backup->set_config_fingerprint(text);
  return Status::Ok();
}

Status CheckFile(const std::string& path, const state::v1::BackedUpFile& file) {
  std::error_code error;
  const uint64_t bytes = std::filesystem::file_size(path, error);
  if (error) return Corrupt(path + ": " + error.message());
  if (bytes != file.bytes()) return Corrupt(path + " has " + std::to_string(bytes) + " bytes, not " + std::to_string(file.bytes()));
  TM_ASSIGN_OR_RETURN(const std::string checksum, ChecksumOfFile(path));
  if (checksum != file.crc32c()) return Corrupt(path + " holds other bytes than when the backup was made");
  return Status::Ok();
}

// A name in a directory, and no way out of it.
bool IsPlain(const std::string& name) {
  return !name.empty() && name[0] != '.' && name != kBackupFile && name.find('/') == std::string::npos && name.find('\0') == std::string::npos;
}

Status CheckSense(const Backup& backup) {
  if (backup.format() != kFormat) return Corrupt("is of format " + std::to_string(backup.format()) + ", which this version doesn't know");
  std::set<std::string> names;
  for (const auto& file : backup.files()) {
    if (!IsPlain(file.name()) || !names.insert(file.name()).second) return Corrupt("names files that cannot be in it");
  }
  return names.contains("CURRENT") ? Status::Ok() : Corrupt("names no CURRENT");
}

}  // namespace

Result<Backup> DescribeBackup(const std::string& path, WallTime now) {
  Backup backup;
  backup.set_format(kFormat);
  backup.set_version(TheBuild().version);
  backup.set_taken_at(FormatRfc3339(EventTime(now.time_since_epoch())));
  TM_ASSIGN_OR_RETURN(const std::unique_ptr<RocksStore> store, Look(path));
  TM_RETURN_IF_ERROR(DescribePosition(*store, &backup));
  TM_RETURN_IF_ERROR(DescribeKpis(*store, &backup));
  TM_ASSIGN_OR_RETURN(const std::vector<StoredFile> files, store->Files());
  for (const StoredFile& file : files) {
    auto* out = backup.add_files();
    out->set_name(file.name);
    out->set_bytes(file.bytes);
    out->set_crc32c(file.checksum);
  }
  return backup;
}

Status WriteBackupFile(const std::string& path, const Backup& backup) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(backup, &text, options).ok()) return Internal("a backup cannot be described");
  const std::string name = path + "/" + kBackupFile;
  std::ofstream file(name, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) return Unavailable(name + " cannot be written");
  TM_RETURN_IF_ERROR(SyncPath(name));
  return SyncPath(path);
}

Result<Backup> ReadBackupFile(const std::string& path) {
  const std::string name = path + "/" + kBackupFile;
  std::error_code error;
  const uint64_t bytes = std::filesystem::file_size(name, error);
  if (error) return NotFound(path + " is no backup: " + kBackupFile + ": " + error.message());
  if (bytes > kMostJson) return Corrupt(name + " cannot be one: it is too large");
  std::ifstream file(name, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  Backup backup;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;  // of a later version; what must be understood raises the format
  if (!google::protobuf::util::JsonStringToMessage(text, &backup, options).ok()) return Corrupt(name + " is torn or damaged");
  TM_RETURN_IF_ERROR(CheckSense(backup).In(name));
  return backup;
}

Status CheckPosition(const std::string& path, const Backup& backup) {
  TM_ASSIGN_OR_RETURN(const std::unique_ptr<RocksStore> store, Look(path));
  Backup said, found;
  said.set_commit_sequence(backup.commit_sequence());
  *said.mutable_next_offsets() = backup.next_offsets();
  TM_RETURN_IF_ERROR(DescribePosition(*store, &found));
  if (google::protobuf::util::MessageDifferencer::Equals(said, found)) return Status::Ok();
  return Corrupt(path + " opens as commit " + std::to_string(found.commit_sequence()) + ", not as it was when the backup was made");
}

Status CheckBackup(const std::string& path, const Backup& backup) {
  for (const auto& file : backup.files()) TM_RETURN_IF_ERROR(CheckFile(path + "/" + file.name(), file));
  return CheckPosition(path, backup);
}

std::string Summary(const Backup& backup) {
  uint64_t bytes = 0;
  for (const auto& file : backup.files()) bytes += file.bytes();
  char size[32];
  std::snprintf(size, sizeof(size), "%.1f MiB", static_cast<double>(bytes) / (1 << 20));
  return "commit " + std::to_string(backup.commit_sequence()) + ", taken at " + backup.taken_at() + ", " +
         std::to_string(backup.next_offsets_size()) + " partitions, " + std::to_string(backup.kpis_size()) + " KPIs, " + size + " in " +
         std::to_string(backup.files_size()) + " files";
}

}  // namespace tidemark
