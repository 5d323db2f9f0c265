// Records of a CRM's tables through the whole engine: counted once, whatever is wrong with the others.
#include <numeric>

#include "config/config.h"
#include "tests/fakes/engine_rig.h"

namespace tidemark {
namespace {

constexpr char kConfig[] = R"(
kafka: {brokers: none}
sources:
  crm_db:
    topics: [crm]
    shape: debezium
    id: [meta.source.table, row.id, meta.source.lsn]
    time: iso(row.at)
    ignore: meta.source.table == "audit"
    events:
    - {emit: lead.created, when: 'meta.source.table == "leads" and op == create', set: {lead.id: row.id, lead.channel: row.channel}}
    - {emit: deal.won, when: 'meta.source.table == "deals" and becomes(row.stage, "won")', id: [row.id], set: {deal.id: row.id, deal.amount: row.amount}}
    - {emit: order.item, when: 'meta.source.table == "orders"', each: row.lines, id: [row.id, item.sku], time: iso(item.at) | iso(row.at), set: {order.id: row.id, order.amount: item.price}}
kpis:
- {name: leads, count: true, on: lead.created, by: {channel: lead.channel}, windows: [24h]}
- {name: won, sum: deal.amount, on: deal.won, windows: [24h]}
- {name: lines, count: true, on: order.item, windows: [1h, 24h]}
)";

struct Mapped : testing::Test {
  Mapped() {
    Diagnostics diagnostics;
    ParseConfig("mapped_test", kConfig, &rig.specs, &diagnostics);
    EXPECT_TRUE(diagnostics.empty()) << diagnostics.ToString();
  }
  void Row(const std::string& table, int lsn, const std::string& op, const std::string& before, const std::string& after) {
    rig.logs.at({kRigTopic, 0}).Append(R"({"op":")" + op + R"(","source":{"table":")" + table + R"(","lsn":)" + std::to_string(lsn) + R"(},"before":)" + before +
                                           R"(,"after":)" + after + "}", WallTime::min());
  }
  static std::string At(int64_t seconds) { return R"("at":")" + FormatRfc3339(EngineRig::At(seconds)) + "\""; }
  EngineRig rig;
};

TEST_F(Mapped, EachRecordIsCountedOnceAndNoneStopsThePartition) {
  ASSERT_TRUE(rig.Start(0).ok());
  Row("leads", 1, "c", "null", R"({"id":1,"channel":"web",)" + At(60) + "}");
  Row("leads", 1, "c", "null", R"({"id":1,"channel":"web",)" + At(60) + "}");   // sent again
  Row("leads", 2, "c", "null", R"({"id":2,"channel":"ads",)" + At(61) + "}");
  Row("leads", 3, "u", "null", R"({"id":2,"channel":"web",)" + At(62) + "}");   // unmapped
  Row("audit", 4, "c", "null", "{}");                                           // ignored
  Row("deals", 5, "u", R"({"id":7,"stage":"new"})", R"({"id":7,"stage":"won","amount":"99.90",)" + At(63) + "}");
  Row("deals", 6, "u", R"({"id":8,"stage":"new"})", R"({"id":8,"stage":"won","amount":"a lot",)" + At(64) + "}");  // rejected
  Row("orders", 7, "c", "null", R"({"id":9,"lines":[{"sku":"a","price":1},{"sku":"b","price":2}],)" + At(65) + "}");
  rig.logs.at({kRigTopic, 0}).Append("{broken", WallTime::min());
  rig.logs.at({kRigTopic, 0}).Append("", WallTime::min());
  ASSERT_TRUE(rig.RunAt(120).ok());
  EXPECT_EQ(rig.Value("leads", "24h", "web"), "1");
  EXPECT_EQ(rig.Value("leads", "24h", "ads"), "1");
  EXPECT_EQ(rig.Value("won", "24h"), "99.9");
  EXPECT_EQ(rig.Value("lines", "24h"), "2");
  const RecordCounts counts = rig.Counts();
  EXPECT_TRUE(counts.AddUp());
  EXPECT_EQ(counts.read, 10);
  EXPECT_EQ(counts.mapped, 5);
  EXPECT_EQ(counts.events, 6);
  EXPECT_EQ(counts.accepted, 5);
  EXPECT_EQ(counts.duplicate, 1);
  EXPECT_EQ(counts.conflict, 0);
  EXPECT_EQ(counts.unmapped, 1);
  EXPECT_EQ(counts.ignored, 1);
  EXPECT_EQ(counts.rejected, 1);
  EXPECT_EQ(counts.undecodable[static_cast<size_t>(DecodeError::kBadJson)], 2);
  const std::vector<MappingStats>& seen = rig.engine->view()->stats().mappings;
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].source, "crm_db");
  EXPECT_EQ(seen[0].rejected, (MappingStats::ByField{{{"deal.won", "deal.amount"}, 1}}));
  EXPECT_EQ(seen[0].missing, (MappingStats::ByField{}));
  EXPECT_EQ(std::accumulate(seen[0].delay.begin(), seen[0].delay.end(), int64_t{0}), 0) << "no record had a Kafka timestamp";
  // All of it is there after a restart.
  ASSERT_TRUE(rig.Start(120).ok());
  EXPECT_EQ(rig.Counts().rejected, 1);
  Row("leads", 8, "c", "null", R"({"id":3,"channel":"web",)" + At(130) + "}");
  ASSERT_TRUE(rig.RunAt(180).ok());
  EXPECT_EQ(rig.Value("leads", "24h", "web"), "2");
  EXPECT_EQ(rig.Counts().events, 7);
}

