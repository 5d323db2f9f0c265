// Records whose schema isn't here yet: their partition waits, nothing is lost, and what is here is kept.
#include "config/config.h"
#include "pipeline/engine/adopt.h"
#include "pipeline/engine/stored_schemas.h"
#include "pipeline/store/keys.h"
#include "tests/fakes/avro_records.h"
#include "tests/fakes/engine_rig.h"

namespace tidemark {
namespace {

using namespace std::string_literals;

constexpr char kConfig[] = R"(
kafka: {brokers: none}
registry: {url: "http://none"}
topics: [plain]
sources:
  crm:
    topics: [crm]
    format: avro
    framing: confluent
    id: [row.id]
    time: ms(row.at)
    events: [{emit: lead.created, set: {lead.id: row.id, lead.channel: row.channel}}]
kpis:
- {name: leads, count: true, on: lead.created, by: {channel: lead.channel}, windows: [1h, lifetime]}
- {name: orders, sum: order.amount, on: order.paid, windows: [1h]}
)";

struct Schemas : testing::Test {
  Schemas() : rig(2) {
    rig.logs[{"plain", 0}];
    Diagnostics diagnostics;
    rig.specs = Specs();
    ParseConfig("schemas_test", kConfig, &rig.specs, &diagnostics);
    EXPECT_TRUE(diagnostics.empty()) << diagnostics.ToString();
    rig.options.schemas = {{"crm", schemas}};
  }
  void Lead(int64_t seconds, uint32_t schema, int partition = 0, const std::string& channel = "web") {
    rig.logs.at({kRigTopic, partition}).Append(AvroLead(schema, std::to_string(++rig.ids), channel, Micros(EngineRig::At(seconds)) / 1000), WallTime::min());
  }
  // As if the process began anew: nothing is at hand but what is stored.
  void Forget() {
    schemas = std::make_shared<WriterSchemas>();
    rig.options.schemas = {{"crm", schemas}};
  }
  void Arrive(uint32_t schema) { schemas->Add(schema, AvroLeadSchema()); }
  const PartitionView& At(size_t partition) const {
    held = rig.engine->view();
    return held->partitions()[partition];
  }
  std::string Total() const { return rig.Value("leads", "lifetime", "web"); }
  size_t Stored() const {
    size_t n = 0;
    EXPECT_TRUE(rig.store.Scan(Family::kMeta, "W", "X", [&](std::string_view, std::string_view) { return ++n > 0; }).ok());
    return n;
  }

