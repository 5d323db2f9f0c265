#!/usr/bin/python3
"""Records whose schemas a registry has, through a real Kafka: while it is away nothing is lost and nothing is counted, and what it said
once is kept."""

import json
import shutil
import ssl
import subprocess
import time
import unittest

import harness
from broker import Broker
from fake_registry import LEAD, FakeRegistry, lead
from secured import make_certificates

CONFIG = """
kafka: {{brokers: "{bootstrap}", group: "{topic}", properties: {{group.instance.id: one}}}}
time: {{max_hold: 2s}}
registry: {{url: "{url}"{more}}}
limits: {{memory: 256MiB, min_free_disk: 1MiB}}
sources:
  crm:
    topics: [{topic}]
    format: avro
    framing: confluent
    id: [row.id]
    time: ms(row.at)
    events: [{{emit: lead.created, set: {{lead.id: row.id, lead.channel: row.channel}}}}]
kpis:
  - {{name: leads_created, on: lead.created, count: true, by: {{channel: lead.channel}}, windows: [lifetime]}}
"""


class RegistryTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.broker = Broker()
        cls.addClassCleanup(cls.broker.close)

    def setUp(self):
        self.topic = self.id().rsplit(".", 1)[1].replace("_", "-")[:60]
        self.broker.create_topic(self.topic, 2)
        self.feed = harness.Feed(self.broker.bootstrap, self.topic)
        self.registry = FakeRegistry()
        self.addCleanup(self.registry.stop)
        self.registry.schemas[7] = LEAD
        self.sent = 0

    def daemon(self, more="", name="daemon"):
        daemon = harness.Daemon(CONFIG.format(bootstrap=self.broker.bootstrap, topic=self.topic, url=self.registry.url, more=more), name)
        self.addCleanup(daemon.kill)
        return daemon

    def send(self, n, schema=7, partition=0):
        for _ in range(n):
            self.sent += 1
            self.feed.send(partition, None, raw=lead(schema, f"lead-{self.sent}", "web", int(time.time() * 1000)), remember=False)
        self.feed.flush()

    @staticmethod
    def counted(page):
        return page.total("sales_leads_created_total", channel="web")

    def await_counted(self, daemon, n):
        return daemon.wait_for(lambda page: self.counted(page) == n, f"{n} leads are counted", timeout=90)

    @staticmethod
    def waiting(page):
        return page.total("tidemark_partition_health", state="waiting")

    def test_a_registry_that_comes_later(self):
        self.send(3)
        self.send(2, schema=8, partition=1)
        daemon = self.daemon().start()
        page = daemon.wait_for(lambda p: self.waiting(p) == 2 and p.number("tidemark_registry_up") == 0, "both partitions wait")
        self.assertEqual(self.counted(page), 0)
        self.assertEqual(page.total("tidemark_records_read_total"), 0)
        self.assertEqual(page.total("tidemark_records_undecodable_total"), 0)
        self.assertGreater(page.total("tidemark_registry_requests_total", code="none"), 0)
        self.assertGreaterEqual(page.number("tidemark_partition_schema_wait_seconds", topic=self.topic, partition="0"), 0)
        harness.wait_for(lambda: "Couldn't connect" in daemon.get("/-/ready")[2], lambda: f"why: {daemon.get('/-/ready')}")
        status, _, text = daemon.get("/-/ready")
        self.assertEqual(status, 503)
        self.assertIn(f"partition {self.topic}/0 is waiting: the record at offset 0 names schema 7, which isn't here yet", text)
        partitions = {p["partition"]: p for p in json.loads(daemon.get("/api/v1/status")[2])["partitions"]}
        self.assertEqual(partitions[1]["health"], "waiting")
        self.assertIn("offset 0 names schema 8", partitions[1]["reason"])
        harness.wait_for(lambda: "a partition waits for a schema" in daemon.log(), "it is told of")

        self.registry.start()
        page = self.await_counted(daemon, 3)  # without the other partition, once max_hold is over
        page = daemon.wait_for(lambda p: p.number("tidemark_state_complete") == 0, "numbers are not whole, and say so")
        page = daemon.wait_for(lambda p: p.number("tidemark_registry_up") == 1 and self.waiting(p) == 1, "it is up, and has no schema 8")
        self.assertGreater(page.total("tidemark_registry_requests_total", code="404"), 0)
        self.assertEqual(page.total("tidemark_records_undecodable_total"), 0)
        self.registry.schemas[8] = LEAD
        page = self.await_counted(daemon, 5)
        page = daemon.wait_for(lambda p: p.number("tidemark_caught_up") == 1 and self.waiting(p) == 0, "it is caught up, and no partition waits")
        self.assertEqual(page.family("tidemark_partition_schema_wait_seconds"), {})
        harness.wait_for(lambda: daemon.log().count("a partition waits no longer for a schema") == 2, "that is told, too")
        self.assertEqual(self.registry.asked["/schemas/ids/7"], 1, "asked for once")
        self.assertLess(daemon.log().count("a partition waits for a schema"), 6)
        self.assertEqual([text for text in harness.lint_dashboards(daemon) if "tidemark_dead_letters" not in text], [], "there are no dead letters here")
        self.assertEqual(daemon.stop(), 0)

    def test_what_it_said_once_is_kept(self):
        self.registry.start()
        daemon = self.daemon().start()
        self.send(3)
        self.await_counted(daemon, 3)
        self.assertEqual(daemon.stop(), 0)
        self.registry.stop()
        self.send(2)
        daemon.start()
        self.await_counted(daemon, 5)
        # A number that it never heard of waits across a kill, and nothing is counted twice.
        self.send(4, schema=9)
        self.send(1, partition=1)
        daemon.wait_for(lambda p: self.counted(p) == 6 and self.waiting(p) == 1, "the other partition goes on")
        daemon.kill()
        daemon.start()
        daemon.wait_for(lambda p: self.counted(p) == 6 and self.waiting(p) == 1, "it waits again")
        self.registry.schemas[9] = LEAD
        self.registry.start()
        self.await_counted(daemon, 10)
        daemon.kill()
        self.registry.stop()
        self.send(1, schema=9)
        daemon.start()
        self.await_counted(daemon, 11)
        self.assertEqual(daemon.stop(), 0)

    def test_a_restored_backup_needs_no_registry(self):
        self.registry.start()
        daemon = self.daemon().start()
        self.send(3)
        self.await_counted(daemon, 3)
        self.assertEqual(daemon.stop(), 0)
        self.registry.stop()
        backups = daemon.dir / "backups"
        self.run_command("state", "backup", f"--storage.path={daemon.state}", f"--output={backups}")
        restored = self.daemon(name="restored")
        self.run_command("state", "restore", f"--from={backups}", f"--storage.path={restored.state}")
        self.send(2)
        restored.start()
        self.await_counted(restored, 5)
        self.assertEqual(restored.stop(), 0)

    def run_command(self, *words):
        ran = subprocess.run([harness.binary(), *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(ran.returncode, 0, ran.stdout)

    def test_a_password_that_changes_is_read_anew(self):
        self.registry.password = "s3cr3t-of-the-registry"
        self.registry.start()
        secret = harness.temp_dir("secret") / "password"
        secret.write_text("wr0ng-one\n")
        self.send(2)
        daemon = self.daemon(more=f', username: tidemark, password_file: "{secret}"').start()
        page = daemon.wait_for(lambda p: p.total("tidemark_registry_requests_total", code="401") > 0, "it is refused")
        self.assertEqual(self.counted(page), 0)
        secret.write_text("s3cr3t-of-the-registry\n")
        self.await_counted(daemon, 2)
        seen = daemon.log() + daemon.get("/api/v1/status/config")[2] + daemon.get("/api/v1/status")[2] + page.text
        for word in ("s3cr3t", "wr0ng"):
            self.assertNotIn(word, seen)
        self.assertEqual(daemon.stop(), 0)

    def test_tls_with_certificates_on_both_sides(self):
        certs, used = harness.temp_dir("tls") / "certs", harness.temp_dir("used")
        make_certificates(certs)
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certs / "ca.crt")
        tls.load_cert_chain(certs / "server.crt", certs / "server.key")
        tls.verify_mode = ssl.CERT_REQUIRED
        tls.maximum_version = ssl.TLSVersion.TLSv1_2  # 1.3 refuses a client after the handshake: whether it hears why is luck
        self.registry = FakeRegistry(tls)
        self.addCleanup(self.registry.stop)
        self.registry.schemas[7] = LEAD
        self.registry.password = "s3cr3t-of-the-registry"
        self.registry.start()
        (used / "password").write_text(self.registry.password)

        def take(**files):
            for name, of in files.items():
                shutil.copy(certs / of, used / name)

        def refused(why):
            text = harness.wait_for(lambda: next((t for t in [daemon.get("/-/ready")[2]] if why in t), None), lambda: f"{why}, not {daemon.get('/-/ready')}")
            self.assertIn(self.registry.url, text)
            return text

        take(ca="other-ca.crt", cert="other.crt", key="other.key")
        self.send(2)
        of = {name: used / name for name in ("password", "ca", "cert", "key")}
        daemon = self.daemon(', username: tidemark, password_file: "{password}", ca_file: "{ca}", cert_file: "{cert}", key_file: "{key}"'.format(**of)).start()
        seen = refused("certificate problem")
        take(ca="ca.crt")
        seen += refused("unknown ca")  # the registry's answer to our certificate
        self.assertEqual(self.registry.asked, {}, "nobody is told the password before it is clear who both are")
        take(cert="client.crt", key="client.key")
        page = self.await_counted(daemon, 2)
        self.assertEqual(page.number("tidemark_registry_up"), 1)
        seen += daemon.log() + daemon.get("/api/v1/status/config")[2] + daemon.get("/api/v1/status")[2] + page.text
        key = (certs / "client.key").read_text().splitlines()[1]
        for word in (self.registry.password, key, (certs / "other.key").read_text().splitlines()[1]):
            self.assertNotIn(word, seen)
        self.assertEqual(daemon.stop(), 0)

    def test_a_registry_set_up_anew_is_told_and_not_believed(self):
        self.registry.start()
        daemon = self.daemon().start()
        self.send(1)
        self.await_counted(daemon, 1)
        self.assertEqual(daemon.stop(), 0)
        self.registry.schemas[7] = json.dumps({"type": "record", "name": "Deal", "fields": [{"name": "amount", "type": "long"}]})
        self.send(1)
        daemon.start()
        daemon.wait_for(lambda p: p.number("tidemark_registry_conflicting_schemas") == 1, "it is told of")
        self.await_counted(daemon, 2)
        self.assertIn("another schema under a number", daemon.log())
        self.assertEqual(daemon.stop(), 0)

    def test_numbers_that_nobody_knows_any_more_are_passed_on_demand(self):
        self.registry.start()
        self.send(1, schema=66)
        self.send(2)
        daemon = self.daemon().start()
        daemon.wait_for(lambda p: self.waiting(p) == 1, "it waits")
        daemon.stop()
        daemon.configure(CONFIG.format(bootstrap=self.broker.bootstrap, topic=self.topic, url=self.registry.url, more=", missing: [66]"))
        daemon.start()
        page = self.await_counted(daemon, 2)
        self.assertEqual(page.total("tidemark_records_undecodable_total", reason="bad_schema"), 1)
        self.assertEqual(daemon.stop(), 0)


if __name__ == "__main__":
    harness.main()
