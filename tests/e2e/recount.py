"""The naive answer to the whole KPI language: keeps all facts, and at every question works each KPI out from its
definition in config/README.md. Shares no code and no idea with the engine.

A KPI is made of marks, (when, labels, value), as they are known at an instant; a window takes those that lie in it; a
show turns their values into what is expected of the page. `recount_measures.py` makes the marks, `periods.py` has the
windows.
Times are whole seconds since 1970.
"""

import math
from decimal import Decimal
from fractions import Fraction


class Exactly:
    """A decimal, or a quotient that has to be rounded once: then its nearest double is meant."""

    def __init__(self, number):
        self.number = Fraction(number)

    def met_by(self, text):
        shown = Fraction(Decimal(text))
        return shown == self.number or (self.number.denominator != 1 and float(shown) == float(self.number))

    def __repr__(self):
        return str(float(self.number)) if self.number.denominator != 1 else str(self.number)


class Within:
    """What a quantile has to be: within 1 % of the sample at its rank."""

    def __init__(self, number):
        self.number = Fraction(number)

    def met_by(self, text):
        return abs(Fraction(Decimal(text)) - self.number) <= abs(self.number) / 100

    def __repr__(self):
        return f"{float(self.number)} +-1%"


class Growth:
    """A quotient less one, worked out in doubles; of quantiles only that there is one."""

    def __init__(self, number, known):
        self.number, self.known = number, known

    def met_by(self, text):
        return not self.known or abs(Fraction(Decimal(text)) - self.number) <= (abs(self.number) + 1) / 10**14

    def __repr__(self):
        return str(float(self.number))


class OneOf:
    """Any of several: what happened at one instant has no order."""

    def __init__(self, numbers):
        self.numbers = {Fraction(number) for number in numbers}

    def met_by(self, text):
        return Fraction(Decimal(text)) in self.numbers

    def __repr__(self):
        return f"one of {sorted(map(float, self.numbers))}"


# ---- shows: of the (when, value) in a window; None: absent ----

def count(marks):
    return Exactly(len(marks))


def total(marks):
    return Exactly(sum(value for _, value in marks))


def mean(marks):
    return Exactly(Fraction(sum(value for _, value in marks)) / len(marks)) if marks else None


def least(marks):
    return Exactly(min(value for _, value in marks)) if marks else None


def greatest(marks):
    return Exactly(max(value for _, value in marks)) if marks else None


def latest_value(marks):
    if not marks:
        return None
    end = max(at for at, _ in marks)
    return OneOf(value for at, value in marks if at == end)


def nearest_rank(values, percent):
    """Of a percentage as a text or number: the value of rank ceil(q x n)."""
    return sorted(values)[math.ceil(Fraction(str(percent)) / 100 * len(values)) - 1]


def quantile(percent):
    return lambda marks: Within(nearest_rank([value for _, value in marks], percent)) if marks else None


def ids(at_least=1):
    """How many different values there are, so many times each."""
    def show(marks):
        times = {}
        for _, identity in marks:
            times[identity] = times.get(identity, 0) + 1
        return Exactly(sum(n >= at_least for n in times.values()))
    return show


SHOWS = {"count": count, "sum": total, "avg": mean}


class Kpi:
    """`marks(t)`: what is known at t, all of it at or before t, or at None for "whenever". `show`: one of the above, or
    {value of the label `stat`: show}. `shift`: "previous" for what the window before holds; a number of seconds for
    `mature` and `silent_for`, which look so far back."""

    def __init__(self, name, marks, windows, labels=(), show=count, shift=None, compare=()):
        self.name, self.marks, self.windows, self.labels = name, marks, windows, tuple(labels)
        self.shows = show if isinstance(show, dict) else {None: show}
        self.shift, self.compare = shift, compare

    def answers(self, periods, t):
        """{family: {key: expected, or None where absent}}; see `key`."""
        by_labels = {}
        for at, labels, value in self.marks(t):
            by_labels.setdefault(labels, []).append((at, value))
        found = {self.name: {}}
        for window in self.windows:
            found[self.name].update(self._in(window, by_labels, periods.span(window, t, self.shift)))
        for other in self.compare:
            for window in self.windows:
                if window != "lifetime":
                    self._compare(window, other, by_labels, periods, t, found)
        return found

    def _in(self, window, by_labels, span, more=()):
        answers = {}
        for labels, marks in by_labels.items():
            here = marks if span is None else [mark for mark in marks if span[0] <= mark[0] < span[1]]
            for stat, show in self.shows.items():
                named = dict(zip(self.labels, labels)) | dict(more) | ({"stat": stat} if stat else {})
                answers[key(window, named)] = show(here)
        return answers

    def _compare(self, window, other, by_labels, periods, t, found):
        then = self._in(window, by_labels, periods.compared(window, t, other), {"compare": other}.items())
        found.setdefault(self.name + "_compare", {}).update(then)
        growth = found.setdefault(self.name + "_growth_ratio", {})
        for (_, labels), value in then.items():
            growth[window, labels] = growth_of(found[self.name][window, labels - {("compare", other)}], value)


