// What is stored of entities: the part of each kind of fold, read by all that read it. Either kCorrupt, or a part to which
// events can be added, and which can then be read.
//
// Byte 1: which fold. Byte 2: how many events make a part, two bytes each. Byte 3: where its bytes are replaced by the rest
// of the input; 255: the rest is the part.
#include <array>
#include <memory>

#include "config/config.h"
#include "pipeline/base/hash.h"
#include "pipeline/entity/fold.h"
#include "pipeline/store/bytes.h"
#include "tests/fuzz/fuzz.h"
#include "tests/property/entity_specs.h"

namespace {

using namespace tidemark;
using testing::Expect;

constexpr int64_t kStart = 19'700 * 86'400 * kMicrosPerSecond;

const Plan& ThePlan() {
  static const std::shared_ptr<const Plan> plan = [] {
    Specs specs;
    Diagnostics diagnostics;
    ParseConfig("entities.yaml", kEntityConfig, &specs, &diagnostics);
    auto made = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
    Expect(made != nullptr, diagnostics.ToString());
    return made;
  }();
  return *plan;
}

class Finder : public RowFinder {
 public:
  RowId RowOf(const FoldPlan&, std::string_view packed_labels) override { return RowId{static_cast<uint32_t>(Hash64(packed_labels) % 8)}; }
};

// One event, as two bytes have it; what it borrows lives as long as this.
class Event {
 public:
  Event(const FoldPlan& fold, const LookupTables& tables, uint32_t bits) : slots_(64) {
    const uint32_t wanted = bits >> 8 & 0x1f;
    for (size_t l = 0; l < 2; ++l) PutBytes(&labels_, (bits & 1) != 0 ? "web" : "");
    row_.time = event_.time = EventTimeFromMicros(kStart + int64_t{bits >> 3 & 0x1f} * 3'600 * kMicrosPerSecond / 2);
    row_.slots = slots_.data();
    for (size_t f = 0; f < fold.layout.size(); ++f) {
      if (fold.layout[f].type == SlotType::kString) {
        slots_[f].s = {"stage", 1 + bits % 5};
      } else {
        slots_[f].i = bits % 7 == 6 ? INT64_MAX : bits % 7 * 1'000'000;
      }
      if ((wanted >> f & 1) == 0) row_.present |= uint64_t{1} << f;
    }
    for (size_t f = 0; f < fold.layout.size() + fold.labels.size(); ++f) fields_.push_back(f < fold.layout.size() ? static_cast<int32_t>(f) : -1);
    for (size_t l = 0; fold.waiting && l < fold.labels.size(); ++l) fields_[fold.layout.size() + l] = fold.labels[l].slot;
    event_.tie = bits;
    event_.roles = RolesOf(fold, wanted);
    event_.row = RowId{bits % 8};
    event_.from = event_.to = labels_;
    event_.text = (bits & 4) != 0 ? "offer" : "";
    event_.version = {bits % 3, bits % 4 == 3 ? bits % 2 : 0, bits % 8 == 7 ? 1 : 0};
    event_.added = bits % 5 == 4 ? INT64_MIN : 5;
    event_.event = &row_;
    event_.fields = &fields_;
    event_.tables = &tables;
  }
  const FoldEvent& get() const { return event_; }

 private:
  static uint32_t RolesOf(const FoldPlan& fold, uint32_t bits) {
    if (fold.revocable && bits == 0x1f) return FoldPlan::kRevokes;
    switch (fold.kind) {
      case FoldKind::kSteps: return 1 + bits % ((1u << fold.steps) - 1);
      case FoldKind::kDwell: return bits % 4 == 3 ? FoldPlan::kEnds : FoldPlan::kCounts;
      case FoldKind::kOpen: return bits % 4 == 3 ? FoldPlan::kEnds : bits % 4 == 2 ? FoldPlan::kReopens : FoldPlan::kCounts;
      case FoldKind::kCounted: return std::array<uint32_t, 4>{FoldPlan::kCounts, 0, FoldPlan::kAdds, FoldPlan::kEnds}[bits % 4];
      default: return FoldPlan::kCounts;
    }
  }

  std::vector<Slot> slots_;
  std::vector<int32_t> fields_;
  std::string labels_;
  EventRow row_;
  FoldEvent event_;
};

// False: kCorrupt.
bool Add(const FoldPlan& fold, const FoldEvent& event, std::string* part) {
  static Folder folder;
  Finder finder;
  std::string after;
  std::vector<Contribution> deltas;
  FoldResult result;
  const Status status = folder.Apply(fold, event, *part, &after, &finder, &deltas, &result);
  if (!status.ok()) Expect(status.code() == Code::kCorrupt, [&] { return "corrupt: " + status.text(); });
  if (status.ok() && result.changed) *part = after;
  return status.ok();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const LookupTables tables;
  const auto& folds = ThePlan().folds();
  testing::Bytes bytes(data, size);
  const FoldPlan& fold = folds[bytes.Byte() % folds.size()];
  std::string part;
  for (int n = bytes.Byte() % 32; n > 0 && !bytes.empty(); --n) Expect(Add(fold, Event(fold, tables, bytes.Word()).get(), &part), "a part that events made");
  const uint8_t at = bytes.Byte();
  const uint32_t last = bytes.Word();
  const std::string_view rest = bytes.Rest();
  if (at == 255) {
    part = rest;
  } else if (!part.empty()) {
    part.replace(std::min<size_t>(at, part.size() - 1), rest.size(), rest);
  }
  if (part.empty()) return 0;
  EntitySummary summary;
  const bool readable = Summarize(fold, part, tables, &summary).ok();
  const Result<bool> expired = Expired(fold, part, EventTimeFromMicros(kStart));
  Expect(expired.ok() || !readable, "what can be summarised can expire");
  const bool added = Add(fold, Event(fold, tables, last).get(), &part);
  Expect(added == readable, "what can be summarised takes events, and nothing else does");
  if (added) Expect(Summarize(fold, part, tables, &summary).ok(), "a part after an event can be read");
  return 0;
}
