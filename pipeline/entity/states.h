// The states of folds. Each reads and writes its part's bytes, takes events in, and says what it contributes:
//   bool Read(ByteReader*)                       false: not its bytes
//   bool Fits(const FoldPlan&)                   false: no state of this fold
//   void Write(std::string*)
//   bool Knows(const FoldPlan&, const FoldEvent&)   the event changes nothing: what most events of a busy entity are
//   void Forget(const FoldPlan&, const FoldEvent&)  drops what can no longer matter, before anything is compared
//   bool Insert(const FoldPlan&, const FoldEvent&, RowFinder*)   false: no room for the event
//   void Contribute(const FoldPlan&, std::vector<Contribution>*)
//   int Unmatched(const FoldPlan&)
// A revocable fold's part begins with a byte: 1, and nothing after it, once the id was taken back.
// Internal to this room.
#pragma once

#include <string>
#include <tuple>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "pipeline/entity/fold.h"
#include "pipeline/store/bytes.h"

namespace tidemark::entity {

void PutMoment(std::string* out, const Moment& moment);
Moment ReadMoment(ByteReader* reader);
void PutVersion(std::string* out, const EntityVersion& version);
EntityVersion ReadVersion(ByteReader* reader);

// distinct: for each series the times at which the id was seen last, its first time in each calendar period, and the
// spans of time in which a window would hold it.
struct DistinctState {
  // Times are those of panes, in minutes.
  struct Span {
    int64_t from, to;                          // the id counts at instants in (from, to]
  };
  struct Entry {
    RowId row{};
    absl::InlinedVector<int64_t, 2> last;      // newest first, at most at_least
    absl::InlinedVector<absl::InlinedVector<int64_t, 2>, 1> firsts;  // by unit: the first event of a period, ascending
    absl::InlinedVector<absl::InlinedVector<Span, 1>, 2> spans;      // by level, ascending, apart from each other
  };
  absl::InlinedVector<Entry, 1> entries;

  bool Read(ByteReader* reader);
  bool Fits(const FoldPlan& fold) const;
  void Write(std::string* out) const;
  bool Knows(const FoldPlan& fold, const FoldEvent& event) const;
  void Forget(const FoldPlan& fold, const FoldEvent& event);
  bool Insert(const FoldPlan& fold, const FoldEvent& event, RowFinder*);
  void Contribute(const FoldPlan& fold, std::vector<Contribution>* out) const;
  int Unmatched(const FoldPlan&) const { return 0; }
  EventTime Newest(const FoldPlan& fold) const;  // pane of the newest event
};

// active, lapsed: the latest event; first: the earliest.
struct SingleState {
  Moment at;
  RowId row{};

  bool Read(ByteReader* reader);
  bool Fits(const FoldPlan&) const { return at.known(); }
  void Write(std::string* out) const;
  bool Knows(const FoldPlan& fold, const FoldEvent& event) const;
  void Forget(const FoldPlan&, const FoldEvent&) {}
  bool Insert(const FoldPlan& fold, const FoldEvent& event, RowFinder*);
  void Contribute(const FoldPlan& fold, std::vector<Contribution>* out) const;
  int Unmatched(const FoldPlan&) const { return 0; }
  EventTime Newest(const FoldPlan& fold) const { return FloorTo(at.time, fold.pane); }
};

// elapsed, funnel: the earliest first step, and of each later step the earliest event not before the one before it.
struct StepsState {
  struct Event {
    Moment at;
    std::string labels;                        // packed, of its side; empty but for steps that labels are taken from
  };
  absl::InlinedVector<absl::InlinedVector<Event, 1>, 3> steps;  // ascending; at most one first step
  absl::InlinedVector<RowId, 4> rows;          // of the present contributions: elapsed one, funnel one a step

  bool Read(ByteReader* reader);
  bool Fits(const FoldPlan& fold) const;
  void Write(std::string* out) const;
  bool Knows(const FoldPlan& fold, const FoldEvent& event) const;
  void Forget(const FoldPlan&, const FoldEvent&) {}
  bool Insert(const FoldPlan& fold, const FoldEvent& event, RowFinder* rows);
  void Contribute(const FoldPlan& fold, std::vector<Contribution>* out) const;
  int Unmatched(const FoldPlan& fold) const;

