// elapsed and funnel: chains of events of one id.
#include <algorithm>

#include "pipeline/entity/states.h"
#include "pipeline/window/labels.h"

namespace tidemark::entity {
namespace {

constexpr size_t kMostWaiting = 8;  // events of one step that may yet be the one that counts

}  // namespace

bool StepsState::Read(ByteReader* reader) {
  steps.resize(std::min<uint64_t>(reader->Varint(), 64));
  for (auto& step : steps) {
    const uint64_t n = reader->Varint();
    for (uint64_t k = 0; k < n && reader->ok(); ++k) {
      Event& e = step.emplace_back();
      e.at = ReadMoment(reader);
      if (!e.at.known()) return false;
      e.labels = reader->Bytes();
    }
  }
  rows.resize(std::min<uint64_t>(reader->Varint(), 64));
  for (RowId& row : rows) row = RowId{static_cast<uint32_t>(reader->Varint())};
  return reader->ok();
}

bool StepsState::Fits(const FoldPlan& fold) const {
  const size_t reached = Chain(fold).size();
  const size_t contributions = fold.funnel ? reached : reached > 1 ? 1 : 0;
  return steps.size() == fold.steps && rows.size() >= contributions;
}

void StepsState::Write(std::string* out) const {
  PutVarint(out, steps.size());
  for (const auto& step : steps) {
    PutVarint(out, step.size());
    for (const Event& e : step) {
      PutMoment(out, e.at);
      PutBytes(out, e.labels);
    }
  }
  PutVarint(out, rows.size());
  for (const RowId row : rows) PutVarint(out, row.v);
}

absl::InlinedVector<size_t, 8> StepsState::Chain(const FoldPlan& fold) const {
  absl::InlinedVector<size_t, 8> chain;
  if (steps.empty() || steps[0].empty()) return chain;
  const EventTime begin = steps[0][0].at.time;
  EventTime reached = begin;
  chain.push_back(0);
  for (size_t k = 1; k < steps.size(); ++k) {
    const auto next = std::find_if(steps[k].begin(), steps[k].end(), [&](const Event& e) { return e.at.time >= reached; });
    if (next == steps[k].end() || next->at.time - begin > fold.within) break;
    reached = next->at.time;
    chain.push_back(static_cast<size_t>(next - steps[k].begin()));
  }
  return chain;
}

// The first step only ever moves to an earlier time, and the others with it: what lies after the chain, or beyond
// `within`, cannot come into it any more.
void StepsState::Prune(const FoldPlan& fold) {
  if (steps[0].empty()) return;
  const EventTime begin = steps[0][0].at.time;
  for (size_t k = 1; k < steps.size(); ++k) {
    const auto beyond = std::remove_if(steps[k].begin(), steps[k].end(), [&](const Event& e) { return e.at.time - begin > fold.within; });
    steps[k].erase(beyond, steps[k].end());
  }
  const auto chain = Chain(fold);
  for (size_t k = 1; k < chain.size(); ++k) steps[k].resize(chain[k] + 1);
}

void StepsState::FindRows(const FoldPlan& fold, RowFinder* finder) {
  const auto chain = Chain(fold);
  if (chain.empty() || (!fold.funnel && chain.size() < 2)) return;
  const std::string_view from = steps[0][0].labels, to = fold.funnel ? std::string_view() : std::string_view(steps[1][chain[1]].labels);
  rows.resize(fold.funnel ? steps.size() : 1);
  std::string packed;
  for (size_t k = 0; k < rows.size(); ++k) {
    packed.clear();
    InterleaveLabels(fold.sides, from, to, &packed);
    if (fold.funnel) PutBytes(&packed, fold.step_names[k]);
    rows[k] = finder->RowOf(fold, packed);
  }
}

// Of each of its steps the chain has an event that is not later, or the event is beyond `within`.
bool StepsState::Knows(const FoldPlan& fold, const FoldEvent& event) const {
  if (steps.empty() || steps[0].empty() || event.replaces.known()) return false;
  const Moment now{event.time, event.tie};
  const bool beyond = now.time - steps[0][0].at.time > fold.within;
  const auto chain = Chain(fold);
  for (size_t k = 0; k < steps.size(); ++k) {
    if ((event.roles >> k & 1) == 0 || (k > 0 && beyond)) continue;
    if (k >= chain.size() || now < steps[k][chain[k]].at) return false;
  }
  return true;
}

bool StepsState::Insert(const FoldPlan& fold, const FoldEvent& event, RowFinder* finder) {
  steps.resize(fold.steps);
  const Moment now{event.time, event.tie};
  bool room = true;
  for (size_t k = 0; k < steps.size(); ++k) {
    if ((event.roles >> k & 1) == 0) continue;
    auto& step = steps[k];
    if (event.replaces.known()) step.erase(std::remove_if(step.begin(), step.end(), [&](const Event& e) { return e.at == event.replaces; }), step.end());
    const bool labelled = k == 0 || (!fold.funnel && k == 1);
    Event added{now, labelled ? std::string(k == 0 ? event.from : event.to) : std::string()};
    const auto at = std::upper_bound(step.begin(), step.end(), now, [](const Moment& m, const Event& e) { return m < e.at; });
    step.insert(at, std::move(added));
    const size_t most = k == 0 ? 1 : kMostWaiting;
    if (step.size() > most) {
      step.pop_back();
      room &= k == 0;
    }
  }
  Prune(fold);
  FindRows(fold, finder);
  return room;
}

void StepsState::Contribute(const FoldPlan& fold, std::vector<Contribution>* out) const {
  const auto chain = Chain(fold);
  if (chain.empty()) return;
  const EventTime begin = steps[0][0].at.time;
  if (fold.funnel) {
    for (size_t k = 0; k < chain.size(); ++k) out->push_back({rows[k], fold.main_column, FloorTo(begin, fold.pane), 1, 0, 0});
    return;
  }
  if (chain.size() < 2) return;
  const EventTime end = steps[1][chain[1]].at.time;
  const int64_t took = (end - begin).count();
  out->push_back({rows[0], fold.main_column, FloorTo(end, fold.pane), 1, took, took});
}

// Of elapsed: second steps that follow no first.
int StepsState::Unmatched(const FoldPlan& fold) const {
  if (fold.funnel || steps.size() < 2) return 0;
  if (steps[0].empty()) return static_cast<int>(steps[1].size());
  const EventTime begin = steps[0][0].at.time;
  return static_cast<int>(std::count_if(steps[1].begin(), steps[1].end(), [&](const Event& e) { return e.at.time < begin; }));
}

}  // namespace tidemark::entity
