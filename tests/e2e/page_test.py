#!/usr/bin/python3
"""The page for people in a real browser: headless Chromium, by Playwright, against `tidemark demo` and against a daemon whose labels
are hostile, whose brokers are gone and whose numbers are therefore old.

    page_test.py [--screenshots DIR]

The checks are in page/*.mjs; Playwright and axe-core come from npm, pinned, into the cache of the tests.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request

import harness
import broker  # noqa: E402  (harness knows where it is)

OPTIONS = argparse.Namespace(screenshots="")
HERE = pathlib.Path(__file__).resolve().parent
MODULES = ["playwright-core@1.65.1", "axe-core@4.14.1"]
CHROMIUM = ["chromium", "chromium-browser", "google-chrome"]

HOSTILE = ["<img src=x onerror=\"document.title='owned'\">", "</script><script>document.title='owned'</script>", "a=b&c=d#e%20f", "\u202egnp", ""]
CONFIG = """\
    kafka: {brokers: "127.0.0.1:1"}
    topics: [crm]
    kpis:
      - {name: leads, help: "<b>Leads</b> & more", count: true, on: lead.created, by: {channel: lead.channel}, windows: [30d, 24h]}
      - {name: revenue, unit: usd, sum: order.amount, on: order.paid, windows: [30d], compare: [previous], target: {30d: 5000}}
      - {name: answer_seconds, key: lead.id, elapsed: {from: lead.created, to: lead.contacted, within: 7d}, stats: [p50, avg], windows: [30d]}
      - {name: win_ratio, unit: ratio, formula: leads / leads@lifetime, windows: [30d]}
    rules:
      - {name: many_leads, kpi: leads, window: 30d, above: 2, severity: critical}
    """.replace("windows: [30d, 24h]", "windows: [30d, 24h, lifetime]")


def module_dir():
    """Where npm has put the modules; skips the test where that cannot be."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise unittest.SkipTest("no node and npm (Debian: nodejs, npm)")
    cache = pathlib.Path(os.environ.get("TIDEMARK_TEST_CACHE") or
                         pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "tidemark-tests")
    where = cache / ("browser-" + "-".join(module.replace("@", "-") for module in MODULES))
    if not (where / "done").exists():
        where.mkdir(parents=True, exist_ok=True)
        (where / "package.json").write_text("{}")
        command = ["npm", "install", "--prefix", where, "--no-audit", "--no-fund", "--ignore-scripts", *MODULES]
        if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=180).returncode != 0:
            raise unittest.SkipTest("npm cannot install " + " ".join(MODULES))
        (where / "done").touch()
    return where


def lines_of_events(now):
    events = []
    for i, channel in enumerate(HOSTILE * 3):
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - 3600 * (i + 1)))
        events.append({"id": f"l{i}", "time": at, "leadCreated": {"lead": {"id": f"l{i}", "channel": channel}}})
        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - 3600 * (i + 1) + 90 * (i + 1)))
        events.append({"id": f"c{i}", "time": soon, "leadContacted": {"lead": {"id": f"l{i}"}}})
        order = {"id": f"o{i}", "amountMicros": str(1234567890 + i), "currency": "USD", "customer": f"c{i}"}
        events.append({"id": f"o{i}", "time": at, "orderPaid": {"order": order}})
    return "".join(json.dumps(event) + "\n" for event in events)


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.chromium = next((path for path in map(shutil.which, CHROMIUM) if path), None)
        if cls.chromium is None:
            raise unittest.SkipTest("no Chromium (Debian: chromium)")
        cls.modules = module_dir()

    def run_script(self, script, *arguments):
        profile = harness.temp_dir("chromium")
        environment = {**os.environ, "TIDEMARK_MODULES": str(self.modules), "TIDEMARK_CHROMIUM": self.chromium,
                       "TIDEMARK_PROFILE": str(profile), "TIDEMARK_SCREENSHOTS": OPTIONS.screenshots,
                       "TIDEMARK_PATIENCE": str(harness.patience())}
        done = subprocess.run(["node", HERE / "page" / script, *arguments], env=environment, timeout=240 * harness.patience())
        self.assertEqual(done.returncode, 0, f"{script} failed")

    def test_the_demo_as_people_see_it(self):
        port = broker.free_ports(1)[0]
        log = harness.temp_dir("demo") / "log"
        with open(log, "wb") as out:
            demo = subprocess.Popen([harness.binary(), "demo", "--history=4d", f"--web.listen-address=127.0.0.1:{port}"], stdout=out, stderr=out)
        try:
            def ready():
                self.assertIsNone(demo.poll(), log.read_text(errors="replace")[-2000:])
                try:
                    return urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=5).status == 200
                except (urllib.error.URLError, OSError):
                    return False
            harness.wait_for(ready, "the demo is ready", timeout=120, interval=0.5)
            self.run_script("demo.mjs", f"http://127.0.0.1:{port}")
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(30)

    def test_hostile_labels_old_numbers_and_a_daemon_that_goes_away(self):
        daemon = harness.Daemon(CONFIG, "hostile")
        events = daemon.dir / "events.jsonl"
        events.write_text(lines_of_events(time.time() - 7200))
        subprocess.run([harness.binary(), "import", f"--config.file={daemon.config}", f"--storage.path={daemon.state}", f"--input={events}"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
        daemon.start()
        daemon.wait_for(lambda page: page.family("sales_leads"), "KPIs are shown")
        self.run_script("hostile.mjs", f"http://127.0.0.1:{daemon.port}", str(daemon.process.pid))
        daemon.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--screenshots", default="", help="a directory for pictures of it all")
    OPTIONS, rest = parser.parse_known_args()
    sys.argv[1:] = rest
    harness.main()
