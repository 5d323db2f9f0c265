#!/usr/bin/python3
"""The whole path: events -> Kafka -> tidemark -> Prometheus -> Alertmanager -> whoever is to be told, with the generated files.

Only times are shortened, by `hurry` and in monitoring.py; the rest is what `tidemark generate` writes.
"""

import contextlib
import itertools
import re
import signal
import threading
import time
import unittest

import harness
import monitoring
from broker import Broker

TOPIC = "crm"
PARTITIONS = 2

CONFIG = """
kafka:
  brokers: "{bootstrap}"
  group: alerts
  properties: {{group.instance.id: alerts}}  # else the group waits 45 s for a member that was killed
topics: [crm]
time: {{max_out_of_orderness: 1s, max_hold: 2s, clock: {clock}}}
limits: {{memory: 128MiB, min_free_disk: 1MiB, max_entities: 100000}}
sources: {{shop: {{expect_every: {expect_every}}}}}
tables: {{reps: {{file: reps.csv, key: rep_id}}}}
kpis:
  - {{name: revenue, help: Paid orders less refunds., unit: usd, on: order.paid, sum: order.amount, by: {{channel: order.channel}}, windows: [1h]}}
  - {{name: leads_created, help: Leads created., on: lead.created, count: true, windows: [1h]}}
rules:
  - name: revenue_low
    help: 'Less than 20 % of plan: look at "{{{{ orders }}}}".'
    kpi: revenue
    window: 1h
    below: {{enter: 1000, exit: 2000}}
    severity: critical
  - {{name: leads_low, help: Few leads., kpi: leads_created, window: 1h, below: 5, severity: critical}}
"""

LINKS = ("--web.external-url=http://tidemark.example:9464", "--dashboard.url=http://grafana.example",
         "--runbook.url=http://docs.example/runbooks.md")


def hurry(rules):
    """The same rules with times that a test can wait for."""
    for old, new in ((r"for: (2|3|5)m$", "for: 12s"), (r"for: 1m$", "for: 4s"), (r"for: 10m$", "for: 8s"), (r"for: (15|30)m$", "for: 40s"),
                     (r"\[10m\]", "[10s]"), (r"> 300\b", "> 12"), (r"> 900\b", "> 16"), (r"keep_firing_for: 12s$", "keep_firing_for: 2s")):
        rules, n = re.subn(old, new, rules, flags=re.MULTILINE)
        assert n > 0, f"no {old} in the rules"
    return rules


