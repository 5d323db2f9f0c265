#!/usr/bin/python3
"""Hours in small or for real: a steady stream, restarts, reloads, a broker that stops and dies; nothing is lost, nothing grows.

    soak_test.py [--minutes 0.6] [--rate 20000] [--every 4] [--seed S] [--output DIR]

--minutes 60 --rate 50000 --every 45 is the soak; --output keeps samples.csv and soak.svg. The producer's count and sum are compared
with the daemon's at the end; from 20 minutes on, memory and descriptors of the last third with those of the second.
"""

import argparse
import csv
import json
import pathlib
import random
import signal
import statistics
import subprocess
import sys
import time
import unittest
from decimal import Decimal

import harness
import soak_graph
from broker import Broker

OPTIONS = argparse.Namespace(minutes=0.6, rate=20_000, every=4.0, seed=None, output=None)
PARTITIONS = 4
MEMORY_MIB = 192
COLUMNS = [("resident memory", "MiB"), ("descriptors", ""), ("records behind", ""), ("state on disk", "MiB")]
GROWS_AFTER_S = 20 * 60

CONFIG = """
kafka:
  brokers: "{bootstrap}"
  group: soak
  properties: {{group.instance.id: one, reconnect.backoff.max.ms: 500}}
topics: [{{name: soak, dedup: {{horizon: 10m, max_ids: 1000000}}}}]
limits: {{memory: {memory}MiB, min_free_disk: 1MiB, max_series: 2000}}
kpis:
  - {{name: leads, on: lead.created, count: true, by: {{channel: lead.channel}}, windows: [1h, lifetime]}}
  - {{name: revenue, on: order.paid, sum: order.amount, where: 'order.currency == "USD"', unit: usd, windows: [1h, lifetime]}}
  - {{name: buyers, distinct: order.customer, on: order.paid, windows: [1h, 24h]}}
  - {{name: order_value, on: order.paid, quantiles: order.amount, stats: [p50, p90], where: 'order.currency == "USD"',
     unit: usd, windows: [1h, 24h]}}
{more}
rules:
  - {{name: leads_low, kpi: leads, window: 1h, below: {limit}}}
"""
MORE = "  - {name: orders, on: order.paid, count: true, windows: [1h]}"


