// KafkaSource against a real broker.
#include <gtest/gtest.h>

#include <iostream>

#include "pipeline/kafka/producer.h"
#include "tests/broker/real_broker.h"
#include "tests/integration/kafka_reader.h"

namespace tidemark {
namespace {

std::unique_ptr<RealBroker> broker;  // one for all tests; each has topics and groups of its own

class KafkaSourceTest : public testing::Test {
 protected:
  void SetUp() override {
    topic_ = testing::UnitTest::GetInstance()->current_test_info()->name();
    if (!broker->running()) {  // a test that failed left it down
      ASSERT_TRUE(broker->Restart().ok());
    }
  }

  void Create(int partitions) {
    const Status status = broker->CreateTopic(topic_, partitions);
    ASSERT_TRUE(status.ok()) << status.text();
    NewProducer();
  }
  // One that knows the topic as it is now.
  void NewProducer() {
    auto producer = KafkaProducer::Open(broker->bootstrap(), {{"linger.ms", "1"}});
    ASSERT_TRUE(producer.ok()) << producer.status().text();
    producer_ = std::move(producer).value();
  }
  void Produce(int first, int n, int32_t partition = 0) {
    for (int i = first; i < first + n; ++i) {
      ASSERT_TRUE(producer_->Produce(topic_, partition, "key", std::to_string(i)).ok());
    }
    const Status status = producer_->Flush(120s);
    ASSERT_TRUE(status.ok()) << status.text();
    ASSERT_EQ(producer_->failed(), 0u);
  }
  KafkaSpec Spec() const { return SpecFor(broker->bootstrap(), topic_); }
  TopicPartition Tp(int32_t partition = 0) const { return {topic_, partition}; }

