// dwell: how long a field kept each of its values.
#include <algorithm>

#include "pipeline/entity/states.h"

namespace tidemark::entity {
namespace {

constexpr size_t kMostStays = 64;  // changes of one id that late events may still fall between

}  // namespace

bool DwellState::Read(ByteReader* reader) {
  const uint64_t n = reader->Varint();
  for (uint64_t k = 0; k < n && reader->ok(); ++k) {
    Stay& stay = stays.emplace_back();
    stay.from = ReadMoment(reader);
    if (!stay.from.known()) return false;
    stay.version = ReadVersion(reader);
    stay.end = reader->Varint() != 0;
    stay.value = reader->Bytes();
    stay.placed = reader->Varint() != 0;
    if (stay.placed) {
      stay.row = RowId{static_cast<uint32_t>(reader->Varint())};
    } else {
      stay.labels = reader->Bytes();
    }
  }
  return reader->ok();
}

void DwellState::Write(std::string* out) const {
  PutVarint(out, stays.size());
  for (const Stay& stay : stays) {
    PutMoment(out, stay.from);
    PutVersion(out, stay.version);
    PutVarint(out, stay.end ? 1 : 0);
    PutBytes(out, stay.value);
    PutVarint(out, stay.placed ? 1 : 0);
    if (stay.placed) {
      PutVarint(out, stay.row.v);
    } else {
      PutBytes(out, stay.labels);
    }
  }
}

// The oldest changes go; what they contributed stays where it is.
void DwellState::Forget(const FoldPlan&, const FoldEvent& event) {
  if (event.replaces.known() || stays.size() < kMostStays || Moment{event.time, event.tie} < stays.front().from) return;
  stays.erase(stays.begin());
}

template <class F>
void DwellState::ForEachEnded(F f) const {
  for (size_t i = 0; i < stays.size();) {
    size_t next = i + 1;
    while (next < stays.size() && stays[next].end == stays[i].end && stays[next].value == stays[i].value) ++next;
    if (next < stays.size() && !stays[i].end) f(i, next);
    i = next;
  }
}

bool DwellState::Insert(const FoldPlan& fold, const FoldEvent& event, RowFinder* rows) {
  if (event.replaces.known()) {
    const auto had = std::find_if(stays.begin(), stays.end(), [&](const Stay& s) { return s.from == event.replaces; });
    if (had == stays.end()) return true;  // forgotten
    stays.erase(had);
  }
  if (stays.size() >= kMostStays) return false;  // older than all that is remembered
  const Moment now{event.time, event.tie};
  const bool end = (event.roles & fold.kEnds) != 0;
  // At one time, the later version comes later.
  const auto at = std::upper_bound(stays.begin(), stays.end(), now, [&](const Moment& m, const Stay& s) {
    return std::tie(m.time, event.version, m.tie) < std::tie(s.from.time, s.version, s.from.tie);
  });
  stays.insert(at, {now, end, event.version, end ? std::string() : std::string(event.text), std::string(event.from), false, RowId{}});
  // A series without values would not be kept until the stay ends.
  ForEachEnded([&](size_t stay, size_t) {
    Stay& s = stays[stay];
    if (s.placed) return;
    s.row = rows->RowOf(fold, s.labels);
    s.placed = true;
    s.labels.clear();
  });
  return true;
}

void DwellState::Contribute(const FoldPlan& fold, std::vector<Contribution>* out) const {
  ForEachEnded([&](size_t stay, size_t next) {
    const int64_t took = (stays[next].from.time - stays[stay].from.time).count();
    out->push_back({stays[stay].row, fold.main_column, FloorTo(stays[next].from.time, fold.pane), 1, took, took});
  });
}

}  // namespace tidemark::entity
