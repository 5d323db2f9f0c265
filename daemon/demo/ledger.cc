#include "daemon/demo/ledger.h"

#include "pipeline/base/check.h"

namespace tidemark::demo {
namespace {

constexpr Decimal kOne{1, 0};

}  // namespace

void Ledger::Add(const std::string& kpi, std::map<std::string, std::string> labels, Decimal amount) {
  Decimal& booked = books_[Account{kpi, std::move(labels)}];
  const std::optional<Decimal> sum = tidemark::Add(booked, amount);
  TM_CHECK(sum.has_value());  // 128 bits hold more than any demo earns
  booked = *sum;
}

void Ledger::Greatest(const std::string& kpi, std::map<std::string, std::string> labels, Decimal amount) {
  const auto [at, fresh] = books_.try_emplace(Account{kpi, std::move(labels), true}, amount);
  if (!fresh && Compare(amount, at->second) > 0) at->second = amount;
}

void Ledger::BookOrder(const events::v1::Order& order, bool paid) {
  const Decimal amount{order.amount_micros(), 6};
  const std::string& currency = order.currency();
  Add("revenue_net", {{"sales_region", order.region()}, {"currency", currency}}, amount);
  Add("revenue", {{"currency", currency}}, amount);
  if (!paid) return;
  Add("orders_paid", {{"currency", currency}}, kOne);
  Greatest("largest_order", {{"currency", currency}}, amount);
  if (payers_.emplace(currency, order.customer()).second) Add("customers_paying_overall", {{"currency", currency}}, kOne);
}

void Ledger::Book(const events::v1::Event& e) {
  if (e.has_lead_created()) Add("leads_created", {{"channel", e.lead_created().lead().channel()}}, kOne);
  if (e.has_lead_qualified() && e.lead_qualified().lead().stage() == "sql") Add("leads_sales_qualified", {}, kOne);
  if (e.has_web_session()) Add("web_sessions", {}, kOne);
  if (e.has_deal_won()) Add("deals_won", {{"rep_id", e.deal_won().deal().owner()}}, kOne);
  if (e.has_deal_lost()) Add("deals_lost", {{"rep_id", e.deal_lost().deal().owner()}}, kOne);
  if (e.has_order_paid()) BookOrder(e.order_paid().order(), true);
  if (e.has_order_refunded()) BookOrder(e.order_refunded().order(), false);
  if (e.has_ticket_opened()) Add("tickets_opened", {}, kOne);
}

}  // namespace tidemark::demo