  std::string topic_;
  std::unique_ptr<KafkaProducer> producer_;
  Stored stored_;
};

TEST_F(KafkaSourceTest, HandsOutEveryPartitionInOrder) {
  Create(4);
  for (int32_t p = 0; p < 4; ++p) Produce(1000 * p, 500, p);
  KafkaReader reader(Spec(), topic_, &stored_);
  ASSERT_TRUE(reader.Until([&] { return reader.count() == 2000; })) << reader.count();
  for (int32_t p = 0; p < 4; ++p) EXPECT_EQ(stored_.values[Tp(p)], Numbers(1000 * p, 500)) << p;
}

TEST_F(KafkaSourceTest, ProofsGoOnWhileTheTopicIsQuietAndWaitForThePosition) {
  Create(2);
  Produce(0, 10);
  KafkaReader reader(Spec(), topic_, &stored_);
  ASSERT_TRUE(
      reader.Until([&] { return reader.Proven(Tp(0), WallTime::min()) && reader.Proven(Tp(1), WallTime::min()); }));
  EXPECT_EQ(reader.status(Tp(0)).log_end, Offset{10});
  EXPECT_EQ(reader.status(Tp(1)).position, Offset{0}) << "an empty partition is read to its end";
  const WallTime now = WallNow();
  ASSERT_TRUE(reader.Until([&] { return reader.Proven(Tp(0), now) && reader.Proven(Tp(1), now); }));

  Produce(10, 5);
  const WallTime produced = WallNow();
  bool ahead = false;  // a proof that the reader has not come up to yet
  for (int i = 0; i < 50 && !ahead; ++i) {
    reader.source().Wait(50ms);
    reader.source().Poll();
    // The same partition's second id would be its second assignment; there was only one.
    const PartitionStatus status = reader.source().status(PartitionId{0}).log_end == Offset{15}
                                       ? reader.source().status(PartitionId{0})
                                       : reader.source().status(PartitionId{1});
    ahead = status.proof && status.proof->end == Offset{15} && status.position == Offset{10};
  }
  EXPECT_TRUE(ahead);
  ASSERT_TRUE(reader.Until([&] { return reader.Proven(Tp(0), produced); }));
  EXPECT_EQ(reader.count(), 15u);
}

TEST_F(KafkaSourceTest, AbortedAndOpenTransactionsAreNotHandedOutAndDoNotHoldTheProof) {
  Create(1);
  Produce(0, 3);
  auto aborted = Transaction::Begin(broker->bootstrap(), topic_ + "-a");
  ASSERT_TRUE(aborted.ok()) << aborted.status().text();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE((*aborted)->Produce(topic_, 0, "k", "aborted").ok());
  ASSERT_TRUE((*aborted)->Abort().ok());
  KafkaReader reader(Spec(), topic_, &stored_);
  // 3 records, 5 aborted ones and the marker of the abortion: only the end of the log passes the latter.
  ASSERT_TRUE(reader.Until([&] { return reader.status(Tp()).position == Offset{9}; }));
  ASSERT_TRUE(reader.Until([&] { return reader.Proven(Tp(), WallTime::min()); }));
  EXPECT_EQ(stored_.values[Tp()], Numbers(0, 3));

  auto open = Transaction::Begin(broker->bootstrap(), topic_ + "-b");
  ASSERT_TRUE(open.ok()) << open.status().text();
  ASSERT_TRUE((*open)->Produce(topic_, 0, "k", "3").ok());
  ASSERT_TRUE((*open)->Flush().ok());
  Produce(4, 1);
  const WallTime written = WallNow();
  ASSERT_TRUE(reader.Until([&] { return reader.Proven(Tp(), written); }));
  EXPECT_EQ(reader.status(Tp()).log_end, Offset{9}) << "the end that can be read: the last stable offset";
  EXPECT_EQ(reader.count(), 3u);
  ASSERT_TRUE((*open)->Commit().ok());
  ASSERT_TRUE(reader.Until([&] { return reader.count() == 5; }));
  EXPECT_EQ(stored_.values[Tp()], Numbers(0, 5));
}

TEST_F(KafkaSourceTest, ARestartedReaderGoesOnBehindTheLastAppliedRecord) {
  Create(1);
  Produce(0, 10);
  {
    KafkaReader reader(Spec(), topic_, &stored_);
    ASSERT_TRUE(reader.Until([&] { return reader.count() == 10; }));
  }
  Produce(10, 10);
  KafkaReader reader(Spec(), topic_, &stored_);
  ASSERT_TRUE(reader.Until([&] { return reader.count() == 20; }));
  EXPECT_EQ(stored_.values[Tp()], Numbers(0, 20));
  EXPECT_EQ(reader.source().probe().unrecognised_starts, 0u);
}

TEST_F(KafkaSourceTest, NothingIsLostOrRepeatedWhenTheBrokerIsStoppedOrKilled) {
  Create(4);
  KafkaReader reader(Spec(), topic_, &stored_);
  int written = 0;
  for (const bool kill : {false, true}) {
    for (int32_t p = 0; p < 4; ++p) Produce(written, 100, p);
    ASSERT_TRUE(reader.Until([&] { return reader.count() >= static_cast<size_t>(4 * written + 200); }));
    kill ? broker->Kill9() : broker->Stop();
    // Unreadable, or taken away altogether, as the group's session may end first.
    const auto revoked = [&] { return reader.partitions() < 4; };
    ASSERT_TRUE(reader.Until([&] { return revoked() || reader.status(Tp()).health == PartitionHealth::kUnreadable; }));
    if (!revoked()) {
      EXPECT_NE(reader.status(Tp()).reason, "");
    }
    const auto proof = reader.status(Tp()).proof;
    reader.For(500ms);
    ASSERT_TRUE(proof && reader.status(Tp()).proof);
    EXPECT_EQ(reader.status(Tp()).proof->at, proof->at) << "no broker, no proof";
    const Status status = broker->Restart();
    ASSERT_TRUE(status.ok()) << status.text();
    written += 100;
    for (int32_t p = 0; p < 4; ++p) Produce(written, 100, p);
    written += 100;
    ASSERT_TRUE(reader.Until([&] { return reader.count() == static_cast<size_t>(4 * written); })) << reader.count();
    const WallTime now = WallNow();
    ASSERT_TRUE(reader.Until([&] { return reader.Proven(Tp(), now); }));
    EXPECT_EQ(reader.status(Tp()).health, PartitionHealth::kOk) << reader.status(Tp()).reason;
  }
  for (int32_t p = 0; p < 4; ++p) EXPECT_EQ(stored_.values[Tp(p)], Numbers(0, written)) << p;
  EXPECT_GT(reader.source().probe().rechecks + static_cast<uint64_t>(reader.assignments()), 1u)
      << "each time the log was recognised before it was read on";
  EXPECT_EQ(reader.source().probe().unrecognised_starts, 0u);
}

TEST_F(KafkaSourceTest, PartitionsAddedToTheTopicAreReadFromTheirBegin) {
  Create(1);
  Produce(0, 5);
  KafkaReader reader(Spec(), topic_, &stored_);
  ASSERT_TRUE(reader.Until([&] { return reader.count() == 5; }));
  ASSERT_TRUE(broker->CreatePartitions(topic_, 3).ok());
  NewProducer();
  Produce(100, 5, 2);
  ASSERT_TRUE(reader.Until([&] { return reader.count() == 10; })) << reader.partitions();
  EXPECT_EQ(reader.partitions(), 3u);
  EXPECT_EQ(stored_.values[Tp(2)], Numbers(100, 5));
  EXPECT_EQ(stored_.values[Tp(0)], Numbers(0, 5));
}

TEST_F(KafkaSourceTest, RecordsDeletedBeforeTheyWereReadHaltThePartition) {
  Create(2);
  Produce(0, 10);
  stored_.progress[Tp()] = {Offset{5}, Offset{4}, 1};
  ASSERT_TRUE(broker->DeleteRecords(topic_, {{0, 8}}).ok());
  Produce(50, 3, 1);
  KafkaReader reader(Spec(), topic_, &stored_);
  ASSERT_TRUE(reader.Until([&] { return reader.halted(Tp()) && reader.count() == 3; }));
  const std::string& reason = reader.status(Tp()).reason;
  EXPECT_NE(reason.find("offset 5"), std::string::npos) << reason;
  EXPECT_NE(reason.find("begins at 8"), std::string::npos) << reason;
  EXPECT_TRUE(stored_.values[Tp()].empty());
  EXPECT_EQ(reader.status(Tp()).proof, std::nullopt) << "a halted partition proves nothing";
}

TEST_F(KafkaSourceTest, RecordsDeletedBeforeTheyWereReadAreAGapThatSkipRecords) {
  Create(1);
  Produce(0, 10);
  stored_.progress[Tp()] = {Offset{5}, Offset{4}, 1};
  ASSERT_TRUE(broker->DeleteRecords(topic_, {{0, 8}}).ok());
  KafkaSpec spec = Spec();
  spec.on_data_loss = OnDataLoss::kSkip;
  KafkaReader reader(spec, topic_, &stored_);
  ASSERT_TRUE(reader.Until([&] { return reader.count() == 2; }));
  EXPECT_EQ(stored_.values[Tp()], Numbers(8, 2));
  ASSERT_EQ(reader.gaps().size(), 1u);
  EXPECT_EQ(reader.gaps()[0], std::make_pair(Offset{5}, Offset{8}));
}

TEST_F(KafkaSourceTest, RecordsDeletedAfterTheyWereAppliedAreNoLoss) {
  Create(1);
  Produce(0, 10);
  stored_.progress[Tp()] = {Offset{8}, Offset{7}, 1};
  ASSERT_TRUE(broker->DeleteRecords(topic_, {{0, 8}}).ok());
  KafkaReader reader(Spec(), topic_, &stored_);
  ASSERT_TRUE(reader.Until([&] { return reader.count() == 2; }));
  EXPECT_EQ(stored_.values[Tp()], Numbers(8, 2));
  EXPECT_TRUE(reader.gaps().empty());
  EXPECT_EQ(reader.source().probe().unrecognised_starts, 1u);
}

struct Recreated {
  const char* name;
  OnDataLoss on_data_loss;
  int records;   // in the new log, where 10 of the old one had been applied
  bool running;  // the reader runs while it happens
};

class RecreatedTopicTest : public KafkaSourceTest, public testing::WithParamInterface<Recreated> {
 protected:
  void SetUp() override {
    KafkaSourceTest::SetUp();
    topic_ = std::string("Recreated") + GetParam().name;
  }
};

TEST_P(RecreatedTopicTest, IsNeverTakenForTheOldOne) {
  const Recreated& param = GetParam();
  Create(1);
  Produce(0, 10);
  KafkaSpec spec = Spec();
  spec.on_data_loss = param.on_data_loss;
  auto reader = std::make_unique<KafkaReader>(spec, topic_, &stored_);
  ASSERT_TRUE(reader->Until([&] { return reader->count() == 10; }));
  if (!param.running) reader.reset();
  ASSERT_TRUE(broker->DeleteTopic(topic_).ok());
  if (param.running) reader->For(1500ms);
  Create(1);
  Produce(100, param.records);
  if (!reader) reader = std::make_unique<KafkaReader>(spec, topic_, &stored_);
  if (param.on_data_loss == OnDataLoss::kHalt) {
    ASSERT_TRUE(reader->Until([&] { return reader->halted(Tp()); })) << reader->status(Tp()).reason;
    EXPECT_NE(reader->status(Tp()).reason.find("re-created"), std::string::npos) << reader->status(Tp()).reason;
    EXPECT_EQ(reader->count(), 10u);
  } else {
    const size_t all = 10 + static_cast<size_t>(param.records);
    ASSERT_TRUE(reader->Until([&] { return reader->count() == all && reader->restarts() == 1; })) << reader->count();
    std::vector<std::string> expected = Numbers(0, 10);
    for (const std::string& value : Numbers(100, param.records)) expected.push_back(value);
    EXPECT_EQ(stored_.values[Tp()], expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Kafka, RecreatedTopicTest,
                         testing::Values(Recreated{"ShorterHalts", OnDataLoss::kHalt, 3, false},
                                         Recreated{"LongerHalts", OnDataLoss::kHalt, 20, false},
                                         Recreated{"LongerBeginsAnew", OnDataLoss::kSkip, 20, false},
                                         Recreated{"ShorterWhileRunningHalts", OnDataLoss::kHalt, 3, true},
                                         Recreated{"LongerWhileRunningHalts", OnDataLoss::kHalt, 20, true},
                                         Recreated{"LongerWhileRunningBeginsAnew", OnDataLoss::kSkip, 20, true}),
                         [](const auto& info) { return info.param.name; });

TEST_F(KafkaSourceTest, ASecondMemberTakesHalfAndGivesItBack) {
  Create(4);
  for (int32_t p = 0; p < 4; ++p) Produce(0, 5, p);
  KafkaReader first(Spec(), topic_, &stored_);
  ASSERT_TRUE(first.Until([&] { return first.count() == 20; }));
  {
    KafkaReader second(Spec(), topic_, &stored_);
    ASSERT_TRUE(first.Until([&] {
      second.Step();
      return first.partitions() == 2 && second.partitions() == 2;
    }));
    for (int32_t p = 0; p < 4; ++p) Produce(5, 5, p);
    ASSERT_TRUE(first.Until([&] {
      second.Step();
      return first.count() == 40;
    }));
  }
  ASSERT_TRUE(first.Until([&] { return first.partitions() == 4; }));
  for (int32_t p = 0; p < 4; ++p) Produce(10, 5, p);
  ASSERT_TRUE(first.Until([&] { return first.count() == 60; }));
  for (int32_t p = 0; p < 4; ++p) EXPECT_EQ(stored_.values[Tp(p)], Numbers(0, 15)) << p;
}

TEST_F(KafkaSourceTest, ReportedProgressIsSeenByLagToolsAndNeverReadBack) {
  Create(1);
  Produce(0, 10);
  {
    KafkaReader reader(Spec(), topic_, &stored_);
    ASSERT_TRUE(reader.Until([&] { return reader.count() == 10; }));
    const std::pair<TopicPartition, Offset> progress{Tp(), Offset{10}};
    reader.source().ReportProgress({&progress, 1});
    reader.For(300ms);
    EXPECT_EQ(reader.source().probe().progress_failures, 0u);
  }
  Stored fresh;
  KafkaReader reader(Spec(), topic_, &fresh);
  ASSERT_TRUE(reader.Until([&] { return reader.count() == 10; })) << "without stored state: from the begin";
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  auto started = tidemark::RealBroker::Start();
  if (!started.ok()) {
    std::cout << started.status().text() << "\n";
    return started.status().code() == tidemark::Code::kNotFound ? 77 : 1;
  }
  tidemark::broker = std::move(started).value();
  const int status = RUN_ALL_TESTS();
  tidemark::broker.reset();
  return status;
}
