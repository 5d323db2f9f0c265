// What sources said of an entity, kept in front of a fold's state: the events that are facts, and the values that they take over.
// From it each event comes to the fold as it stands now: once, and with its fields as the entity's other events left them by then.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/entity/fold.h"
#include "pipeline/entity/states.h"
#include "pipeline/store/bytes.h"

namespace tidemark {

// A function of the set of events, whatever their order, up to kMostFacts events of a type and kMostSayings values of a field
// of one entity: then the oldest are forgotten, and stay in the fold as they were.
// Threads: confined to the engine.
class FactsState {
 public:
  static constexpr size_t kMostFacts = 16, kMostSayings = 32;

  // An event for the fold, in place of the one that it had at `replaces`, if known.
  struct Change {
    const FoldOp* op = nullptr;
    entity::Moment at, replaces;
    EventRow row;               // its slots: until the next change is taken
  };

  // `part`: as stored, or empty. *state: the fold's. False when it can't be this fold's.
  bool Read(const FoldPlan& fold, std::string_view part, std::string_view* state);
  void Write(const FoldPlan& fold, std::string* out) const;

  bool empty() const;
  // Takes in what an event says (op.says), or the event as a fact (op.fact); false when something found no room.
  bool Add(const FoldPlan& fold, const FoldOp& op, const EventRow& row);
  // What is to be done to the fold after Add(), one by one; null: nothing more.
  const Change* Next(const FoldPlan& fold);

  // The fold's state within a part; false as Read().
  static bool StateIn(const FoldPlan& fold, std::string_view part, std::string_view* state);

 private:
  struct Value {
    int64_t number = 0;
    std::string text;
    bool operator==(const Value&) const = default;
  };
  struct Saying {
    entity::Moment at;
    EntityVersion version{};
    Value value;
    bool operator<(const Saying& o) const { return std::tie(at.time, version, at.tie) < std::tie(o.at.time, o.version, o.at.tie); }
  };
  struct Event {
    entity::Moment at;
    EntityVersion version{};
    uint32_t fact = 0;          // index into FoldPlan::facts
    uint64_t present = 0;       // mask of FoldPlan::kept
    std::vector<Value> values;  // of those
  };
  struct Todo {
    entity::Moment at, replaces;
    uint32_t fact = 0;
  };

  bool Say(const FoldPlan& fold, const FoldOp& op, const EventRow& row, size_t field);
  bool AddEvent(const FoldPlan& fold, const FoldOp& op, const EventRow& row);
  // What a field was when the event happened; null: nothing is known.
  const Saying* AsOf(const FoldPlan& fold, size_t field, const Event& event) const;

  std::vector<std::vector<Saying>> sayings_;  // by FoldPlan::kept, ascending
  std::vector<Event> events_;                 // ascending by moment
  std::vector<Todo> todo_;
  size_t next_ = 0;
  Change change_;
  std::array<Slot, kMaxSlotsPerType> slots_;
};

}  // namespace tidemark
