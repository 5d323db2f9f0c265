#!/usr/bin/python3
"""Records written by Confluent's own serializers with the schemas of a real registry, Apicurio: read, and counted once.

    apicurio_test.py                 # fetches Apicurio (109 MB, Maven Central) and the serializers (PyPI) the first time

What can't be fetched skips the test. TIDEMARK_TEST_CACHE is where both are kept.
"""

import os
import pathlib
import shutil
import subprocess
import unittest

import harness
from apicurio import Apicurio
from broker import Broker

HERE = pathlib.Path(__file__).resolve().parent / "apicurio"
KINDS = ("avro", "json", "protobuf", "protobuf_plain")
SOURCE = """
  {kind}:
    topics: [{kind}]
    format: {format}
    framing: confluent
    id: [row.id]
    time: {time}
    events:
    - {{emit: lead.created, when: {when}, set: {{lead.id: row.id, lead.channel: row.origin.channel, lead.source: '"{kind}"'}}}}
    - {{emit: deal.updated, when: has(row.stage), time: record.timestamp, set: {{deal.id: row.id, deal.stage: row.stage, deal.owner: '"{kind}"'}}}}
"""
CONFIG = """
kafka: {{brokers: "{bootstrap}", group: apicurio}}
registry: {{url: "{url}"}}
limits: {{memory: 256MiB, min_free_disk: 1MiB}}
kpis:
  - {{name: leads_created, on: lead.created, count: true, by: {{channel: lead.channel, source: lead.source}}, windows: [lifetime]}}
  - {{name: deals_updated, on: deal.updated, count: true, by: {{rep: deal.owner}}, windows: [lifetime]}}
sources:
"""


def sources():
    text = ""
    for kind in KINDS:
        protobuf = kind.startswith("protobuf")
        text += SOURCE.format(kind=kind, format="protobuf\n    message_index: plain" if kind == "protobuf_plain" else kind, time="row.at" if protobuf else "ms(row.at)",
                              when="has(row.origin)")
    return text


class ApicurioTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.python = harness.environment(HERE / "requirements.txt") / "python"
        if shutil.which("protoc") is None:
            raise unittest.SkipTest("no protoc in PATH (Debian: protobuf-compiler)")
        cls.classes = harness.temp_dir("apicurio")
        subprocess.run(["protoc", f"--proto_path={HERE}", f"--python_out={cls.classes}", "crm.proto", "crm_common.proto"], cwd=HERE, check=True)
        cls.registry = Apicurio().__enter__()
        cls.addClassCleanup(cls.registry.close)
        cls.broker = Broker()
        cls.addClassCleanup(cls.broker.close)
        for kind in KINDS:
            cls.broker.create_topic(kind, 2)

    def write(self, kind, first, last):
        wrote = subprocess.run([self.python, HERE / "write.py", self.broker.bootstrap, self.registry.url, kind, str(first), str(last)],
                               env={**os.environ, "PYTHONPATH": str(self.classes)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(wrote.returncode, 0, wrote.stdout[-2000:])

    @staticmethod
    def counted(page):
        return {kind: page.total("sales_leads_created_total", source=kind) for kind in KINDS}

    def await_counted(self, daemon, **leads):
        return daemon.wait_for(lambda page: self.counted(page) == leads, f"{leads} are counted", timeout=90)

    def test_what_serializers_write_is_counted(self):
        daemon = harness.Daemon(CONFIG.format(bootstrap=self.broker.bootstrap, url=self.registry.url) + sources())
        self.addCleanup(daemon.kill)
        daemon.start()
        for kind in KINDS:
            self.write(kind, 0, 30)
        page = self.await_counted(daemon, avro=30, json=30, protobuf=30, protobuf_plain=30)
        for kind in KINDS:
            for channel in ("web", "ads", ""):
                self.assertEqual(page.total("sales_leads_created_total", source=kind, channel=channel), 10, (kind, channel))
        for kind in ("protobuf", "protobuf_plain"):
            self.assertEqual(page.total("sales_deals_updated_total", rep=kind), 30, "which message it is")
        self.write("avro_grown", 30, 60)
        page = self.await_counted(daemon, avro=60, json=30, protobuf=30, protobuf_plain=30)
        self.assertEqual(page.total("tidemark_records_undecodable_total"), 0)
        self.assertEqual(page.number("tidemark_registry_up"), 1)
        self.assertEqual(daemon.stop(), 0)
        for kind in KINDS:
            self.write(kind, 60, 70)
        self.registry.close()
        daemon.start()
        page = self.await_counted(daemon, avro=70, json=40, protobuf=40, protobuf_plain=40)  # by the schemas that are stored
        daemon.wait_for(lambda p: p.number("tidemark_registry_up") == 0 or p.total("tidemark_registry_requests_total", code="none") > 0, "it is away")
        self.assertEqual(page.total("tidemark_records_undecodable_total"), 0)
        self.assertEqual(daemon.stop(), 0)


if __name__ == "__main__":
    harness.main()
