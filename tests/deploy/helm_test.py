#!/usr/bin/env python3
"""The chart: lint, every ci/*-values.yaml rendered and judged, wrong values refused, and the same pod as the kustomize overlay's."""

import copy
import hashlib
import json
import re
import shutil
import tempfile
import unittest
from pathlib import Path

import yaml

import manifests
import policy

CI = sorted((manifests.CHART / "ci").glob("*-values.yaml"))
SECRETS = ["/etc/tidemark-secrets/kafka/password", "/etc/tidemark-secrets/kafka/ca.crt"]

REFUSED = [
    ("replicas=one", "/replicas"),
    ("replicas=-1", "/replicas"),
    ("replica=2", "replica"),
    ("image.pullPolicy=Sometimes", "/image/pullPolicy"),
    ("image.digest=sha256:12", "/image/digest"),
    ("config.reloadInterval=often", "/config/reloadInterval"),
    ("persistence.size=10", "/persistence/size"),
    ("persistence.whenDeleted=Keep", "/persistence/whenDeleted"),
    ("terminationGracePeriodSeconds=3", "/terminationGracePeriodSeconds"),
    ("web.probes=tcp", "/web/probes"),
    ("resources.limit.memory=1Gi", "limit"),
    ("backup.schedule=nightly", "/backup/schedule"),
    ("secretMounts.Kafka_1=s", "Kafka_1"),
    ("env[0].name=P,env[0].valueFrom.secretKeyRef.key=p", "/env/0"),
]


def render(*arguments):
    return manifests.helm_template("--kube-version", "1.33", *arguments)


def stateful(rendered):
    return manifests.one(manifests.objects(rendered), "StatefulSet")


class Rendered(unittest.TestCase):
    def test_lint_finds_nothing(self):
        for values in CI:
            status, said = manifests.run(manifests.tools() / "helm", "lint", "--strict", manifests.CHART, "-f", values)
            self.assertEqual(status, 0, said)

    def test_every_values_file_is_what_a_cluster_takes(self):
        for values in CI:
            with self.subTest(values=values.name):
                self.assertEqual(manifests.refusals(render("-f", values)), [])

    def test_every_values_file_keeps_the_policy(self):
        for values in CI:
            with self.subTest(values=values.name):
                rendered = manifests.objects(render("-f", values))
                self.assertEqual(policy.violations(rendered) + policy.unbounded(rendered), [])

    def test_the_daemon_takes_every_configuration(self):
        for values in CI:
            with self.subTest(values=values.name):
                rendered = manifests.objects(render("-f", values))
                files = next(o for o in rendered if o["kind"] == "ConfigMap" and o["metadata"]["name"].endswith("-config"))["data"]
                environment = manifests.one(rendered, "StatefulSet")["spec"]["template"]["spec"]["containers"][0].get("env", [])
                status, said = manifests.check_config(files, SECRETS, {e["name"]: e["value"] for e in environment})
                self.assertEqual(status, 0, said)

    def test_wrong_values_are_refused_by_name(self):
        for value, named in REFUSED:
            with self.subTest(value=value):
                status, said = manifests.run(manifests.tools() / "helm", "template", "tidemark", manifests.CHART, "--set", value)
                self.assertEqual(status, 1)
                self.assertIn("values don't meet the specifications of the schema", said)
                self.assertIn(named, said)

    def test_a_pod_is_the_one_of_the_kustomize_overlay(self):
        kustomize = manifests.objects(manifests.kustomize(manifests.KUSTOMIZE / "overlays" / "prometheus-operator"))
        chart = manifests.objects(render("-f", manifests.CHART / "ci" / "kustomize-values.yaml"))
        for kind in ["StatefulSet", "CronJob", "NetworkPolicy", "PodDisruptionBudget"]:
            with self.subTest(kind=kind):
                ours, theirs = (_plain(manifests.one(objects, kind)["spec"]) for objects in (kustomize, chart))
                self.assertEqual(ours, theirs)