TEST_F(Mapped, WhatAMappingMissesIsCountedByFieldAndHowLateEventsAre) {
  ASSERT_TRUE(rig.Start(0).ok());
  const auto send = [&](int lsn, const std::string& row, int64_t kafka) {
    rig.logs.at({kRigTopic, 0}).Append(R"({"op":"c","source":{"table":"leads","lsn":)" + std::to_string(lsn) + R"(},"after":{"id":)" + std::to_string(lsn) + "," + row + "}}",
                                       EngineRig::WallAt(kafka));
  };
  send(1, At(60), 60);                         // without a channel, at once
  send(2, R"("channel":null,)" + At(61), 70);  // 9 seconds later
  send(3, R"("channel":"web",)" + At(62), 3'700);
  rig.logs.at({kRigTopic, 0}).Append(R"({"op":"u","source":{"table":"deals","lsn":4},"before":{"stage":"new"},"after":{"id":7,"stage":"won","amount":"0.1234567",)" + At(62) + "}}", EngineRig::WallAt(62));
  ASSERT_TRUE(rig.RunAt(4'000).ok());
  const MappingStats seen = rig.engine->view()->stats().mappings.at(0);
  EXPECT_EQ(seen.missing, (MappingStats::ByField{{{"lead.created", "lead.channel"}, 2}}));
  EXPECT_EQ(seen.rounded, 1);
  EXPECT_EQ(seen.delay[0], 2);
  EXPECT_EQ(seen.delay[1], 1);
  EXPECT_EQ(seen.delay[5], 1);
  EXPECT_EQ(seen.delay_seconds_total, 9 + 3'638);
}

TEST_F(Mapped, ARecordWhoseEventsLieFarApartComesAtItsEarliest) {
  rig.specs.time.align = std::chrono::seconds(1);
  rig.Rule("lines_there", "lines", "1h", 1, 1);
  ASSERT_TRUE(rig.Start(0).ok());
  Row("orders", 1, "c", "null", R"({"id":1,"lines":[{"sku":"a",)" + At(50) + R"(},{"sku":"b",)" + At(30'000) + "}]," + At(50) + "}");
  Row("leads", 2, "c", "null", R"({"id":1,"channel":"web",)" + At(60) + "}");
  ASSERT_TRUE(rig.RunAt(40'000).ok());
  EXPECT_EQ(rig.Value("lines", "24h"), "2");
  EXPECT_EQ(rig.Value("leads", "24h", "web"), "1");
  EXPECT_EQ(rig.Breach().transitions, 2) << "rules saw lines come and go";
}

TEST_F(Mapped, WhatARecordHoldsIsAppliedTogether) {
  rig.specs.time.align = std::chrono::seconds(1);
  // While another partition is behind: what the order holds is of two times, and waits for the first of them.
  rig.logs[{kRigTopic, 1}];
  ASSERT_TRUE(rig.Start(0).ok());
  for (int n = 0; n < 40; ++n) {
    rig.logs.at({kRigTopic, 1}).Append(R"({"op":"c","source":{"table":"leads","lsn":)" + std::to_string(n) + R"(},"after":{"id":)" + std::to_string(n) + R"(,"channel":"web",)" + At(n * 1000) + "}}", WallTime::min());
  }
  Row("orders", 1, "c", "null", R"({"id":1,"lines":[{"sku":"a",)" + At(10'000) + R"(},{"sku":"b",)" + At(30'000) + R"(}],)" + At(10'000) + "}");
  bool amid = false;
  for (int step = 0; step < 400; ++step) {
    ASSERT_TRUE(rig.engine->Step(EngineRig::WallAt(40'000) + std::chrono::milliseconds(30 * step)).ok());
    ASSERT_TRUE(rig.engine->Commit(EngineRig::WallAt(40'000) + std::chrono::milliseconds(30 * step)).ok());
    const std::string lines = rig.Value("lines", "24h"), leads = rig.Value("leads", "24h", "web");
    EXPECT_TRUE(lines == "none" || lines == "0" || lines == "2") << lines;
    amid |= lines == "2" && leads != "40";
  }
  EXPECT_TRUE(amid) << "it was applied while there was more to wait for";
  ASSERT_TRUE(rig.RunAt(40'000).ok());
  EXPECT_EQ(rig.Value("leads", "24h", "web"), "40");
  EXPECT_EQ(rig.Counts().events, 2);
}

TEST_F(Mapped, RecordsThatCantBeReadAreCountedByWhatIsWrong) {
  MappingSpec spec;
  spec.format = MapFormat::kAvro;
  spec.framing = MapFraming::kConfluent;
  const auto add = [&](uint32_t number, const std::string& text) {
    spec.schemas[number] = {std::make_shared<const WriterSchema>(WriterSchema{WriterSchema::Kind::kAvro, text, {}}), false, "", {}};
  };
  add(1, R"({"type": "record", "name": "R", "fields": [{"name": "id", "type": "string"}, {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}]})");
  spec.time = std::make_unique<MapExpr>();
  spec.time->path = {"row", {{"at", 0}}};
  MapRule rule;
  rule.emit = "lead.created";
  rule.set.push_back({"lead.id", std::make_unique<MapExpr>(), OnMapError::kReject, {}, {}});
  rule.set[0].value->path = {"row", {{"id", 0}}};
  spec.rules.push_back(std::move(rule));
  rig.specs.sources[0].mapping = std::make_shared<const MappingSpec>(std::move(spec));
  ASSERT_TRUE(rig.Start(0).ok());
  using namespace std::string_literals;
  MemoryLog& log = rig.logs.at({kRigTopic, 0});
  log.Append("\0\0\0\0\1\2a\xe0\xd4\3"s, WallTime::min());  // id "a" at 30,000 ms
  log.Append("\0\0\0\0\1\2a"s, WallTime::min());
  log.Append("{}", WallTime::min());
  log.Append("\0\0\0\0\2\2a"s, WallTime::min());  // of a schema that may come
  ASSERT_TRUE(rig.RunAt(120).ok());
  EXPECT_EQ(rig.Counts().accepted, 1);
  for (int start = 0; start < 2; ++start) {
    const RecordCounts counts = rig.Counts();
    EXPECT_TRUE(counts.AddUp());
    EXPECT_EQ(counts.mapped, 1);
    EXPECT_EQ(counts.read, 3) << "the last one waits";
    for (const DecodeError error : {DecodeError::kBadAvro, DecodeError::kBadFraming}) EXPECT_EQ(counts.undecodable[static_cast<size_t>(error)], 1) << ToString(error);
    ASSERT_TRUE(rig.Start(120).ok()) << "all of it is there after a restart";
  }
}

}  // namespace
}  // namespace tidemark
