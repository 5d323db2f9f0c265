// What is said of a backup (backup.json), and whether it is so.
#pragma once

#include <string>

#include "pipeline/base/status.h"
#include "pipeline/base/time.h"
#include "tidemark/state/v1/backup.pb.h"

namespace tidemark {

using state::v1::Backup;

inline constexpr const char* kBackupFile = "backup.json";

// Of a state directory that nobody writes.
Result<Backup> DescribeBackup(const std::string& path, WallTime now);
// As the last file of the directory, on disk when it returns Ok.
Status WriteBackupFile(const std::string& path, const Backup& backup);
// kNotFound without such a file, kCorrupt when what it says cannot be right.
Result<Backup> ReadBackupFile(const std::string& path);

// Whether everything is there as it was when the backup was made, and opens as the commit that was said. Reads all of it.
Status CheckBackup(const std::string& path, const Backup& backup);
// Only whether it opens as that commit.
Status CheckPosition(const std::string& path, const Backup& backup);

// "commit 42 of 2026-11-28T15:37:00Z, 3 partitions, 2 KPIs, 12.3 MiB in 14 files".
std::string Summary(const Backup& backup);

}  // namespace tidemark
