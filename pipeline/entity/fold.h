// What the events of one entity amount to. A fold's state is a function of the set of its events, whatever their order;
// what it contributes to series is a function of that state, and goes out as signed differences.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/decimal.h"
#include "pipeline/base/ids.h"
#include "pipeline/event/decoder.h"
#include "pipeline/plan/plan.h"

namespace tidemark {

namespace entity {

// An instant with what settles equal ones.
struct Moment {
  EventTime time = kNoEventTime;
  uint64_t tie = 0;
  auto operator<=>(const Moment&) const = default;
  bool known() const { return time != kNoEventTime; }
};

}  // namespace entity

// Of an entity, growing with each of its changes: compared part by part. Zeros: none.
using EntityVersion = std::array<int64_t, 3>;
EntityVersion VersionIn(const FoldOp& op, const EventRow& row);

// One event as a fold sees it. Equal times are settled by `tie`, a hash of the event's identity.
struct FoldEvent {
  EventTime time{};
  uint64_t tie = 0;
  uint32_t roles = 0;             // FoldOp::roles
  RowId row{};                    // of its labels: distinct, latest, first
  std::string_view from, to;      // steps: packed labels of the sides it may be; dwell: `from`, its labels
  std::string_view text;          // dwell: the field's value
  EntityVersion version{};
  EventTime settled = EventTime::max();  // distinct: no window is shown any more as of an instant before it; max: all end with what there is
  entity::Moment replaces;        // if known: the event takes the place of that of this moment, if the fold has it; it may be the same one
  int64_t added = 0;              // merged, role kAdds: what it adds
  const EventRow* event = nullptr;              // merged: its slots
  const std::vector<int32_t>* fields = nullptr; // merged: FoldOp::fields
  const LookupTables* tables = nullptr;         // merged: as they stand now
};

// A part of what an entity adds to a series: `count` and `sum` in the cell of (row, column, pane).
struct Contribution {
  RowId row{};
  uint32_t column = 0;
  EventTime at{};                 // beginning of the pane
  int64_t count = 0;
  Int128 sum = 0;                 // of a fold that is `distinct`: the value's hash
  int64_t sample = 0;             // the value behind a quantile, when the column has one
  bool operator==(const Contribution&) const = default;
};

// Where folds find the row of labels that are known only once several events have been seen.
class RowFinder {
 public:
  virtual ~RowFinder() = default;
  virtual RowId RowOf(const FoldPlan& fold, std::string_view packed_labels) = 0;
};

struct FoldResult {
  bool changed = false;           // the part's bytes
  int unmatched = 0;              // change of the number of events that wait for a partner
  bool overflowed = false;        // the event found no room in the part
};

// What a part amounts to, for people who ask what is behind a number.
struct EntitySummary {
  std::vector<Contribution> contributions;
  // Of open:
  EventTime since = kNoEventTime;   // when it was opened, or opened again; not known of entities from before that was kept
  EventTime closed = kNoEventTime;  // when it is not open any more, and would count if it were
  std::string labels;               // packed, as they stand
  int64_t value = 0;
};
// `tables`: what its derived fields look into. kCorrupt when the bytes cannot be this fold's.
Status Summarize(const FoldPlan& fold, std::string_view part, const LookupTables& tables, EntitySummary* summary);

// Whether the part may go: whatever comes, without it the panes from `from` on are what they are with it.
// kCorrupt when the bytes cannot be this fold's.
Result<bool> Expired(const FoldPlan& fold, std::string_view part, EventTime from);

// Threads: confined to the engine; keeps scratch memory between calls.
class Folder {
 public:
  // Adds the event to the part, less its facts (facts.h); its bytes may be empty. Differences are appended to *deltas. kCorrupt when the bytes
  // cannot be this fold's.
  Status Apply(const FoldPlan& fold, const FoldEvent& event, std::string_view part, std::string* new_part, RowFinder* rows,
               std::vector<Contribution>* deltas, FoldResult* result);

 private:
  template <class State>
  Status Run(const FoldPlan& fold, const FoldEvent& event, std::string_view part, std::string* new_part, RowFinder* rows,
             std::vector<Contribution>* deltas, FoldResult* result);
  std::vector<Contribution> before_, after_;
};

}  // namespace tidemark
