#!/usr/bin/python3
"""Reports show the numbers of /metrics: now, at a past hour what /metrics showed then, over HTTP and from the state."""

import csv
import html.parser
import io
import subprocess
import time
import unittest
from decimal import Decimal

import harness
from broker import Broker

TOPIC = "crm"
HOUR = 3_600_000_000
CHANNELS = ["web", "=HYPERLINK(\"http://evil\")", "<script>alert(1)</script>", "-1+1", "a \"quoted\", one"]
CONFIG = """
kafka: {{brokers: "{bootstrap}", group: report}}
topics: [crm]
time: {{clock: event, max_out_of_orderness: 1s}}
calendar: {{time_zone: Europe/Berlin}}
limits: {{memory: 128MiB, min_free_disk: 1MiB}}
kpis:
  - {{name: leads_created, help: Leads & <created>., on: lead.created, count: true, by: {{channel: lead.channel}},
     windows: [1h, 24h, 7d, 30d, today, month_to_date, lifetime], compare: [previous, 1w], target: {{month_to_date: {{by: channel, values: {{web: 40, unseen: 7}}, other: 15}}}}}}
  - {{name: revenue, help: Orders paid., unit: usd, on: order.paid, sum: order.amount, where: 'order.currency == "USD"',
     windows: [24h, month_to_date], compare: [24h], target: {{month_to_date: 250000}}}}
  - {{name: order_amount_avg, help: Average order., unit: usd, on: order.paid, avg: order.amount, where: 'order.currency == "USD"', windows: [24h]}}
  - {{name: response_seconds, help: Speed to lead., key: lead.id, elapsed: {{from: lead.created, to: lead.contacted}}, stats: [p50, avg], windows: [24h]}}
  - {{name: orders_paid, on: order.paid, count: true, windows: [24h]}}
  - {{name: orders_per_lead_ratio, help: Orders for each lead., formula: orders_paid / leads_created, windows: [24h]}}
rules:
  - {{name: few_orders, help: Too few orders., kpi: revenue, window: 24h, below: 10000000, severity: critical}}
"""
BESIDE = {"target": "_target", "attainment_ratio": "_attainment_ratio", "pace_ratio": "_pace_ratio"}


