// The naive answer for KPIs of entities: keeps every event, and at every question works each KPI out from its
// definition, entity by entity. Shares the calendar with the engine, which has tests of its own, and nothing else.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "pipeline/time/calendar.h"
#include "tests/property/oracle.h"

namespace tidemark {

struct EntityEventMade {
  std::string id;                     // of the event
  std::string type;                   // "lead.created"
  EventTime time;
  std::string key;                    // of the lead, deal or order
  std::string lead;                   // deals: the lead behind
  std::string label;                  // channel, owner or region; "": absent
  std::string stage;                  // deals; "": absent
  int64_t amount = 0;                 // micros
  bool has_amount = true;
  int chance = 0;                     // deals: of winning, in quarters; 0: absent
  EventTime closes = kNoEventTime;    // deals: expected; kNoEventTime: absent
};
std::string Serialize(const EntityEventMade& event);

class EntityOracle {
 public:
  EntityOracle();
  std::map<TopicPartition, std::vector<EntityEventMade>> logs;  // in offset order
  EventTime cut = kNoEventTime;  // what is before it was imported: it counts from the beginning

  // What the KPIs of entity_specs.h show; series that no event made are left out, or zero. Values of quantiles are
  // those of the samples themselves.
  // `everything`: of KPIs that count what lies somewhere in time, all of it.
  struct Counted {
    std::string labels;
    EventTime at;
    Int128 sum = 0;
    std::string id;
  };
  Answers At(const std::map<TopicPartition, Offset>& through, EventTime t,
             std::map<std::string, std::vector<Counted>>* everything = nullptr) const;

  struct Span {
    EventTime from, to;
    bool Holds(EventTime t) const { return t >= from && t < to; }
  };
  // Windows by name and comparison ("" for the window itself).
  Span WindowAt(const std::string& window, const std::string& compare, EventTime t, Duration delay = Duration(0)) const;

 private:
  using Events = std::vector<const EntityEventMade*>;

  std::shared_ptr<const Calendar> calendar_;
};

}  // namespace tidemark
