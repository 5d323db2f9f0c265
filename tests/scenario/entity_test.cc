// Entities through the real engine, at their bounds.
#include "config/config.h"
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
