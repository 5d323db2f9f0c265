"""Random schemas and records, as Avro by fastavro and as JSON: schemas/N.avsc, records.bin (each behind its length, as kcat -f '%R%s'
writes them, in Confluent's wire format) and records.jsonl."""

import base64
import decimal
import io
import json
import pathlib
import random
import struct
import sys

import fastavro

NAMES = [f"f{i}" for i in range(8)]
TEXTS = ["", "a", "won", "0", "ä€", "a longer text, beyond any small buffer"]


class Schema:
    def __init__(self, rng):
        self.rng = rng
        self.named = 0
        self.known = []

    def name(self, kind):
        self.named += 1
        return f"{kind}{self.named}"

    def scalar(self):
        rng = self.rng
        kind = rng.choice(["null", "boolean", "int", "long", "float", "double", "bytes", "string", "string", "fixed", "enum", "decimal", "decimal_fixed", "time", "date"])
        if kind == "fixed":
            return {"type": "fixed", "name": self.name("x.Fixed"), "size": rng.randint(0, 5)}
        if kind == "enum":
            return {"type": "enum", "name": self.name("Enum"), "namespace": "y", "symbols": ["A", "B", "C"]}
        if kind == "decimal":
            return {"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": rng.randint(0, 6)}
        if kind == "decimal_fixed":
            return {"type": "fixed", "name": self.name("Decimal"), "size": 9, "logicalType": "decimal", "precision": 18, "scale": rng.randint(0, 6)}
        if kind == "time":
            return {"type": "long", "logicalType": rng.choice(["timestamp-millis", "timestamp-micros", "local-timestamp-millis", "time-micros"])}
        return {"type": "int", "logicalType": "date"} if kind == "date" else kind

    def type(self, depth):
        rng = self.rng
        kind = rng.choice(["scalar"] * 5 + ["union", "union", "record", "array", "map", "again"])
        if kind == "scalar" or depth > 3:
            return self.scalar()
        if kind == "again" and self.known:
            return rng.choice(self.known)
        if kind == "union":
            branches = ["null", rng.choice(["string", "long", "record"])]
            if branches[1] == "record":
                branches[1] = self.record(depth + 1, ["x", "y"])
            rng.shuffle(branches)
            return branches
        if kind == "array":
            return {"type": "array", "items": self.type(depth + 1)}
        if kind == "map":
            return {"type": "map", "values": self.type(depth + 1)}
        return self.record(depth + 1, rng.sample(["x", "y", "z"], 2))

    def record(self, depth, names):
        name = self.name("Record")
        fields = [{"name": n, "type": self.type(depth)} for n in names]
        self.known.append(name)
        return {"type": "record", "name": name, "fields": fields}

    def root(self):
        item = {"type": "record", "name": "Item", "fields": [{"name": n, "type": self.scalar()} for n in ("skipped", "sku", "amount")]}
        param = {"type": "record", "name": "Param", "fields": [{"name": "k", "type": "string"}, {"name": "s", "type": ["null", "string"]}, {"name": "n", "type": ["long", "null"]}]}
        fields = [{"name": n, "type": self.type(0)} for n in NAMES]
        fields += [{"name": f"unread{i}", "type": self.type(0)} for i in range(4)]
        fields += [{"name": "items", "type": ["null", {"type": "array", "items": item}]}, {"name": "params", "type": {"type": "array", "items": param}},
                   {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}]
        self.rng.shuffle(fields)
        # A name is defined where it is met first.
        return define({"type": "record", "name": "Root", "fields": fields}, self.definitions(fields), set())

    @staticmethod
    def definitions(part):
        found = {}
        if isinstance(part, dict):
            if part.get("type") in ("record", "fixed", "enum"):
                found[part["name"]] = part
            for inside in part.values():
                found.update(Schema.definitions(inside))
        elif isinstance(part, list):
            for inside in part:
                found.update(Schema.definitions(inside))
        return found


def define(part, named, seen):
    if isinstance(part, str) and part in named:
        if part in seen:
            return part
        return define(named[part], named, seen)
    if isinstance(part, list):
        return [define(p, named, seen) for p in part]
    if not isinstance(part, dict):
        return part
    if part.get("type") in ("record", "fixed", "enum"):
        if part["name"] in seen:
            return part["name"]
        seen.add(part["name"])
    done = dict(part)
    for key in ("fields", "items", "values"):
        if key in part:
            done[key] = [{**f, "type": define(f["type"], named, seen)} for f in part[key]] if key == "fields" else define(part[key], named, seen)
    return done


