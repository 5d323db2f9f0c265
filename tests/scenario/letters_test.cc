// Records that can't be counted: where they go, and that none is lost on the way.
#include "config/config.h"
#include "pipeline/engine/dead_letters.h"
#include "pipeline/mapping/first_sent.h"
#include "pipeline/store/keys.h"
#include "tests/fakes/engine_rig.h"
#include "tests/fakes/letter_box.h"

namespace tidemark {
namespace {

constexpr char kConfig[] = R"(
kafka: {brokers: none}
topics: [plain]
dead_letters: {topic: dead}
sources:
  shop:
    topics: [crm]
    events:
    - {emit: order.paid, when: row.type == "paid", set: {order.id: row.id, order.amount: row.total}}
limits: {max_record_bytes: 1KiB}
kpis:
- {name: paid, count: true, on: order.paid, windows: [24h]}
)";

struct Letters : testing::Test {
  Letters() {
    Diagnostics diagnostics;
    ParseConfig("letters_test", kConfig, &rig.specs, &diagnostics);
    EXPECT_TRUE(diagnostics.empty()) << diagnostics.ToString();
    rig.logs[{"plain", 0}];
    rig.options.letters = &box;
  }
  void Paid(const std::string& total, std::vector<std::pair<std::string, std::string>> headers = {}, int64_t seconds = 60) {
    rig.logs.at({kRigTopic, 0}).Append(R"({"type":"paid","id":"1","total":")" + total + "\"}", EngineRig::WallAt(seconds), std::move(headers));
  }
  size_t Stored() const {
    size_t letters = 0;
    EXPECT_TRUE(rig.store.Scan(Family::kMeta, "L", "M", [&](std::string_view, std::string_view) { return ++letters > 0; }).ok());
    return letters;
  }
  static std::string Rejected(int offset) {
    return "tidemark-reason=rejected tidemark-error=events[0] (order.paid): order.amount is no number tidemark-source=shop tidemark-topic=crm tidemark-partition=0 tidemark-offset=" +
           std::to_string(offset) + " tidemark-timestamp=" + std::to_string((EngineRig::kStartSeconds + 60) * 1000);
  }

  EngineRig rig;
  FakeLetterBox box;
};

TEST_F(Letters, SayWhatCameAndWhyItIsNotCounted) {
  ASSERT_TRUE(rig.Start(0).ok());
  Paid("5");
  Paid("much", {{"a", "1"}, {"tidemark-reason", "forged"}, {"b", "\xff"}});
  rig.logs.at({kRigTopic, 0}).Append("{", WallTime::min());
  rig.logs.at({"plain", 0}).Append("\x0a\x05", WallTime::min());
  rig.logs.at({"plain", 0}).Append(std::string(2000, 'x'), WallTime::min(), {{"h", "v"}});
  rig.logs.at({"plain", 0}).Append(std::string(2000, 'x'), WallTime::min(), {{"h", std::string(2000, 'y')}});
  ASSERT_TRUE(rig.RunAt(120).ok());
  EXPECT_EQ(rig.Value("paid", "24h"), "1");
  ASSERT_EQ(box.posted.size(), 5u);
  std::sort(box.posted.begin(), box.posted.end());
  EXPECT_EQ(box.posted[3], R"(-|{"type":"paid","id":"1","total":"much"}|a=1 b=)" "\xff " + Rejected(1)) << "headers of ours that it came with are none of its own";
  EXPECT_EQ(box.posted[4], "-|{|tidemark-reason=undecodable tidemark-error=bad_json tidemark-source=shop tidemark-topic=crm tidemark-partition=0 tidemark-offset=2");
  EXPECT_EQ(box.posted[0], "-|\x0a\x05|tidemark-reason=undecodable tidemark-error=truncated tidemark-topic=plain tidemark-partition=0 tidemark-offset=0");
  const std::string large = "tidemark-reason=undecodable tidemark-error=too_large tidemark-topic=plain tidemark-partition=0 tidemark-offset=";
  EXPECT_EQ(box.posted[1], "-|-|h=v " + large + "1 tidemark-omitted=value");
  EXPECT_EQ(box.posted[2], "-|-|" + large + "2 tidemark-omitted=key value headers");
  EXPECT_EQ(Stored(), 0u) << "delivered before the commit";
}

