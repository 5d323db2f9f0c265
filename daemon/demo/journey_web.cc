// Visits to the site, campaigns and their e-mails, and the leads that come from them or from elsewhere.
#include "daemon/demo/simulation.h"

namespace tidemark::demo {
namespace {

const CampaignFacts* CampaignOf(Simulation* s, const Channel& channel) {
  std::vector<const CampaignFacts*> of_channel;
  for (const CampaignFacts& c : Campaigns()) {
    if (c.channel == channel.name) of_channel.push_back(&c);
  }
  if (of_channel.empty()) return nullptr;
  return of_channel[static_cast<size_t>(s->random().Between(0, static_cast<int64_t>(of_channel.size()) - 1))];
}

const Channel& AnyChannel(Simulation* s, double Channel::*share) {
  std::vector<double> weights;
  for (const Channel& channel : Channels()) weights.push_back(channel.*share);
  return Channels()[s->random().Weighted(weights)];
}

void FillCampaign(const CampaignFacts& from, v1::Campaign* to) {
  to->set_id(std::string(from.id));
  to->set_name(std::string(from.name));
  to->set_channel(std::string(from.channel));
  to->set_medium(std::string(from.medium));
  to->set_source(std::string(from.source));
}

struct Visit {
  v1::Web web;
  const Channel* channel;
  const CampaignFacts* campaign;
  int64_t pages;
  EventTime began;
};

void SendForm(Simulation* s, EventTime t, const Visit& visit) {
  const v1::Lead lead = NewLead(s, t, {visit.channel, visit.campaign, visit.web.landing_page(), visit.web.session()});
  auto* form = s->Tell(t, visit.web.session(), "web").mutable_web_form_submitted();
  *form->mutable_web() = visit.web;
  form->mutable_web()->set_form("contact");
  *form->mutable_lead() = lead;
}

void ViewPage(Simulation* s, EventTime t, const std::shared_ptr<Visit>& visit, int64_t page) {
  v1::Web& web = visit->web;
  web.set_page(page == 1 ? web.landing_page() : std::string(s->Any(LandingPages())));
  *s->Tell(t, web.session(), "web").mutable_web_page_view()->mutable_web() = web;
  const EventTime next = s->Soon(t, 35);
  if (page < visit->pages) {
    s->At(next, [s, visit, page](EventTime at) { ViewPage(s, at, visit, page + 1); });
    return;
  }
  if (s->random().Chance(visit->channel->converts)) SendForm(s, t, *visit);
  s->At(next, [s, visit](EventTime at) {
    v1::Web& ended = visit->web;
    ended.clear_page();
    ended.set_page_views(visit->pages);
    ended.mutable_engaged()->set_seconds((at - visit->began).count() / kMicrosPerSecond);
    *s->Tell(at, ended.session(), "web").mutable_web_session()->mutable_web() = ended;
  });
}

void StartVisit(Simulation* s, EventTime t) {
  Random& r = s->random();
  auto visit = std::make_shared<Visit>();
  visit->channel = &AnyChannel(s, &Channel::visits);
  visit->campaign = CampaignOf(s, *visit->channel);
  visit->pages = 1 + static_cast<int64_t>(r.Exponential(1.6));
  visit->began = t;
  const Region& region = s->AnyRegion();
  v1::Web& web = visit->web;
  web.set_session(s->NewId("s-"));
  web.set_landing_page(std::string(s->Any(LandingPages())));
  web.set_channel(std::string(visit->channel->name));
  if (visit->campaign != nullptr) {
    web.set_campaign(std::string(visit->campaign->id));
    web.set_source(std::string(visit->campaign->source));
    web.set_medium(std::string(visit->campaign->medium));
  }
  web.set_device(r.Chance(0.55) ? "desktop" : r.Chance(0.9) ? "mobile" : "tablet");
  web.set_country(std::string(region.country));
  web.set_region(std::string(region.name));
  ViewPage(s, t, visit, 1);
}

// What an advertising platform reports each hour of one campaign.
void ReportCampaign(Simulation* s, EventTime t, const CampaignFacts& facts) {
  const double busy = Intensity(Pace::kPeople, t) * s->random().Skewed(1, 0.2);
  const auto shown = static_cast<int64_t>(facts.impressions_an_hour * busy);
  const auto clicks = static_cast<int64_t>(static_cast<double>(shown) * facts.click_rate * s->random().Skewed(1, 0.2));
  if (shown == 0) return;
  auto* impressions = s->Tell(t, facts.id, "ads").mutable_campaign_impression();
  FillCampaign(facts, impressions->mutable_campaign());
  impressions->set_count(shown);
  if (clicks == 0) return;
  auto* clicked = s->Tell(t, facts.id, "ads").mutable_campaign_click();
  FillCampaign(facts, clicked->mutable_campaign());
  clicked->set_count(clicks);
  auto* spend = s->Tell(t, facts.id, "ads").mutable_campaign_spend();
  FillCampaign(facts, spend->mutable_campaign());
  spend->mutable_spend()->set_amount_micros(MicrosOfCents(clicks * facts.cents_a_click));
  spend->mutable_spend()->set_currency("USD");
}

struct Letter {
  v1::Email email;
  v1::Campaign campaign;
  ClientPtr to;
};

void ReadLetter(Simulation* s, EventTime t, const std::shared_ptr<Letter>& letter) {
  auto* opened = s->Tell(t, letter->to->customer.id(), "mailer").mutable_email_opened();
  *opened->mutable_email() = letter->email;
  *opened->mutable_campaign() = letter->campaign;
  if (s->random().Chance(0.01)) {
    *s->Tell(t, letter->to->customer.id(), "mailer").mutable_email_unsubscribed()->mutable_email() = letter->email;
    return;
  }
  if (!s->random().Chance(0.2)) return;
  s->At(s->Soon(t, 60), [s, letter](EventTime at) {
    auto* clicked = s->Tell(at, letter->to->customer.id(), "mailer").mutable_email_clicked();
    *clicked->mutable_email() = letter->email;
    clicked->mutable_email()->set_link("/pricing");
    *clicked->mutable_campaign() = letter->campaign;
    auto* responded = s->Tell(at, letter->to->customer.id(), "mailer").mutable_campaign_responded();
    *responded->mutable_campaign() = letter->campaign;
    *responded->mutable_customer() = letter->to->customer;
  });
}

void SendLetter(Simulation* s, EventTime t) {
  auto letter = std::make_shared<Letter>();
  letter->to = s->AnyClient();
  FillCampaign(Campaigns()[s->random().Chance(0.8) ? 3 : 4], &letter->campaign);
  letter->email.set_id(s->NewId("e-"));
  letter->email.set_recipient(letter->to->contact.email());
  letter->email.set_template_(letter->campaign.id() + "-a");
  const std::string& key = letter->to->customer.id();
  auto* part = s->Tell(t, key, "mailer").mutable_campaign_sent();
  *part->mutable_campaign() = letter->campaign;
  *part->mutable_customer() = letter->to->customer;
  auto* sent = s->Tell(t, key, "mailer").mutable_email_sent();
  *sent->mutable_email() = letter->email;
  *sent->mutable_campaign() = letter->campaign;
  s->At(s->Soon(t, 3), [s, letter](EventTime at) {
    v1::Event& event = s->Tell(at, letter->to->customer.id(), "mailer");
    if (letter->to->contact.email().empty() || s->random().Chance(0.02)) {
      *event.mutable_email_bounced()->mutable_email() = letter->email;
      event.mutable_email_bounced()->mutable_email()->set_reason("no_mailbox");
      return;
    }
    *event.mutable_email_delivered()->mutable_email() = letter->email;
    *event.mutable_email_delivered()->mutable_campaign() = letter->campaign;
    if (s->random().Chance(0.38))
      s->At(s->Soon(at, 5400), [s, letter](EventTime read) { ReadLetter(s, read, letter); });
  });
}

}  // namespace

void BeginWeb(Simulation* s) {
  s->Arrivals(300, Pace::kPeople, [s](EventTime t) { StartVisit(s, t); });
}

void BeginMarketing(Simulation* s) {
  for (const CampaignFacts& facts : Campaigns()) {
    if (facts.impressions_an_hour > 0) {
      s->Arrivals(24, Pace::kAlways, [s, &facts](EventTime t) { ReportCampaign(s, t, facts); });
    }
  }
  s->Arrivals(110, Pace::kPeople, [s](EventTime t) { SendLetter(s, t); });
  s->Arrivals(28, Pace::kOffice, [s](EventTime t) {
    const Channel& channel = AnyChannel(s, &Channel::offline);
    NewLead(s, t, {&channel, nullptr, "", ""});
  });
}

}  // namespace tidemark::demo
