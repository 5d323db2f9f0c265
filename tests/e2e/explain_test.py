#!/usr/bin/python3
"""A running company is asked what moved its KPIs: parts add up to what /api/v1/kpis shows; then its state is asked, offline."""

import json
import pathlib
import shutil
import socket
import subprocess
import unittest
import urllib.error
import urllib.parse
import urllib.request
from decimal import Decimal

import harness


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Explain(unittest.TestCase):
    def get(self, path, **query):
        with urllib.request.urlopen(f"{self.url}{path}?{urllib.parse.urlencode(query)}", timeout=10) as answer:
            return json.load(answer)

    def ready(self):
        try:
            return urllib.request.urlopen(f"{self.url}/-/ready", timeout=2).status == 200
        except OSError:
            return False

    def config_of_the_daemon(self, demo):
        """The demo writes its daemon a configuration, and says so on the command line."""
        for child in subprocess.run(["pgrep", "-P", str(demo.pid)], capture_output=True, text=True, check=True).stdout.split():
            for arg in pathlib.Path(f"/proc/{child}/cmdline").read_text().split("\0"):
                if arg.startswith("--config.file="):
                    return pathlib.Path(arg.split("=", 1)[1])
        raise AssertionError("no daemon below the demo")

    def check(self, change):
        if "entered" in change:
            parts = Decimal(change["entered"]) - Decimal(change["left"]) + Decimal(change["corrected"])
            self.assertEqual(Decimal(change["change"]), parts, change)

    def test_a_running_daemon_and_then_its_state(self):
        work = harness.temp_dir("explain")
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        slow = harness.sanitized()  # then not every question can be answered in its 5 s
        duration, history = ("120s", "1d") if slow else ("15s", "3d")
        demo = subprocess.Popen([harness.binary(), "demo", f"--duration={duration}", f"--history={history}", f"--web.listen-address=127.0.0.1:{port}",
                                 f"--storage.path={work}/state"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(demo.kill)
        harness.wait_for(self.ready, "the demo is ready", 60)
        config = work / "demo.yaml"
        shutil.copy(self.config_of_the_daemon(demo), config)
        moved = 0
        for kpi in self.get("/api/v1/kpis")["kpis"]:
            for window in kpi["coverage"]:
                try:
                    got = self.get("/api/v1/explain", kpi=kpi["name"], window=window)
                except urllib.error.HTTPError as error:
                    if slow and error.code == 503:
                        continue
                    # What is made of another KPI has nothing of its own to explain.
                    self.assertEqual(error.code, 400, error.read())
                    continue
                self.assertLess(got["from"], got["to"])
                for number in [got] + got["made_of"]:
                    for change in [number.get("total", {})] + number["series"]["greatest"]:
                        self.check(change)
                        moved += Decimal(change.get("entered", 0)) != 0
        self.assertGreater(moved, 10)
        with self.assertRaises(urllib.error.HTTPError) as refused:
            self.get("/api/v1/explain", kpi="leads_created", ids="true")
        self.assertEqual(refused.exception.code, 403)
        command = [harness.binary(), "explain", "leads_created", "--window=7d"]
        offline = command + [f"--config.file={config}", f"--storage.path={work}/state"]
        table = subprocess.run(command + [f"--url={self.url}"], capture_output=True, text=True, check=True).stdout
        self.assertIn("leads_created, 7d: ", table)
        self.assertEqual(subprocess.run(offline, capture_output=True).returncode, 75, "the daemon holds the state")
        demo.communicate(timeout=200)
        self.assertEqual(demo.returncode, 0)
        table = subprocess.run(offline, capture_output=True, text=True, check=True).stdout
        self.assertIn("leads_created, 7d: ", table)


if __name__ == "__main__":
    harness.main()
