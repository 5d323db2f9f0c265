"""What stands around the daemon, for real and on loopback: Prometheus, Alertmanager, and who is told.

    told = Told()                                    # webhooks, Slack and e-mail end here
    alertmanager = Alertmanager(told, config, templates)
    prometheus = Prometheus(targets, rules, alertmanager)
    prometheus.query('up')                           # [({labels}, value), ...]

Without the programs the test is skipped, with the reason.
"""

import atexit
import collections
import email
import email.policy
import http.server
import json
import pathlib
import re
import shutil
import socketserver
import subprocess
import threading
import time
import unittest
import urllib.parse
import urllib.request

import harness
from broker import free_ports

# (seconds since the epoch, kind: "webhook", "slack" or "email", receiver's address, what was sent)
Notice = collections.namedtuple("Notice", "at kind to body")


def need(*tools):
    for tool in tools:
        if shutil.which(tool) is None:
            package = "prometheus-alertmanager" if tool in ("amtool", "prometheus-alertmanager") else "prometheus"
            raise unittest.SkipTest(f"no {tool} in PATH (Debian: {package})")


def generate(what, *arguments):
    """The text that `tidemark generate WHAT` prints."""
    done = subprocess.run([harness.binary(), "generate", what, *arguments], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False, timeout=60)
    if done.returncode != 0:
        raise AssertionError(f"generate {what} {arguments}: exit status {done.returncode}\n{done.stderr}")
    return done.stdout


def run(*command, timeout=120):
    """(exit status, what it printed)."""
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=timeout)
    return done.returncode, done.stdout


class Told:
    """Takes what Alertmanager sends. Threads: any."""

    def __init__(self):
        self._lock = threading.Lock()
        self._notices = []
        told = self

        class Web(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                kind = "slack" if self.path.startswith("/slack") else "webhook"
                told.put(kind, self.path.rsplit("/", 1)[-1], json.loads(body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Mail(socketserver.StreamRequestHandler):
            """As much of SMTP as a client that wants to get rid of a message asks for."""

            def handle(self):
                self.wfile.write(b"220 test\r\n")
                to = None
                while line := self.rfile.readline():
                    word = line[:4].upper()
                    if word == b"RCPT":
                        to = re.search(rb"<(.*)>", line)[1].decode()
                    if word == b"DATA":
                        self.wfile.write(b"354 go on\r\n")
                        lines = []
                        while (part := self.rfile.readline()) not in (b".\r\n", b""):
                            lines.append(part[1:] if part.startswith(b"..") else part)
                        told.put("email", to, email.message_from_bytes(b"".join(lines), policy=email.policy.default))
                    self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
                    if word == b"QUIT":
                        return

        self._servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web),
                         socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mail)]
        for server in self._servers:
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, daemon=True).start()
        self.web_port, self.mail_port = (server.server_address[1] for server in self._servers)

    def put(self, kind, to, body):
        with self._lock:
            self._notices.append(Notice(time.time(), kind, to, body))

    def notices(self, kind="webhook", after=0):
        with self._lock:
            return [n for n in self._notices if n.kind == kind and n.at >= after]

    def alerts(self, after=0):
        """[(alertname, status)] of all webhooks, in the order in which they came."""
        return [(alert["labels"]["alertname"], alert["status"]) for n in self.notices(after=after) for alert in n.body["alerts"]]

    def close(self):
        for server in self._servers:
            server.shutdown()
            server.server_close()


class _Process:
    """A program with a folder of its own, gone at the end."""

    def __init__(self, name):
        self.dir = harness.temp_dir(name)
        self.port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self._process = None
        atexit.register(self.close)

    def _start(self, *command):
        with open(self.dir / "log", "ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.dir)
        harness.wait_for(self._ready, lambda: f"{command[0]} is ready; its log:\n{self.log()[-3000:]}", 40, 0.1)

    def _ready(self):
        if self._process.poll() is not None:
            raise AssertionError(f"ended with {self._process.returncode}:\n{self.log()[-3000:]}")
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def log(self):
        return (self.dir / "log").read_text(errors="replace")

    def get(self, path, **parameters):
        query = "?" + urllib.parse.urlencode(parameters) if parameters else ""
        with urllib.request.urlopen(f"{self.url}{path}{query}", timeout=10) as answer:
            return json.load(answer)

    def close(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class Alertmanager(_Process):
    """Sends to `told` what the generated `config` sends to example.com; groups are told at once."""

    def __init__(self, told, config, templates):
        need("prometheus-alertmanager")
        super().__init__("alertmanager")
        secrets = self.dir / "secrets"
        secrets.mkdir()
        for name in re.findall(r"/etc/alertmanager/secrets/([\w.-]+)", config):
            (secrets / name).write_text(f"http://127.0.0.1:{told.web_port}/slack/{name.removesuffix('-slack-url')}"
                                        if name.endswith("-slack-url") else "secret")
        for old, new in (("https://hooks.example.com", f"http://127.0.0.1:{told.web_port}/webhook"),
                         ('"mail.example.com:587"', f'"127.0.0.1:{told.mail_port}"\n  smtp_require_tls: false'),
                         ("/etc/alertmanager/secrets", str(secrets)), ("group_wait: 30s", "group_wait: 1s"),
                         ("group_interval: 5m", "group_interval: 2s")):
            assert old in config, f"{old} is not in the configuration:\n{config}"
            config = config.replace(old, new)
        (self.dir / "alertmanager.yml").write_text(config)
        (self.dir / "tidemark.tmpl").write_text(templates)
        self._start("prometheus-alertmanager", "--config.file=alertmanager.yml", f"--storage.path={self.dir}/data",
                    f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address=")


class Prometheus(_Process):
    """Scrapes the targets and evaluates the rules each second."""

    def __init__(self, targets, rules="groups: []", alertmanager=None, job="tidemark"):
        need("prometheus")
        super().__init__("prometheus")
        (self.dir / "rules.yaml").write_text(rules)
        config = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
                  "rule_files": ["rules.yaml"],
                  "scrape_configs": [{"job_name": job, "static_configs": [{"targets": targets}]}]}
        if alertmanager is not None:
            config["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager.port}"]}]}]}
        self.config = self.dir / "prometheus.yml"
        self.config.write_text(json.dumps(config))
        self._start("prometheus", f"--config.file={self.config}", f"--storage.tsdb.path={self.dir}/data",
                    f"--web.listen-address=127.0.0.1:{self.port}")

    def query(self, promql):
        """[({labels}, value)]; what is wrong with the query is raised."""
        try:
            data = self.get("/api/v1/query", query=promql)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{promql}: {error.read().decode()}") from None
        if data["resultType"] == "scalar":
            return [({}, float(data["result"][1]))]
        return [(series["metric"], float(series["value"][1])) for series in data["result"]]

    def rules(self):
        """Every rule as Prometheus sees it."""
        return [rule for group in self.get("/api/v1/rules")["data"]["groups"] for rule in group["rules"]]

    def firing(self, seconds=0):
        """Names of the alerts that fire, or fired within the last seconds; not of those that nobody is told."""
        ago = f"[{seconds}s]" if seconds else ""
        shown = 'ALERTS{alertstate="firing",severity!="none"}' + ago
        return {labels["alertname"] for labels, _ in self.query(f"last_over_time({shown})" if ago else shown)}


def write(folder, name, text):
    path = pathlib.Path(folder) / name
    path.write_text(text)
    return path
