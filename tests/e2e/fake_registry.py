"""A schema registry that can be stopped and started, forgets, asks for a password, and speaks TLS: what tests need of Confluent's interface.

    with FakeRegistry() as registry:
        registry.schemas[7] = '{"type": "string"}'
        registry.stop(); registry.start()        # on the same port
"""

import base64
import collections
import http.server
import json
import pathlib
import struct
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "broker"))

import broker  # noqa: E402  (beside this folder)


class FakeRegistry:
    def __init__(self, tls=None):
        (self.port,) = broker.free_ports(1)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"
        self.tls = tls           # an ssl.SSLContext
        self.schemas = {}        # number -> text, or (text, schemaType, references)
        self.subjects = {}       # (subject, version) -> likewise
        self.password = None     # of "tidemark"; None: everyone is let in
        self.status = None       # answers everything with it
        self.asked = collections.Counter()  # by path
        self._server = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *unused):
        self.stop()

    def start(self):
        registry = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # noqa: N802
                registry.asked[self.path] += 1
                status, body = registry.answer(self.path, self.headers.get("Authorization"))
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *unused):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        if self.tls is not None:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self):
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def answer(self, path, authorization):
        if self.status is not None:
            return self.status, {"error_code": self.status, "message": "as the test says"}
        if self.password is not None:
            wanted = "Basic " + base64.b64encode(f"tidemark:{self.password}".encode()).decode()
            if authorization != wanted:
                return 401, {"error_code": 401, "message": "Unauthorized"}
        parts = path.strip("/").split("/")
        found = None
        if parts[:2] == ["schemas", "ids"]:
            found = self.schemas.get(int(parts[2]))
        elif parts[0] == "subjects" and parts[2] == "versions":
            found = self.subjects.get((parts[1], int(parts[3])))
        if found is None:
            return 404, {"error_code": 40403, "message": "Schema not found"}
        text, kind, references = (found, "AVRO", []) if isinstance(found, str) else found
        body = {"schema": text}
        if kind != "AVRO":
            body["schemaType"] = kind
        if references:
            body["references"] = [{"name": name, "subject": subject, "version": version} for name, subject, version in references]
        return 200, body


LEAD = json.dumps({"type": "record", "name": "Lead", "fields": [
    {"name": "id", "type": "string"}, {"name": "channel", "type": "string"}, {"name": "at", "type": "long"}]})


def lead(schema, lead_id, channel, at_ms):
    """A record of LEAD in Avro, in Confluent's framing."""
    out = struct.pack(">bI", 0, schema)
    for text in (lead_id.encode(), channel.encode()):
        out += _long(len(text)) + text
    return out + _long(at_ms)


def _long(value):
    zigzag = (value << 1) ^ (value >> 63)
    out = bytearray()
    while zigzag >= 0x80:
        out.append(zigzag & 0x7F | 0x80)
        zigzag >>= 7
    out.append(zigzag)
    return bytes(out)
