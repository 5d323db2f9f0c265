// An export that comes in batches, in the two partitions of a topic, beside a live topic.
#pragma once

#include "config/config.h"
#include "tests/fakes/engine_rig.h"

namespace tidemark {

inline constexpr int64_t kHour = 3600, kDay = 86'400;

struct Export {
  explicit Export(const char* config) {
    rig.logs[{"live", 0}];
    Diagnostics diagnostics;
    rig.specs = Specs();
    ParseConfig("export", config, &rig.specs, &diagnostics);
    EXPECT_EQ(diagnostics.ToString(), "");
  }
  // A record of the export, which was written at `written`.
  void Row(const std::string& type, int64_t at, int64_t written, int partition = 0, const std::string& who = "ann", const std::string& more = "") {
    rig.logs.at({kRigTopic, partition})
        .Append(R"({"type":")" + type + R"(","id":)" + std::to_string(++rig.ids) + R"(,"at":)" + std::to_string(EngineRig::kStartSeconds + at) + R"(,"who":")" + who + "\"" + more + "}",
                EngineRig::WallAt(written));
  }
  // Pages of a day: one an hour, by as many visitors as there are hours.
  void DayOfPages(int64_t day, int64_t written) {
    for (int64_t hour = 23; hour >= 0; --hour) Row("page", day * kDay + hour * kHour, written, static_cast<int>(hour % 2), "v" + std::to_string(hour));
  }
  void Done(int64_t through, int64_t at) { Row("done", at, at, 0, "", R"(,"through":)" + std::to_string(EngineRig::kStartSeconds + through)); }
  void Win(int64_t at) {
    events::v1::Event e;
    e.mutable_deal_won()->mutable_deal();
    Live(&e, at);
  }
  void LiveLead(int64_t at) {
    events::v1::Event e;
    e.mutable_lead_created()->mutable_lead();
    Live(&e, at);
  }
  void Live(events::v1::Event* e, int64_t at) {
    e->set_id("live" + std::to_string(++rig.ids));
    e->mutable_time()->set_seconds(EngineRig::kStartSeconds + at);
    rig.logs.at({"live", 0}).Append(e->SerializeAsString(), EngineRig::WallAt(at));
  }
  // A second before, and then: what is said counts once log ends are confirmed after it was heard.
  Status RunTo(int64_t seconds) {
    TM_RETURN_IF_ERROR(rig.RunAt(seconds - 1));
    return rig.RunAt(seconds);
  }
  EngineRig rig{2};
};

}  // namespace tidemark
