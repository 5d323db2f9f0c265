#!/usr/bin/python3
"""Real Prometheus, of this Debian and of a newer one, scrape the daemon and answer; promtool and OpenMetrics agree with what is exposed."""

import gzip
import json
import shutil
import subprocess
import time
import unittest
import urllib.parse
import urllib.request

import harness
from broker import Broker, free_ports

TOPIC = "crm"

CONFIG = """
kafka: {{brokers: "{bootstrap}", group: prometheus}}
topics: [crm]
time: {{max_out_of_orderness: 1s}}
limits: {{memory: 128MiB, min_free_disk: 1MiB}}
kpis:
  - {{name: leads_created, help: Leads created.,
     on: lead.created, count: true, by: {{channel: lead.channel}}, windows: [1h, lifetime]}}
  - {{name: revenue, help: Orders paid.,
     unit: usd, on: order.paid, sum: order.amount, where: 'order.currency == "USD"', windows: [1h, lifetime]}}
rules:
  - {{name: revenue_low, help: Little revenue., kpi: revenue, window: 1h, below: 1000000}}
"""

SCRAPE = """
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: tidemark
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


def newer(program):
    """A program of Prometheus 3, from the package of the same name of a newer Debian; the test is skipped where it can't be had."""
    unpacked = subprocess.run([harness.ROOT / "tests" / "tools" / "newer_debian.sh", "sid", program], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300, check=False)
    if unpacked.returncode != 0:
        raise unittest.SkipTest("no Prometheus 3: " + (unpacked.stderr.strip().splitlines() or ["?"])[-1])
    return f"{unpacked.stdout.strip()}/usr/bin/{program}"


class Prometheus(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for tool in ("prometheus", "promtool"):
            if shutil.which(tool) is None:
                raise unittest.SkipTest(f"no {tool} in PATH (Debian: prometheus)")
        pb = harness.event_classes()
        cls.broker = Broker()
        cls.addClassCleanup(cls.broker.close)
        cls.broker.create_topic(TOPIC, 2)
        feed = harness.Feed(cls.broker.bootstrap, TOPIC)
        now = int(time.time() * 1_000_000)
        for i in range(30):
            lead = harness.set_time(pb.Event(id=f"lead{i}"), now - i * 1_000_000)
            lead.lead_created.lead.channel = 'web "shop"\\one' if i < 13 else "ads\nbanner"
            feed.send(i % 2, lead)
            order = harness.set_time(pb.Event(id=f"order{i}"), now - i * 1_000_000)
            order.order_paid.order.amount_micros, order.order_paid.order.currency = 10_000_010, "USD"
            feed.send(i % 2, order)
        feed.flush()
        cls.daemon = harness.Daemon(CONFIG.format(bootstrap=cls.broker.bootstrap), "prometheus").start()
        cls.addClassCleanup(cls.daemon.kill)
        cls.daemon.wait_for(lambda p: harness.caught_up_to(p, feed) and p.number("tidemark_caught_up") == 1
                            and p.family("tidemark_breach", rule="revenue_low"), "everything is read and judged", 60)

    def test_the_distributions_prometheus_scrapes_and_answers_with_the_right_values(self):
        self.check_values(self.start_prometheus("prometheus"))

    def test_so_does_a_prometheus_3(self):
        url = self.start_prometheus(newer("prometheus"))
        self.assertTrue(self.version(url).startswith("3."), self.version(url))
        self.check_values(url)

    def check_values(self, url):
        self.assertEqual(self.ask(url, 'up{job="tidemark"}'), 1)
        self.assertEqual(self.ask(url, 'sum(sales_leads_created{window="1h"})'), 30)
        self.assertEqual(self.ask(url, 'sales_leads_created{channel="web \\"shop\\"\\\\one",window="lifetime"}'), 13)
        self.assertEqual(self.ask(url, 'sales_leads_created{channel="ads\\nbanner",window="lifetime"}'), 17)
        self.assertEqual(self.ask(url, 'sales_revenue{window="1h"}'), 300.0003)
        self.assertEqual(self.ask(url, 'tidemark_breach{rule="revenue_low"}'), 1)
        self.assertEqual(self.ask(url, 'tidemark_breach * on(rule) group_left(team) tidemark_rule_info'), 1)
        self.assertEqual(self.ask(url, "sum(tidemark_records_read_total)"), 60)

    def test_promtool_finds_nothing_to_say(self):
        self.check_metrics("promtool")

    def test_nor_does_that_of_prometheus_3(self):
        self.check_metrics(newer("promtool"))

    def check_metrics(self, promtool):
        _, _, text = self.daemon.get("/metrics")
        checked = subprocess.run([promtool, "check", "metrics"], input=text, text=True, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, check=False)
        self.assertEqual((checked.returncode, checked.stdout), (0, ""))

    def test_content_types_openmetrics_and_gzip_when_asked_for(self):
        _, headers, text = self.daemon.get("/metrics")
        self.assertTrue(headers["Content-Type"].startswith("text/plain; version=0.0.4"), headers["Content-Type"])
        self.assertNotIn("# EOF", text)
        _, headers, text = self.daemon.get("/metrics", Accept="application/openmetrics-text;version=1.0.0,*/*;q=0.1")
        self.assertTrue(headers["Content-Type"].startswith("application/openmetrics-text"), headers["Content-Type"])
        self.assertTrue(text.endswith("# EOF\n"))
        self.assertEqual(harness.Page(text).number("sales_revenue", window="1h"), harness.Decimal("300.0003"))
        for family, kind in harness.Page(text).types().items():
            self.assertFalse(kind == "counter" and family.endswith("_total"), f"{family}: OpenMetrics names it without")
        request = urllib.request.Request(f"http://127.0.0.1:{self.daemon.port}/metrics",
                                         headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            self.assertEqual(answer.headers["Content-Encoding"], "gzip")
            self.assertIn("sales_revenue", gzip.decompress(answer.read()).decode())

    def start_prometheus(self, program):
        folder = harness.temp_dir("prometheus-data")
        (folder / "prometheus.yml").write_text(SCRAPE.format(port=self.daemon.port))
        port = free_ports(1)[0]
        with open(folder / "log", "wb") as log:
            process = subprocess.Popen(
                [program, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                 f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)

        def end():
            process.kill()
            process.wait()
        self.addCleanup(end)
        url = f"http://127.0.0.1:{port}"
        harness.wait_for(lambda: self.try_ask(url, 'up{job="tidemark"}') == 1,
                         lambda: "a scrape; Prometheus' log:\n" + (folder / "log").read_text()[-3000:], 40, 0.2)
        return url

    def try_ask(self, url, query):
        try:
            return self.ask(url, query)
        except (OSError, IndexError):
            return None

    @staticmethod
    def version(url):
        with urllib.request.urlopen(f"{url}/api/v1/status/buildinfo", timeout=10) as answer:
            return json.load(answer)["data"]["version"]

    @staticmethod
    def ask(url, query):
        with urllib.request.urlopen(f"{url}/api/v1/query?query={urllib.parse.quote(query)}", timeout=10) as answer:
            result = json.load(answer)["data"]["result"]
        if len(result) != 1:
            raise IndexError(f"{query}: {len(result)} series")
        return float(result[0]["value"][1])


if __name__ == "__main__":
    harness.main()
