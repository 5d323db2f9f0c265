#!/usr/bin/python3
"""Dead letters through a real Kafka: what can't be counted is there byte for byte, survives a topic that can't be written and kill -9, and counts once
when it is sent again after a repair."""

import collections
import json
import signal
import subprocess
import time
import unittest

import harness
from broker import Broker, confluent_kafka, kafka_admin

CONFIG = """
kafka:
  brokers: "{bootstrap}"
  group: {group}
  backfill: {backfill}
  properties: {{fetch.wait.max.ms: 50, reconnect.backoff.max.ms: 500, group.instance.id: {group}}}
topics: [{plain}]
dead_letters: {{topic: {dead}}}
sources:
  shop:
    topics: [{shop}]
    events:
    - {{emit: order.paid, when: has(row.id), set: {{order.id: row.id, order.amount: {amount}, order.region: record.headers.region | "none"}}}}
limits: {{memory: 256MiB, min_free_disk: 1MiB, max_record_bytes: 64KiB}}
kpis:
  - {{name: orders, on: order.paid, count: true, by: {{sales_region: order.region}}, windows: [lifetime]}}
  - {{name: revenue, on: order.paid, sum: order.amount, windows: [lifetime]}}
"""
WRONG, RIGHT = "row.total", "'minor(row.cents, \"usd\")'"
OURS = ["tidemark-reason", "tidemark-error", "tidemark-source", "tidemark-topic", "tidemark-partition", "tidemark-offset", "tidemark-timestamp"]


