"""The marks of each measure, worked out from its definition: see recount.py.

Facts are events, in the order of time. `by` gives a fact's labels as a tuple, `key` the id it is about ("" for none),
`value` a number or None when it has none.
"""

import bisect
import functools
from fractions import Fraction

MICRO = Fraction(1, 1_000_000)


def no_labels(_):
    return ()


class Fact:
    __slots__ = ("at", "type", "p", "envelope")

    def __init__(self, event):
        field = event.WhichOneof("payload")
        self.at, self.type, self.envelope = event.time.seconds, field.replace("_", ".", 1), event
        self.p = getattr(event, field)


def money(message):
    """`amount` of an order, item or payment; None when it has none."""
    return message.amount_micros * MICRO if message.HasField("amount_micros") else None


class History:
    def __init__(self, events):
        self.facts = sorted((Fact(event) for event in events), key=lambda fact: fact.at)

    def of(self, *types):
        return [fact for fact in self.facts if fact.type in types]

    # ---- measures of events ----

    def events(self, types, by=no_labels, value=lambda fact: 1, where=lambda fact: True):
        """count, sum, avg, quantiles, min, max, last; and distinct, whose values are ids."""
        made = ((fact, value(fact)) for fact in self.of(*types) if where(fact))
        return _until([(fact.at, by(fact), v) for fact, v in made if v not in (None, "")])

    # ---- measures of ids ----

    def first(self, types, key, by=no_labels):
        facts = {}
        for fact in self.of(*types):
            facts.setdefault(key(fact), []).append(fact)
        facts.pop("", None)
        return _until([_settled([f for f in group if f.at == group[0].at], by) for group in facts.values()])

    def latest(self, types, key, by=no_labels):
        """active; with the shift "previous", lapsed."""
        facts = _by_key(self.of(*types), key)

        def marks(t):
            for group in facts.values():
                known = _known(group, t)
                if known:
                    yield _settled([f for f in known if f.at == known[-1].at], by)
        return marks

    # ---- what happens to an id ----

    def chains(self, steps, key, within=None):
        """Of each id known at t the events that count for the steps it has taken: the earliest first one, and of each
        later step the earliest not before the one before it."""
        kinds = [step if isinstance(step, tuple) else (step,) for step in steps]
        facts = _by_key(self.of(*(kind for step in kinds for kind in step)), key)

        def chains(t):
            for group in facts.values():
                chain = []
                for step in kinds:
                    found = next((f for f in _known(group, t) if f.type in step and _follows(f, chain, within)), None)
                    if found is None:
                        break
                    chain.append(found)
                if chain:
                    yield chain
        return chains

    def elapsed(self, start, end, key, by=lambda a, b: (), within=None):
        """`by` is given both events."""
        chains = self.chains([start, end], key, within)
        return lambda t: [(b.at, by(a, b), b.at - a.at) for a, b in (c for c in chains(t) if len(c) == 2)]

    def funnel(self, steps, key, within, by=no_labels):
        """The last label is the step."""
        chains = self.chains(steps, key, within)
        names = [f"{n + 1}_{step}" for n, step in enumerate(steps)]
        return lambda t: [(chain[0].at, (*by(chain[0]), names[n]), 1) for chain in chains(t) for n in range(len(names))
                          if n < len(chain)]

    def dwell(self, types, until, key, text):
        """The only label is the value of the field."""
        facts = _by_key(self.of(*types, *until), key)

        def marks(t):
            for group in facts.values():
                yield from _stays(_known(group, t), until, text)
        return marks

    def open(self, types, until, key, fields, show, silent_for=None):
        """`fields(fact)`: {name: value} of what the event says of the entity, None or "" for nothing. `show(now)`: the
        mark's labels and value, from the fields as merged; None when it doesn't count."""
        facts, fields = _by_key(self.of(*types, *until), key), functools.cache(fields)

        def marks(t):
            for group in facts.values():
                known = _known(group, t)
                if not known or any(f.type in until for f in known):
                    continue
                if silent_for is not None and known[-1].at >= (t - silent_for) // 60 * 60:
                    continue
                shown = show(_merged(known, fields))
                if shown is not None:
                    yield known[-1].at, *shown
        return marks

    def corrected(self, types, key, fields, show, by=(), add=(), revoke=()):
        """`show(now)`: labels and value; a value of None doesn't count. What counts does so where it first did after
        the last revocation."""
        fields = functools.cache(fields)
        facts = _by_key(self.of(*types, *by, *add, *revoke), key)

        def marks(t):
            for group in facts.values():
                known = _known(group, t)
                revoked = max((f.at for f in known if f.type in revoke), default=-1)
                counted = [f.at for f in known if f.type in types and f.at > revoked]
                if not counted:
                    continue
                labels, value = show(_merged([f for f in known if f.type not in add], fields))
                if value is not None:
                    added = sum(fields(f)["value"] or 0 for f in known if f.type in add)
                    yield counted[0], labels, value + added
        return marks


def _until(marks):
    """Marks that stay what they are: those up to t."""
    marks.sort(key=lambda mark: mark[0])
    times = [mark[0] for mark in marks]
    return lambda t: marks[:bisect.bisect_right(times, t)]


def _by_key(facts, key):
    groups = {}
    for fact in facts:
        identity = key(fact)
        if identity:
            groups.setdefault(identity, []).append(fact)
    return groups


def _known(group, t):
    if group[-1].at <= t:
        return group
    return [fact for fact in group if fact.at <= t]


def _settled(facts, by):
    """Events at one instant have no order: they must agree."""
    labels = {by(fact) for fact in facts}
    assert len(labels) == 1, f"the data leaves open which of {labels} counts"
    return facts[0].at, labels.pop(), 1


def _follows(fact, chain, within):
    return not chain or (fact.at >= chain[-1].at and (within is None or fact.at - chain[0].at <= within))


def _stays(known, until, text):
    since = None
    for fact in known:
        ends = fact.type in until
        value = None if ends else text(fact)
        if since is not None and (ends or value != text(since)):
            yield fact.at, (text(since),), fact.at - since.at
        if ends:
            since = None
        elif since is None or value != text(since):
            since = fact


def _merged(known, fields):
    """Later values replace earlier ones; at one instant the greater version does."""
    now = {}
    for fact in sorted(known, key=lambda f: (f.at, f.envelope.entity_version)):
        for name, value in fields(fact).items():
            if value not in (None, ""):
                now[name] = value
            else:
                now.setdefault(name, None)
    return now
