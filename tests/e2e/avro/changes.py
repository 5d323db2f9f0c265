"""Random changes as Salesforce's Pub/Sub API writes them, by fastavro: all fields, and bitmaps of those that changed. The same as
Streaming API's connectors write them, in JSON: the fields that changed, and their names. schemas/1.avsc, changes.bin, changes.jsonl."""

import io
import json
import pathlib
import random
import struct
import sys

import fastavro

NAMES = {"type": "array", "items": "string"}
PLAIN = {"StageName": ["Closed Won", "Closed Lost", "New"], "Amount": [0.0, 12.5, 1e6], "OwnerId": ["005a", "005b"], "CloseDate": [1714089600000], **{f"Custom{i}__c": ["x"] for i in range(40)}}
ADDRESS = {"Street": ["S"], "City": ["Bonn", "Ulm"], "Country": ["DE"]}


def nullable(of):
    return ["null", of]


def schema():
    header = {"type": "record", "name": "ChangeEventHeader", "fields": [
        {"name": "entityName", "type": "string"}, {"name": "recordIds", "type": NAMES},
        {"name": "changeType", "type": {"type": "enum", "name": "ChangeType", "symbols": ["CREATE", "UPDATE", "DELETE"]}},
        {"name": "commitTimestamp", "type": "long"}, {"name": "nulledFields", "type": NAMES}, {"name": "diffFields", "type": NAMES}, {"name": "changedFields", "type": NAMES}]}
    kinds = {name: "double" if name == "Amount" else "long" if name == "CloseDate" else "string" for name in PLAIN}
    fields = [{"name": name, "type": nullable(kind)} for name, kind in kinds.items()]
    address = {"type": "record", "name": "Address", "fields": [{"name": name, "type": nullable("string")} for name in ADDRESS]}
    fields.insert(3, {"name": "BillingAddress", "type": nullable(address)})
    return {"type": "record", "name": "OpportunityChangeEvent", "fields": [{"name": "ChangeEventHeader", "type": header}, *fields]}


def bitmaps(names, order):
    """Of names like BillingAddress.City, whose outer field has its own bit."""
    bits, nested = 0, {}
    for name in names:
        outer, _, inner = name.partition(".")
        bits |= 1 << order.index(outer)
        if inner:
            nested[outer] = nested.get(outer, 0) | 1 << list(ADDRESS).index(inner)
    return ([f"0x{bits:0{random.randint(1, 20)}X}"] if bits else []) + [f"{order.index(outer)}-0x{of:02X}" for outer, of in nested.items()]


def main(work, seed, count):
    random.seed(seed)
    (work / "schemas").mkdir()
    written = schema()
    (work / "schemas" / "1.avsc").write_text(json.dumps(written))
    parsed = fastavro.parse_schema(written)
    order = [field["name"] for field in written["fields"]]
    with open(work / "changes.bin", "wb") as avro, open(work / "changes.jsonl", "w") as lines:
        for number in range(count):
            change = random.choice(["CREATE", "UPDATE", "UPDATE", "UPDATE", "DELETE"])
            changed = [] if change != "UPDATE" else random.sample(list(PLAIN)[:4], random.randint(0, 4)) + random.sample(list(PLAIN)[4:], 3) + [f"BillingAddress.{f}" for f in ADDRESS if random.random() < 0.3]
            nulled = [name for name in changed if random.random() < 0.3]
            told = changed if change == "UPDATE" else [*PLAIN, *(f"BillingAddress.{f}" for f in ADDRESS)] if change == "CREATE" else []
            header = {"entityName": "Opportunity", "recordIds": [f"006{number % 50}"], "changeType": change, "commitTimestamp": 1714153779000 + number}
            full, slim = {name: None for name in order[1:]}, {}
            for name in told:
                outer, _, inner = name.partition(".")
                value = None if name in nulled else random.choice(ADDRESS[inner] if inner else PLAIN[outer])
                if not inner:
                    full[outer] = value
                else:
                    full[outer] = full[outer] or dict.fromkeys(ADDRESS)
                    full[outer][inner] = value
                if value is not None:
                    (slim.setdefault(outer, {}) if inner else slim)[inner or outer] = value
            body = io.BytesIO()
            bits = {"nulledFields": bitmaps(nulled, order), "diffFields": [], "changedFields": bitmaps(changed, order)}
            fastavro.schemaless_writer(body, parsed, {"ChangeEventHeader": {**header, **bits}, **full})
            record = b"\0" + struct.pack(">I", 1) + body.getvalue()
            avro.write(struct.pack(">i", len(record)) + record)
            lines.write(json.dumps({"ChangeEventHeader": {**header, "nulledFields": nulled, "diffFields": [], "changedFields": changed}, **slim}) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
