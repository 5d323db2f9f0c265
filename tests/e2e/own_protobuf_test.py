#!/usr/bin/python3
"""Messages of one's own, which no mapping is written for, through a real Kafka: the same numbers as from canonical events of the same facts,
and as counted here, disordered and repeated, bare and behind the numbers of schemas."""

import collections
import importlib
import os
import random
import struct
import subprocess
import sys
import unittest
from decimal import Decimal

import harness
import real_data_events
from broker import Broker

PARTITIONS = 3
PROTO = """syntax = "proto3";
package shop.v1;
import "google/protobuf/timestamp.proto";
import "tidemark/events/v1/options.proto";
message Ping { string id = 1; }
message Sale {
  string order = 1;
  string line = 2;
  google.protobuf.Timestamp placed_at = 3;
  int64 price_micros = 4 [(tidemark.events.v1.scale) = 6];
  Currency currency = 5;
  Seller seller = 6;
  optional sint64 discount = 7;
  double freight = 8;
  repeated string notes = 9;
  int64 sequence = 10;
}
message Seller { string id = 1; }
enum Currency { UNKNOWN = 0; BRL = 1; USD = 2; }
"""
# As other teams deploy it: a field renamed, one more, one gone; and a message that the topic carries, too.
NEWER = PROTO.replace("Seller seller = 6", "Seller merchant = 6").replace("  repeated string notes = 9;\n", "  bytes blob = 11;\n")
RETYPED = PROTO.replace("int64 price_micros = 4", "string price_micros = 4")
HEAD = "time: {{clock: event, max_out_of_orderness: 10s}}\nlimits: {{memory: 256MiB, min_free_disk: 1MiB}}\nkafka: {{brokers: \"{bootstrap}\", group: {group}}}\n"
KPIS = """kpis:
  - {{name: sold, unit: brl, on: {on}, sum: {price}, where: '{currency} == "BRL"', by: {{seller: {seller}}}, windows: [lifetime, 3650d]}}
  - {{name: lines, on: {on}, count: true, windows: [lifetime]}}
  - {{name: price, unit: brl, on: {on}, avg: {price}, windows: [lifetime]}}
  - {{name: freight, unit: brl, on: {on}, sum: {freight}, windows: [lifetime]}}
  - {{name: orders, on: {on}, distinct: {order}, windows: [3650d]}}
"""
CANONICAL = HEAD + "topics: [{{name: canonical, dedup: {{horizon: 90d}}}}]\n" + KPIS
OWN = HEAD + """dead_letters: {{topic: letters}}
sources:
  shop:
    topics: [{{name: {topic}, dedup: {{horizon: 90d}}}}]
    format: protobuf
    schema: {proto}
    message: shop.v1.Sale
    payload: sale
    id: [row.order, row.line]
    time: row.placed_at
    version: row.sequence
{framing}""" + KPIS
FAMILIES = ["sold", "lines", "price", "freight", "orders"]


