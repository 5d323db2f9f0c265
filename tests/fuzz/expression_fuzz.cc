// Expressions: `where` (w), formulas (f) and derived fields (d), by the first byte. What compiles is evaluated over
// events with numbers at their limits, and one in sixteen by an engine, from the text of a configuration on: not(x) is true
// exactly where x isn't, and a formula means the same in brackets.
#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <vector>

#include "config/config.h"
#include "config/expression.h"
#include "config/kpi_index.h"
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

std::string Negated(std::string_view text) { return "not (" + std::string(text) + "\n)"; }
std::string Bracketed(std::string_view text) { return "(" + std::string(text) + "\n)"; }

std::string Config(char kind, std::string_view text) {
  std::string yaml = R"(kafka: {brokers: "b:1"}
topics: [crm]
)";
  if (kind == 'w') {
    yaml += "kpis:\n- {name: yes, on: order.paid, count: true, windows: [lifetime], where: " + Quoted(text) + "}\n";
    yaml += "- {name: no, on: order.paid, count: true, windows: [lifetime], where: " + Quoted(Negated(text)) + "}\n";
  } else if (kind == 'f') {
    yaml += R"(kpis:
- {name: orders, on: order.paid, count: true, by: {sales_region: order.region}, windows: [24h, lifetime]}
- {name: revenue, on: order.paid, sum: order.amount, where: 'order.currency == "USD"', by: {sales_region: order.region}, windows: [24h, lifetime], compare: [previous]}
- {name: size, on: order.paid, avg: order.amount, where: 'order.currency == "USD"', windows: [24h]}
)";
    yaml += "- {name: yes, windows: [24h], formula: " + Quoted(text) + "}\n";
    yaml += "- {name: no, windows: [24h], formula: " + Quoted(Bracketed(text)) + "}\n";
  } else {
    yaml += "fields: {made: " + Quoted(text) + "}\nkpis:\n";
    yaml += "- {name: yes, on: order.paid, sum: made, windows: [24h, lifetime]}\n";
    yaml += "- {name: no, on: order.paid, count: true, by: {made: made}, windows: [24h]}\n";
  }
  return yaml;
}

std::shared_ptr<const Plan> Compiled(const Specs& specs) {
  Diagnostics diagnostics;
  const auto plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
  Expect((plan == nullptr) != diagnostics.empty(), [&] { return "a plan, or mistakes: " + diagnostics.ToString(); });
  return plan;
}

// The configuration, all but the expression.
Specs Read(char kind, std::string_view text) {
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("c.yaml", Config(kind, text), &specs, &diagnostics);
  Expect(diagnostics.empty(), [&] { return diagnostics.ToString(); });
  return specs;
}

// Whether orders have all its fields. To find the nearest to one that nothing has costs more than all the rest.
template <class Expression>
bool IsKnown(const Expression& expr) {
  static const EventTypeId type = *Schema::Canonical().FindType("order.paid");
  if (!expr.field.empty() && !Schema::Canonical().Has(type, expr.field)) return false;
  return std::all_of(expr.args.begin(), expr.args.end(), [](const auto& arg) { return IsKnown(*arg); });
}

// The expression alone, in a configuration that was read before: whole ones cost thirty times what their parser does. Null
// when it is none, or fits to nothing. `any`: also where a field isn't known.
std::shared_ptr<const Plan> Placed(char kind, std::string_view text, bool any) {
  static Specs where = Read('w', "has(order.id)"), formula = Read('f', "orders"), field = Read('d', "order.amount");
  Diagnostics diagnostics;
  const std::string yaml = kind == 'd' ? "{made: " + Quoted(text) + "}" : "[" + Quoted(text) + ", " + Quoted(kind == 'w' ? Negated(text) : Bracketed(text)) + "]";
  const auto document = config::Document::Parse("c.yaml", yaml, &diagnostics);
  if (!document) return nullptr;
  const config::Value value(&*document, &diagnostics, &document->root(), {}, "");
  if (kind == 'd') {
    field.fields.clear();
    config::ReadFields(value, &field.fields);
    return diagnostics.empty() && (any || IsKnown(*field.fields[0].expr)) ? Compiled(field) : nullptr;
  }
  const std::vector<config::Value> both = value.Items();
  std::vector<KpiSpec>& kpis = kind == 'w' ? where.kpis : formula.kpis;
  KpiSpec &yes = kpis[kpis.size() - 2], &no = kpis[kpis.size() - 1];
  if (kind == 'w') {
    yes.where = config::ParseWhere(both[0]);
    Expect((yes.where == nullptr) != diagnostics.empty(), "a condition, or a mistake");
    if (yes.where == nullptr) return nullptr;
    no.where = config::ParseWhere(both[1]);
    return diagnostics.empty() && (any || IsKnown(*yes.where)) ? Compiled(where) : nullptr;  // not empty: too long, or too deep
  }
  yes.formula = config::ParseFormula(both[0]);
  Expect((yes.formula == nullptr) != diagnostics.empty(), "a formula, or a mistake");
  if (yes.formula == nullptr) return nullptr;
  no.formula = config::ParseFormula(both[1]);
  if (diagnostics.empty()) config::CheckOperands(&kpis, config::KpiIndex(kpis, &diagnostics), &diagnostics);
  return diagnostics.empty() ? Compiled(formula) : nullptr;
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

// What the engine does with each event: its fields are worked out, and the conditions decide.
void Evaluate(const Plan& plan, char kind) {
  static const LookupTables tables;
  static Derivation::Hashes hashes("");
  const EventTypeId type = *plan.schema().FindType("order.paid");
  const RoutePlan& route = plan.routes()[type.v];
  std::array<const Filter*, 2> filters{};  // of yes and of no
  for (const TableRoute& table : route.tables) {
    for (const Op& op : table.ops) {
      if (op.filter >= 0) filters[op.kpi.v] = &route.filters[static_cast<size_t>(op.filter)];
    }
  }
  std::vector<Slot> slots(plan.decoder().max_slots());
  for (const auto& record : Logs().begin()->second.records) {
    EventRow row;
    plan.decoder().Decode(record.value, slots.data(), &row);
    Expect(row.error == DecodeError::kNone && row.type == type, "an event is read");
    plan.derivation(type).Evaluate(tables, &hashes, &row);
    if (kind == 'w') Expect(filters[0]->Passes(row) != filters[1]->Passes(row), "every event is of one side");
  }
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
  const char kind = testing::OneOf("wfd", bytes.Byte());
  const std::string_view text = bytes.Rest();
  const auto plan = Placed(kind, text, testing::OneIn(64, data, size));
  if (plan == nullptr) return 0;
  if (kind != 'f') Evaluate(*plan, kind);
  if (!testing::OneIn(16, data, size)) return 0;
  // The whole way, from a configuration's text to what is shown.
  const auto shown = Run(Compiled(Read(kind, text)));
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
