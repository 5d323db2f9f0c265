#!/usr/bin/python3
"""The same facts as canonical events and as records of a CRM's tables, a payment provider and a shop, disordered and repeated, through a
real Kafka: the same numbers."""

import collections
import datetime
import json
import os
import random
import unittest

import harness
import real_data_events
from broker import Broker

PARTITIONS = 3
KPIS = """
time: {clock: event, max_out_of_orderness: 10s}
limits: {memory: 256MiB, min_free_disk: 1MiB}
kpis:
  - {name: leads_created, on: lead.created, count: true, by: {channel: lead.channel}, windows: [lifetime]}
  - {name: deals_won, on: deal.won, count: true, by: {rep_id: deal.owner, segment: deal.segment}, windows: [lifetime]}
  - {name: cycle_seconds, key: [lead.id, deal.lead], elapsed: {from: lead.created, to: deal.won}, stats: [sum, count], unit: seconds, windows: [lifetime]}
  - {name: item_price, unit: brl, on: order.item, sum: item.amount, where: 'item.currency == "BRL"', by: {seller: item.seller}, windows: [lifetime]}
  - {name: payments, unit: brl, on: payment.received, sum: payment.amount, where: 'payment.currency == "BRL"', by: {method: payment.method}, windows: [lifetime]}
"""
CANONICAL = 'kafka: {{brokers: "{bootstrap}", group: canonical}}\ntopics: [{{name: canonical, dedup: {{horizon: 90d}}}}]\n'
MAPPED = """kafka: {{brokers: "{bootstrap}", group: mapped}}
sources:
  crm:
    topics: [{{name: tables, dedup: {{horizon: 90d}}}}]
    shape: debezium
    id: [meta.source.table, row.id]
    time: us(meta.source.ts_us)
    lists: {{won: [won]}}
    events:
      - {{emit: lead.created, when: 'meta.source.table == "leads" and op in [create, snapshot]', set: {{lead.id: row.id, lead.channel: row.channel}}}}
      - emit: deal.won
        when: meta.source.table == "deals" and becomes(row.stage, won)
        set: {{deal.id: row.id, deal.lead: row.id, deal.owner: row.owner, deal.segment: row.segment}}
    ignore: meta.source.table == "deals"
  shop:
    topics: [{{name: calls, dedup: {{horizon: 90d}}}}]
    time: iso(row.timestamp)
    events:
      - emit: order.item
        when: row.event == "Order Completed"
        each: row.properties.products
        id: [row.properties.order_id, item.line]
        set:
          order.id: row.properties.order_id
          item.amount: item.price
          item.currency: row.properties.currency
          item.seller: item.seller
  billing:
    use: stripe
    topics: [{{name: charges, dedup: {{horizon: 90d}}}}]
"""
FAMILIES = ["leads_created", "deals_won", "cycle_seconds", "item_price", "payments"]


