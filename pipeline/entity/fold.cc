#include "pipeline/entity/fold.h"

#include <algorithm>

#include "pipeline/entity/facts.h"
#include "pipeline/entity/states.h"

namespace tidemark {
namespace {

constexpr char kStands = 0, kRevoked = 1;

}  // namespace

namespace entity {

void PutMoment(std::string* out, const Moment& moment) {
  PutVarint(out, moment.known() ? 1 : 0);
  if (!moment.known()) return;
  PutZigZag(out, Micros(moment.time));
  PutBigEndian(out, moment.tie, 8);
}

Moment ReadMoment(ByteReader* reader) {
  if (reader->Varint() == 0) return {};
  const EventTime time = reader->Time();
  return {time, reader->BigEndian(8)};
}

constexpr int64_t kInParts = INT64_MIN;  // stands before a version that has more than its first

void PutVersion(std::string* out, const EntityVersion& version) {
  const bool first_alone = version[1] == 0 && version[2] == 0 && version[0] != kInParts;
  if (!first_alone) PutZigZag(out, kInParts);
  for (size_t p = 0; p < (first_alone ? 1 : version.size()); ++p) PutZigZag(out, version[p]);
}

EntityVersion ReadVersion(ByteReader* reader) {
  EntityVersion version{reader->ZigZag(), 0, 0};
  if (version[0] != kInParts) return version;
  for (int64_t& part : version) part = reader->ZigZag();
  return version;
}

}  // namespace entity

EntityVersion VersionIn(const FoldOp& op, const EventRow& row) {
  EntityVersion version{};
  for (size_t p = 0; p < version.size(); ++p) {
    if (op.version_slots[p] >= 0) version[p] = row.slots[op.version_slots[p]].i;
  }
  return version;
}

namespace {

Status Unreadable() { return Corrupt("what is stored of an entity cannot be read"); }

template <class State>
bool ReadState(const FoldPlan& fold, std::string_view bytes, State* state) {
  ByteReader reader(bytes);
  return state->Read(&reader) && reader.Done() && state->Fits(fold);
}

template <class State>
Result<bool> IsExpired(const FoldPlan& fold, std::string_view bytes, EventTime from) {
  State state;
  if (!ReadState(fold, bytes, &state)) return Unreadable();
  return state.Newest(fold) + *fold.expires < from;
}

}  // namespace

Result<bool> Expired(const FoldPlan& fold, std::string_view part, EventTime from) {
  if (!fold.expires || from == kNoEventTime || (fold.revocable && !part.empty() && part[0] == kRevoked)) return false;
  if (fold.revocable && !part.empty()) part.remove_prefix(1);
  return fold.kind == FoldKind::kDistinct ? IsExpired<entity::DistinctState>(fold, part, from) : IsExpired<entity::SingleState>(fold, part, from);
}

template <class State>
Status Folder::Run(const FoldPlan& fold, const FoldEvent& event, std::string_view part, std::string* new_part, RowFinder* rows,
                   std::vector<Contribution>* deltas, FoldResult* result) {
  State state;
  if (!part.empty()) {
    if (fold.revocable && part[0] == kRevoked) return Status::Ok();
    if (!ReadState(fold, part.substr(fold.revocable ? 1 : 0), &state)) return Unreadable();
  }
  const bool revoked = (event.roles & FoldPlan::kRevokes) != 0;
  if (!revoked && state.Knows(fold, event)) return Status::Ok();
  if (!revoked) state.Forget(fold, event);
  before_.clear();
  after_.clear();
  state.Contribute(fold, &before_);
  const int waited = state.Unmatched(fold);
  new_part->clear();
  if (fold.revocable) *new_part += revoked ? kRevoked : kStands;
  if (revoked) {
    result->unmatched = -waited;
  } else {
    result->overflowed = !state.Insert(fold, event, rows);
    result->unmatched = state.Unmatched(fold) - waited;
    state.Write(new_part);
  }
  result->changed = *new_part != part;
  if (!result->changed) return Status::Ok();
  if (!revoked) state.Contribute(fold, &after_);
  for (const Contribution& c : after_) {
    const auto same = std::find(before_.begin(), before_.end(), c);
    if (same != before_.end()) {
      before_.erase(same);
    } else {
      deltas->push_back(c);
    }
  }
  for (Contribution c : before_) {
    c.count = -c.count;
    c.sum = -c.sum;
    deltas->push_back(c);
  }
  return Status::Ok();
}

namespace {

template <class State>
Status SummarizeState(const FoldPlan& fold, std::string_view part, const LookupTables& tables, EntitySummary* summary) {
  if (!FactsState::StateIn(fold, part, &part)) return Unreadable();
  if (!fold.facts.empty() && part.empty()) return Status::Ok();
  if (fold.revocable && part.starts_with(kRevoked)) return Status::Ok();
  State state;
  if (!ReadState(fold, part.substr(fold.revocable && !part.empty() ? 1 : 0), &state)) return Unreadable();
  state.Contribute(fold, &summary->contributions);
  if constexpr (std::is_same_v<State, entity::MergedState>) state.Describe(fold, tables, summary);
  return Status::Ok();
}

}  // namespace

Status Summarize(const FoldPlan& fold, std::string_view part, const LookupTables& tables, EntitySummary* summary) {
  *summary = EntitySummary();
  switch (fold.kind) {
    case FoldKind::kDistinct:
      return SummarizeState<entity::DistinctState>(fold, part, tables, summary);
    case FoldKind::kLatest:
    case FoldKind::kFirst:
      return SummarizeState<entity::SingleState>(fold, part, tables, summary);
    case FoldKind::kSteps:
      return SummarizeState<entity::StepsState>(fold, part, tables, summary);
    case FoldKind::kDwell:
      return SummarizeState<entity::DwellState>(fold, part, tables, summary);
    case FoldKind::kOpen:
    case FoldKind::kCounted:
      return SummarizeState<entity::MergedState>(fold, part, tables, summary);
  }
  return Internal("an unknown fold");
}

Status Folder::Apply(const FoldPlan& fold, const FoldEvent& event, std::string_view part, std::string* new_part, RowFinder* rows,
                     std::vector<Contribution>* deltas, FoldResult* result) {
  switch (fold.kind) {
    case FoldKind::kDistinct:
      return Run<entity::DistinctState>(fold, event, part, new_part, rows, deltas, result);
    case FoldKind::kLatest:
    case FoldKind::kFirst:
      return Run<entity::SingleState>(fold, event, part, new_part, rows, deltas, result);
    case FoldKind::kSteps:
      return Run<entity::StepsState>(fold, event, part, new_part, rows, deltas, result);
    case FoldKind::kDwell:
      return Run<entity::DwellState>(fold, event, part, new_part, rows, deltas, result);
    case FoldKind::kOpen:
    case FoldKind::kCounted:
      return Run<entity::MergedState>(fold, event, part, new_part, rows, deltas, result);
  }
  return Internal("an unknown fold");
}

}  // namespace tidemark
