#!/usr/bin/python3
"""KPIs that come into the configuration later are counted over the topic's past, while the others go on: exact once shown.

    backfill_test.py [--kills N] [--seed S]

Configurations change by SIGHUP under load, and the daemon is killed at random moments of its back-fills. Every page is
compared with a recount of the records before its offsets, of all KPIs that it shows.
"""

import argparse
import random
import signal
import sys
import time
import unittest
from decimal import Decimal

import crash_test
import harness
from crash_test import CONFIG, KPIS, PARTITIONS, RULE_LEVELS, TOPIC

OPTIONS = argparse.Namespace(kills=6, seed=None)
LATER = [kpi for kpi in KPIS if kpi.name != "leads_created"]


def only_leads(config):
    """The same configuration without the KPIs of orders and the rule over one of them."""
    head, rest = config.split("  - {name: revenue", 1)
    return head + "rules:" + rest.split("rules:", 1)[1].split("  - {name: hour_quiet", 1)[0]


class BackFill(crash_test.Crash):
    test_every_number_survives_sigkill = None

    def setUp(self):
        crash_test.OPTIONS = OPTIONS
        super().setUp()
        self.whole = CONFIG.format(bootstrap=self.broker.bootstrap, levels=RULE_LEVELS)
        self.some = only_leads(self.whole)
        self.daemon.configure(self.some)

    @staticmethod
    def shows(page, kpi):
        return any(Decimal(text) > 0 for text in page.family("tidemark_kpi_coverage_ratio", kpi=kpi.name).values())

    def compare(self, page):
        """Of what is shown everything is right; what is still counted elsewhere has no series at all."""
        shown = [kpi for kpi in KPIS if self.shows(page, kpi)]
        for kpi in KPIS:
            if kpi not in shown:
                self.assertEqual(page.family(f"sales_{kpi.name}"), {}, kpi.name)
        offsets = page.offsets(TOPIC)
        t = page.evaluated_at("leads_created")
        if t is None or len(offsets) < PARTITIONS or not shown:
            return
        self.feed.flush()
        facts = self.recount(offsets)
        wrong = [difference for kpi in shown for difference in kpi.differences(page, facts[kpi.name], t)]
        self.assertEqual(wrong, [], f"at offsets {offsets}, T {t}, seed {self.seed}")
        self.compared += 1

    def reload(self, config):
        self.daemon.configure(config)
        self.daemon.process.send_signal(signal.SIGHUP)

    def look_until(self, condition, what, timeout=60):
        """Compares pages until one fulfils the condition; meanwhile no counter falls, and what goes on is always shown."""
        deadline = time.monotonic() + timeout
        served = False
        while True:
            page = self.daemon.page()
            self.watch(page)
            self.compare(page)
            leads = bool(page.family("sales_leads_created"))
            self.assertFalse(served and not leads, f"the leads are gone, seed {self.seed}")
            served |= leads
            if condition(page):
                return page
            self.assertLess(time.monotonic(), deadline, f"not within {timeout} s: {what}\n{self.daemon.log()[-3000:]}")
            time.sleep(0.02)

    def all_shown(self, page):
        return all(self.shows(page, kpi) for kpi in KPIS)

    def test_new_kpis_are_exact_over_the_whole_past(self):
        company = crash_test.Company(self.pb, self.feed, random.Random(self.seed + 1))
        company.start()
        self.daemon.start()
        self.look_until(lambda p: p.total("tidemark_records_read_total") > 8000, "records are read")
        self.reload(self.whole)
        self.look_until(self.all_shown, "the new KPIs are there")
        self.assertIn("back-fill done", self.daemon.log())
        for _ in range(OPTIONS.kills):
            self.reload(self.some)
            self.look_until(lambda p: p.text_of("tidemark_kpi_info", kpi="revenue", unit="usd") is None, "revenue has left")
            time.sleep(self.random.random() * 0.3)
            self.reload(self.whole)
            time.sleep(self.random.random() * 0.6)
            self.daemon.kill()
            self.daemon.start()
            self.look_until(self.all_shown, "the KPIs are there again")
        company.finish()
        page = self.daemon.wait_for(lambda p: harness.caught_up_to(p, self.feed), "everything is read", 60)
        self.watch(page)
        self.compare(page)
        self.check_conservation(page)
        self.assertEqual(page.number("tidemark_kpi_coverage_ratio", kpi="revenue", window="lifetime"), 1)
        for kpi in LATER:  # as much of their windows is known as of the KPI that was there all the time
            for window in ("1h", "24h"):
                known = [page.number("tidemark_kpi_coverage_ratio", kpi=k, window=window) for k in (kpi.name, "leads_created")]
                self.assertEqual(known[0], known[1], (kpi.name, window))
        self.assertEqual(page.family("tidemark_backfill_progress_ratio"), {})
        self.assertFalse((self.daemon.state / "backfill").exists())
        print(f"{self.compared} pages compared, {company.sent} events, {OPTIONS.kills} kills")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--seed", type=int)
    OPTIONS, rest = parser.parse_known_args()
    sys.argv[1:] = rest
    harness.main()
