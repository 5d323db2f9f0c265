"""What the tests share that kill the daemon, while the broker runs and a producer goes on: every number stays exact.

Every page shows, beside the KPIs, the offsets and the event time T that they belong to. So each page can be compared
with a recount of exactly the records before those offsets, at that T, however far the daemon has come.
"""

import argparse
import random
import threading
import time
import unittest
from decimal import Decimal

import harness
import oracle
from broker import Broker

TOPIC = "crm"
PARTITIONS = 4
RATE = 1200             # events a second
RULE_LEVELS = (50, 2000, 8000)
OPTIONS = argparse.Namespace(kills=0, seed=None)  # of the test that runs

CONFIG = """
kafka:
  brokers: "{bootstrap}"
  group: crash
  properties: {{group.instance.id: one, session.timeout.ms: 10000, fetch.wait.max.ms: 20}}
topics: [{{name: crm, dedup: {{horizon: 24h}}}}]
time: {{clock: event, max_out_of_orderness: 30s}}
limits: {{memory: 128MiB, min_free_disk: 1MiB}}
web: {{enable_lifecycle: true}}
kpis:
  - {{name: leads_created, help: Leads created.,
     on: lead.created, count: true, by: {{channel: lead.channel}}, windows: [1h, 24h, lifetime]}}
  - {{name: revenue, help: Orders paid.,
     unit: usd, on: order.paid, sum: order.amount, where: 'order.currency == "USD"',
     nonnegative: true, windows: [1h, 24h, lifetime]}}
  - {{name: order_amount_avg, help: Average order.,
     unit: usd, on: order.paid, avg: order.amount, where: 'order.currency == "USD"', windows: [1h, 24h]}}
  - {{name: order_amount_max, help: Largest order.,
     unit: usd, on: order.paid, max: order.amount, where: 'order.currency == "USD"', windows: [1h, 24h]}}
rules:
  - {{name: leads_over_{levels[0]}, help: Some leads.,
     kpi: leads_created, window: lifetime, above: {levels[0]}}}
  - {{name: leads_over_{levels[1]}, help: Many leads.,
     kpi: leads_created, window: lifetime, above: {levels[1]}}}
  - {{name: leads_over_{levels[2]}, help: More leads.,
     kpi: leads_created, window: lifetime, above: {levels[2]}}}
  - {{name: hour_quiet, help: Few orders in the hour.,
     kpi: revenue, window: 1h, below: {{enter: 100, exit: 200}}}}
"""


def only_leads(config):
    """The same configuration without the KPIs of orders and the rule over one of them."""
    head, rest = config.split("  - {name: revenue", 1)
    return head + "rules:" + rest.split("rules:", 1)[1].split("  - {name: hour_quiet", 1)[0]


def order_amount(event):
    order = event.order_paid.order
    return Decimal(order.amount_micros) / 1_000_000 if order.currency == "USD" else None


KPIS = [
    oracle.Kpi("leads_created", ["lead_created"], ["1h", "24h", "lifetime"], ("channel",),
               lambda e: (e.lead_created.lead.channel,)),
    oracle.Kpi("revenue", ["order_paid"], ["1h", "24h", "lifetime"], value=order_amount),
    oracle.Kpi("order_amount_avg", ["order_paid"], ["1h", "24h"], value=order_amount, measure="avg"),
    oracle.Kpi("order_amount_max", ["order_paid"], ["1h", "24h"], value=order_amount, measure="max"),
]
# Counters that are part of the state; those of the process begin anew with it.
STORED_COUNTERS = ("sales_", "tidemark_kpi_", "tidemark_records_", "tidemark_breach_")


