#!/usr/bin/python3
"""Avro as another implementation writes it (fastavro, from PyPI): random schemas and values become the same events as their JSON."""

import pathlib
import subprocess
import unittest

import harness

HERE = pathlib.Path(__file__).resolve().parent
SEED, SCHEMAS, RECORDS = 20261129, 300, 10
CONFIG = """kafka: {{brokers: none}}
topics: [plain]
kpis: [{{name: k, count: true, on: order.paid, windows: [1h]}}]
sources:
  avro:
    topics: [avro]
    format: avro
    framing: confluent
    schemas: {schemas}
{rules}
  json:
    topics: [json]
{rules}
"""
RULES = """    time: ms(row.at)
    maps: {param: {array: row.params, key: k, value: [n, s]}}
    events:
      - emit: order.paid
        set: {order.id: {value: 'concat("=", row.f0)', on_error: absent}, order.channel: {value: row.f1, on_error: absent}, order.region: {value: row.f2, on_error: absent},
              order.coupon: row.f3.x, order.status: {value: row.f4.x.y, on_error: absent}, order.lead: {value: 'row.f5[1]', on_error: absent},
              order.customer: {value: 'row.f6[0].x', on_error: absent}, order.product: param.won}
      - {emit: deal.updated, when: has(row.f7), set: {deal.stage: {value: row.f7, on_error: absent}, deal.amount: {value: row.f1, on_error: absent}}}
      - {emit: deal.deleted, when: row.f2 == true or row.f2 > 0}
      - {emit: order.item, each: row.items, set: {order.id: {value: item.sku, on_error: absent}, order.amount: {value: item.amount, on_error: absent}}}
"""
CHANGES = """    shape: salesforce_cdc
    id: [item, meta.commitTimestamp]
    time: ms(meta.commitTimestamp)
    events:
      - {emit: deal.updated, when: op == update and changed(row.StageName), set: {deal.id: item, deal.stage: row.StageName, deal.amount: row.Amount, deal.owner: row.OwnerId}}
      - {emit: deal.won, when: 'becomes(row.StageName, ["Closed Won"])', set: {deal.id: item, deal.stage: row.BillingAddress.City}}
      - {emit: deal.lost, when: changed(row.BillingAddress.City) or changed(row.Custom7__c), set: {deal.id: item, deal.expected_close: ms(row.CloseDate)}}
      - {emit: deal.deleted, when: op == delete, set: {deal.id: item}}
    ignore: op == update
"""


class Avro(unittest.TestCase):
    maxDiff = 2000

    def map(self, work, source, records):
        done = subprocess.run([harness.binary(), "map", f"--config.file={work / 'kpis.yaml'}", f"--source={source}", f"--input={work / records}"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertIn(done.returncode, (0, 65), done.stderr)
        # An id begins with the topic, as does a source's name.
        return [line.replace(f"/{source}/", "/-/").replace(f'"source":"{source}"', '"source":"-"') for line in done.stdout.splitlines()]

    def test_the_same_facts_are_the_same_events(self):
        bin_dir = harness.environment(HERE / "avro" / "requirements.txt")
        work = harness.temp_dir("avro")
        subprocess.run([bin_dir / "python", HERE / "avro" / "write.py", work, *map(str, (SEED, SCHEMAS, RECORDS))], check=True, timeout=300)
        (work / "kpis.yaml").write_text(CONFIG.format(schemas=work / "schemas", rules=RULES))
        avro, json = self.map(work, "avro", "records.bin"), self.map(work, "json", "records.jsonl")
        outcomes = [line.split(": ")[1].split(" ")[0] for line in avro if line.startswith("record ")]
        self.assertEqual(len(outcomes), SCHEMAS * RECORDS)
        self.assertNotIn("undecodable,", outcomes)
        self.assertGreater(outcomes.count("mapped"), len(outcomes) // 3)
        records = (work / "records.jsonl").read_text().splitlines()
        number = 0
        for theirs, ours in zip(json, avro):
            number += theirs.startswith("record ")
            self.assertEqual(ours, theirs, f"record {number}: {records[number - 1]}")
        self.assertEqual(len(avro), len(json))

    def test_bitmaps_say_what_names_say(self):
        bin_dir = harness.environment(HERE / "avro" / "requirements.txt")
        work = harness.temp_dir("avro-changes")
        subprocess.run([bin_dir / "python", HERE / "avro" / "changes.py", work, str(SEED), "2000"], check=True, timeout=300)
        (work / "kpis.yaml").write_text(CONFIG.format(schemas=work / "schemas", rules=CHANGES))
        avro, json = self.map(work, "avro", "changes.bin"), self.map(work, "json", "changes.jsonl")
        self.assertEqual(avro, json)
        for event in ("deal_updated", "deal_won", "deal_lost", "deal_deleted"):
            self.assertGreater(sum(event in line or event.replace("_", ".") in line for line in avro), 50, event)


if __name__ == "__main__":
    harness.main()