 private:
  // Index of the event of each step that counts, as far as they are reached.
  absl::InlinedVector<size_t, 8> Chain(const FoldPlan& fold) const;
  void Prune(const FoldPlan& fold);
  void FindRows(const FoldPlan& fold, RowFinder* finder);
};

// dwell: the values of a field over time.
struct DwellState {
  struct Stay {
    Moment from;
    bool end = false;                          // the entity ended here: no value
    EntityVersion version{};
    std::string value;
    std::string labels;                        // packed, until the stay has ended once
    bool placed = false;                       // then its series is known
    RowId row{};
  };
  std::vector<Stay> stays;                     // ascending

  bool Read(ByteReader* reader);
  bool Fits(const FoldPlan&) const { return true; }
  void Write(std::string* out) const;
  bool Knows(const FoldPlan&, const FoldEvent&) const { return false; }
  void Forget(const FoldPlan& fold, const FoldEvent& event);
  bool Insert(const FoldPlan& fold, const FoldEvent& event, RowFinder* rows);
  void Contribute(const FoldPlan& fold, std::vector<Contribution>* out) const;
  int Unmatched(const FoldPlan&) const { return 0; }

 private:
  // Calls f(index of a stay, index of what ended it) for each that has ended.
  template <class F>
  void ForEachEnded(F f) const;
};

// open, and counts with corrections: the latest value of each field of the entity, and when it was counted, ended,
// taken back or reopened.
struct MergedState {
  struct Field {
    Moment at;
    EntityVersion version{};
    int64_t number = 0;
    std::string text;
    // Later event time wins, then the greater version, then the tie.
    bool OlderThan(const FoldEvent& event) const;
  };
  // What a label was, for how long it has not changed.
  struct Change {
    Moment at;
    EntityVersion version{};
    uint64_t value = 0;                        // hash
    bool operator<(const Change& o) const {
      return std::tie(at.time, version, at.tie) < std::tie(o.at.time, o.version, o.at.tie);
    }
  };
  std::vector<Field> fields;                   // by layout; then the value, where it is derived from them
  std::vector<std::vector<Change>> changes;    // waiting_for: by label, ascending
  std::vector<Moment> counted;                 // ascending: events that count, after the last revocation; open: the earliest event
  std::vector<Moment> reopened;                // ascending
  Moment ended, seen;                          // the latest of each
  int64_t adds = 0;                            // events that added
  Int128 added = 0;
  RowId row{};                                 // of the present contribution
  bool holds = false;                          // there is one

  bool Read(ByteReader* reader);
  bool Fits(const FoldPlan& fold) const;
  void Write(std::string* out) const;
  bool Knows(const FoldPlan&, const FoldEvent&) const { return false; }
  void Forget(const FoldPlan&, const FoldEvent&) {}
  bool Insert(const FoldPlan& fold, const FoldEvent& event, RowFinder* rows);
  void Contribute(const FoldPlan& fold, std::vector<Contribution>* out) const;
  int Unmatched(const FoldPlan& fold) const;
  // Of open: since when, or when it was closed.
  void Describe(const FoldPlan& fold, const LookupTables& tables, EntitySummary* summary) const;

 private:
  bool IsOpen(const FoldPlan& fold) const;
  // Undoes the close.
  bool Reopens(const FoldPlan& fold, const Moment& moment) const;
  bool Passes(const FoldPlan& fold, const EventRow& merged) const;
  std::string LabelsOf(const FoldPlan& fold, const EventRow& merged) const;
  void FindRow(const FoldPlan& fold, const LookupTables& tables, RowFinder* rows);
  // The field that is measured; null when none is. Before the first FindRow that found one, whatever is kept.
  const Field* ValueOf(const FoldPlan& fold) const;
  void NoteLabels(const FoldPlan& fold, const FoldEvent& event);
  // When the label that changed last got its present value.
  EventTime WaitingSince() const;
  // The fields, and what is derived from them, as a row of slots for conditions and labels.
  EventRow AsRow(const FoldPlan& fold, const LookupTables& tables, std::vector<Slot>* slots) const;
};

}  // namespace tidemark::entity
