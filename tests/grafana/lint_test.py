#!/usr/bin/python3
"""The lint finds each mistake that is planted, and nothing in what is generated."""

import copy
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))

import dashboards  # noqa: E402
import harness  # noqa: E402
import lint  # noqa: E402

CONFIG = """
kafka: {brokers: "127.0.0.1:9"}
topics: [events]
catalogue: all
kpis:
  - {name: tickets_now, help: "5 \\" <b>$kpi</b> \\\\ ${x}.", on: ticket.opened, count: true, windows: [1h]}
rules:
  - {name: revenue_low, kpi: revenue, window: 7d, below: 5}
"""


def stat(d):
    return next(p for p in d["panels"] if p["type"] == "stat")


def target(d):
    return stat(d)["targets"][0]


# (what is said of it, how it is planted)
MISTAKES = [
    ("uid: 1 to 40", lambda d: d.update(uid="a b")),
    ("uid: 1 to 40", lambda d: d.update(uid="x" * 41)),
    ("editable", lambda d: d.update(editable=True)),
    ("id, __inputs", lambda d: d.update(id=7)),
    ("id, __inputs", lambda d: d.update(__inputs=[])),
    ("graphTooltip", lambda d: d.update(graphTooltip=0)),
    ("description: is empty", lambda d: d.update(description="")),
    ("no such variable", lambda d: d["templating"]["list"].pop(0)),
    ("a variable that nothing uses", lambda d: d["templating"]["list"].append({"name": "idle", "type": "constant", "query": "x"})),
    ("neither label_values", lambda d: d["templating"]["list"][1]["query"].update(query="tidemark_build_info")),
    ("not read anew", lambda d: d["templating"]["list"][1].update(refresh=0)),
    ("twice", lambda d: stat(d).update(id=1)),
    ("no title", lambda d: stat(d).update(title="")),
    ("no description", lambda d: stat(d).update(description="")),
    ("no query", lambda d: stat(d).update(targets=[])),
    ("not ${datasource}", lambda d: target(d).update(datasource={"type": "prometheus", "uid": "P1"})),
    ("unit sekunden", lambda d: stat(d)["fieldConfig"]["defaults"].update(unit="sekunden")),
    ("no metric sales_revenu", lambda d: target(d).update(expr='sum(sales_revenu{job="$job",window="7d"})')),
    ("not of one job", lambda d: target(d).update(expr='sum(sales_revenue{window="7d"})')),
    ("without rate", lambda d: target(d).update(expr='tidemark_commits_total{job="$job"}')),
    ("is not [$__rate_interval]", lambda d: target(d).update(expr='rate(tidemark_commits_total{job="$job"}[5m])')),
    ("no such variable", lambda d: target(d).update(expr='sum(sales_revenue{job="$job",window="$windw"})')),
    ("over another panel", lambda d: stat(d)["gridPos"].update(x=1)),
    ("off the grid", lambda d: stat(d)["gridPos"].update(x=22)),
]


class Lint(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = harness.temp_dir("lint")
        (cls.work / "kpis.yaml").write_text(CONFIG)
        subprocess.run([harness.binary(), "generate", "dashboards", f"--config.file={cls.work}/kpis.yaml", f"--output={cls.work}/out"], check=True)
        cls.dashboards = dashboards.load(cls.work / "out")
        cls.known = {"tidemark_commits_total"}
        for d in cls.dashboards.values():
            for q in list(dashboards.queries(d)) + list(dashboards.annotations(d)):
                cls.known |= lint.metrics(q.expr)
            for v in dashboards.variables(d, "query"):
                cls.known |= lint.metrics(v["query"]["query"])

    def test_nothing_is_wrong(self):
        self.assertEqual(lint.lint(list(self.dashboards.values()), self.known), [])

    def test_each_mistake_is_found(self):
        for said, plant in MISTAKES:
            with self.subTest(said):
                wrong = copy.deepcopy(self.dashboards["tidemark-sales-overview"])
                plant(wrong)
                found = lint.lint([wrong], self.known)
                self.assertTrue(any(said in text for text in found), f"{said} was not found, but {found}")

    def test_two_of_a_kind_are_found(self):
        d = self.dashboards["tidemark-leads"]
        self.assertEqual(len(lint.lint([d, d], self.known)), 2)


if __name__ == "__main__":
    harness.main()
