#!/usr/bin/python3
"""Real sales and marketing data through a real Kafka: the published figures, and rolling windows counted again."""

import os
import random
import unittest
from decimal import Decimal

import harness
import oracle
import real_data_events
from broker import Broker

TOPIC = "history"
PARTITIONS = 4
BOUND_S = 10          # max_out_of_orderness of the configuration
STAGES = 20
ROLLING = ["24h", "7d", "30d"]

CONFIG = """
kafka: {{brokers: "{bootstrap}", group: real-data}}
topics: [{{name: history, dedup: {{horizon: 24h}}}}]
time: {{clock: event, max_out_of_orderness: 10s}}
limits: {{memory: 256MiB, min_free_disk: 1MiB}}
kpis:
  - {{name: leads_created, help: Leads created.,
     on: lead.created, count: true, by: {{channel: lead.channel}}, windows: [24h, 7d, 30d, lifetime]}}
  - {{name: deals_won, help: Deals won., on: deal.won, count: true, windows: [24h, 7d, 30d, lifetime]}}
  - {{name: item_price, help: Price of the items ordered.,
     unit: brl, on: order.item, sum: item.amount, where: 'item.currency == "BRL"', windows: [24h, 7d, 30d, lifetime]}}
  - {{name: item_freight, help: Freight of the items ordered.,
     unit: brl, on: order.item, sum: item.freight, where: 'item.currency == "BRL"', windows: [24h, 7d, 30d, lifetime]}}
  - {{name: payments, help: Payments received.,
     unit: brl, on: payment.received, sum: payment.amount,
     where: 'payment.currency == "BRL"', by: {{method: payment.method}}, windows: [24h, 7d, 30d, lifetime]}}
  - {{name: satisfaction_score, help: Average score of the answers.,
     on: survey.answered, avg: survey.score, windows: [24h, 7d, 30d, lifetime]}}
  - {{name: mailings, help: Campaign mailings sent.,
     on: campaign.sent, count: true, by: {{campaign_kind: campaign.kind}}, windows: [24h, 7d, 30d, lifetime]}}
  - {{name: redemptions, help: Coupons redeemed.,
     on: campaign.redeemed, count: true, by: {{campaign_kind: campaign.kind}}, windows: [24h, 7d, 30d, lifetime]}}
"""


def money(micros):
    return Decimal(micros) / 1_000_000


def make_kpis():
    windows = ROLLING + ["lifetime"]
    return [
        oracle.Kpi("leads_created", ["lead_created"], windows, ("channel",), lambda e: (e.lead_created.lead.channel,)),
        oracle.Kpi("deals_won", ["deal_won"], windows),
        oracle.Kpi("item_price", ["order_item"], windows, value=lambda e: money(e.order_item.item.amount_micros)),
        oracle.Kpi("item_freight", ["order_item"], windows, value=lambda e: money(e.order_item.item.freight_micros)),
        oracle.Kpi("payments", ["payment_received"], windows, ("method",),
                   lambda e: (e.payment_received.payment.method,),
                   lambda e: money(e.payment_received.payment.amount_micros)),
        oracle.Kpi("satisfaction_score", ["survey_answered"], windows,
                   value=lambda e: Decimal(e.survey_answered.survey.score), measure="avg"),
        oracle.Kpi("mailings", ["campaign_sent"], windows, ("campaign_kind",),
                   lambda e: (e.campaign_sent.campaign.kind,)),
        oracle.Kpi("redemptions", ["campaign_redeemed"], windows, ("campaign_kind",),
                   lambda e: (e.campaign_redeemed.campaign.kind,)),
    ]


