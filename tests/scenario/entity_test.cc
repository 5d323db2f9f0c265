// Entities through the real engine, at their bounds.
#include "config/config.h"
#include "pipeline/engine/adopt.h"
#include "tests/fakes/engine_rig.h"

namespace tidemark {
namespace {

namespace events = tidemark::events::v1;

// The rig's topic with the KPIs of a configuration.
void Configure(EngineRig* rig, const std::string& kpis) {
  Diagnostics diagnostics;
  Specs specs;
  ParseConfig("kpis.yaml", "kafka: {brokers: none}\ntopics: [crm]\nlimits: {max_label_value_bytes: 16}\nkpis:\n" + kpis, &specs, &diagnostics);
  ASSERT_TRUE(diagnostics.empty()) << diagnostics.ToString();
  rig->specs = std::move(specs);
}

void Deal(EngineRig* rig, int64_t seconds, const std::string& id, const std::string& stage) {
  events::Event e;
  e.mutable_deal_updated()->mutable_deal()->set_id(id);
  e.mutable_deal_updated()->mutable_deal()->set_stage(stage);
  rig->Append(e, seconds, 0, "");
}

constexpr int64_t kDay = 86'400;

TEST(Entities, WaitingIsKnownHoweverManyEventsSayTheSame) {
  EngineRig rig;
  Configure(&rig, "  - {name: stuck, key: deal.id, open: {waiting_for: 2d}, on: [deal.updated], until: [deal.won], by: {deal_stage: deal.stage}}\n");
  ASSERT_TRUE(rig.Start(0).ok());
  Deal(&rig, 0, "d1", "new");
  Deal(&rig, 60, "d1", "offer");
  for (int i = 1; i < 48; ++i) Deal(&rig, i * 3'600, "d1", "offer");
  ASSERT_TRUE(rig.RunAt(2 * kDay).ok());
  EXPECT_EQ(rig.Value("stuck", "now", "offer"), "0");
  for (int i = 48; i < 100; ++i) Deal(&rig, i * 3'600, "d1", "offer");
  ASSERT_TRUE(rig.RunAt(100 * 3'600).ok());
  EXPECT_EQ(rig.Value("stuck", "now", "offer"), "1");
}

size_t StoredEntities(const EngineRig& rig) {
  size_t rows = 0;
  EXPECT_TRUE(rig.store.Scan(Family::kEntities, "", "", [&](std::string_view, std::string_view) { return ++rows > 0; }).ok());
  return rows;
}

constexpr char kRecent[] =
    "  - {name: buyers, distinct: deal.id, on: deal.updated, windows: [1h], compare: [24h]}\n"
    "  - {name: present, active: deal.id, on: deal.updated, windows: [2h]}\n";

TEST(Entities, RowsThatNoWindowCanNeedAreErased) {
  EngineRig rig;
  Configure(&rig, kRecent);
  rig.options.sweep_interval = Duration(0);
  rig.options.entity_cache_bytes = 1;
  ASSERT_TRUE(rig.Start(0).ok());
  for (int i = 0; i < 50; ++i) Deal(&rig, i, "d" + std::to_string(i), "new");
  ASSERT_TRUE(rig.RunAt(100).ok());
  EXPECT_EQ(StoredEntities(rig), 50u);
  ASSERT_TRUE(rig.RunAt(kDay).ok());
  EXPECT_EQ(StoredEntities(rig), 50u) << "a day ago they were there";
  EXPECT_EQ(rig.Value("buyers_compare", "1h", "24h"), "50");
  ASSERT_TRUE(rig.Start(kDay).ok());
  Deal(&rig, kDay + 60, "d7", "new");
  ASSERT_TRUE(rig.RunAt(kDay + 120).ok());
  EXPECT_EQ(rig.Value("buyers_compare", "1h", "24h"), "50");
  ASSERT_TRUE(rig.RunAt(kDay + 4 * 3'600).ok());
  ASSERT_TRUE(rig.RunAt(kDay + 4 * 3'600).ok());
  EXPECT_EQ(StoredEntities(rig), 1u);
  // What was dropped comes back as what it always was, and what comes too late changes nothing.
  Deal(&rig, 30, "d3", "new");
  Deal(&rig, kDay + 4 * 3'600, "d4", "new");
  ASSERT_TRUE(rig.RunAt(kDay + 4 * 3'600 + 60).ok());
  EXPECT_EQ(rig.Value("buyers", "1h"), "1");
  EXPECT_EQ(rig.Value("present", "2h"), "1");
  EXPECT_EQ(rig.Value("buyers_compare", "1h", "24h"), "0");
  ASSERT_TRUE(rig.RunAt(10 * kDay).ok());
  ASSERT_TRUE(rig.RunAt(10 * kDay).ok());
  EXPECT_EQ(StoredEntities(rig), 0u);
}

TEST(Entities, ASweepGoesAsFastAsTime) {
  EngineRig rig;
  Configure(&rig, kRecent);
  rig.options.sweep_interval = std::chrono::hours(24 * 10'000);  // a hundred rows a day
  ASSERT_TRUE(rig.Start(0).ok());
  for (int i = 0; i < 500; ++i) Deal(&rig, i, "d" + std::to_string(i), "new");
  ASSERT_TRUE(rig.RunAt(600).ok());
  EXPECT_EQ(StoredEntities(rig), 500u);
  ASSERT_TRUE(rig.RunAt(2 * kDay).ok());
  EXPECT_GE(StoredEntities(rig), 300u);
  EXPECT_LT(StoredEntities(rig), 500u);
  for (int day = 3; day < 10; ++day) ASSERT_TRUE(rig.RunAt(day * kDay).ok());
  EXPECT_EQ(StoredEntities(rig), 0u);
}

TEST(Entities, WhatIsKeptForEverStays) {
  EngineRig rig;
  Configure(&rig,
            "  - {name: fans, distinct: deal.id, on: deal.updated, windows: [1h, lifetime]}\n"
            "  - {name: real, distinct: deal.id, on: deal.updated, correct: {revoke: deal.deleted}, windows: [1h]}\n");
  rig.options.sweep_interval = Duration(0);
  ASSERT_TRUE(rig.Start(0).ok());
  Deal(&rig, 0, "d1", "new");
  ASSERT_TRUE(rig.RunAt(10 * kDay).ok());
  ASSERT_TRUE(rig.RunAt(11 * kDay).ok());
  EXPECT_EQ(StoredEntities(rig), 1u);
  Configure(&rig, "  - {name: real, distinct: deal.id, on: deal.updated, correct: {revoke: deal.deleted}, windows: [1h]}\n");
  ASSERT_TRUE(rig.Start(11 * kDay).ok());
  events::Event deleted;
  deleted.mutable_deal_deleted()->mutable_deal()->set_id("d1");
  rig.Append(deleted, 11 * kDay, 0, "");
  ASSERT_TRUE(rig.RunAt(15 * kDay).ok());
  EXPECT_EQ(StoredEntities(rig), 1u) << "the KPI that left may come back, and the revocation is final";
  Deal(&rig, 20 * kDay, "d1", "new");
  Deal(&rig, 20 * kDay, "d2", "new");
  ASSERT_TRUE(rig.RunAt(20 * kDay + 60).ok());
  EXPECT_EQ(rig.Value("real", "1h"), "1");
  EXPECT_EQ(StoredEntities(rig), 2u);
  // Once its grace is over, what is left of it goes from rows that stay.
  const auto length = [&] {
    size_t bytes = 0;
    EXPECT_TRUE(rig.store.Scan(Family::kEntities, "", "", [&](std::string_view, std::string_view value) { return (bytes += value.size()) > 0; }).ok());
    return bytes;
  };
  const size_t before = length();
  ASSERT_TRUE(rig.Start(20 * kDay + 60).ok());
  ASSERT_TRUE(rig.RunAt(20 * kDay + 120).ok());
  ASSERT_TRUE(rig.RunAt(20 * kDay + 180).ok());
  EXPECT_LT(length(), before);
  EXPECT_EQ(StoredEntities(rig), 2u);
}

constexpr char kLimited[] =
    "  - {name: open_deals, key: deal.id, open: true, on: deal.updated, until: deal.won, by: {deal_stage: deal.stage}}\n"
    "  - {name: leads, first: lead.id, on: lead.created, windows: [1h, lifetime]}\n"
    "  - {name: updates, count: true, on: deal.updated, windows: [1h]}\n"
    "  - {name: share, formula: updates / leads, windows: [1h]}\n";

void Lead(EngineRig* rig, int64_t seconds, const std::string& id) {
  events::Event e;
  e.mutable_lead_created()->mutable_lead()->set_id(id);
  rig->Append(e, seconds, 0, "");
}

TEST(Entities, AKpiThatFindsNoRoomIsWithheldAndCountedAnewOnceThereIs) {
  EngineRig rig;
  const auto status = [&](uint32_t kpi) { return rig.engine->view()->status(KpiId{kpi}); };
  Configure(&rig, kLimited);
  rig.specs.limits.max_entities = 3;
  ASSERT_TRUE(rig.Start(0).ok());
  for (const char* id : {"d1", "d2", "d1"}) Deal(&rig, 1, id, "new");
  Lead(&rig, 2, "l1");
  ASSERT_TRUE(rig.RunAt(10).ok());
  EXPECT_EQ(rig.Value("leads", "1h"), "1");
  EXPECT_EQ(rig.engine->view()->stats().entities, 3);
  Lead(&rig, 11, "l2");
  Deal(&rig, 11, "d2", "offer");
  ASSERT_TRUE(rig.RunAt(20).ok());
  EXPECT_EQ(rig.Value("leads", "1h"), "none");
  EXPECT_EQ(rig.Value("share", "1h"), "none") << "nor what is made of it";
  EXPECT_TRUE(status(1).withheld);
  EXPECT_EQ(status(1).coverage, (std::vector<double>{0, 0}));
  EXPECT_EQ(status(1).counts.overflowed, 1);
  EXPECT_EQ(rig.Value("open_deals", "now", "offer"), "1") << "whose entities have room";
  EXPECT_EQ(rig.Value("updates", "1h"), "4");
  // The same limit: it stays so, also for the entities that it had.
  ASSERT_TRUE(rig.Start(30).ok());
  EXPECT_EQ(rig.Value("leads", "lifetime"), "none");
  Lead(&rig, 31, "l1");
  ASSERT_TRUE(rig.RunAt(40).ok());
  EXPECT_EQ(status(1).counts.overflowed, 2);
  EXPECT_EQ(rig.Value("leads", "lifetime"), "none");
  const auto known = [&](uint64_t limit) {
    Diagnostics diagnostics;
    rig.specs.limits.max_entities = limit;
    return *KnownKpis(*Plan::Compile(rig.specs, Schema::Canonical(), &diagnostics), rig.store);
  };
  EXPECT_EQ(known(3), (std::vector<bool>{true, true, true, true}));
  EXPECT_EQ(known(0), (std::vector<bool>{true, false, true, true})) << "to be back-filled";
  EXPECT_EQ(known(4), (std::vector<bool>{true, false, true, true}));
  ASSERT_TRUE(rig.Start(50).ok());
  EXPECT_FALSE(status(1).withheld);
  EXPECT_EQ(rig.Value("leads", "lifetime"), "0");
  EXPECT_LT(status(1).coverage[0], 1.0);
  Lead(&rig, 51, "l2");
  ASSERT_TRUE(rig.RunAt(60).ok());
  EXPECT_EQ(rig.Value("leads", "lifetime"), "1");
  EXPECT_EQ(rig.Value("open_deals", "now", "offer"), "1");
}

TEST(Entities, WhatIsWithheldMakesRoomForOthers) {
  EngineRig rig;
  Configure(&rig, kLimited);
  rig.specs.limits.max_entities = 3;
  rig.options.sweep_interval = Duration(0);
  ASSERT_TRUE(rig.Start(0).ok());
  for (const char* id : {"l1", "l2"}) Lead(&rig, 1, id);
  Deal(&rig, 2, "d1", "new");
  Lead(&rig, 3, "l3");
  ASSERT_TRUE(rig.RunAt(10).ok());
  ASSERT_TRUE(rig.RunAt(11).ok());
  EXPECT_EQ(rig.engine->view()->stats().entities, 1);
  for (const char* id : {"d2", "d3"}) Deal(&rig, 12, id, "new");
  ASSERT_TRUE(rig.RunAt(20).ok());
  EXPECT_EQ(rig.Value("open_deals", "now", "new"), "3");
  EXPECT_EQ(rig.Value("leads", "1h"), "none");
  EXPECT_EQ(StoredEntities(rig), 3u);
}

TEST(Entities, LabelsThatAreTooLongBelongToOther) {
  EngineRig rig;
  Configure(&rig,
            "  - {name: open_deals, key: deal.id, open: true, on: [deal.updated], until: [deal.won], by: {deal_stage: deal.stage}}\n"
            "  - {name: stages, key: deal.id, dwell: deal.stage, stats: [count], on: deal.updated, by: {deal_stage: deal.stage}, windows: [7d]}\n");
  ASSERT_TRUE(rig.Start(0).ok());
  Deal(&rig, 0, "d1", std::string(17, 'x'));
  Deal(&rig, 0, "d2", std::string(16, 'x'));
  Deal(&rig, 60, "d3", std::string(17, 'x'));
  Deal(&rig, 120, "d3", "won");
  ASSERT_TRUE(rig.RunAt(600).ok());
  EXPECT_EQ(rig.Value("open_deals", "now", "__other__"), "1");
  EXPECT_EQ(rig.Value("open_deals", "now", std::string(16, 'x')), "1");
  EXPECT_EQ(rig.Value("open_deals", "now", std::string(17, 'x')), "none");
  EXPECT_EQ(rig.Value("stages", "7d", "__other__|count"), "1");
}

}  // namespace
}  // namespace tidemark
