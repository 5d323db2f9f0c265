#!/usr/bin/python3
"""Backlogs, brokers that go away or die, logs that lose records or their end, begin anew, grow partitions, hold aborted transactions."""

import random
import shutil
import time
import unittest
from decimal import Decimal

import harness
import oracle
from broker import Broker, confluent_kafka

BOUND_S = 10
ALIGN_S = 60

CONFIG = """
kafka:
  brokers: "{bootstrap}"
  group: "{topic}"
  on_data_loss: {on_data_loss}
  properties: {{topic.metadata.refresh.interval.ms: 1000, reconnect.backoff.max.ms: 500, session.timeout.ms: 60000,
               group.instance.id: one, {properties}}}
topics: [{{name: {topic}, dedup: off}}]
time: {{max_out_of_orderness: 10s, align: 1m}}
limits: {{memory: 128MiB, min_free_disk: 1MiB}}
kpis:
  - {{name: leads_created, help: Leads created., on: lead.created, count: true, windows: [1h, lifetime]}}
"""


def now_micros():
    return int(time.time() * 1_000_000)


class Outage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pb = harness.event_classes()
        cls.broker = Broker()
        cls.addClassCleanup(cls.broker.close)
        cls.topics = 0

    def setUp(self):
        if not self.broker.running():
            self.broker.start()
        Outage.topics += 1
        self.topic = f"crm{self.topics}"

    def begin(self, partitions, properties="fetch.wait.max.ms: 100", start=True):
        self.broker.create_topic(self.topic, partitions)
        self.feed = harness.Feed(self.broker.bootstrap, self.topic)
        self.daemon = harness.Daemon(self.config("halt", properties), self.topic)
        self.addCleanup(self.daemon.kill)
        if start:
            self.daemon.start()

    def config(self, on_data_loss, properties="fetch.wait.max.ms: 100"):
        return CONFIG.format(bootstrap=self.broker.bootstrap, topic=self.topic, on_data_loss=on_data_loss,
                             properties=properties)

    def send(self, partition, micros, feed=None, stamp_ms=None):
        event = harness.set_time(self.pb.Event(), micros)
        event.lead_created.lead.id = "x"
        (feed or self.feed).send(partition, event, micros // 1000 if stamp_ms is None else stamp_ms)

    def send_now(self, partition, count, feed=None):
        for _ in range(count):
            self.send(partition, now_micros(), feed)
        (feed or self.feed).flush()

    def lifetime(self, page):
        return page.number("sales_leads_created", window="lifetime") or Decimal(0)

    def await_lifetime(self, count, what, timeout=40):
        return self.daemon.wait_for(lambda p: self.lifetime(p) == count, f"{what}: {count} in all", timeout)

    def await_caught_up(self, timeout=40):
        def reached(page):
            return harness.caught_up_to(page, self.feed) and page.number("tidemark_caught_up") == 1
        return self.daemon.wait_for(reached, "caught up", timeout)

    def test_backlog_of_very_different_lag_never_swells_a_window(self):
        """While eight hours are caught up with, a 1 h count holds nothing further than `align` after its T."""
        seed = random.randrange(2**32)
        rng = random.Random(seed)
        print(f"seed {seed}")
        # Small batches fetched one by one, so that catching up takes long enough to be watched.
        self.begin(8, "fetch.wait.max.ms: 5, fetch.message.max.bytes: 1000", start=False)
        self.feed = harness.Feed(self.broker.bootstrap, self.topic, {"batch.num.messages": 8})
        now = now_micros()
        times = []
        for partition in range(8):
            begin = now - 8 * oracle.HOUR * (8 - partition) // 8
            mine = sorted(rng.randrange(begin, now) for _ in range(40_000 if partition % 3 == 0 else 2_000))
            for micros in mine:
                self.send(partition, micros)
            times += mine
        self.feed.flush()
        times.sort()
        self.daemon.start()
        instants = self.watch_backlog(times, seed)
        self.assertGreater(len(instants), 2, "catching up was hardly seen")  # it takes 12 s, and is shown every 5 s at least
        page = self.await_caught_up()
        self.assertEqual(self.lifetime(page), len(times))
        self.check_hour(page, times, slack_s=0)

    def watch_backlog(self, times, seed):
        instants = set()
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            page = self.daemon.page()
            t = page.evaluated_at("leads_created")
            if t is not None:
                instants.add(t)
                self.check_hour(page, times, ALIGN_S + BOUND_S, f"T {t}, seed {seed}")
            if harness.caught_up_to(page, self.feed):
                return instants
            time.sleep(0.005)
        self.fail("the backlog was not caught up with")

    def check_hour(self, page, times, slack_s, text=""):
        """Not above what the hour before T holds, and `slack_s` more. Once caught up: exactly that."""
        t = page.evaluated_at("leads_created")
        shown = page.number("sales_leads_created", window="1h") or Decimal(0)
        edge = oracle.lower_edge("1h", t)
        if slack_s:
            allowed = sum(1 for micros in times if edge <= micros <= t + slack_s * 1_000_000)
            self.assertLessEqual(shown, allowed, text)
        else:
            self.assertEqual(shown, sum(1 for micros in times if edge <= micros), text)

    def test_unreachable_brokers_drain_no_window_and_their_return_goes_on(self):
        self.begin(4)
        now = now_micros()
        times = []
        for minute in range(56, 63):            # at every next minute some of these leave the hour
            for i in range(20):
                times.append(now - minute * oracle.MINUTE - i * 2_000_000)
                self.send(i % 4, times[-1])
        self.feed.flush()
        self.await_caught_up()
        wait = (50 - time.time() % 60) % 60     # the outage shall see a minute begin
        time.sleep(wait if wait < 50 else 0)
        before = self.daemon.page()
        self.check_hour(before, times, 0)
        self.broker.stop()
        time.sleep(2)
        stood = self.daemon.page()
        minute = time.time() // 60
        while time.time() // 60 == minute or time.time() % 60 < 2:
            page = self.daemon.page()
            for name in ("tidemark_kpi_evaluation_timestamp_seconds", "sales_leads_created"):
                self.assertEqual(page.family(name), stood.family(name), "without proof nothing moves")
            time.sleep(0.2)
        self.assertLess(page.evaluated_at("leads_created"), int(time.time() // 60) * oracle.MINUTE)
        self.assertIsNone(self.daemon.process.poll(), "the daemon lives on")
        self.broker.start()
        after = self.daemon.wait_for(lambda p: p.evaluated_at("leads_created") > (minute + 1) * oracle.MINUTE,
                                     "event time goes on", 60)
        self.check_hour(after, times, 0)
        self.assertLess(after.number("sales_leads_created", window="1h"),
                        stood.number("sales_leads_created", window="1h"))
        self.send_now(0, 5)
        self.await_lifetime(len(times) + 5, "after the outage")

    def test_restart_keeps_every_number_and_stops_in_time(self):
        self.begin(2)
        self.send_now(0, 100)
        self.send_now(1, 50)
        self.await_lifetime(150, "before the stop")
        begin = time.monotonic()
        self.assertEqual(self.daemon.stop(), 0)
        self.assertLess(time.monotonic() - begin, 5)
        self.send_now(1, 7)
        self.daemon.start()
        self.await_lifetime(157, "after the restart")

    def test_second_daemon_on_the_same_state_is_refused(self):
        self.begin(1)
        second = harness.Daemon(self.config("halt"), "second")
        second.state = self.daemon.state
        self.addCleanup(second.kill)
        second.start(wait=False)
        self.assertEqual(second.process.wait(15), 75)
        self.assertIn("in use by another process", second.log())
        self.send_now(0, 3)
        self.await_lifetime(3, "the first goes on")

    def test_who_loses_its_name_in_the_group_ends_and_says_so(self):
        self.begin(1)
        self.send_now(0, 3)
        self.await_lifetime(3, "the first")
        second = harness.Daemon(self.config("halt"), "second")
        self.addCleanup(second.kill)
        second.start()
        self.assertEqual(self.daemon.process.wait(60), 1)
        self.assertIn("fenced", self.daemon.log())
        self.daemon, first = second, self.daemon
        first.process = None
        self.send_now(0, 2)
        self.await_lifetime(5, "the second goes on", 60)

    def test_added_partitions_are_read_from_their_beginning(self):
        self.begin(2)
        self.send_now(0, 10)
        self.await_lifetime(10, "two partitions")
        self.broker.create_partitions(self.topic, 5)
        feed = harness.Feed(self.broker.bootstrap, self.topic)
        for partition in range(5):
            self.send_now(partition, 4, feed)
        page = self.await_lifetime(30, "five partitions")
        self.daemon.wait_for(lambda p: p.number("tidemark_caught_up") == 1, "caught up")
        self.assertEqual(page.number("tidemark_partitions_owned"), 5)

    def test_retention_gap_halts_and_skips_when_told_to(self):
        self.begin(2)
        self.send(0, now_micros() - 2 * oracle.HOUR)  # the hour was seen whole
        self.send_now(0, 9)
        self.send_now(1, 10)
        self.assertEqual(self.coverage(self.await_lifetime(20, "before the gap")), (1, 1))
        self.daemon.stop()
        self.send_now(0, 30)
        self.broker.delete_records(self.topic, {0: 25})
        self.send_now(1, 5)
        self.daemon.start()
        page = self.daemon.wait_for(self.halted(0), "partition 0 halts")
        self.assertEqual(page.number("tidemark_state_complete"), 0)
        self.assertEqual(self.daemon.get("/-/ready")[0], 503)
        self.assertIn(f"{self.topic}/0", self.daemon.get("/-/ready")[2])
        self.assertLessEqual(self.lifetime(page), 25)
        self.daemon.stop()
        self.daemon.configure(self.config("skip"))
        self.daemon.start()
        page = self.await_lifetime(20 + 15 + 5, "what is left")
        self.assertEqual(page.total("tidemark_records_skipped_offsets_total"), 15)
        self.check_loss_is_told(page)
        self.daemon.wait_for(lambda p: p.number("tidemark_state_complete") == 1, "complete again")

    def test_recreated_topic_is_another_log_and_is_not_counted_on(self):
        self.begin(1)
        self.send(0, now_micros() - 2 * oracle.HOUR)
        self.send_now(0, 9)
        self.assertEqual(self.coverage(self.await_lifetime(10, "the first log")), (1, 1))
        self.daemon.stop()
        self.broker.delete_topic(self.topic)
        self.broker.create_topic(self.topic, 1)
        self.send_now(0, 25, harness.Feed(self.broker.bootstrap, self.topic))
        self.daemon.start()
        page = self.daemon.wait_for(self.halted(0), "the partition halts")
        self.assertEqual(self.lifetime(page), 10)
        self.daemon.stop()
        self.daemon.configure(self.config("skip"))
        self.daemon.start()
        self.check_loss_is_told(self.await_lifetime(35, "the new log from its beginning"))

    def coverage(self, page):
        return tuple(page.number("tidemark_kpi_coverage_ratio", kpi="leads_created", window=w) for w in ("1h", "lifetime"))

    def check_loss_is_told(self, page):
        """The hour has seen most of its time, the lifetime not all records; a restart doesn't forget it."""
        for _ in range(2):
            hour, lifetime = self.coverage(page)
            self.assertGreater(hour, Decimal("0.9"))
            self.assertLess(hour, 1)
            self.assertEqual(lifetime, 0)
            self.assertEqual(self.daemon.stop(), 0)
            self.daemon.start()
            page = self.await_lifetime(self.lifetime(page), "after a restart")

    def test_a_broker_that_dies_or_stands_still_loses_nothing(self):
        self.begin(2)
        sent = 0
        for harm, heal in ((self.broker.kill, self.broker.start), (self.broker.freeze, self.broker.thaw)):
            with self.subTest(harm.__name__):
                sent += 40
                for partition in (0, 1):
                    for _ in range(20):
                        self.send(partition, now_micros())
                harm()  # some of them are not acknowledged yet
                time.sleep(6)
                page = self.daemon.page()
                self.assertLessEqual(self.lifetime(page), sent)
                self.assertEqual(self.daemon.get("/-/healthy")[0], 200)
                heal()
                self.feed.flush()
                self.await_lifetime(sent, "after it is back", 60)
                self.await_caught_up(60)

    def test_a_broker_that_lost_its_disk_is_another_log(self):
        self.begin(1)
        self.send_now(0, 30)
        self.await_lifetime(30, "the first log")
        self.broker.kill()
        shutil.rmtree(self.broker.dir / "data")
        self.broker.start()
        self.broker.create_topic(self.topic, 1)
        self.send_now(0, 12, harness.Feed(self.broker.bootstrap, self.topic))
        page = self.daemon.wait_for(self.halted(0), "the partition halts", 60)
        self.assertEqual(self.lifetime(page), 30)
        self.daemon.stop()
        self.daemon.configure(self.config("skip"))
        self.daemon.start()
        self.await_lifetime(42, "the new log from its beginning", 60)

    def test_a_log_that_lost_its_end_is_not_counted_on(self):
        """An unclean election, or a disk that lied: offsets go back, and other records take the places of those that were applied."""
        self.begin(1)
        for _ in range(3):
            self.send_now(0, 10)  # a batch each, at least
        self.await_lifetime(30, "the whole log")
        self.broker.stop()
        log = self.broker.dir / "data" / f"{self.topic}-0"
        segment = log / f"{0:020}.log"
        with open(segment, "r+b") as file:
            file.truncate(segment.stat().st_size // 2)
        (self.broker.dir / "data" / ".kafka_cleanshutdown").unlink(missing_ok=True)
        self.broker.start()
        end = self.broker.offsets(self.topic)[1]
        self.assertLess(end, 30)
        page = self.daemon.wait_for(self.halted(0), "the partition halts", 60)
        self.assertEqual(self.lifetime(page), 30)
        self.send_now(0, 40, harness.Feed(self.broker.bootstrap, self.topic))  # beyond where it was
        self.daemon.stop()
        self.daemon.start()
        page = self.daemon.wait_for(self.halted(0), "the partition halts still", 60)
        self.assertEqual(self.lifetime(page), 30)
        self.assertIn("is not the one that was applied", self.daemon.get("/-/ready")[2])
        self.daemon.stop()
        self.daemon.configure(self.config("skip"))
        self.daemon.start()
        self.await_lifetime(30 + end + 40, "the log as it is now, from its beginning", 60)

    def test_aborted_transactions_count_for_nothing_and_hold_nothing_up(self):
        self.begin(1)
        feed = harness.Feed(self.broker.bootstrap, self.topic, {"transactional.id": "t"})
        feed.producer.init_transactions(30)
        for count, commit in ((5, True), (70, False), (6, True), (80, False)):
            feed.producer.begin_transaction()
            self.send_now(0, count, feed)
            if commit:
                feed.producer.commit_transaction(30)
            else:
                feed.producer.abort_transaction(30)
        ended = now_micros()
        page = self.daemon.wait_for(
            lambda p: self.lifetime(p) == 11 and (p.evaluated_at("leads_created") or 0) > ended + 2_000_000,
            "the committed ones, and time passing the log's end")
        self.assertEqual(page.total("tidemark_records_read_total"), 11)

    def halted(self, partition):
        labels = {"topic": self.topic, "partition": str(partition), "state": "halted"}
        return lambda page: page.number("tidemark_partition_health", **labels) == 1


if __name__ == "__main__":
    if confluent_kafka is None:
        raise SystemExit(harness.SKIPPED)
    harness.main()