class OwnProtobuf(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.data = harness.data_folder()
        cls.pb = harness.event_classes()
        cls.work = harness.temp_dir("own")
        (cls.work / "schemas").mkdir()
        (cls.work / "sale.proto").write_text(PROTO)
        for number, text in ((3, PROTO), (300, NEWER), (301, RETYPED)):
            (cls.work / "schemas" / f"{number}.proto").write_text(text)
        subprocess.run(["protoc", f"--proto_path={cls.work}", f"--proto_path={harness.ROOT / 'proto'}", f"--python_out={cls.work}", cls.work / "sale.proto"], check=True)
        sys.path.insert(0, str(cls.work))
        cls.sale = importlib.import_module("sale_pb2")
        cls.broker = Broker()
        cls.addClassCleanup(cls.broker.close)
        for topic in ("canonical", "bare", "framed", "letters"):
            cls.broker.create_topic(topic, PARTITIONS)
        cls.seed = int(os.environ.get("TIDEMARK_SEED", random.randrange(2**32)))
        print(f"seed {cls.seed} (TIDEMARK_SEED repeats it)")
        cls.events = [e for e in real_data_events.events(cls.data, cls.pb) if e.WhichOneof("payload") == "order_item" and e.order_item.item.currency == "BRL"]
        assert cls.events

    def run_daemon(self, config, name, sent, letters=0, **values):
        daemon = harness.Daemon(config.format(bootstrap=self.broker.bootstrap, group=name, **values), name)
        self.addCleanup(daemon.kill)
        daemon.start()
        page = daemon.wait_for(lambda p: p.total("tidemark_records_read_total") == sent and p.total("tidemark_dead_letters_total") == letters,
                               f"{sent} records are read, {letters} of them dead letters", timeout=90)
        self.assertEqual(daemon.stop(), 0, daemon.log())
        return page

    def message(self, event):
        item = event.order_item.item
        sale = self.sale.Sale(order=event.order_item.order.id, line=item.id, price_micros=item.amount_micros, currency="BRL", freight=item.freight_micros / 1e6, sequence=1)
        sale.placed_at.CopyFrom(event.time)
        sale.seller.id = item.seller
        return sale.SerializeToString()

    def send(self, topic, rng, wrap, bad):
        """The facts, days late and some of them twice, each in its partition, among records that are none."""
        feed, sent = harness.Feed(self.broker.bootstrap, topic), 0
        for event in sorted(self.events, key=lambda e: e.time.seconds + rng.randrange(10 * 86_400)):
            partition, raw = rng.randrange(PARTITIONS), wrap(self.message(event))
            for _ in range(2 if rng.random() < 0.2 else 1):
                feed.send(partition, None, 1_600_000_000_000, raw=raw, remember=False)
                sent += 1
        for raw in bad:
            feed.send(0, None, 1_600_000_000_000, raw=raw, remember=False)
        feed.flush()
        return sent + len(bad)

    def check(self, page, want):
        for kpi in FAMILIES:
            ours, theirs = page.family("sales_" + kpi), want.family("sales_" + kpi)
            self.assertGreater(len(theirs), 0, kpi)
            self.assertEqual({k: (ours.get(k), theirs.get(k)) for k in set(ours) | set(theirs) if ours.get(k) != theirs.get(k)}, {}, kpi)
        sold = collections.Counter()
        for event in self.events:
            sold[event.order_item.item.seller] += event.order_item.item.amount_micros
        shown = {dict(labels)["seller"]: Decimal(text) for labels, text in page.family("sales_sold", window="lifetime").items()}
        self.assertEqual(shown, {seller: Decimal(micros) / 10**6 for seller, micros in sold.items()})
        self.assertEqual(page.number("sales_lines", window="lifetime"), len(self.events))
        self.assertEqual(page.total("sales_freight"), Decimal(sum(e.order_item.item.freight_micros for e in self.events)) / 10**6)

    def test_the_same_facts_are_the_same_numbers(self):
        rng = random.Random(self.seed)
        feed = harness.Feed(self.broker.bootstrap, "canonical")
        for event in sorted(self.events, key=lambda e: e.time.seconds):
            feed.send(rng.randrange(PARTITIONS), event, event.time.seconds * 1000, remember=False)
        feed.flush()
        canonical = self.run_daemon(CANONICAL, "canonical", len(self.events), on="order.item", price="item.amount", currency="item.currency", seller="item.seller",
                                    freight="item.freight", order="order.id")
        own = {"on": "sale", "price": "sale.price", "currency": "sale.currency", "seller": "sale.seller.id", "freight": "sale.freight", "order": "sale.order",
               "proto": self.work / "sale.proto"}

        bad_text = self.message(self.events[0])[:-2] + b"\x32\x04\x0a\x02\xff\xfe"  # a seller that is no text
        sent = self.send("bare", rng, lambda raw: raw, [b"\x0a", bad_text, self.sale.Sale(line="x").SerializeToString()])
        bare = self.run_daemon(OWN, "bare", sent, 3, topic="bare", framing="", **own)
        self.check(bare, canonical)
        self.assertEqual(bare.total("tidemark_records_undecodable_total", topic="bare", reason="bad_protobuf"), 1)
        self.assertEqual(bare.total("tidemark_records_undecodable_total", topic="bare", reason="bad_utf8"), 1)
        self.assertEqual(bare.total("tidemark_source_records_total", topic="bare", result="rejected"), 1)
        self.assertEqual(bare.total("tidemark_records_total", topic="bare", result="quarantined_no_time"), 0)

        def framed(raw):
            newer = rng.random() < 0.5
            return b"\0" + struct.pack(">I", 300 if newer else 3) + b"\x02\x02" + raw + (b"\x5a\x01x" if newer else b"")

        ping = b"\0\0\0\0\x03\0" + self.sale.Ping(id="p").SerializeToString()
        retyped = b"\0" + struct.pack(">I", 301) + b"\x02\x02" + self.sale.Sale(order="o").SerializeToString()
        sent = self.send("framed", rng, framed, [ping, retyped, self.message(self.events[0])])
        behind = self.run_daemon(OWN, "framed", sent, 2, topic="framed", framing=f"    framing: confluent\n    schemas: {self.work / 'schemas'}\n", **own)
        self.check(behind, canonical)
        self.assertEqual(behind.total("tidemark_source_records_total", topic="framed", result="unmapped"), 1)
        for reason in ("bad_schema", "bad_framing"):
            self.assertEqual(behind.total("tidemark_records_undecodable_total", topic="framed", reason=reason), 1, reason)

    def test_what_becomes_of_records_is_shown(self):
        config = self.work / "kpis.yaml"
        own = {"on": "sale", "price": "sale.price", "currency": "sale.currency", "seller": "sale.seller.id", "freight": "sale.freight", "order": "sale.order"}
        config.write_text(OWN.format(bootstrap="none", group="g", topic="t", framing="", proto=self.work / "sale.proto", **own))
        nan = self.message(self.events[0]) + self.sale.Sale(freight=float("nan")).SerializeToString()  # which neither id nor time is made of
        records = [self.message(self.events[0]), b"\x0a", nan]
        (self.work / "records.bin").write_bytes(b"".join(struct.pack(">I", len(r)) + r for r in records))
        done = subprocess.run([harness.binary(), "map", f"--config.file={config}", "--source=shop", f"--input={self.work / 'records.bin'}"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
        item = self.events[0].order_item.item
        self.assertIn(f'"sale":{{"order":"{self.events[0].order_item.order.id}","line":"{item.id}",', done.stdout)
        self.assertIn(f'"price_micros":"{item.amount_micros}","currency":"BRL","seller":{{"id":"{item.seller}"}}', done.stdout)
        self.assertIn("record 2: undecodable, bad_protobuf: record ends", done.stdout)
        self.assertTrue(done.stdout.endswith("record 3: undecodable, bad_number\n"), done.stdout)
        self.assertIn("3 records: 1 mapped 2 undecodable\n", done.stderr)
        self.assertEqual(done.returncode, 65, done.stderr)


if __name__ == "__main__":
    harness.main()
