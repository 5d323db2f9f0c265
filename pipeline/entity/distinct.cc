// distinct, active, lapsed, first: positions of ids in time.
#include <algorithm>
#include <functional>

#include "pipeline/entity/states.h"
#include "pipeline/time/calendar.h"

namespace tidemark::entity {
namespace {

int64_t MinuteOf(EventTime t) { return FloorDiv(Micros(t), kMicrosPerMinute); }
EventTime FromMinute(int64_t minute) { return EventTimeFromMicros(minute * kMicrosPerMinute); }
int64_t Minutes(Duration d) { return d.count() / kMicrosPerMinute; }

using Spans = absl::InlinedVector<DistinctState::Span, 1>;
using Firsts = absl::InlinedVector<int64_t, 2>;

template <class Vector, class Drop>
void DropIf(Vector* from, Drop drop) {
  from->erase(std::remove_if(from->begin(), from->end(), drop), from->end());
}

// The union with (from, to]; spans that touch become one.
void AddSpan(Spans* spans, DistinctState::Span added) {
  auto first = std::find_if(spans->begin(), spans->end(), [&](const auto& s) { return s.to >= added.from; });
  auto last = first;
  for (; last != spans->end() && last->from <= added.to; ++last) {
    added.from = std::min(added.from, last->from);
    added.to = std::max(added.to, last->to);
  }
  first = spans->erase(first, last);
  spans->insert(first, added);
}

// The first time in the period of `minute` becomes the earlier one.
void AddFirst(Firsts* firsts, const Calendar& calendar, CalendarUnit unit, int64_t minute) {
  const Period period = calendar.PeriodOf(unit, FromMinute(minute));
  const auto same = std::find_if(firsts->begin(), firsts->end(), [&](int64_t m) {
    return FromMinute(m) >= period.begin && FromMinute(m) < period.end;
  });
  if (same != firsts->end()) {
    *same = std::min(*same, minute);
  } else {
    firsts->insert(std::upper_bound(firsts->begin(), firsts->end(), minute), minute);
  }
}

// What lies further back than all windows reach needs no memory, nor does what could still change it. What it contributed stays where it
// is: T may be further behind than that, while it is held.
void ForgetOld(const FoldPlan& fold, int64_t oldest, DistinctState::Entry* entry) {
  for (size_t u = 0; u < fold.units.size(); ++u) {
    DropIf(&entry->firsts[u], [&](int64_t m) { return m < oldest && MinuteOf(fold.calendar->PeriodOf(fold.units[u].unit, FromMinute(m)).end) < oldest; });
  }
  for (size_t l = 0; l < fold.levels.size(); ++l) {
    if (fold.levels[l].length != FoldPlan::kEver) DropIf(&entry->spans[l], [&](const auto& s) { return s.to < oldest; });
  }
}

// The minute before which no window reaches. What is newest of an id may lie far ahead of the instant that windows are shown as of, while that is held.
int64_t OldestOf(const FoldPlan& fold, const FoldEvent& event, int64_t newest) {
  if (event.settled == kNoEventTime) return INT64_MIN;
  if (event.settled != EventTime::max()) newest = std::min(newest, MinuteOf(event.settled));
  return newest - Minutes(fold.memory);
}

}  // namespace

bool DistinctState::Read(ByteReader* reader) {
  const uint64_t count = reader->Varint();
  for (uint64_t i = 0; i < count && reader->ok(); ++i) {
    Entry& e = entries.emplace_back();
    e.row = RowId{static_cast<uint32_t>(reader->Varint())};
    const auto list = [&](auto* minutes) {
      const uint64_t n = reader->Varint();
      for (uint64_t k = 0; k < n && reader->ok(); ++k) minutes->push_back(MinuteOf(reader->Minute()));
    };
    list(&e.last);
    e.firsts.resize(std::min<uint64_t>(reader->Varint(), 8));
    for (auto& firsts : e.firsts) list(&firsts);
    e.spans.resize(std::min<uint64_t>(reader->Varint(), 64));
    for (auto& spans : e.spans) {
      const uint64_t n = reader->Varint();
      for (uint64_t k = 0; k < n && reader->ok(); ++k) {
        const int64_t from = MinuteOf(reader->Minute());
        const uint64_t length = reader->Varint();
        if (length > kMostMicros / kMicrosPerMinute) return false;
        spans.push_back({from, from + static_cast<int64_t>(length)});
      }
    }
  }
  return reader->ok();
}

bool DistinctState::Fits(const FoldPlan& fold) const {
  return !entries.empty() && std::all_of(entries.begin(), entries.end(), [&](const Entry& e) {
    return !e.last.empty() && e.last.size() <= fold.at_least && e.firsts.size() == fold.units.size() && e.spans.size() == fold.levels.size();
  });
}

void DistinctState::Write(std::string* out) const {
  PutVarint(out, entries.size());
  for (const Entry& e : entries) {
    PutVarint(out, e.row.v);
    const auto list = [&](const auto& minutes) {
      PutVarint(out, minutes.size());
      for (const int64_t m : minutes) PutZigZag(out, m);
    };
    list(e.last);
    PutVarint(out, e.firsts.size());
    for (const auto& firsts : e.firsts) list(firsts);
    PutVarint(out, e.spans.size());
    for (const auto& spans : e.spans) {
      PutVarint(out, spans.size());
      for (const Span& s : spans) {
        PutZigZag(out, s.from);
        PutVarint(out, static_cast<uint64_t>(s.to - s.from));
      }
    }
  }
}

bool DistinctState::Knows(const FoldPlan& fold, const FoldEvent& event) const {
  if (fold.at_least != 1) return false;
  const int64_t minute = MinuteOf(FloorTo(event.time, fold.pane));
  return std::any_of(entries.begin(), entries.end(), [&](const Entry& e) {
    return e.row == event.row && (minute == e.last.front() || (minute < e.last.front() && fold.units.empty() && fold.levels.empty()));
  });
}

void DistinctState::Forget(const FoldPlan& fold, const FoldEvent& event) {
  const auto entry = std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.row == event.row; });
  if (entry == entries.end()) return;
  const int64_t minute = MinuteOf(FloorTo(event.time, fold.pane));
  ForgetOld(fold, OldestOf(fold, event, std::max(minute, entry->last.front())), entry);
}

