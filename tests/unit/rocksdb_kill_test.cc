// SIGKILL in the middle of commits leaves a whole prefix of them, with every acknowledged one in it.
// The program is its own victim: with --victim DIR it commits for ever and writes each acknowledged number to stdout.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <thread>

#include "pipeline/rocksdb/rocks_store.h"
#include "pipeline/store/bytes.h"
#include "tests/unit/rocksdb_dir.h"

namespace tidemark {
namespace {

constexpr RocksOptions kSmall{.memory_bytes = 4 << 20, .read_only = false, .min_free_disk_bytes = 0};

std::string KeyOf(uint64_t n) {
  std::string key;
  PutBigEndian(&key, n, 8);
  return key;
}

// Commit n says n in kMeta and kRows, adds pane n with a payload that makes memtables flush, and erases all panes but
// the newest hundred.
CommitBatch NthCommit(uint64_t n) {
  CommitBatch batch;
  batch.puts.push_back({Family::kMeta, "n", KeyOf(n)});
  batch.puts.push_back({Family::kRows, "n", KeyOf(n)});
  batch.puts.push_back({Family::kPanes, KeyOf(n), std::string(20'000, static_cast<char>(n))});
  if (n >= 100) batch.erase_ranges.push_back({Family::kPanes, KeyOf(0), KeyOf(n - 99)});
  return batch;
}

uint64_t Stored(const Store& store, Family family) {
  const std::string key = "n";
  std::optional<std::string> value;
  EXPECT_TRUE(store.MultiGet(family, std::span(&key, 1), std::span(&value, 1)).ok());
  return value ? ByteReader(*value).BigEndian(8) : 0;
}

int Victim(const std::string& dir) {
  auto store = RocksStore::Open(dir, kSmall);
  if (!store.ok()) return 1;
  for (uint64_t n = Stored(**store, Family::kMeta) + 1;; ++n) {
    if (!(*store)->Commit(NthCommit(n)).ok()) return 1;
    if (::write(STDOUT_FILENO, &n, sizeof n) != sizeof n) return 1;
  }
}

enum class KillAfter { kStart, kFirstCommit };

// Starts the victim, kills it `delay` after its start or after its first commit, however long that takes to come, and returns the
// last number it acknowledged, or 0.
uint64_t RunVictim(const std::string& dir, KillAfter what, std::chrono::microseconds delay) {
  int pipe_ends[2];
  EXPECT_EQ(::pipe(pipe_ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(pipe_ends[1], STDOUT_FILENO);
    ::execl("/proc/self/exe", "victim", "--victim", dir.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(pipe_ends[1]);
  const auto kill_later = [&] {
    return std::thread([child, delay] {
      std::this_thread::sleep_for(delay);
      ::kill(child, SIGKILL);
    });
  };
  std::thread killer;
  if (what == KillAfter::kStart) killer = kill_later();
  uint64_t n = 0, last = 0;
  while (::read(pipe_ends[0], &n, sizeof n) == sizeof n) {
    last = n;
    if (!killer.joinable()) killer = kill_later();
  }
  if (killer.joinable()) killer.join();
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the victim ended by itself: " << status;
  ::close(pipe_ends[0]);
  return last;
}

TEST(RocksStoreKill, LeavesAWholePrefixWithEveryAcknowledgedCommit) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  TempDir dir;
  const std::string path = dir.path() + "/state";
  uint64_t acknowledged = 0;
  for (int round = 0; round < 25; ++round) {
    const KillAfter what = round % 5 == 0 ? KillAfter::kStart : KillAfter::kFirstCommit;
    acknowledged = std::max(acknowledged, RunVictim(path, what, std::chrono::microseconds(random() % 150'000)));
    const auto store = RocksStore::Open(path, kSmall);
    ASSERT_TRUE(store.ok()) << store.status().text();
    const uint64_t n = Stored(**store, Family::kMeta);
    EXPECT_GE(n, acknowledged);
    EXPECT_EQ(Stored(**store, Family::kRows), n);
    uint64_t expected = n < 100 ? 1 : n - 99;
    const Status scanned = (*store)->Scan(Family::kPanes, "", "", [&](std::string_view key, std::string_view value) {
      EXPECT_EQ(key, KeyOf(expected));
      EXPECT_EQ(value, std::string(20'000, static_cast<char>(expected)));
      ++expected;
      return true;
    });
    ASSERT_TRUE(scanned.ok()) << scanned.text();
    EXPECT_EQ(expected, n + 1);
  }
  EXPECT_GT(acknowledged, 100u) << "the victim hardly ran";
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "--victim") == 0) return tidemark::Victim(argv[2]);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