class Letters(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.broker = Broker(properties={"auto.create.topics.enable": "false"})
        cls.addClassCleanup(cls.broker.close)

    def setUp(self):
        self.name = self.id().rsplit("_", 1)[-1]
        self.topics = {t: f"{self.name}.{t}" for t in ("shop", "plain", "dead")}
        self.broker.create_topic(self.topics["shop"], 2)
        self.broker.create_topic(self.topics["plain"], 1)
        self.producer = confluent_kafka.Producer({"bootstrap.servers": self.broker.bootstrap, "enable.idempotence": True, "queue.buffering.max.messages": 1_000_000})
        self.sent = {}  # (topic, partition, offset): (key, value, headers, time)

    def daemon(self, amount=WRONG, group=None, backfill="true"):
        daemon = harness.Daemon(self.config(amount, group, backfill), f"letters-{self.name}")
        self.addCleanup(daemon.kill)
        return daemon

    def config(self, amount, group=None, backfill="true"):
        return CONFIG.format(bootstrap=self.broker.bootstrap, group=group or self.name, amount=amount, backfill=backfill, **self.topics)

    def send(self, topic, partition, value, key=None, headers=()):
        def delivered(error, message):
            self.assertIsNone(error)
            self.sent[message.topic(), message.partition(), message.offset()] = (key, value, list(headers), message.timestamp()[1])
        self.producer.produce(self.topics[topic], value=value, key=key, partition=partition, headers=list(headers), on_delivery=delivered)
        self.producer.poll(0)

    def order(self, number, total, partition=0, headers=(), key=None):
        self.send("shop", partition, json.dumps({"id": number, "total": total, "cents": number * 100}).encode(), key, headers)

    def read(self, topic):
        """All records of a topic that are there now."""
        consumer = confluent_kafka.Consumer({"bootstrap.servers": self.broker.bootstrap, "group.id": "tidemark-test-letters"})
        try:
            partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
            ends = {p: consumer.get_watermark_offsets(confluent_kafka.TopicPartition(topic, p), timeout=30)[1] for p in partitions}
            consumer.assign([confluent_kafka.TopicPartition(topic, p, 0) for p in partitions])
            records = []
            deadline = time.monotonic() + 60
            while len(records) < sum(ends.values()):
                self.assertLess(time.monotonic(), deadline, f"{len(records)} of {ends}")
                records += [m for m in consumer.consume(10_000, 1) if m.error() is None]
            return records
        finally:
            consumer.close()

    def letters(self):
        """{(topic, partition, offset): letters} of the topic of letters."""
        letters = collections.defaultdict(list)
        for message in self.read(self.topics["dead"]):
            headers = message.headers() or []
            ours = {name: value.decode() for name, value in headers if name in OURS or name == "tidemark-omitted"}
            if "tidemark-topic" in ours:
                place = ours["tidemark-topic"], int(ours["tidemark-partition"]), int(ours["tidemark-offset"])
                letters[place].append((message.key(), message.value(), headers, ours))
        return letters

    def limit(self, topic, size):
        resource = kafka_admin.ConfigResource(kafka_admin.ConfigResource.Type.TOPIC, topic, set_config={"max.message.bytes": str(size)})
        for future in self.broker.admin().alter_configs([resource]).values():
            future.result(30)

    def dlq(self, daemon, *args, status=0):
        done = subprocess.run([harness.binary(), "dlq", args[0], f"--config.file={daemon.config}", *args[1:]], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120,
                              check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout

    def wait_read(self, daemon, records):
        return daemon.wait_for(lambda p: p.total("tidemark_records_read_total") == records, f"{records} records are read", timeout=60)

    def check_letters(self, places, more=0):
        """Each of these, as it was sent, once, or more often where it may."""
        letters = self.letters()
        self.assertEqual(sorted(letters), sorted(places))
        for place, copies in letters.items():
            self.assertLessEqual(len(copies), 1 + more, place)
            key, value, headers, time_ms = self.sent[place]
            for got_key, got_value, got_headers, ours in copies:
                self.assertEqual((got_key, got_value), (key, value), place)
                self.assertEqual([h for h in got_headers if h[0] not in OURS], headers, place)
                self.assertEqual(ours["tidemark-timestamp"], str(time_ms))
                self.assertEqual(ours.get("tidemark-source"), "shop" if place[0] == self.topics["shop"] else None)
        return letters

    def test_records_that_are_sent_again_count_once(self):
        self.broker.create_topic(self.topics["dead"], 2)
        for n in range(1, 41):  # a quarter of them wrong
            region = [] if n % 3 else [("region", b"eu")]
            self.order(n, f"{n},00 EUR" if n % 4 == 0 else n, n % 2, headers=[*region, ("odd name", b"\xff\x00"), ("none", None), ("twice", b"1"), ("twice", b"")], key=b"\x00key" if n % 8 == 0 else None)
        self.send("shop", 0, b"{broken", headers=[("trace", b"1")])
        self.send("plain", 0, b"\x0a\x05", key=b"")
        self.assertEqual(self.producer.flush(60), 0)
        bad = [place for place, (_, value, _, _) in self.sent.items() if b"EUR" in value or value in (b"{broken", b"\x0a\x05")]
        self.assertEqual(len(bad), 12)
        daemon = self.daemon(backfill="false").start()
        page = self.wait_read(daemon, 42)
        self.assertEqual(page.total("sales_orders"), 30)
        dead = self.topics["dead"]
        page = daemon.wait_for(lambda p: p.total("tidemark_dead_letters_total") == 12, "all letters are written")
        self.assertEqual(page.number("tidemark_dead_letters_total", source="shop", topic=self.topics["shop"], reason="rejected"), 10)
        self.assertEqual(page.number("tidemark_dead_letters_total", source="", topic=self.topics["plain"], reason="undecodable"), 1)
        self.assertEqual(page.number("tidemark_dead_letters_waiting"), 0)
        letters = self.check_letters(bad)
        errors = collections.Counter(copies[0][3]["tidemark-error"] for copies in letters.values())
        self.assertEqual(errors, {"events[0] (order.paid): order.amount is no number": 10, "bad_json": 1, "truncated": 1})
        self.assertNotIn("EUR", daemon.log())

        listed = json.loads(self.dlq(daemon, "list", "--json"))
        self.assertEqual([(g["source"], g["topic"], g["reason"], g["open"], g["replayed"]) for g in listed["letters"]],
                         [("", self.topics["plain"], "undecodable", 1, 0), ("shop", self.topics["shop"], "rejected", 10, 0), ("shop", self.topics["shop"], "undecodable", 1, 0)])
        self.assertIn(f"10 {self.topics['shop']}: events[0] (order.paid): order.amount is no number\n", self.dlq(daemon, "list"))
        self.assertIn("would be sent again: 0\nleft: 12\n", self.dlq(daemon, "replay", "--dry-run", status=65))
        self.assertIn("sent again: 0\nleft: 12\n", self.dlq(daemon, "replay", status=65))

        # Repaired, and begun anew: what is counted from here on is what is sent again.
        daemon.configure(self.config(RIGHT, backfill="false"))
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_for(lambda p: p.number("tidemark_config_last_reload_successful") == 1 and p.total("sales_orders") == 0, "the repaired mapping is in use")
        self.assertIn("would be sent again: 10\nleft: 0\nnot chosen: 2\n", self.dlq(daemon, "replay", "--dry-run", "--source=shop", "--reason=rejected"))
        daemon.kill()
        # Written, and then something comes between: not marked as sent, so it is sent once more.
        self.limit(dead, 1)
        self.dlq(daemon, "replay", status=1)
        self.limit(dead, 1_000_000)
        self.assertIn("sent again: 10\nleft: 2\n", self.dlq(daemon, "replay", status=65))
        daemon.start()
        counted = lambda page: (page.total("sales_orders"), page.number("sales_revenue", window="lifetime"), page.total("sales_orders", sales_region="eu"))  # noqa: E731
        want = (10, sum(range(4, 41, 4)), 3)
        self.assertEqual(counted(self.wait_read(daemon, 62)), want)
        self.assertIn("sent again: 0\nleft: 2\n", self.dlq(daemon, "replay", status=65))
        self.assertIn("sent again: 10\nleft: 0\n", self.dlq(daemon, "replay", "--again", "--reason=rejected"))
        daemon.process.send_signal(signal.SIGKILL)
        daemon.kill()
        daemon.start()
        self.assertEqual(counted(self.wait_read(daemon, 72)), want)
        self.assertEqual(daemon.page().total("tidemark_records_total", result="duplicate"), 20)
        listed = json.loads(self.dlq(daemon, "list", "--json", "--source=shop"))
        self.assertEqual([(g["reason"], g["open"], g["replayed"]) for g in listed["letters"]], [("rejected", 0, 10), ("undecodable", 1, 0)])
        for message in self.read(self.topics["shop"]):
            headers = dict(message.headers())
            if "tidemark-offset" not in headers:
                continue
            place = self.topics["shop"], message.partition(), int(headers["tidemark-offset"])
            key, value, own, time_ms = self.sent[place]
            self.assertEqual((message.key(), message.value(), message.timestamp()[1]), (key, value, time_ms))
            self.assertEqual(message.headers()[:len(own)], own)
            self.assertEqual([name for name, _ in message.headers()[len(own):]], ["tidemark-topic", "tidemark-partition", "tidemark-offset", "tidemark-timestamp"])
        self.assertEqual(daemon.stop(), 0)

        # As if the mapping had been right from the start, and where it was repaired in between and counted anew.
        right = self.daemon(RIGHT, "right").start()
        want = (40, sum(range(1, 41)), 13)
        self.assertEqual(counted(self.wait_read(right, 72)), want)
        self.assertEqual(right.stop(), 0)
        repaired = self.daemon(WRONG, "repaired").start()
        self.wait_read(repaired, 72)
        repaired.configure(self.config(RIGHT, "repaired"))
        repaired.process.send_signal(signal.SIGHUP)
        page = repaired.wait_for(lambda p: p.total("sales_orders") == 40, "it is counted anew", timeout=60)
        self.assertEqual(counted(page), want)
        # Its letters of records that were sent again say where those stood first.
        repaired.wait_for(lambda p: p.number("tidemark_dead_letters_waiting") == 0, "its letters are written")
        self.assertEqual(set(self.letters()), set(bad), dead)

    def test_a_topic_that_cannot_be_written_loses_and_stops_nothing(self):
        daemon = self.daemon().start()
        self.order(1, "1,00 EUR")
        self.order(2, 2)
        self.assertEqual(self.producer.flush(60), 0)
        page = daemon.wait_for(lambda p: p.total("sales_orders") == 1, "the good one is counted")
        harness.wait_for(lambda: "dead letters can't be written" in daemon.log(), "it is said")
        self.assertIn(f"topic {self.topics['dead']}: Broker: Unknown topic or partition", daemon.log())
        page = daemon.wait_for(lambda p: p.number("tidemark_dead_letters_failing") == 1 and p.number("tidemark_dead_letters_waiting") == 1, "metrics say so, too")
        daemon.process.send_signal(signal.SIGKILL)
        daemon.kill()
        daemon.start()
        page = self.wait_read(daemon, 2)
        # More than may wait: that partition stops, the other goes on.
        for n in range(22_000):
            self.send("shop", 1, b"{%d" % n)
        self.order(3, 3)
        self.assertEqual(self.producer.flush(60), 0)
        page = daemon.wait_for(lambda p: p.total("sales_orders") == 2 and p.total("tidemark_records_read_total", partition="1") == 19_999, "one partition waits", timeout=60)
        daemon.wait_for(lambda p: p.number("tidemark_partition_health", topic=self.topics["shop"], partition="1", state="unreadable") == 1, "it is told of", timeout=60)
        self.assertEqual(daemon.stop(), 0)
        daemon.start()
        daemon.wait_for(lambda p: p.number("tidemark_dead_letters_waiting") == 20_000, "all of them are there again")
        self.broker.create_topic(self.topics["dead"], 3)
        page = daemon.wait_for(lambda p: p.total("tidemark_records_read_total", partition="1") == 22_000 and p.number("tidemark_dead_letters_waiting") == 0, "all is written", timeout=120)
        self.assertEqual(page.number("tidemark_dead_letters_failing"), 0)
        self.assertIn("dead letters are written again", daemon.log())
        bad = [place for place, (_, value, _, _) in self.sent.items() if b"EUR" in value or value.startswith(b"{") and not value.endswith(b"}")]
        self.assertEqual(len(bad), 22_001)
        self.check_letters(bad, more=2)
        self.assertEqual(harness.lint_dashboards(daemon), [])
        self.assertEqual(daemon.stop(), 0)

    def test_what_is_too_large_goes_without_its_value(self):
        self.broker.create_topic(self.topics["dead"], 1, {"max.message.bytes": "20000"})
        daemon = self.daemon().start()
        self.send("shop", 0, b"x" * 70_000, key=b"k", headers=[("h", b"v")])          # larger than limits.max_record_bytes
        self.send("shop", 0, b'"' + b"y" * 30_000, key=b"k", headers=[("h", b"v")])   # larger than the topic takes
        self.send("shop", 0, b"{", key=b"z" * 30_000, headers=[("h", b"v")])
        self.assertEqual(self.producer.flush(60), 0)
        daemon.wait_for(lambda p: p.total("tidemark_dead_letters_total") == 3, "all letters are written")
        letters = self.letters()
        got = {place[2]: (copies[0][0], copies[0][1], [h for h in copies[0][2] if not h[0].startswith("tidemark-")], copies[0][3]["tidemark-omitted"]) for place, copies in letters.items()}
        self.assertEqual(got, {0: (b"k", None, [("h", b"v")], "value"), 1: (b"k", None, [("h", b"v")], "value"), 2: (None, None, [], "key value headers")})
        said = self.dlq(daemon, "replay", "--dry-run", status=65)
        self.assertIn("left: 3\n  3 " + self.topics["shop"] + ": it was too large for a letter", said)
        self.assertEqual(daemon.stop(), 0)


if __name__ == "__main__":
    harness.main()
