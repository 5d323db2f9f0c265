// What is RocksStore's own: the directory, its lock, its damage, the disk's free space.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/rocksdb/rocks_store.h"
#include "tests/unit/rocksdb_dir.h"

namespace tidemark {
namespace {

constexpr RocksOptions kSmall{.memory_bytes = 8 << 20, .read_only = false, .min_free_disk_bytes = 0};
constexpr RocksOptions kReading{.memory_bytes = 8 << 20, .read_only = true, .min_free_disk_bytes = 0};

CommitBatch One(const std::string& key, const std::string& value) {
  CommitBatch batch;
  batch.puts.push_back({Family::kMeta, key, value});
  return batch;
}

std::optional<std::string> Get(const Store& store, const std::string& key) {
  std::optional<std::string> value;
  EXPECT_TRUE(store.MultiGet(Family::kMeta, std::span(&key, 1), std::span(&value, 1)).ok());
  return value;
}

class RocksStoreTest : public testing::Test {
 protected:
  std::unique_ptr<RocksStore> Open(const RocksOptions& options = kSmall) {
    auto store = RocksStore::Open(path_, options);
    EXPECT_TRUE(store.ok()) << store.status().text();
    return store.ok() ? std::move(store).value() : nullptr;
  }
  // The status of an open that must fail.
  Status Refused(const RocksOptions& options = kSmall) {
    const auto store = RocksStore::Open(path_, options);
    EXPECT_FALSE(store.ok());
    EXPECT_NE(store.status().text().find(path_), std::string::npos) << store.status().text();
    return store.status();
  }
  // Some data in tables and some in the log.
  void Fill() {
    auto store = Open();
    for (int i = 0; i < 30; ++i) {
      CommitBatch batch = One("k" + std::to_string(i), "v");
      batch.puts.push_back({Family::kPanes, "pane" + std::to_string(i), std::string(300 << 10, 'x')});
      ASSERT_TRUE(store->Commit(batch).ok());
    }
  }
  std::vector<std::filesystem::path> Files(const std::string& prefix, const std::string& extension) const {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      const auto& file = entry.path();
      if (file.filename().string().starts_with(prefix) && file.extension() == extension) found.push_back(file);
    }
    return found;
  }