class Soak(unittest.TestCase):
    def setUp(self):
        seed = OPTIONS.seed if OPTIONS.seed is not None else random.randrange(2**32)
        print(f"{OPTIONS.minutes} minutes of {OPTIONS.rate} events/s, a fault every {OPTIONS.every} s, seed {seed}", flush=True)
        self.random = random.Random(seed)
        self.broker = Broker()
        self.addCleanup(self.broker.close)
        # What was read long ago may go: an hour of it would fill the disk.
        self.broker.create_topic("soak", PARTITIONS, {"retention.ms": "300000", "segment.bytes": str(32 << 20)})
        self.daemon = harness.Daemon(self.config(), "soak")
        self.addCleanup(self.daemon.kill)
        self.samples, self.faults = [], []

    def config(self, more="", limit=1):
        return CONFIG.format(bootstrap=self.broker.bootstrap, memory=MEMORY_MIB, more=more, limit=limit)

    def produce(self):
        tool = harness.binary().parent / "tests" / "bench" / "bench_producer"
        if not tool.exists():
            raise unittest.SkipTest(f"no {tool}: build the tests")
        events = int(OPTIONS.rate * OPTIONS.minutes * 60)
        return subprocess.Popen([tool, f"--brokers={self.broker.bootstrap}", "--topic=soak", f"--partitions={PARTITIONS}", "--series=500",
                                 "--customers=5000", f"--rate={OPTIONS.rate}", f"--events={events}"], stdout=subprocess.PIPE, text=True)

    def test_nothing_is_lost_and_nothing_grows(self):
        self.daemon.start()
        self.begun = time.monotonic()
        producer = self.produce()
        self.addCleanup(producer.kill)
        due = self.begun + OPTIONS.every
        while producer.poll() is None:
            self.sample()
            if time.monotonic() >= due:
                self.fault()
                due = time.monotonic() + OPTIONS.every
            time.sleep(min(1.0, OPTIONS.every / 4))
        sent = json.loads(producer.communicate()[0])
        self.keep()
        page = self.daemon.wait_for(lambda p: p.total("tidemark_records_read_total") >= sent["events"], "everything is read", 120)
        self.check(page, sent)
        self.check_growth()

    def fault(self):
        name, act = self.random.choice([
            ("kill -9", self.kill), ("SIGTERM", self.restart), ("reload", self.reload), ("bad reload", self.bad_reload),
            ("broker stands still", self.freeze_broker), ("broker killed", self.kill_broker)])
        self.faults.append((time.monotonic() - self.begun, name))
        print(f"{self.faults[-1][0]:7.0f} s  {name}", flush=True)
        act()

    def kill(self):
        self.daemon.kill()
        self.daemon.start()

    def restart(self):
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()

    def reload(self):
        more = self.random.choice(["", MORE])
        self.daemon.configure(self.config(more, self.random.randrange(1, 9)))
        self.daemon.process.send_signal(signal.SIGHUP)

    def bad_reload(self):
        good = self.daemon.config.read_text()
        before = self.daemon.log().count("no_such_field")
        self.daemon.configure(good + "  - {name: bad, kpi: leads, window: 1h, no_such_field: 1}\n")
        self.daemon.process.send_signal(signal.SIGHUP)
        harness.wait_for(lambda: self.daemon.log().count("no_such_field") > before, "the bad configuration is refused", 60)
        self.daemon.config.write_text(good)

    def freeze_broker(self):
        self.broker.freeze()
        time.sleep(2)
        self.broker.thaw()

    def kill_broker(self):
        self.broker.kill()
        self.broker.start()

    def sample(self):
        pid = self.daemon.process.pid
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        resident = int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024
        page = self.daemon.page()
        disk = sum(path.stat().st_size for path in list(self.daemon.state.rglob("*")) if path.is_file()) / 2**20
        self.samples.append({"s": time.monotonic() - self.begun, "resident memory": resident,
                             "descriptors": sum(1 for _ in pathlib.Path(f"/proc/{pid}/fd").iterdir()),
                             "records behind": float(page.total("tidemark_partition_lag_records")), "state on disk": disk})

    def keep(self):
        if OPTIONS.output is None:
            return
        OPTIONS.output.mkdir(parents=True, exist_ok=True)
        with open(OPTIONS.output / "samples.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, list(self.samples[0]))
            writer.writeheader()
            writer.writerows(self.samples)
        (OPTIONS.output / "soak.svg").write_text(soak_graph.draw(self.samples, self.faults, COLUMNS))
        print(f"kept in {OPTIONS.output}: samples.csv, soak.svg")

    def check(self, page, sent):
        again = page.total("tidemark_records_total", result="duplicate")
        self.assertEqual(page.total("tidemark_records_read_total") - again, sent["events"])
        self.assertEqual(page.total("tidemark_records_skipped_offsets_total"), 0)
        self.assertEqual(page.total("sales_leads", window="lifetime"), sent["events"] // 2)
        self.assertEqual(page.number("sales_revenue", window="lifetime") * 10**6, Decimal(sent["checksum_micros"]))
        kinds = {name for _, name in self.faults}
        print(f"{sent['events']} events, {len(self.faults)} faults of {len(kinds)} kinds, nothing lost; resident at most "
              f"{max(s['resident memory'] for s in self.samples):.0f} MiB of {MEMORY_MIB}")
        if not harness.sanitized():
            self.assertLess(max(s["resident memory"] for s in self.samples), MEMORY_MIB * 1.05)

    def check_growth(self):
        last = self.samples[-1]["s"]
        if last < GROWS_AFTER_S:
            return
        thirds = [[s for s in self.samples if last * part / 3 <= s["s"] < last * (part + 1) / 3] for part in range(3)]
        for column, slack in (("resident memory", 1.05), ("descriptors", 1.05)):
            second, third = (statistics.median(s[column] for s in thirds[part]) for part in (1, 2))
            print(f"{column}: median {second:.1f} in the second third, {third:.1f} in the last")
            self.assertLessEqual(third, second * slack, column)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=0.6)
    parser.add_argument("--rate", type=int, default=20_000)
    parser.add_argument("--every", type=float, default=4.0)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--output", type=pathlib.Path)
    OPTIONS, rest = parser.parse_known_args()
    sys.argv[1:] = rest
    harness.main()
