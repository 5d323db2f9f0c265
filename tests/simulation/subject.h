// What is counted: events as a company makes them, and what the oracle says of those that were applied.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/property/oracle.h"
#include "tests/simulation/broker.h"

namespace tidemark::simulation {

struct AppliedEvent {
  int event;
  uint64_t table = 0;  // the contents of the table that were in use
};
// Of each partition's log, in the order in which they were applied.
using AppliedEvents = std::map<TopicPartition, std::vector<AppliedEvent>>;

class Subject {
 public:
  virtual ~Subject() = default;
  virtual EventTime start() const = 0;
  // Their topics; each has a partition at least.
  virtual std::vector<std::string> topics() const;
  // A new event for a topic, about as old as `now`; its number is the one before the next.
  virtual std::string Make(const std::string& topic, EventTime now) = 0;
  // A record that is no event, or none that may count.
  virtual std::string Poison(const std::string& topic, RecordKind kind, EventTime now) const;
  virtual EventTime time(int event) const = 0;
  virtual const std::string& id(int event) const = 0;  // "": none
  // How many events the engine makes of its record.
  virtual int64_t yields(int) const { return 1; }
  // The number of the schema that its record names; 0: none.
  virtual uint32_t schema(int) const { return 0; }
  // Some KPI reads it.
  virtual bool routed(int event) const = 0;
  // Where a source that comes in batches holds T: it is never later, and no earlier once all is read. EventTime::max(): nothing holds it.
  virtual EventTime HeldAt() const { return EventTime::max(); }
  virtual Answers Expected(const AppliedEvents& applied, EventTime t) const = 0;
  // The same of one window at least, of a KPI that rules look at.
  virtual Answers ExpectedOf(const std::string& kpi, const std::string& window, const AppliedEvents& applied, EventTime t) const;
  // Expected() has just the series that are shown; else what shows nothing may be there or not.
  virtual bool knows_series() const { return false; }
  // The first one that differs; "": none.
  virtual std::string FirstDifference(const Answers& want, const Answers& got) const = 0;
  virtual bool entities() const = 0;
};

// `dedup`: an id counts once. `tables`: some KPIs look into a table.
std::unique_ptr<Subject> MakePlainSubject(uint64_t seed, bool dedup, bool tables);
std::unique_ptr<Subject> MakeEntitySubject(uint64_t seed);
std::unique_ptr<Subject> MakeChangesSubject(uint64_t seed, bool held, bool avro);

}  // namespace tidemark::simulation
