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

import crash
import harness
from crash import KPIS

OPTIONS = argparse.Namespace(kills=6, seed=None)
LATER = [kpi for kpi in KPIS if kpi.name != "leads_created"]


class BackFill(crash.Crash):
    def setUp(self):
        crash.OPTIONS = OPTIONS
        super().setUp()
        self.some = crash.only_leads(self.whole)
        self.daemon.configure(self.some)

    def reload(self, config):
        self.daemon.configure(config)
        self.daemon.process.send_signal(signal.SIGHUP)

    def look_until(self, condition, what, timeout=60):
        """Compares pages until one fulfils the condition; meanwhile no counter falls, and what goes on is always shown."""
        deadline = time.monotonic() + timeout
        while True:
            page = self.daemon.page()
            self.watch(page)
            self.compare(page)
            if condition(page):
                return page
            self.assertLess(time.monotonic(), deadline, f"not within {timeout} s: {what}\n{self.daemon.log()[-3000:]}")
            time.sleep(0.02)

    def test_new_kpis_are_exact_over_the_whole_past(self):
        company = crash.Company(self.pb, self.feed, random.Random(self.seed + 1))
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
        page = self.read_to_the_end(company)
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
