// What customers do: orders and payments, subscriptions, tickets, surveys, rewards.
#include "daemon/demo/simulation.h"

namespace tidemark::demo {
namespace {

struct Sale {
  v1::Order order;
  std::vector<v1::OrderItem> lines;
  ClientPtr client;
};
using SalePtr = std::shared_ptr<Sale>;

void AddLine(const Product& product, int64_t units, int64_t discount_percent, Sale* sale) {
  const int64_t list = MicrosOfCents(product.price_cents) * units;
  const int64_t discount = list / 100 * discount_percent;
  v1::OrderItem& line = sale->lines.emplace_back();
  line.mutable_product()->set_id(std::string(product.id));
  line.mutable_product()->set_name(std::string(product.name));
  line.mutable_product()->set_category(std::string(product.category));
  line.mutable_product()->set_family(std::string(product.family));
  v1::Item& item = *line.mutable_item();
  item.set_id(std::to_string(sale->lines.size()));
  item.set_amount_micros(list - discount);
  item.set_currency(sale->order.currency());
  item.set_units(units);
  item.set_discount_micros(discount);
  item.set_cost_micros(static_cast<int64_t>(static_cast<double>(list) * product.cost_share));
  v1::Order& order = sale->order;
  order.set_amount_micros(order.amount_micros() + item.amount_micros());
  order.set_discount_micros(order.discount_micros() + discount);
  order.set_cost_micros(order.cost_micros() + item.cost_micros());
  order.set_units(order.units() + units);
}

v1::Payment PaymentOf(Simulation* s, const Sale& sale) {
  v1::Payment payment;
  payment.set_id(s->NewId("pay-"));
  payment.set_amount_micros(sale.order.amount_micros());
  payment.set_currency(sale.order.currency());
  payment.set_method(s->random().Chance(0.7) ? "card" : "transfer");
  payment.set_order(sale.order.id());
  payment.set_customer(sale.order.customer());
  payment.set_region(sale.order.region());
  return payment;
}

// Some of it, or all, comes back: never more than was paid.
void Refund(Simulation* s, EventTime t, const SalePtr& sale) {
  v1::Order order = sale->order;
  const int64_t percent = s->random().Chance(0.5) ? 100 : s->random().Between(10, 60);
  order.set_amount_micros(-(sale->order.amount_micros() / 100 * percent));
  order.set_cost_micros(-(sale->order.cost_micros() / 100 * percent));
  order.clear_units();
  order.clear_discount_micros();
  order.set_status("refunded");
  order.set_reason(s->random().Chance(0.5) ? "damaged" : "not_needed");
  auto* refunded = s->Tell(t, order.id(), "shop").mutable_order_refunded();
  *refunded->mutable_order() = order;
  *refunded->mutable_customer() = sale->client->customer;
  v1::Payment payment = PaymentOf(s, *sale);
  payment.set_amount_micros(order.amount_micros());
  *s->Tell(t, order.id(), "payments").mutable_payment_refunded()->mutable_payment() = payment;
}

void AnswerSurvey(Simulation* s, EventTime t, const SalePtr& sale) {
  auto* answered = s->Tell(t, sale->client->customer.id(), "survey").mutable_survey_answered();
  v1::Survey& survey = *answered->mutable_survey();
  const bool nps = s->random().Chance(0.3);
  const double mood = s->random().Unit() * s->random().Unit();  // most are content
  survey.set_id(s->NewId("a-"));
  survey.set_kind(nps ? "nps" : "csat");
  survey.set_score(static_cast<double>(nps ? 10 - static_cast<int>(mood * 11) : 5 - static_cast<int>(mood * 5)));
  survey.set_product(sale->lines[0].product().id());
  survey.set_region(sale->order.region());
  survey.set_customer(sale->order.customer());
  survey.set_order(sale->order.id());
  survey.set_segment(sale->order.segment());
  *answered->mutable_customer() = sale->client->customer;
}

void Pay(Simulation* s, EventTime t, const SalePtr& sale) {
  v1::Order& order = sale->order;
  *s->Tell(t, order.id(), "payments").mutable_payment_received()->mutable_payment() = PaymentOf(s, *sale);
  order.set_status("paid");
  auto* paid = s->Tell(t, order.id(), "shop").mutable_order_paid();
  *paid->mutable_order() = order;
  *paid->mutable_customer() = sale->client->customer;
  if (sale->lines.size() == 1) *paid->mutable_product() = sale->lines[0].product();
  Random& r = s->random();
  if (r.Chance(0.05)) s->At(s->AtWork(t, 60), [s, sale](EventTime at) { Refund(s, at, sale); });
  if (r.Chance(0.3)) s->At(s->Soon(t, 86400), [s, sale](EventTime at) { AnswerSurvey(s, at, sale); });
  if (r.Chance(0.25)) {
    v1::Reward reward;
    reward.set_id(s->NewId("rw-"));
    reward.set_kind("points");
    reward.set_points(order.amount_micros() / 10'000'000);
    reward.set_amount_micros(order.amount_micros() / 100);
    reward.set_currency(order.currency());
    auto* granted = s->Tell(t, order.customer(), "rewards").mutable_reward_granted();
    *granted->mutable_customer() = sale->client->customer;
    *granted->mutable_reward() = reward;
    if (!r.Chance(0.4)) return;
    s->At(s->Soon(t, 3 * 86400), [s, sale, reward](EventTime at) {
      auto* redeemed = s->Tell(at, sale->order.customer(), "rewards").mutable_reward_redeemed();
      *redeemed->mutable_customer() = sale->client->customer;
      *redeemed->mutable_reward() = reward;
    });
  }
}

void TryToPay(Simulation* s, EventTime t, const SalePtr& sale) {
  if (!s->random().Chance(0.06)) return Pay(s, t, sale);
  auto* failed = s->Tell(t, sale->order.id(), "payments").mutable_payment_failed();
  *failed->mutable_payment() = PaymentOf(s, *sale);
  failed->mutable_payment()->set_reason("declined");
  const bool again = s->random().Chance(0.7);
  s->At(s->Soon(t, again ? 600 : 7200), [s, sale, again](EventTime at) {
    if (again) return Pay(s, at, sale);
    sale->order.set_status("cancelled");
    sale->order.set_reason("not_paid");
    *s->Tell(at, sale->order.id(), "shop").mutable_order_cancelled()->mutable_order() = sale->order;
  });
}

void OpenTicket(Simulation* s, EventTime t) {
  Random& r = s->random();
  const ClientPtr client = s->AnyClient();
  v1::Ticket ticket;
  ticket.set_id(s->NewId("t-"));
  ticket.set_kind(r.Chance(0.6) ? "question" : "incident");
  ticket.set_priority(r.Chance(0.15) ? "high" : "normal");
  ticket.set_product(std::string(s->AnyProduct().id));
  ticket.set_region(client->customer.region());
  ticket.set_customer(client->customer.id());
  ticket.set_channel(r.Chance(0.5) ? "mail" : "chat");
  SetTime(t, ticket.mutable_opened());
  *s->Tell(t, ticket.id(), "support").mutable_ticket_opened()->mutable_ticket() = ticket;
  if (r.Chance(0.08)) {
    auto* complaint = s->Tell(t, ticket.id(), "support").mutable_ticket_complaint();
    *complaint->mutable_ticket() = ticket;
    complaint->mutable_ticket()->set_reason("slow_answer");
  }
  s->At(s->AtWork(t, ticket.priority() == "high" ? 3 : 14), [s, ticket](EventTime at) mutable {
    ticket.set_reason("answered");
    *s->Tell(at, ticket.id(), "support").mutable_ticket_resolved()->mutable_ticket() = ticket;
  });
}

void Renew(Simulation* s, EventTime t) {
  const ClientPtr client = s->AnyClient();
  if (client->subscription.id().empty() || !client->active) return;
  v1::Event& event = s->Tell(t, client->customer.id(), "billing");
  if (s->random().Chance(0.75)) {
    *event.mutable_subscription_renewed()->mutable_customer() = client->customer;
    *event.mutable_subscription_renewed()->mutable_subscription() = client->subscription;
    return;
  }
  client->active = false;
  client->subscription.set_reason(s->random().Chance(0.5) ? "too_expensive" : "not_used");
  client->customer.set_reason(client->subscription.reason());
  *event.mutable_subscription_cancelled()->mutable_customer() = client->customer;
  *event.mutable_subscription_cancelled()->mutable_subscription() = client->subscription;
  *s->Tell(t, client->customer.id(), "crm").mutable_customer_cancelled()->mutable_customer() = client->customer;
}

void Train(Simulation* s, EventTime t) {
  const Rep& rep = s->Any(Reps());
  v1::Course course;
  course.set_id(s->random().Chance(0.5) ? "course-pricing" : "course-sensors");
  course.set_owner(std::string(rep.id));
  course.set_team(std::string(rep.team));
  course.set_assignment(s->NewId("as-"));
  *s->Tell(t, rep.id, "training").mutable_course_assigned()->mutable_course() = course;
  if (!s->random().Chance(0.8)) return;
  s->At(s->AtWork(t, 72), [s, course](EventTime at) mutable {
    course.set_score(static_cast<double>(s->random().Between(40, 100)));
    course.set_passed(course.score() >= 60);
    *s->Tell(at, course.owner(), "training").mutable_course_completed()->mutable_course() = course;
  });
}

}  // namespace

void NewOrder(Simulation* s, EventTime t, const ClientPtr& client, const OrderFrom& from) {
  auto sale = std::make_shared<Sale>();
  sale->client = client;
  v1::Order& order = sale->order;
  order.set_id(s->NewId("o-"));
  order.set_currency(std::string(client->region->currency));
  order.set_customer(client->customer.id());
  order.set_region(client->customer.region());
  order.set_channel(from.channel.empty() ? client->customer.channel() : from.channel);
  order.set_campaign(from.campaign);
  order.set_coupon(from.coupon);
  order.set_deal(from.deal);
  order.set_lead(from.lead);
  order.set_segment(client->customer.segment());
  order.set_first(client->orders++ == 0);
  order.set_status("placed");
  if (!from.deal.empty()) {
    order.set_owner(std::string(client->rep->id));
    order.set_team(std::string(client->rep->team));
  }
  const int64_t discount = from.coupon.empty() ? 0 : 10;
  AddLine(from.product != nullptr ? *from.product : s->AnyProduct(), from.units, discount, sale.get());
  while (s->random().Chance(0.3)) {
    const Product& more = s->AnyProduct();  // a statement of its own: arguments are evaluated in any order
    AddLine(more, s->random().Between(1, 3), discount, sale.get());
  }
  if (sale->lines.size() == 1) order.set_product(sale->lines[0].product().id());

  auto* placed = s->Tell(t, order.id(), "shop").mutable_order_placed();
  *placed->mutable_order() = order;
  *placed->mutable_customer() = client->customer;
  for (v1::OrderItem line : sale->lines) {
    v1::Order& of = *line.mutable_order();
    of.set_id(order.id());
    of.set_customer(order.customer());
    of.set_region(order.region());
    *s->Tell(t, order.id(), "shop").mutable_order_item() = std::move(line);
  }
  s->At(s->Soon(t, from.deal.empty() ? 120 : 3 * 86400), [s, sale](EventTime at) { TryToPay(s, at, sale); });
}

void Onboard(Simulation* s, EventTime t, const ClientPtr& client, const Product& product) {
  auto* registered = s->Tell(t, client->customer.id(), "crm").mutable_customer_registered();
  *registered->mutable_customer() = client->customer;
  *registered->mutable_contact() = client->contact;
  if (product.category == "plans") {
    v1::Subscription& term = client->subscription;
    term.set_id(s->NewId("sub-"));
    term.set_plan(std::string(product.id));
    term.set_amount_micros(MicrosOfCents(product.price_cents));
    term.set_currency(std::string(client->region->currency));
    term.set_term_months(1);
    client->customer.set_plan(term.plan());
    auto* started = s->Tell(t, client->customer.id(), "billing").mutable_subscription_started();
    *started->mutable_customer() = client->customer;
    *started->mutable_subscription() = term;
  }
  if (!s->random().Chance(0.85)) return;
  s->At(s->Soon(t, 20'000), [s, client](EventTime at) {
    *s->Tell(at, client->customer.id(), "product").mutable_customer_activated()->mutable_customer() = client->customer;
  });
}

void BeginCustomers(Simulation* s) {
  s->Arrivals(55, Pace::kPeople, [s](EventTime t) {
    const ClientPtr client = s->AnyClient();
    const bool coupon = s->random().Chance(0.15);
    NewOrder(s, t, client,
             {"", "", "", coupon ? "c-301" : "", coupon ? "LETTER10" : "", nullptr, s->random().Between(1, 3)});
    if (!coupon) return;
    auto* redeemed = s->Tell(t, client->customer.id(), "shop").mutable_campaign_redeemed();
    redeemed->mutable_campaign()->set_id("c-301");
    redeemed->mutable_campaign()->set_coupon("LETTER10");
    *redeemed->mutable_customer() = client->customer;
  });
  s->Arrivals(14, Pace::kPeople, [s](EventTime t) { OpenTicket(s, t); });
  s->Arrivals(40, Pace::kAlways, [s](EventTime t) { Renew(s, t); });
}

void BeginOffice(Simulation* s) {
  s->Arrivals(2, Pace::kOffice, [s](EventTime t) { Train(s, t); });
  s->Arrivals(48, Pace::kAlways, [s](EventTime t) {
    auto* heartbeat = s->Tell(t, "crm", "crm").mutable_heartbeat();
    heartbeat->set_source("crm");
    SetTime(t, heartbeat->mutable_complete_through());
  });
}

}  // namespace tidemark::demo
