// KafkaSource against librdkafka's mock cluster: what a real broker does not do on request.
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "pipeline/kafka/mock_broker.h"
#include "pipeline/kafka/letter_writer.h"
#include "pipeline/kafka/producer.h"
#include "pipeline/kafka/topic_reader.h"
#include "tests/integration/kafka_reader.h"

namespace tidemark {
namespace {

constexpr int16_t kFetch = 1;
constexpr int16_t kListOffsets = 2;

class KafkaMockTest : public testing::Test {
 protected:
  void SetUp() override {
    auto mock = MockBroker::Start();
    ASSERT_TRUE(mock.ok()) << mock.status().text();
    mock_ = std::move(mock).value();
    ASSERT_TRUE(mock_->CreateTopic("t", 1).ok());
    auto producer = KafkaProducer::Open(mock_->brokers());
    ASSERT_TRUE(producer.ok()) << producer.status().text();
    producer_ = std::move(producer).value();
    Produce(0, 10);
  }

  void Produce(int first, int n) {
    for (int i = first; i < first + n; ++i) ASSERT_TRUE(producer_->Produce("t", 0, "k", std::to_string(i)).ok());
    const Status status = producer_->Flush(20s);
    ASSERT_TRUE(status.ok()) << status.text();
  }
  KafkaSpec Spec() const { return SpecFor(mock_->brokers(), "g"); }

