#!/usr/bin/python3
"""Records written by Confluent's own serializers with the schemas of a real registry, Apicurio: read, and counted once.

    apicurio_test.py                 # fetches Apicurio (109 MB, Maven Central) and the serializers (PyPI) the first time

What can't be fetched skips the test. TIDEMARK_TEST_CACHE is where both are kept.
"""

import fcntl
import json
import os
import pathlib
import subprocess
import sys
import time
import unittest

import harness
from apicurio import Apicurio
from broker import Broker

CONFIG = """
kafka: {{brokers: "{bootstrap}", group: apicurio}}
registry: {{url: "{url}"}}
limits: {{memory: 256MiB, min_free_disk: 1MiB}}
sources:
  crm:
    topics: [leads]
    format: avro
    framing: confluent
    id: [row.id]
    time: ms(row.at)
    events: [{{emit: lead.created, set: {{lead.id: row.id, lead.channel: row.origin.channel}}}}]
kpis:
  - {{name: leads_created, on: lead.created, count: true, by: {{channel: lead.channel}}, windows: [lifetime]}}
"""
ORIGIN = json.dumps({"type": "record", "name": "Origin", "namespace": "crm", "fields": [{"name": "channel", "type": ["null", "string"], "default": None}]})
LEAD = {"type": "record", "name": "Lead", "namespace": "crm", "fields": [
    {"name": "id", "type": "string"}, {"name": "origin", "type": "crm.Origin"}, {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}]}
LEAD_WITH_MORE = {**LEAD, "fields": [{"name": "score", "type": "double", "default": 0.5}, *LEAD["fields"]]}
PACKAGES = ["confluent-kafka==2.6.1", "fastavro==1.9.7", "requests==2.32.3", "attrs", "cachetools", "httpx", "authlib"]


def serializers():
    """The folder of a venv's packages with Confluent's serializers; SkipTest where PyPI can't be reached."""
    cache = pathlib.Path(os.environ.get("TIDEMARK_TEST_CACHE") or pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "tidemark-tests")
    cache.mkdir(parents=True, exist_ok=True)
    venv = cache / "serializers-1"
    with open(cache / "serializers.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (venv / "ready").exists():
            for command in ([sys.executable, "-m", "venv", "--clear", venv], [venv / "bin" / "pip", "install", "-q", *PACKAGES]):
                made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
                if made.returncode != 0:
                    raise unittest.SkipTest(f"Confluent's serializers can't be had: {made.stdout[-300:]}")
            (venv / "ready").touch()
    return venv


# Runs in the venv: writes so many records of a schema. Arguments: bootstrap, registry, topic, schema, references, first, last.
WRITER = """
import json, sys, time
from confluent_kafka import Producer
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
bootstrap, registry, topic, text, first, last = sys.argv[1:]
schema = Schema(text, "AVRO", [SchemaReference("crm.Origin", "origin", 1)])
serialize = AvroSerializer(SchemaRegistryClient({"url": registry}), schema, conf={"auto.register.schemas": True})
producer = Producer({"bootstrap.servers": bootstrap})
for n in range(int(first), int(last)):
    lead = {"id": f"lead-{n}", "origin": {"channel": ["web", "ads", None][n % 3]}, "at": int(time.time() * 1000), "score": n / 7}
    producer.produce(topic, serialize(lead, SerializationContext(topic, MessageField.VALUE)))
assert producer.flush(30) == 0
"""


class ApicurioTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.venv = serializers()
        cls.registry = Apicurio().__enter__()
        cls.addClassCleanup(cls.registry.close)
        cls.broker = Broker()
        cls.addClassCleanup(cls.broker.close)
        cls.broker.create_topic("leads", 2)

    def write(self, schema, first, last):
        wrote = subprocess.run([self.venv / "bin" / "python", "-c", WRITER, self.broker.bootstrap, self.registry.url, "leads", json.dumps(schema), str(first), str(last)],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(wrote.returncode, 0, wrote.stdout[-2000:])

    def await_counted(self, daemon, n):
        return daemon.wait_for(lambda page: page.total("sales_leads_created_total") == n, f"{n} leads are counted", timeout=90)

    def test_what_serializers_write_is_counted(self):
        self.registry.register("origin", ORIGIN)
        daemon = harness.Daemon(CONFIG.format(bootstrap=self.broker.bootstrap, url=self.registry.url))
        self.addCleanup(daemon.kill)
        daemon.start()
        self.write(LEAD, 0, 30)
        page = self.await_counted(daemon, 30)
        self.assertEqual(page.total("sales_leads_created_total", channel="web"), 10)
        self.assertEqual(page.total("sales_leads_created_total", channel=""), 10)
        self.write(LEAD_WITH_MORE, 30, 60)
        page = self.await_counted(daemon, 60)
        self.assertEqual(page.total("tidemark_records_undecodable_total"), 0)
        self.assertEqual(page.number("tidemark_registry_up"), 1)
        self.assertEqual(daemon.stop(), 0)
        self.write(LEAD, 60, 70)
        self.registry.close()
        daemon.start()
        page = self.await_counted(daemon, 70)  # by the schemas that are stored
        daemon.wait_for(lambda p: p.number("tidemark_registry_up") == 0 or p.total("tidemark_registry_requests_total", code="none") > 0, "it is away")
        self.assertEqual(page.total("tidemark_records_undecodable_total"), 0)
        self.assertEqual(daemon.stop(), 0)


if __name__ == "__main__":
    harness.main()