bool DistinctState::Insert(const FoldPlan& fold, const FoldEvent& event, RowFinder*) {
  auto entry = std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.row == event.row; });
  if (entry == entries.end()) {
    constexpr size_t kMostSeries = 4096;  // of one id
    if (entries.size() == kMostSeries) return false;
    entry = &entries.emplace_back();
    entry->row = event.row;
  }
  entry->firsts.resize(fold.units.size());
  entry->spans.resize(fold.levels.size());
  const int64_t minute = MinuteOf(FloorTo(event.time, fold.pane));
  auto& last = entry->last;
  if (last.size() == fold.at_least && minute > last.back()) last.pop_back();
  if (last.size() < fold.at_least) last.insert(std::upper_bound(last.begin(), last.end(), minute, std::greater<>()), minute);
  for (size_t l = 0; l < fold.levels.size(); ++l) {
    if (fold.levels[l].length != FoldPlan::kEver) continue;
    const int64_t first = entry->spans[l].empty() ? minute : std::min(minute, entry->spans[l].front().from);
    entry->spans[l] = {{first, first}};  // it has no end
  }
  if (minute < OldestOf(fold, event, last.front())) return true;
  for (size_t u = 0; u < fold.units.size(); ++u) AddFirst(&entry->firsts[u], *fold.calendar, fold.units[u].unit, minute);
  for (size_t l = 0; l < fold.levels.size(); ++l) {
    if (fold.levels[l].length != FoldPlan::kEver) AddSpan(&entry->spans[l], {minute, minute + Minutes(fold.levels[l].length)});
  }
  return true;
}

void DistinctState::Contribute(const FoldPlan& fold, std::vector<Contribution>* out) const {
  for (const Entry& e : entries) {
    const auto add = [&](uint32_t column, int64_t minute, int64_t count) {
      out->push_back({e.row, column, FromMinute(minute), count, 0, 0});
    };
    if (e.last.size() == fold.at_least) add(fold.main_column, e.last.back(), 1);
    for (size_t u = 0; u < e.firsts.size(); ++u) {
      for (const int64_t minute : e.firsts[u]) add(fold.units[u].column, minute, 1);
    }
    for (size_t l = 0; l < e.spans.size(); ++l) {
      for (const Span& s : e.spans[l]) {
        add(fold.levels[l].column, s.from, 1);
        if (fold.levels[l].length != FoldPlan::kEver) add(fold.levels[l].column, s.to, -1);
      }
    }
  }
}

EventTime DistinctState::Newest(const FoldPlan&) const {
  int64_t newest = INT64_MIN / kMicrosPerMinute;
  for (const Entry& e : entries) newest = std::max(newest, e.last.front());
  return FromMinute(newest);
}

bool SingleState::Read(ByteReader* reader) {
  at = ReadMoment(reader);
  row = RowId{static_cast<uint32_t>(reader->Varint())};
  return reader->ok();
}

void SingleState::Write(std::string* out) const {
  PutMoment(out, at);
  PutVarint(out, row.v);
}

bool SingleState::Knows(const FoldPlan& fold, const FoldEvent& event) const {
  const Moment now{event.time, event.tie};
  if (event.replaces.known() && event.replaces == at) return false;
  return at.known() && !(fold.kind == FoldKind::kFirst ? now < at : at < now);
}

bool SingleState::Insert(const FoldPlan&, const FoldEvent& event, RowFinder*) {
  at = {event.time, event.tie};
  row = event.row;
  return true;
}

void SingleState::Contribute(const FoldPlan& fold, std::vector<Contribution>* out) const {
  if (at.known()) out->push_back({row, fold.main_column, FloorTo(at.time, fold.pane), 1, 0, 0});
}

}  // namespace tidemark::entity
