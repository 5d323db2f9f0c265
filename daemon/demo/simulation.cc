#include "daemon/demo/simulation.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace tidemark::demo {
namespace {

constexpr double kNominalEventsPerDay = 2'700;  // what the rates below in the journeys come to

constexpr std::array<std::string_view, 8> kFirstNames = {"Ada",  "Ben",  "Carla",  "Dmitri",
                                                         "Elif", "Femi", "Gunnar", "Hana"};
constexpr std::array<std::string_view, 8> kLastNames = {"Arslan",  "Brandt",  "Costa", "Diallo",
                                                        "Eriksen", "Ferrari", "Gupta", "Hansen"};
constexpr std::array<std::string_view, 6> kCompanies = {"Anker", "Boje", "Cleat", "Davit", "Eddy", "Fender"};

// One to one on 64 bits, so ids of different numbers differ.
uint64_t Scramble(uint64_t n) {
  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9ULL;
  n = (n ^ (n >> 27)) * 0x94d049bb133111ebULL;
  return n ^ (n >> 31);
}

std::string EventId(uint64_t seed, uint64_t n) {
  char text[40];
  std::snprintf(text, sizeof text, "%08x%016llx", static_cast<unsigned>(seed),
                static_cast<unsigned long long>(Scramble(n)));
  return text;
}

}  // namespace

void SetTime(EventTime t, google::protobuf::Timestamp* to) {
  const int64_t seconds = FloorDiv(Micros(t), kMicrosPerSecond);
  to->set_seconds(seconds);
  to->set_nanos(static_cast<int32_t>((Micros(t) - seconds * kMicrosPerSecond) * 1000));
}

Simulation::Simulation(const CompanyOptions& options)
    : options_(options),
      rhythm_(options.rush_from, options.rush),
      size_(options.events_per_day / kNominalEventsPerDay),
      random_(Scramble(options.seed + 1)),
      now_(options.start) {
  FoundingClients();
  BeginWeb(this);
  BeginMarketing(this);
  BeginCustomers(this);
  BeginOffice(this);
}

bool Simulation::Next(Fact* fact) {
  while (told_.empty()) {
    TM_CHECK(!agenda_.empty());  // arrivals never end
    if (options_.end && agenda_.front().at >= *options_.end) return false;
    std::pop_heap(agenda_.begin(), agenda_.end());
    const Step step = std::move(agenda_.back());
    agenda_.pop_back();
    now_ = step.at;
    step.action(step.at);
  }
  *fact = std::move(told_.front());
  told_.pop_front();
  return true;
}

void Simulation::At(EventTime t, Action action) {
  TM_CHECK(t >= now_);
  agenda_.push_back({t, ++steps_, std::move(action)});
  std::push_heap(agenda_.begin(), agenda_.end());
}

void Simulation::Arrivals(double per_day, Pace pace, Action action) {
  Repeat(now_, per_day * size_, pace, std::make_shared<const Action>(std::move(action)));
}

void Simulation::Repeat(EventTime t, double per_day, Pace pace, const std::shared_ptr<const Action>& action) {
  At(rhythm_.NextArrival(t, per_day, pace, &random_), [this, per_day, pace, action](EventTime at) {
    (*action)(at);
    Repeat(at, per_day, pace, action);
  });
}

v1::Event& Simulation::Tell(EventTime t, std::string_view key, std::string_view source) {
  TM_CHECK(t == now_);
  Fact& fact = told_.emplace_back();
  fact.time = t;
  fact.key = key;
  fact.event.set_id(EventId(options_.seed, ++facts_));
  fact.event.set_source(std::string(source));
  SetTime(t, fact.event.mutable_time());
  return fact.event;
}

EventTime Simulation::AtWork(EventTime t, double median_hours) {
  const double seconds = random_.Skewed(median_hours * 3600, 0.7);
  return rhythm_.AfterAtWork(t, Duration(static_cast<int64_t>(seconds * 1e6)), &random_);
}

EventTime Simulation::Soon(EventTime t, double median_seconds) {
  return rhythm_.After(t, Duration(static_cast<int64_t>(random_.Skewed(median_seconds, 0.6) * 1e6)));
}

const Region& Simulation::AnyRegion() {
  std::vector<double> shares;
  for (const Region& region : Regions()) shares.push_back(region.share);
  return Regions()[random_.Weighted(shares)];
}

const Rep& Simulation::RepIn(const Region& region) {
  for (;;) {  // every region has one
    const Rep& rep = Any(Reps());
    if (&Regions()[rep.region] == &region) return rep;
  }
}

const Product& Simulation::AnyProduct() {
  std::vector<double> weights;
  for (const Product& product : Products()) weights.push_back(product.popularity);
  return Products()[random_.Weighted(weights)];
}

v1::Contact Simulation::NewPerson(const Region& region) {
  const std::string first(Any(std::span<const std::string_view>(kFirstNames)));
  const std::string last(Any(std::span<const std::string_view>(kLastNames)));
  const std::string company(Any(std::span<const std::string_view>(kCompanies)));
  v1::Contact person;
  person.set_id(NewId("p-"));
  if (random_.Chance(0.9)) person.set_name(first + " " + last);
  if (random_.Chance(0.85)) person.set_email(person.id() + "@" + company + ".example");
  if (random_.Chance(0.45)) person.set_phone("+1 555 01" + std::to_string(random_.Between(10, 99)));
  if (random_.Chance(0.6)) person.set_company(company);
  if (random_.Chance(0.3)) person.set_job_title("fleet manager");
  person.set_country(std::string(region.country));
  person.set_region(std::string(region.name));
  person.set_consent(random_.Chance(0.8));
  return person;
}

ClientPtr Simulation::AnyClient() {
  const double newest_first = random_.Unit() * random_.Unit();
  return clients_[clients_.size() - 1 - static_cast<size_t>(newest_first * static_cast<double>(clients_.size()))];
}

void Simulation::FoundingClients() {
  for (int i = 0; i < 200; ++i) {
    auto client = std::make_shared<Client>();
    client->region = &AnyRegion();
    client->rep = &RepIn(*client->region);
    client->contact = NewPerson(*client->region);
    v1::Customer& c = client->customer;
    c.set_id(NewId("k-"));
    c.set_segment(std::string(Any(Segments())));
    c.set_region(std::string(client->region->name));
    c.set_country(std::string(client->region->country));
    c.set_channel(std::string(Channels()[static_cast<size_t>(random_.Between(0, 4))].name));
    c.set_owner(std::string(client->rep->id));
    client->contact.set_customer(c.id());
    client->orders = 1;
    Join(std::move(client));
  }
}

Company::Company(const CompanyOptions& options) : simulation_(std::make_unique<Simulation>(options)) {}
Company::~Company() = default;
bool Company::Next(Fact* fact) { return simulation_->Next(fact); }

}  // namespace tidemark::demo
