#include "pipeline/plan/window.h"

#include "pipeline/base/check.h"

namespace tidemark {
namespace {

constexpr Duration kDay = std::chrono::hours(24);

// The period of another time: of 31 May, a month before, that is 30 April.
Period OtherPeriod(const WindowPlan& w, const Calendar& calendar, CalendarUnit unit, const Period& period) {
  if (w.previous) return calendar.PeriodBefore(unit, period.begin);
  if (w.months != 0) return calendar.PeriodOf(unit, calendar.MonthsBefore(period.begin, w.months));
  const bool days = w.back % kDay == Duration(0);
  return calendar.PeriodOf(unit, days ? calendar.DaysBefore(period.begin, static_cast<int>(w.back / kDay)) : period.begin - w.back);
}

Edges RollingEdges(const WindowPlan& w, const Calendar* calendar, EventTime t) {
  Edges edges{LowerEdge(t, w.length, w.step), EventTime::max()};
  // Whole steps only: what is still going on at T - delay is not over.
  if (w.delay.count() != 0 || w.complete) edges = {FloorTo(t, w.step) - w.length, FloorTo(t, w.step)};
  EventTime lower = edges.lower;
  if (w.previous) lower -= w.length;
  if (w.back.count() != 0) lower -= w.back;
  if (w.months != 0) {
    // As far into the other month as this is into its own; never decreases as t grows, be the wall clock set back meanwhile.
    const Period other = OtherPeriod(w, *calendar, CalendarUnit::kMonth, calendar->PeriodOf(CalendarUnit::kMonth, lower));
    lower = FloorTo(calendar->SameElapsed(CalendarUnit::kMonth, lower, other).end, w.step);
  }
  return w.compared() ? Edges{lower, lower + w.length} : edges;
}

Edges PeriodEdges(const WindowPlan& w, const Calendar& calendar, EventTime t) {
  const Period now = calendar.PeriodOf(w.unit, t);
  if (w.kind == WindowPlan::Kind::kClosed) {
    const Period closed = calendar.PeriodBefore(w.unit, t);
    const Period shown = w.compared() ? OtherPeriod(w, calendar, w.unit, closed) : closed;
    return {shown.begin, shown.end};
  }
  if (!w.compared()) return {now.begin, w.delay.count() != 0 || w.complete ? FloorTo(t, PaneSize(w.tier)) : now.end};
  const Period part = calendar.SameElapsed(w.unit, t, OtherPeriod(w, calendar, w.unit, now));
  return {part.begin, FloorTo(part.end, PaneSize(w.tier))};
}

std::string_view UnitName(CalendarUnit unit) {
  switch (unit) {
    case CalendarUnit::kDay: return "day";
    case CalendarUnit::kWeek: return "week";
    case CalendarUnit::kMonth: return "month";
    case CalendarUnit::kQuarter: return "quarter";
    case CalendarUnit::kYear: return "year";
  }
  return "";
}

// The longest that a period can be.
Duration LongestOf(CalendarUnit unit) {
  constexpr int kDays[] = {1, 7, 31, 92, 366};
  return kDay * kDays[static_cast<size_t>(unit)] + std::chrono::hours(1);
}

}  // namespace

Edges EdgesOf(const WindowPlan& w, const Calendar* calendar, EventTime t) {
  if (w.lifetime() && !w.complete) return kAllTime;
  if (t == kNoEventTime) {
    // Nothing is known yet: a window that ends now holds all there is, one that ended before holds nothing.
    return w.kind == WindowPlan::Kind::kRolling && !w.compared() && w.delay.count() == 0 && !w.complete && !w.level ? kAllTime : Edges{};
  }
  if (w.lifetime()) return {kNoEventTime, FloorTo(t, PaneSize(w.tier))};
  const EventTime at = t - w.delay;
  Edges edges;
  if (w.kind == WindowPlan::Kind::kRolling) {
    edges = RollingEdges(w, calendar, at);
  } else {
    TM_CHECK(calendar != nullptr);
    edges = PeriodEdges(w, *calendar, at);
  }
  if (w.level) edges.lower = kNoEventTime;
  return edges;
}

std::string Identity(const WindowPlan& w, const CalendarSpec& calendar) {
  std::string text;
  switch (w.kind) {
    case WindowPlan::Kind::kLifetime:
      return "lifetime";
    case WindowPlan::Kind::kRolling:
      text = FormatDuration(w.length) + " by " + FormatDuration(w.step);
      break;
    case WindowPlan::Kind::kToDate:
      text = std::string(UnitName(w.unit)) + " to date";
      break;
    case WindowPlan::Kind::kClosed:
      text = "last " + std::string(UnitName(w.unit));
      break;
  }
  if (w.kind != WindowPlan::Kind::kRolling || w.months != 0) {
    text += " in " + calendar.time_zone + " weeks from " + std::to_string(calendar.week_start) + " years from " +
            std::to_string(calendar.fiscal_year_start);
  }
  if (w.previous) text += ", the one before";
  if (w.back.count() != 0) text += ", " + FormatDuration(w.back) + " before";
  if (w.months != 0) text += ", " + std::to_string(w.months) + " months before";
  if (w.delay.count() != 0) text += ", as of " + FormatDuration(w.delay) + " before";
  if (w.complete) text += ", of what is complete";
  if (w.level) text += ", standing at its end";
  return text + (w.kind == WindowPlan::Kind::kRolling ? "" : ", panes of " + FormatDuration(PaneSize(w.tier)));
}

Duration ReachOf(const WindowPlan& w) {
  if (w.lifetime()) return Duration::max();
  const Duration span = w.kind == WindowPlan::Kind::kRolling  ? w.length
                        : w.kind == WindowPlan::Kind::kToDate ? LongestOf(w.unit)
                                                              : 2 * LongestOf(w.unit);
  const Duration other = w.previous ? span : w.back + LongestOf(CalendarUnit::kMonth) * w.months;
  // Of a period, the other one may begin up to a period before that.
  const Duration slack = w.compared() && w.kind != WindowPlan::Kind::kRolling ? LongestOf(w.unit) : Duration(0);
  return span + other + slack + w.delay;
}

}  // namespace tidemark
