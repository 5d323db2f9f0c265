"""Writes records by Confluent's serializers, each kind to the topic of its name: `write.py BOOTSTRAP REGISTRY KIND FIRST LAST`.

Kinds: avro and avro_grown (to the topic avro), json, protobuf, protobuf_plain. Of Protobuf, behind each lead comes a deal, of the same file.
Wants the generated classes of crm.proto on its path.
"""

import json
import sys
import time

from confluent_kafka import Producer
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient, topic_record_subject_name_strategy
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

ORIGIN = {"type": "record", "name": "Origin", "namespace": "crm", "fields": [{"name": "channel", "type": ["null", "string"], "default": None}]}
LEAD = {"type": "record", "name": "Lead", "namespace": "crm", "fields": [
    {"name": "id", "type": "string"}, {"name": "origin", "type": "crm.Origin"}, {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}]}
GROWN = {**LEAD, "fields": [{"name": "score", "type": "double", "default": 0.5}, *LEAD["fields"]]}
JSON_LEAD = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Lead", "type": "object", "required": ["id", "at"]}


def avro(registry, schema):
    origin = Schema(json.dumps(ORIGIN), "AVRO")
    registry.register_schema("origin", origin)
    return AvroSerializer(registry, Schema(json.dumps(schema), "AVRO", [SchemaReference("crm.Origin", "origin", 1)]))


def protobuf(registry, message, plain):
    return ProtobufSerializer(message, registry, {"use.deprecated.format": plain, "subject.name.strategy": topic_record_subject_name_strategy})


def main():
    bootstrap, url, kind, first, last = sys.argv[1:]
    registry, producer = SchemaRegistryClient({"url": url}), Producer({"bootstrap.servers": bootstrap})
    topic = kind.removesuffix("_grown")

    def send(serialize, value):
        producer.produce(topic, serialize(value, SerializationContext(topic, MessageField.VALUE)))

    if kind.startswith("protobuf"):
        from crm_pb2 import Change
        of_lead, of_deal = (protobuf(registry, message, kind == "protobuf_plain") for message in (Change.Lead, Change.Deal))
    else:
        of_lead = JSONSerializer(json.dumps(JSON_LEAD), registry) if kind == "json" else avro(registry, GROWN if kind == "avro_grown" else LEAD)
    for n in range(int(first), int(last)):
        channel, at = ["web", "ads", None][n % 3], int(time.time() * 1000)
        if kind.startswith("protobuf"):
            lead = Change.Lead(id=f"{kind}-{n}", score=n / 7)
            lead.at.FromMilliseconds(at)
            lead.origin.utm["campaign"] = "spring"
            lead.origin.channel = channel or ""
            send(of_lead, lead)
            send(of_deal, Change.Deal(id=f"{kind}-{n}", stage="open"))
        else:
            send(of_lead, {"id": f"{topic}-{n}", "origin": {"channel": channel}, "at": at, "score": n / 7})
    if producer.flush(30) != 0:
        raise SystemExit("not all was taken")


if __name__ == "__main__":
    main()
