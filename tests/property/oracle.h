// The naive answer: keeps every event and recounts at every question. Shares nothing with the engine's aggregation.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "pipeline/engine/source.h"
#include "pipeline/plan/spec.h"
#include "pipeline/view/view.h"

namespace tidemark {

// One event as the test made it.
struct OracleEvent {
  std::string id, type, channel, region, currency;
  EventTime time;
  int64_t amount_micros = 0;
  bool has_amount = true;
  bool valid = true;        // decodes, has a time, is not from the future
};

// (kpi, label values joined by '|', window) -> value as View prints it; absent ones are "".
using Answers = std::map<std::tuple<std::string, std::string, std::string>, std::string>;

class Oracle {
 public:
  // By partition, in offset order.
  std::map<TopicPartition, std::vector<OracleEvent>> logs;
  EventTime cut = kNoEventTime;  // what is before it was imported: it counts from the beginning

  // Every KPI of the test configuration over the events before these offsets, with windows read at t.
  // `only`: one window; "": all of them.
  Answers At(const std::map<TopicPartition, Offset>& through, EventTime t, const std::string& only = "") const;
};

// The configuration that Oracle knows, in the language's own parts.
Specs OracleSpecs(const std::string& topic);
std::string SerializeEvent(const OracleEvent& event);
// A little disorder, now and then hours or weeks late.
OracleEvent RandomOracleEvent(std::mt19937_64& rng, EventTime now, int number);
// What a view says, in the oracle's form.
Answers AnswersOf(const View& view);
// The first answer that is not the same, in a sentence; "" when they agree.
std::string Difference(const Answers& want, const Answers& got);

}  // namespace tidemark
