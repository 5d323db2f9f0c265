// Expressions: `where` (w), formulas (f) and derived fields (d), by the first byte. What compiles is run over events with
// numbers at their limits: not(x) is true exactly where x isn't, and a formula means the same in brackets.
#include <array>
#include <map>
#include <memory>
#include <vector>

#include "config/config.h"
#include "config/expression.h"
#include "config/reader.h"
#include "config/sections.h"
#include "pipeline/engine/engine.h"
#include "pipeline/engine/memory_source.h"
#include "pipeline/store/memory_store.h"
#include "tests/fuzz/fuzz.h"
#include "tidemark/events/v1/event.pb.h"

namespace {

using namespace tidemark;
using testing::Expect;

constexpr int64_t kStartSeconds = 19'700 * 86'400;
constexpr int64_t kAmounts[] = {0, 1, -1, 2'500'000, INT64_MAX, INT64_MIN, INT64_MAX / 2, INT64_MIN / 10'000};

// As a scalar in double quotes: the text stays what it is.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte < 0x20 || byte == 0x7f) {
      std::array<char, 8> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\x%02x", byte);
      quoted += escaped.data();
    } else {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
  }
  return quoted + "\"";
}

// Most texts are no expression, which its parser alone says at a hundredth of what a configuration costs.
bool Parses(uint8_t kind, std::string_view text) {
  Diagnostics diagnostics;
  const auto document = config::Document::Parse("c.yaml", kind == 'd' ? "{made: " + Quoted(text) + "}" : Quoted(text), &diagnostics);
  if (!document) return false;
  const config::Value value(&*document, &diagnostics, &document->root(), {}, "");
  if (kind == 'w') {
    Expect((config::ParseWhere(value) == nullptr) != diagnostics.empty(), "a condition, or a mistake");
  } else if (kind == 'f') {
    Expect((config::ParseFormula(value) == nullptr) != diagnostics.empty(), "a formula, or a mistake");
  } else {
    std::vector<FieldSpec> fields;
    config::ReadFields(value, &fields);
  }
  return diagnostics.empty();
}

std::string Config(uint8_t kind, std::string_view text) {
  std::string yaml = R"(kafka: {brokers: "b:1"}
topics: [crm]
)";
  if (kind == 'd') yaml += "fields: {made: " + Quoted(text) + "}\n";
  yaml += R"(kpis:
- {name: orders, on: order.paid, count: true, by: {sales_region: order.region}, windows: [24h, lifetime]}
- {name: revenue, on: order.paid, sum: order.amount, where: 'order.currency == "USD"', by: {sales_region: order.region}, windows: [24h, lifetime], compare: [previous]}
- {name: size, on: order.paid, avg: order.amount, where: 'order.currency == "USD"', windows: [24h]}
)";
  if (kind == 'w') {
    yaml += "- {name: yes, on: order.paid, count: true, windows: [lifetime], where: " + Quoted(text) + "}\n";
    yaml += "- {name: no, on: order.paid, count: true, windows: [lifetime], where: " + Quoted("not (" + std::string(text) + "\n)") + "}\n";
  } else if (kind == 'f') {
    yaml += "- {name: yes, windows: [24h], formula: " + Quoted(text) + "}\n";
    yaml += "- {name: no, windows: [24h], formula: " + Quoted("(" + std::string(text) + "\n)") + "}\n";
  } else {
    yaml += "- {name: yes, on: order.paid, sum: made, windows: [24h, lifetime]}\n";
    yaml += "- {name: no, on: order.paid, count: true, by: {made: made}, windows: [24h]}\n";
  }
  return yaml;
}

const MemoryLogs& Logs() {
  static const MemoryLogs logs = [] {
    MemoryLogs made;
    int64_t n = 0;
    for (const int64_t amount : kAmounts) {
      events::v1::Event e;
      e.set_id(std::to_string(n));
      e.mutable_time()->set_seconds(kStartSeconds + n);
      auto* order = e.mutable_order_paid()->mutable_order();
      order->set_amount_micros(amount);
      if (n % 3 != 2) order->set_currency("USD");
      if (n % 2 == 0) order->set_region(n % 4 == 0 ? "emea" : "apac");
      order->set_customer("c" + std::to_string(n % 3));
      made[{"crm", 0}].Append(e.SerializeAsString());
      ++n;
    }
    return made;
  }();
  return logs;
}

// By KPI, window and labels, what is shown once all events are counted.
std::map<std::string, std::string> Run(const std::shared_ptr<const Plan>& plan) {
  MemoryLogs logs = Logs();
  MemorySource source(&logs);
  MemoryStore store;
  const WallTime now = WallTimeFromMicros((kStartSeconds + 60) * kMicrosPerSecond);
  source.ProveAt(now);
  const auto engine = Engine::Open(plan, &store, &source, now);
  Expect(engine.ok(), [&] { return "an engine: " + engine.status().text(); });
  for (int n = 0; n < 3; ++n) {
    const auto step = (*engine)->Step(now + std::chrono::milliseconds(30 * n));
    Expect(step.ok(), [&] { return "a step: " + step.status().text(); });
  }
  Expect((*engine)->Commit(now).ok(), "a commit");
  const auto view = (*engine)->view();
  std::map<std::string, std::string> shown;
  for (uint32_t k = 0; k < view->kpis().size(); ++k) {
    const KpiInfo& kpi = view->kpis()[k];
    view->ForEach(KpiId{k}, [&](const SeriesValue& s) {
      shown[kpi.name + " " + kpi.windows[s.window] + " {" + s.labels.escaped + "}"] = s.value.ToString();
    });
    const KpiCounts& c = view->status(KpiId{k}).counts;
    Expect(c.routed == c.counted + c.filtered + c.late_dropped + c.overflowed + c.unmatched, [&] { return "events of " + kpi.name + " add up"; });
  }
  return shown;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  testing::Bytes bytes(data, size);
  const uint8_t kind = bytes.Byte();
  const std::string_view text = bytes.Rest();
  if (!Parses(kind, text)) return 0;
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("c.yaml", Config(kind, text), &specs, &diagnostics);
  if (!diagnostics.empty()) return 0;
  const auto plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
  if (plan == nullptr) return 0;
  const auto shown = Run(plan);
  if (kind == 'w') {
    const auto of = [&](const char* name) { return std::stoll(shown.at(name)); };
    Expect(of("yes lifetime {}") + of("no lifetime {}") == std::ssize(kAmounts), "every event is of one side");
  } else if (kind == 'f') {
    for (const auto& one : shown) {
      if (!one.first.starts_with("yes ")) continue;
      Expect(shown.at("no " + one.first.substr(4)) == one.second, [&] { return "the same in brackets: " + one.first + " " + one.second; });
    }
  }
  return 0;
}
