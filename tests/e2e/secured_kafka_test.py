#!/usr/bin/python3
"""A Kafka that asks who one is: SCRAM, PLAIN and client certificates over TLS, with the least ACLs; what is wrong is said, and no secret is."""

import hmac
import os
import pathlib
import signal
import subprocess
import time
import unittest

import harness
from secured import PLAIN_USERS, SecuredBroker

PASSWORD = "pw-scram-8c1f"        # each is looked for wherever something can be read
NEW_PASSWORD = "pw-rotated-77ab"
WRONG_PASSWORD = "pw-wrong-0d3e"
HASH_KEY = "key-of-hashes-5f5f5f5f5f5f"
ADA = hmac.new(HASH_KEY.encode(), b"ada@example.org", "sha256").hexdigest()[:16]
ENVIRONMENT = "pw-environment-91c4"

CONFIG = """
kafka:
  brokers: "{brokers}"
  properties:
    fetch.wait.max.ms: 50
    reconnect.backoff.max.ms: 200
{properties}
topics: [{topic}]
limits: {{memory: 128MiB, min_free_disk: 1MiB}}
web: {{enable_lifecycle: true, enable_ids: true}}
privacy: {{hash_key_file: {hash_key}}}
kpis:
  - {{name: leads, on: lead.created, count: true, by: {{who: {{field: contact.email, personal: hash}}}}, windows: [24h, lifetime]}}
"""
PATHS = ("/metrics", "/-/ready", "/-/healthy", "/", "/api/v1/status", "/api/v1/status/config", "/api/v1/kpis", "/api/v1/breaches", "/api/v1/explain?kpi=leads")


