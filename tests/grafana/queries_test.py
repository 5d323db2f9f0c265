#!/usr/bin/python3
"""Dashboards of the whole catalogue, and of goals: every query is asked of a real Prometheus that scrapes `tidemark demo`."""

import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import unittest
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))

import dashboards  # noqa: E402
import harness  # noqa: E402
import lint  # noqa: E402

# Targets, and a limit of a number that stands alone.
MORE = r"""
targets:
  goal_leads_created: {month_to_date: 90, quarter_to_date: 300, year_to_date: 1200}
  goal_revenue_booked: {month_to_date: 250000, quarter_to_date: 900000, year_to_date: 4000000}
  quota_deals_won: {month_to_date: 3, quarter_to_date: 9, year_to_date: 40}
"""
RULES = r"""
  - {name: revenue_low, kpi: revenue, window: 7d, below: 1000000000, help: Always so.}
"""

# KPIs of which the demo's company knows nothing: their panels are empty, and nothing else may be.
UNKNOWN = {
    "sales_leads_merged": "no lead is merged",
    "sales_contacts_active": "web events name no contact", "sales_campaign_interactions_per_contact": "the same",
    "sales_interactions_per_customer": "no interaction names a customer",
    "sales_rep_emails": "reps send none", "sales_rep_tasks": "reps note none",
    "sales_new_product_units": "no table of products", "sales_new_product_revenue": "the same",
}
UNKNOWN_LABELS = {"trained": "its deals don't say who was trained"}
SCRAPE = """
global: {{scrape_interval: 2s, scrape_timeout: 2s}}
scrape_configs:
  - job_name: tidemark
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Queries(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if shutil.which("prometheus") is None:
            raise unittest.SkipTest("no prometheus in PATH (Debian: prometheus)")
        cls.work = harness.temp_dir("grafana")
        cls.daemon, cls.url = f"127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}"
        cls.start(harness.binary(), "demo", "--history=35d", f"--web.listen-address={cls.daemon}", f"--storage.path={cls.work}/state")
        harness.wait_for(lambda: cls.page("/-/ready"), lambda: "the demo is ready", 240)
        cls.add_to_configuration()
        (cls.work / "prometheus.yml").write_text(SCRAPE.format(port=cls.daemon.split(":")[1]))
        cls.start("prometheus", f"--config.file={cls.work}/prometheus.yml", f"--storage.tsdb.path={cls.work}/data",
                  f"--web.listen-address={cls.url[7:]}")
        subprocess.run([harness.binary(), "generate", "dashboards", f"--config.file={cls.config}", f"--output={cls.work}/out",
                        "--web.external-url=http://tidemark.example"], check=True)
        cls.dashboards = dashboards.load(cls.work / "out")
        # Rates want two scrapes.
        harness.wait_for(lambda: len(cls.ask("count_over_time(up[1m]) >= 4")) == 1, lambda: "four scrapes", 60, 0.5)

    @classmethod
    def start(cls, *command):
        with open(cls.work / f"{pathlib.Path(command[0]).name}.log", "wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        cls.addClassCleanup(process.wait)
        cls.addClassCleanup(process.kill)
        cls.demo = getattr(cls, "demo", process)

    @classmethod
    def page(cls, path):
        try:
            with urllib.request.urlopen(f"http://{cls.daemon}{path}", timeout=10) as answer:
                return answer.read().decode() if answer.status == 200 else ""
        except OSError:
            return ""

    @classmethod
    def add_to_configuration(cls):
        """The demo's daemon reads targets and a rule more."""
        children = subprocess.run(["pgrep", "-P", str(cls.demo.pid)], capture_output=True, text=True, check=True).stdout.split()
        for child in children:
            for arg in pathlib.Path(f"/proc/{child}/cmdline").read_text().split("\0"):
                if arg.startswith("--config.file="):
                    cls.config, daemon = pathlib.Path(arg.split("=", 1)[1]), int(child)
        cls.config.write_text(cls.config.read_text().rstrip() + RULES + MORE)
        subprocess.run(["kill", f"-{signal.SIGHUP.value}", str(daemon)], check=True)
        harness.wait_for(lambda: "sales_goal_leads_created_target{" in cls.page("/metrics"), lambda: "targets", 30)
        # Rules look each 15 s of event time.
        harness.wait_for(lambda: re.search(r'^tidemark_breach\{.*rule="revenue_low".*\} 1$', cls.page("/metrics"), re.M), lambda: "the rule has looked", 60)

    @classmethod
    def ask(cls, query):
        try:
            with urllib.request.urlopen(f"{cls.url}/api/v1/query?query={urllib.parse.quote(query)}", timeout=20) as answer:
                return json.load(answer)["data"]["result"]
        except urllib.error.HTTPError as error:
            if error.code == 503:  # Prometheus is still starting
                return []
            raise AssertionError(f"{query}: {error.read().decode()}") from None
        except OSError:
            return []

    def options(self, selector, label):
        if label.startswith("/"):
            return [re.search(label[1:-1], f'currency="{series["metric"]["currency"]}"')[1] for series in self.ask(selector)]
        address = f"{self.url}/api/v1/label/{label}/values?" + urllib.parse.urlencode({"match[]": selector})
        with urllib.request.urlopen(address, timeout=20) as answer:
            return json.load(answer)["data"]

    def values(self, dashboard):
        """What the variables are at first; queries among them are asked, as Grafana does."""
        values = dict(dashboards.BUILT_IN)
        for v in dashboards.variables(dashboard, "constant"):
            values[v["name"]] = v["query"]
        for v in dashboards.variables(dashboard, "custom"):
            values[v["name"]] = v["current"]["value"]
        for v in dashboards.variables(dashboard, "query"):
            selector, label = dashboards.options_of(v)
            found = self.options(dashboards.fill(selector, values), label)
            unknown = re.search(r'__name__=~"([^"]*)"', selector)
            excused = label in UNKNOWN_LABELS or (unknown and set(unknown[1].split("|")) <= set(UNKNOWN))
            if not excused:
                self.assertTrue(found, f"{dashboard['uid']}: the variable {v['name']} has no values")
            values[v["name"]] = v["allValue"] if v["includeAll"] else found[0]
        return values

    def test_every_query_and_annotation_yields_data(self):
        asked, empty = 0, []
        for dashboard in self.dashboards.values():
            values = self.values(dashboard)
            windows = [v["query"].split(",") for v in dashboards.variables(dashboard, "custom")]
            for query in list(dashboards.queries(dashboard)) + list(dashboards.annotations(dashboard)):
                # Targets and limits are of some of the windows; everything else is of the one that is shown first.
                some = "_target{" in query.expr or "tidemark_breach_threshold" in query.expr
                tried = windows[0] if some and windows else [values.get("window", "")]
                asked += 1
                if not any(self.ask(dashboards.fill(query.expr, {**values, "window": w})) for w in tried):
                    if not lint.metrics(query.expr) & set(UNKNOWN):
                        empty.append(f"{query.where}: {query.expr}")
        print(f"{asked} queries of {len(self.dashboards)} dashboards")
        self.assertGreater(asked, 250)
        self.assertEqual(empty, [])

    def test_all_windows_yield_data_in_every_top_row(self):
        for dashboard in self.dashboards.values():
            values = self.values(dashboard)
            for v in dashboards.variables(dashboard, "custom"):
                for window in set(v["query"].split(",")) - {"1h"}:  # not everything happens within an hour
                    empty = [q.where for q in list(dashboards.queries(dashboard))[:8]
                             if "_target{" not in q.expr and "_compare{" not in q.expr
                             and not self.ask(dashboards.fill(q.expr, {**values, "window": window}))
                             and not lint.metrics(q.expr) & set(UNKNOWN)]
                    self.assertEqual(empty, [], window)

    def test_what_is_excused_is_not_there(self):
        page = harness.Page(self.page("/metrics"))
        self.assertEqual([name for name in UNKNOWN if page.family(name)], [])

    def test_lint_has_nothing_to_say(self):
        known = set(re.findall(r"^# HELP (\w+)", self.page("/metrics"), re.M)) | {"up"}
        known |= {name + "_bucket" for name in known}
        self.assertEqual(lint.lint(list(self.dashboards.values()), known), [])

    def test_numbers_of_many_series_are_those_of_the_daemon(self):
        """Where a KPI is also exposed for everything, what the dashboard works out from its parts is the same."""
        def one(expr):
            return float(self.ask(expr)[0]["value"][1])
        panels = {q.where: q.expr for q in dashboards.queries(self.dashboards["tidemark-revenue"])}
        values = {**self.values(self.dashboards["tidemark-revenue"]), "window": "30d"}
        net = one('sales_revenue{window="30d",currency="USD"}')
        shown = one(dashboards.fill(panels["tidemark-revenue / Revenue ($currency) / A"], {**values, "currency": "USD"}))
        self.assertEqual(shown, net)
        order_value = one(dashboards.fill(panels["tidemark-revenue / Average order value ($currency) / A"], {**values, "currency": "USD"}))
        self.assertAlmostEqual(order_value, one('sales_order_value{window="30d",currency="USD"}'), delta=order_value * 1e-9)


if __name__ == "__main__":
    harness.main()
