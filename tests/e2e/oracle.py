"""The naive answer: keeps every event and counts again. Shares no code and no idea with the engine."""

from decimal import Decimal

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
LENGTHS = {"1h": HOUR, "24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY}


def step_of(length):
    """The default step of a rolling window, in microseconds."""
    if length <= 12 * HOUR:
        return MINUTE
    if length <= 5 * DAY:
        return 10 * MINUTE
    return HOUR if length <= 60 * DAY else DAY


def lower_edge(window, t):
    """The earliest event time that a rolling window holds when it is read at `t`; None for lifetime."""
    if window == "lifetime":
        return None
    length = LENGTHS[window]
    step = step_of(length)
    return t // step * step + step - length


class Kpi:
    """`kinds`: of payloads that count. `label(event)`: its label values as a tuple. `value(event)`: a Decimal, or None
    when the event doesn't count."""

    def __init__(self, name, kinds, windows, labels=(), label=lambda event: (),
                 value=lambda event: Decimal(1), measure="sum"):
        self.name, self.kinds, self.windows, self.labels = name, frozenset(kinds), windows, labels
        self.label, self.value, self.measure = label, value, measure

    def facts(self, timed_events):
        """[(time, label values, value)] of the events that count: enough to answer for any instant."""
        found = []
        for time, event in timed_events:
            if event.WhichOneof("payload") in self.kinds:
                value = self.value(event)
                if value is not None:
                    found.append((time, self.label(event), value))
        return found

    def expect(self, facts, t):
        """{(label values, window): Decimal, or (sum, n) for an average}, without empty averages and extremes."""
        cells = {}
        for window in self.windows:
            edge = lower_edge(window, t)
            for time, labels, value in facts:
                if edge is None or time >= edge:
                    cells.setdefault((labels, window), []).append(value)
        return {key: self._fold(values) for key, values in cells.items()}

    def _fold(self, values):
        if self.measure == "sum":
            return sum(values)
        if self.measure == "avg":
            return (sum(values), len(values))
        return {"min": min, "max": max}[self.measure](values)

    def differences(self, page, facts, t, prefix="sales_"):
        """What a page shows differently; empty when it is right."""
        return self.unlike(page, self.expect(facts, t), prefix)

    def unlike(self, page, expected, prefix="sales_"):
        """The same of what `expect` has answered."""
        shown = {}
        for labels, text in page.family(prefix + self.name).items():
            pairs = dict(labels)
            shown[tuple(pairs[label] for label in self.labels), pairs["window"]] = text
        wrong = []
        for key in sorted(set(expected) | set(shown)):
            if not self._agrees(expected.get(key), shown.get(key)):
                wrong.append(f"{self.name}{key}: shown {shown.get(key)}, counted again {expected.get(key)}")
        return wrong

    def _agrees(self, expected, text):
        if expected is None:  # an empty series may be shown as 0, but an empty average is absent
            return text is not None and self.measure == "sum" and Decimal(text) == 0
        if text is None:
            return False
        if self.measure == "avg":
            total, n = expected
            return abs(Decimal(text) * n - total) <= abs(total) * Decimal("1e-15") + Decimal("1e-15")
        return Decimal(text) == expected


class Running:
    """The same answer over facts that only come, for when they are asked about thousands of times: kept by minute, of which every
    window's lower edge is a whole number."""

    def __init__(self, kpis):
        self.kpis = {kpi.name: kpi for kpi in kpis}
        self.minutes = {kpi.name: {} for kpi in kpis}  # KPI -> label values -> minute -> [sum, n, least, greatest]

    def add(self, name, fact):
        time, labels, value = fact
        cell = self.minutes[name].setdefault(labels, {}).setdefault(time // MINUTE, [Decimal(0), 0, value, value])
        cell[0] += value
        cell[1] += 1
        cell[2] = min(cell[2], value)
        cell[3] = max(cell[3], value)

    def expect(self, name, t):
        kpi = self.kpis[name]
        expected = {}
        for labels, minutes in self.minutes[name].items():
            for window in kpi.windows:
                edge = lower_edge(window, t)
                cells = [cell for minute, cell in minutes.items() if edge is None or minute * MINUTE >= edge]
                if cells:
                    expected[labels, window] = self._fold(kpi.measure, cells)
        return expected

    @staticmethod
    def _fold(measure, cells):
        if measure in ("sum", "avg"):
            total = sum(cell[0] for cell in cells)
            return total if measure == "sum" else (total, sum(cell[1] for cell in cells))
        return min(cell[2] for cell in cells) if measure == "min" else max(cell[3] for cell in cells)


def timed(events, micros_of):
    """[(event time, event)], each id once."""
    seen = set()
    found = []
    for event in events:
        if event.id:
            if (event.source, event.id) in seen:
                continue
            seen.add((event.source, event.id))
        found.append((micros_of(event), event))
    return found
