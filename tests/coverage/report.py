#!/usr/bin/python3
"""Which lines and branches did the tests go through? From what a run of the build asan left, a table by room.

    TIDEMARK_PRESET=asan tests/run.sh; tests/coverage/report.py
    report.py --missed FILE...      the lines of FILE in which a branch was never taken

Exit status 1 when the branches of a parser are covered to less than 95 %; 77 when there is nothing to report, or no llvm.
"""

import argparse
import collections
import json
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build" / "asan"
PROFILES = BUILD / "profiles"
WANTED = 95.0  # percent of the branches of each parser

# Whatever reads bytes of somebody else. A name that ends in / is a folder.
PARSERS = {
    "events (protobuf)": ["pipeline/event/"],
    "events (JSON, files)": ["daemon/event_files.cc", "config/scenario_event.cc"],
    "configuration": ["config/reader.cc", "config/yaml.cc", "config/lexer.cc", "config/expression.cc", "config/clauses.cc", "config/formula.cc",
                      "config/scalars.cc", "config/window.cc", "config/kpi.cc", "config/labels.cc", "config/rule.cc", "config/substitute.cc",
                      "config/measure.cc", "config/operands.cc", "config/paths.cc", "config/scalar_place.cc",
                      "config/sources.cc", "config/mapping.cc", "config/map_expression.cc", "config/schemas.cc", "config/registry.cc", "config/facts.cc"],
    "records of sources": ["pipeline/mapping/"],
    "schemas of a registry": ["daemon/schema_registry.cc"],
    "drafts from samples": ["daemon/draft/"],
    "scenarios, expectations": ["config/scenario.cc", "config/expectation.cc"],
    "tables (CSV, JSON)": ["config/csv.cc", "config/table_rows.cc", "config/table_cells.cc"],
    "web configuration": ["config/web_config.cc"],
    "HTTP requests": ["daemon/api_query.cc", "daemon/negotiation.cc"],
    "stored formats": ["pipeline/store/bytes.h", "pipeline/store/keys.h", "pipeline/window/codec.cc", "pipeline/window/codec.h", "pipeline/window/labels.cc",
                       "pipeline/window/pages.cc"],
    "times, decimals": ["pipeline/base/decimal.cc", "pipeline/base/time.cc"],
}


class Count:
    """Lines and branches, covered and all."""

    def __init__(self):
        self.lines = self.lines_hit = self.branches = self.branches_hit = 0

    def add(self, summary):
        self.lines += summary["lines"]["count"]
        self.lines_hit += summary["lines"]["covered"]
        self.branches += summary["branches"]["count"]
        self.branches_hit += summary["branches"]["covered"]

    def branch_percent(self):
        return 100 * self.branches_hit / self.branches if self.branches else 100.0

    def __str__(self):
        lines = 100 * self.lines_hit / self.lines if self.lines else 100.0
        return f"{self.lines:8} {lines:7.1f} % {self.branches:9} {self.branch_percent():7.1f} %"


def programs():
    """Of the tests; and the daemon, which some of them start."""
    listed = json.loads(subprocess.check_output(["ctest", "--test-dir", BUILD, "--show-only=json-v1"], text=True))["tests"]
    named = {pathlib.Path(test["command"][0]) for test in listed if test.get("command")} | {BUILD / "tidemark"}
    return sorted(path for path in named if path.is_relative_to(BUILD) and path.exists())


def export(*arguments):
    """What llvm-cov says of the files of this project that ship."""
    profile = BUILD / "all.profdata"
    subprocess.run(["llvm-profdata", "merge", "-sparse", "-o", profile, *sorted(PROFILES.glob("*.profraw"))], check=True)
    objects = [part for path in programs() for part in ("-object", path)]
    text = subprocess.check_output(["llvm-cov", "export", f"-instr-profile={profile}", "-ignore-filename-regex=(/usr/|/build/|/tests/)", *arguments, *objects[1:]])
    return json.loads(text)["data"][0]["files"]


def table(files):
    rooms, by_file = collections.defaultdict(Count), {}
    for entry in files:
        name = str(pathlib.Path(entry["filename"]).relative_to(ROOT))
        by_file[name] = entry["summary"]
        parts = name.split("/")
        rooms["/".join(parts[:2]) if parts[0] == "pipeline" else parts[0]].add(entry["summary"])
        rooms["all"].add(entry["summary"])
    print(f"{'':26} {'lines':>8} {'covered':>9} {'branches':>9} {'covered':>9}")
    for room in sorted(rooms, key=lambda name: (name == "all", name)):
        print(f"{room:26} {rooms[room]}")
    print("\nwhat reads bytes of somebody else")
    poor = []
    for parser, parts in PARSERS.items():
        count = Count()
        for name, summary in by_file.items():
            if any(name.startswith(part) if part.endswith("/") else name == part for part in parts):
                count.add(summary)
        print(f"{parser:26} {count}")
        if count.branch_percent() < WANTED:
            poor.append(parser)
    return poor


def missed(files, wanted):
    for entry in files:
        name = str(pathlib.Path(entry["filename"]).relative_to(ROOT))
        if name not in wanted:
            continue
        source = (ROOT / name).read_text().splitlines()
        # A branch: line and column of its begin and end, then how often it was true, and false.
        places = sorted({(branch[0], branch[1], "false" if branch[4] else "true" if branch[5] else "true nor false")
                         for branch in entry["branches"] if branch[4] == 0 or branch[5] == 0})
        for line, column, never in places:
            print(f"{name}:{line}:{column}: never {never}: {source[line - 1].strip()}")


def main():
    parser = argparse.ArgumentParser(prog="tests/coverage/report.py")
    parser.add_argument("--missed", nargs="+", default=[])
    options = parser.parse_args()
    lacking = [tool for tool in ("llvm-profdata", "llvm-cov") if shutil.which(tool) is None]
    if lacking or not any(PROFILES.glob("*.profraw")):
        print(f"SKIPPED: no {lacking[0]} in PATH (Debian: llvm)" if lacking else f"SKIPPED: nothing in {PROFILES}: run the tests of the build asan before")
        sys.exit(77)
    if options.missed:
        missed(export(), options.missed)
        return
    poor = table(export("-summary-only"))
    for parser in poor:
        print(f"{parser}: less than {WANTED:.0f} % of the branches", file=sys.stderr)
    sys.exit(1 if poor else 0)


if __name__ == "__main__":
    main()
