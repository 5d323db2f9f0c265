// What pipeline/store/store.h promises, asked of every Store there is.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/rocksdb/rocks_store.h"
#include "pipeline/store/memory_store.h"
#include "tests/unit/rocksdb_dir.h"

namespace tidemark {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Kind {
  const char* name;
  std::function<std::unique_ptr<Store>(const std::string& dir)> make;
};

const Kind kKinds[] = {
    {"Memory", [](const std::string&) { return std::make_unique<MemoryStore>(); }},
    {"Rocks",
     [](const std::string& dir) -> std::unique_ptr<Store> {
       auto store = RocksStore::Open(dir + "/state", {.memory_bytes = 8 << 20, .min_free_disk_bytes = 0});
       EXPECT_TRUE(store.ok()) << store.status().text();
       return std::move(store).value();
     }},
};

class StoreContract : public testing::TestWithParam<Kind> {
 protected:
  StoreContract() : store_(GetParam().make(dir_.path())) {}

  Pairs Read(Family family, const std::string& from = "", const std::string& to = "", size_t limit = SIZE_MAX) {
    Pairs pairs;
    const Status status = store_->Scan(family, from, to, [&](std::string_view key, std::string_view value) {
      pairs.emplace_back(key, value);
      return pairs.size() < limit;
    });
    EXPECT_TRUE(status.ok()) << status.text();
    return pairs;
  }
  void Put(Family family, const Pairs& pairs) {
    CommitBatch batch;
    for (const auto& [key, value] : pairs) batch.puts.push_back({family, key, value});
    Commit(batch);
  }
  void Commit(const CommitBatch& batch) {
    const Status status = store_->Commit(batch);
    ASSERT_TRUE(status.ok()) << status.text();
  }