  TempDir dir_;
  const std::string path_ = dir_.path() + "/deep/state";
};

TEST_F(RocksStoreTest, CreatesAMissingDirectoryForItsOwnerOnly) {
  Open();
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
}

TEST_F(RocksStoreTest, ReopenKeepsWhatWasCommitted) {
  ASSERT_TRUE(Open()->Commit(One("k", "v")).ok());
  EXPECT_EQ(Get(*Open(), "k"), "v");
  Fill();
  EXPECT_EQ(Get(*Open(), "k29"), "v");
}

TEST_F(RocksStoreTest, SecondOpenIsRefusedAsLockedAndSaysWhatToDo) {
  const auto first = Open();
  const Status status = Refused();
  EXPECT_EQ(status.code(), Code::kLocked);
  EXPECT_NE(status.text().find("stop that one"), std::string::npos) << status.text();
  EXPECT_TRUE(first->Commit(One("k", "v")).ok()) << "the first is not disturbed";
}

TEST_F(RocksStoreTest, ReadingNeedsNoLockSeesTheStateAndWritesNothing) {
  const auto writer = Open();
  ASSERT_TRUE(writer->Commit(One("k", "v")).ok());
  const auto reader = Open(kReading);
  EXPECT_EQ(Get(*reader, "k"), "v");
  EXPECT_FALSE(reader->Commit(One("k", "w")).ok());
  EXPECT_EQ(Get(*writer, "k"), "v");
}

TEST_F(RocksStoreTest, ReadingCreatesNothing) {
  EXPECT_EQ(Refused(kReading).code(), Code::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(path_));
  std::filesystem::create_directories(path_);
  EXPECT_EQ(Refused(kReading).code(), Code::kNotFound);
  EXPECT_TRUE(std::filesystem::is_empty(path_));
}

TEST_F(RocksStoreTest, DamageIsReportedAsCorruptAndNeverOverwritten) {
  struct Row {
    const char* name;
    std::function<void()> damage;
  };
  const auto truncate = [](const std::filesystem::path& file) { std::ofstream(file, std::ios::trunc) << "x"; };
  const Row rows[] = {
      {"CURRENT is gone", [&] { std::filesystem::remove(path_ + "/CURRENT"); }},
      {"CURRENT is garbage", [&] { truncate(path_ + "/CURRENT"); }},
      {"the manifest is gone", [&] { std::filesystem::remove(Files("MANIFEST", "").at(0)); }},
      {"the manifest is garbage", [&] { truncate(Files("MANIFEST", "").at(0)); }},
      {"a table is gone", [&] { std::filesystem::remove(Files("", ".sst").at(0)); }},
      {"a table is cut short", [&] { truncate(Files("", ".sst").at(0)); }},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    std::filesystem::remove_all(path_);
    Fill();
    row.damage();
    EXPECT_EQ(Refused().code(), Code::kCorrupt);
    EXPECT_EQ(Refused().code(), Code::kCorrupt) << "the refused open must not have begun an empty state";
  }
}

TEST_F(RocksStoreTest, ABadBlockIsAnErrorAndNotAnAnswer) {
  Fill();
  for (const auto& file : Files("", ".sst")) {
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(40);
    bytes << "damaged";
  }
  const auto store = Open();
  const Status status = store->Scan(Family::kPanes, "", "", [](auto, auto) { return true; });
  EXPECT_EQ(status.code(), Code::kCorrupt) << status.text();
}

// Where each record of a log begins that is shorter than a block.
std::vector<size_t> Records(const std::string& log) {
  std::vector<size_t> begins;
  for (size_t at = 0; at + 7 <= log.size();) {
    begins.push_back(at);
    at += 7 + static_cast<unsigned char>(log[at + 4]) + 256 * static_cast<unsigned char>(log[at + 5]);
  }
  return begins;
}

TEST_F(RocksStoreTest, DamageOfALogIsToldFromARecordThatWasNotFinished) {
  struct Row {
    const char* name;
    std::string prefix, extension;  // of the log
    std::function<void(std::string*)> damage;
    std::optional<std::string> shown;  // nullopt: it is corrupt
  };
  const auto flip = [](size_t back, size_t byte) {  // in the record so many from the end
    return [=](std::string* log) {
      const std::vector<size_t> records = Records(*log);
      char& at = (*log)[records.at(records.size() - 1 - back) + byte];
      at = static_cast<char>(at ^ 0x10);
    };
  };
  const auto cut = [](size_t bytes) { return [=](std::string* log) { log->resize(log->size() - bytes); }; };
  const Row rows[] = {
      {"whole", "", ".log", cut(0), "5"},
      {"its last record is torn", "", ".log", cut(1), "4"},
      {"of its last record a header is there", "", ".log", [](std::string* log) { log->resize(Records(*log).back() + 7); }, "4"},
      {"of its last record half a header is there", "", ".log", [](std::string* log) { log->resize(Records(*log).back() + 3); }, "4"},
      {"bytes of a record in the middle", "", ".log", flip(2, 12), std::nullopt},
      {"the checksum of a record in the middle", "", ".log", flip(2, 0), std::nullopt},
      {"the length of a record in the middle", "", ".log", flip(2, 5), std::nullopt},
      {"the length of the last record", "", ".log", flip(0, 5), std::nullopt},
      {"the length of a record of the manifest", "MANIFEST", "", flip(2, 5), std::nullopt},
      {"the length of the last record of the manifest", "MANIFEST", "", flip(0, 5), std::nullopt},
      {"the last record of the manifest", "MANIFEST", "", flip(0, 9), std::nullopt},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    std::filesystem::remove_all(path_);
    std::unique_ptr<RocksStore> store = Open();
    for (int n = 1; n <= 5; ++n) ASSERT_TRUE(store->Commit(One("k", std::to_string(n))).ok());
    store.reset();
    const std::filesystem::path file = Files(row.prefix, row.extension).at(0);
    std::string log;
    {
      std::ifstream in(file, std::ios::binary);
      log.assign(std::istreambuf_iterator<char>(in), {});
    }
    row.damage(&log);
    std::ofstream(file, std::ios::binary | std::ios::trunc) << log;
    if (row.shown) {
      EXPECT_EQ(Get(*Open(), "k"), row.shown);
    } else {
      const Status status = Refused();
      EXPECT_EQ(status.code(), Code::kCorrupt);
      EXPECT_NE(status.text().find(file.filename()), std::string::npos) << status.text();
      EXPECT_EQ(Refused().code(), Code::kCorrupt) << "nothing was changed by it";
    }
  }
}

// A record of several blocks is in as many parts: who dies at the end of one leaves nothing that is torn.
TEST_F(RocksStoreTest, ALogThatEndsAnywhereInALargeRecordIsOpened) {
  constexpr size_t kBlock = 32768;
  std::unique_ptr<RocksStore> store = Open();
  ASSERT_TRUE(store->Commit(One("k", "before")).ok());
  const std::filesystem::path file = Files("", ".log").at(0);
  const size_t begin = std::filesystem::file_size(file);
  // The next record ends so that too little is left of its block for a header.
  ASSERT_TRUE(store->Commit(One("filler", std::string(kBlock - begin - 100, 'x'))).ok());
  const size_t overhead = std::filesystem::file_size(file) - begin - (kBlock - begin - 100);
  store.reset();
  for (const size_t left : {size_t{0}, size_t{6}, size_t{7}}) {
    std::filesystem::remove_all(path_);
    store = Open();
    ASSERT_TRUE(store->Commit(One("k", "before")).ok());
    ASSERT_TRUE(store->Commit(One("filler", std::string(kBlock - begin - overhead - left, 'x'))).ok());
    const std::filesystem::path log = Files("", ".log").at(0);
    const size_t from = std::filesystem::file_size(log);
    ASSERT_EQ(from, kBlock - left);
    ASSERT_TRUE(store->Commit(One("k", "after" + std::string(40'000, 'y'))).ok());
    const size_t size = std::filesystem::file_size(log);
    store.reset();
    std::string whole;
    {
      std::ifstream in(log, std::ios::binary);
      whole.assign(std::istreambuf_iterator<char>(in), {});
    }
    ASSERT_EQ(whole.size(), size);
    std::filesystem::rename(path_, path_ + ".whole");
    for (size_t end = from; end < size; ++end) {
      const size_t beside = (end + 10) % kBlock;
      if (beside > 18 && end % 9973 != 0) continue;
      std::filesystem::remove_all(path_);
      std::filesystem::copy(path_ + ".whole", path_);
      std::filesystem::resize_file(path_ + "/" + log.filename().string(), end);
      const auto opened = RocksStore::Open(path_, kSmall);
      ASSERT_TRUE(opened.ok()) << left << " bytes left, cut at " << end << ": " << opened.status().text();
      ASSERT_EQ(Get(**opened, "k"), "before") << left << " bytes left, cut at " << end;
    }
    std::filesystem::remove_all(path_ + ".whole");
  }
}

// Their inserts go on from one another, which a range erase among them must not share; all of them are erased at once for an import.
TEST_F(RocksStoreTest, EntitiesAreErasedAllAtOnceAndPutAnew) {
  auto store = Open();
  const auto key = [](int i) { return "k" + std::to_string(1000 + i); };
  for (int round = 0; round < 3; ++round) {
    CommitBatch batch;
    if (round > 0) batch.erase_ranges.push_back({Family::kEntities, "", "l"});
    for (int i = round; i < 300; i += 3) batch.puts.push_back({Family::kEntities, key(i), std::to_string(round)});
    ASSERT_TRUE(store->Commit(batch).ok());
  }
  int found = 0;
  const auto visit = [&](std::string_view k, std::string_view value) {
    EXPECT_EQ(k, key(2 + 3 * found++));
    EXPECT_EQ(value, "2");
    return true;
  };
  EXPECT_TRUE(store->Scan(Family::kEntities, "", "", visit).ok());
  EXPECT_EQ(found, 100);
}

TEST_F(RocksStoreTest, AForeignFileInPlaceOfTheDirectoryIsRefused) {
  std::filesystem::create_directories(dir_.path() + "/deep");
  std::ofstream(path_) << "not a directory";
  EXPECT_EQ(Refused().code(), Code::kInvalid);
}

TEST_F(RocksStoreTest, AFreshVolumesLostAndFoundIsNoObstacle) {
  std::filesystem::create_directories(path_ + "/lost+found");
  EXPECT_TRUE(Open()->Commit(One("k", "v")).ok());
}

TEST_F(RocksStoreTest, TooLittleFreeDiskRefusesBeforeWritingAndIsNotSticky) {
  RocksOptions hungry = kSmall;
  hungry.min_free_disk_bytes = uint64_t{1} << 62;
  ASSERT_TRUE(Open()->Commit(One("k", "v")).ok());
  const auto store = Open(hungry);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const Status status = store->Commit(One("k", "w"));
    EXPECT_EQ(status.code(), Code::kNoSpace);
    EXPECT_FALSE(store->failed());
    EXPECT_NE(status.text().find("MiB free"), std::string::npos) << "the same answer each time: " << status.text();
  }
  EXPECT_EQ(Get(*store, "k"), "v");
}

TEST_F(RocksStoreTest, StatsSayHowMuchIsHeldAndWhere) {
  const auto store = Open();
  CommitBatch batch;
  batch.puts.push_back({Family::kPanes, "k", std::string(1 << 20, 'x')});
  ASSERT_TRUE(store->Commit(batch).ok());
  const auto stats = store->Stats();
  EXPECT_GE(stats.at("memtable_bytes"), 1 << 20);
  EXPECT_EQ(stats.at("write_stopped"), 0);
  EXPECT_EQ(stats.at("background_errors"), 0);
  for (const char* name : {"block_cache_bytes", "table_reader_bytes", "live_sst_bytes", "pending_compaction_bytes",
                           "level0_files", "delayed_write_bytes_per_second"}) {
    EXPECT_TRUE(stats.contains(name)) << name;
  }
}

}  // namespace
}  // namespace tidemark
