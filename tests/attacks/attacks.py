"""What somebody who means ill can send, and what it costs: the table of README.md in this directory. Run it by run.sh."""

import argparse
import json
import pathlib
import statistics
import sys
import time
from decimal import Decimal

HERE = pathlib.Path(__file__).resolve().parent
for folder in ("bench", "broker", "e2e"):
    sys.path.insert(0, str(HERE.parent / folder))

import confluent_kafka  # noqa: E402
from bench import PARTITIONS, Bench, read, run, show  # noqa: E402
from broker import Broker  # noqa: E402
from daemon_process import config, kpi  # noqa: E402
from harness import event_classes  # noqa: E402
from slow_clients import SlowClients  # noqa: E402

ROWS = ["labels", "times", "amounts", "records", "duplicates", "hot", "backlog", "clients"]
MIB = 2**20
USD = "where: order.currency == \"USD\"\n    unit: usd"
LONG = ("24h", "lifetime")  # windows that hold all events for as long as this takes
INT64_MAX = 2**63 - 1


class Attacks(Bench):
    def want(self, name, value, unit, holds, target, note):
        """A figure that must be what it is wanted to be."""
        self.row(name, value, unit, target, note)
        if not holds:
            raise RuntimeError(f"{name} is {value} {unit}, wanted: {target} ({note})")

    def honest(self):
        return [kpi("leads_created", "lead.created", "count: true", LONG, "{channel: lead.channel}"),
                kpi("revenue", "order.paid", f"sum: order.amount\n    {USD}", LONG, "{channel: order.channel}"),
                kpi("revenue_all", "order.paid", f"sum: order.amount\n    {USD}", ["lifetime"])]

    def config(self, topic, kpis, limits="", **arguments):
        text = config(self.broker.bootstrap, topic, kpis, **arguments)
        return text.replace("limits:\n", f"limits:\n{limits}", 1)

    def measured(self, text, count, settle=0):
        """One daemon from nothing until so many records are committed, and its windows compared with their panes."""
        with self.daemon(text) as daemon:
            seconds, cpu = daemon.await_records(count)
            time.sleep(settle)
            run = {"rate": count / seconds, "cpu": cpu, "page": daemon.scrape(), "peak": daemon.peak_bytes()}
            daemon.stop()
            daemon.verify()
        return run

    @staticmethod
    def lines(page, *families):
        return sorted(line for line in page.splitlines() if line.startswith(tuple(f"sales_{f}{{" for f in families)))

    @staticmethod
    def values(page, family, *parts):
        return [Decimal(line.rsplit(" ", 1)[1]) for line in page.splitlines()
                if line.startswith((family + "{", family + " ")) and all(part in line for part in parts)]

    def value(self, page, family, *parts):
        found = self.values(page, family, *parts)
        if len(found) != 1:
            raise RuntimeError(f"{family} {parts}: {len(found)} series")
        return found[0]

    def same(self, what, seen, wanted):
        if seen != wanted:
            raise RuntimeError(f"{what}: {seen}, wanted {wanted}")

    def produce(self, topic, records, topic_config=None):
        """`records`: (event, partition, time of the record in ms or None)."""
        self.broker.create_topic(topic, PARTITIONS, topic_config)
        producer = confluent_kafka.Producer({"bootstrap.servers": self.broker.bootstrap, "message.max.bytes": 20 * MIB,
                                             "queue.buffering.max.kbytes": 1 << 20, "linger.ms": 20})
        for event, partition, stamp in records:
            extra = {} if stamp is None else {"timestamp": stamp}
            producer.produce(topic, value=event.SerializeToString(), partition=partition, **extra)
            producer.poll(0)
        self.same("records that were not written", producer.flush(120), 0)

    def event(self, n, seconds, nanos=0):
        event = self.classes.Event(id=f"a{n}", source="attack")
        event.time.seconds, event.time.nanos = seconds, nanos
        return event

    def order(self, n, micros, seconds):
        event = self.event(n, seconds)
        event.order_paid.order.id = f"o{n}"
        event.order_paid.order.amount_micros = micros
        event.order_paid.order.currency = "USD"
        event.order_paid.order.channel = "web"
        return event

    # ---- rows ----

    def labels(self):
        """Each lead has a label value of its own, and half of the events are leads."""
        labels, limit = self.options.labels, min(self.options.labels // 10, 100_000)
        count = labels * 2
        made = self.events("labels", events=count, series=1000, span_seconds=3600)
        note = f"{labels} label values, each once; max_series {limit}; honest KPIs beside it, 1,000 series each"
        arguments = {"dedup": "off", "memory": "1GiB", "max_series": limit}
        alone = self.measured(self.config("labels", self.honest(), **arguments), count)
        attacked = kpi("leads_by_id", "lead.created", "count: true", LONG, "{lead_id: lead.id}")
        run = self.measured(self.config("labels", [*self.honest(), attacked], **arguments), count)
        honest = ("leads_created", "revenue", "revenue_all")
        self.same("honest series", self.lines(run["page"], *honest), self.lines(alone["page"], *honest))
        self.same("revenue", self.value(run["page"], "sales_revenue_all") * 10**6, made["checksum_micros"])
        window = 'window="24h"'
        self.same("all leads", sum(self.values(run["page"], "sales_leads_by_id", window)), labels)
        other = self.value(run["page"], "sales_leads_by_id", window, '"__other__"')
        self.want("labels: in __other__", int(other), "events", other == labels - limit, f"= {labels - limit}", note)
        self.want("labels: peak memory of 1 GiB", run["peak"] / 2**30, "GiB", run["peak"] <= 1.05 * 2**30, "<= 1.05", note)
        ratio = run["rate"] / alone["rate"]
        self.want("labels: throughput against none", ratio, "x", self.options.tiny or ratio >= 0.5, ">= 0.5", note)

    def times(self):
        """Event times and record times up to the limits of their types, between honest events."""
        now = int(time.time())
        stamps = [None, 0, 1, INT64_MAX // 1000, INT64_MAX]
        attack = [0, -1, 1, -2**63, INT64_MAX, INT64_MAX // 10**6, -INT64_MAX // 10**6, 253_402_300_799, 253_402_300_800,
                  -62_135_596_800, now + 3_600, now + 10 * 365 * 86_400]
        honest = 2000
        records, sent = [], 0
        for n in range(honest):
            records.append((self.order(n, 1_000_000, now - 600 + n // 10), n % PARTITIONS, None))
            if n % 20 == 0:
                seconds, stamp = attack[n // 20 % len(attack)], stamps[n // 20 % len(stamps)]
                if seconds == 1:
                    continue  # long ago, but a time
                records.append((self.order(honest + n, 7_000_000, seconds), n % PARTITIONS, stamp))
                sent += 1
        self.produce("times", records)
        run = self.measured(self.config("times", self.honest()), len(records), settle=3)  # the logs' ends are asked for each second
        self.same("revenue", self.value(run["page"], "sales_revenue_all"), honest)
        refused = sum(self.values(run["page"], "tidemark_records_quarantined_total")) + sum(self.values(run["page"], "tidemark_records_undecodable_total"))
        t = self.value(run["page"], "tidemark_kpi_evaluation_timestamp_seconds", 'kpi="revenue_all"')
        self.want("times: refused, each counted", int(refused), "events", refused == sent, f"= {sent}", "event times from -2^63 to 2^63 s, record times from 0 to 2^63 ms")
        self.want("times: T less the wall clock", float(t) - time.time(), "s", abs(float(t) - time.time()) < 60, "within 60", "the same")

    def amounts(self):
        """Amounts at the limits of 64 bits: sums are of 128; what doesn't fit a field of 64 is absent, and counted so."""
        now = int(time.time())
        amounts = [INT64_MAX, -2**63, INT64_MAX, INT64_MAX, 1, -1, 0] * 40
        self.produce("amounts", [(self.order(n, a, now - 300), n % PARTITIONS, None) for n, a in enumerate(amounts)])
        text = self.config("amounts", [
            kpi("revenue_all", "order.paid", f"sum: order.amount\n    {USD}", LONG),
            kpi("least", "order.paid", f"min: order.amount\n    {USD}", LONG),
            kpi("most", "order.paid", f"max: order.amount\n    {USD}", LONG),
            kpi("doubled", "order.paid", f"sum: twice\n    {USD}", LONG)]).replace("kpis:\n", "fields:\n  twice: order.amount + order.amount\nkpis:\n", 1)
        run = self.measured(text, len(amounts))
        seen = {name: self.value(run["page"], f"sales_{name}", 'window="24h"') for name in ("revenue_all", "least", "most", "doubled")}
        micros = Decimal(10) ** -6
        self.same("least and most", (seen["least"], seen["most"]), (min(amounts) * micros, max(amounts) * micros))
        fits = [2 * a for a in amounts if -2**63 <= 2 * a <= INT64_MAX]
        self.same("what doubles within 64 bits", seen["doubled"], sum(fits) * micros)
        filtered = self.value(run["page"], "tidemark_kpi_events_total", 'kpi="doubled"', 'result="filtered"')
        note = f"{len(amounts)} amounts of 2^63 - 1, -2^63 and near 0"
        wanted = sum(amounts) * micros
        self.want("amounts: the sum, beyond 64 bits", float(seen["revenue_all"]), "usd", seen["revenue_all"] == wanted, f"= {wanted}, exactly", note)
        self.want("amounts: doubles that don't fit", int(filtered), "events", filtered == len(amounts) - len(fits), f"= {len(amounts) - len(fits)}, counted as filtered", note)

    def records(self):
        """Records of 10 MB: refused by the usual limit, taken by a greater one."""
        now = int(time.time())
        large, honest = self.options.large, 2000
        records = [(self.order(n, 1_000_000, now - 600), n % PARTITIONS, None) for n in range(honest)]
        for n in range(large):
            event = self.order(honest + n, 1_000_000, now - 600)
            event.subject = "x" * 10_000_000
            records.insert(n * honest // large, (event, n % PARTITIONS, None))
        self.produce("records", records, {"max.message.bytes": str(20 * MIB)})
        note = f"{large} records of 10 MB between {honest} small ones, limits.memory 512MiB"
        run = self.measured(self.config("records", self.honest(), memory="512MiB"), len(records))
        self.same("revenue of the small", self.value(run["page"], "sales_revenue_all"), honest)
        refused = sum(self.values(run["page"], "tidemark_records_undecodable_total"))
        self.want("10 MB: refused at 1 MiB", int(refused), "records", refused == large, f"= {large}", note)
        self.want("10 MB: peak memory of 512 MiB", run["peak"] / MIB, "MiB", run["peak"] <= 1.05 * 512 * MIB, "<= 538", note)
        run = self.measured(self.config("records", self.honest(), "  max_record_bytes: 16MiB\n", memory="512MiB"), len(records))
        taken = self.value(run["page"], "sales_revenue_all") - honest
        self.want("10 MB: taken at 16 MiB", int(taken), "records", taken == large, f"= {large}", note)
        self.want("10 MB: the same, peak memory", run["peak"] / MIB, "MiB", run["peak"] <= 1.05 * 512 * MIB, "<= 538", note)

    def duplicates(self):
        """The same events once and twice."""
        count = self.options.events
        end = int(time.time() * 10**6)
        for topic in ("once", "twice"):
            made = self.events(topic, events=count, series=1000, span_seconds=1800, end_micros=end)
        self.tool("bench_producer", f"--brokers={self.broker.bootstrap}", "--topic=twice", f"--partitions={PARTITIONS}", f"--events={count}", "--series=1000",
                  "--span-seconds=1800", f"--end-micros={end}")
        dedup = f"{{by: id, horizon: 24h, max_ids: {2 * count}}}"
        once = self.measured(self.config("once", self.honest(), dedup=dedup), count)
        twice = self.measured(self.config("twice", self.honest(), dedup=dedup), 2 * count)
        for run in (once, twice):
            self.same("revenue", self.value(run["page"], "sales_revenue_all") * 10**6, made["checksum_micros"])
        note = f"{count} events, each sent twice"
        seen = sum(self.values(twice["page"], "tidemark_records_total", 'result="duplicate"'))
        self.want("duplicates: recognised", int(seen), "records", seen == count, f"= {count}", note)
        ratio = twice["rate"] / once["rate"]
        self.want("duplicates: throughput against once", ratio, "x", self.options.tiny or ratio >= 0.5, ">= 0.5", note)

    def hot(self):
        """99 of 100 events are of one partition, label and customer."""
        count = self.options.events
        rates = {}
        kpis = [*self.honest(), kpi("buyers", "order.paid", "active: order.customer", ["24h"], "{channel: order.channel}")]
        for topic, hot in (("even", 0), ("hot", 99)):
            made = self.events(topic, events=count, series=1000, span_seconds=1800, hot=hot)
            run = self.measured(self.config(topic, kpis), count)
            self.same("revenue", self.value(run["page"], "sales_revenue_all") * 10**6, made["checksum_micros"])
            self.same("leads", sum(self.values(run["page"], "sales_leads_created", 'window="24h"')), (count + 1) // 2)
            rates[topic] = run["rate"]
        ratio = rates["hot"] / rates["even"]
        self.want("hot key: throughput against even", ratio, "x", self.options.tiny or ratio >= 0.5, ">= 0.5", f"{count} events, 99 % of one partition, label and customer")

    def backlog(self):
        """Events of 100 windows at once: each minute of them is gone through in order, and every window is what its panes say."""
        count = self.options.events
        rates = {}
        for topic, hours in (("one-window", 1), ("hundred-windows", 100)):
            made = self.events(topic, events=count, series=100, span_seconds=hours * 3600)
            kpis = [kpi("leads_created", "lead.created", "count: true", ["1h", "lifetime"], "{channel: lead.channel}"),
                    kpi("revenue_all", "order.paid", f"sum: order.amount\n    {USD}", ["1h", "lifetime"])]
            run = self.measured(self.config(topic, kpis, dedup="off"), count)
            self.same("revenue", self.value(run["page"], "sales_revenue_all", "lifetime") * 10**6, made["checksum_micros"])
            rates[topic] = run["rate"]
        ratio = rates["hundred-windows"] / rates["one-window"]
        self.want("backlog of 100 windows: throughput against 1", ratio, "x", self.options.tiny or ratio >= 0.5, ">= 0.5", f"{count} events over 100 h, windows of 1 h")

    def clients(self):
        """Clients that send their requests byte by byte, beside one that scrapes."""
        self.events("clients", events=2000, series=100, span_seconds=600)
        with self.daemon(self.config("clients", self.honest())) as daemon:
            daemon.await_records(2000)
            host, port = "127.0.0.1", int(daemon.url.split(":")[2].split("/")[0])
            for what, addresses in [("one address", 1), ("250 addresses", 250)]:
                took, failed = [], 0
                with SlowClients(host, port, self.options.clients, addresses) as attack:
                    deadline = time.monotonic() + self.options.seconds
                    while time.monotonic() < deadline:
                        begun = time.monotonic()
                        try:
                            daemon.scrape()
                            took.append(time.monotonic() - begun)
                        except OSError:
                            failed += 1
                        time.sleep(0.2)
                note = f"{self.options.clients} slow clients, {attack.connected} connected at most, {attack.cut} cut off, {self.options.seconds} s"
                self.want(f"slow clients of {what}: scrapes that failed", failed, "scrapes", failed == 0, "= 0", note)
                worst = sorted(took)[int(len(took) * 0.99)]
                self.want("  p99 of a scrape", worst, "s", self.options.tiny or worst < 1, "< 1", f"{len(took)} scrapes, median {statistics.median(took):.4f} s")
            self.same("the daemon after it", daemon.total("tidemark_records_read_total"), 2000)


def parse():
    parser = argparse.ArgumentParser(prog="tests/attacks/run.sh")
    parser.add_argument("--build-dir", required=True)
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--labels", type=int, default=10_000_000)
    parser.add_argument("--large", type=int, default=30)
    parser.add_argument("--clients", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=60)
    options = read(parser, ROWS)
    if options.tiny:
        options.events, options.labels, options.large, options.clients, options.seconds = 20_000, 20_000, 4, 300, 2
    return options


def main():
    options = parse()
    with Broker() as broker:
        attacks = Attacks(options, broker)
        attacks.classes = event_classes()
        try:
            for name in options.only.split(","):
                getattr(attacks, name)()
        finally:
            report = show(attacks.figures, "")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    run(main)
