"""Windows as config/README.md has them: rolling ones, and days, weeks, months, quarters and years of a time zone.

Times are whole seconds since 1970; a span is (first second, first second behind it), None for all time.
"""

import datetime
import re
import zoneinfo

MINUTE, HOUR, DAY = 60, 3600, 86_400
FOREVER = 10**12
_UNITS = {"m": MINUTE, "h": HOUR, "d": DAY}
_PERIODS = {"today": "day", "yesterday": "day"}


def length_of(window):
    """Of "7d"; None when it is no rolling window."""
    match = re.fullmatch(r"(\d+)([mhd])", window)
    return int(match[1]) * _UNITS[match[2]] if match else None


def step_of(length):
    if length <= 12 * HOUR:
        return MINUTE
    if length <= 5 * DAY:
        return 10 * MINUTE
    return HOUR if length <= 60 * DAY else DAY


class Periods:
    def __init__(self, zone):
        self.zone = zoneinfo.ZoneInfo(zone)

    def span(self, window, t, shift=None):
        """`shift`: "previous", or so many seconds that the window is looked at earlier (`mature`)."""
        if window in ("lifetime", "now"):
            return None
        if shift == "previous":
            return self.compared(window, t, "previous")
        length = length_of(window)
        if length is not None:
            step = step_of(length)
            if shift is not None:  # only steps that are over
                end = (t - shift) // step * step
                return end - length, end
            return t // step * step + step - length, FOREVER
        begin, end = self._period(window, t - (shift or 0))
        if shift is not None and not self._closed(window):
            end = (t - shift) // HOUR * HOUR
        return begin, end

    def compared(self, window, t, other):
        """The span of the same window at another time: "previous" or "1y"."""
        length = length_of(window)
        if length is not None:
            assert other == "previous", "rolling windows are compared with the one before only"
            low = self.span(window, t)[0] - length
            return low, low + length
        unit = self._unit(window)
        date = self._begin_date(unit, self._date(self._period(window, t)[0]))
        before = self._previous(unit, date)
        if other == "1y":
            before = self._begin_date(unit, date.replace(year=date.year - 1))
        begin, end = self._midnight(before), self._midnight(self._next(unit, before))
        if not self._closed(window):
            end = min(end, self._as_far(t, date, before))
            pane = {"day": MINUTE, "week": 10 * MINUTE}.get(unit, HOUR)
            end = end // pane * pane
        return begin, end

    def _as_far(self, t, date, before):
        """As many days after `before`, at the same time of day, as t is after `date`. While the wall clock goes again
        through what it was set back by, nothing passes; a time that it skips is when it was put forward."""
        wall = self._local(t)
        if wall.fold:
            wall = self._local(self._change(t) - MINUTE).replace(tzinfo=None) + datetime.timedelta(minutes=1)
        days = wall.date() - date
        then = int(datetime.datetime.combine(before + days, wall.time(), self.zone).timestamp())
        return then if self._local(then).time() == wall.time() else self._change(then)

    def _local(self, t):
        return datetime.datetime.fromtimestamp(t, self.zone)

    def _change(self, t):
        """The last time before t at which the clock was set; on a whole minute."""
        t = t // MINUTE * MINUTE
        while self._local(t - MINUTE).utcoffset() == self._local(t).utcoffset():
            t -= MINUTE
        return t

    @staticmethod
    def _closed(window):
        return window.startswith("last_") or window == "yesterday"

    @staticmethod
    def _unit(window):
        return _PERIODS.get(window) or re.fullmatch(r"(?:last_)?(\w+?)(?:_to_date)?", window)[1]

    def _period(self, window, t):
        unit = self._unit(window)
        date = self._begin_date(unit, self._date(t))
        if self._closed(window):
            date = self._previous(unit, date)
        return self._midnight(date), self._midnight(self._next(unit, date))

    def _date(self, t):
        return self._local(t).date()

    def _midnight(self, date):
        """The first instant of a date: where the clock skips midnight, that is when it is put forward."""
        midnight = datetime.datetime.combine(date, datetime.time(), self.zone)
        return int(midnight.timestamp())

    @staticmethod
    def _begin_date(unit, date):
        if unit == "day":
            return date
        if unit == "week":
            return date - datetime.timedelta(days=date.weekday())
        month = {"month": date.month, "quarter": (date.month - 1) // 3 * 3 + 1, "year": 1}[unit]
        return date.replace(month=month, day=1)

    def _next(self, unit, date):
        longest = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}[unit]
        return self._begin_date(unit, date + datetime.timedelta(days=longest))

    def _previous(self, unit, date):
        return self._begin_date(unit, date - datetime.timedelta(days=1))
