// The fake that other tests rely on, and MemoryStore's snapshots.
#include <gtest/gtest.h>

#include "pipeline/store/memory_store.h"
#include "tests/fakes/faulty_store.h"

namespace tidemark {
namespace {

CommitBatch One(const std::string& key) {
  CommitBatch batch;
  batch.puts.push_back({Family::kMeta, key, "v"});
  return batch;
}

size_t Keys(const Store& store) {
  size_t n = 0;
  EXPECT_TRUE(store.Scan(Family::kMeta, "", "", [&](auto, auto) { return ++n, true; }).ok());
  return n;
}

TEST(FaultyStore, FailedCommitLeavesNothingAndLaterOnesFailUntilReopened) {
  MemoryStore memory;
  FaultyStore store(&memory);
  store.FailNextCommit();
  EXPECT_FALSE(store.Commit(One("a")).ok());
  EXPECT_FALSE(store.Commit(One("b")).ok());
  EXPECT_EQ(Keys(store), 0u);
  store.Reopen();
  EXPECT_TRUE(store.Commit(One("c")).ok());
  EXPECT_EQ(Keys(store), 1u);
  EXPECT_EQ(store.attempts(), 3);
  EXPECT_EQ(store.commits(), 1);
}

TEST(FaultyStore, CommitThatFailsAfterApplyingIsStored) {
  MemoryStore memory;
  FaultyStore store(&memory);
  store.FailNextCommitAfterApplying();
  EXPECT_FALSE(store.Commit(One("a")).ok());
  EXPECT_EQ(Keys(store), 1u);
  EXPECT_FALSE(store.Commit(One("b")).ok());
}

TEST(FaultyStore, RefusalIsNotSticky) {
  MemoryStore memory;
  FaultyStore store(&memory);
  store.RefuseNextCommit();
  EXPECT_EQ(store.Commit(One("a")).code(), Code::kNoSpace);
  EXPECT_TRUE(store.Commit(One("a")).ok());
}

TEST(FaultyStore, HookSeesEveryBatchBeforeItIsApplied) {
  MemoryStore memory;
  FaultyStore store(&memory);
  std::string seen;
  store.BeforeCommit([&](const CommitBatch& batch) { seen += batch.puts.at(0).key + std::to_string(Keys(memory)); });
  EXPECT_TRUE(store.Commit(One("a")).ok());
  store.FailNextCommit();
  EXPECT_FALSE(store.Commit(One("b")).ok());
  EXPECT_EQ(seen, "a0b1");
}

TEST(MemoryStore, RestoreGoesBackToTheSnapshot) {
  MemoryStore memory;
  EXPECT_TRUE(memory.Commit(One("a")).ok());
  const MemoryStore::Tables before = memory.Snapshot();
  EXPECT_TRUE(memory.Commit(One("b")).ok());
  memory.Restore(before);
  EXPECT_EQ(Keys(memory), 1u);
}

}  // namespace
}  // namespace tidemark
