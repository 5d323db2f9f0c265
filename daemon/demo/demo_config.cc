#include "daemon/demo/demo_config.h"

#include <array>

namespace tidemark::demo {
namespace {

// The whole catalogue, and what the screen shows of it: the catalogue's numbers, summed down to a few lines.
constexpr const char* kKpis = R"(
catalogue: all
kpis:
  - name: leads_by_channel
    help: New leads, by channel.
    formula: leads_created
    by: [channel]
    windows: &windows [1h, 24h, 7d, 30d, lifetime]
  - name: visits
    help: Visits of the web site.
    formula: web_sessions
    windows: *windows
  - name: visit_conversion
    help: Leads for each visit of the web site.
    unit: ratio
    formula: leads_created / web_sessions
    min_samples: 20
    windows: *windows
  - name: leads_accepted
    help: Leads that sales accepted.
    formula: leads_sales_qualified
    windows: *windows
  - name: deals_by_rep
    help: Deals won, by rep.
    formula: deals_won
    by: [rep_id]
    windows: *windows
  - name: win_share
    help: Deals won of the deals closed.
    unit: ratio
    formula: deals_won / (deals_won + deals_lost)
    min_samples: 10
    windows: *windows
  - name: pipeline
    help: Value of the deals that are open now.
    unit: currency
    formula: pipeline_value
    by: [currency]
    windows: [now]
  - name: orders
    help: Orders paid.
    formula: orders_paid
    by: [currency]
    windows: *windows
  - name: order_value
    help: Mean value of an order paid.
    unit: currency
    formula: revenue_paid / orders_paid
    by: [currency]
    windows: *windows
  - name: largest_order
    help: Largest order paid.
    unit: currency
    on: order.paid
    max: order.amount
    by: {currency: order.currency}
    windows: *windows
  - name: satisfaction
    help: Mean answer to the satisfaction survey, 1 to 5.
    on: survey.answered
    avg: survey.score
    where: survey.kind == "csat"
    windows: *windows
  - name: tickets
    help: Support cases opened.
    formula: tickets_opened
    windows: *windows

rules:
  - name: leads_surge
    kpi: leads_by_channel
    window: 1h
    above: {enter: 10, exit: 7}
    severity: info
    team: marketing
    help: A channel brings more leads than reps can call.
  - name: tickets_flood
    kpi: tickets
    window: 1h
    above: {enter: 5, exit: 3}
    for: 15s
    team: support
    help: More tickets than support can answer in an hour.
  - name: satisfaction_low
    kpi: satisfaction
    window: 1h
    below: {enter: 4.2, exit: 4.4}
    min_samples: 3
    team: support
    help: Customers are not content with the last hour.
  - name: win_ratio_low
    kpi: win_share
    window: 7d
    below: {enter: 0.3, exit: 0.35}
    min_samples: 10
    severity: critical
    help: Fewer than three of ten closed deals were won in a week.
)";

constexpr std::array<std::string_view, 16> kShown = {
    "leads_by_channel", "visits", "visit_conversion", "leads_accepted", "speed_to_lead_overall_seconds", "deals_by_rep",
    "win_share", "pipeline", "revenue", "orders", "order_value", "largest_order", "customers_paying_overall",
    "customer_lifetime_value_overall", "satisfaction", "tickets"};

}  // namespace

std::span<const std::string_view> ShownKpis() { return kShown; }

std::string DemoConfig(const DemoPlaces& places) {
  return R"(# What `tidemark demo` runs. KPIs of a company that does not exist: the whole catalogue, and an overview.
namespace: sales
kafka:
  brokers: )" +
         places.brokers + R"(
  group: tidemark-demo
  properties:
    # The embedded broker answers a fetch late and a group join slowly, unless told otherwise.
    fetch.wait.max.ms: 10
    session.timeout.ms: 6000
topics:
  - name: )" +
         places.topic + R"(
    dedup: {by: id, horizon: 24h, max_ids: 500000}
storage:
  path: ")" +
         places.storage_path + R"("
web:
  listen_address: ")" +
         places.listen_address + "\"\n" + kKpis;
}

}  // namespace tidemark::demo