TEST_F(Letters, AreKeptWithTheStateUntilTheyAreDelivered) {
  box.closed = true;
  ASSERT_TRUE(rig.Start(0).ok());
  Paid("much");
  Paid("5");
  ASSERT_TRUE(rig.RunAt(120).ok());
  EXPECT_EQ(rig.Value("paid", "24h"), "1") << "nothing waits for a letter";
  EXPECT_EQ(Stored(), 1u);
  ASSERT_TRUE(rig.Start(130).ok());
  EXPECT_EQ(box.posted, std::vector<std::string>(2, R"(-|{"type":"paid","id":"1","total":"much"}|)" + Rejected(0))) << "and again after a restart";
  rig.options.letters = nullptr;
  ASSERT_TRUE(rig.Start(130).ok());
  ASSERT_TRUE(rig.RunAt(140).ok());
  EXPECT_EQ(Stored(), 1u) << "also where nobody takes it any more";
  rig.options.letters = &box;
  box.waiting.clear();
  ASSERT_TRUE(rig.Start(140).ok());
  box.closed = false;
  ASSERT_TRUE(rig.RunAt(150).ok());
  EXPECT_EQ(Stored(), 0u);
  Paid("more");
  ASSERT_TRUE(rig.RunAt(160).ok());
  EXPECT_EQ(box.posted.size(), 4u);
}

TEST_F(Letters, ComeTwiceWhenTheCommitIsLost) {
  ASSERT_TRUE(rig.Start(0).ok());
  ASSERT_TRUE(rig.RunAt(60).ok());
  Paid("much");
  rig.faulty.FailNextCommit();
  EXPECT_FALSE(rig.RunAt(120).ok());
  ASSERT_TRUE(rig.Start(120).ok());
  ASSERT_TRUE(rig.RunAt(130).ok());
  EXPECT_EQ(box.posted, std::vector<std::string>(2, R"(-|{"type":"paid","id":"1","total":"much"}|)" + Rejected(0)));
  EXPECT_EQ(rig.Counts(0).rejected, 1);
}

TEST_F(Letters, OnesThatCannotLeaveHoldTheirPartitionAlone) {
  box.closed = true;
  ASSERT_TRUE(rig.Start(0).ok());
  for (size_t i = 0; i <= DeadLetters::kMostLetters; ++i) rig.logs.at({kRigTopic, 0}).Append("{", WallTime::min());
  Paid("5");
  rig.logs.at({"plain", 0}).Append("", EngineRig::WallAt(60));
  ASSERT_TRUE(rig.RunAt(120).ok());
  EXPECT_EQ(box.posted.size(), DeadLetters::kMostLetters);
  EXPECT_EQ(Stored(), DeadLetters::kMostLetters);
  EXPECT_EQ(rig.Counts(0).read, static_cast<int64_t>(DeadLetters::kMostLetters));
  EXPECT_EQ(rig.Counts(1).read, 1);
  EXPECT_EQ(rig.engine->view()->partitions()[0].health, PartitionHealth::kOk) << "not for a moment";
  ASSERT_TRUE(rig.RunAt(130).ok());
  EXPECT_EQ(rig.engine->view()->partitions()[0].health, PartitionHealth::kUnreadable);
  EXPECT_EQ(rig.engine->view()->partitions()[0].reason, "its dead letters can't be written, and there is room for no more");
  ASSERT_TRUE(rig.RunAt(400).ok());
  EXPECT_FALSE(rig.engine->view()->partitions()[0].holds_time) << "nor for longer than max_hold the others";
  box.closed = false;
  ASSERT_TRUE(rig.RunAt(410).ok());
  EXPECT_EQ(box.posted.size(), DeadLetters::kMostLetters + 1);
  EXPECT_EQ(Stored(), 0u);
  EXPECT_EQ(rig.Value("paid", "24h"), "1");
  EXPECT_EQ(rig.engine->view()->partitions()[0].health, PartitionHealth::kOk);
}

