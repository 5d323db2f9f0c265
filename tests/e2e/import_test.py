#!/usr/bin/python3
"""History from files, then Kafka: what happened before the cut comes from the import alone, from it on from Kafka alone.

    import_test.py [--kills N] [--seed S]

The import is killed at random moments, and so is the daemon afterwards. Kafka holds some of the history, too, and late events
that the export lacks. Every page is compared with a recount of the files before the cut and the records from it on.
"""

import argparse
import random
import shutil
import subprocess
import sys
import time

from google.protobuf import json_format
from google.protobuf.internal import encoder

import crash
import harness
from crash import CONFIG, KPIS, PARTITIONS, RULE_LEVELS, TOPIC

OPTIONS = argparse.Namespace(kills=6, seed=None)
EVENTS = 60_000
DATA, LOCKED = 65, 75


class Import(crash.Crash):
    def setUp(self):
        crash.OPTIONS = OPTIONS
        super().setUp()
        self.company = crash.Company(self.pb, self.feed, random.Random(self.seed + 1))
        self.past = self.make_past()
        self.cut = self.company.now_micros()
        text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(self.cut // 1_000_000))
        self.command = [harness.binary(), "import", f"--config.file={self.daemon.config}", f"--storage.path={self.daemon.state}",
                        f"--until={text}.{self.cut % 1_000_000:06d}Z", *self.write_files()]

    def make_past(self):
        """What the company did before the export: unordered, with duplicates and some events from after the cut."""
        events = []
        for _ in range(EVENTS):
            self.company.sent += 1
            event = self.company.make_event(self.random.choice([0.05, 0.5]))
            event.id = "old-" + event.id
            events.append(event)
        after = harness.set_time(self.pb.Event(id="after"), self.company.now_micros() + 1_000_000)
        after.lead_created.lead.channel = "web"
        self.random.shuffle(events)
        return events + events[:500] + [after]

    def write_files(self):
        lines, binary = self.daemon.dir / "a.jsonl", self.daemon.dir / "b.pb"
        some = 2000
        lines.write_text("".join(json_format.MessageToJson(event, indent=None) + "\n" for event in self.past[:some]))
        with open(binary, "wb") as file:
            for event in self.past[some:]:
                data = event.SerializeToString()
                file.write(encoder._VarintBytes(len(data)) + data)
        return [f"--input={lines}", f"--input={binary}"]

    def recount(self, offsets):
        facts = {kpi.name: [] for kpi in KPIS}
        seen = set()

        def add(event):
            if event.id in seen:
                return
            seen.add(event.id)
            for name, fact in self.facts_of(event):
                facts[name].append(fact)
        for event in self.past:
            if harness.micros_of(event) < self.cut:
                add(event)
        for partition, records in self.feed.snapshot().items():
            for offset, (event, time_ms) in records.items():
                if offset < offsets[partition] and event is not None and harness.micros_of(event) >= self.cut and not self.from_the_future(event, time_ms):
                    add(event)
        return facts

    def run_command(self, *words):
        return subprocess.run([harness.binary(), *words], capture_output=True, text=True, timeout=60)

    def kill_imports(self):
        """SIGKILL into the import, again and again; what is left is refused by the daemon, and not by the next import."""
        halves = 0
        begin = time.monotonic()
        subprocess.run(self.command, check=True, stdout=subprocess.DEVNULL, timeout=120)
        took = time.monotonic() - begin
        shutil.rmtree(self.daemon.state)
        for _ in range(OPTIONS.kills):
            process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(took * (0.3 + 0.7 * self.random.random()))
            process.kill()
            process.wait()
            inspected = self.run_command("state", "inspect", f"--storage.path={self.daemon.state}").stdout
            if "an import that was not finished" not in inspected:
                shutil.rmtree(self.daemon.state)  # it was still reading, or done
                continue
            halves += 1
            run = self.run_command("run", f"--config.file={self.daemon.config}", f"--storage.path={self.daemon.state}",
                                   "--web.listen-address=127.0.0.1:0")
            self.assertEqual(run.returncode, DATA, run.stderr)
            self.assertIn("was not finished", run.stderr + run.stdout)
        return halves

    def overlap(self):
        """Kafka still holds a part of the past, some of it under other ids."""
        for event in self.random.sample(self.past, 3000):
            copy = self.pb.Event()
            copy.CopyFrom(event)
            if self.random.random() < 0.5:
                copy.id += " again"
            if harness.micros_of(copy) < self.cut:
                self.feed.send(self.random.randrange(PARTITIONS), copy, harness.micros_of(copy) // 1000)

    def test_the_past_is_imported_and_the_rest_read(self):
        halves = self.kill_imports()
        done = subprocess.run(self.command, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("1 at or after the cut", done.stdout)
        again = subprocess.run(self.command, capture_output=True, text=True, timeout=60)
        self.assertEqual(again.returncode, DATA, again.stderr)
        verified = self.run_command("state", "verify", f"--storage.path={self.daemon.state}", f"--config.file={self.daemon.config}")
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)

        self.overlap()
        company = crash.Company(self.pb, self.feed, random.Random(self.seed + 2))
        company.start_micros = self.cut
        company.start()
        for _ in range(OPTIONS.kills):
            self.daemon.start(wait=False)
            self.live_a_while()
            self.daemon.kill()
        self.daemon.start()
        page = self.read_to_the_end(company)
        self.check_conservation(page)
        self.assertGreaterEqual(page.total("tidemark_records_total", result="imported"), 2900)
        self.assertEqual(page.number("tidemark_kpi_coverage_ratio", kpi="revenue", window="lifetime"), 1)
        busy = subprocess.run(self.command, capture_output=True, text=True, timeout=60)
        self.assertEqual(busy.returncode, LOCKED, busy.stderr)
        self.assertEqual(self.daemon.stop(), 0)
        verified = self.run_command("state", "verify", f"--storage.path={self.daemon.state}", f"--config.file={self.daemon.config}")
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
        print(f"{self.compared} pages compared, {halves} of {OPTIONS.kills} kills within the import")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--seed", type=int)
    OPTIONS, rest = parser.parse_known_args()
    sys.argv[1:] = rest
    harness.main()