class Value:
    """A value for fastavro, and the same for JSON."""

    def __init__(self, rng, schema):
        self.rng = rng
        self.named = Schema.definitions(schema)

    def number(self, bits):
        return self.rng.choice([0, 1, -1, 2, 63, 64, -65, 2**(bits - 1) - 1, -2**(bits - 1), self.rng.randint(-10**6, 10**6)])

    def of(self, schema):
        rng = self.rng
        if isinstance(schema, list):
            branch = rng.choice(schema)
            value, shown = self.of(branch)
            if isinstance(value, dict):
                value = (branch if isinstance(branch, str) else branch["name"], value)
            return value, shown
        if isinstance(schema, str):
            if schema in self.named:
                return self.of(self.named[schema])
            return self.primitive(schema)
        kind, logical = schema["type"], schema.get("logicalType")
        if logical == "decimal":
            value = decimal.Decimal(rng.randint(-10**12, 10**12)).scaleb(-schema["scale"])
            shown = format(value, "f")
            shown = shown.rstrip("0").rstrip(".") if "." in shown else shown
            return value, Number("0" if shown == "-0" else shown)
        if kind == "fixed":
            value = rng.randbytes(schema["size"])
            return value, base64.b64encode(value).decode()
        if kind == "enum":
            value = rng.choice(schema["symbols"])
            return value, value
        if kind == "record":
            made = {f["name"]: self.of(f["type"]) for f in schema["fields"]}
            return {n: v for n, (v, _) in made.items()}, {n: s for n, (_, s) in made.items()}
        if kind == "array":
            made = [self.of(schema["items"]) for _ in range(rng.choice([0, 1, 2, 5]))]
            return [v for v, _ in made], [s for _, s in made]
        if kind == "map":
            made = {k: self.of(schema["values"]) for k in rng.sample(["x", "y", "k", "ö"], rng.randint(0, 3))}
            return {n: v for n, (v, _) in made.items()}, {n: s for n, (_, s) in made.items()}
        if logical == "timestamp-millis":
            value = rng.randint(0, 2 * 10**12)
            return value, value
        return self.primitive(kind)

    def primitive(self, kind):
        rng = self.rng
        if kind == "null":
            return None, None
        if kind == "boolean":
            value = rng.random() < 0.5
            return value, value
        if kind in ("int", "long"):
            value = self.number(32 if kind == "int" else 64)
            return value, value
        if kind in ("float", "double"):
            value = rng.randint(-80000, 80000) / 8
            return value, Number(repr(value).removesuffix(".0") if value else "0")
        if kind == "bytes":
            value = rng.randbytes(rng.randint(0, 20))
            return value, base64.b64encode(value).decode()
        value = rng.choice(TEXTS)
        return value, value


class Number(float):
    """A number whose digits are the ones that are written."""

    def __new__(cls, text):
        made = super().__new__(cls, text)
        made.text = text
        return made

    def __repr__(self):
        return self.text


def plain(schema):
    """Times and dates as the numbers that they are, so that fastavro writes what it is given."""
    if isinstance(schema, list):
        return [plain(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    out = {k: plain(v) if k in ("items", "values") else v for k, v in schema.items()}
    if "fields" in out:
        out["fields"] = [{**f, "type": plain(f["type"])} for f in out["fields"]]
    if out.get("logicalType") not in (None, "decimal"):
        del out["logicalType"]
    return out


def main():
    out, seed, schemas, records = pathlib.Path(sys.argv[1]), *map(int, sys.argv[2:])
    rng = random.Random(seed)
    (out / "schemas").mkdir()
    with open(out / "records.bin", "wb") as avro, open(out / "records.jsonl", "w") as text:
        for number in range(1, schemas + 1):
            schema = Schema(rng).root()
            (out / "schemas" / f"{number}.avsc").write_text(json.dumps(schema))
            written = fastavro.parse_schema(plain(schema))
            for _ in range(records):
                value, shown = Value(rng, schema).of(schema)
                buffer = io.BytesIO()
                fastavro.schemaless_writer(buffer, written, value)
                framed = struct.pack(">bI", 0, number) + buffer.getvalue()
                avro.write(struct.pack(">I", len(framed)) + framed)
                text.write(dumps(shown) + "\n")


def dumps(value):
    """json.dumps, but for numbers that are texts."""
    if isinstance(value, Number):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join(json.dumps(k) + ":" + dumps(v) for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dumps, value)) + "]"
    return json.dumps(value)


if __name__ == "__main__":
    main()
