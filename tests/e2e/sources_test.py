#!/usr/bin/python3
"""Each mapping that ships makes of its samples what stands beside them, and feeds the catalogue that ships.

`--write` writes anew what stands beside them: read the difference before you keep it.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import unittest

import harness

SOURCES = harness.ROOT / "config" / "sources"
NAMES = sorted(path.stem for path in SOURCES.glob("*.yaml"))
CONFIG = """kafka: {{brokers: "localhost:1"}}
topics: [events]
sources:
  it: {{use: {name}, topics: [records]}}
kpis:
  - {{name: leads, count: true, on: lead.created, windows: [1h]}}
"""


def mapped(name):
    """What `tidemark map` says of the samples, and how it ended."""
    config = harness.temp_dir("sources") / "config.yaml"
    config.write_text(CONFIG.format(name=name))
    done = subprocess.run([harness.binary(), "map", f"--config.file={config}", "--source=it", f"--input={SOURCES}/samples/{name}.jsonl"],
                          capture_output=True, text=True, check=False)
    return done.stdout + done.stderr, done.returncode


def run(*command):
    return subprocess.run([harness.binary(), *map(str, command)], capture_output=True, text=True, check=False)


class Samples(unittest.TestCase):
    """check-config --samples"""

    def setUp(self):
        self.dir = harness.temp_dir("samples")
        self.config = self.dir / "config.yaml"

    def write(self, events, records):
        self.config.write_text('kafka: {brokers: "localhost:1"}\nsources:\n  shop:\n    topics: [calls]\n    id: [row.id]\n    events:\n' +
                               "".join(f"      - {e}\n" for e in events) + "kpis: [{name: leads, count: true, on: lead.created, windows: [1h]}]\n")
        (self.dir / "shop").mkdir(exist_ok=True)
        (self.dir / "shop" / "calls.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))

    def check(self, *more):
        return run("check-config", self.config, "--samples", self.dir, *more)

    def test_says_which_types_are_unmapped_and_which_paths_never_there(self):
        self.write(['{emit: lead.created, when: \'row.type == "lead"\', set: {lead.id: row.id, lead.channel: row.chanel}}'],
                   [{"id": 1, "type": "lead", "channel": "web"}, {"id": 2, "type": "screen", "email": "ann@example.com"}, {"id": 3, "type": "screen"}])
        done = self.check()
        self.assertEqual(done.returncode, 65, done.stderr)
        self.assertIn('unmapped: 2 with row.type = "screen"\n', done.stdout)
        self.assertIn(f"never there: row.chanel ({self.config}:7:", done.stdout)
        self.assertIn("never set: events[0] (lead.created): lead.channel\n", done.stdout)
        self.assertNotIn("ann@", done.stdout + done.stderr)
        report = json.loads(self.check("--format=json").stdout)["sources"][0]
        self.assertEqual(report["unmapped_types"], [{"type": 'row.type = "screen"', "records": 2}])
        self.assertEqual((report["records"], report["mapped"], report["unmapped"]), (3, 1, 2))
        self.assertEqual([p["path"] for p in report["never_there"]], ["row.chanel"])

    def test_a_rejected_record_is_a_failure_and_strict_wants_all_that_is_written(self):
        rule = "{emit: lead.created, set: {lead.id: row.id, lead.score: row.score}}"
        self.write([rule], [{"id": 1, "score": "high"}])
        done = self.check()
        self.assertEqual(done.returncode, 65)
        self.assertIn("rejected: 1 by events[0] (lead.created): lead.score", done.stdout)
        self.write([rule], [{"id": 1}])
        self.assertEqual(self.check().returncode, 0)
        self.assertEqual(self.check("--strict").returncode, 65)
        self.write([rule], [{"id": 1, "score": 5}])
        self.assertEqual(self.check("--strict").returncode, 0)

    def test_no_samples_at_all_is_a_failure(self):
        self.write(["{emit: lead.created}"], [])
        (self.dir / "shop" / "calls.jsonl").unlink()
        done = self.check()
        self.assertEqual(done.returncode, 65)
        self.assertIn("no samples", done.stdout)
        self.assertEqual(run("check-config", self.config, "--strict").returncode, 2)

    def test_what_are_no_lines_is_said_to_be_for_map(self):
        self.config.write_text('kafka: {brokers: "localhost:1"}\nregistry: {url: "http://localhost:1"}\nsources:\n'
                               "  shop: {topics: [calls], format: avro, framing: confluent, events: [{emit: lead.created}]}\n"
                               "kpis: [{name: leads, count: true, on: lead.created, windows: [1h]}]\n")
        done = self.check()
        self.assertEqual(done.returncode, 65)
        self.assertIn("sources.shop: its records are no lines of text", done.stderr)
        self.assertNotIn("no source says", done.stdout)

    def test_what_ships_knows_its_samples(self):
        self.config.write_text('kafka: {brokers: "localhost:1"}\ntopics: [events]\ncatalogue: all\nsources:\n' +
                               "".join(f"  {name}: {{use: {name}, topics: [{name}]}}\n" for name in NAMES))
        done = run("check-config", self.config, "--samples", SOURCES / "samples")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for name in NAMES:
            self.assertIn(f"sources.{name}: ", done.stdout)


class Drafts(unittest.TestCase):
    """generate source"""

    def drafted(self, path):
        folder = harness.temp_dir("draft")
        config = folder / "draft.yaml"
        done = run("generate", "source", f"--from={path}", "--name=it", f"--output={config}")
        self.assertEqual(done.returncode, 0, done.stderr)
        (folder / "samples").mkdir()
        shutil.copy(path, folder / "samples" / ("it" + path.suffix))
        checked = run("check-config", config, "--samples", folder / "samples", "--format=json")
        self.assertIn(checked.returncode, (0, 65), checked.stderr)
        report = json.loads(checked.stdout)["sources"][0]
        self.assertEqual(report["rejected"], 0, config.read_text())
        return config.read_text(), report

    def test_samples_of_what_ships(self):
        for name in NAMES:
            with self.subTest(name):
                text, report = self.drafted(SOURCES / "samples" / f"{name}.jsonl")
                self.assertGreater(report["mapped"], 0, text)
                self.assertEqual(report["undecodable"], 0)
                if name in ("segment", "ga4", "stripe"):
                    self.assertIn(f"`use: {name}`", text)

    def test_real_samples(self):
        folder = harness.data_folder() / "source_samples"
        for path in sorted([*folder.rglob("*.jsonl"), *folder.rglob("*.json")]):
            with self.subTest(path.name):
                self.drafted(path)

    def test_what_is_no_json_is_refused(self):
        path = harness.temp_dir("draft") / "page views.jsonl"
        path.write_text("not json\n")
        done = run("generate", "source", f"--from={path}")
        self.assertEqual(done.returncode, 65)
        self.assertIn("no record is a JSON object", done.stderr)
        path.write_text('{"type": "page", "id": 1}\n')
        self.assertIn("  page_views:\n", run("generate", "source", f"--from={path}").stdout)
        self.assertEqual(run("generate", "source", f"--from={path}", "--name=No Name").returncode, 2)


class Sources(unittest.TestCase):
    def test_each_has_samples(self):
        self.assertEqual(NAMES, sorted(path.stem for path in (SOURCES / "samples").glob("*.jsonl")))

    def test_samples_become_what_stands_beside_them(self):
        for name in NAMES:
            with self.subTest(name):
                got, code = mapped(name)
                self.assertEqual(got, (SOURCES / "samples" / f"{name}.expected").read_text())
                self.assertEqual(code, 0, "no sample is rejected, and none is of no rule")

    def test_the_whole_catalogue_takes_them(self):
        config = harness.temp_dir("sources") / "config.yaml"
        config.write_text('kafka: {brokers: "localhost:1"}\ntopics: [events]\ncatalogue: all\nsources:\n' +
                          "".join(f"  {name}: {{use: {name}, topics: [{name}]}}\n" for name in NAMES))
        done = subprocess.run([harness.binary(), "check-config", config], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        for each in NAMES:
            pathlib.Path(SOURCES / "samples" / f"{each}.expected").write_text(mapped(each)[0])
    else:
        harness.main()
