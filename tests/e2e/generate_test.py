#!/usr/bin/python3
"""What `tidemark generate` writes is accepted by the tools it is for, and does what it says: promtool, amtool, the runbooks."""

import collections
import json
import os
import re
import unittest

import harness
import monitoring

EXAMPLES = harness.ROOT / "config" / "examples"
RUNBOOKS = harness.ROOT / "deploy" / "prometheus" / "runbooks.md"

# The whole catalogue with rules over every kind of unit, and texts that nobody should write.
EVERYTHING = r"""
kafka: {brokers: "127.0.0.1:9092"}
topics: [crm.events]
catalogue: all
calendar: {time_zone: America/New_York, business_days: [mon-fri]}
limits: {max_entities: 100000}
sources:
  crm: {source: /crm, expect_every: 1h}
  erp: {topics: [erp], format: avro, framing: confluent, events: [{emit: order.paid, set: {order.id: row.id}}]}
  sfdc: {use: salesforce, topics: [sfdc.changes]}
registry: {url: "http://127.0.0.1:8081"}
tables: {reps: {file: reps.csv, key: rep_id}}
targets: {goal_leads_created: {month_to_date: 90, quarter_to_date: 300}}
kpis:
  - {name: seconds_open, unit: seconds, on: lead.created, where: "lead.channel == \"x\"", count: true, windows: [1h]}
  - {name: traffic, unit: bytes, on: web.page_view, count: true, windows: [1h]}
  - {name: francs, unit: chf, help: "Francs: {{ .Labels }} 'x' \"y\" \\ {{", on: order.paid, sum: order.amount, windows: [1h], compare: [previous, 1w]}
rules:
  - {name: ratio_low, kpi: win_ratio, window: 30d, below: {enter: 0.2, exit: 0.25}, help: '{{ query `vector(1)` }} ''"'' {{', team: 'sales {{ "x" }} & co'}
  - {name: slow, kpi: seconds_open, above: 5400, severity: critical, active: {time_zone: Europe/Berlin, days: [mon-sat], hours: "07:00-21:00"}}
  - {name: too_many_bytes, kpi: traffic, above: 1048576, severity: info, active: {days: [sun], hours: "00:00-24:00"}}
  - {name: francs_low, kpi: francs, below: {enter: -1500.25, exit: 0}}
  - {name: francs_zero, kpi: francs, below: 0, severity: critical}
  - {name: tidemark_down, kpi: leads_created, window: 24h, below: 1, absent: breach}
  - {name: a_1b, kpi: leads_created, window: 24h, above: 1}
  - {name: a1b, kpi: leads_created, window: 24h, above: 1}
"""

# What notifications say: hostile label values, a change, and the last of an hour while the daemon restarts.
TEXTS = r"""
rule_files: [everything-rules.yaml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {series: 'tidemark_breach{job="tidemark",instance="a",rule="francs_low"}', values: '1 1 1 stale _x20'}
      - {series: 'tidemark_breach_observed{job="tidemark",instance="a",rule="francs_low"}', values: '-1234567.5 -1234567.5 -1234567.5 stale _x20'}
      - {series: 'tidemark_breach_samples{job="tidemark",instance="a",rule="francs_low"}', values: '12 12 12 stale _x20'}
      - {series: 'tidemark_breach_started_timestamp_seconds{job="tidemark",instance="a",rule="francs_low"}', values: '1764035812.25x2 stale _x20'}
      - {series: 'sales_francs_growth_ratio{job="tidemark",instance="a",window="1h",compare="previous"}', values: '0.355x20'}
    alert_rule_test:
      - alertname: FrancsLow
        eval_time: 10m
        exp_alerts:
          - exp_labels: {job: tidemark, rule: francs_low, kpi: francs, unit: chf, window: 1h, severity: warning, team: sales-ops}
            exp_annotations:
              summary: "Francs: {{ .Labels }} 'x' \"y\" \\ {{ (1h): below -CHF 1,500.25."
              description: 'Now -CHF 1,234,567.50, +35.5% against the period before; limit: below -CHF 1,500.25, until CHF 0.'
              value: '-CHF 1,234,567.50'
              limit: 'below -CHF 1,500.25, until CHF 0'
              change: '+35.5% against the period before'
              since: '2025-11-25 01:56 UTC'
              samples: '12'
  - interval: 1m
    input_series:
      - {series: 'tidemark_breach{job="tidemark",instance="a",rule="ratio_low",rep_id="a\"b{{ 1 }}",currency="x"}', values: '1x9'}
      - {series: 'tidemark_breach_observed{job="tidemark",instance="a",rule="ratio_low",rep_id="a\"b{{ 1 }}",currency="x"}', values: '0.18x9'}
      - {series: 'tidemark_breach_observed{job="tidemark",instance="a",rule="ratio_low",rep_id="other",currency="x"}', values: '0.1x9'}
    promql_expr_test:
      - {expr: 'count(ALERTS{alertname="RatioLow"})', eval_time: 5m, exp_samples: [{value: 1, labels: '{}'}]}
"""

