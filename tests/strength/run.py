#!/usr/bin/python3
"""Are the tests strong enough? Applies each bug of bugs.py to a copy of the tree and asks the tests whether they notice.

    run.py [--only TEXT] [--jobs N] [--work DIR]   applies those whose name has TEXT in it; all: about half an hour on two cores
    run.py --check                                 only whether each bug can still be applied: seconds

Prints which test caught each, and after how long. Exit status 1 when one was not caught, or is no bug any more. The copy, with its
build, stays in DIR (build/strength) and makes the next run shorter.
"""

import argparse
import pathlib
import subprocess
import sys
import time

from bugs import BUGS

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TEST_SECONDS = 300


def applied(root, bug):
    """The file's text with the bug in it."""
    text = (root / bug.file).read_text()
    found = text.count(bug.old)
    if found != 1:
        raise LookupError(f"{bug.file}: {found} places read {bug.old!r}")
    return text.replace(bug.old, bug.new)


def check():
    wrong = []
    for bug in BUGS:
        try:
            if applied(ROOT, bug) == (ROOT / bug.file).read_text():
                wrong.append(f"{bug.name}: changes nothing")
        except (LookupError, FileNotFoundError) as error:
            wrong.append(f"{bug.name}: {error}")
    names = [bug.name for bug in BUGS]
    wrong += [f"{name}: twice" for name in set(names) if names.count(name) > 1]
    return wrong


class Copy:
    """The committed tree, with a build of its own."""

    def __init__(self, work, jobs):
        self.tree, self.jobs = work / "tree", jobs
        if not self.tree.exists():
            self.run("git", "clone", "-q", ROOT, self.tree, cwd=ROOT)
        self.run("git", "fetch", "-q", "origin")
        self.run("git", "checkout", "-q", "-f", subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=ROOT, text=True).strip())
        self.run("cmake", "--preset", "release", "-DTIDEMARK_TESTS=ON")

    def run(self, *command, cwd=None):
        subprocess.run([str(part) for part in command], cwd=cwd or self.tree, check=True, stdout=subprocess.DEVNULL)

    def build(self, tests):
        done = subprocess.run(["cmake", "--build", "--preset", "release", "--parallel", str(self.jobs), "--target", *tests], cwd=self.tree,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        return "" if done.returncode == 0 else done.stdout[-2000:]

    def passes(self, test):
        """None when it didn't end in time: a bug is noticed then, too."""
        try:
            done = subprocess.run(["ctest", "--test-dir", "build/release", "-R", f"^{test}$", "--no-tests=error", "--timeout", str(TEST_SECONDS)],
                                  cwd=self.tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=TEST_SECONDS + 30)
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0


def hunt(copy, bug):
    """(what caught it or "", seconds of the tests until then)"""
    original = (copy.tree / bug.file).read_text()
    (copy.tree / bug.file).write_text(applied(copy.tree, bug))
    spent = 0.0
    try:
        for test in bug.hunters:
            errors = copy.build([test])
            if errors:
                raise LookupError("does not build:\n" + errors)
            begun = time.monotonic()
            caught = not copy.passes(test)
            spent += time.monotonic() - begun
            if caught:
                return test, spent
        return "", spent
    finally:
        (copy.tree / bug.file).write_text(original)


def main():
    parser = argparse.ArgumentParser(prog="tests/strength/run.py")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build" / "strength")
    options = parser.parse_args()
    wrong = check()
    if options.check or wrong:
        print("\n".join(wrong) or f"{len(BUGS)} bugs can be applied")
        sys.exit(1 if wrong else 0)
    options.work.mkdir(parents=True, exist_ok=True)
    copy = Copy(options.work, options.jobs)
    chosen = [bug for bug in BUGS if options.only in bug.name]
    tests = sorted({test for bug in chosen for test in bug.hunters})
    errors = copy.build(tests)
    failing = [test for test in tests if not errors and not copy.passes(test)]
    if errors or failing:
        sys.exit(f"without a bug: {errors or failing}")
    escaped = []
    for number, bug in enumerate(chosen, 1):
        try:
            caught, seconds = hunt(copy, bug)
        except LookupError as error:
            caught, seconds = "", 0
            print(error)
        print(f"[{number}/{len(chosen)}] {bug.name}: " + (f"{caught}, {seconds:.0f} s" if caught else "NOT CAUGHT"), flush=True)
        if not caught:
            escaped.append(bug.name)
    print(f"{len(chosen) - len(escaped)} of {len(chosen)} caught")
    sys.exit(1 if escaped else 0)


if __name__ == "__main__":
    main()