class SecuredKafka(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pb = harness.event_classes()
        cls.broker = SecuredBroker()
        cls.addClassCleanup(cls.broker.close)
        cls.broker.create_topic("crm", 1)
        cls.broker.create_topic("closed", 1)
        for mechanism in ("SCRAM-SHA-512", "SCRAM-SHA-256"):
            cls.broker.set_password("app", PASSWORD, mechanism)
        cls.broker.allow(["User:app", "User:CN=client"], "crm", "tidemark")
        cls.feed = harness.Feed(cls.broker.bootstrap, "crm")
        cls.sent = 0
        cls.send()

    @classmethod
    def send(cls):
        event = harness.set_time(cls.pb.Event(id=f"e{cls.sent}"), int(time.time() * 1_000_000))
        event.lead_created.contact.email = "ada@example.org"
        cls.feed.send(0, event)
        cls.feed.flush()
        cls.sent += 1

    def setUp(self):
        self.secrets = harness.temp_dir("secrets")
        self.daemon = None

    def tearDown(self):
        self.stop()

    def stop(self):
        """In good order: the group waits 45 s for a member that was killed."""
        if self.daemon is not None and self.daemon.process is not None:
            self.assertEqual(self.daemon.stop(), 0)

    def secret(self, name, text):
        path = self.secrets / name
        path.write_text(text + "\n")
        return path

    def run_with(self, brokers, properties, topic="crm", level="info", more=""):
        lines = "\n".join(f"    {name}: {value}" for name, value in properties.items())
        text = CONFIG.format(brokers=brokers, properties=lines, topic=topic, hash_key=self.secret("hash-key", HASH_KEY)) + more
        self.daemon = harness.Daemon(text, "secured", flags=[f"--log.level={level}"]).start()
        return self.daemon

    def sasl(self, mechanism, password):
        return {"security.protocol": "SASL_SSL", "sasl.mechanisms": mechanism, "sasl.username": "app",
                "sasl.password_file": self.secret("password", password), "ssl.ca.location": self.broker.certs / "ca.crt"}

    def assert_reads(self):
        self.send()
        self.daemon.wait_for(lambda page: page.text_of("sales_leads", window="lifetime", who=ADA) == str(self.sent), f"{self.sent} leads are counted")
        harness.wait_for(lambda: self.daemon.get("/-/ready")[0] == 200, lambda: f"ready, not {self.daemon.get('/-/ready')}")

    def assert_refused(self, *words):
        """Not ready, with these words for it there, in the log and as a metric; alive all the while."""
        def says():
            status, _, text = self.daemon.get("/-/ready")
            return status == 503 and all(word in text for word in words)
        harness.wait_for(says, lambda: f"says {words}, not {self.daemon.get('/-/ready')}; log:\n{self.daemon.log()[-2000:]}")
        self.daemon.wait_for(lambda page: page.total("tidemark_kafka_refusals_total") > 0, "a refusal is counted")
        self.assertEqual(self.daemon.get("/-/healthy")[0], 200)
        lines = [line for line in self.daemon.log().splitlines() if 'msg="in trouble"' in line]
        self.assertTrue(any(all(word in line for word in words) for line in lines), self.daemon.log()[-2000:])
        self.assertEqual(self.daemon.page().family("sales_leads"), {})

    def assert_no_secret(self, *secrets):
        """In no answer, not in the log, not in the arguments."""
        pid = self.daemon.process.pid
        seen = {path: self.daemon.get(path)[2] for path in PATHS}
        seen["the log"] = self.daemon.log()
        seen["the arguments"] = pathlib.Path(f"/proc/{pid}/cmdline").read_text()
        for where, text in seen.items():
            for secret in (HASH_KEY, "ada@example.org", *secrets):
                self.assertNotIn(secret, text, where)
        return seen

    def test_scram_and_plain(self):
        for mechanism, password in (("SCRAM-SHA-512", PASSWORD), ("SCRAM-SHA-256", PASSWORD), ("PLAIN", PLAIN_USERS["app"])):
            with self.subTest(mechanism):
                self.run_with(self.broker.sasl, self.sasl(mechanism, password))
                self.assert_reads()
                self.assert_no_secret(password)
                self.assertEqual(self.daemon.page().total("tidemark_kafka_refusals_total"), 0)
                self.assertEqual(self.daemon.stop(), 0)

    def test_a_client_certificate(self):
        certs = self.broker.certs
        as_files = {"ssl.certificate.location": certs / "client.crt", "ssl.key.location": certs / "client.key"}
        as_texts = {"ssl.certificate.pem_file": certs / "client.crt", "ssl.key.pem_file": certs / "client.key"}
        for properties in (as_files, as_texts):
            with self.subTest(str(properties)):
                self.run_with(self.broker.tls, {"security.protocol": "SSL", "ssl.ca.location": certs / "ca.crt", **properties})
                self.assert_reads()
                self.assert_no_secret((certs / "client.key").read_text().splitlines()[1])
                self.assertEqual(self.daemon.stop(), 0)

    def test_dead_letters_are_written_as_records_are_read(self):
        self.broker.create_topic("crm.dead", 1)
        self.feed.send(0, None, raw=b"\x0a\x05", remember=False)
        self.feed.flush()
        self.run_with(self.broker.sasl, self.sasl("SCRAM-SHA-512", PASSWORD), more="dead_letters: {topic: crm.dead}\n")
        self.assert_reads()
        harness.wait_for(lambda: "dead letters can't be written" in self.daemon.log(), "it is said")
        self.assertIn("topic crm.dead: Broker: Topic authorization failed", self.daemon.log())
        self.daemon.wait_for(lambda page: page.number("tidemark_dead_letters_failing") == 1 and page.number("tidemark_dead_letters_waiting") == 1, "it waits")
        self.broker.allow_writing(["User:app"], "crm.dead")
        self.daemon.wait_for(lambda page: page.total("tidemark_dead_letters_total") == 1 and page.number("tidemark_dead_letters_failing") == 0, "it is written", timeout=60)
        self.assert_no_secret(PASSWORD)

    def test_a_wrong_password_and_its_rotation(self):
        self.run_with(self.broker.sasl, self.sasl("SCRAM-SHA-512", WRONG_PASSWORD))
        self.assert_refused("invalid credentials", "4.0")
        self.assert_no_secret(WRONG_PASSWORD)
        self.secret("password", PASSWORD)
        self.daemon.process.send_signal(signal.SIGHUP)
        self.assert_reads()
        self.addCleanup(self.broker.set_password, "app", PASSWORD)
        self.broker.set_password("app", NEW_PASSWORD)
        self.secret("password", NEW_PASSWORD)
        self.daemon.process.send_signal(signal.SIGHUP)
        harness.wait_for(lambda: self.daemon.log().count("configuration reloaded") == 2, "reloaded twice")
        self.assert_reads()
        self.assert_no_secret(WRONG_PASSWORD, PASSWORD, NEW_PASSWORD)

    def test_a_broker_that_is_not_trusted(self):
        self.run_with(self.broker.sasl, {**self.sasl("SCRAM-SHA-512", PASSWORD), "ssl.ca.location": self.broker.certs / "other-ca.crt"})
        self.assert_refused("certificate verify failed")
        self.assert_no_secret(PASSWORD)

    def test_a_client_that_is_not_trusted(self):
        certs = self.broker.certs
        for properties in ({}, {"ssl.certificate.location": certs / "other.crt", "ssl.key.location": certs / "other.key"}):
            with self.subTest(str(properties)):
                self.run_with(self.broker.tls, {"security.protocol": "SSL", "ssl.ca.location": certs / "ca.crt", **properties})
                self.assert_refused("ertificate")
                self.stop()

    def test_a_topic_that_is_not_allowed(self):
        self.run_with(self.broker.sasl, self.sasl("SCRAM-SHA-512", PASSWORD), topic="closed")
        self.assert_refused("uthoriz")

    def test_secrets_are_nowhere(self):
        """Secrets in each place that a configuration has for them, with all that the log can say."""
        os.environ["TIDEMARK_TEST_SECRET"] = ENVIRONMENT
        self.addCleanup(os.environ.pop, "TIDEMARK_TEST_SECRET")
        properties = {**self.sasl("SCRAM-SHA-512", PASSWORD), "debug": "all", "ssl.key.password": "pw-literal-3b2a",
                      "ssl.keystore.password": '"${TIDEMARK_TEST_SECRET}"', "client.id": "tidemark-of-test"}
        self.run_with(self.broker.sasl, properties, level="debug")
        self.assert_reads()
        secrets = (PASSWORD, "pw-literal-3b2a", ENVIRONMENT)
        seen = self.assert_no_secret(*secrets)
        self.assertIn("kafka client", seen["the log"])  # librdkafka had its say
        shown = seen["/api/v1/status/config"]
        self.assertIn('"ssl.key.password":"<secret>"', shown)
        self.assertIn('"ssl.keystore.password":"<secret>"', shown)
        self.assertIn('"client.id":"tidemark-of-test"', shown)
        self.assertIn(f'"sasl.password_file":"{self.secrets / "password"}"', shown)
        # A configuration that is refused, and what commands say.
        broken = self.daemon.config.read_text().replace("client.id", "sasl.jaas.config: pw-literal-3b2a\n    client.idd")
        self.daemon.configure(broken)
        self.daemon.process.send_signal(signal.SIGHUP)
        harness.wait_for(lambda: "client.idd" in self.daemon.log(), "the mistake is in the log")
        self.assert_no_secret(*secrets)
        for words in (["--help"], ["run", "--help"], ["check-config", str(self.daemon.config)]):
            said = subprocess.run([harness.binary(), *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=30)
            for secret in (*secrets, HASH_KEY):
                self.assertNotIn(secret, said.stdout, str(words))


if __name__ == "__main__":
    harness.main()
