#!/usr/bin/python3
"""A table that is a compacted topic of a real Kafka: events wait for it, follow it, and a back-fill looks into it too."""

import json
import random
import signal
import time
import unittest

import harness
from broker import Broker

CONFIG = """
kafka:
  brokers: "{bootstrap}"
  properties: {{fetch.wait.max.ms: 50, reconnect.backoff.max.ms: 500}}
topics: [{{name: crm, dedup: {{horizon: 24h}}}}]
limits: {{memory: 128MiB, min_free_disk: 1MiB}}
tables:
  reps: {{topic: crm.reps, columns: {{team: text, quota: decimal}}}}
fields: {{team: "reps[deal.owner].team"}}
kpis:
  - {{name: won, on: deal.won, count: true, by: {{sales_team: team}}, windows: [24h, lifetime]}}
  - {{name: won_by_rep, on: deal.won, count: true, by: {{rep_id: deal.owner}}, windows: [24h],
      target: {{24h: {{by: rep_id, table: reps, column: quota}}}}}}
{more}"""
LATER = "  - {name: won_later, on: deal.won, first: deal.id, by: {sales_team: team}, windows: [24h, lifetime]}\n"


class TableTopic(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pb = harness.event_classes()
        cls.broker = Broker()
        cls.addClassCleanup(cls.broker.close)

    def setUp(self):
        self.broker.create_topic("crm", 3)
        self.addCleanup(self.broker.delete_topic, "crm")
        self.feed = harness.Feed(self.broker.bootstrap, "crm")
        self.daemon = harness.Daemon(self.config(), "table-topic")
        self.addCleanup(self.daemon.kill)
        self.sent = 0

    def config(self, more=""):
        return CONFIG.format(bootstrap=self.broker.bootstrap, more=more)

    def make_table(self):
        self.broker.create_topic("crm.reps", 2, {"cleanup.policy": "compact"})
        self.addCleanup(self.broker.delete_topic, "crm.reps")

    def put(self, rep, row):
        value = None if row is None else json.dumps(row)
        self.feed.producer.produce("crm.reps", key=rep, value=value)
        self.feed.flush()

    def win(self, rep, count=1):
        for _ in range(count):
            self.sent += 1
            event = harness.set_time(self.pb.Event(), int(time.time() * 1_000_000))
            event.id = f"e{self.sent}"
            event.deal_won.deal.id = f"d{self.sent}"
            event.deal_won.deal.owner = rep
            self.feed.send(random.randrange(3), event)
        self.feed.flush()

    def await_teams(self, family="sales_won", **wanted):
        def teams(page):
            return {dict(labels)["sales_team"]: int(text) for labels, text in page.family(family, window="lifetime").items()}
        return self.daemon.wait_for(lambda page: teams(page) == {name.replace("none", ""): n for name, n in wanted.items()},
                                    f"{family} is {wanted}", timeout=60)

    def await_rows(self, rows):
        self.daemon.wait_for(lambda page: page.number("tidemark_table_rows", table="reps") == rows, f"{rows} rows")
        time.sleep(0.5)  # the engine takes them with its next round

    def test_events_wait_for_the_table_and_follow_it(self):
        self.win("ann", 3)
        self.daemon.start()
        page = self.daemon.wait_for(lambda p: "events wait for it" in self.daemon.log(), "the topic is not there yet")
        self.assertEqual(page.family("sales_won"), {})
        self.assertEqual(page.number("tidemark_table_reload_success", table="reps"), 0)
        self.assertEqual(self.daemon.get("/-/healthy")[0], 200)
        self.assertEqual(self.daemon.get("/-/ready")[0], 503)
        self.assertEqual(self.daemon.stop(), 0)
        self.make_table()
        self.put("ann", {"team": "north", "quota": 4})
        self.daemon.start()
        page = self.await_teams(north=3)
        self.daemon.wait_for(lambda p: p.number("sales_won_by_rep_target", rep_id="ann", window="24h") == 4, "the quota")
        self.put("bob", {"team": "south"})
        self.await_rows(2)
        self.win("bob", 2)
        self.await_teams(north=3, south=2)
        self.put("ann", {"team": "south"})
        self.put("bob", None)
        self.await_rows(1)
        self.win("ann")
        self.win("bob")
        page = self.await_teams(north=3, south=3, none=1)
        self.put("ann", {"team": ["no", "team"]})
        self.put("cid", {"team": "west"})
        self.await_rows(2)
        self.win("ann")
        page = self.await_teams(north=3, south=4, none=1)
        self.assertEqual(page.number("tidemark_table_reload_failures_total", table="reps"), 1)

        # After a kill it is read again before anything is counted.
        self.win("ann")
        self.daemon.kill()
        self.win("cid", 2)
        self.daemon.start()
        self.await_teams(north=3, south=5, none=1, west=2)

        # A KPI that comes later is counted over the past, with the table as it is now.
        self.daemon.configure(self.config(LATER))
        self.daemon.process.send_signal(signal.SIGHUP)
        self.await_teams("sales_won_later", south=6, none=3, west=2)
        self.win("cid")
        self.await_teams("sales_won_later", south=6, none=3, west=3)
        self.await_teams(north=3, south=5, none=1, west=3)
        self.assertEqual(self.daemon.stop(), 0)


if __name__ == "__main__":
    harness.main()