TEST_F(Letters, ARecordThatIsSentAgainCountsOnce) {
  ASSERT_TRUE(rig.Start(0).ok());
  Paid("5");
  const auto sent = [](int offset, const std::string& topic = "crm") {
    return std::vector<std::pair<std::string, std::string>>{{"tidemark-topic", topic}, {"tidemark-partition", "0"}, {"tidemark-offset", std::to_string(offset)},
                                                            {"tidemark-timestamp", std::to_string((EngineRig::kStartSeconds + 60) * 1000)}};
  };
  Paid("5", sent(0), 90);
  ASSERT_TRUE(rig.RunAt(120).ok());
  EXPECT_EQ(rig.Counts(0).accepted, 1);
  EXPECT_EQ(rig.Counts(0).duplicate, 1);
  EXPECT_EQ(rig.Counts(0).conflict, 0) << "its time is the first one's, too";
  Paid("6", sent(7), 91);   // not yet seen at its place
  Paid("6", sent(7), 92);
  Paid("6", sent(7, "plain"), 93);  // of another topic: nothing to do with it
  ASSERT_TRUE(rig.RunAt(130).ok());
  EXPECT_EQ(rig.Counts(0).accepted, 3);
  EXPECT_EQ(rig.Counts(0).duplicate, 2);
  Paid("much", sent(7), 94);
  ASSERT_TRUE(rig.RunAt(140).ok());
  ASSERT_EQ(box.posted.size(), 1u);
  EXPECT_EQ(box.posted[0], R"(-|{"type":"paid","id":"1","total":"much"}|)" + Rejected(7)) << "a letter says where the record stood first";
}

TEST(Letter, IsWhatItWasAndNothingElse) {
  DeadLetter letter{"", {}, {{"a", "x"}, {"", {}}, {"a", ""}}};
  const std::string bytes = EncodeLetter(letter);
  EXPECT_EQ(FakeLetterBox::Shown(bytes), "|-|a=x =- a=");
  for (size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(DecodeLetter(std::string_view(bytes).substr(0, n)).ok()) << n;
  EXPECT_FALSE(DecodeLetter(bytes + "x").ok());
  EXPECT_FALSE(DecodeLetter("\x01\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01").ok());
}

TEST(FirstSent, NeedsAllOfItAndItsOwnTopic) {
  const auto first = [](const std::vector<RecordHeader>& headers) {
    const RawRecord record = FirstSent({"t", 3, Offset{42}, WallTimeFromMicros(7), "", "", headers});
    return std::to_string(record.partition) + "/" + std::to_string(record.offset.v) + "/" + (record.kafka_time == WallTime::min() ? "none" : std::to_string(Micros(record.kafka_time)));
  };
  EXPECT_EQ(first({}), "3/42/7");
  EXPECT_EQ(first({{"tidemark-topic", "t"}, {"tidemark-partition", "1"}, {"tidemark-offset", "2"}, {"tidemark-timestamp", "3"}}), "1/2/3000");
  EXPECT_EQ(first({{"tidemark-topic", "t"}, {"tidemark-partition", "1"}, {"tidemark-offset", "2"}}), "1/2/none");
  for (const char* bad : {"", "-1", "1x", "99999999999999999999", " 1"}) {
    EXPECT_EQ(first({{"tidemark-topic", "t"}, {"tidemark-partition", "1"}, {"tidemark-offset", bad}}), "3/42/7") << bad;
    EXPECT_EQ(first({{"tidemark-topic", "t"}, {"tidemark-partition", bad}, {"tidemark-offset", "1"}}), "3/42/7") << bad;
    EXPECT_EQ(first({{"tidemark-topic", "t"}, {"tidemark-partition", "1"}, {"tidemark-offset", "2"}, {"tidemark-timestamp", bad}}), "1/2/none") << bad;
  }
  EXPECT_EQ(first({{"tidemark-topic", "u"}, {"tidemark-partition", "1"}, {"tidemark-offset", "2"}}), "3/42/7");
}

}  // namespace
}  // namespace tidemark
