#!/usr/bin/env python3
"""The pods of the chart, run as a node would: alive and not ready without Kafka, confined, followed configuration, backup, restore.

Needs root, mount namespaces and, for the memory budget, a memory cgroup.
"""

import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

import manifests
import pod

CONFIG = 'kafka: {brokers: "127.0.0.1:1"}\ntopics: [t]\nweb: {enable_lifecycle: true}\ncatalogue: [leads]\n'
LISTEN = "--web.listen-address=:9464"


class Pods(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-pod-"))
        cls.addClassCleanup(shutil.rmtree, cls.directory, True)
        cls.text = manifests.helm_template("--kube-version", "1.33", "--set", "config.reloadInterval=1s,backup.enabled=true")
        cls.limit = pod.MemoryLimit()
        cls.addClassCleanup(cls.limit.close)
        cls.volumes = pod.Volumes(cls.directory)
        cls.config = cls.volumes.path("config")
        pod.write_config_map(cls.config, {"tidemark.yaml": CONFIG})
        cls.run_daemon()
        cls.addClassCleanup(cls.end_daemon)

    @classmethod
    def run_daemon(cls):
        port_file = cls.volumes.path("tmp") / "port"
        port_file.unlink(missing_ok=True)
        with open(cls.directory / "log", "w") as log:
            cls.daemon = pod.start(pod.specification(cls.text, "StatefulSet"), cls.volumes,
                                   {LISTEN: "--web.listen-address=127.0.0.1:0", "port": "--web.port-file=/tmp/port"}, cls.limit, stderr=log)
        cls.url = f"http://127.0.0.1:{cls.await_(lambda: port_file.exists() and port_file.read_text().strip(), 'a port')}"

    @classmethod
    def end_daemon(cls):
        cls.daemon.send_signal(signal.SIGTERM)
        return cls.daemon.wait(timeout=30)  # terminationGracePeriodSeconds

    @classmethod
    def await_(cls, condition, what):
        deadline = time.monotonic() + 30
        while not (answer := condition()):
            if time.monotonic() > deadline or cls.daemon.poll() is not None:
                raise AssertionError(f"no {what}:\n{(cls.directory / 'log').read_text()}")
            time.sleep(0.1)
        return answer

    def metric(self, name):
        text = urllib.request.urlopen(f"{self.url}/metrics", timeout=10).read().decode()
        return sum(float(value) for value in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.M))

    def ask(self, what, expected):
        """`tidemark check` in the pod of `helm test`."""
        test = next(o for o in manifests.objects(self.text) if o["kind"] == "Pod")["spec"]
        url = next(argument for argument in test["containers"][0]["args"] if argument.startswith("--url="))
        done = pod.start(test, self.volumes, {url: f"--url={self.url}", "healthy": what}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = done.communicate(timeout=60)[0].decode()
        self.assertEqual(done.returncode, expected, said)
        return said

    def test_without_kafka_it_is_alive_and_scraped_and_not_ready(self):
        self.ask("healthy", 0)
        self.ask("ready", 1)
        self.assertEqual(self.metric("tidemark_build_info"), 1)

    def test_it_is_the_user_without_capabilities_on_a_read_only_root(self):
        status = pathlib.Path(f"/proc/{self.daemon.pid}/status").read_text()
        self.assertRegex(status, r"Uid:\t65532\t65532\t65532\t65532")
        self.assertRegex(status, r"CapEff:\t0+\n")
        self.assertRegex(status, r"CapBnd:\t0+\n")
        self.assertRegex(status, r"NoNewPrivs:\t1")
        mounts = pathlib.Path(f"/proc/{self.daemon.pid}/mountinfo").read_text().splitlines()
        writable = {fields[4]: "rw" in fields[5].split(",") for fields in map(str.split, mounts)}
        self.assertFalse(writable["/"])
        self.assertFalse(writable["/etc/tidemark"])
        self.assertTrue(writable["/var/lib/tidemark"])

    def test_the_memory_budget_is_three_quarters_of_the_limit(self):
        if not self.limit.path:
            self.skipTest("no memory cgroup can be made here")
        starts = [json.loads(line) for line in (self.directory / "log").read_text().splitlines() if "memory_mib" in line]
        self.assertEqual([int(line["memory_mib"]) << 20 for line in starts], [pod.MEMORY * 3 // 4])

    def test_a_changed_config_map_is_followed_and_a_bad_one_refused(self):
        self.assertEqual(self.metric("tidemark_config_last_reload_successful"), 1)
        before = self.metric("tidemark_config_last_reload_success_timestamp_seconds")
        pod.write_config_map(self.config, {"tidemark.yaml": CONFIG.replace("[leads]", "[leads, sales]")})
        self.await_(lambda: self.metric("tidemark_config_last_reload_success_timestamp_seconds") > before, "reload")
        pod.write_config_map(self.config, {"tidemark.yaml": "kafka: 1\n"})
        self.await_(lambda: self.metric("tidemark_config_last_reload_successful") == 0, "refusal")
        self.ask("healthy", 0)
        pod.write_config_map(self.config, {"tidemark.yaml": CONFIG})
        self.await_(lambda: self.metric("tidemark_config_last_reload_successful") == 1, "way back")

    def test_the_backup_job_and_the_restore_job_and_the_end(self):
        backup = pod.specification(self.text, "CronJob")
        url = next(argument for argument in backup["containers"][0]["args"] if argument.startswith("--url="))
        done = pod.start(backup, self.volumes, {url: f"--url={self.url}"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = done.communicate(timeout=60)[0].decode()
        self.assertEqual(done.returncode, 0, said)
        self.assertEqual(len(list(self.volumes.path("backups").glob("tidemark-0/*/backup.json"))), 1, said)

        began = time.monotonic()
        self.assertEqual(self.end_daemon(), 0)
        self.assertLess(time.monotonic() - began, 10)
        shutil.rmtree(self.volumes.path("state"))
        restore = pod.specification((manifests.KUSTOMIZE / "restore.yaml").read_text(), "Job")
        done = pod.start(restore, self.volumes, {}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = done.communicate(timeout=60)[0].decode()
        self.assertEqual(done.returncode, 0, said)
        type(self).run_daemon()
        self.ask("healthy", 0)


class BehindTls(unittest.TestCase):
    """Where a password is asked for over TLS, the probes that the node runs in the pod get through, and nobody else does."""

    # openssl's certificate; bcrypt of the password, cost 4.
    PASSWORD, HASHED = "only-for-tests", "$2b$04$abcdefghijklmnopqrstuuSOASZ5gFdIXxQU/MI4albXfVKBHc6R2"

    def setUp(self):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-pod-"))
        self.addCleanup(shutil.rmtree, directory, True)
        self.volumes = pod.Volumes(directory)
        web, client = self.volumes.path("web"), self.volumes.path("client")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=tidemark",
                        "-addext", "subjectAltName=DNS:tidemark", "-keyout", web / "tls.key", "-out", web / "tls.crt"],
                       check=True, capture_output=True)
        (web / "tls.key").chmod(0o644)  # a Secret belongs to root and is read by the group
        (web / "web.yaml").write_text("tls_server_config: {cert_file: tls.crt, key_file: tls.key}\n"
                                      f"basic_auth_users: {{probe: '{self.HASHED}'}}\n")
        shutil.copy(web / "tls.crt", client / "ca.crt")
        (client / "password").write_text(self.PASSWORD)
        pod.write_config_map(self.volumes.path("config"), {"tidemark.yaml": CONFIG})
        self.pod = pod.specification(manifests.helm_template(
            "--kube-version", "1.33", "-f", manifests.CHART / "ci" / "everything-values.yaml", "--set", "nameOverride="), "StatefulSet")

    def probe(self, name, port):
        """What the kubelet does with an exec probe: its command, in the container."""
        container = {**self.pod["containers"][0], "args": self.pod["containers"][0][name]["exec"]["command"][1:]}
        url = next(argument for argument in container["args"] if argument.startswith("--url="))
        process = pod.start({**self.pod, "containers": [container]}, self.volumes, {url: url.replace("9464", port)},
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return process.communicate(timeout=60)[0].decode(), process.returncode

    def test_probes_get_through_with_certificate_and_password(self):
        port_file = self.volumes.path("tmp") / "port"
        log = self.volumes.root / "log"
        with open(log, "w") as err:
            replaced = {LISTEN: "--web.listen-address=127.0.0.1:0", "port": "--web.port-file=/tmp/port"}
            daemon = pod.start(self.pod, self.volumes, replaced, stderr=err)
        try:
            deadline = time.monotonic() + 30
            while not (port_file.exists() and (port := port_file.read_text().strip())):
                self.assertTrue(daemon.poll() is None and time.monotonic() < deadline, log.read_text())
                time.sleep(0.1)
            for name, status in [("startupProbe", 0), ("livenessProbe", 0), ("readinessProbe", 1)]:
                said, returned = self.probe(name, port)
                self.assertEqual(returned, status, f"{name}: {said}")
            self.assertNotIn("401", said)
            (self.volumes.path("client") / "password").write_text("wrong")
            said, returned = self.probe("livenessProbe", port)
            self.assertEqual(returned, 1)
            self.assertIn("401", said)
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(timeout=30)


if __name__ == "__main__":
    reason = pod.why_not()
    if reason:
        print(f"SKIPPED: a pod can't be tried: {reason}", flush=True)
        sys.exit(manifests.SKIPPED)
    manifests.main()
