#include "daemon/sorted_events.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

namespace tidemark {
namespace {

const std::string kDirectory = testing::TempDir() + "sorted_events." + std::to_string(getpid());

// The events in the order in which they come; of equal times in that in which they were added, whatever the memory.
TEST(SortedEvents, ComeByTimeWithAnyMemory) {
  std::mt19937 random(3);
  std::vector<std::pair<int64_t, std::string>> added;
  for (int i = 0; i < 500; ++i) added.emplace_back(static_cast<int64_t>(random() % 50) - 10, std::string(random() % 40, 'x') + std::to_string(i));
  auto sorted = added;
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const uint64_t memory : {uint64_t{200}, uint64_t{3000}, uint64_t{1} << 30}) {
    {
      SortedEvents events(kDirectory, memory);
      for (const auto& [time, bytes] : added) ASSERT_TRUE(events.Add(EventTimeFromMicros(time), bytes).ok());
      ASSERT_TRUE(events.Seal().ok());
      EXPECT_EQ(std::filesystem::exists(kDirectory), memory < 1 << 20);
      std::string event;
      for (const auto& [time, bytes] : sorted) {
        const auto more = events.Next(&event);
        ASSERT_TRUE(more.ok() && *more);
        ASSERT_EQ(event, bytes) << "memory " << memory;
      }
      EXPECT_FALSE(*events.Next(&event));
    }
    EXPECT_FALSE(std::filesystem::exists(kDirectory));
  }
}

TEST(SortedEvents, WhatCannotBeSortedIsRefused) {
  SortedEvents many(kDirectory, 1);
  Status status;
  for (int i = 0; i < 1000 && status.ok(); ++i) status = many.Add(EventTimeFromMicros(i), "x");
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_NE(status.text().find("limits.memory"), std::string::npos);
}

TEST(SortedEvents, ADamagedRunIsNoEndOfIt) {
  SortedEvents events(kDirectory, 1);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(events.Add(EventTimeFromMicros(i), "event").ok());
  std::filesystem::resize_file(kDirectory + "/1", 14);
  EXPECT_EQ(events.Seal().code(), Code::kUnavailable);
}

}  // namespace
}  // namespace tidemark