NOTIFICATION = {
    "receiver": "sales-ops", "status": "firing", "externalURL": "http://am", "groupLabels": {"rule": "revenue_low"},
    "commonLabels": {"severity": "critical"}, "commonAnnotations": {"summary": "Revenue (1h): below $1,000."},
    "alerts": [
        {"status": "firing", "labels": {"severity": "critical"}, "startsAt": "2026-11-28T15:00:00Z", "annotations": {
            "summary": "Revenue (1h): below $1,000.", "value": "$400", "limit": "below $1,000", "change": "60% below the limit",
            "series": "channel: <script>|", "dashboard_url": "http://g/d/x?a=1&b=2"}},
        {"status": "resolved", "labels": {"severity": "critical"}, "startsAt": "2026-11-28T15:00:00Z", "annotations": {
            "summary": "Revenue (1h): below $1,000.", "value": "$900", "limit": "below $1,000", "series": "channel: web"}}],
}


class Generate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        monitoring.need("promtool", "amtool")
        cls.dir = harness.temp_dir("generate")
        cls.configs = {path.stem: path for path in sorted(EXAMPLES.glob("*.yaml"))}
        monitoring.write(cls.dir, "reps.csv", "rep_id,team\n7,emea\n")
        cls.configs["everything"] = monitoring.write(cls.dir, "everything.yaml", EVERYTHING)
        secrets = cls.dir / "secrets"
        secrets.mkdir()
        monitoring.write(secrets, "kafka-password", "secret\n")
        os.environ["TIDEMARK_SECRETS"] = str(secrets)
        cls.rules = {name: monitoring.generate("rules", f"--config.file={path}") for name, path in cls.configs.items()}
        for name, rules in cls.rules.items():
            monitoring.write(cls.dir, f"{name}-rules.yaml", rules)

    def accepted(self, *command):
        status, text = monitoring.run(*command, timeout=300)
        self.assertEqual(status, 0, f"{command}\n{text[-4000:]}")
        return text

    def test_promtool_checks_and_tests_every_rule(self):
        for name, path in self.configs.items():
            with self.subTest(name):
                file = self.dir / f"{name}-rules.yaml"
                self.accepted("promtool", "check", "rules", file)
                alerts = set(re.findall(r"- alert: (\w+)$", self.rules[name], re.MULTILINE))
                tests = monitoring.generate("rules", f"--config.file={path}", f"--tests={file.name}")
                for alert in alerts:  # each fires in its test, and each is silent
                    for outcome in (r"\[\{labels", r"\[\]"):
                        self.assertRegex(tests, rf"alertname=\"{alert}\",alertstate=\"firing\"\}}'\n +eval_time: \d+m\n +exp_samples: {outcome}")
                file = monitoring.write(self.dir, f"{name}-test.yaml", tests)
                if name == "everything":  # which has all that the others have, and promtool takes its time
                    self.accepted("promtool", "test", "rules", file)

    def test_promtool_finds_a_wrong_expectation(self):
        tests = monitoring.generate("rules", f"--config.file={self.configs['sources']}", "--tests=sources-rules.yaml")
        status, text = monitoring.run("promtool", "test", "rules", monitoring.write(self.dir, "wrong.yaml", tests.replace("exp_samples: []", "exp_samples: [{labels: x, value: 1}]", 1)))
        self.assertEqual((status, "FAILED" in text), (1, True), text)

    def test_a_restart_and_hostile_texts_read_as_they_should(self):
        status, text = monitoring.run("promtool", "test", "rules", monitoring.write(self.dir, "texts.yaml", TEXTS))
        self.assertEqual(status, 0, text)

    def test_prometheus_takes_the_file_as_the_readme_says(self):
        config = monitoring.write(self.dir, "prometheus.yml", "rule_files: [everything-rules.yaml]\nscrape_configs:\n  - job_name: tidemark\n"
                                  "    static_configs: [{targets: ['127.0.0.1:9464']}]\n")
        self.assertIn("SUCCESS", self.accepted("promtool", "check", "config", config))

    def test_amtool_takes_the_configuration_and_routes_as_it_says(self):
        for name, path in self.configs.items():
            for receivers in ("email", "email,slack,webhook"):
                with self.subTest(name, receivers=receivers):
                    text = monitoring.generate("alertmanager", f"--config.file={path}", f"--receivers={receivers}")
                    monitoring.write(self.dir, "tidemark.tmpl", monitoring.generate("alertmanager", "--templates"))
                    self.accepted("amtool", "check-config", monitoring.write(self.dir, f"{name}-am.yaml", text))
        for labels, receiver in (
                ("alertname=TidemarkKpiBehind severity=none team=platform kpi=x", "nobody"),
                ("alertname=TidemarkDown severity=critical team=platform", "platform-critical"),
                ("alertname=TidemarkLagging severity=warning team=platform", "platform"),
                ("alertname=Slow rule=slow severity=critical team=sales-ops window=1h", "sales-ops-critical"),
                ("alertname=FrancsLow rule=francs_low severity=warning team=sales-ops window=1h", "sales-ops"),
                ("alertname=TooManyBytes rule=too_many_bytes severity=info team=sales-ops window=1h", "sales-ops"),
                ("alertname=TidemarkGoalBehindPace severity=info team=sales-ops kpi=goal_leads_created", "sales-ops"),
                ("alertname=Else severity=warning", "platform")):
            got = self.accepted("amtool", "config", "routes", "test", f"--config.file={self.dir}/everything-am.yaml", *labels.split())
            self.assertEqual(got.splitlines()[-1] if "Warning" not in got.splitlines()[-1] else got.splitlines()[0], receiver, labels)

    def test_templates_read_like_people_write(self):
        monitoring.write(self.dir, "tidemark.tmpl", monitoring.generate("alertmanager", "--templates"))
        data = monitoring.write(self.dir, "data.json", json.dumps(NOTIFICATION))

        def rendered(name, kind="text"):
            return self.accepted("amtool", "template", "render", f"--template.glob={self.dir}/tidemark.tmpl", f"--template.data={data}",
                                 f"--template.type={kind}", f'--template.text={{{{ template "tidemark.{name}" . }}}}')
        self.assertEqual(rendered("subject"), "[CRITICAL] Revenue (1h): below $1,000. (1 firing, 1 resolved)")
        self.assertEqual((rendered("color"), rendered("link")), ("danger", "http://g/d/x?a=1&b=2"))
        self.assertIn("Now:     $400 (60% below the limit)\nLimit:   below $1,000\nOf:      channel: <script>|\n", rendered("text"))
        self.assertIn("RESOLVED: Revenue (1h): below $1,000.\nLast:    $900", rendered("text"))
        self.assertIn("channel: &lt;script&gt;|: *$400* (60% below the limit), limit: below $1,000", rendered("slack"))
        self.assertIn("<http://g/d/x?a=1&amp;b=2|Dashboard>", rendered("slack"))
        html = rendered("email", "html")
        self.assertIn("&lt;script&gt;", html)
        self.assertNotIn("<script>", html)
        self.assertIn('<a href="http://g/d/x?a=1&amp;b=2">Dashboard</a>', html)

    def test_every_alert_has_its_runbook_and_every_runbook_its_alert(self):
        text = RUNBOOKS.read_text()
        sections = collections.Counter(re.findall(r"^## (.+)$", text, re.MULTILINE))
        own = {alert for rules in self.rules.values() for alert in re.findall(r"- alert: (Tidemark\w+)$", rules, re.MULTILINE)}
        self.assertEqual(sections, collections.Counter(own | {"Sales alerts"}))
        linked = monitoring.generate("rules", f"--config.file={self.configs['everything']}", "--runbook.url=http://r/runbooks.md")
        anchors = set(re.findall(r'runbook_url: "http://r/runbooks.md#([\w-]+)"', linked))
        self.assertEqual(anchors, {section.lower().replace(" ", "-") for section in sections})


if __name__ == "__main__":
    harness.main()
