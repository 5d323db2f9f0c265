"""How cost grows with each thing that can be large: rows of bench.py that fail the run when it grows faster than it should.

A row is a cost at sizes far apart. Its growth is the exponent of the power of the size that fits best: 0 is flat, 1 linear. A flat
row may come to 0.15, ten times as large and 1.4 times as dear: what is larger fits the caches less.
"""

import math
import pathlib
import statistics
import tempfile

from daemon_process import config, kpi

FLAT, LINEAR = 0.15, 1.1
NAMES = {FLAT: "flat", LINEAR: "linear"}
REVENUE = "sum: order.amount\n    where: order.currency == \"USD\"\n    unit: usd"
CHANNEL = {"lead.created": "{channel: lead.channel}", "order.paid": "{channel: order.channel}"}


def exponent(sizes, costs):
    """Of the line through the logarithms with the least squares."""
    x, y = [math.log(size) for size in sizes], [math.log(cost) for cost in costs]
    mean_x, mean_y = statistics.fmean(x), statistics.fmean(y)
    return sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / sum((a - mean_x) ** 2 for a in x)


def two_kpis(windows, step=None):
    return [kpi("leads_created", "lead.created", "count: true", windows, CHANNEL["lead.created"], step),
            kpi("revenue", "order.paid", REVENUE, windows, CHANNEL["order.paid"], step)]


WINDOWS = (["1h"], ["1h", "24h"], ["24h", "7d"], ["1h", "24h", "7d", "30d"])


def many_kpis(number, windows=WINDOWS):
    """Plain ones: of four measures and four sets of labels, over both types of events, each with a condition of its own."""
    kpis = []
    for n in range(number):
        on, side = ("lead.created", "lead") if n % 2 == 0 else ("order.paid", "order")
        measure = "count: true" if n % 2 == 0 else ("sum", "avg", "max")[n // 2 % 3] + ": order.amount\n    unit: usd"
        where = [] if n % 2 == 0 else ['order.currency == "USD"']
        where += [f'{side}.region != "r{n // 8}"'] if n >= 8 else []
        if where:
            measure += "\n    where: " + " and ".join(where)
        by = (f"{{channel: {side}.channel}}", None, f"{{sales_region: {side}.region}}", f"{{channel: {side}.channel, sales_region: {side}.region}}")
        kpis.append(kpi(f"kpi_{n}", on, measure, windows[n // 8 % len(windows)], by[n // 2 % 4]))
    return kpis


class Growth:
    """The rows over the engine alone: events in memory, the real store."""

    def __init__(self, bench):
        self.bench = bench
        self.tiny = bench.options.tiny
        self.runs = 1 if self.tiny else 3

    def sizes(self, *sizes):
        return sizes[:2] if self.tiny else sizes

    def engine(self, kpis, dedup="off", **flags):
        """Medians of engine_bench's figures."""
        flags.setdefault("events", 20_000 if self.tiny else 1_000_000)
        flags["runs"] = self.runs
        with tempfile.TemporaryDirectory(prefix="tidemark-growth-") as directory:
            path = pathlib.Path(directory) / "config.yaml"
            path.write_text(config("127.0.0.1:1", "bench", kpis, dedup=dedup, max_series=2_000_000))
            lines = self.bench.outputs("engine_bench", f"--config.file={path}",
                                     *(f"--{name.replace('_', '-')}={value}" for name, value in flags.items()))
        return {name: statistics.median(line[name] for line in lines) for name in ("ns_per_event", "written_bytes", "engine_bytes", "events")}

    def row(self, what, sizes, costs, unit, limit, note=""):
        grows = exponent(sizes, costs)
        shown = ", ".join(f"{size:,} {cost:.3g}" for size, cost in zip(sizes, costs))
        bad = grows > limit and not self.tiny
        self.bench.row(f"{what}: growth", grows, "", f"{NAMES[limit]}: <= {limit}", f"{unit}: {shown}{note}", failed=bad)

    def cost(self, what, sizes, run, limit, note=""):
        self.row(what, sizes, [run(size)["ns_per_event"] for size in sizes], "ns/event", limit, note)

    def all(self):
        minutes = self.sizes(60, 1_440, 10_080, 43_200)
        self.cost("steps a window", minutes, lambda n: self.engine(two_kpis([f"{n}m"], "1m"), span_seconds=30 * 86_400), FLAT)
        self.cost("KPIs", self.sizes(2, 8, 40, 200), lambda n: self.engine(many_kpis(n)), LINEAR)
        self.cost("series", self.sizes(10, 1_000, 100_000, 1_000_000), lambda n: self.engine(two_kpis(["1h", "24h"]), series=n), FLAT)
        self.cost("partitions", self.sizes(1, 8, 64, 256), lambda n: self.engine(two_kpis(["1h", "24h"]), partitions=n), FLAT)
        self.cost("disorder, s", self.sizes(1, 60, 3_600),
                  lambda n: self.engine(two_kpis(["24h"]), disorder_seconds=n, span_seconds=86_400), FLAT)
        self.cost("duplicates, %", self.sizes(1, 10, 50),
                  lambda n: self.engine(two_kpis(["1h"]), "{by: id, horizon: 24h, max_ids: 2000000}", duplicate_percent=n), FLAT)
        entities = self.sizes(1_000, 10_000, 100_000, 1_000_000, 10_000_000)
        self.cost("entities", entities, lambda n: self.engine(
            [kpi("customers", "order.paid", "distinct: order.customer", ["1h", "24h"])], customers=n,
            events=20_000 if self.tiny else max(1_000_000, 2 * n)), FLAT)
        self.cost("commit size, bytes", self.sizes(1 << 18, 1 << 20, 1 << 23, 1 << 25),
                  lambda n: self.engine(two_kpis(["1h", "24h"]), commit_bytes=n, span_seconds=86_400), FLAT)
        events = self.sizes(250_000, 1_000_000, 4_000_000)
        runs = [self.engine(two_kpis(["1h", "24h"]), events=n) for n in events]
        self.row("events: disk", events, [run["written_bytes"] / run["events"] for run in runs], "bytes written/event", FLAT)
        series = self.sizes(10_000, 100_000, 1_000_000)
        runs = [self.engine(two_kpis(["1h", "24h"]), series=n, events=20_000 if self.tiny else 4 * n + 400_000) for n in series]
        self.row("series: memory", series, [run["engine_bytes"] for run in runs], "bytes", LINEAR)
        scraped = self.sizes(1_000, 10_000, 100_000, 1_000_000)
        self.row("series of a scrape", scraped, [self.bench.scrape_cost(n)[0] * 1000 for n in scraped], "ms", LINEAR)
        panes = self.sizes(10_000, 100_000, 1_000_000, 10_000_000)
        self.row("panes of a restart", panes, [self.bench.restart_time(n)[0] for n in panes], "s", LINEAR)