  std::shared_ptr<WriterSchemas> schemas = std::make_shared<WriterSchemas>();
  EngineRig rig;
  mutable std::shared_ptr<const View> held;
};

TEST_F(Schemas, WhatIsBeforeTheRecordIsAppliedAndWhatFollowsWaits) {
  Arrive(1);
  ASSERT_TRUE(rig.Start(0).ok());
  Lead(10, 1), Lead(11, 1), Lead(12, 2), Lead(13, 1), Lead(14, 3);
  ASSERT_TRUE(rig.RunAt(60).ok());
  EXPECT_EQ(Total(), "2");
  EXPECT_EQ(At(0).next_offset, Offset{2});
  EXPECT_EQ(At(0).health, PartitionHealth::kWaiting);
  EXPECT_EQ(At(0).reason, "the record at offset 2 names schema 2, which isn't here yet");
  EXPECT_EQ(At(0).counts.read, 2) << "of what waits nothing is counted";
  EXPECT_EQ(schemas->wanted(), std::vector<uint32_t>{2});
  EXPECT_EQ(At(1).health, PartitionHealth::kOk);
  schemas->SetTrouble(2, "answers 404");
  ASSERT_TRUE(rig.RunAt(61).ok());
  EXPECT_EQ(At(0).reason, "the record at offset 2 names schema 2, which isn't here yet: answers 404");
  EXPECT_GT(At(0).waits_since, EngineRig::WallAt(59));
  EXPECT_LT(At(0).waits_since, EngineRig::WallAt(61));
  Arrive(2);
  ASSERT_TRUE(rig.RunAt(62).ok());
  EXPECT_EQ(Total(), "4") << "to the next that isn't here";
  EXPECT_EQ(schemas->wanted(), std::vector<uint32_t>{3});
  Arrive(3);
  ASSERT_TRUE(rig.RunAt(63).ok());
  EXPECT_EQ(Total(), "5");
  EXPECT_EQ(At(0).health, PartitionHealth::kOk);
  EXPECT_EQ(At(0).waits_since, WallTime::min());
  EXPECT_TRUE(At(0).counts.AddUp());
}

TEST_F(Schemas, EventTimeHoldsUntilOthersGoOnWithoutIt) {
  ASSERT_TRUE(rig.Start(0).ok());
  Lead(10, 1);
  ASSERT_TRUE(rig.RunAt(20).ok());
  const EventTime before = rig.T();
  for (int64_t second = 21; second < 130; second += 10) ASSERT_TRUE(rig.RunAt(second).ok());
  EXPECT_EQ(rig.T(), before) << "what the record holds may be of any time";
  EXPECT_EQ(rig.T(1), EngineRig::At(121)) << "nothing that is waited for feeds it";
  EXPECT_TRUE(rig.engine->view()->complete());
  EXPECT_TRUE(At(0).holds_time);
  for (int64_t second = 131; second < 200; second += 10) ASSERT_TRUE(rig.RunAt(second).ok());
  EXPECT_FALSE(rig.engine->view()->complete()) << "max_hold is over";
  EXPECT_FALSE(At(0).holds_time);
  EXPECT_EQ(rig.T(), EngineRig::At(191));
  Arrive(1);
  ASSERT_TRUE(rig.RunAt(201).ok());
  EXPECT_TRUE(rig.engine->view()->complete());
  EXPECT_EQ(rig.T(), EngineRig::At(201));
  EXPECT_EQ(rig.Value("leads", "1h", "web"), "1") << "counted where it belongs";
}

TEST_F(Schemas, ABacklogOfOthersIsReadWhileOneWaits) {
  ASSERT_TRUE(rig.Start(0).ok());
  Lead(10, 1, 0);
  for (int n = 0; n < 3000; ++n) {
    tidemark::events::v1::Event e;
    e.mutable_order_paid()->mutable_order()->set_amount_micros(1'000'000);
    e.set_id("o" + std::to_string(n));
    e.mutable_time()->set_seconds(EngineRig::kStartSeconds + 10 + n);
    rig.logs.at({"plain", 0}).Append(e.SerializeAsString(), WallTime::min());
  }
  for (int64_t second = 3100; second < 3300; second += 10) ASSERT_TRUE(rig.RunAt(second).ok());
  EXPECT_EQ(rig.Value("orders", "1h"), "3000");
  EXPECT_EQ(At(0).health, PartitionHealth::kWaiting);
}

TEST_F(Schemas, WhatWasReadWithIsThereAfterARestart) {
  Arrive(1);
  ASSERT_TRUE(rig.Start(0).ok());
  Lead(10, 1);
  ASSERT_TRUE(rig.RunAt(60).ok());
  EXPECT_EQ(Stored(), 1u);
  Forget();
  ASSERT_TRUE(rig.Start(70).ok());
  Lead(71, 1), Lead(72, 1, 1);
  ASSERT_TRUE(rig.RunAt(80).ok());
  EXPECT_EQ(Total(), "3");
  EXPECT_TRUE(schemas->wanted().empty());
  EXPECT_EQ(Stored(), 1u);
}

TEST_F(Schemas, ARestartWhileOneWaitsWaitsAgain) {
  ASSERT_TRUE(rig.Start(0).ok());
  Lead(10, 1);
  ASSERT_TRUE(rig.RunAt(60).ok());
  Forget();
  ASSERT_TRUE(rig.Start(70).ok());
  ASSERT_TRUE(rig.RunAt(80).ok());
  EXPECT_EQ(At(0).health, PartitionHealth::kWaiting);
  Arrive(1);
  ASSERT_TRUE(rig.RunAt(90).ok());
  EXPECT_EQ(Total(), "1");
}

// Whatever reaches the disk: records and what they were read with, or neither.
TEST_F(Schemas, ACommitHasTheSchemaOfEachRecordThatItHas) {
  rig.faulty.BeforeCommit([&](const CommitBatch& batch) {
    bool counted = false, schema = false;
    for (const auto& put : batch.puts) {
      counted |= put.family == Family::kPanes;
      schema |= put.family == Family::kMeta && put.key.starts_with('W');
    }
    EXPECT_TRUE(!counted || schema || Stored() == 1);
  });
  ASSERT_TRUE(rig.Start(0).ok());
  Lead(10, 1);
  ASSERT_TRUE(rig.RunAt(20).ok());
  Arrive(1);
  rig.faulty.FailNextCommit();
  EXPECT_FALSE(rig.RunAt(30).ok());
  EXPECT_EQ(Stored(), 0u);
  Forget();
  Arrive(1);
  ASSERT_TRUE(rig.Start(30).ok());
  rig.faulty.RefuseNextCommit();
  EXPECT_FALSE(rig.engine->Commit(EngineRig::WallAt(31)).ok());
  ASSERT_TRUE(rig.RunAt(40).ok());
  EXPECT_EQ(Stored(), 1u) << "a commit that was refused is made up for";
  EXPECT_EQ(Total(), "1");
}

TEST_F(Schemas, WhatIsStoredGoesBeforeWhatIsFetched) {
  Arrive(1);
  ASSERT_TRUE(rig.Start(0).ok());
  Lead(10, 1);
  ASSERT_TRUE(rig.RunAt(20).ok());
  Forget();
  ASSERT_TRUE(StoredSchemas::Read(rig.store, rig.options.schemas).ok());
  schemas->Add(1, std::make_shared<WriterSchema>(WriterSchema{WriterSchema::Kind::kAvro, "\"int\"", {}}));
  EXPECT_EQ(schemas->Find(1)->text, AvroLeadSchema()->text);
}

TEST_F(Schemas, WhatNobodyHasAnyMoreIsCountedAndPassed) {
  ASSERT_TRUE(rig.Start(0).ok());
  Arrive(2);
  Lead(10, 1), Lead(11, 2);
  ASSERT_TRUE(rig.RunAt(20).ok());
  schemas->Add(1, std::make_shared<WriterSchema>());
  ASSERT_TRUE(rig.RunAt(30).ok());
  EXPECT_EQ(Total(), "1");
  EXPECT_EQ(At(0).counts.undecodable[static_cast<size_t>(DecodeError::kBadSchema)], 1);
  EXPECT_EQ(Stored(), 1u) << "that it is given up is the configuration's business";
}

TEST_F(Schemas, AStoredSchemaThatIsNoneIsRefused) {
  Arrive(1);
  ASSERT_TRUE(rig.Start(0).ok());
  ASSERT_TRUE(rig.RunAt(20).ok());
  CommitBatch batch;
  batch.puts.push_back({Family::kMeta, SchemaKey("crm", 1), "\x07"});
  ASSERT_TRUE(rig.store.Commit(batch).ok());
  EXPECT_EQ(rig.Start(30).code(), Code::kCorrupt);
  EXPECT_EQ(StoredSchemas::Read(rig.store, {}).code(), Code::kCorrupt);
}

TEST_F(Schemas, APartitionThatIsTakenAwayWhileItWaitsIsReadByItsNextOwner) {
  ASSERT_TRUE(rig.Start(0).ok());
  Lead(10, 1, 0), Lead(11, 1, 1);
  ASSERT_TRUE(rig.RunAt(20).ok());
  rig.source->Rebalance({.assigned = {}, .revoked = {{kRigTopic, 0}}});
  ASSERT_TRUE(rig.RunAt(21).ok());
  rig.source->Rebalance({.assigned = {{kRigTopic, 0}}, .revoked = {}});
  ASSERT_TRUE(rig.RunAt(22).ok());
  Arrive(1);
  ASSERT_TRUE(rig.RunAt(30).ok());
  EXPECT_EQ(Total(), "2");
}

TEST(WriterSchemaCodec, ReadsBackAndNoPrefixOfItDoes) {
  WriterSchema schema{WriterSchema::Kind::kProtobuf, "import \"a\";", {}};
  schema.references.emplace_back("a", WriterSchema{WriterSchema::Kind::kProtobuf, "b", {}});
  schema.references[0].second.references.emplace_back("c", WriterSchema{WriterSchema::Kind::kAvro, "d", {}});
  const std::string bytes = EncodeWriterSchema(schema);
  EXPECT_EQ(bytes, "\x02\x0bimport \"a\";\x01\x01" "a\x02\x01" "b\x01\x01" "c\x00\x01" "d\x00"s);
  WriterSchema back;
  ASSERT_TRUE(DecodeWriterSchema(bytes, &back).ok());
  EXPECT_EQ(EncodeWriterSchema(back), bytes);
  for (size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(DecodeWriterSchema(bytes.substr(0, n), &back).ok()) << n;
  std::string deep;
  for (int n = 0; n < 100; ++n) deep += "\x00\x01x\x01\x01n"s;
  EXPECT_FALSE(DecodeWriterSchema(deep + "\x00\x01x\x00"s, &back).ok());
}

}  // namespace
}  // namespace tidemark
