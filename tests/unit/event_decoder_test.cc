#include <gtest/gtest.h>

#include "pipeline/event/decoder.h"
#include "tests/unit/event_own_schema.h"
#include "tidemark/events/v1/event.pb.h"

namespace tidemark::testing {
namespace {

using events::v1::Event;

// A decoder for one type of the canonical schema, and its last row.
class One {
 public:
  One(const Schema& schema, const char* type, std::vector<std::string> paths)
      : decoder_(
            ProtoDecoder::Make(schema, std::vector<Projection>{{*schema.FindType(type), std::move(paths)}}).value()),
        slots_(decoder_->max_slots()) {}
  const EventRow& Decode(std::string_view record) {
    decoder_->Decode(record, slots_.data(), &row_);
    return row_;
  }

 private:
  std::unique_ptr<ProtoDecoder> decoder_;
  std::vector<Slot> slots_;
  EventRow row_;
};

std::string Bytes(std::initializer_list<int> bytes) { return {bytes.begin(), bytes.end()}; }

TEST(ProtoDecoder, FillsTheSlotsOfItsTypeAndTheEnvelopes) {
  Event event;
  event.set_id("e1");
  event.set_source("crm");
  event.mutable_time()->set_seconds(-1);
  event.mutable_time()->set_nanos(999999999);
  (*event.mutable_dimensions())["brand"] = "x";
  auto* deal = event.mutable_deal_won()->mutable_deal();
  deal->set_amount_micros(-12'500'000);
  deal->set_probability(0.25);
  deal->set_owner("rep-7");
  One one(Schema::Canonical(), "deal.won",
          {"deal.owner", "dimensions.brand", "deal.amount", "deal.probability", "event.id", "deal.amount_micros",
           "deal.units"});
  const std::string record = event.SerializeAsString();
  const EventRow& row = one.Decode(record);
  ASSERT_EQ(row.error, DecodeError::kNone);
  EXPECT_EQ(row.type, *Schema::Canonical().FindType("deal.won"));
  EXPECT_EQ(row.id, "e1");
  EXPECT_EQ(row.source, "crm");
  EXPECT_TRUE(row.has_time);
  EXPECT_EQ(Micros(row.time), -1);
  EXPECT_EQ(row.slots[0].view(), "rep-7");
  EXPECT_EQ(row.slots[1].view(), "x");
  EXPECT_EQ(row.slots[2].i, -12'500'000);
  EXPECT_EQ(row.slots[3].i, 250'000);
  EXPECT_EQ(row.slots[4].view(), "e1");
  EXPECT_EQ(row.slots[5].i, -12'500'000);
  EXPECT_EQ(row.present, 0b0111111u);
}

TEST(ProtoDecoder, ARowIsCleanAfterAnotherEvent) {
  One one(Schema::Canonical(), "deal.won", {"deal.owner", "deal.amount", "dimensions.brand"});
  Event full;
  full.mutable_deal_won()->mutable_deal()->set_owner("rep-7");
  full.mutable_deal_won()->mutable_deal()->set_amount_micros(5);
  (*full.mutable_dimensions())["brand"] = "x";
  EXPECT_EQ(one.Decode(full.SerializeAsString()).present, 7u);
  Event empty;
  empty.mutable_deal_won();
  const std::string record = empty.SerializeAsString();
  const EventRow& row = one.Decode(record);
  EXPECT_EQ(row.present, 0u);
  EXPECT_EQ(row.slots[0].view(), "");
  EXPECT_EQ(row.slots[1].i, 0);
  EXPECT_EQ(row.slots[2].view(), "");
}

TEST(ProtoDecoder, ATypeNobodyProjectsIsStillTold) {
  One one(Schema::Canonical(), "deal.won", {"deal.owner"});
  Event event;
  event.mutable_lead_created();
  EXPECT_EQ(one.Decode(event.SerializeAsString()).type, *Schema::Canonical().FindType("lead.created"));
  EXPECT_EQ(one.Decode("").type, kNoEventType);
  EXPECT_EQ(one.Decode(Bytes({0xfa, 0x3f, 0x00})).type, kNoEventType) << "field 1023: from a newer schema";
}

TEST(ProtoDecoder, TheLastPayloadCaseClearsTheOthersAndTheSameCaseMerges) {
  One one(Schema::Canonical(), "deal.won", {"deal.owner", "deal.stage"});
  Event a, b, other;
  a.mutable_deal_won()->mutable_deal()->set_owner("rep-7");
  b.mutable_deal_won()->mutable_deal()->set_stage("won");
  other.mutable_deal_lost();
  const std::string merged = a.SerializeAsString() + b.SerializeAsString();
  EXPECT_EQ(one.Decode(merged).present, 3u);
  const std::string cleared = a.SerializeAsString() + other.SerializeAsString() + b.SerializeAsString();
  EXPECT_EQ(one.Decode(cleared).present, 2u);
}

TEST(ProtoDecoder, OneofsInsideAPayloadKeepOnlyTheLastCase) {
  OwnSchema own;
  One one(own.schema(), "own.choice", {"a", "b", "c.i64", "t"});
  // choice_made { a: 5, then whatever follows }
  const auto present = [&](std::initializer_list<int> then) {
    std::string inside = Bytes({0x08, 5});
    inside.append(then.begin(), then.end());
    return one.Decode(Bytes({0x8a, 0x01, static_cast<int>(inside.size())}) + inside).present;
  };
  EXPECT_EQ(present({}), 1u);
  EXPECT_EQ(present({0x12, 1, 'x'}), 2u);
  EXPECT_EQ(present({0x1a, 2, 0x10, 7}), 4u);
  EXPECT_EQ(present({0x1a, 2, 0x10, 7, 0x1a, 0}), 4u) << "the same case again merges";
  EXPECT_EQ(present({0x20, 1}), 0u) << "a case nobody asked for clears, too";
  EXPECT_EQ(present({0x22, 1, 1}), 1u) << "of another wire type it is unknown and clears nothing";
  EXPECT_EQ(present({0x2a, 0, 0x08, 0}), 1u) << "zero of a oneof's case is set";
}

std::string DeepGroups(int depth) { return std::string(depth, '\x7b') + std::string(depth, '\x7c'); }

TEST(ProtoDecoder, EachDamageHasItsError) {
  const struct {
    const char* name;
    std::string record;
    DecodeError error;
  } rows[] = {
      {"empty record", "", DecodeError::kNone},
      {"length beyond the end", Bytes({0x0a, 5, 'a'}), DecodeError::kTruncated},
      {"varint cut off", Bytes({0x28, 0x80}), DecodeError::kTruncated},
      {"tag cut off", Bytes({0x80}), DecodeError::kTruncated},
      {"fixed64 cut off", Bytes({0x39, 1, 2, 3}), DecodeError::kTruncated},
      {"fixed32 cut off", Bytes({0x3d, 1, 2, 3}), DecodeError::kTruncated},
      {"group never ends", Bytes({0x7b}), DecodeError::kTruncated},
      {"varint of 10 bytes", Bytes({0x28, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1}), DecodeError::kNone},
      {"varint of 11 bytes", Bytes({0x28, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1}),
       DecodeError::kBadVarint},
      {"tag of 6 bytes", Bytes({0x8a, 0x80, 0x80, 0x80, 0x80, 0x00}), DecodeError::kBadVarint},
      {"length of 6 bytes", Bytes({0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0}), DecodeError::kBadVarint},
      {"field number 0", Bytes({0x02, 0}), DecodeError::kBadTag},
      {"wire type 6", Bytes({0x0e}), DecodeError::kBadTag},
      {"wire type 7", Bytes({0x0f}), DecodeError::kBadTag},
      {"end of no group", Bytes({0x7c}), DecodeError::kBadTag},
      {"group ends as another", Bytes({0x7b, 0x74}), DecodeError::kBadTag},
      {"id is not UTF-8", Bytes({0x0a, 1, 0xff}), DecodeError::kBadUtf8},
      {"id is a surrogate", Bytes({0x0a, 3, 0xed, 0xa0, 0x80}), DecodeError::kBadUtf8},
      {"id is overlong", Bytes({0x0a, 2, 0xc0, 0x80}), DecodeError::kBadUtf8},
      {"subject is not UTF-8, unused", Bytes({0x1a, 1, 0xff}), DecodeError::kNone},
      {"100 groups", DeepGroups(100), DecodeError::kNone},
      {"101 groups", DeepGroups(101), DecodeError::kTooDeep},
      {"time beyond year 9999", Bytes({0x22, 7, 0x08, 0x80, 0x83, 0xb9, 0x80, 0xb0, 0x07}), DecodeError::kBadNumber},
      {"nanos of a whole second", Bytes({0x22, 6, 0x10, 0x80, 0x94, 0xeb, 0xdc, 0x03}), DecodeError::kBadNumber},
      {"id as a number is unknown", Bytes({0x08, 1}), DecodeError::kNone},
  };
  One one(Schema::Canonical(), "deal.won", {"deal.owner"});
  for (const auto& row : rows) EXPECT_EQ(ToString(one.Decode(row.record).error), ToString(row.error)) << row.name;
}

TEST(ProtoDecoder, NumbersThatNoSlotHoldsAreRefused) {
  OwnSchema own;
  const auto* numbers = own.Message("Numbers");
  const auto* payload = own.Message("Envelope")->FindFieldByName("numbers_seen");
  const auto decode = [&](const char* name, const auto& set) {
    const std::unique_ptr<google::protobuf::Message> event(own.prototype().New());
    set(event->GetReflection()->MutableMessage(event.get(), payload), numbers->FindFieldByName(name));
    One one(own.schema(), "numbers.seen", {name});
    const EventRow row = one.Decode(event->SerializeAsString());
    return std::pair(row.error, row.error == DecodeError::kNone ? row.slots[0].i : 0);
  };
  const auto with_double = [&](double value) {
    return decode("d", [&](auto* m, auto* f) { m->GetReflection()->SetDouble(m, f, value); });
  };
  const auto with_uint64 = [&](uint64_t value) {
    return decode("u64", [&](auto* m, auto* f) { m->GetReflection()->SetUInt64(m, f, value); });
  };
  const auto ok = [](int64_t value) { return std::pair(DecodeError::kNone, value); };
  const auto bad = std::pair(DecodeError::kBadNumber, int64_t{0});
  EXPECT_EQ(with_double(1.125), ok(112)) << "a tie goes to the even neighbour";
  EXPECT_EQ(with_double(1.375), ok(138));
  EXPECT_EQ(with_double(-1.125), ok(-112));
  EXPECT_EQ(with_double(std::numeric_limits<double>::quiet_NaN()), bad);
  EXPECT_EQ(with_double(std::numeric_limits<double>::infinity()), bad);
  EXPECT_EQ(with_double(1e17), bad) << "at two digits it is beyond int64";
  EXPECT_EQ(with_double(9e16), ok(9'000'000'000'000'000'000));
  EXPECT_EQ(with_uint64(INT64_MAX), ok(INT64_MAX));
  EXPECT_EQ(with_uint64(uint64_t{INT64_MAX} + 1), bad);
}

TEST(ProtoDecoder, AnEmptyPathIsASlotThatStaysAbsentForOthersToFill) {
  One one(Schema::Canonical(), "deal.won", {"", "deal.owner", "", "event.id"});
  Event event;
  event.set_id("e1");
  event.mutable_deal_won()->mutable_deal()->set_owner("rep-7");
  const std::string record = event.SerializeAsString();
  for (int again = 0; again < 2; ++again) {
    const EventRow& row = one.Decode(record);
    ASSERT_EQ(row.error, DecodeError::kNone);
    EXPECT_EQ(row.present, 0b1010u);
    EXPECT_EQ(row.slots[1].view(), "rep-7");
    EXPECT_EQ(row.slots[3].view(), "e1");
    for (const size_t slot : {0, 2}) {
      EXPECT_EQ(row.slots[slot].view(), "");
      row.slots[slot].i = 42;  // as a derived field would; the next record starts anew
    }
  }
  One alone(Schema::Canonical(), "deal.won", {""});
  EXPECT_EQ(alone.Decode(record).present, 0u);
  EXPECT_EQ(alone.Decode(record).type, *Schema::Canonical().FindType("deal.won"));
}

TEST(ProtoDecoder, ProjectionsThatCannotBeAreRefusedWhenMade) {
  const Schema& schema = Schema::Canonical();
  const EventTypeId type = *schema.FindType("deal.won");
  const auto text = [&](std::vector<Projection> projections) {
    const auto made = ProtoDecoder::Make(schema, projections);
    return made.ok() ? "ok" : made.status().text();
  };
  EXPECT_EQ(text({{type, std::vector<std::string>(65, "deal.id")}}), "deal.won: 65 fields are used, at most 64 may be");
  EXPECT_EQ(text({{type, std::vector<std::string>(64, "deal.id")}}), "ok");
  EXPECT_EQ(text({{type, {"deal.id"}}, {type, {"deal.id"}}}), "deal.won is projected twice");
  EXPECT_EQ(text({{type, {"deal.ownr"}}}), "deal.ownr is not a field of deal.won; did you mean deal.owner?");
  std::vector<std::string> keys;
  for (int i = 0; i < 61; ++i) keys.push_back("dimensions.k" + std::to_string(i));
  EXPECT_EQ(text({{type, keys}}), "ok");
  keys.push_back("event.id");  // has a slot in every decoder
  EXPECT_EQ(text({{type, keys}}), "ok");
  keys.push_back("dimensions.one_more");
  EXPECT_EQ(text({{type, keys}}), "more than 61 different fields of the envelope are used");
}

}  // namespace
}  // namespace tidemark::testing
