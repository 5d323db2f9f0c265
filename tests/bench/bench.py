"""Measures what README.md of this directory lists. Run it by run.sh."""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "broker"))
from broker import Broker  # noqa: E402
from daemon_process import Daemon, config, kpi  # noqa: E402
import growth  # noqa: E402
import language  # noqa: E402
import sources  # noqa: E402

PARTITIONS = 8
ROWS = ["cpu", "plain", "steps", "scrape", "restart", "latency", "catalogue", "kinds", "sources", "ids", "growth"]


def machine():
    model = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} x {model}, {memory:.0f} GiB, Linux {platform.release()}"


class Bench:
    def __init__(self, options, broker):
        self.options = options
        self.broker = broker
        self.build = pathlib.Path(options.build_dir).resolve()
        self.figures = []
        self.made = {}
        self.peak = None
        self.partitions = PARTITIONS

    def outputs(self, name, *arguments):
        """What a tool prints: a line of JSON for each of its runs."""
        path = self.build / "tests" / "bench" / name
        done = subprocess.run([path, *map(str, arguments)], stdout=subprocess.PIPE, text=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def tool(self, name, *arguments):
        line, = self.outputs(name, *arguments)
        return line

    def daemon(self, text):
        return Daemon(self.build / "tidemark", text)

    def events(self, topic, **numbers):
        """A topic with these events, made once. Returns the producer's report."""
        if topic not in self.made:
            self.broker.create_topic(topic, PARTITIONS)
            arguments = [f"--{name.replace('_', '-')}={value}" for name, value in numbers.items()]
            self.made[topic] = self.tool("bench_producer", f"--brokers={self.broker.bootstrap}", f"--topic={topic}",
                                         f"--partitions={PARTITIONS}", *arguments)
        return self.made[topic]

    def row(self, name, value, unit, target, note, failed=False):
        self.figures.append({"name": name, "value": value, "unit": unit, "target": target, "input": note, "failed": failed})
        print(f"  {name}: {value:.4g} {unit}", file=sys.stderr, flush=True)

    def six_kpis(self, topic, windows=("1h", "24h")):
        by = "{channel: lead.channel}", "{channel: order.channel}"
        return config(self.broker.bootstrap, topic, [
            kpi("leads_created", "lead.created", "count: true", windows, by[0]),
            kpi("leads_all", "lead.created", "count: true", windows),
            kpi("orders_paid", "order.paid", "count: true", windows, by[1]),
            kpi("revenue", "order.paid", "sum: order.amount\n    where: order.currency == \"USD\"\n    unit: usd",
                windows, by[1]),
            kpi("order_value", "order.paid", "avg: order.amount\n    where: order.currency == \"USD\"\n    unit: usd",
                windows, by[1]),
            kpi("revenue_all", "order.paid",
                "sum: order.amount\n    where: order.currency == \"USD\"\n    unit: usd", [*windows, "lifetime"]),
        ])

    def cpu(self):
        ours, bare, seconds, note = self.beside_bare(lambda: self.six_kpis("cpu"))
        million = self.options.events / 1e6
        self.peak = self.options.events / statistics.median(seconds)
        self.row("CPU per million events", statistics.median(ours) / million, "s", "<= 1.0", note)
        self.row("bare consumer, the same", statistics.median(bare) / million, "s", "", note)
        self.row("ratio to the bare consumer", statistics.median(o / b for o, b in zip(ours, bare)), "x", "<= 2.5", note)
        self.row("throughput, start included", self.peak, "events/s", "", note)

    def plain(self):
        kpis = growth.many_kpis(39, [["1h", "24h", "7d", "30d"]])
        kpis.append(kpi("revenue_all", "order.paid", growth.REVENUE, ["1h", "24h", "7d", "lifetime"]))
        ours, bare, _, note = self.beside_bare(lambda: config(self.broker.bootstrap, "cpu", kpis))
        million = self.options.events / 1e6
        self.row("40 plain KPIs of 4 windows: CPU per million", statistics.median(ours) / million, "s", "<= 0.75", note)
        self.row("40 plain KPIs: beyond the bare consumer", statistics.median(o - b for o, b in zip(ours, bare)) / million, "s", "<= 0.39", note)

    def beside_bare(self, make_config):
        """CPU seconds of the daemon over the events of the cpu row, and of a consumer that does nothing else, in turn.

        Each run has a configuration of its own, with a group of its own: else it waits for the killed member of the last one.
        """
        count = self.options.events
        made = self.events("cpu", events=count, series=1000, span_seconds=1800)
        note = f"{count} events, {made['bytes'] / count:.0f} bytes, {PARTITIONS} partitions, 1,000 label values"
        ours, bare, seconds = [], [], []
        self.tool("bare_consumer", self.broker.bootstrap, "cpu", PARTITIONS, count)  # the broker compiles its code now
        for _ in range(self.options.runs):
            bare.append(self.tool("bare_consumer", self.broker.bootstrap, "cpu", PARTITIONS, count)["cpu_seconds"])
            with self.daemon(make_config()) as daemon:
                took, cpu = daemon.await_records(count)
                self.check_revenue(daemon, made)
            ours.append(cpu)
            seconds.append(took)
        return ours, bare, seconds, note

    @staticmethod
    def check_revenue(daemon, made):
        text = daemon.scrape()
        line = next(l for l in text.splitlines() if l.startswith('sales_revenue_all{window="lifetime"}'))
        shown = line.rsplit(" ", 1)[1]
        whole, _, part = shown.partition(".")
        if int(whole) * 10**6 + int(part.ljust(6, "0")[:6] or 0) != made["checksum_micros"]:
            raise RuntimeError(f"revenue is {shown}, {made['checksum_micros']} micros were sent")

    def steps(self):
        count = self.options.events
        made = self.events("steps", events=count, series=1000, span_seconds=30 * 86400)
        note = f"{count} events over 30 days, {PARTITIONS} partitions, 2 KPIs of 1,000 label values"
        rates = {"60": [], "43,200": []}
        for _ in range(self.options.runs):
            for name, window in (("60", "1h"), ("43,200", "30d")):
                text = config(self.broker.bootstrap, "steps", [
                    kpi("leads_created", "lead.created", "count: true", [window], "{channel: lead.channel}", "1m"),
                    kpi("revenue", "order.paid", "sum: order.amount\n    where: order.currency == \"USD\"\n    unit: usd",
                        [window], "{channel: order.channel}", "1m"),
                    kpi("revenue_all", "order.paid",
                        "sum: order.amount\n    where: order.currency == \"USD\"\n    unit: usd", ["lifetime"])])
                with self.daemon(text) as daemon:
                    took, _ = daemon.await_records(count)
                    self.check_revenue(daemon, made)
                rates[name].append(count / took)
        self.row("throughput at 60 steps", statistics.median(rates["60"]), "events/s", "", note)
        self.row("throughput at 43,200 steps", statistics.median(rates["43,200"]), "events/s", "", note)
        self.row("43,200 against 60 steps", statistics.median(b / a for a, b in zip(rates["60"], rates["43,200"])), "x",
                 ">= 0.9", note)

    def shown(self, daemon):
        text = daemon.scrape()
        lines = sum(1 for line in text.splitlines() if line.startswith("sales_leads_created{"))
        return lines, daemon.total("sales_leads_created", text)

    def scrape(self):
        cost, lines = self.scrape_cost(self.options.series)
        self.row("CPU of a scrape", cost * 1000, "ms", "<= 10 at 100,000 series", f"{lines} series, plain text")

    def scrape_cost(self, series):
        """CPU seconds of a scrape of so many series, and how many there were."""
        topic, count = f"wide-{series}", 2 * series
        self.events(topic, events=count, series=series, span_seconds=1800, in_turn=1)
        text = config(self.broker.bootstrap, topic,
                      [kpi("leads_created", "lead.created", "count: true", ["24h"], "{channel: lead.channel}")], max_series=2_000_000)
        with self.daemon(text) as daemon:
            daemon.await_records(count, pause=0.5)
            costs = []
            for _ in range(self.options.runs):
                scrapes = max(2, min(20, 2_000_000 // series))
                before, begun = daemon.cpu_seconds(), time.monotonic()
                for _ in range(scrapes):
                    lines, total = self.shown(daemon)
                    if total != count / 2:
                        raise RuntimeError(f"leads_created adds up to {total}, not {count / 2}")
                used, spent = daemon.cpu_seconds() - before, time.monotonic() - begun
                before = daemon.cpu_seconds()
                time.sleep(spent)  # the same time at rest
                costs.append((used - (daemon.cpu_seconds() - before)) / scrapes)
        return statistics.median(costs), lines

    def restart(self):
        took, state = self.restart_time(self.options.panes)
        self.row("kill -9 to the first correct scrape", took, "s", "<= 5 at 10 million panes", state)

    def restart_time(self, panes):
        """Two tables of panes / 80 rows each, four windows, 45 minutes of panes: that many panes are stored, nearly."""
        topic, series, count = f"restart-{panes}", max(panes // 80, 1), panes * 26 // 10
        self.events(topic, events=count, series=series, span_seconds=45 * 60, bytes=100)
        windows = ["6h", "12h", "24h", "48h"]
        text = config(self.broker.bootstrap, topic, [
            kpi("leads_created", "lead.created", "count: true", windows, "{channel: lead.channel}"),
            kpi("orders_paid", "order.paid", "count: true", windows, "{channel: order.channel}")], dedup="off")
        with self.daemon(text) as daemon:
            daemon.await_records(count, pause=1)
            want = self.kpi_lines(daemon.scrape())
            took = []
            for _ in range(self.options.runs):
                daemon.kill()
                daemon.start()
                while True:
                    try:
                        page, at = daemon.scrape(), time.monotonic()
                    except OSError:
                        page = ""
                    if len(page) > len(want) and self.kpi_lines(page) == want:
                        break
                    if time.monotonic() - daemon.started > 120:
                        raise RuntimeError("the values did not come back:\n" + daemon.log())
                    time.sleep(0.02)
                took.append(at - daemon.started)
            daemon.stop()
            return statistics.median(took), daemon.verify()

    @staticmethod
    def kpi_lines(page):
        return "\n".join(line for line in page.splitlines() if line.startswith("sales_"))

    def latency(self):
        rates = [1000]
        if self.peak and not self.options.tiny:
            rates.append(int(self.peak / 2))
        for rate in rates:
            topic = f"latency-{rate}"
            self.broker.create_topic(topic, PARTITIONS)
            samples = self.options.samples
            text = config(self.broker.bootstrap, topic, [
                kpi("deals_won", "deal.won", "count: true", ["1h", "lifetime"]),
                kpi("leads_all", "lead.created", "count: true", ["1h"]),
                kpi("orders_paid", "order.paid", "count: true", ["1h"], "{channel: order.channel}")])
            with self.daemon(text) as daemon:
                producer = subprocess.Popen(
                    [self.build / "tests" / "bench" / "bench_producer", f"--brokers={self.broker.bootstrap}",
                     f"--topic={topic}", f"--rate={rate}", f"--events={rate * 600}", "--series=100"],
                    stdout=subprocess.DEVNULL)
                try:
                    daemon.await_records(rate)
                    before, begun = daemon.total("tidemark_records_read_total"), time.monotonic()
                    probe = self.tool("latency_probe", self.broker.bootstrap, topic, daemon.url, samples)
                    real = (daemon.total("tidemark_records_read_total") - before) / (time.monotonic() - begun)
                finally:
                    producer.kill()
                    producer.wait()
            target = "< 0.25" if rate == 1000 else "< 1.5"
            self.row(f"produced to visible, p99, at {rate} events/s", probe["p99_seconds"], "s", target,
                     f"{samples} samples, p50 {probe['p50_seconds']:.3f} s; {real:.0f} events/s arrived")


    def catalogue(self):
        language.catalogue(self)

    def kinds(self):
        language.kinds(self)

    def sources(self):
        sources.sources(self)

    def ids(self):
        language.ids(self)

    def growth(self):
        growth.Growth(self).all()


def parse():
    parser = argparse.ArgumentParser(prog="tests/bench/run.sh")
    parser.add_argument("--build-dir", required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--events", type=int, default=4_000_000)
    parser.add_argument("--series", type=int, default=100_000)
    parser.add_argument("--panes", type=int, default=10_000_000)
    parser.add_argument("--samples", type=int, default=400)
    parser.add_argument("--ids", type=int, default=10_000_000)
    options = read(parser, ROWS)
    if options.tiny:
        options.runs, options.events, options.series, options.samples, options.panes = 1, 20_000, 500, 5, 4_000
        options.ids = 10_000
    return options


def read(parser, rows):
    """The command line, with the options of everything that makes a table of rows."""
    parser.add_argument("--only", default=",".join(rows))
    parser.add_argument("--json")
    parser.add_argument("--tiny", action="store_true")
    options = parser.parse_args()
    unknown = set(options.only.split(",")) - set(rows)
    if unknown:
        parser.error(f"--only knows {', '.join(rows)}; not {', '.join(sorted(unknown))}")
    return options


def show(figures, remark):
    """The table, and as data what it says."""
    print(f"\n{machine()}; Apache Kafka on the same machine{remark}\n")
    wide = max((len(f["name"]) for f in figures), default=0)
    for f in figures:
        print(f"{f['name']:<{wide}}  {f['value']:>14,.6g} {f['unit']:<9} {f['target']:<24} {f['input']}")
    return {"machine": machine(), "figures": figures}


def run(main):
    """Without a broker it is skipped, with the reason."""
    try:
        main()
    except unittest.SkipTest as reason:
        print(f"SKIPPED: {reason}")
        sys.exit(77)


def main():
    options = parse()
    with Broker() as broker:
        bench = Bench(options, broker)
        for name in options.only.split(","):
            getattr(bench, name)()
    report = {"runs": options.runs, **show(bench.figures, f"; medians of {options.runs}")}
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(report, indent=2) + "\n")
    else:
        print("\n" + json.dumps(report))
    failed = [f["name"] for f in bench.figures if f["failed"]]
    if failed:
        sys.exit("Grows faster than it should: " + ", ".join(failed))


if __name__ == "__main__":
    run(main)
