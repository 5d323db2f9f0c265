// The configuration that EntityOracle knows.
#pragma once

namespace tidemark {

inline constexpr char kEntityConfig[] = R"(
kafka: {brokers: none}
topics:
  - {name: crm, dedup: {horizon: 90d}}
calendar: {time_zone: Europe/Berlin, week_start: sunday, fiscal_year_start: april}
limits: {series_idle: 3660d}
fields:
  weighted: deal.amount * deal.probability
  idle_days: days_since(deal.expected_close)
kpis:
  - {name: visitors, distinct: lead.id, on: [lead.created, lead.contacted], by: {channel: lead.channel}, windows: [1h, 24h, 7d, lifetime, today, month_to_date, last_week], compare: [previous, 1w, 1mo]}
  - {name: repeaters, distinct: lead.id, at_least: 2, on: [lead.created, lead.contacted], by: {channel: lead.channel}, windows: [24h, 7d, lifetime]}
  - {name: newcomers, first: lead.id, on: [lead.created, lead.contacted], by: {channel: lead.channel}, windows: [1h, 7d, week_to_date, year_to_date, last_month, lifetime], compare: [previous, 1y]}
  - {name: present, active: lead.id, on: [lead.created, lead.contacted], by: {channel: lead.channel}, windows: [1h, 7d, lifetime]}
  - {name: gone, lapsed: lead.id, on: [lead.created, lead.contacted], by: {channel: lead.channel}, windows: [1h, 7d]}
  - {name: response_seconds, key: lead.id, elapsed: {from: lead.created, to: lead.contacted, within: 2d}, stats: [count, sum, avg, p50, p90], by: {channel: from.lead.channel, rep_id: to.lead.owner}, windows: [24h, 30d, lifetime, last_week], compare: [previous]}
  - {name: lead_funnel, key: [lead.id, deal.lead], funnel: {steps: [lead.created, [lead.qualified, lead.contacted], deal.created, deal.won], within: 3d}, by: {channel: from.lead.channel}, windows: [7d, 30d, lifetime]}
  - {name: ripe_funnel, key: [lead.id, deal.lead], funnel: {steps: [lead.created, deal.won], within: 2d, mature: true}, windows: [7d, 30d]}
  - {name: stage_seconds, key: deal.id, dwell: deal.stage, on: [deal.created, deal.stage_changed], until: [deal.won, deal.lost], stats: [count, sum, p50], by: {deal_stage: deal.stage}, windows: [7d, lifetime, last_month]}
  - {name: open_deals, key: deal.id, open: true, on: [deal.created, deal.stage_changed, deal.updated], until: [deal.won, deal.lost], reopen: [deal.reopened], by: {deal_stage: deal.stage}, where: not deal.owner == "bot"}
  - {name: pipeline, key: deal.id, open: {value: deal.amount}, on: [deal.created, deal.stage_changed, deal.updated], until: [deal.won, deal.lost], reopen: [deal.reopened], by: {rep_id: deal.owner}}
  - {name: open_owners, key: deal.id, open: {distinct: deal.owner}, on: [deal.created, deal.stage_changed, deal.updated], until: [deal.won, deal.lost], reopen: [deal.reopened], by: {deal_stage: deal.stage}}
  - {name: silent_deals, key: deal.id, open: {silent_for: 1d}, on: [deal.created, deal.stage_changed, deal.updated], until: [deal.won, deal.lost], reopen: [deal.reopened]}
  - {name: stuck_deals, key: deal.id, open: {value: deal.amount, waiting_for: 1d}, on: [deal.created, deal.stage_changed, deal.updated], until: [deal.won, deal.lost], reopen: [deal.reopened], by: {deal_stage: deal.stage}}
  - {name: weighted_pipeline, key: deal.id, open: {value: weighted}, on: [deal.created, deal.stage_changed, deal.updated], until: [deal.won, deal.lost], reopen: [deal.reopened], by: {rep_id: deal.owner}}
  - {name: likely_deals, key: deal.id, open: true, on: [deal.created, deal.stage_changed, deal.updated], until: [deal.won, deal.lost], reopen: [deal.reopened], by: {deal_stage: deal.stage}, where: weighted > 50 or not has(weighted)}
  - {name: ageing_deals, key: deal.id, open: true, on: [deal.created, deal.stage_changed, deal.updated], until: [deal.won, deal.lost], reopen: [deal.reopened], by: {age: idle_days}}
  - {name: booked_weighted, key: deal.id, sum: weighted, on: deal.won, correct: {by: [deal.updated], revoke: [deal.reopened, deal.deleted]}, by: {rep_id: deal.owner}, windows: [30d, lifetime]}
  - {name: booked, key: deal.id, sum: deal.amount, on: deal.won, correct: {by: [deal.updated], revoke: [deal.reopened, deal.deleted]}, by: {rep_id: deal.owner}, windows: [24h, 30d, month_to_date, lifetime], compare: [previous]}
  - {name: wins, key: deal.id, count: true, on: deal.won, where: deal.amount > 100, correct: {by: [deal.updated], revoke: [deal.reopened, deal.deleted]}, windows: [7d, lifetime, last_quarter]}
  - {name: paid_net, key: order.id, sum: order.amount, on: order.paid, correct: {add: [order.refunded]}, by: {sales_region: order.region}, windows: [7d, lifetime]}
  - {name: order_size, quantiles: order.amount, stats: [p50, p99, avg, count], on: order.paid, by: {sales_region: order.region}, windows: [24h, 30d, lifetime, yesterday], compare: [previous]}
  - {name: orders, count: true, on: order.paid, by: {sales_region: order.region}, windows: [24h, 30d, today, month_to_date, quarter_to_date, last_week, last_year, lifetime], compare: [previous, 1w, 36h, 1mo, 1y]}
  - {name: order_share, unit: ratio, formula: orders / total(orders), by: [sales_region], windows: [30d, month_to_date]}
  - {name: order_change, formula: orders - orders@previous, by: [sales_region], windows: [24h, month_to_date]}
  - {name: kept_visitors, distinct: lead.id, on: [lead.created, lead.contacted], correct: {revoke: lead.merged}, by: {channel: lead.channel}, windows: [24h, month_to_date, lifetime], compare: [previous]}
  - {name: kept_newcomers, first: lead.id, on: [lead.created, lead.contacted], correct: {revoke: lead.merged}, by: {channel: lead.channel}, windows: [7d, lifetime]}
  - {name: kept_present, active: lead.id, on: [lead.created, lead.contacted], correct: {revoke: lead.merged}, by: {channel: lead.channel}, windows: [7d, lifetime]}
  - {name: kept_response_seconds, key: lead.id, elapsed: {from: lead.created, to: lead.contacted, within: 2d}, correct: {revoke: lead.merged}, stats: [count, sum, p50], by: {channel: from.lead.channel, rep_id: to.lead.owner}, windows: [30d, lifetime]}
  - {name: kept_funnel, key: [lead.id, deal.lead], funnel: {steps: [lead.created, [lead.qualified, lead.contacted], deal.created, deal.won], within: 3d}, correct: {revoke: lead.merged}, by: {channel: from.lead.channel}, windows: [7d, lifetime]}
  - {name: kept_stage_seconds, key: deal.id, dwell: deal.stage, on: [deal.created, deal.stage_changed], until: [deal.won, deal.lost], correct: {revoke: deal.deleted}, stats: [count, sum], by: {deal_stage: deal.stage}, windows: [7d, lifetime]}
  # Without a lifetime, what is kept of an id is dropped in time.
  - {name: recent_visitors, distinct: lead.id, where: has(lead.id), on: [lead.created, lead.contacted], by: {channel: lead.channel}, windows: [24h, today], compare: [36h]}
  - {name: recent_repeaters, distinct: lead.id, at_least: 2, where: has(lead.id), on: [lead.created, lead.contacted], by: {channel: lead.channel}, windows: [24h]}
  - {name: recent_present, active: lead.id, where: has(lead.id), on: [lead.created, lead.contacted], correct: {revoke: lead.merged}, by: {channel: lead.channel}, windows: [1h, 24h]}
  - {name: top_channels, first: lead.id, on: lead.created, by: {channel: lead.channel}, windows: [30d, lifetime], top: 2}
)";

}  // namespace tidemark
