#!/usr/bin/python3
"""A full disk, for real: the state lies on a small file system that is filled. Ingestion pauses and says so, what is shown stays exact,
and when there is room again all goes on by itself.

    disk_test.py [--seed S]

Needs the right to mount a tmpfs.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import time
import unittest

import crash
import harness
import kill_points
from crash import TOPIC

OPTIONS = argparse.Namespace(kills=0, seed=None)
SIZE = 64 << 20


class FullDisk(crash.Crash):
    def setUp(self):
        crash.OPTIONS = OPTIONS
        self.disk = harness.temp_dir("small-disk")
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", self.disk], capture_output=True, text=True)
        if mounted.returncode != 0:
            raise unittest.SkipTest(f"no tmpfs can be mounted: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.disk], check=True)
        super().setUp()
        self.broker.delete_topic(TOPIC)
        self.broker.create_topic(TOPIC, crash.PARTITIONS)
        self.daemon.state = self.disk / "state"
        self.company = crash.Company(self.pb, self.feed, random.Random(self.seed + 1))
        self.company.start()
        self.addCleanup(self.company.stop_asked.set)

    def reserve(self, text):
        self.daemon.configure(self.whole.replace("min_free_disk: 1MiB", f"min_free_disk: {text}"))

    def fill(self, left):
        """Something else takes all of the disk but so many bytes."""
        disk = os.statvfs(self.disk)
        with open(self.disk / "ballast", "wb") as file:
            os.posix_fallocate(file.fileno(), 0, disk.f_bavail * disk.f_frsize - left)

    def free(self):
        (self.disk / "ballast").unlink()

    def await_data(self):
        page = self.daemon.wait_for(lambda p: p.total("tidemark_records_read_total") > 2000 and self.all_shown(p), "records are read")
        self.watch(page)
        self.compare(page)
        return page

    def paused(self):
        """Waits until ingestion pauses, and sees that for a while nothing changes and nothing shown is wrong."""
        page = self.daemon.wait_for(lambda p: p.number("tidemark_ingestion_paused") == 1, "ingestion pauses")
        status, _, text = self.daemon.get("/-/ready")
        self.assertEqual((status, "ingestion is paused" in text), (503, True), text)
        self.assertEqual(self.daemon.get("/-/healthy")[0], 200)
        for _ in range(5):
            time.sleep(0.3)
            after = self.daemon.page()
            self.watch(after)
            self.compare(after)
            self.assertEqual(after.offsets(TOPIC), page.offsets(TOPIC))
            self.assertEqual(after.number("tidemark_ingestion_paused"), 1)
        self.assertIn("ingestion pauses", self.daemon.log())
        return page

    def assert_whole(self, page):
        self.assertEqual((len(page.offsets(TOPIC)), page.number("tidemark_state_complete")), (crash.PARTITIONS, 1))

    def goes_on(self, before):
        """To the end, with the same process."""
        page = self.daemon.wait_for(lambda p: p.number("tidemark_ingestion_paused") == 0
                                    and p.total("tidemark_records_read_total") > before.total("tidemark_records_read_total"), "it goes on")
        self.watch(page)
        self.compare(page)
        self.read_to_the_end(self.company)
        page = self.daemon.wait_for(self.rules_evaluated, "the rules see the end")
        self.compare(page)
        self.check_breaches(page)
        self.check_conservation(page)
        self.assertEqual(page.number("tidemark_ingestion_paused"), 0)
        self.assertNotIn("ingestion is paused", self.daemon.get("/-/ready")[2])
        self.assertEqual(self.daemon.stop(), 0)
        verified = subprocess.run([harness.binary(), "state", "verify", f"--storage.path={self.daemon.state}", f"--config.file={self.daemon.config}"],
                                  capture_output=True, text=True, timeout=60)
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)

    def test_the_reserve_is_kept(self):
        self.reserve("16MiB")
        self.daemon.start()
        self.await_data()
        self.fill(left=10 << 20)
        before = self.paused()
        self.assertNotIn("No space left", self.daemon.log())
        restored = self.daemon.log().count("state restored")
        self.daemon.process.send_signal(signal.SIGHUP)  # another engine takes over, which can't commit that it has the partitions

        def taken_over(page):
            self.assert_whole(page)
            return self.daemon.log().count("state restored") > restored

        self.daemon.wait_for(taken_over, "it is loaded again")
        after = self.paused()
        self.assert_whole(after)
        self.assertEqual(after.offsets(TOPIC), before.offsets(TOPIC))
        self.assertNotIn("ingestion goes on", self.daemon.log())
        self.free()
        self.goes_on(before)

    def test_the_disk_is_full_within_a_write(self):
        """There was room when it was looked at: half of a commit's record is on the disk."""
        if kill_points.library() is None:
            self.skipTest("no library that lets a write fail beside the daemon (target tidemark_killpoints)")
        control = kill_points.Control(harness.temp_dir("kill") / "control")
        self.daemon.env = control.environment()
        self.reserve("1MiB")
        self.daemon.start()
        self.await_data()
        control.arm(kill_points.Point("commit", "full", "write", "*.log"), self.daemon.state, self.daemon.config, 3)
        before = self.daemon.wait_for(lambda p: control.hit, "a write finds the disk full")
        self.daemon.wait_for(lambda p: "ingestion goes on" in self.daemon.log(), "the state is opened again")
        self.assertIn("No space left on device", self.daemon.log())
        self.goes_on(before)

    def test_the_disk_is_full_without_a_reserve(self):
        """What is written at last finds no room: the log, a table, a manifest."""
        self.reserve("1B")
        self.daemon.start()
        self.await_data()
        self.fill(left=0)
        before = self.paused()
        self.free()
        self.goes_on(before)

    def test_it_starts_on_a_full_disk(self):
        self.daemon.start()
        self.await_data()
        self.daemon.kill()
        self.fill(left=0)
        self.daemon.start()
        self.daemon.wait_for(lambda p: p.number("tidemark_ingestion_paused") == 1, "ingestion pauses")
        self.assertEqual(self.daemon.get("/-/ready")[0], 503)
        self.assertIn("ingestion is paused", self.daemon.get("/-/ready")[2])
        before = self.daemon.page()
        self.free()
        self.goes_on(before)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int)
    OPTIONS.seed = parser.parse_known_args()[0].seed
    sys.argv[1:] = parser.parse_known_args()[1]
    harness.main()