class Checked(html.parser.HTMLParser):
    """What a mail client is given: no script, nothing fetched, every cell in a row of a table."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.text = [], set(), ""
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        names = {name for name, _ in attrs}
        assert not names & {"src", "href", "class", "id"} and not any(n.startswith("on") for n in names), attrs
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pb = harness.event_classes()
        cls.broker = Broker()
        cls.addClassCleanup(cls.broker.close)
        cls.broker.create_topic(TOPIC, 1)  # of one alone it is sure what was applied when time came to an hour

    def setUp(self):
        self.feed = harness.Feed(self.broker.bootstrap, TOPIC)
        self.daemon = harness.Daemon(CONFIG.format(bootstrap=self.broker.bootstrap), "report")
        self.addCleanup(self.daemon.kill)
        self.sent = 0

    def send(self, micros, fill):
        self.sent += 1
        event = harness.set_time(self.pb.Event(id=f"e{self.sent}", source="crm"), micros)
        fill(event)
        self.feed.send(0, event, micros // 1000)

    def an_hour_of_events(self, begin):
        """Spread over the hour before `begin` + 1 h, then time stands exactly there."""
        for i in range(20):
            at = begin + i * HOUR // 20
            lead = f"l{self.sent}"

            def created(event):
                event.lead_created.lead.channel = CHANNELS[i % len(CHANNELS)]
                event.lead_created.lead.id = lead

            def contacted(event):
                event.lead_contacted.lead.id = lead

            def paid(event):
                event.order_paid.order.amount_micros = 1_000_000 * (i + 1) + 12_345 * self.sent
                event.order_paid.order.currency = "USD"
            self.send(at, created)
            self.send(at + 60_000_000, contacted)
            self.send(at + 1, paid)
        beat = harness.set_time(self.pb.Event(source="crm"), begin + HOUR + 1_000_000)
        beat.heartbeat.SetInParent()
        self.feed.send(0, beat, (begin + HOUR) // 1000)
        self.feed.flush()
        return self.daemon.wait_for(lambda p: harness.caught_up_to(p, self.feed) and p.evaluated_at("revenue") == begin + HOUR,
                                    "time stands at the hour", 60)

    def tidemark(self, *args, code=0):
        done = subprocess.run([harness.binary(), "report", *args], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout

    def over_http(self, *args):
        return self.tidemark(f"--url=http://127.0.0.1:{self.daemon.port}", *args)

    def compare(self, page, text):
        """Every number of a report is on the page, and every number of its KPIs on the page is in the report."""
        expected = {key: value for key, value in page.series.items()
                    if key[0].startswith("sales_") and not key[0].endswith("_total")}
        seen = {}
        for row in csv.DictReader(io.StringIO(text, newline="")):
            if row["row"] == "total":
                parts = page.family("sales_" + row["kpi"], window=row["window"]).values()
                self.assertEqual(Decimal(row["value"]), sum(Decimal(part) for part in parts), row)
                continue
            labels = {name[6:]: value[1:] if value[:2] in ("'=", "'-") else value for name, value in row.items()
                      if name.startswith("label_") and (value or name == "label_channel" and row["kpi"].startswith("leads"))}
            family, window = "sales_" + row["kpi"], {"window": row["window"]}
            found = [(family, labels | window, row["value"])]
            found += [(family + suffix, labels | window, row[column]) for column, suffix in BESIDE.items()]
            found.append((family + "_expected_ratio", window, row["expected_ratio"]))
            for name in row:
                if name.endswith("_growth_ratio"):
                    compare = {"compare": name.removesuffix("_growth_ratio")}
                    found.append((family + "_growth_ratio", labels | window | compare, row[name]))
                    found.append((family + "_compare", labels | window | compare, row[compare["compare"] + "_value"]))
            for name, key, value in found:
                if value:
                    seen[name, frozenset(key.items())] = value
        self.assertEqual(sorted(map(str, set(expected) - set(seen))), [], "on the page alone")
        self.assertEqual(sorted(map(str, set(seen) - set(expected))), [], "in the report alone")
        for key, value in seen.items():
            self.assertEqual(Decimal(value), Decimal(expected[key]), key)
        self.assertGreater(len(seen), 60)

    def test_a_report_has_the_numbers_of_the_metrics(self):
        self.daemon.start()
        harness.wait_for(lambda: self.daemon.get("/api/v1/report")[0] == 200, "there is a state to ask")
        self.assertIn("No event was read yet.", self.over_http())
        begin = (int(time.time()) - 4 * 3600) * 1_000_000 // HOUR * HOUR
        pages = {}
        for hour in range(4):
            page = self.an_hour_of_events(begin + hour * HOUR)
            pages[begin + (hour + 1) * HOUR] = page
        csv_args = ("--format=csv", "--window=all")
        self.compare(page, self.over_http(*csv_args))
        for at, then in list(pages.items())[:-1]:
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at // 1_000_000 + 59))  # within the hour
            self.compare(then, self.over_http(*csv_args, f"--at={stamp}"))
        self.look_at_it()
        self.daemon.stop()
        offline = (f"--config.file={self.daemon.config}", f"--storage.path={self.daemon.state}", *csv_args)
        self.compare(page, self.tidemark(*offline))
        self.tidemark(*offline, "--at=2001-01-01T00:00:00Z", code=1)
        self.tidemark(*offline, "--kpi=revenu", code=1)
        revenue = self.tidemark(*offline, "--kpi=revenue")
        self.assertIn("Goals,revenue,usd,24h,", revenue)
        self.assertEqual(self.tidemark(*offline, "--kpi=revenue_target"), revenue)  # it is in the rows of revenue

    def look_at_it(self):
        text = self.over_http()
        self.assertIn("Europe/Berlin", text.splitlines()[0])
        self.assertRegex(text, r"few_orders: revenue 24h \$[\d,.]+, below \$10,000,000 since \d{4}-")
        self.assertRegex(text, r"revenue +month_to_date +\$[\d,.]+ ")
        self.assertIn("$250,000", text)
        self.assertRegex(text, r"order_amount_avg +24h +\$[\d.]+")
        self.assertRegex(text, r"stat=avg +1m\b")
        page = Checked(self.over_http("--format=html"))
        self.assertNotIn("script", page.tags)
        self.assertIn("<script>alert(1)</script>", page.text)
        self.assertIn("Leads & <created>.", page.text)
        status, headers, _ = self.daemon.get("/api/v1/report?format=html&series=0")
        self.assertEqual((status, headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        for query, code in [("formt=csv", 400), ("format=pdf", 400), ("at=noon", 400), ("kpi=none", 404), ("at=2001-01-01T00:00:00Z", 404)]:
            self.assertEqual(self.daemon.get("/api/v1/report?" + query)[0], code, query)


if __name__ == "__main__":
    harness.main()
