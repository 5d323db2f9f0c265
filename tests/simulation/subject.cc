#include "tests/simulation/subject.h"

#include <algorithm>
#include <set>

#include "tests/property/entity_trial.h"
#include "tests/simulation/changes.h"
#include "tests/simulation/plans.h"
#include "tests/simulation/schemas.h"
#include "tests/simulation/tables.h"
#include "tidemark/events/v1/event.pb.h"

namespace tidemark::simulation {
namespace {

constexpr Duration kWrongClock = std::chrono::hours(24 * 365);
const EventTime kPlainStart = EventTimeFromMicros(1'700'000'000 * kMicrosPerSecond);

// Both oracles have logs of events that they read up to an offset.
template <class O, class E, class... Window>
Answers Ask(O* oracle, const std::vector<E>& events, const AppliedEvents& applied, EventTime t, const Window&... window) {
  std::map<TopicPartition, Offset> through;
  oracle->logs.clear();
  for (const auto& [tp, numbers] : applied) {
    auto& log = oracle->logs[tp];
    for (const AppliedEvent& a : numbers) log.push_back(events[static_cast<size_t>(a.event)]);
    through[tp] = Offset{static_cast<int64_t>(log.size())};
  }
  return oracle->At(through, t, window...);
}

class PlainSubject final : public Subject {
 public:
  PlainSubject(uint64_t seed, bool dedup, bool tables) : rng_(seed), dedup_(dedup), tables_(tables) {}
  EventTime start() const override { return kPlainStart; }
  std::string Make(const std::string&, EventTime now) override {
    OracleEvent event = RandomOracleEvent(rng_, now, static_cast<int>(events_.size()));
    std::string bytes = SerializeEvent(event);
    if (!dedup_) event.id.clear();
    events_.push_back(std::move(event));
    return bytes;
  }
  EventTime time(int event) const override { return At(event).time; }
  const std::string& id(int event) const override { return At(event).id; }
  bool routed(int event) const override { return At(event).type != "heartbeat"; }
  Answers Expected(const AppliedEvents& applied, EventTime t) const override { return ExpectedOf("", "", applied, t); }
  Answers ExpectedOf(const std::string&, const std::string& window, const AppliedEvents& applied, EventTime t) const override {
    Answers answers = Ask(&oracle_, events_, applied, t, window);
    if (!tables_) return answers;
    std::vector<TabledEvent> tabled;
    std::set<std::string> seen;
    for (const auto& [tp, numbers] : applied) {
      for (const AppliedEvent& a : numbers) {
        const OracleEvent& event = At(a.event);
        if (event.id.empty() || seen.insert(event.id).second) tabled.push_back({&event, a.table});
      }
    }
    answers.merge(AnswersByTable(tabled, t));
    return answers;
  }
  std::string FirstDifference(const Answers& want, const Answers& got) const override { return Difference(want, got); }
  bool knows_series() const override { return true; }
  bool entities() const override { return false; }

 private:
  const OracleEvent& At(int event) const { return events_[static_cast<size_t>(event)]; }

  std::mt19937_64 rng_;
  const bool dedup_, tables_;
  std::vector<OracleEvent> events_;
  mutable Oracle oracle_;
};

class EntitySubject final : public Subject {
 public:
  explicit EntitySubject(uint64_t seed) : rng_(seed), entities_(5 + static_cast<int>(rng_() % 25)) {}
  EventTime start() const override { return kTrialStart; }
  std::string Make(const std::string&, EventTime now) override {
    events_.push_back(RandomEntityEvent(rng_, now, static_cast<int>(events_.size()), entities_));
    return Serialize(events_.back());
  }
  EventTime time(int event) const override { return At(event).time; }
  const std::string& id(int event) const override { return At(event).id; }
  bool routed(int) const override { return true; }
  Answers Expected(const AppliedEvents& applied, EventTime t) const override { return Ask(&oracle_, events_, applied, t); }
  std::string FirstDifference(const Answers& want, const Answers& got) const override { return EntityDifference(want, got); }
  bool entities() const override { return true; }

 private:
  const EntityEventMade& At(int event) const { return events_[static_cast<size_t>(event)]; }

  std::mt19937_64 rng_;
  const int entities_;
  std::vector<EntityEventMade> events_;
  mutable EntityOracle oracle_;
};

// Records of two systems, mapped; facts.
class ChangesSubject final : public Subject {
 public:
  ChangesSubject(uint64_t seed, bool held, bool avro) : rng_(seed), held_(held), avro_(avro) {}
  EventTime start() const override { return kTrialStart; }
  std::vector<std::string> topics() const override { return {kTopic, kDesk}; }
  std::string Make(const std::string& topic, EventTime now) override {
    changes_.push_back(company_.Next(&rng_, now));
    const Change& c = changes_.back();
    ids_.push_back(std::to_string(c.deal) + "/" + std::to_string(c.n));
    if (topic == kTopic) {
      EventTime& said = c.through ? through_ : newest_;
      said = std::max(said, EventTimeFromMicros((c.through ? *c.through : c.at) * kMicrosPerSecond));
    }
    schemas_.push_back(IsAvro(topic) ? SchemaOf(c) : 0);
    return RecordOf(c, topic);
  }
  std::string Poison(const std::string& topic, RecordKind kind, EventTime now) const override {
    if (kind == RecordKind::kUndecodable) return "{\"deal\":";
    Change poison;
    poison.n = 1'000'000;
    if (kind == RecordKind::kFuture) poison.at = Micros(now + kWrongClock) / kMicrosPerSecond;
    return RecordOf(poison, topic);
  }
  EventTime time(int event) const override { return EventTimeFromMicros(At(event).at * kMicrosPerSecond); }
  const std::string& id(int event) const override { return ids_[static_cast<size_t>(event)]; }
  int64_t yields(int event) const override { return At(event).events(); }
  uint32_t schema(int event) const override { return schemas_[static_cast<size_t>(event)]; }
  bool routed(int event) const override { return !At(event).through; }
  EventTime HeldAt() const override {
    if (!held_) return EventTime::max();
    return newest_ == kNoEventTime ? through_ : std::max(through_, newest_ - kCompleteAfter);
  }
  Answers Expected(const AppliedEvents& applied, EventTime t) const override {
    std::vector<const Change*> changes;
    for (const auto& [tp, numbers] : applied) {
      for (const AppliedEvent& a : numbers) changes.push_back(&At(a.event));
    }
    return AnswersOfChanges(changes, t, held_);
  }
  std::string FirstDifference(const Answers& want, const Answers& got) const override {
    Answers shown = got;  // what is nothing the oracle doesn't know of
    std::erase_if(shown, [](const auto& entry) { return IsNothing(entry.second); });
    Answers wanted = want;
    std::erase_if(wanted, [](const auto& entry) { return IsNothing(entry.second); });
    return Difference(wanted, shown);
  }
  bool entities() const override { return true; }

 private:
  const Change& At(int event) const { return changes_[static_cast<size_t>(event)]; }
  bool IsAvro(const std::string& topic) const { return avro_ && topic == kTopic; }
  std::string RecordOf(const Change& c, const std::string& topic) const { return IsAvro(topic) ? AvroOf(c) : c.Json(topic); }

  std::mt19937_64 rng_;
  const bool held_, avro_;
  Company company_;
  std::vector<Change> changes_;
  EventTime newest_ = kNoEventTime, through_ = kNoEventTime;  // of the system that comes in batches: its newest event; what heartbeats said
  std::vector<std::string> ids_;
  std::vector<uint32_t> schemas_;
};

}  // namespace

std::unique_ptr<Subject> MakePlainSubject(uint64_t seed, bool dedup, bool tables) { return std::make_unique<PlainSubject>(seed, dedup, tables); }
std::unique_ptr<Subject> MakeEntitySubject(uint64_t seed) { return std::make_unique<EntitySubject>(seed); }

std::unique_ptr<Subject> MakeChangesSubject(uint64_t seed, bool held, bool avro) { return std::make_unique<ChangesSubject>(seed, held, avro); }

Answers Subject::ExpectedOf(const std::string&, const std::string&, const AppliedEvents& applied, EventTime t) const { return Expected(applied, t); }

std::vector<std::string> Subject::topics() const { return {kTopic}; }

// Would be a lead, if it counted.
std::string Subject::Poison(const std::string&, RecordKind kind, EventTime now) const {
  if (kind == RecordKind::kUndecodable) return "\xff\xff\xff";
  tidemark::events::v1::Event event;
  event.set_id("poison");
  event.set_source("test");
  event.mutable_lead_created()->mutable_lead()->set_id("poison");
  if (kind == RecordKind::kFuture) event.mutable_time()->set_seconds((Micros(now) + kWrongClock.count()) / kMicrosPerSecond);
  return event.SerializeAsString();
}

}  // namespace tidemark::simulation