  const TopicPartition tp_{"t", 0};
  std::unique_ptr<MockBroker> mock_;
  std::unique_ptr<KafkaProducer> producer_;
  Stored stored_;
};

TEST_F(KafkaMockTest, FetchErrorsLoseNothing) {
  KafkaReader reader(Spec(), "t", &stored_);
  ASSERT_TRUE(reader.Until([&] { return reader.count() == 10; }));
  mock_->FailNextRequests(kFetch, {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR});
  Produce(10, 10);
  ASSERT_TRUE(reader.Until([&] { return reader.count() == 20; }));
  EXPECT_EQ(stored_.values[tp_], Numbers(0, 20));
}

TEST_F(KafkaMockTest, AnUnansweredLogEndIsNoProofAndTheLogIsRecognisedAfterwards) {
  KafkaReader reader(Spec(), "t", &stored_);
  ASSERT_TRUE(reader.Until([&] { return reader.count() == 10 && reader.Proven(tp_, WallTime::min()); }));
  mock_->Down();
  ASSERT_TRUE(reader.Until([&] { return reader.source().probe().proof_failures > 0; }));
  const WallTime down = WallNow();
  reader.For(300ms);
  EXPECT_FALSE(reader.Proven(tp_, down));
  mock_->Up();
  Produce(10, 10);
  ASSERT_TRUE(reader.Until([&] { return reader.count() == 20 && reader.Proven(tp_, down); }));
  EXPECT_EQ(stored_.values[tp_], Numbers(0, 20));
  EXPECT_EQ(reader.source().probe().unrecognised_starts, 0u);
}

TEST_F(KafkaMockTest, ErrorsOfListOffsetsAreFailedProofs) {
  KafkaReader reader(Spec(), "t", &stored_);
  ASSERT_TRUE(reader.Until([&] { return reader.Proven(tp_, WallTime::min()); }));
  mock_->FailNextRequests(kListOffsets, std::vector(20, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED));
  ASSERT_TRUE(reader.Until([&] { return reader.source().probe().proof_failures > 0; }));
  mock_->ClearErrors(kListOffsets);
  const WallTime now = WallNow();
  ASSERT_TRUE(reader.Until([&] { return reader.Proven(tp_, now); }));
}

TEST_F(KafkaMockTest, AStoredDigestThatDoesNotFitHaltsAndOneThatFitsGoesOn) {
  {
    KafkaReader reader(Spec(), "t", &stored_);
    ASSERT_TRUE(reader.Until([&] { return reader.count() == 10; }));
  }
  Produce(10, 5);
  const Stored::Progress right = stored_.progress[tp_];
  stored_.progress[tp_].digest ^= 1;
  {
    KafkaReader reader(Spec(), "t", &stored_);
    ASSERT_TRUE(reader.Until([&] { return reader.halted(tp_); }));
    EXPECT_EQ(reader.count(), 10u);
  }
  stored_.progress[tp_] = right;
  KafkaReader reader(Spec(), "t", &stored_);
  ASSERT_TRUE(reader.Until([&] { return reader.count() == 15; }));
  EXPECT_EQ(stored_.values[tp_], Numbers(0, 15));
}

TEST_F(KafkaMockTest, AnotherEngineTakesOverWithoutLossOrRepeat) {
  KafkaReader reader(Spec(), "t", &stored_);
  EXPECT_FALSE(reader.source().HandOver()) << "nothing is assigned yet";
  ASSERT_TRUE(reader.Until([&] { return reader.count() == 10; }));
  Produce(10, 5);
  EXPECT_TRUE(reader.source().HandOver());
  ASSERT_TRUE(reader.Until([&] { return reader.count() == 15; }));
  EXPECT_EQ(reader.assignments(), 2);
  EXPECT_TRUE(reader.source().HandOver());
  EXPECT_TRUE(reader.source().HandOver()) << "before anybody has asked";
  Produce(15, 5);
  ASSERT_TRUE(reader.Until([&] { return reader.count() == 20; }));
  EXPECT_EQ(reader.assignments(), 3);
  EXPECT_EQ(stored_.values[tp_], Numbers(0, 20));
  EXPECT_EQ(reader.source().probe().rebalances, 1u);
}

TEST_F(KafkaMockTest, ANewRecordEndsAWait) {
  KafkaSource::Options options = FastOptions();
  options.proof_interval = 60s;  // proofs must not be what ends it
  KafkaReader reader(Spec(), "t", &stored_, options);
  ASSERT_TRUE(reader.Until([&] { return reader.count() == 10; }));
  reader.For(300ms);
  reader.source().Wait(200ms);  // what came before
  auto producing = std::async(std::launch::async, [this] {
    std::this_thread::sleep_for(100ms);
    Produce(10, 1);
  });
  const auto began = std::chrono::steady_clock::now();
  while (!reader.source().ready(PartitionId{0}) && std::chrono::steady_clock::now() - began < 10s) {
    reader.source().Wait(10s);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
  producing.get();
}

TEST_F(KafkaMockTest, WakeEndsAWait) {
  KafkaReader reader(Spec(), "t", &stored_);
  reader.source().Wake();
  const auto began = std::chrono::steady_clock::now();
  reader.source().Wait(10s);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

TEST(KafkaWithoutBrokers, OpensSaysWhyAndClosesInTime) {
  Stored stored;
  KafkaSpec spec = SpecFor("127.0.0.1:1", "g");
  const auto began = std::chrono::steady_clock::now();
  {
    KafkaReader reader(spec, "t", &stored);
    EXPECT_TRUE(reader.Until([&] { return !reader.source().broker_trouble().empty(); }));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, 15s);
}

TEST(KafkaTombstone, AnAbsentValueIsNotAnEmptyOne) {
  auto mock = MockBroker::Start();
  ASSERT_TRUE(mock.ok() && (*mock)->CreateTopic("t", 1).ok());
  auto producer = KafkaProducer::Open((*mock)->brokers());
  ASSERT_TRUE(producer.ok());
  ASSERT_TRUE((*producer)->Produce("t", 0, "k", std::string_view(), 1700000000000).ok());
  ASSERT_TRUE((*producer)->Produce("t", 0, "k", "", 1700000000000).ok());
  ASSERT_TRUE((*producer)->Flush(20s).ok());
  std::vector<TopicSpec> topics(1);
  topics[0].name = "t";
  auto source = KafkaSource::Open(SpecFor((*mock)->brokers(), "g"), topics, FastOptions());
  ASSERT_TRUE(source.ok());
  std::vector<bool> absent;
  for (int i = 0; i < 400 && absent.size() < 2; ++i) {
    const AssignmentChange change = (*source)->Poll();
    for (const TopicPartition& tp : change.assigned) {
      const StartAt start{PartitionId{0}, tp};
      ASSERT_TRUE((*source)->Assign({&start, 1}).ok());
    }
    auto batch = (*source)->Take(PartitionId{0}, 10);
    ASSERT_TRUE(batch.ok());
    for (const RecordView& record : batch->records()) {
      absent.push_back(record.value.data() == nullptr);
      EXPECT_EQ(record.kafka_time, WallTimeFromMicros(1700000000000000));
    }
    if (batch->empty()) (*source)->Wait(50ms);
  }
  EXPECT_EQ(absent, (std::vector{true, false}));
}

// Until all letters are delivered.
std::vector<uint64_t> Deliver(LetterWriter* writer, size_t letters) {
  std::vector<uint64_t> delivered;
  for (const auto until = std::chrono::steady_clock::now() + 20s; delivered.size() < letters && std::chrono::steady_clock::now() < until; std::this_thread::sleep_for(10ms)) {
    for (const uint64_t number : writer->TakeDelivered()) delivered.push_back(number);
  }
  return delivered;
}

TEST_F(KafkaMockTest, ALetterIsTriedUntilItIsThere) {
  constexpr int16_t kProduce = 0;
  ASSERT_TRUE(mock_->CreateTopic("dead", 1).ok());
  auto writer = LetterWriter::Open(Spec(), "dead", 1 << 20);
  ASSERT_TRUE(writer.ok()) << writer.status().text();
  (*writer)->Look(5s);
  EXPECT_EQ((*writer)->stats().trouble, "");
  const auto letter = [](std::string_view value) {
    return std::make_shared<const std::string>(
        EncodeLetter({"k", value, {{"own", std::string_view("\xff\0", 2)}, {"null", {}}, {"empty", ""}, {"tidemark-topic", "t"}, {"tidemark-reason", "rejected"}}}));
  };
  mock_->FailNextRequests(kProduce, {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});
  (*writer)->Post(7, letter("v"));
  EXPECT_EQ(Deliver(writer->get(), 1), std::vector<uint64_t>{7});
  EXPECT_EQ((*writer)->stats().failures, 1u);
  EXPECT_EQ((*writer)->stats().trouble, "");
  mock_->FailNextRequests(kProduce, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  (*writer)->Post(8, letter("beside one that is too large"));
  EXPECT_EQ(Deliver(writer->get(), 1), std::vector<uint64_t>{8});
  mock_->FailNextRequests(kProduce, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  (*writer)->Post(9, letter("too large"));
  EXPECT_EQ(Deliver(writer->get(), 1), std::vector<uint64_t>{9});
  EXPECT_EQ((*writer)->stats().failures, 1u) << "less of it is written; that is no failure";
  EXPECT_EQ((*writer)->stats().delivered.at({"", "t", "rejected"}), 3u);
  EXPECT_EQ((*writer)->stats().waiting, 0u);

  auto reader = TopicReader::Open(Spec(), "dead");
  ASSERT_TRUE(reader.ok());
  std::vector<std::string> read;
  for (const auto until = std::chrono::steady_clock::now() + 20s; read.size() < 3 && std::chrono::steady_clock::now() < until;) {
    static_cast<void>((*reader)->Poll(100ms, 10, [&](const RawRecord& record) {
      std::string text = std::string(record.topic) + "/" + std::to_string(record.partition) + "/" + std::to_string(record.offset.v) + " " + std::string(record.key) + "|" +
                         (record.value.data() == nullptr ? "-" : std::string(record.value)) + "|";
      for (const RecordHeader& header : record.headers) text += std::string(header.name) + "=" + (header.value.data() == nullptr ? "-" : std::string(header.value)) + " ";
      read.push_back(text);
    }));
  }
  const std::string headers = std::string("own=\xff\0 null=- empty= tidemark-topic=t tidemark-reason=rejected ", 63);
  EXPECT_EQ(read, (std::vector<std::string>{"dead/0/0 k|v|" + headers, "dead/0/1 k|beside one that is too large|" + headers, "dead/0/2 k|-|" + headers + "tidemark-omitted=value "}));
}

}  // namespace
}  // namespace tidemark