def iso(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat().replace("+00:00", "Z")


def records(events):
    """(time, topic, record) of each fact; a deal was something else before it was won, and is changed again afterwards."""
    orders = collections.defaultdict(list)
    for event in events:
        at = event.time.seconds
        kind = event.WhichOneof("payload")
        source = {"ts_us": at * 1_000_000, "lsn": at}
        if kind == "lead_created":
            lead = event.lead_created.lead
            row = {"id": lead.id, "channel": lead.channel}
            yield at, "tables", {"op": "c", "before": None, "after": row, "source": {"table": "leads", **source}}
        elif kind == "deal_won":
            deal = event.deal_won.deal
            was = {"id": deal.id, "stage": "open", "owner": deal.owner, "segment": deal.segment}
            won = {**was, "stage": "won"}
            table = {"table": "deals", **source}
            yield at, "tables", {"schema": None, "payload": {"op": "u", "before": was, "after": won, "source": table}}
            yield at, "tables", {"op": "u", "before": won, "after": {**won, "note": "called"}, "source": {**table, "ts_us": (at + 60) * 1_000_000}}
        elif kind == "order_item":
            orders[event.order_item.order.id].append(event)
        elif kind == "payment_received":
            payment = event.payment_received.payment
            if payment.currency != "BRL":
                continue
            charge = {"id": payment.id, "amount": payment.amount_micros // 10_000, "currency": "brl", "paid": True,
                      "payment_method_details": {"type": payment.method}}
            yield at, "charges", {"id": "evt/" + payment.id, "type": "charge.succeeded", "created": at, "data": {"object": charge}}
    for order, lines in orders.items():
        products = [{"line": e.order_item.item.id, "price": e.order_item.item.amount_micros / 1e6, "seller": e.order_item.item.seller} for e in lines]
        properties = {"order_id": order, "currency": lines[0].order_item.item.currency, "products": products}
        yield lines[0].time.seconds, "calls", {"type": "track", "event": "Order Completed", "timestamp": iso(lines[0].time.seconds), "properties": properties}


class Mapped(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.data = harness.data_folder()
        cls.pb = harness.event_classes()
        cls.broker = Broker()
        cls.addClassCleanup(cls.broker.close)
        for topic in ("canonical", "tables", "calls", "charges"):
            cls.broker.create_topic(topic, PARTITIONS)

    def run_daemon(self, config, name, sent):
        """The page once all is read."""
        daemon = harness.Daemon(config.format(bootstrap=self.broker.bootstrap) + KPIS, name)
        self.addCleanup(daemon.kill)
        daemon.start()
        page = daemon.wait_for(lambda p: p.total("tidemark_records_read_total") == sent, f"{sent} records are read", timeout=90)
        if name == "mapped":
            harness.wait_for(lambda: "a record was rejected" in daemon.log(), "it is told of")
            self.assertIn("payment.amount is no whole number of minor units", daemon.log())
            self.assertNotIn("much", daemon.log())
        self.assertEqual(daemon.stop(), 0)
        return page

    def test_the_same_facts_are_the_same_numbers(self):
        seed = int(os.environ.get("TIDEMARK_SEED", random.randrange(2**32)))
        print(f"seed {seed} (TIDEMARK_SEED repeats it)")
        rng = random.Random(seed)
        wanted = ("lead_created", "deal_won", "order_item", "payment_received")
        events = sorted((e for e in real_data_events.events(self.data, self.pb) if e.WhichOneof("payload") in wanted), key=lambda e: e.time.seconds)
        feed = harness.Feed(self.broker.bootstrap, "canonical")
        for event in events:
            feed.send(rng.randrange(PARTITIONS), event, event.time.seconds * 1000, remember=False)
        feed.flush()
        canonical = self.run_daemon(CANONICAL, "canonical", len(events))
        counts = collections.Counter()
        feeds = {topic: harness.Feed(self.broker.bootstrap, topic) for topic in ("tables", "calls", "charges")}
        for _, topic, record in sorted(records(events), key=lambda r: r[0] + rng.randrange(10 * 86_400)):  # days late
            partition = rng.randrange(PARTITIONS)
            raw = json.dumps(record).encode()
            for _ in range(2 if rng.random() < 0.2 else 1):  # as after a connector's crash: in its partition
                counts[topic] += 1
                feeds[topic].send(partition, None, 1_600_000_000_000, raw=raw, remember=False)
        for raw in (b"{", b'{"type": "charge.succeeded", "id": "x", "created": 1, "data": {"object": {"id": "y", "paid": true, "amount": "much", "currency": "brl"}}}'):
            feeds["charges"].send(0, None, 1_600_000_000_000, raw=raw, remember=False)
            counts["charges"] += 1
        for feed in feeds.values():
            feed.flush()
        mapped = self.run_daemon(MAPPED, "mapped", sum(counts.values()))
        for kpi in FAMILIES:
            want, got = canonical.family("sales_" + kpi), mapped.family("sales_" + kpi)
            self.assertGreater(len(want), 0, kpi)
            self.assertEqual({k: (got.get(k), want.get(k)) for k in set(got) | set(want) if got.get(k) != want.get(k)}, {}, kpi)
        self.assertEqual(mapped.total("tidemark_source_records_total", topic="charges", result="rejected"), 1)
        self.assertEqual(mapped.total("tidemark_records_undecodable_total", topic="charges", reason="bad_json"), 1)
        for topic in feeds:
            self.assertEqual(mapped.total("tidemark_source_records_total", topic=topic) + mapped.total("tidemark_records_undecodable_total", topic=topic),
                             counts[topic], topic)
            self.assertEqual(mapped.total("tidemark_source_events_total", topic=topic), mapped.total("tidemark_records_total", topic=topic)
                             - mapped.total("tidemark_records_total", topic=topic, result="undecodable"), topic)


if __name__ == "__main__":
    harness.main()
