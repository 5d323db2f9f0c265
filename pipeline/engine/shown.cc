// What was shown at whole hours, by which `explain` tells what was corrected since.
#include "pipeline/engine/impl.h"
#include "pipeline/engine/shown.h"
#include "pipeline/store/keys.h"

namespace tidemark {
namespace {

constexpr Duration kDay = std::chrono::hours(24);
constexpr size_t kMostWaiting = 64u << 20;  // bytes for one commit; then hours are left out

}  // namespace

// Where T will be once a backlog is read: what is kept then is kept now.
EventTime Engine::Impl::Arrival(const Clock& clock) const {
  if (plan_->clocks()[static_cast<size_t>(&clock - clocks_.data())].held) return clock.t;  // by what nobody can foresee
  const bool proven = !plan_->time().event_clock && last_status_ != WallTime::min();
  return proven ? std::max(clock.t, EventTimeOfProof(last_status_)) : clock.t;
}

// Rules see the same values at this instant.
Status Engine::Impl::KeepShown(size_t clock, EventTime hour) {
  if (!options_.keep_shown) return Status::Ok();
  const EventTime t = Arrival(clocks_[clock]);
  const bool midnight = FloorTo(hour, kDay) == hour;
  // Time that jumps over days, or has a backlog before it, keeps only what would be there after going through them.
  const bool kept = IsShownKept(hour, t) && shown_bytes_ < kMostWaiting;
  const size_t before = shown_.puts.size();
  for (const auto& table : tables_) {
    if (table->plan().clock != clock) continue;
    if (kept) {
      TM_RETURN_IF_ERROR(table->AppendShown(hour, store_, &shown_.puts));
    } else {
      table->SkipShown(hour, &shown_.puts);
    }
  }
  for (size_t p = before; p < shown_.puts.size(); ++p) shown_bytes_ += shown_.puts[p].key.size() + shown_.puts[p].value.size();
  if (midnight && t - hour < kDay) ForgetShown(clock, hour);
  return Status::Ok();
}

// Of days that are over for long only the midnights stay, and those not for ever.
void Engine::Impl::ForgetShown(size_t clock, EventTime midnight) {
  const EventTime oldest = midnight - kMidnightsShown, end = midnight - kHoursShown;
  const EventTime from = std::max(oldest, clocks_[clock].shown_from);
  for (const auto& table : tables_) {
    if (table->plan().clock != clock || !table->counted()) continue;
    shown_.erase_ranges.push_back({Family::kRows, ShownKey(table->number(), EventTime::min()), ShownKey(table->number(), oldest)});
    for (EventTime day = from; day < end; day += kDay) {
      shown_.erase_ranges.push_back({Family::kRows, ShownKey(table->number(), day + kShownGrid), ShownKey(table->number(), day + kDay)});
    }
  }
  clocks_[clock].shown_from = end;
}

}  // namespace tidemark
