// A mapping from its YAML, and what it makes of records, as text.
#pragma once

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "config/config.h"
#include "pipeline/mapping/mapper.h"
#include "pipeline/plan/plan.h"
#include "tidemark/events/v1/event.pb.h"

namespace tidemark {

struct MappingRig {
  // What stands below `sources: s:`, a key a line.
  explicit MappingRig(const std::string& source) {
    const std::string yaml = "kafka: {brokers: none}\ntopics: [plain]\nkpis: [{name: k, count: true, on: lead.created, windows: [1h]}]\nsources:\n  s:\n    topics: [t]\n" + Indented(source) + "registry: {url: \"http://none\"}\n";
    Diagnostics diagnostics;
    ParseConfig("m.yaml", yaml, &specs, &diagnostics);
    specs.privacy.hash_key = "0123456789abcdef";
    if (diagnostics.empty()) plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
    said = diagnostics.ToString();
    if (plan == nullptr) return;
    mapper = plan->topics()[1].mapper;
    scratch = std::make_unique<Mapper::Scratch>(*mapper, schemas);
  }

  static std::string Indented(const std::string& text) {
    std::string out = "    ";
    for (const char c : text) out += c == '\n' ? std::string("\n    ") : std::string(1, c);
    return out + "\n";
  }

  // "mapped: EVENT; EVENT" in protobuf's text form, or "rejected: field why".
  std::string Map(std::string_view value, std::string_view key = {}, const std::vector<RecordHeader>& headers = {}) {
    EXPECT_EQ(said, "");
    if (mapper == nullptr) return "no mapping";
    MappedEvents events;
    RawRecord record{"t", 3, Offset{42}, WallTimeFromMicros(1'700'000'000'000'000), key, value, headers};
    const MapOutcome outcome = mapper->Map(record, scratch.get(), &events);
    std::string text(ToString(outcome));
    if (outcome == MapOutcome::kRejected) text += ": " + scratch->rejection().field + " " + scratch->rejection().why;
    if (outcome == MapOutcome::kUndecodable) text += ": " + std::string(ToString(scratch->error())) + ": " + mapper->Describe(scratch->rejection());
    if (outcome == MapOutcome::kAwaitsSchema) text += " " + std::to_string(scratch->awaited_schema());
    for (size_t e = 0; e < events.size(); ++e) {
      events::v1::Event event;
      EXPECT_TRUE(event.ParseFromArray(events.event(e).data(), static_cast<int>(events.event(e).size())));
      google::protobuf::TextFormat::Printer printer;
      printer.SetSingleLineMode(true);
      std::string shown;
      printer.PrintToString(event, &shown);
      while (shown.ends_with(' ')) shown.pop_back();
      text += (e == 0 ? ": " : "; ") + shown;
    }
    return text;
  }

  Specs specs;
  std::string said;
  std::shared_ptr<const Plan> plan;
  std::shared_ptr<const Mapper> mapper;
  std::shared_ptr<WriterSchemas> schemas = std::make_shared<WriterSchemas>();
  std::unique_ptr<Mapper::Scratch> scratch;
};

// What stands below `sources: s:` (of facts: in a rule), and what is said about it.
struct Mistake {
  const char *name, *source, *said;
};
inline void PrintTo(const Mistake& m, std::ostream* out) { *out << m.name; }
inline std::string NameOf(const testing::TestParamInfo<Mistake>& info) { return info.param.name; }
class MappingMistake : public testing::TestWithParam<Mistake> {};

}  // namespace tidemark
