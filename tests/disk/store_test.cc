// RocksStore over a faulty disk: what it shows is exactly what was committed up to some commit, or it says what is wrong.
#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <thread>

#include "pipeline/store/bytes.h"
#include "pipeline/store/memory_store.h"
#include "tests/disk/trial.h"

namespace tidemark {
namespace {

constexpr int kCommits = 12;
using Tables = MemoryStore::Tables;

std::string Key(const std::string& prefix, int n) {
  std::string key = prefix;
  PutBigEndian(&key, static_cast<uint64_t>(n), 4);
  return key;
}

// Bytes that don't compress, a function of the two numbers.
std::string Bytes(int n, int salt, size_t size) {
  std::mt19937 random(static_cast<unsigned>(n * 31 + salt));
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// Commit n: puts, overwrites and erases in every family.
CommitBatch NthCommit(int n) {
  CommitBatch batch;
  batch.puts.push_back({Family::kMeta, "n", std::to_string(n)});
  batch.puts.push_back({Family::kMeta, Key("m", n % 5), Bytes(n, 1, 40)});
  for (int i = 0; i < 4; ++i) batch.puts.push_back({Family::kRows, Key("r", (n + i) % 7), Bytes(n, 10 + i, 60)});
  batch.puts.push_back({Family::kPanes, Key("p", n), Bytes(n, 20, n % 4 == 0 ? 40'000 : 700)});  // some are longer than a block of the log
  if (n > 5) batch.erase_ranges.push_back({Family::kPanes, Key("p", 0), Key("p", n - 5)});
  batch.puts.push_back({Family::kIds, Key("i", n), Bytes(n, 30, 300)});
  for (int i = 0; i < 3; ++i) batch.puts.push_back({Family::kEntities, Key("e", n * 3 + i), Bytes(n, 40 + i, 80)});
  if (n > 2) batch.erases.push_back({Family::kEntities, Key("e", (n - 2) * 3)});
  return batch;
}

const std::vector<Tables>& Expected() {
  static const auto& kExpected = *new std::vector<Tables>([] {  // never destroyed
    MemoryStore memory;
    std::vector<Tables> states = {memory.Snapshot()};
    for (int n = 1; n <= kCommits; ++n) {
      EXPECT_TRUE(memory.Commit(NthCommit(n)).ok());
      states.push_back(memory.Snapshot());
    }
    return states;
  }());
  return kExpected;
}

// All that a store shows, in both ways of reading it.
Result<Tables> ReadAll(const Store& store) {
  Tables tables;
  for (size_t f = 0; f < kFamilyCount; ++f) {
    std::vector<std::string> keys;
    TM_RETURN_IF_ERROR(store.Scan(static_cast<Family>(f), "", "", [&](std::string_view key, std::string_view value) {
      tables[f].emplace(key, value);
      keys.emplace_back(key);
      return true;
    }));
    std::vector<std::optional<std::string>> values(keys.size());
    TM_RETURN_IF_ERROR(store.MultiGet(static_cast<Family>(f), keys, values));
    for (size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(values[i], tables[f].at(keys[i])) << "scan and multi-get differ";
  }
  return tables;
}

class StoreTrial : public Trial {
 public:
  using Trial::Trial;

 private:
  int last() const override { return kCommits; }

  void Live(int until) override {
    const std::unique_ptr<RocksStore> store = Open();
    if (store == nullptr) return;
    int at = Look(*store);
    if (at < 0) return;
    Found(at);
    while (at < until) {
      attempted_ = ++at;
      const Status status = store->Commit(NthCommit(at));
      if (!status.ok()) {
        Failed(status);
        EXPECT_FALSE(store->Commit(NthCommit(at)).ok()) << "a store that failed to write takes no more";
        return;
      }
      acknowledged_ = at;
      if (at % 4 == 2) Checked(store->Purge(Family::kPanes, std::vector<std::string>{Key("p", at)}));  // flushes and compacts
      if (at == kCommits / 2) Copy(*store);
    }
    if (at = Look(*store); at >= 0) Found(at);
  }

  void Finish() override { EXPECT_EQ(acknowledged_, kCommits); }

  void Checked(const Status& status) {
    if (!status.ok()) Failed(status);
  }

  // The commit whose state this is; -1 when it says that it can't be read.
  int Look(const Store& store) {
    const Result<Tables> tables = ReadAll(store);
    if (!tables.ok()) {
      Failed(tables.status());
      return -1;
    }
    const auto& meta = (*tables)[static_cast<size_t>(Family::kMeta)];
    const int at = meta.contains("n") ? std::stoi(meta.at("n")) : 0;
    EXPECT_TRUE(*tables == Expected().at(static_cast<size_t>(at))) << "not the state of any commit, least of all of " << at;
    return at;
  }

  // A checkpoint that says Ok is a whole state.
  void Copy(const RocksStore& store) {
    const std::string copy = path() + "-copy";
    const Status status = store.Checkpointer()(copy);
    Checked(status);
    if (status.ok() && point_.fault != Fault::kFlip) {
      const auto opened = RocksStore::Open(copy, {.memory_bytes = 4 << 20, .read_only = true, .min_free_disk_bytes = 0});
      ASSERT_TRUE(opened.ok()) << opened.status().text();
      EXPECT_TRUE(ReadAll(**opened).value() == Expected().at(static_cast<size_t>(acknowledged_)));
    }
    for (const char* end : {"", ".tmp"}) std::filesystem::remove_all(copy + end);
  }
};

TEST(DiskFaults, TheStoreShowsACommittedStateOrSaysWhatIsWrong) {
  RunTrials([](const FaultPoint& point, bool power, unsigned seed) { return std::make_unique<StoreTrial>(point, power, seed); });
}

// RocksDB goes on by itself once there is space again, with a log that lacks what failed.
TEST(DiskFaults, AStoreThatFailedToWriteTakesNoMoreThoughThereIsSpaceAgain) {
  TempDir dir;
  const std::string path = dir.path() + "/state";
  std::filesystem::create_directory(dir.path() + "/aside");
  const auto fs = std::make_shared<FaultFs>(path, dir.path() + "/aside", 1);
  const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(fs);
  RocksOptions options;
  options.memory_bytes = 4 << 20;
  options.min_free_disk_bytes = 0;
  options.env = env.get();
  auto store = RocksStore::Open(path, options).value();
  int at = 0;
  while (at < 3) EXPECT_TRUE(store->Commit(NthCommit(++at)).ok());
  fs->Arm({FileKind::kLog, FileOp::kAppend, 1, Fault::kNoSpace});
  EXPECT_FALSE(store->Commit(NthCommit(++at)).ok());
  EXPECT_TRUE(fs->struck());
  fs->Heal();
  for (int tenths = 0; tenths < 20; ++tenths) {
    const Status again = store->Commit(NthCommit(at));
    ASSERT_FALSE(again.ok()) << "taken after " << tenths << " tenths of a second";
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  store.reset();
  store = RocksStore::Open(path, options).value();
  EXPECT_TRUE(store->Commit(NthCommit(at)).ok()) << "opened anew it does";
}

}  // namespace
}  // namespace tidemark
