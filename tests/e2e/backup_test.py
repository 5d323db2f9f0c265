#!/usr/bin/python3
"""Backups while records are read, then the volume is lost: what is restored goes on as if nothing had been.

    backup_test.py [--seed S]

As in crash.py, each page is compared with a recount of exactly the records before its own offsets.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import time

import crash
import harness

TOPIC = crash.TOPIC
PARTITIONS = crash.PARTITIONS


class Backup(crash.Crash):
    def setUp(self):
        crash.OPTIONS.kills = 0
        super().setUp()
        self.backups = self.daemon.dir / "backups"

    def tidemark(self, *args, code=0):
        done = subprocess.run([harness.binary(), *args], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, code, f"{args}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def backup(self):
        return self.tidemark("state", "backup", f"--url=http://127.0.0.1:{self.daemon.port}", f"--storage.path={self.daemon.state}",
                             f"--output={self.backups}", "--keep=2")

    def restore(self, source, code=0):
        return self.tidemark("state", "restore", f"--from={source}", f"--storage.path={self.daemon.state}", code=code)

    def newest(self):
        path = max(p for p in self.backups.iterdir() if not p.name.startswith("."))
        return path, json.loads((path / "backup.json").read_text())

    def live(self, seconds):
        """Looks at pages meanwhile; the last one."""
        deadline = time.monotonic() + seconds
        while True:
            page = self.daemon.page()
            self.watch(page)
            if time.monotonic() > deadline:
                return page
            time.sleep(0.05)

    def test_the_volume_is_lost(self):
        company = crash.Company(self.pb, self.feed, random.Random(self.seed + 1))
        company.start()
        self.daemon.start()
        self.daemon.wait_for(lambda p: p.total("tidemark_records_read_total") > 2000 and len(p.offsets(TOPIC)) == PARTITIONS, "records are read")
        for _ in range(3):
            self.live(1.5)
            self.fired_before = dict(self.fired_since)
            said = self.backup()
            self.assertIn(f"{PARTITIONS} partitions, {len(crash.KPIS)} KPIs", said)
        self.assertEqual(len(list(self.backups.iterdir())), 2, "--keep=2")
        self.assertEqual(len(list((self.daemon.state / "backups").iterdir())), 1, "what was copied away need not stay")
        self.refuse_while_it_runs()
        path, manifest = self.newest()
        before = self.live(1.5)
        self.daemon.kill()
        self.compare(before)
        shutil.rmtree(self.daemon.state)

        self.refuse_what_is_torn(path)
        self.assertIn("goes on at offset", self.restore(self.backups))
        self.assertIn("is not empty", self.restore(self.backups, code=65))
        self.tidemark("state", "verify", f"--storage.path={self.daemon.state}", f"--config.file={self.daemon.config}")
        # From where the backup stands on all is read again: counters begin there, and so does what fired later, which may be a
        # step of the rules' grid earlier or later. What fired by then goes on firing since the same instant.
        self.highest, self.fired_since = {}, self.fired_before
        self.daemon.start()
        page = self.daemon.wait_for(lambda p: len(p.offsets(TOPIC)) == PARTITIONS and p.number("tidemark_state_complete") == 1,
                                    "the state is restored")
        for record in manifest["next_offsets"]:
            self.assertGreaterEqual(page.offsets(TOPIC)[record.get("partition", 0)], int(record.get("offset", 0)))
        self.compare(page)
        self.watch(page)
        self.live(1)
        self.read_to_the_end(company)
        page = self.daemon.wait_for(self.rules_evaluated, "the rules see the end", 30)
        self.compare(page)
        self.check_breaches(page)
        self.check_conservation(page)
        for key, text in before.series.items():
            if key[0] in ("tidemark_records_read_total", "sales_revenue_total"):
                self.assertGreater(float(page.series[key]), float(text))
        self.lose_everything(page)

    def refuse_while_it_runs(self):
        self.restore(self.backups, code=75)
        said = self.tidemark("state", "backup", f"--storage.path={self.daemon.state}", code=75)
        self.assertIn("--url", said)

    def refuse_what_is_torn(self, path):
        """Whatever is missing or other in a backup, nothing is restored of it."""
        manifest = json.loads((path / "backup.json").read_text())
        largest = max(manifest["files"], key=lambda f: int(f["bytes"]))["name"]

        def flipped(file):
            data = bytearray(file.read_bytes())
            data[len(data) // 2] ^= 1
            file.unlink()  # it is linked to others
            file.write_bytes(data)

        def shortened(file):
            data = file.read_bytes()
            file.unlink()
            file.write_bytes(data[:-2])

        for name, damage in [(largest, flipped), (largest, shortened), (largest, lambda f: f.unlink()), ("CURRENT", lambda f: f.unlink()),
                             ("backup.json", shortened), (next(f["name"] for f in manifest["files"] if "MANIFEST" in f["name"]), flipped)]:
            torn = self.daemon.dir / "torn"
            shutil.copytree(path, torn)
            damage(torn / name)
            said = self.restore(torn, code=65)
            self.assertIn("torn", said)
            self.assertFalse(self.daemon.state.exists(), f"{name}: {said}")
            shutil.rmtree(torn)

    def lose_everything(self, page):
        """Without a backup: what Kafka still holds is counted, and coverage says how much that is."""
        self.daemon.stop()
        shutil.rmtree(self.daemon.state)
        ends = self.feed.ends()
        begins = {partition: self.first_on_time(records, ends[partition] // 2) for partition, records in self.feed.snapshot().items()}
        self.broker.delete_records(TOPIC, begins)
        self.daemon.start()
        after = self.daemon.wait_for(lambda p: harness.caught_up_to(p, self.feed), "what Kafka holds is read", 60)

        def covered(p, window):
            return p.number("tidemark_kpi_coverage_ratio", kpi="leads_created", window=window)
        self.assertLess(covered(after, "24h"), covered(page, "24h"))
        self.assertLess(after.total("sales_leads_created", window="lifetime"), page.total("sales_leads_created", window="lifetime"))
        self.assertEqual(after.total("tidemark_records_read_total"), sum(ends[p] - begins[p] for p in ends))

    @staticmethod
    def first_on_time(records, offset):
        """The first record from there on that isn't late: what a log begins with says since when it is whole."""
        while True:
            event, time_ms = records.get(offset, (None, 0))
            if event is not None and 0 <= time_ms - harness.micros_of(event) // 1000 <= 20_000:
                return offset
            offset += 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int)
    crash.OPTIONS, rest = parser.parse_known_args()
    sys.argv[1:] = rest
    harness.main()
