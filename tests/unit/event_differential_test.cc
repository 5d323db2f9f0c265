// The decoder against libprotobuf's own parser. TIDEMARK_SEED=n repeats a run.
#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/decoder_inputs.h"
#include "tests/fuzz/decoder_oracle.h"
#include "tests/unit/event_own_schema.h"
#include "tidemark/events/v1/event.pb.h"

namespace tidemark::testing {
namespace {

constexpr int kRounds = 4;        // each with paths of its own
constexpr int kRecords = 10'000;  // a round, and as many damaged and arbitrary ones

uint64_t Seed() {
  const char* given = std::getenv("TIDEMARK_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::printf("TIDEMARK_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

std::string Hex(std::string_view bytes) {
  std::string text;
  char two[4];
  for (const char byte : bytes) {
    std::snprintf(two, sizeof two, "%02x ", static_cast<unsigned char>(byte));
    text += two;
  }
  return text;
}

// How much of what was tried did reach the comparison.
struct Tally {
  int records = 0;
  int parsed = 0;
  int compared = 0;  // and ours decoded it
  int bad_numbers = 0;
};

class Differential {
 public:
  Differential(const Schema& schema, const google::protobuf::Message& prototype, uint64_t seed)
      : schema_(schema), prototype_(prototype), random_(seed) {
    for (int i = 0; i < kRounds; ++i) Round();
  }
  Tally valid, damaged, arbitrary;

 private:
  void Round() {
    std::vector<Projection> projections;
    for (PathChoice& choice : RandomPaths(random_, schema_))
      projections.push_back({choice.type, std::move(choice.paths)});
    DecoderOracle oracle(schema_, prototype_, std::move(projections));
    std::vector<std::string> last(schema_.event_types().size());
    for (int n = 0; n < kRecords && !::testing::Test::HasFailure(); ++n) {
      const size_t t = static_cast<size_t>(n) % last.size();
      const EventType& type = schema_.event_types()[t];
      const std::string record = RandomEvent(random_, prototype_, type.payload_field);
      Try(&oracle, record, &valid);
      EXPECT_TRUE(oracle.parsed()) << Hex(record);
      EXPECT_EQ(oracle.error(), oracle.unholdable() ? DecodeError::kBadNumber : DecodeError::kNone) << Hex(record);
      Try(&oracle, Damaged(random_, record, last[Below(random_, 2) == 0 ? t : Below(random_, last.size())]), &damaged);
      Try(&oracle, RandomWire(random_, 0), &arbitrary);
      last[t] = record;
    }
  }

  void Try(DecoderOracle* oracle, const std::string& record, Tally* tally) {
    const std::string disagreement = oracle->Disagreement(record);
    EXPECT_EQ(disagreement, "") << Hex(record);
    ++tally->records;
    tally->parsed += oracle->parsed();
    tally->compared += oracle->parsed() && oracle->error() == DecodeError::kNone;
    tally->bad_numbers += oracle->error() == DecodeError::kBadNumber;
  }

  const Schema& schema_;
  const google::protobuf::Message& prototype_;
  Random random_;
};

void ExpectEnough(const char* name, const Tally& tally, int percent) {
  std::printf("%-9s %d records, libprotobuf parses %d, rows compared %d, bad_number %d\n", name, tally.records,
              tally.parsed, tally.compared, tally.bad_numbers);
  EXPECT_GE(tally.compared * 100, tally.records * percent) << name << ": too few inputs reach the comparison";
}

class DecoderDifferential : public ::testing::Test {
 protected:
  // Its complaints about strings that are not UTF-8 would fill the log.
  google::protobuf::LogSilencer silence_;
};

TEST_F(DecoderDifferential, CanonicalEventsOfEveryTypeDecodeAsLibprotobufParsesThem) {
  const Differential run(Schema::Canonical(), events::v1::Event::default_instance(), Seed());
  ExpectEnough("valid", run.valid, 50);
  ExpectEnough("damaged", run.damaged, 20);
  ExpectEnough("arbitrary", run.arbitrary, 5);
}

TEST_F(DecoderDifferential, EveryScalarTypeAndInnerOneofsDecodeAsLibprotobufParsesThem) {
  OwnSchema own;
  const Differential run(own.schema(), own.prototype(), Seed());
  ExpectEnough("valid", run.valid, 30);
  ExpectEnough("damaged", run.damaged, 10);
  ExpectEnough("arbitrary", run.arbitrary, 5);
}

}  // namespace
}  // namespace tidemark::testing