  TempDir dir_;
  std::unique_ptr<Store> store_;
};

INSTANTIATE_TEST_SUITE_P(All, StoreContract, testing::ValuesIn(kKinds),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_P(StoreContract, ScansInUnsignedByteOrderWhateverTheOrderOfPuts) {
  const std::string high("\xff\x01", 2), zero("\0", 1), middle("\x7f", 1), longer("\x7f\0", 2);
  Put(Family::kPanes, {{high, "4"}, {middle, "2"}, {zero, "1"}, {longer, "3"}});
  EXPECT_EQ(Read(Family::kPanes), (Pairs{{zero, "1"}, {middle, "2"}, {longer, "3"}, {high, "4"}}));
}

TEST_P(StoreContract, FamiliesDoNotSeeEachOther) {
  CommitBatch batch;
  for (size_t i = 0; i < kFamilyCount; ++i) batch.puts.push_back({static_cast<Family>(i), "k", std::to_string(i)});
  Commit(batch);
  for (size_t i = 0; i < kFamilyCount; ++i) {
    EXPECT_EQ(Read(static_cast<Family>(i)), (Pairs{{"k", std::to_string(i)}}));
  }
}

TEST_P(StoreContract, ScanIncludesItsStartExcludesItsEndAndStopsWhenToldTo) {
  Put(Family::kRows, {{"a", "1"}, {"b", "2"}, {"ba", "3"}, {"c", "4"}});
  struct {
    const char* name;
    std::string from, to;
    size_t limit;
    Pairs expected;
  } rows[] = {
      {"from and to are keys", "a", "c", SIZE_MAX, {{"a", "1"}, {"b", "2"}, {"ba", "3"}}},
      {"from and to are between keys", "aa", "bb", SIZE_MAX, {{"b", "2"}, {"ba", "3"}}},
      {"an empty end is the end of the family", "b", "", SIZE_MAX, {{"b", "2"}, {"ba", "3"}, {"c", "4"}}},
      {"from equals to", "b", "b", SIZE_MAX, {}},
      {"from after to", "c", "a", SIZE_MAX, {}},
      {"visit says stop", "a", "z", 2, {{"a", "1"}, {"b", "2"}}},
      {"nothing there", "x", "z", SIZE_MAX, {}},
  };
  for (const auto& row : rows) EXPECT_EQ(Read(Family::kRows, row.from, row.to, row.limit), row.expected) << row.name;
}

TEST_P(StoreContract, RangeEraseThenPutInOneBatchKeepsThePut) {
  Put(Family::kPanes, {{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}});
  CommitBatch batch;
  batch.puts.push_back({Family::kPanes, "b", "new"});
  batch.erase_ranges.push_back({Family::kPanes, "a", "d"});
  batch.erases.push_back({Family::kPanes, "d"});
  Commit(batch);
  EXPECT_EQ(Read(Family::kPanes), (Pairs{{"b", "new"}}));
}

TEST_P(StoreContract, RangeEraseTouchesOnlyItsFamilyAndItsHalfOpenRange) {
  Put(Family::kPanes, {{"a", "1"}, {"b", "2"}, {"c", "3"}});
  Put(Family::kIds, {{"a", "1"}});
  CommitBatch batch;
  batch.erase_ranges.push_back({Family::kPanes, "a", "c"});
  batch.erase_ranges.push_back({Family::kPanes, "c", "c"});
  batch.erase_ranges.push_back({Family::kPanes, "z", "a"});
  Commit(batch);
  EXPECT_EQ(Read(Family::kPanes), (Pairs{{"c", "3"}}));
  EXPECT_EQ(Read(Family::kIds), (Pairs{{"a", "1"}}));
}

TEST_P(StoreContract, TheLaterOfTwoPutsOfAKeyWins) {
  Put(Family::kRows, {{"z", "0"}, {"k", "1"}, {"a", "0"}, {"k", "2"}});
  EXPECT_EQ(Read(Family::kRows, "k", "l"), (Pairs{{"k", "2"}}));
}

TEST_P(StoreContract, MultiGetGivesValuesAndAbsencesInPlace) {
  Put(Family::kPanes, {{"a", "1"}, {"c", ""}, {std::string("c\0", 2), "3"}, {"\xf0", "4"}});
  const std::vector<std::string> keys = {"", "a", "b", "c", std::string("c\0", 2), "d", "\xf0"};
  std::vector<std::optional<std::string>> values(keys.size(), "stale");
  ASSERT_TRUE(store_->MultiGet(Family::kPanes, keys, values).ok());
  const std::vector<std::optional<std::string>> expected = {std::nullopt, "1",          std::nullopt, "",
                                                            "3",          std::nullopt, "4"};
  EXPECT_EQ(values, expected);
}

TEST_P(StoreContract, MultiGetOfNothingIsFine) { EXPECT_TRUE(store_->MultiGet(Family::kPanes, {}, {}).ok()); }

TEST_P(StoreContract, AnEmptyBatchChangesNothing) {
  Put(Family::kMeta, {{"a", "1"}});
  Commit(CommitBatch());
  EXPECT_EQ(Read(Family::kMeta), (Pairs{{"a", "1"}}));
}

// Random batches against a plain map, through flushes (the write buffer is small) and range tombstones.
TEST_P(StoreContract, RandomBatchesLeaveWhatAMapWouldHold) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto key = [&] { return std::to_string(10000 + random() % 5000); };
  std::map<std::string, std::string> expected;
  for (int round = 0; round < 40; ++round) {
    CommitBatch batch;
    std::string from = key(), to = std::to_string(std::stoi(from) + static_cast<int>(random() % 300));
    batch.erase_ranges.push_back({Family::kPanes, from, to});
    expected.erase(expected.lower_bound(from), expected.lower_bound(to));
    for (int i = 0; i < 300; ++i) {
      batch.puts.push_back({Family::kPanes, key(), std::string(200, static_cast<char>('a' + random() % 26))});
      expected[batch.puts.back().key] = batch.puts.back().value;
    }
    for (int i = 0; i < 20; ++i) {
      batch.erases.push_back({Family::kPanes, key()});
      expected.erase(batch.erases.back().key);
    }
    Commit(batch);
  }
  EXPECT_EQ(Read(Family::kPanes), Pairs(expected.begin(), expected.end()));
}

}  // namespace
}  // namespace tidemark
