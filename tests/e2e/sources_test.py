#!/usr/bin/python3
"""Each mapping that ships makes of its samples what stands beside them, and feeds the catalogue that ships.

`--write` writes anew what stands beside them: read the difference before you keep it.
"""

import pathlib
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