def growth_of(now, then):
    if now is None or then is None or then.number == 0:
        return None
    return Growth(now.number / then.number - 1, isinstance(now, Exactly))


class StepRatio:
    """`<name>_ratio` of a funnel."""

    def __init__(self, funnel, first):
        self.name, self.funnel, self.first = funnel.name + "_ratio", funnel, first

    def answers(self, periods, t):
        steps = self.funnel.answers(periods, t)[self.funnel.name]
        return {self.name: {at: self._share(at, value, steps) for at, value in steps.items()}}

    def _share(self, at, value, steps):
        window, labels = at
        named = dict(labels)
        of = steps[key(window, named | {"step": self.first})]
        return Exactly(value.number / of.number) if of.number else None


class Formula:
    """`work_out` of the operands' values, which are 0 where nothing is known; `labels` are theirs or fewer of them."""

    def __init__(self, name, operands, windows, labels, work_out):
        self.name, self.operands, self.windows, self.labels = name, operands, windows, labels
        self.work_out = work_out

    def answers(self, periods, t):
        sums, groups = [], set()
        for operand, labels, window_of in self.operands:
            summed = {}
            for (window, named), value in operand.answers(periods, t)[operand.name].items():
                kept = frozenset(pair for pair in named if pair[0] in labels)
                summed[window, kept] = summed.get((window, kept), 0) + value.number
                groups |= {kept} if labels == self.labels else set()
            sums.append((summed, labels, window_of))
        found = {}
        for window in self.windows:
            for group in groups:
                values = []
                for summed, labels, window_of in sums:
                    kept = frozenset(pair for pair in group if pair[0] in labels)
                    values.append(summed.get((window_of or window, kept), Fraction(0)))
                found[window, group] = self._value(values)
        return {self.name: found}

    def _value(self, values):
        try:
            return Exactly(self.work_out(*values))
        except ZeroDivisionError:
            return None


class Top:
    """The greatest series of a KPI, and the rest as __other__."""

    def __init__(self, name, kpi, n):
        self.name, self.kpi, self.n = name, kpi, n

    def answers(self, periods, t):
        windows = {}
        for (window, labels), value in self.kpi.answers(periods, t)[self.kpi.name].items():
            windows.setdefault(window, []).append((-value.number, sorted(labels), labels))
        found = {}
        for window, series in windows.items():
            series.sort(key=lambda one: one[:2])
            # Series that hold nothing make no claim on a place.
            for value, _, labels in series[:self.n]:
                found[window, labels] = Exactly(-value)
            rest = series[self.n:]
            if rest:
                other = {name: "__other__" for name in self.kpi.labels}
                found[key(window, other)] = Exactly(-sum(value for value, _, _ in rest))
        return {self.name: found}


def key(window, labels):
    return window, frozenset(labels.items())


def differences(expected, shown):
    """What differs, in words. Both are {family: {key: ..}}; shown texts, None where the page has nothing to say."""
    wrong = []
    for family, answers in expected.items():
        there = shown.get(family, {})
        for at in sorted(set(answers) | set(there), key=lambda at: (at[0], sorted(at[1]))):
            want, text = answers.get(at), there.get(at)
            if text is None:  # what is 0 need not be shown
                right = want is None or (want.met_by("0") and not isinstance(want, Within))
            elif want is None:
                right = at not in answers and Decimal(text) == 0
            else:
                right = want.met_by(text)
            if not right:
                wrong.append(f"{family}{{{', '.join(f'{n}={v}' for n, v in sorted(at[1]))}}} {at[0]}: shown {text}, "
                             f"counted again {want}")
    return wrong
