// Windows resolved: which event time a window holds at T, also when it is the same window at another time.
#pragma once

#include <cstdint>
#include <string>

#include "pipeline/base/time.h"
#include "pipeline/plan/spec.h"
#include "pipeline/plan/tier.h"

namespace tidemark {

// A window of a table: its edges move once for all KPIs that have it.
struct WindowPlan {
  enum class Kind : uint8_t { kLifetime, kRolling, kToDate, kClosed };
  Kind kind = Kind::kRolling;
  Duration length{}, step{};           // rolling
  CalendarUnit unit = CalendarUnit::kDay;
  // The window at another time; of the three at most one is set.
  bool previous = false;               // the window or period before
  Duration back{};
  int months = 0;
  Duration delay{};                    // everything is read as of so long before T, whole panes only (mature, silent)
  bool complete = false;               // only whole panes before T: sources hold it at what is complete, and more is here. Nothing of its identity in a lifetime
  bool level = false;                  // what stands at the upper edge: all panes before it, since ever
  Tier tier = Tier::kMinute;
  bool operator==(const WindowPlan&) const = default;
  bool lifetime() const { return kind == Kind::kLifetime; }
  bool in_panes() const { return !lifetime() || complete; }  // its upper edge moves over them
  bool compared() const { return previous || back.count() != 0 || months != 0; }
};

// Panes p with lower <= p < upper. `lower` never decreases as T grows; `upper` does where a period begins anew whose
// predecessor had the same counterpart (30 and 31 May, a month before).
struct Edges {
  EventTime lower = kNoEventTime, upper = kNoEventTime;
  bool operator==(const Edges&) const = default;
  bool Holds(EventTime pane) const { return pane >= lower && pane < upper; }
};
inline constexpr Edges kAllTime{kNoEventTime, EventTime::max()};

// At T = t, which may be kNoEventTime. REQUIRES: a calendar where there are periods or months in it.
Edges EdgesOf(const WindowPlan& window, const Calendar* calendar, EventTime t);
// One spelling of what makes two windows the same in stored bytes, readable for people.
std::string Identity(const WindowPlan& window, const CalendarSpec& calendar);
// The window holds nothing that is older than T by more than this and a step.
Duration ReachOf(const WindowPlan& window);

}  // namespace tidemark