class Alerts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        monitoring.need("prometheus", "promtool", "prometheus-alertmanager", "amtool")
        cls.pb = harness.event_classes()
        cls.broker = Broker()
        cls.addClassCleanup(cls.broker.close)
        cls.broker.create_topic(TOPIC, PARTITIONS)
        cls.feed = harness.Feed(cls.broker.bootstrap, TOPIC)
        cls.numbers = itertools.count(1)
        for _ in range(8):
            cls.send("lead")
        cls.send("order", 5000, source="shop")
        cls.daemon = harness.Daemon(cls.config(), "alerts")
        monitoring.write(cls.daemon.dir, "reps.csv", "rep_id,team\n7,emea\n")
        cls.daemon.start()
        cls.addClassCleanup(cls.daemon.kill)
        cls.ready()
        cls.told = monitoring.Told()
        cls.addClassCleanup(cls.told.close)
        config = f"--config.file={cls.daemon.config}"
        cls.alertmanager = monitoring.Alertmanager(
            cls.told, monitoring.generate("alertmanager", config, "--receivers=email,slack,webhook"),
            monitoring.generate("alertmanager", "--templates"))
        cls.addClassCleanup(cls.alertmanager.close)
        cls.prometheus = monitoring.Prometheus([f"127.0.0.1:{cls.daemon.port}"],
                                               hurry(monitoring.generate("rules", config, *LINKS)), cls.alertmanager)
        cls.addClassCleanup(cls.prometheus.close)

    @classmethod
    def config(cls, clock="wall", expect_every="31d"):
        return CONFIG.format(bootstrap=cls.broker.bootstrap, clock=clock, expect_every=expect_every)

    @classmethod
    def send(cls, kind, amount=0, source="", ago=0):
        """One event into each partition in turn; both, so that event time goes on where only events move it."""
        for partition in range(PARTITIONS):
            event = harness.set_time(cls.pb.Event(id=f"e{next(cls.numbers)}", source=source), int((time.time() - ago) * 1_000_000))
            if kind == "lead":
                event.lead_created.lead.channel = "web"
            else:
                order = event.order_paid.order
                order.amount_micros, order.currency, order.channel = amount * 1_000_000 // PARTITIONS, "USD", 'web "shop" & <co>'
            cls.feed.send(partition, event)
        cls.feed.flush()

    @classmethod
    def ready(cls):
        cls.daemon.wait_for(lambda p: harness.caught_up_to(p, cls.feed) and p.number("tidemark_caught_up") == 1
                            and p.number("tidemark_breach", rule="leads_low") == 0, "everything is read, caught up and judged", 60)

    def restart(self, **config):
        """On the same port, which Prometheus knows."""
        port = self.daemon.port
        self.daemon.configure(self.config(**config))
        self.daemon.start(listen=f"127.0.0.1:{port}")

    def await_told(self, wanted, after, timeout=40):
        """Until `wanted`, (alertname, status), came; then a while longer. All that came since `after` is returned."""
        harness.wait_for(lambda: wanted in self.told.alerts(after),
                         lambda: f"{wanted} is told; told was {self.told.alerts(after)}; firing: {self.prometheus.firing()}", timeout)
        time.sleep(4)
        # What a sanitizer keeps of its own is not in the budget.
        return [alert for alert in self.told.alerts(after) if not (harness.sanitized() and alert[0] == "TidemarkMemoryHigh")]

    def test_everything_in_the_order_of_a_bad_day(self):
        # One after the other over the same neighbours: starting them takes longer than all that follows.
        for part in (self.rules_are_sound, self.a_breach_is_told_once, self.a_restart_tells_nothing, self.it_ends,
                     self.a_dead_daemon, self.stale_data, self.a_silent_source, self.a_stalled_partition):
            with self.subTest(part.__name__):
                begin = time.monotonic()
                part()
                print(f"{part.__name__}: {time.monotonic() - begin:.0f} s", flush=True)

    def rules_are_sound(self):
        harness.wait_for(lambda: self.prometheus.query("job:tidemark_breach:bridged"), "the rules are evaluated")
        rules = self.prometheus.rules()
        self.assertGreater(len(rules), 20)
        for rule in rules:
            self.assertEqual(rule["health"], "ok", rule)
            self.prometheus.query(rule["query"])
        for rule in rules:
            if rule["type"] == "recording" and "started" not in rule["name"]:  # nothing is in breach yet
                self.assertTrue(self.prometheus.query(rule["query"]), rule["query"])
        # An alert over a metric that the daemon doesn't have would never fire.
        exposed = set(re.findall(r"^# TYPE (\S+)", self.daemon.page().text, re.MULTILINE))
        exposed |= {"up", "tidemark_backfill_progress_ratio", "tidemark_web_config_last_reload_successful", "tidemark_kpi_held", "tidemark_dead_letters_failing"}  # while there is one
        used = {name for rule in rules for name in re.findall(r"\b(?:up|(?:tidemark|process)_\w+)\b(?=[{[)])", rule["query"])}
        self.assertGreater(len(used), 20)
        self.assertEqual(used - exposed, set())
        time.sleep(3)
        self.assertEqual((self.told.alerts(), self.prometheus.firing(60)), ([], set()))

    def a_breach_is_told_once(self):
        begin = time.time()
        self.send("order", -4600)
        self.assertEqual(self.await_told(("RevenueLow", "firing"), begin), [("RevenueLow", "firing")])
        notice = self.told.notices()[0]
        self.assertEqual(notice.to, "sales-ops-critical")
        alert = notice.body["alerts"][0]
        self.assertEqual(alert["labels"], {
            "alertname": "RevenueLow", "channel": 'web "shop" & <co>', "job": "tidemark", "kpi": "revenue", "rule": "revenue_low",
            "severity": "critical", "team": "sales-ops", "unit": "usd", "window": "1h"})
        since = alert["annotations"].pop("since")
        self.assertLess(abs(begin - time.mktime(time.strptime(since + "+0000", "%Y-%m-%d %H:%M UTC%z")) + time.timezone), 120, since)
        channel = "web+%22shop%22+%26+%3Cco%3E"
        self.assertEqual(alert["annotations"], {
            "summary": "Paid orders less refunds (1h): below $1,000.",
            "description": 'channel: web "shop" & <co>. Now $400, 60% below the limit; limit: below $1,000, until $2,000.',
            "value": "$400", "limit": "below $1,000, until $2,000", "change": "60% below the limit", "samples": "4",
            "series": 'channel: web "shop" & <co>', "action": 'Less than 20 % of plan: look at "{{ orders }}".',
            "dashboard_url": f"http://grafana.example/d/tidemark-sales-overview?var-kpi=revenue&var-window=1h&var-channel={channel}",
            "explain_url": f"http://tidemark.example:9464/kpi/revenue?window=1h&label=channel%3D{channel}",
            "runbook_url": "http://docs.example/runbooks.md#sales-alerts"})
        link = alert["annotations"]["explain_url"].removeprefix("http://tidemark.example:9464")
        status, headers, _ = self.daemon.get(link)  # the page of the KPI, which reads the rest of the address in the browser
        self.assertEqual((status, headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        self.check_slack_and_email(since)

    def check_slack_and_email(self, since):
        slack, = self.told.notices("slack")
        message = slack.body["attachments"][0]
        self.assertEqual((slack.to, slack.body["channel"], message["color"]), ("sales-ops", "#sales-ops-critical", "danger"))
        self.assertEqual(message["title"], "[CRITICAL] Paid orders less refunds (1h): below $1,000.")
        self.assertIn('channel: web "shop" &amp; &lt;co&gt;: *$400* (60% below the limit), limit: below $1,000, until $2,000, '
                      f"since {since}, from 4 samples", message["text"])
        mail, = self.told.notices("email")
        self.assertEqual(mail.to, "sales-ops@example.com")
        self.assertEqual(mail.body["Subject"], "[CRITICAL] Paid orders less refunds (1h): below $1,000.")
        html = mail.body.get_body(("html",)).get_content()
        for part in ("$400", "below $1,000, until $2,000", "&lt;co&gt;", "60% below the limit", since, "Dashboard</a>"):
            self.assertIn(part, html)
        self.assertIn("Now:     $400 (60% below the limit)", mail.body.get_body(("plain",)).get_content())

    def a_restart_tells_nothing(self):
        begin = time.time()
        self.daemon.kill()
        time.sleep(4)
        self.assertEqual(self.prometheus.query("up"), [({"__name__": "up", "instance": f"127.0.0.1:{self.daemon.port}", "job": "tidemark"}, 0)])
        self.restart()
        self.ready()
        time.sleep(5)
        self.assertEqual((self.told.alerts(begin), self.prometheus.firing(60)), ([], {"RevenueLow"}))
        # Not one evaluation without it, and always the same alert.
        firing = 'ALERTS{alertname="RevenueLow",alertstate="firing"}'
        seconds = int(time.time() - begin)
        (_, seen), = self.prometheus.query(f"count_over_time({firing}[{seconds}s])")
        (_, evaluated), = self.prometheus.query(f'count_over_time(job:tidemark_breach:bridged{{rule="revenue_low"}}[{seconds}s])')
        self.assertEqual(seen, evaluated)
        self.assertGreater(seen, seconds * 0.8)
        (_, changes), = self.prometheus.query(f'changes(ALERTS_FOR_STATE{{alertname="RevenueLow"}}[{seconds}s])')
        self.assertEqual(changes, 0)

    def it_ends(self):
        begin = time.time()
        self.send("order", 3000)
        self.assertEqual(self.await_told(("RevenueLow", "resolved"), begin), [("RevenueLow", "resolved")])
        self.assertEqual(self.told.notices("slack")[-1].body["attachments"][0]["color"], "good")
        self.assertEqual(self.told.notices("email")[-1].body["Subject"], "[RESOLVED] Paid orders less refunds (1h): below $1,000.")
        self.assertEqual(self.prometheus.firing(), set())

    def a_dead_daemon(self):
        begin = time.time()
        self.daemon.kill()
        self.assertEqual(self.await_told(("TidemarkDown", "firing"), begin), [("TidemarkDown", "firing")])
        self.assertEqual(self.told.notices(after=begin)[0].to, "platform-critical")
        self.assertEqual(self.prometheus.firing(), {"TidemarkDown"})
        self.restart(clock="event")  # where time goes on by events alone, which stale_data makes use of
        self.assertEqual(self.await_told(("TidemarkDown", "resolved"), begin), [("TidemarkDown", "firing"), ("TidemarkDown", "resolved")])

    def stale_data(self):
        begin = time.time()
        self.assertEqual(self.await_told(("TidemarkKpiStale", "firing"), begin), [("TidemarkKpiStale", "firing")])
        self.assertEqual(self.prometheus.firing(), {"TidemarkKpiStale"})
        # Events of 20 s ago: time goes on, but what crosses a limit then is of the past. Prometheus has the alert, and nobody is told.
        with self.events(ago=20):
            self.send("order", -3000, ago=20)
            harness.wait_for(lambda: "RevenueLow" in self.prometheus.firing(), "the breach is an alert", 60)
            time.sleep(6)
            self.assertEqual(self.told.alerts(begin), [("TidemarkKpiStale", "firing")])
            self.assertEqual(self.prometheus.firing(), {"RevenueLow", "TidemarkKpiStale"})
        with self.events():
            told = self.await_told(("RevenueLow", "firing"), begin)
            self.assertCountEqual(told, [("TidemarkKpiStale", "firing"), ("TidemarkKpiStale", "resolved"), ("RevenueLow", "firing")])
            self.send("order", 3000)
            self.await_told(("RevenueLow", "resolved"), begin)

    @contextlib.contextmanager
    def events(self, ago=0):
        """Meanwhile there is one each second."""
        stop = threading.Event()

        def send():
            while not stop.wait(1):
                self.send("lead", ago=ago)
        alive = threading.Thread(target=send)
        alive.start()
        try:
            yield
        finally:
            stop.set()
            alive.join()

    def a_silent_source(self):
        begin = time.time()
        self.daemon.configure(self.config(clock="event", expect_every="1m"))  # the shop was heard before the first part
        self.daemon.process.send_signal(signal.SIGHUP)
        overdue = ("TidemarkSourceOverdue", "firing")
        with self.events():
            self.assertEqual(self.await_told(overdue, begin), [overdue])
            self.assertEqual(self.told.notices(after=begin)[0].body["alerts"][0]["labels"]["source"], "shop")
            self.assertEqual(self.prometheus.firing(), {"TidemarkSourceOverdue"})
            self.send("lead", source="shop")
            self.assertEqual(self.await_told(("TidemarkSourceOverdue", "resolved"), begin), [overdue, ("TidemarkSourceOverdue", "resolved")])

    def a_stalled_partition(self):
        self.assertEqual(self.daemon.stop(), 0)
        self.send("lead")
        self.send("lead")
        # Records that it has not read are gone, of one partition.
        self.broker.delete_records(TOPIC, {1: self.broker.offsets(TOPIC, 1)[1]})
        begin = time.time()
        self.restart()
        self.assertEqual(self.await_told(("TidemarkPartitionStalled", "firing"), begin), [("TidemarkPartitionStalled", "firing")])
        alerts = [alert["labels"] for notice in self.told.notices(after=begin) for alert in notice.body["alerts"]]
        labels = next(of for of in alerts if of["alertname"] == "TidemarkPartitionStalled")
        self.assertEqual((labels["topic"], labels["partition"]), (TOPIC, "1"))
        self.assertEqual(self.prometheus.firing() - ({"TidemarkMemoryHigh"} if harness.sanitized() else set()), {"TidemarkPartitionStalled"})


if __name__ == "__main__":
    harness.main()