class RealData(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.data = harness.data_folder()
        cls.pb = harness.event_classes()
        cls.broker = Broker()
        cls.addClassCleanup(cls.broker.close)
        cls.broker.create_topic(TOPIC, PARTITIONS)

    def setUp(self):
        self.seed = int(os.environ.get("TIDEMARK_SEED", random.randrange(2**32)))
        print(f"seed {self.seed} (TIDEMARK_SEED repeats it)")
        self.random = random.Random(self.seed)
        self.feed = harness.Feed(self.broker.bootstrap, TOPIC)
        self.daemon = harness.Daemon(CONFIG.format(bootstrap=self.broker.bootstrap), "real-data")
        self.addCleanup(self.daemon.kill)
        self.kpis = make_kpis()
        self.sent = 0

    def test_published_figures_and_rolling_windows_are_reached_exactly(self):
        events = sorted(real_data_events.events(self.data, self.pb), key=lambda e: e.time.seconds)
        facts = {kpi.name: kpi.facts(oracle.timed(events, harness.micros_of)) for kpi in self.kpis}
        self.daemon.start()
        begin = 0
        for instant in self.instants(events):
            end = begin
            while end < len(events) and events[end].time.seconds <= instant + BOUND_S:
                end += 1
            self.send_stage(events[begin:end], instant)
            begin = end
            self.compare(self.page_at(instant), facts, instant)
        self.assertEqual(begin, len(events), "the last stage holds the rest")
        page = self.daemon.page()
        self.check_published(page)
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        again = self.page_at(instant)
        for kpi in self.kpis:
            self.assertEqual(page.family("sales_" + kpi.name), again.family("sales_" + kpi.name), "after a restart")

    def instants(self, events):
        """Twenty, at odd seconds, the last behind everything."""
        first, last = events[0].time.seconds, events[-1].time.seconds
        inner = sorted(self.random.randrange(first + 86_400, last) for _ in range(STAGES - 1))
        return inner + [last + 4_321]

    def send_stage(self, events, instant):
        """In an order that is off by up to two hours, then heartbeats that bring event time to the instant."""
        events = sorted(events, key=lambda e: e.time.seconds + self.random.randrange(7_200))
        for event in events:
            self.feed.send(self.random.randrange(PARTITIONS), event, event.time.seconds * 1000, remember=False)
        for partition in range(PARTITIONS):
            beat = self.pb.Event(source="test")
            beat.time.seconds = instant + BOUND_S
            beat.heartbeat.SetInParent()
            self.feed.send(partition, beat, beat.time.seconds * 1000, remember=False)
        self.feed.flush()
        self.sent += len(events) + PARTITIONS

    def page_at(self, instant):
        def there(page):
            read = page.total("tidemark_records_read_total")
            return read == self.sent and all(page.evaluated_at(k.name) == instant * 1_000_000 for k in self.kpis)
        return self.daemon.wait_for(there, f"{self.sent} records and T = {instant}", timeout=60)

    def compare(self, page, facts, instant):
        wrong = []
        for kpi in self.kpis:
            known = [fact for fact in facts[kpi.name] if fact[0] <= (instant + BOUND_S) * 1_000_000]
            wrong += kpi.differences(page, known, instant * 1_000_000)
        self.assertEqual(wrong, [], f"at {instant}, seed {self.seed}")

    def check_published(self, page):
        def lifetime(name, **labels):
            return page.total("sales_" + name, window="lifetime", **labels)
        self.assertEqual(lifetime("leads_created"), 8000)
        self.assertEqual(lifetime("deals_won"), 842)
        for channel, leads in {"organic_search": 2296, "paid_search": 1586, "social": 1350, "unknown": 1099,
                               "direct_traffic": 499, "email": 493}.items():
            self.assertEqual(lifetime("leads_created", channel=channel), leads, channel)
        self.assertEqual(lifetime("item_price"), Decimal("2030270.94"))
        self.assertEqual(lifetime("item_freight"), Decimal("340292.67"))
        self.assertEqual(lifetime("payments"), Decimal("2397904.56"))
        self.assertEqual(round(lifetime("satisfaction_score"), 6), Decimal("4.084114"))
        self.assertEqual(lifetime("mailings"), 6589)
        self.assertEqual(lifetime("redemptions"), 2102)
        routed = page.number("tidemark_kpi_routed_events_total", kpi="satisfaction_score")
        self.assertEqual(routed, 14944)


if __name__ == "__main__":
    harness.main()
