#!/usr/bin/env python3
"""The kustomize base and every overlay: a cluster would take them, they keep policy.py, and the daemon takes their configuration."""

import copy
import pathlib
import shutil
import tempfile
import unittest

import yaml

import manifests
import policy

SECRETS = ["/etc/tidemark-secrets/kafka/password", "/etc/tidemark-secrets/kafka/ca.crt"]
DIRECTORIES = [manifests.KUSTOMIZE / "base", *sorted((manifests.KUSTOMIZE / "overlays").iterdir())]


class Rendered(unittest.TestCase):
    def test_every_overlay_is_what_a_cluster_takes(self):
        for directory in DIRECTORIES:
            with self.subTest(directory=directory.name):
                self.assertEqual(manifests.refusals(manifests.kustomize(directory)), [])

    def test_every_overlay_keeps_the_policy(self):
        for directory in DIRECTORIES:
            with self.subTest(directory=directory.name):
                rendered = manifests.objects(manifests.kustomize(directory))
                self.assertEqual(policy.violations(rendered) + policy.unbounded(rendered), [])

    def test_the_restore_job_is_what_a_cluster_takes_and_has_the_volumes_of_production(self):
        text = (manifests.KUSTOMIZE / "restore.yaml").read_text()
        self.assertEqual(manifests.refusals(text), [])
        production = manifests.objects(manifests.kustomize(manifests.KUSTOMIZE / "overlays" / "production"))
        job, claim = (manifests.one(manifests.objects(text), kind) for kind in ("Job", "PersistentVolumeClaim"))
        backup = manifests.one(production, "CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        self.assertEqual(job["spec"]["template"]["spec"]["volumes"], backup["volumes"])
        self.assertEqual(policy.violations([job, *production]), [])
        self.assertEqual(claim["spec"], manifests.one(production, "StatefulSet")["spec"]["volumeClaimTemplates"][0]["spec"])

    def test_the_daemon_takes_every_configuration(self):
        for directory in DIRECTORIES:
            with self.subTest(directory=directory.name):
                files = manifests.one(manifests.objects(manifests.kustomize(directory)), "ConfigMap", "tidemark-config")["data"]
                status, said = manifests.check_config(files, SECRETS)
                self.assertEqual(status, 0, said)


class Generated(unittest.TestCase):
    def test_alerts_and_dashboards_of_a_configuration_are_a_component(self):
        with tempfile.TemporaryDirectory(prefix="tidemark-deploy-") as directory:
            copied = shutil.copytree(manifests.KUSTOMIZE, pathlib.Path(directory) / "kubernetes")
            overlay = copied / "overlays" / "mine"
            overlay.mkdir()
            config = copied / "base" / "tidemark.yaml"
            (overlay / "sales.json").write_text('{"title": "a {{ b }}", "panels": []}')
            manifests.must("env", f"TIDEMARK={manifests.binary()}", manifests.KUSTOMIZE / "generate.sh", config, overlay / "generated",
                           overlay / "sales.json")
            (overlay / "kustomization.yaml").write_text("resources: [../prometheus-operator]\ncomponents: [generated]\n")
            text = manifests.kustomize(overlay)
            rules = yaml.safe_load(manifests.must(manifests.binary(), "generate", "rules", f"--config.file={config}"))
        self.assertEqual(manifests.refusals(text), [])
        rendered = manifests.objects(text)
        self.assertEqual(manifests.one(rendered, "PrometheusRule")["spec"], rules)
        dashboards = manifests.one(rendered, "ConfigMap", "tidemark-dashboards")
        self.assertEqual(dashboards["data"], {"sales.json": '{"title": "a {{ b }}", "panels": []}'})
        self.assertEqual(dashboards["metadata"]["labels"]["grafana_dashboard"], "1")


def _set(path, value):
    """A change to the StatefulSet's pod or container, as (path, value); None takes the key away."""
    def change(objects):
        place = manifests.one(objects, "StatefulSet")["spec"]
        for key in path[:-1]:
            place = place[key]
        if value is None:
            del place[path[-1]]
        else:
            place[path[-1]] = value
    return change


def _set_of(kind, key, value, name=None):
    def change(objects):
        manifests.one(objects, kind, name)["spec"][key] = value
    return change


POD = ("template", "spec")
CONTAINER = (*POD, "containers", 0)
PLANTED = [
    ("runs as root", _set((*POD, "securityContext", "runAsNonRoot"), False)),
    ("is not user, group", _set((*POD, "securityContext", "fsGroup"), 0)),
    ("no seccomp profile", _set((*POD, "securityContext", "seccompProfile"), None)),
    ("token of the API server", _set((*POD, "automountServiceAccountToken"), True)),
    ("names of all services", _set((*POD, "enableServiceLinks"), None)),
    ("mounts the host", _set((*POD, "volumes"), [{"name": "state", "hostPath": {"path": "/"}}])),
    ("write to its root", _set((*CONTAINER, "securityContext", "readOnlyRootFilesystem"), False)),
    ("gain privileges", _set((*CONTAINER, "securityContext", "allowPrivilegeEscalation"), True)),
    ("has capabilities", _set((*CONTAINER, "securityContext", "capabilities"), None)),
    ("secret in its environment", _set((*CONTAINER, "env"), [{"name": "P", "valueFrom": {"secretKeyRef": {"name": "s", "key": "p"}}}])),
    ("one after the other", _set(("podManagementPolicy",), "OrderedReady")),
    ("what becomes of its volumes", _set(("persistentVolumeClaimRetentionPolicy",), None)),
    ("on no volume", _set(("volumeClaimTemplates",), [])),
    ("owner of every file", _set((*POD, "securityContext", "fsGroupChangePolicy"), None)),
    ("killed before it can have ended", _set((*POD, "terminationGracePeriodSeconds"), 5)),
    ("startup probe that waits", _set((*CONTAINER, "startupProbe", "httpGet", "path"), "/-/ready")),
    ("killed while it restores", _set((*CONTAINER, "livenessProbe", "httpGet", "path"), "/-/ready")),
    ("ready before it is", _set((*CONTAINER, "readinessProbe", "httpGet", "path"), "/-/healthy")),
    ("two ways, or in none", _set(("template", "metadata", "annotations"), {"checksum/config": "0"})),
    ("no headless service", _set(("serviceName",), "tidemark")),
    ("not scraped while", _set_of("Service", "publishNotReadyAddresses", False, "tidemark-headless")),
    ("not in its service", _set_of("Service", "selector", {"app": "other"}, "tidemark-headless")),
    ("blocks the drain", _set_of("PodDisruptionBudget", "minAvailable", 1)),
    ("not in its disruption budget", _set_of("PodDisruptionBudget", "selector", {"matchLabels": {"app": "other"}})),
    ("not in its network policy", _set_of("NetworkPolicy", "podSelector", {"matchLabels": {"app": "other"}})),
    ("for one direction", _set_of("NetworkPolicy", "policyTypes", ["Ingress"])),
    ("open to everybody", _set_of("NetworkPolicy", "ingress", [{"ports": [{"port": "http"}]}])),
    ("can't resolve names", _set_of("NetworkPolicy", "egress", [])),
    ("other services than the headless", _set_of("ServiceMonitor", "selector", {"matchLabels": {"app.kubernetes.io/name": "tidemark"}})),
]


class ChecksFail(unittest.TestCase):
    """Each check sees what is planted for it."""

    @classmethod
    def setUpClass(cls):
        cls.text = manifests.kustomize(manifests.KUSTOMIZE / "overlays" / "prometheus-operator")
        cls.objects = manifests.objects(cls.text)

    def test_the_policy_sees_what_is_planted(self):
        for expected, plant in PLANTED:
            with self.subTest(expected=expected):
                objects = copy.deepcopy(self.objects)
                plant(objects)
                said = policy.violations(objects)
                self.assertEqual(len([line for line in said if expected in line]), 1, said)
                self.assertLessEqual(len(said), 3, said)  # a service that is not found is missed by two more

    def test_memory_without_a_limit_is_seen(self):
        objects = copy.deepcopy(self.objects)
        _set((*CONTAINER, "resources"), {})(objects)
        self.assertEqual(len(policy.unbounded(objects)), 1)

    def test_the_api_server_and_kube_score_see_what_is_planted(self):
        for old, new, expected in [
            ("livenessProbe:", "livenessProb:", 'unknown field "spec.template.spec.containers[0].livenessProb"'),
            ("publishNotReadyAddresses: true", "publishNotReadyAddresses: often", "publishNotReadyAddresses"),
            ("interval: 15s", "interval: 15 seconds", "spec.endpoints[0].interval"),
            ("scrapeTimeout:", "scrapeTimeOut:", 'unknown field "spec.endpoints[0].scrapeTimeOut"'),
            ("runAsNonRoot: true", "runAsNonRoot: false", "Pod Security restricted: runAsNonRoot != true"),
            ("ephemeral-storage:", "hugepages-2Mi:", "Ephemeral Storage limit is not set"),
        ]:
            with self.subTest(planted=new):
                self.assertIn(old, self.text)
                said = "\n".join(manifests.refusals(self.text.replace(old, new)))
                self.assertIn(expected, said)


if __name__ == "__main__":
    manifests.main()
