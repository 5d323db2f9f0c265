// A checkpoint is a state of its own, as of a commit, whatever the engine does meanwhile.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "pipeline/rocksdb/rocks_store.h"
#include "tests/unit/rocksdb_dir.h"

namespace tidemark {
namespace {

std::unique_ptr<RocksStore> Open(const std::string& path, bool read_only = false) {
  RocksOptions options;
  options.memory_bytes = 16 << 20;
  options.min_free_disk_bytes = 0;
  options.read_only = read_only;
  auto store = RocksStore::Open(path, options);
  EXPECT_TRUE(store.ok()) << store.status().text();
  return store.ok() ? *std::move(store) : nullptr;
}

// Commit n puts n under a key in each family, and something large beside it.
Status Put(RocksStore* store, uint64_t n) {
  CommitBatch batch;
  for (size_t f = 0; f < kFamilyCount; ++f) {
    batch.puts.push_back({static_cast<Family>(f), "n", std::to_string(n)});
    batch.puts.push_back({static_cast<Family>(f), "k" + std::to_string(n % 500), std::string(4000, static_cast<char>(n))});
  }
  return store->Commit(batch);
}

std::string Get(const RocksStore& store, Family family) { return store.Get(family, "n").value().value_or("none"); }

TEST(Checkpoint, IsWholeAsOfOneCommitWhileCommitsGoOn) {
  const TempDir dir;
  const auto store = Open(dir.path() + "/state");
  std::atomic<uint64_t> committed = 0;
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (uint64_t n = 1; !stop; ++n) {
      ASSERT_TRUE(Put(store.get(), n).ok());
      committed = n;
    }
  });
  const auto checkpoint = store->Checkpointer();
  for (int round = 0; round < 6; ++round) {
    while (committed < static_cast<uint64_t>(round + 1) * 60) std::this_thread::yield();
    const uint64_t before = committed;
    const std::string to = dir.path() + "/copy" + std::to_string(round);
    const Status made = checkpoint(to);
    ASSERT_TRUE(made.ok()) << made.text();
    const uint64_t after = committed + 1;
    const auto copy = Open(to, /*read_only=*/true);
    const std::string n = Get(*copy, Family::kMeta);
    for (size_t f = 0; f < kFamilyCount; ++f) EXPECT_EQ(Get(*copy, static_cast<Family>(f)), n);
    EXPECT_LE(before, std::stoull(n));
    EXPECT_GE(after, std::stoull(n));
  }
  stop = true;
  writer.join();
}

TEST(Checkpoint, OutlivesWhatItWasMadeOf) {
  const TempDir dir;
  auto store = Open(dir.path() + "/state");
  ASSERT_TRUE(Put(store.get(), 7).ok());
  const auto checkpoint = store->Checkpointer();
  store.reset();
  ASSERT_TRUE(checkpoint(dir.path() + "/copy").ok());
  EXPECT_FALSE(checkpoint(dir.path() + "/copy").ok()) << "it is there already";
  std::filesystem::remove_all(dir.path() + "/state");
  auto copy = Open(dir.path() + "/copy");
  EXPECT_EQ(Get(*copy, Family::kPanes), "7");
  EXPECT_TRUE(Put(copy.get(), 8).ok());
}

TEST(Checkpoint, TablesAreLinkedAndTheirChecksumsAreThoseOfTheirBytes) {
  const TempDir dir;
  auto store = Open(dir.path() + "/state");
  for (uint64_t n = 0; n < 300; ++n) ASSERT_TRUE(Put(store.get(), n).ok());
  ASSERT_TRUE(store->Checkpointer()(dir.path() + "/first").ok());
  ASSERT_TRUE(store->Checkpointer()(dir.path() + "/copy").ok());
  const auto files = Open(dir.path() + "/copy", true)->Files();
  ASSERT_TRUE(files.ok()) << files.status().text();
  size_t tables = 0;
  for (const StoredFile& file : *files) {
    const std::string path = dir.path() + "/copy/" + file.name;
    EXPECT_EQ(*ChecksumOfFile(path), file.checksum) << file.name;
    struct stat info {};
    ASSERT_EQ(stat(path.c_str(), &info), 0);
    EXPECT_EQ(static_cast<uint64_t>(info.st_size), file.bytes);
    if (!file.name.ends_with(".sst")) continue;
    ++tables;
    EXPECT_GE(info.st_nlink, 2u) << file.name;
  }
  EXPECT_GE(tables, kFamilyCount);
}

TEST(Checkpoint, LookingLeavesNothingBehind) {
  const TempDir dir;
  ASSERT_TRUE(Put(Open(dir.path() + "/state").get(), 1).ok());
  const auto names = [&] {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(dir.path() + "/state")) found.push_back(entry.path().filename());
    std::sort(found.begin(), found.end());
    return found;
  };
  const auto before = names();
  EXPECT_EQ(Get(*Open(dir.path() + "/state", true), Family::kRows), "1");
  EXPECT_EQ(names(), before);
}

}  // namespace
}  // namespace tidemark
