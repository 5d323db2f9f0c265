// The workings of Company: an agenda of what happens next, and the journeys that write it.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/demo/company.h"
#include "daemon/demo/market.h"
#include "daemon/demo/random.h"
#include "daemon/demo/rhythm.h"

namespace tidemark::demo {

namespace v1 = events::v1;

// Somebody who bought.
struct Client {
  v1::Customer customer;
  v1::Contact contact;
  const Rep* rep = nullptr;
  const Region* region = nullptr;
  int orders = 0;
  bool active = true;
  v1::Subscription subscription;  // no id: none
};
using ClientPtr = std::shared_ptr<Client>;

// Threads: confined to one.
class Simulation {
 public:
  using Action = std::function<void(EventTime)>;

  explicit Simulation(const CompanyOptions& options);
  bool Next(Fact* fact);

  // Runs `action` at t. REQUIRES: t is not before what is happening now.
  void At(EventTime t, Action action);
  // Runs it again and again, `per_day` times on an average day of the company's nominal size.
  void Arrivals(double per_day, Pace pace, Action action);
  // A fact at t, which the caller fills. The reference lives until the action returns.
  v1::Event& Tell(EventTime t, std::string_view key, std::string_view source);

  EventTime After(EventTime t, Duration d) const { return rhythm_.After(t, d); }
  // `median_hours` later or so, as work of staff: in office hours.
  EventTime AtWork(EventTime t, double median_hours);
  // A little later: seconds, skewed.
  EventTime Soon(EventTime t, double median_seconds);

  std::string NewId(std::string_view prefix) { return std::string(prefix) + std::to_string(++last_id_); }
  Random& random() { return random_; }
  template <class T>
  const T& Any(std::span<const T> of) {
    return of[static_cast<size_t>(random_.Between(0, static_cast<int64_t>(of.size()) - 1))];
  }
  const Region& AnyRegion();
  const Rep& RepIn(const Region& region);
  const Product& AnyProduct();
  v1::Contact NewPerson(const Region& region);

  void Join(ClientPtr client) { clients_.push_back(std::move(client)); }
  // One of the customers, newer ones rather; never null.
  ClientPtr AnyClient();

 private:
  struct Step {
    EventTime at;
    uint64_t order;  // of two at one time the first made goes first
    Action action;
    bool operator<(const Step& o) const { return at != o.at ? at > o.at : order > o.order; }
  };
  void Repeat(EventTime t, double per_day, Pace pace, const std::shared_ptr<const Action>& action);
  void FoundingClients();

  const CompanyOptions options_;
  const Rhythm rhythm_;
  const double size_;  // against the nominal company
  Random random_;
  std::vector<Step> agenda_;  // a heap
  std::deque<Fact> told_;
  std::vector<ClientPtr> clients_;
  EventTime now_;
  uint64_t steps_ = 0, facts_ = 0, last_id_ = 10'000;
};

// Each schedules what it is about; called once.
void BeginWeb(Simulation* s);        // visits, page views, forms, and the leads from them
void BeginMarketing(Simulation* s);  // campaigns' figures, e-mails, offline leads
void BeginCustomers(Simulation* s);  // repeat orders, renewals and cancellations, tickets, surveys, rewards
void BeginOffice(Simulation* s);     // training, heartbeats

struct LeadOrigin {
  const Channel* channel = nullptr;
  const CampaignFacts* campaign = nullptr;  // null: none
  std::string landing_page, session;        // empty: not from the web
};
// A lead comes in and is worked on until it is lost or becomes a deal. Returns it as won.
v1::Lead NewLead(Simulation* s, EventTime t, const LeadOrigin& origin);

struct OrderFrom {
  std::string deal, lead, channel, campaign, coupon;
  const Product* product = nullptr;  // of its first line; null: any
  int64_t units = 1;
};
// An order is placed, paid unless refused, sometimes given back in part.
void NewOrder(Simulation* s, EventTime t, const ClientPtr& client, const OrderFrom& from);
// The customer registers, activates and, for a plan, subscribes.
void Onboard(Simulation* s, EventTime t, const ClientPtr& client, const Product& product);

void SetTime(EventTime t, google::protobuf::Timestamp* to);
inline int64_t MicrosOfCents(int64_t cents) { return cents * 10'000; }

}  // namespace tidemark::demo