def _plain(spec):
    """Without what the two may name or order differently."""
    spec = copy.deepcopy(spec)
    template = spec["jobTemplate"]["spec"]["template"] if "jobTemplate" in spec else spec.get("template")
    if template:
        pod = template["spec"]
        for volume in pod["volumes"]:
            volume["name"] = volume["name"].removeprefix("secret-")
        pod["volumes"].sort(key=lambda volume: volume["name"])
        for container in pod["containers"]:
            container.pop("imagePullPolicy", None)
            for mount in container["volumeMounts"]:
                mount["name"] = mount["name"].removeprefix("secret-")
            container["volumeMounts"].sort(key=lambda mount: mount["name"])
    return spec


class Values(unittest.TestCase):
    def test_a_file_of_the_user_is_mounted_byte_for_byte(self):
        text = '# 1e3\nkafka: {brokers: "k:9092"}\ntopics: [t]\nlimits: {max_series: 1000000}\ncatalogue: all\n'
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            rendered = manifests.objects(render("--set-file", f"config.files.tidemark\\.yaml={file.name}"))
        self.assertEqual(manifests.one(rendered, "ConfigMap")["data"]["tidemark.yaml"], text)

    def test_generated_rules_arrive_as_they_are(self):
        with tempfile.TemporaryDirectory() as directory:
            rules = Path(directory) / "rules.yaml"
            config = Path(directory) / "tidemark.yaml"
            config.write_text(yaml.safe_load((manifests.CHART / "values.yaml").read_text())["config"]["files"]["tidemark.yaml"])
            manifests.must(manifests.binary(), "generate", "rules", f"--config.file={config}", f"--output={rules}")
            text = render("-f", manifests.CHART / "ci" / "default-values.yaml", "--set", "prometheusRule.enabled=true",
                          "--set-file", f"prometheusRule.rules={rules}")
            self.assertEqual(manifests.refusals(text), [])
            rule = manifests.one(manifests.objects(text), "PrometheusRule")
            self.assertEqual(rule["spec"], yaml.safe_load(rules.read_text()))
            self.assertIn("TidemarkDown", rules.read_text())

    def test_generated_dashboards_arrive_as_they_are(self):
        with tempfile.TemporaryDirectory() as directory:
            config = Path(directory) / "tidemark.yaml"
            config.write_text(yaml.safe_load((manifests.CHART / "values.yaml").read_text())["config"]["files"]["tidemark.yaml"])
            manifests.must(manifests.binary(), "generate", "dashboards", f"--config.file={config}", f"--output={directory}/made")
            made = {path.name: path.read_text() for path in (Path(directory) / "made").glob("*.json")}
            files = [word for name in made for word in (
                "--set-file", f"dashboards.files.{name.replace('.', chr(92) + '.')}={directory}/made/{name}")]
            rendered = render("--set", "dashboards.enabled=true", *files)
        config = manifests.one(manifests.objects(rendered), "ConfigMap", "tidemark-dashboards")
        self.assertTrue(made)
        self.assertEqual(config["data"], made)
        self.assertEqual(config["metadata"]["labels"]["grafana_dashboard"], "1")

    def test_what_is_on_without_its_files_says_what_is_missing(self):
        for switch, text in [("prometheusRule.enabled", "tidemark generate rules"), ("dashboards.enabled", "dashboards.files is empty"),
                             ("web.tls", "web.tls without web.configSecret")]:
            status, said = manifests.run(manifests.tools() / "helm", "template", "tidemark", manifests.CHART,
                                         "--kube-version", "1.33", "--set", f"{switch}=true")
            self.assertEqual(status, 1)
            self.assertIn(text, said)

    def test_notes_say_what_is_likely_not_meant(self):
        def notes(*values):  # without a cluster Helm renders everything but them
            with tempfile.TemporaryDirectory() as directory:
                chart = shutil.copytree(manifests.CHART, Path(directory) / "tidemark")
                text = (chart / "templates" / "NOTES.txt").read_text()
                (chart / "templates" / "notes.yaml").write_text(
                    f'{{{{- define "notes" }}}}{text}{{{{ end }}}}notes: {{{{ include "notes" . | quote }}}}\n')
                rendered = manifests.must(manifests.tools() / "helm", "template", "tidemark", chart, "--kube-version", "1.33",
                                          "--show-only", "templates/notes.yaml", *values)
            return yaml.safe_load(rendered)["notes"]
        told = ["limits.memory is not set", "3 replicas", "refused (403)", "set web.probes=exec"]
        said = notes("--set", "replicas=3,backup.enabled=true,web.tls=true,web.configSecret=w")
        self.assertEqual([text for text in told if text in said], told)
        said = notes("-f", manifests.CHART / "ci" / "everything-values.yaml")
        self.assertEqual([text for text in told if text in said], [])

    def test_without_following_a_changed_configuration_restarts_the_pods(self):
        def annotations(brokers):
            rendered = render("--set", "config.reloadInterval=0s", "--set", f"config.files.tidemark\\.yaml={brokers}")
            return stateful(rendered)["spec"]["template"]["metadata"]["annotations"]
        self.assertNotEqual(annotations("a")["checksum/config"], annotations("b")["checksum/config"])
        expected = hashlib.sha256(b'{"tidemark.yaml":"a"}').hexdigest()
        self.assertEqual(annotations("a")["checksum/config"], expected)

    def test_each_replica_has_a_backup_of_its_own(self):
        rendered = manifests.objects(render("--set", "replicas=3,backup.enabled=true"))
        claims = [o["spec"]["jobTemplate"]["spec"]["template"]["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"]
                  for o in rendered if o["kind"] == "CronJob"]
        self.assertEqual(claims, ["state-tidemark-0", "state-tidemark-1", "state-tidemark-2"])

    def test_long_names_stay_within_what_a_name_may_have(self):
        rendered = render("--set", "backup.enabled=true", "--set", f"fullnameOverride={'a' * 63}")
        for o in manifests.objects(rendered):
            self.assertLessEqual(len(o["metadata"]["name"]), 52, o["kind"])  # a CronJob's jobs have 11 characters more


