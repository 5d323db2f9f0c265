#include "daemon/demo/demo_config.h"

namespace tidemark::demo {
namespace {

// "catalogue: all\n" adds the shipped catalogue. A KPI below replaces its namesake there, so those that the catalogue
// holds with a lifetime window can then go: the ledger and the rules take further labels as they come.
constexpr const char* kCatalogue = "";

constexpr const char* kKpis = R"(
kpis:
  - name: leads_created
    help: Leads created.
    on: lead.created
    count: true
    by: {channel: lead.channel}
    windows: [1h, 24h, 7d, 30d, lifetime]
  - name: leads_qualified
    help: Leads that sales accepted.
    on: lead.qualified
    where: lead.stage == "sql"
    count: true
    windows: [1h, 24h, 7d, 30d, lifetime]
  - name: web_visits
    help: Visits to the site.
    on: web.session
    count: true
    windows: [1h, 24h, 7d, 30d, lifetime]
  - name: visit_conversion
    help: Leads per visit to the site.
    unit: ratio
    formula: leads_created / web_visits
    min_samples: 20
    windows: [1h, 24h, 7d, 30d, lifetime]
  - name: deals_won
    help: Deals won.
    on: deal.won
    count: true
    by: {rep_id: deal.owner}
    windows: [1h, 24h, 7d, 30d, lifetime]
  - name: deals_lost
    help: Deals lost.
    on: deal.lost
    count: true
    by: {rep_id: deal.owner}
    windows: [1h, 24h, 7d, 30d, lifetime]
  - name: win_ratio
    help: Deals won of the deals closed.
    unit: ratio
    formula: deals_won / (deals_won + deals_lost)
    min_samples: 10
    windows: [1h, 24h, 7d, 30d, lifetime]
  - name: revenue
    help: Paid less refunded, US dollars.
    unit: usd
    on: [order.paid, order.refunded]
    sum: order.amount
    where: order.currency == "USD"
    by: {sales_region: order.region}
    windows: [1h, 24h, 7d, 30d, lifetime]
  - name: orders_paid
    help: Orders paid in US dollars.
    on: order.paid
    where: order.currency == "USD"
    count: true
    windows: [1h, 24h, 7d, 30d, lifetime]
  - name: order_value
    help: Mean value of an order paid in US dollars.
    unit: usd
    on: order.paid
    avg: order.amount
    where: order.currency == "USD"
    windows: [1h, 24h, 7d, 30d, lifetime]
  - name: largest_order
    help: Largest order paid in US dollars.
    unit: usd
    on: order.paid
    max: order.amount
    where: order.currency == "USD"
    windows: [1h, 24h, 7d, 30d, lifetime]
  - name: satisfaction
    help: Mean answer to the satisfaction survey, 1 to 5.
    on: survey.answered
    avg: survey.score
    where: survey.kind == "csat"
    windows: [1h, 24h, 7d, 30d, lifetime]
  - name: tickets_opened
    help: Support tickets opened.
    on: ticket.opened
    count: true
    windows: [1h, 24h, 7d, 30d, lifetime]

rules:
  - name: leads_surge
    kpi: leads_created
    window: 1h
    above: {enter: 10, exit: 7}
    severity: info
    team: marketing
    help: A channel brings more leads than reps can call.
  - name: tickets_flood
    kpi: tickets_opened
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
    kpi: win_ratio
    window: 7d
    below: {enter: 0.3, exit: 0.35}
    min_samples: 10
    severity: critical
    help: Fewer than three of ten closed deals were won in a week.
)";

}  // namespace

std::string DemoConfig(const DemoPlaces& places) {
  return R"(# What `tidemark demo` runs. KPIs of a company that does not exist.
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
         places.listen_address + "\"\n" + kCatalogue + kKpis;
}

}  // namespace tidemark::demo
