#!/usr/bin/python3
"""The whole KPI language on real data, through `tidemark replay`: the published figures, and at a dozen instants every
series of every KPI of real_data/*.yaml against a recount. See README.md."""

import datetime
import json
import os
import pathlib
import random
import subprocess
import unittest
from fractions import Fraction

import harness
import real_data_events
import real_data_kpis
import recount
from periods import Periods
from real_data_published import Published
from real_data_shuffled import Shuffled, rfc3339
from recount_measures import History

HERE = pathlib.Path(__file__).resolve().parent
RANDOM_INSTANTS = 8
# In São Paulo: the end of a month; midnight of a day that begins at 01:00; 23:30 for the second time; a Monday's first
# second and the one before it.
EDGES = ["2018-03-01T03:00:00Z", "2017-10-15T03:30:00Z", "2018-02-18T02:30:00Z", "2018-05-21T03:00:00Z",
         "2018-05-21T02:59:59Z"]


def seconds(text):
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


def write_delimited(events, path):
    """As `replay` reads them from a .pb file: each with its length in front, as a varint."""
    with open(path, "wb") as out:
        for event in events:
            message = event.SerializeToString()
            length, prefix = len(message), bytearray()
            while length > 0x7F:
                prefix.append(length & 0x7F | 0x80)
                length >>= 7
            out.write(bytes(prefix) + bytes([length]) + message)


def run_replay(config, events, instants, output):
    at = [f"--at={rfc3339(t)}" for t in instants]
    command = [harness.binary(), "replay", f"--config.file={config}", f"--input={events}", f"--output={output}", *at]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"replay ended with {done.returncode}: {done.stderr}")
    return done.stdout


def replay(config, events, instants):
    """{t: {family: {recount.key: text or None}}} of `tidemark replay`."""
    pages = {}
    for line in run_replay(config, events, instants, "json").splitlines():
        series = json.loads(line)
        page = pages.setdefault(seconds(series["t"]), {})
        page.setdefault(series["kpi"], {})[recount.key(series["window"], series["labels"])] = series["value"]
    return pages


class DataSet:
    """Events of one data set, as a file and as facts, and the KPIs of its configuration."""

    def __init__(self, name, events, zone, folder):
        self.name, self.periods = name, Periods(zone)
        self.config, self.events = HERE / "real_data" / f"{name}.yaml", events
        self.file = folder / f"{name}.pb"
        write_delimited(events, self.file)
        self.history = History(events)
        self.kpis = list(getattr(real_data_kpis, name)(self.history))

    def span(self):
        return self.history.facts[0].at, self.history.facts[-1].at

    def expected(self, t):
        answers = {}
        for kpi in self.kpis:
            answers |= kpi.answers(self.periods, t)
        return answers


class RealDataLanguage(Published, Shuffled, unittest.TestCase):
    write_events = staticmethod(write_delimited)

    @staticmethod
    def replay(config, events, instants):
        return replay(config, events, instants)

    @classmethod
    def setUpClass(cls):
        cls.data = harness.data_folder()
        pb = harness.event_classes()
        folder = harness.temp_dir("language")
        journey = [*real_data_events.campaigns(cls.data / "completejourney", pb),
                   *real_data_events.purchases(cls.data / "completejourney", pb)]
        funnel = list(real_data_events.marketing_funnel(cls.data / "olist_marketing_funnel", pb))
        orders = list(real_data_events.orders(cls.data / "olist_orders_sample15k", pb))
        cls.sets = {
            "funnel": DataSet("funnel", funnel, "UTC", folder),
            "orders": DataSet("orders", orders, "America/Sao_Paulo", folder),
            "journey": DataSet("journey", journey, "America/New_York", folder),
        }
        cls.seed = int(os.environ.get("TIDEMARK_SEED", random.randrange(2**32)))
        print(f"seed {cls.seed} (TIDEMARK_SEED repeats it)")
        # Behind everything, where the figures are those of all the data.
        cls.ends = {name: data.span()[1] + 4_321 for name, data in cls.sets.items()}
        cls.pages, cls.instants = {}, {}

    def replayed(self, name):
        """The pages of a data set at its instants; the last holds everything."""
        if name not in self.pages:
            choose, data = random.Random(f"{self.seed}/{name}"), self.sets[name]
            first, last = data.span()
            inner = [choose.randrange(first + 86_400, last) for _ in range(RANDOM_INSTANTS)]
            edges = [t for t in map(seconds, EDGES) if first < t < last]
            self.instants[name] = sorted({*inner, *edges, self.ends[name]})
            self.pages[name] = replay(data.config, data.file, self.instants[name])
        return self.pages[name]

    def compare(self, name):
        data, pages = self.sets[name], self.replayed(name)
        shown = set().union(*(page.keys() for page in pages.values()))
        for t in self.instants[name]:
            expected = data.expected(t)
            self.assertLessEqual(shown, set(expected), "KPIs that nobody counts again")
            wrong = recount.differences(expected, pages.get(t, {}))
            self.assertEqual(wrong[:40], [], f"{len(wrong)} differ at {rfc3339(t)}, seed {self.seed}")

    def test_every_kpi_of_the_marketing_funnel_equals_a_recount(self):
        self.compare("funnel")

    def test_every_kpi_of_the_orders_equals_a_recount(self):
        self.compare("orders")

    def test_every_kpi_of_the_customers_journey_equals_a_recount(self):
        self.compare("journey")

    def value(self, name, kpi, window="lifetime", **labels):
        """Of the last page, where everything is known, exactly; 0 for a series that isn't there."""
        text = self.replayed(name)[self.ends[name]].get(kpi, {}).get(recount.key(window, labels))
        return Fraction(text or 0)

    def page(self, name):
        """/metrics behind all events."""
        data = self.sets[name]
        return harness.Page(run_replay(data.config, data.file, [self.ends[name]], "prometheus"))

    def all_of(self, name, kpi, window="lifetime"):
        page = self.replayed(name)[self.ends[name]]
        return [Fraction(text) for (shown, _), text in page.get(kpi, {}).items() if shown == window]


if __name__ == "__main__":
    harness.main()