class Company(threading.Thread):
    """Sends leads and orders, five a second of event time, with the usual dirt: disorder, duplicates, very late events,
    events from the future, garbage, a currency that is not counted."""

    def __init__(self, pb, feed, rng):
        super().__init__(daemon=True)
        self.pb, self.feed, self.random = pb, feed, rng
        self.start_micros = (int(time.time()) - 40 * 86_400) * 1_000_000
        self.sent = 0
        self.stop_asked = threading.Event()
        self.error = None
        self.recent = []

    def run(self):
        try:
            begin = time.monotonic()
            while not self.stop_asked.is_set():
                due = int((time.monotonic() - begin) * RATE)
                while self.sent < due and not self.stop_asked.is_set():
                    self.send_one()
                time.sleep(0.01)
        except Exception as error:  # shown by the test, which runs in another thread
            self.error = error

    def now_micros(self):
        return self.start_micros + self.sent * 200_000

    def send_one(self):
        self.sent += 1
        partition = self.random.randrange(PARTITIONS)
        kind = self.random.random()
        stamp = self.now_micros() // 1000
        if kind < 0.01:
            self.feed.send(partition, None, stamp, raw=b"\xff\x00 no event \x07")
        elif kind < 0.04 and self.recent:
            self.feed.send(partition, self.random.choice(self.recent), stamp)
        else:
            event = self.make_event(kind)
            self.feed.send(partition, event, stamp)
            self.recent = (self.recent + [event])[-200:]

    def make_event(self, kind):
        age = self.random.randrange(20_000_000)              # within the bound
        if kind < 0.10:
            age = self.random.randrange(6 * oracle.HOUR)     # late, but held by the longer windows
        if 0.10 < kind < 0.105:
            age = -self.random.randrange(oracle.HOUR, oracle.DAY)  # a wrong clock: quarantined
        event = harness.set_time(self.pb.Event(id=f"e{self.sent}", source="crm"), self.now_micros() - age)
        if self.random.random() < 0.6:
            event.lead_created.lead.channel = self.random.choice(["web", "ads", "partner", 'a "quoted"\\one'])
        else:
            order = event.order_paid.order
            order.amount_micros = self.random.randrange(1, 500_000_000)
            order.currency = self.random.choice(["USD", "USD", "USD", "EUR"])
        return event

    def finish(self):
        self.stop_asked.set()
        self.join()
        if self.error:
            raise self.error
        self.feed.flush()

    def bring_time_on(self):
        """An hour more of event time, so to the next instants of the rules."""
        for partition in range(PARTITIONS):
            beat = harness.set_time(self.pb.Event(source="crm"), self.now_micros() + oracle.HOUR + 30_000_000)
            beat.heartbeat.SetInParent()
            self.feed.send(partition, beat, (self.now_micros() + oracle.HOUR) // 1000)
        self.feed.flush()


class Crash(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pb = harness.event_classes()
        cls.broker = Broker()
        cls.addClassCleanup(cls.broker.close)
        cls.broker.create_topic(TOPIC, PARTITIONS)

    def setUp(self):
        self.seed = OPTIONS.seed if OPTIONS.seed is not None else random.randrange(2**32)
        print(f"{OPTIONS.kills} kills, seed {self.seed} (--seed repeats the choices)")
        self.random = random.Random(self.seed)
        self.feed = harness.Feed(self.broker.bootstrap, TOPIC)
        self.whole = CONFIG.format(bootstrap=self.broker.bootstrap, levels=RULE_LEVELS)
        self.daemon = harness.Daemon(self.whole, "crash")
        self.addCleanup(self.daemon.kill)
        self.highest = {}       # counter -> greatest value seen
        self.fired_since = {}   # breach -> event time since which it fires, once seen
        self.known_facts = {}   # event id -> what it adds to each KPI
        self.served = False     # the KPI of the leads was shown once
        self.compared = 0

    def read_to_the_end(self, company, timeout=60):
        """The page that shows all that the company sent. `clock: event` takes a partition that is read to its end for finished: time goes
        on only when all of them are, or the rules would be past what is still to come."""
        company.finish()
        self.daemon.wait_for(lambda p: harness.caught_up_to(p, self.feed), "all events are read", timeout)
        company.bring_time_on()
        page = self.daemon.wait_for(lambda p: harness.caught_up_to(p, self.feed), "everything is read", timeout)
        self.watch(page)
        self.compare(page)
        return page

    def live_a_while(self):
        """Some lives end before anything is served, most while records are being read."""
        if self.random.random() < 0.15:
            time.sleep(self.random.random() * 0.2)
            return
        self.daemon.await_port()
        deadline = time.monotonic() + 0.2 + self.random.random() * 1.2
        pages = []
        while time.monotonic() < deadline:
            pages.append(self.daemon.page())
            self.watch(pages[-1])
            time.sleep(0.02)
        self.daemon.kill()
        restored = [page for page in pages if len(page.offsets(TOPIC)) == PARTITIONS]
        for page in restored[:1] + restored[1:][-1:]:
            self.compare(page)

    def watch(self, page):
        """No counter falls, and what fires goes on firing since the same instant. A rule that leaves is forgotten, its counter too."""
        types = page.types()
        transitions = "tidemark_breach_transitions_total"
        rules = {dict(labels)["rule"] for labels in page.family(transitions)}
        if rules:
            self.highest = {key: value for key, value in self.highest.items() if key[0] != transitions or dict(key[1])["rule"] in rules}
        for (family, labels), text in page.series.items():
            if types.get(family) == "counter" and family.startswith(STORED_COUNTERS):
                key, value = (family, labels), Decimal(text)
                before = self.highest.get(key, Decimal(0))
                self.assertGreaterEqual(value, before, f"{key} fell, seed {self.seed}")
                self.highest[key] = value
        for labels, text in page.family("tidemark_breach_started_timestamp_seconds").items():
            if dict(labels)["rule"].startswith("leads_over_") and Decimal(text) > 0:
                self.assertEqual(self.fired_since.setdefault(labels, text), text, f"{labels}, seed {self.seed}")

    @staticmethod
    def shows(page, kpi):
        return any(Decimal(text) > 0 for text in page.family("tidemark_kpi_coverage_ratio", kpi=kpi.name).values())

    def all_shown(self, page):
        return all(self.shows(page, kpi) for kpi in KPIS)

    def compare(self, page):
        """Of what is shown everything is right; what is still counted elsewhere has no series at all."""
        shown = [kpi for kpi in KPIS if self.shows(page, kpi)]
        for kpi in KPIS:
            if kpi not in shown:
                self.assertEqual(page.family(f"sales_{kpi.name}"), {}, kpi.name)
        offsets = page.offsets(TOPIC)
        t = page.evaluated_at("leads_created")
        if t is None or len(offsets) < PARTITIONS:
            return
        self.assertTrue(KPIS[0] in shown or not self.served, f"the leads are gone, seed {self.seed}")
        self.served |= KPIS[0] in shown
        if not shown:
            return
        self.feed.flush()  # acknowledgements may be behind what the daemon has read
        expected = self.expected(offsets, t)
        wrong = [difference for kpi in shown for difference in kpi.unlike(page, expected[kpi.name])]
        self.assertEqual(wrong, [], f"at offsets {offsets}, T {t}, seed {self.seed}")
        for labels, text in page.family("tidemark_breach").items():
            self.check_no_early_breach(page, dict(labels), text)
        self.compared += 1

    def expected(self, offsets, t):
        """{KPI: what it must show} of all records before these offsets, read at t."""
        facts = self.recount(offsets)
        return {kpi.name: kpi.expect(facts[kpi.name], t) for kpi in KPIS}

    def recount(self, offsets):
        """{KPI: facts} of all records before these offsets, each event id once."""
        facts = {kpi.name: [] for kpi in KPIS}
        seen = set()
        for partition, records in self.feed.snapshot().items():
            for offset, (event, time_ms) in records.items():
                if offset >= offsets[partition] or event is None or event.id in seen:
                    continue
                if self.from_the_future(event, time_ms):
                    continue
                seen.add(event.id)
                for name, fact in self.facts_of(event):
                    facts[name].append(fact)
        return facts

    def facts_of(self, event):
        """[(KPI, fact)] of one event, worked out once."""
        known = self.known_facts.get(event.id)
        if known is None:
            timed = [(harness.micros_of(event), event)]
            known = [(kpi.name, fact) for kpi in KPIS for fact in kpi.facts(timed)]
            self.known_facts[event.id] = known
        return known

    @staticmethod
    def from_the_future(event, time_ms):
        return harness.micros_of(event) > time_ms * 1000 + 5 * oracle.MINUTE

    def check_no_early_breach(self, page, labels, text):
        if labels["rule"].startswith("leads_over_") and Decimal(text) == 1:
            shown = page.number("sales_leads_created", channel=labels["channel"], window="lifetime")
            self.assertGreater(shown, int(labels["rule"].rsplit("_", 1)[1]))

    def rules_evaluated(self, page):
        """The rules have seen the last instant of their grid: what they observed is what is shown."""
        family = page.family("tidemark_breach_observed", rule=f"leads_over_{RULE_LEVELS[0]}")
        return family and all(
            Decimal(text) == page.number("sales_leads_created", channel=dict(labels)["channel"], window="lifetime")
            for labels, text in family.items())

    def check_breaches(self, page):
        for level in RULE_LEVELS:
            rule = f"leads_over_{level}"
            for labels, text in page.family("sales_leads_created", window="lifetime").items():
                channel = dict(labels)["channel"]
                over = Decimal(text) > level
                self.assertEqual(page.number("tidemark_breach", rule=rule, channel=channel), int(over), (rule, channel))
                begun = page.number("tidemark_breach_transitions_total", rule=rule, channel=channel)
                self.assertEqual(begun, int(over), f"{rule} of {channel} was repeated or forgotten")
        # The last hour of event time is empty but for what lies within the bound.
        self.assertLess(page.number("sales_revenue", window="1h"), 100)
        self.assertEqual(page.number("tidemark_breach", rule="hour_quiet"), 1)

    def check_conservation(self, page):
        sent = sum(len(records) for records in self.feed.snapshot().values())
        held = {partition: self.broker.offsets(TOPIC, partition) for partition in range(PARTITIONS)}
        self.assertEqual(page.total("tidemark_records_read_total"), sent, f"Kafka has {held}, sent was up to {self.feed.ends()}, read {page.offsets(TOPIC)}")
        self.assertEqual(page.total("tidemark_records_total"), sent)
        for kpi in KPIS:
            routed = page.number("tidemark_kpi_routed_events_total", kpi=kpi.name)
            self.assertEqual(page.total("tidemark_kpi_events_total", kpi=kpi.name), routed, kpi.name)

