// From a lead to a deal that is won or lost.
#include "daemon/demo/simulation.h"

namespace tidemark::demo {
namespace {

// One lead's way, shared by the steps still to come.
struct Journey {
  v1::Lead lead;
  v1::Contact contact;
  v1::Deal deal;
  v1::Quote quote;
  const Channel* channel = nullptr;
  const CampaignFacts* campaign = nullptr;
  const Region* region = nullptr;
  const Rep* rep = nullptr;
  const Product* product = nullptr;
};
using JourneyPtr = std::shared_ptr<Journey>;

void FillProduct(const Product& from, v1::Product* to) {
  to->set_id(std::string(from.id));
  to->set_name(std::string(from.name));
  to->set_category(std::string(from.category));
  to->set_family(std::string(from.family));
}

void LoseLead(Simulation* s, EventTime t, const JourneyPtr& j, std::string_view reason) {
  j->lead.set_stage("lost");
  j->lead.set_reason(std::string(reason));
  *s->Tell(t, j->lead.id(), "crm").mutable_lead_lost()->mutable_lead() = j->lead;
}

void LoseDeal(Simulation* s, EventTime t, const JourneyPtr& j) {
  Random& r = s->random();
  j->deal.set_previous_stage(j->deal.stage());
  j->deal.set_stage("lost");
  j->deal.set_reason(r.Chance(0.4) ? "price" : r.Chance(0.5) ? "no_budget" : "competitor");
  if (j->deal.reason() == "competitor") j->deal.set_competitor("Pilot & Sons");
  auto* lost = s->Tell(t, j->deal.id(), "crm").mutable_deal_lost();
  *lost->mutable_deal() = j->deal;
  *lost->mutable_lead() = j->lead;
  if (j->quote.id().empty()) return;
  j->quote.set_reason(j->deal.reason());
  auto* declined = s->Tell(t, j->deal.id(), "crm").mutable_quote_declined();
  *declined->mutable_quote() = j->quote;
  *declined->mutable_deal() = j->deal;
}

ClientPtr NewClient(Simulation* s, EventTime t, const JourneyPtr& j) {
  auto client = std::make_shared<Client>();
  client->contact = j->contact;
  client->region = j->region;
  client->rep = j->rep;
  v1::Customer& c = client->customer;
  c.set_id(s->NewId("k-"));
  c.set_segment(j->lead.segment());
  c.set_region(j->lead.region());
  c.set_country(std::string(j->region->country));
  c.set_channel(j->lead.channel());
  c.set_owner(j->lead.owner());
  SetTime(t, c.mutable_customer_since());
  client->contact.set_customer(c.id());
  s->Join(client);
  return client;
}

void WinDeal(Simulation* s, EventTime t, const JourneyPtr& j) {
  const ClientPtr client = NewClient(s, t, j);
  j->deal.set_previous_stage(j->deal.stage());
  j->deal.set_stage("won");
  j->deal.set_probability(1);
  j->deal.set_customer(client->customer.id());
  auto* won = s->Tell(t, j->deal.id(), "crm").mutable_deal_won();
  *won->mutable_deal() = j->deal;
  *won->mutable_lead() = j->lead;
  *won->mutable_contact() = client->contact;
  *won->mutable_customer() = client->customer;
  FillProduct(*j->product, won->mutable_product());
  if (!j->quote.id().empty()) {
    auto* accepted = s->Tell(t, j->deal.id(), "crm").mutable_quote_accepted();
    *accepted->mutable_quote() = j->quote;
    *accepted->mutable_deal() = j->deal;
  }
  auto* converted = s->Tell(t, j->lead.id(), "crm").mutable_lead_converted();
  *converted->mutable_lead() = j->lead;
  *converted->mutable_customer() = client->customer;
  converted->set_deal(j->deal.id());
  s->At(s->AtWork(t, 3), [s, j, client](EventTime at) {
    NewOrder(s, at, client,
             {j->deal.id(), j->lead.id(), j->lead.channel(), j->lead.campaign(), "", j->product, j->deal.units()});
  });
  s->At(s->Soon(t, 1800), [s, j, client](EventTime at) { Onboard(s, at, client, *j->product); });
}

void SendQuote(Simulation* s, EventTime t, const JourneyPtr& j) {
  v1::Quote& q = j->quote;
  q.set_id(s->NewId("q-"));
  q.set_amount_micros(j->deal.amount_micros());
  q.set_currency(j->deal.currency());
  q.set_discount_micros(j->deal.discount_micros());
  SetTime(t + std::chrono::hours(24 * 30), q.mutable_expires());
  auto* sent = s->Tell(t, j->deal.id(), "crm").mutable_quote_sent();
  *sent->mutable_quote() = q;
  *sent->mutable_deal() = j->deal;
}

void HoldMeeting(Simulation* s, EventTime t, const JourneyPtr& j, bool demo) {
  v1::Meeting meeting;
  meeting.set_id(s->NewId("m-"));
  meeting.set_kind(demo ? "demo" : "discovery");
  meeting.set_owner(std::string(j->rep->id));
  meeting.set_team(std::string(j->rep->team));
  meeting.set_channel(s->random().Chance(0.8) ? "video" : "onsite");
  *s->Tell(t, j->deal.id(), "calendar").mutable_meeting_booked()->mutable_meeting() = meeting;
  s->At(s->AtWork(t, 12), [s, j, demo, meeting](EventTime at) mutable {
    meeting.mutable_duration()->set_seconds(60 * s->random().Between(20, 75));
    meeting.set_outcome(s->random().Chance(0.85) ? "held" : "no_show");
    v1::Event& event = s->Tell(at, j->deal.id(), "calendar");
    if (demo) {
      *event.mutable_meeting_demo()->mutable_meeting() = meeting;
      FillProduct(*j->product, event.mutable_meeting_demo()->mutable_product());
    } else {
      *event.mutable_meeting_held()->mutable_meeting() = meeting;
    }
  });
}

void UseContent(Simulation* s, EventTime t, const JourneyPtr& j) {
  v1::Content content;
  content.set_id(std::string(s->Any(SalesContent())));
  content.set_kind("collateral");
  content.set_owner(std::string(j->rep->id));
  content.set_team(std::string(j->rep->team));
  j->deal.set_content(content.id());
  auto* used = s->Tell(t, j->deal.id(), "library").mutable_content_used();
  *used->mutable_content() = content;
  *used->mutable_deal() = j->deal;
  *s->Tell(t, j->deal.id(), "library").mutable_content_shared()->mutable_content() = content;
  if (!s->random().Chance(0.6)) return;
  content.clear_owner();
  content.clear_team();
  s->At(s->Soon(t, 7200), [s, j, content](EventTime at) {
    *s->Tell(at, j->deal.id(), "library").mutable_content_viewed()->mutable_content() = content;
  });
}

void WorkStage(Simulation* s, EventTime t, const JourneyPtr& j, size_t stage) {
  const Stage& now = Stages()[stage];
  if (stage < 2) HoldMeeting(s, t, j, stage == 1);
  if (stage == 1 && s->random().Chance(0.5)) UseContent(s, t, j);
  if (stage == 2) SendQuote(s, t, j);
  s->At(s->AtWork(t, now.median_days * 24), [s, j, stage](EventTime at) {
    const double survives = std::min(0.97, Stages()[stage].survives * (0.8 + 0.2 * j->rep->skill));
    if (!s->random().Chance(survives)) return LoseDeal(s, at, j);
    if (stage + 1 == Stages().size()) return WinDeal(s, at, j);
    j->deal.set_previous_stage(j->deal.stage());
    j->deal.set_stage(std::string(Stages()[stage + 1].name));
    j->deal.set_probability(Stages()[stage + 1].probability);
    *s->Tell(at, j->deal.id(), "crm").mutable_deal_stage_changed()->mutable_deal() = j->deal;
    WorkStage(s, at, j, stage + 1);
  });
}

void OpenDeal(Simulation* s, EventTime t, const JourneyPtr& j) {
  Random& r = s->random();
  v1::Deal& d = j->deal;
  const int64_t units = r.Between(1, j->lead.segment() == "enterprise" ? 40 : 8);
  const int64_t discount_percent = r.Chance(0.3) ? r.Between(5, 20) : 0;
  const int64_t list = MicrosOfCents(j->product->price_cents) * units;
  d.set_id(s->NewId("d-"));
  d.set_units(units);
  d.set_discount_micros(list / 100 * discount_percent);
  d.set_amount_micros(list - d.discount_micros());
  d.set_currency(std::string(j->region->currency));
  d.set_stage(std::string(Stages()[0].name));
  d.set_probability(Stages()[0].probability);
  d.set_owner(j->lead.owner());
  d.set_team(j->lead.team());
  d.set_region(j->lead.region());
  d.set_segment(j->lead.segment());
  d.set_lead(j->lead.id());
  d.set_product(j->lead.product());
  d.set_channel(j->lead.channel());
  d.set_campaign(j->lead.campaign());
  SetTime(t, d.mutable_created());
  SetTime(t + std::chrono::hours(24 * 14), d.mutable_expected_close());
  auto* created = s->Tell(t, d.id(), "crm").mutable_deal_created();
  *created->mutable_deal() = d;
  *created->mutable_lead() = j->lead;
  *created->mutable_contact() = j->contact;
  FillProduct(*j->product, created->mutable_product());
  WorkStage(s, t, j, 0);
}

void Qualify(Simulation* s, EventTime t, const JourneyPtr& j, std::string_view stage) {
  j->lead.set_stage(std::string(stage));
  auto* qualified = s->Tell(t, j->lead.id(), "crm").mutable_lead_qualified();
  *qualified->mutable_lead() = j->lead;
  *qualified->mutable_contact() = j->contact;
}

// The first call: reached or not, it goes on from here.
void Contact(Simulation* s, EventTime t, const JourneyPtr& j) {
  Random& r = s->random();
  const bool by_phone = !j->contact.phone().empty();
  if (by_phone) {
    auto* call = s->Tell(t, j->lead.id(), "phone").mutable_call_made()->mutable_call();
    call->set_id(s->NewId("call-"));
    call->set_owner(std::string(j->rep->id));
    call->set_team(std::string(j->rep->team));
    call->set_direction("outbound");
    call->set_outcome(r.Chance(0.7) ? "reached" : "voicemail");
    call->mutable_duration()->set_seconds(r.Between(20, 1500));
  }
  auto* contacted = s->Tell(t, j->lead.id(), "crm").mutable_lead_contacted();
  *contacted->mutable_lead() = j->lead;
  contacted->set_method(by_phone ? "call" : "email");
  if (!r.Chance(0.55 * j->channel->quality)) {
    s->At(s->AtWork(t, 48), [s, j](EventTime at) { LoseLead(s, at, j, "no_answer"); });
    return;
  }
  Qualify(s, t, j, "mql");
  *s->Tell(t, j->contact.id(), "crm").mutable_contact_created()->mutable_contact() = j->contact;
  s->At(s->AtWork(t, 20), [s, j](EventTime at) {
    if (!s->random().Chance(0.62)) return LoseLead(s, at, j, "no_need");
    Qualify(s, at, j, "sql");
    s->At(s->AtWork(at, 6), [s, j](EventTime opened) { OpenDeal(s, opened, j); });
  });
}

}  // namespace

v1::Lead NewLead(Simulation* s, EventTime t, const LeadOrigin& origin) {
  Random& r = s->random();
  auto j = std::make_shared<Journey>();
  j->channel = origin.channel;
  j->campaign = origin.campaign;
  j->region = &s->AnyRegion();
  j->rep = &s->RepIn(*j->region);
  j->product = &s->AnyProduct();
  j->contact = s->NewPerson(*j->region);
  v1::Lead& lead = j->lead;
  lead.set_id(s->NewId("l-"));
  lead.set_channel(std::string(origin.channel->name));
  if (origin.campaign != nullptr) lead.set_campaign(std::string(origin.campaign->id));
  lead.set_landing_page(origin.landing_page);
  lead.set_session(origin.session);
  lead.set_region(std::string(j->region->name));
  lead.set_owner(std::string(j->rep->id));
  lead.set_team(std::string(j->rep->team));
  lead.set_segment(std::string(s->Any(Segments())));
  lead.set_product(std::string(j->product->id));
  SetTime(t, lead.mutable_created());
  auto* created = s->Tell(t, lead.id(), "crm").mutable_lead_created();
  *created->mutable_lead() = lead;
  *created->mutable_contact() = j->contact;
  const v1::Lead as_won = lead;
  s->At(s->Soon(t, 40), [s, j](EventTime at) {
    j->lead.set_score(static_cast<double>(s->random().Between(5, 95)));
    *s->Tell(at, j->lead.id(), "scoring").mutable_lead_scored()->mutable_lead() = j->lead;
  });
  if (r.Chance(0.06)) {
    s->At(s->AtWork(t, 1), [s, j](EventTime at) { LoseLead(s, at, j, "spam"); });
  } else {
    s->At(s->AtWork(t, 1.2), [s, j](EventTime at) { Contact(s, at, j); });
  }
  return as_won;
}

}  // namespace tidemark::demo