def _rows(values):
    """(key, comment) of each commented key of values.yaml."""
    comment, path, rows = "", [], []
    for line in values.read_text().splitlines():
        if match := re.match(r"( *)# (.*)", line):
            comment = match[2]
        elif match := re.match(r"( *)([A-Za-z]+):", line):
            path = path[:len(match[1]) // 2] + [match[2]]
            if comment:
                rows.append((".".join(path), comment))
            comment = ""
        else:
            comment = ""
    return rows


def table():
    """The table of values as it stands in README.md."""
    values = yaml.safe_load((manifests.CHART / "values.yaml").read_text())
    lines = ["| key | what | default |", "|---|---|---|"]
    for key, comment in _rows(manifests.CHART / "values.yaml"):
        default = values
        for part in key.split("."):
            default = default[part]
        shown = json.dumps(default)
        lines.append(f"| `{key}` | {comment} | {f'`{shown}`' if len(shown) <= 60 else 'see values.yaml'} |")
    return "\n".join(lines)


class Documentation(unittest.TestCase):
    def test_the_table_of_values_is_that_of_values_yaml(self):
        self.assertIn(table(), (manifests.CHART / "README.md").read_text(), f"put this into README.md:\n{table()}")

    def test_every_value_has_a_row(self):
        values = yaml.safe_load((manifests.CHART / "values.yaml").read_text())
        schema = json.loads((manifests.CHART / "values.schema.json").read_text())
        rows = {key for key, _ in _rows(manifests.CHART / "values.yaml")}

        def leaves(properties, prefix=""):
            for key, value in properties.items():
                if "properties" in value and key != "resources":  # Kubernetes' own
                    yield from leaves(value["properties"], f"{prefix}{key}.")
                else:
                    yield prefix + key
        self.assertEqual(set(leaves(schema["properties"])) - {"global"}, rows)
        self.assertEqual(set(values) | {"global"}, set(schema["properties"]))


if __name__ == "__main__":
    manifests.main()
