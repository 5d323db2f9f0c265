#include "tests/simulation/tables.h"

#include <optional>

#include "config/config.h"
#include "tests/simulation/random.h"

namespace tidemark::simulation {
namespace {

constexpr char kConfig[] = R"(
kafka: {brokers: none}
topics: [crm]
fields:
  lead_team: regions[lead.region].team
  order_team: regions[order.region].team
  weighted: order.amount * regions[order.region].weight
kpis:
- {name: team_leads, on: lead.created, count: true, by: {sales_team: lead_team}, windows: [1h, 24h, lifetime]}
- {name: team_value, on: order.paid, sum: weighted, by: {sales_team: order_team}, windows: [1h, 24h, lifetime]}
- {name: red_orders, on: order.paid, count: true, where: order_team == "red", by: {sales_region: order.region}, windows: [1h, 24h, lifetime]}
)";

struct Row {
  std::string team;               // "": the cell is empty
  std::optional<int64_t> weight;  // nothing: it is empty
};

// Nothing: there is none.
std::optional<Row> RowOf(uint64_t contents, const std::string& region) {
  Random random(contents * 1000 + static_cast<uint64_t>(region[1] * 7 + region[2]));
  const uint64_t team = random.Below(4), weight = random.Below(4);
  if (random.OneIn(5)) return std::nullopt;
  Row row;
  if (team > 0) row.team = team > 1 ? "red" : "blue";
  if (weight > 0) row.weight = static_cast<int64_t>(weight);
  return row;
}

std::string TeamOf(const TabledEvent& e) { return RowOf(e.table, e.event->region).value_or(Row()).team; }

int64_t StartOf(const std::string& window, EventTime t) {
  if (window == "lifetime" || t == kNoEventTime) return INT64_MIN;
  const int64_t step = (window == "1h" ? 1 : 10) * kMicrosPerMinute, length = (window == "1h" ? 60 : 1440) * kMicrosPerMinute;
  return FloorDiv(Micros(t), step) * step + step - length;
}

}  // namespace

std::shared_ptr<const LookupTable> TableOf(uint64_t contents) {
  LookupTable::Builder builder({{"team", ColumnType::kText}, {"weight", ColumnType::kDecimal}});
  for (const char* region : {"emea", "apac", "amer"}) {
    const std::optional<Row> row = RowOf(contents, region);
    if (!row) continue;
    builder.AddRow(region);
    builder.SetText(0, row->team);
    if (row->weight) builder.SetNumber(1, *row->weight * 1'000'000);
  }
  return std::move(builder).Build();
}

void AddTable(Specs* specs) {
  Specs read;
  Diagnostics diagnostics;
  ParseConfig("tables.cc", kConfig, &read, &diagnostics);
  if (!diagnostics.empty()) CheckFailed(__FILE__, __LINE__, diagnostics.ToString().c_str());
  specs->fields = std::move(read.fields);
  for (KpiSpec& kpi : read.kpis) specs->kpis.push_back(std::move(kpi));
  TableSpec table;
  table.name = "regions";
  table.contents = TableOf(0);
  specs->tables.push_back(std::move(table));
}

bool LooksIntoTable(const std::string& kpi) { return kpi == "team_leads" || kpi == "team_value" || kpi == "red_orders"; }

Answers AnswersByTable(const std::vector<TabledEvent>& events, EventTime t) {
  Answers answers;
  for (const std::string window : {"1h", "24h", "lifetime"}) {
    std::map<std::string, int64_t> leads, red;
    std::map<std::string, Int128> value;
    for (const TabledEvent& e : events) {
      const bool within = Micros(e.event->time) >= StartOf(window, t);
      const std::string team = TeamOf(e);
      if (e.event->type == "lead") leads[team] += within ? 1 : 0;
      if (e.event->type != "paid") continue;
      if (team == "red") red[e.event->region] += within ? 1 : 0;
      const std::optional<int64_t> weight = RowOf(e.table, e.event->region).value_or(Row()).weight;
      if (e.event->has_amount && weight) value[team] += within ? Int128{e.event->amount_micros} * *weight : 0;
    }
    for (const auto& [team, n] : leads) answers[{"team_leads", team, window}] = std::to_string(n);
    for (const auto& [team, sum] : value) answers[{"team_value", team, window}] = ToString(Decimal{sum, 6});
    for (const auto& [region, n] : red) answers[{"red_orders", region, window}] = std::to_string(n);
  }
  return answers;
}

}  // namespace tidemark::simulation
