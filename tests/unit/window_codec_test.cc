// Stored bytes are a written format: the worked example of pipeline/store/README.md, and every truncation refused.
#include <gtest/gtest.h>

#include <algorithm>

#include "pipeline/store/keys.h"
#include "pipeline/window/codec.h"

namespace tidemark {
namespace {

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) {
    hex += "0123456789abcdef"[static_cast<uint8_t>(c) >> 4];
    hex += "0123456789abcdef"[static_cast<uint8_t>(c) & 15];
  }
  return hex;
}

TEST(StoredBytes, NumbersBeyondWhatCanBeAreRefused) {
  for (const int64_t beyond : {int64_t{1} << 60, -(int64_t{1} << 60)}) {
    std::string bytes;
    PutZigZag(&bytes, beyond);
    ByteReader time(bytes), count(bytes), minute(bytes);
    time.Time();
    count.Count();
    minute.Minute();
    EXPECT_FALSE(time.ok()) << beyond;
    EXPECT_FALSE(count.ok()) << beyond;
    EXPECT_FALSE(minute.ok()) << beyond;
  }
  ByteReader endless(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"));
  endless.Sum();
  EXPECT_FALSE(endless.ok());
}

TEST(StoredBytes, APaneIsTheWorkedExampleOfTheReadme) {
  const EventTime pane = EventTimeFromMicros(28'368'000 * kMicrosPerMinute);
  EXPECT_EQ(Hex(FragmentKey(StoredTable{1}, Tier::kMinute, pane, 7, 0)), "00000001" "00" "8000000001b0dc80" "0000000000000007" "0000");
  std::string value;
  PutFragmentRow(&value, 2, 2);
  PutFragmentCell(&value, 3, false, 5, 0);
  PutFragmentCell(&value, 4, true, 1, 2'500'000);
  PutFragmentRow(&value, 3, 1);
  PutFragmentCell(&value, 3, false, 1, 0);
  EXPECT_EQ(Hex(value), "0202" "060a" "0902" "c096b102" "0301" "0602");
}

TEST(StoredBytes, AFragmentReadsBackAndNoPrefixThatEndsWithinARowDoes) {
  std::string value;
  std::vector<size_t> row_ends = {0};
  for (uint32_t row = 0; row < 3; ++row) {
    PutFragmentRow(&value, 300, 2);
    PutFragmentCell(&value, row, false, 1000 + row, 0);
    PutFragmentCell(&value, row + 1, true, -1, Int128{-1} << 100);
    row_ends.push_back(value.size());
  }
  for (size_t n = 0; n <= value.size(); ++n) {
    std::vector<uint32_t> rows;
    int64_t counts = 0;
    const bool ok = ForEachFragmentCell(
        std::string_view(value).substr(0, n), [&](const FragmentCell& c) { counts += c.count; }, [&](uint32_t row) { rows.push_back(row); });
    const auto end = std::find(row_ends.begin(), row_ends.end(), n);
    EXPECT_EQ(ok, end != row_ends.end()) << n;
    if (n == value.size()) {
      EXPECT_EQ(rows, (std::vector<uint32_t>{300, 600, 900}));
      EXPECT_EQ(counts, 3000);
    }
  }
}

TEST(StoredBytes, KeysSortAsTimeDoes) {
  const std::vector<int64_t> minutes = {-28'000'000, -1, 0, 1, 28'000'000};
  for (size_t i = 1; i < minutes.size(); ++i) {
    const auto key = [&](size_t n) {
      return FragmentKey(StoredTable{7}, Tier::kHour, EventTimeFromMicros(minutes[n] * kMicrosPerMinute), 1, 0);
    };
    EXPECT_LT(key(i - 1), key(i));
    EXPECT_EQ(PaneFromOrder(PaneOrder(EventTimeFromMicros(minutes[i] * kMicrosPerMinute))), EventTimeFromMicros(minutes[i] * kMicrosPerMinute));
  }
}

TEST(StoredBytes, ARowReadsBackAndNoPrefixOfItDoes) {
  RowColumn column;
  column.number = 300;
  column.has_sum = true;
  column.last_pane = EventTimeFromMicros(5 * kMicrosPerMinute);
  column.windows.push_back({0, 7, Int128{-9'000'000'000'000'000'000} * 1000});
  column.windows.push_back({300, 8, 1});
  column.steps.push_back({EventTimeFromMicros(3 * kMicrosPerMinute), -4});
  column.last = {{EventTimeFromMicros(77), 1ull << 63, -5}, {EventTimeFromMicros(78), 0, 6}};
  std::string bytes;
  PutRowColumn(&bytes, column);
  ByteReader reader(bytes);
  RowColumn back;
  std::string_view raw;
  ASSERT_TRUE(ReadRowColumn(&reader, &back, &raw).ok());
  EXPECT_TRUE(reader.Done());
  EXPECT_EQ(raw, bytes);
  std::string again;
  PutRowColumn(&again, back);
  EXPECT_EQ(again, bytes);
  for (size_t n = 0; n < bytes.size(); ++n) {
    ByteReader cut(std::string_view(bytes).substr(0, n));
    EXPECT_FALSE(ReadRowColumn(&cut, &back, &raw).ok()) << n;
  }
}

TEST(StoredBytes, ATablesHeadReadsBackAndNoPrefixOfItDoes) {
  TableHead head;
  head.windows.push_back({"lifetime", 0, kNoEventTime, EventTime::max(), kNoTier, {1, 300}});
  head.windows.push_back({"rolling/1h/1m", 7, EventTimeFromMicros(60'000'000), EventTime::max(), 0, {}});
  head.next_window = 8;
  head.stored_end[2] = head.edge[3] = head.swept = EventTimeFromMicros(3'600'000'000);
  std::string bytes;
  PutTableHead(&bytes, head);
  TableHead back;
  ASSERT_TRUE(ReadTableHead(bytes, &back).ok());
  std::string again;
  PutTableHead(&again, back);
  EXPECT_EQ(again, bytes);
  EXPECT_EQ(back.windows[1].identity, "rolling/1h/1m");
  for (size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(ReadTableHead(std::string_view(bytes).substr(0, n), &back).ok()) << n;
}

}  // namespace
}  // namespace tidemark
