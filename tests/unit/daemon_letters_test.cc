// What people's commands make of the topic of dead letters.
#include <gtest/gtest.h>

#include "config/config.h"
#include "daemon/dlq_letters.h"
#include "daemon/dlq_trial.h"

namespace tidemark {
namespace {

TEST(OffsetSet, JoinsWhatTouches) {
  OffsetSet set;
  for (const int64_t offset : {5, 3, 4, 9, 10, 1}) set.Add(0, offset, offset);
  set.Add(1, 7, 7);
  using Texts = std::vector<std::pair<int32_t, std::string>>;
  EXPECT_EQ(set.ToTexts(10), (Texts{{0, "1,3-5,9-10"}, {1, "7"}}));
  EXPECT_EQ(set.ToTexts(2), (Texts{{0, "1,3-5"}, {0, "9-10"}, {1, "7"}}));
  set.Add(0, 2, 8);
  EXPECT_EQ(set.ToTexts(10), (Texts{{0, "1-10"}, {1, "7"}}));
  for (const int64_t offset : {1, 5, 10}) EXPECT_TRUE(set.Has(0, offset)) << offset;
  for (const int64_t offset : {0, 11}) EXPECT_FALSE(set.Has(0, offset)) << offset;
  EXPECT_FALSE(set.Has(2, 1));
}

TEST(OffsetSet, ReadsWhatItWroteAndRefusesTheRest) {
  OffsetSet set;
  EXPECT_TRUE(set.Add(0, "1,3-5"));
  EXPECT_TRUE(set.Has(0, 4));
  EXPECT_TRUE(set.Add(0, "9223372036854775807"));
  for (const char* bad : {"", "x", "1,", "5-3", "-1", "1-", "1;2", "99999999999999999999"}) EXPECT_FALSE(set.Add(1, bad)) << bad;
}

class Trial : public testing::Test {
 protected:
  Trial() {
    Diagnostics diagnostics;
    Specs specs;
    ParseConfig("letters", R"(
kafka: {brokers: none}
topics: [plain]
dead_letters: {topic: dead}
sources:
  shop:
    topics: [{name: shop, dedup: {horizon: 1h}}, {name: loose, dedup: off}]
    time: s(row.at)
    ignore: row.type == "ping"
    events:
    - {emit: order.paid, when: row.type == "paid", set: {order.id: row.id, order.amount: row.total}}
  erp: {topics: [rows], format: avro, framing: confluent, events: [{emit: order.paid, set: {order.id: row.id}}]}
registry: {url: "http://none"}
limits: {max_record_bytes: 1KiB}
kpis: [{name: paid, count: true, on: order.paid, windows: [24h]}]
)", &specs, &diagnostics);
    plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
    EXPECT_NE(plan, nullptr) << diagnostics.ToString();
  }
  std::string WhyNot(const std::string& topic, std::string_view value, bool older = false) {
    LetterTrial trial(*plan, nullptr, older ? std::nullopt : std::optional(WallTimeFromMicros(10'000 * kMicrosPerSecond)));
    const std::vector<RecordHeader> headers = {{"own", "1"}, {kLetterReason, "rejected"}, {kLetterError, "e"}, {kLetterTopic, topic}, {kLetterPartition, "2"}, {kLetterOffset, "9"}};
    std::vector<RecordHeader> held;
    Letter letter;
    EXPECT_TRUE(ParseLetter({"dead", 1, Offset{5}, WallTimeFromMicros(3), "k", value, headers}, &held, &letter));
    EXPECT_EQ(letter.partition, 1);
    EXPECT_EQ(letter.record.partition, 2);
    EXPECT_EQ(letter.record.offset.v, 9);
    EXPECT_EQ(letter.record.headers.size(), 4u) << "its own, and where it stood";
    EXPECT_EQ(letter.record.headers[0].name, "own");
    return trial.WhyNot(letter);
  }
  std::shared_ptr<const Plan> plan;
};

TEST_F(Trial, SaysWhatWouldBecomeOfALetter) {
  EXPECT_EQ(WhyNot("shop", R"({"type":"paid","id":1,"total":"5","at":9000})"), "");
  EXPECT_EQ(WhyNot("shop", R"({"type":"ping"})"), "");
  EXPECT_EQ(WhyNot("shop", R"({"type":"paid","id":1,"total":"much","at":9000})"), "events[0] (order.paid): order.amount is no number");
  EXPECT_EQ(WhyNot("shop", "{"), "bad_json");
  EXPECT_EQ(WhyNot("shop", R"({"type":"other"})"), "no rule is about it");
  EXPECT_EQ(WhyNot("rows", std::string("\0\0\0\0\7\2a", 7)), "schema 7: there is no registry to ask");
  EXPECT_EQ(WhyNot("plain", "\x0a\x05"), "truncated");
  EXPECT_EQ(WhyNot("plain", ""), "");
  EXPECT_EQ(WhyNot("gone", "{}"), "the configuration reads no such topic");
  EXPECT_EQ(WhyNot("shop", std::string(2000, ' ')), "too_large");
  const std::string unknown = " whether it was counted can't be told (--older sends it)";
  EXPECT_EQ(WhyNot("shop", R"({"type":"paid","id":1,"total":"5","at":6399})"), "older than dedup.horizon:" + unknown);
  EXPECT_EQ(WhyNot("shop", R"({"type":"paid","id":1,"total":"5","at":6399})", true), "");
  EXPECT_EQ(WhyNot("loose", R"({"type":"paid","id":1,"total":"5","at":9000})"), "its topic has no dedup:" + unknown);
}

TEST(Letter, IsOneOnlyWithAllItsHeaders) {
  std::vector<RecordHeader> headers = {{kLetterReason, "rejected"}, {kLetterTopic, "t"}, {kLetterPartition, "2"}, {kLetterOffset, "9"}}, held;
  Letter letter;
  EXPECT_TRUE(ParseLetter({"dead", 0, Offset{0}, WallTime::min(), "", "", headers}, &held, &letter));
  EXPECT_TRUE(letter.whole);
  for (size_t h = 0; h < headers.size(); ++h) {
    std::vector<RecordHeader> less = headers;
    less.erase(less.begin() + static_cast<ptrdiff_t>(h));
    EXPECT_FALSE(ParseLetter({"dead", 0, Offset{0}, WallTime::min(), "", "", less}, &held, &letter)) << h;
  }
  headers[3].value = "x";
  EXPECT_FALSE(ParseLetter({"dead", 0, Offset{0}, WallTime::min(), "", "", headers}, &held, &letter));
  headers[3].value = "9";
  headers.push_back({kLetterOmitted, "value"});
  EXPECT_TRUE(ParseLetter({"dead", 0, Offset{0}, WallTime::min(), "", "", headers}, &held, &letter));
  EXPECT_FALSE(letter.whole);
}

}  // namespace
}  // namespace tidemark
