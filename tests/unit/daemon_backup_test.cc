// Folders of backups, and restoring from one, over a real state directory.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "daemon/backup.h"
#include "daemon/backup_service.h"
#include "daemon/clock.h"
#include "pipeline/rocksdb/rocks_store.h"
#include "pipeline/store/keys.h"
#include "tests/unit/rocksdb_dir.h"

namespace tidemark {
namespace {

namespace fs = std::filesystem;

WallTime At(int64_t seconds) { return WallTimeFromMicros((1'764'000'000 + seconds) * kMicrosPerSecond); }

class BackupTest : public testing::Test {
 protected:
  BackupTest() { store_ = Open("state"); }
  std::string Path(const std::string& name) const { return dir_.path() + "/" + name; }
  std::unique_ptr<RocksStore> Open(const std::string& name) const {
    RocksOptions options;
    options.memory_bytes = 16 << 20;
    options.min_free_disk_bytes = 0;
    auto store = RocksStore::Open(Path(name), options);
    EXPECT_TRUE(store.ok()) << store.status().text();
    return store.ok() ? *std::move(store) : nullptr;
  }
  // A commit as the engine's, with a megabyte that no compression makes less.
  void Commit(uint64_t sequence) {
    CommitBatch batch;
    std::string head;
    PutVarint(&head, sequence);
    batch.puts.push_back({Family::kMeta, HeadKey(), head});
    for (int i = 0; i < 250; ++i) {
      std::string value(4096, '\0');
      for (char& byte : value) byte = static_cast<char>(random_ = random_ * 6364136223846793005 + 1442695040888963407);
      batch.puts.push_back({Family::kPanes, std::to_string(sequence) + "/" + std::to_string(i), value});
    }
    ASSERT_TRUE(store_->Commit(batch).ok());
  }
  std::string Make(const std::string& folder, int64_t at) {
    auto open = BackupFolder::Open(Path(folder));
    EXPECT_TRUE(open.ok()) << open.status().text();
    const Result<std::string> name = open->Make(store_->Checkpointer(), At(at));
    EXPECT_TRUE(name.ok()) << name.status().text();
    return name.ok() ? *name : "";
  }
  Status Restore(const std::string& from, const std::string& to) {
    TM_ASSIGN_OR_RETURN(const Backup backup, ReadBackupFile(Path(from)));
    TM_RETURN_IF_ERROR(CheckBackup(Path(from), backup));
    return RestoreBackup(Path(from), backup, Path(to));
  }
  static ino_t Inode(const fs::path& path) {
    struct stat info {};
    return stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
  }
  std::vector<std::string> Tables(const std::string& backup) const {
    std::vector<std::string> names;
    const Backup read = *ReadBackupFile(Path(backup));
    for (const auto& file : read.files()) {
      if (file.name().ends_with(".sst")) names.push_back(file.name());
    }
    return names;
  }

  const TempDir dir_;
  std::unique_ptr<RocksStore> store_;
  uint64_t random_ = 1;
};

TEST_F(BackupTest, SaysWhichCommitItIsAndGoesOnFromIt) {
  Commit(41);
  const std::string name = Make("backups", 0);
  EXPECT_EQ(name, "20251124T160000Z-000000000041");
  Commit(42);
  ASSERT_TRUE(Restore("backups/" + name, "new").ok());
  const auto restored = Open("new");
  EXPECT_TRUE(restored->Get(Family::kPanes, "41/7").value().has_value());
  EXPECT_FALSE(restored->Get(Family::kPanes, "42/7").value().has_value());
}

TEST_F(BackupTest, TheNextOneCopiesOnlyWhatIsNew) {
  for (uint64_t n = 1; n < 8; ++n) Commit(n);
  const std::string first = Make("backups", 0);
  ASSERT_FALSE(Tables("backups/" + first).empty());
  for (const std::string& table : Tables("backups/" + first)) {
    EXPECT_EQ(Inode(Path("backups/" + first + "/" + table)), Inode(Path("state/" + table))) << "linked to the state's";
  }
  // On another file system nothing can be linked to the source, but to the backup before.
  const std::string away = "/dev/shm/tidemark-backup-test." + std::to_string(getpid());
  const auto copy = [&](const std::string& name) { return BackupFolder::Open(away)->Copy(Path("backups/" + name)); };
  ASSERT_TRUE(copy(first).ok());
  Commit(9);
  const std::string second = Make("backups", 60);
  ASSERT_TRUE(copy(second).ok());
  EXPECT_EQ(ListBackups(away), (std::vector<std::string>{first, second}));
  size_t shared = 0;
  for (const std::string& table : Tables("backups/" + second)) {
    EXPECT_NE(Inode(away + "/" + second + "/" + table), 0u);
    shared += Inode(away + "/" + second + "/" + table) == Inode(away + "/" + first + "/" + table);
  }
  EXPECT_GT(shared, 0u);
  EXPECT_TRUE(copy(second).ok()) << "it is there";
  EXPECT_EQ(ListBackups(away).size(), 2u);
  // A table of the same name and size that holds something else is not the same one.
  const std::string table = away + "/" + second + "/" + Tables("backups/" + second)[0];
  fs::remove_all(away + "/" + first);
  std::ofstream(table, std::ios::in | std::ios::out | std::ios::binary) << "damaged";
  const Result<Backup> damaged = ReadBackupFile(away + "/" + second);
  EXPECT_EQ(CheckBackup(away + "/" + second, *damaged).code(), Code::kCorrupt);
  fs::remove_all(away);
}

TEST_F(BackupTest, OnlyTheNewestStay) {
  std::vector<std::string> names;
  for (int n = 1; n <= 4; ++n) {
    Commit(static_cast<uint64_t>(n));
    names.push_back(Make("backups", n));
  }
  fs::create_directory(Path("backups/somebody's"));
  std::ofstream(Path("backups/somebody's/backup.json")) << "{}";
  ASSERT_TRUE(BackupFolder::Open(Path("backups"))->Keep(2).ok());
  EXPECT_EQ(ListBackups(Path("backups")), (std::vector<std::string>{names[2], names[3]}));
  EXPECT_TRUE(fs::exists(Path("backups/somebody's"))) << "not ours";
  EXPECT_EQ(*FindBackup(Path("backups")), Path("backups/" + names[3]));
  EXPECT_EQ(*FindBackup(Path("backups/" + names[2])), Path("backups/" + names[2]));
  EXPECT_EQ(FindBackup(Path("state")).status().code(), Code::kNotFound);
}

TEST_F(BackupTest, OneAtATimeAndWhatWasInterruptedGoes) {
  Commit(1);
  fs::create_directories(Path("backups/.part"));
  std::ofstream(Path("backups/.part/000001.sst")) << "half";
  {
    const auto first = BackupFolder::Open(Path("backups"));
    ASSERT_TRUE(first.ok());
    EXPECT_FALSE(fs::exists(Path("backups/.part")));
    EXPECT_EQ(BackupFolder::Open(Path("backups")).status().code(), Code::kUnavailable);
  }
  const auto fails = [](const std::string& part) {
    fs::create_directory(part);
    return Unavailable("disk full");
  };
  EXPECT_FALSE(BackupFolder::Open(Path("backups"))->Make(fails, At(0)).ok());
  EXPECT_TRUE(fs::is_empty(Path("backups")));
}

TEST_F(BackupTest, RestoresIntoWhatIsEmptyAndNothingElse) {
  Commit(1);
  const std::string backup = "state/backups/" + Make("state/backups", 0);
  fs::create_directories(Path("new/lost+found"));
  EXPECT_TRUE(Restore(backup, "new").ok());
  EXPECT_EQ(Restore(backup, "new").code(), Code::kCorrupt);
  fs::create_directory(Path("other"));
  std::ofstream(Path("other/notes.txt")) << "mine";
  EXPECT_EQ(Restore(backup, "other").code(), Code::kCorrupt);
  EXPECT_TRUE(fs::exists(Path("other/notes.txt")));
  // A volume whose state is damaged, but not its backups.
  store_.reset();
  for (const auto& entry : fs::directory_iterator(Path("state"))) {
    if (entry.path().filename() != "backups") fs::remove(entry.path());
  }
  EXPECT_TRUE(Restore(backup, "state").ok());
  EXPECT_TRUE(Open("state")->Get(Family::kPanes, "1/7").value().has_value());
}

TEST_F(BackupTest, ARestoreThatWasInterruptedIsNoStateAndIsBegunAnew) {
  Commit(1);
  const std::string backup = "backups/" + Make("backups", 0);
  fs::create_directory(Path("new"));
  std::ofstream(Path("new/RESTORING")) << "";
  EXPECT_EQ(RocksStore::Open(Path("new"), {}).status().code(), Code::kCorrupt) << "it would begin an empty state";
  std::ofstream(Path("new/000009.sst")) << "half";
  EXPECT_TRUE(Restore(backup, "new").ok());
  EXPECT_FALSE(fs::exists(Path("new/000009.sst")));
  EXPECT_TRUE(Open("new")->Get(Family::kPanes, "1/7").value().has_value());
}

TEST_F(BackupTest, WhatCannotBeOneIsRefused) {
  Commit(1);
  const std::string backup = "backups/" + Make("backups", 0);
  const auto write = [&](const std::string& text) { std::ofstream(Path(backup) + "/backup.json", std::ios::trunc) << text; };
  for (const char* text : {"", "{", "[]", R"({"format": 2, "files": [{"name": "CURRENT"}]})", R"({"format": 1})",
                           R"({"format": 1, "files": [{"name": "CURRENT"}, {"name": "../x"}]})",
                           R"({"format": 1, "files": [{"name": "CURRENT"}, {"name": ".part"}]})",
                           R"({"format": 1, "files": [{"name": "CURRENT"}, {"name": "CURRENT"}]})"}) {
    write(text);
    EXPECT_EQ(ReadBackupFile(Path(backup)).status().code(), Code::kCorrupt) << text;
  }
  write(R"({"format": 1, "taken_at": "../../../../../etc", "files": [{"name": "CURRENT"}]})");
  EXPECT_EQ(BackupFolder::Open(Path("away"))->Copy(Path(backup)).code(), Code::kCorrupt);
}

TEST_F(BackupTest, ADaemonMakesOneAtATimeAndSaysHowItEnded) {
  Commit(7);
  OwnMetrics own({});
  BackupService service(&own);
  HttpRequest post, get;
  post.post = true;
  EXPECT_EQ(service.Answer(post).code, 503u) << "there is no state yet";
  service.Offer(store_->Checkpointer(), Path("state/backups"));
  HttpRequest wrong = post;
  wrong.query = {{"keep", "0"}};
  EXPECT_EQ(service.Answer(wrong).code, 400u);
  EXPECT_EQ(service.Answer(post).code, 202u);
  std::string body;
  for (const Duration until = SteadyNow() + std::chrono::minutes(1); SteadyNow() < until;) {
    body = service.Answer(get).body;
    if (body.find("\"done\":\"1\"") != std::string::npos) break;
  }
  const std::vector<std::string> names = ListBackups(Path("state/backups"));
  ASSERT_EQ(names.size(), 1u);
  EXPECT_EQ(body, "{\"begun\":\"1\",\"done\":\"1\",\"name\":\"" + names[0] + "\",\"error\":\"\"}\n");
}

}  // namespace
}  // namespace tidemark
