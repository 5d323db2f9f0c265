"""What the end-to-end tests share: the daemon as a process, its /metrics as data, events, waiting.

The binary is $TIDEMARK_BINARY, by default build/release/tidemark. Every wait has a time-out that says what was awaited.
"""

import atexit
import functools
import hashlib
import importlib
import importlib.util
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest
import urllib.error
import urllib.request
from decimal import Decimal

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "broker"))

import broker  # noqa: E402  (beside this folder)

SKIPPED = 77  # the exit status that ctest takes for "skipped"
_SERIES = re.compile(r'^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \S+)?$')
_LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)",?')
_ESCAPE = re.compile(r'\\([\\"n])')


def temp_dir(prefix):
    """A directory that is gone when the program ends."""
    path = pathlib.Path(tempfile.mkdtemp(prefix=f"tidemark-{prefix}-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def binary():
    path = pathlib.Path(os.environ.get("TIDEMARK_BINARY", ROOT / "build" / "release" / "tidemark"))
    if not path.exists():
        raise RuntimeError(f"no daemon at {path}: build it, or name it with TIDEMARK_BINARY")
    return path


@functools.cache
def sanitized():
    """Whether the daemon was built with a sanitizer: what that keeps of its own is resident too."""
    program = binary().read_bytes()
    return b"__tsan_init" in program or b"__asan_init" in program


def patience():
    """By how much more than usual a thing may take."""
    return 6 if sanitized() else 1


def data_folder():
    """The public data sets; SkipTest where they aren't."""
    folder = pathlib.Path(os.environ.get("TIDEMARK_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "olist_marketing_funnel").is_dir():
        raise unittest.SkipTest(f"no data sets at {folder}; name their folder with TIDEMARK_DATA")
    return folder


def environment(requirements):
    """The bin/ of an environment with what a file wants of PyPI, in the cache of the tests; skips the test where it cannot be had."""
    cache = pathlib.Path(os.environ.get("TIDEMARK_TEST_CACHE") or
                         pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "tidemark-tests")
    where = cache / (requirements.parent.name + "-" + hashlib.sha256(requirements.read_bytes()).hexdigest()[:12])
    if not (where / "done").exists():
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        if subprocess.run([sys.executable, "-m", "venv", "--clear", where], **quiet).returncode != 0:
            raise unittest.SkipTest("no venv for this Python (Debian: python3-venv)")
        if subprocess.run([where / "bin" / "pip", "install", "-q", "-r", requirements], timeout=240, **quiet).returncode != 0:
            raise unittest.SkipTest(f"PyPI is not reachable for what {requirements.parent.name}/requirements.txt wants")
        (where / "done").touch()
    return where / "bin"


def event_classes():
    """The module of the generated classes of tidemark.events.v1, made from proto/ by protoc."""
    protoc = shutil.which("protoc")
    if protoc is None:
        raise unittest.SkipTest("no protoc in PATH (Debian: protobuf-compiler)")
    if importlib.util.find_spec("google") is None or importlib.util.find_spec("google.protobuf") is None:
        raise unittest.SkipTest("no protobuf for this Python (Debian: python3-protobuf)")
    out = temp_dir("proto")
    sources = sorted((ROOT / "proto" / "tidemark" / "events" / "v1").glob("*.proto"))
    subprocess.run([protoc, f"--proto_path={ROOT / 'proto'}", f"--python_out={out}", *sources], check=True)
    sys.path.insert(0, str(out))
    return importlib.import_module("tidemark.events.v1.event_pb2")


def wait_for(condition, what, timeout=30.0, interval=0.05):
    """The first true answer of `condition`; after `timeout` fails with `what`, a text or a function that makes one."""
    timeout *= patience()
    deadline = time.monotonic() + timeout
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout} s: {what() if callable(what) else what}")
        time.sleep(interval)


def _unescape(match):
    return "\n" if match[1] == "n" else match[1]


class Page:
    """One answer of /metrics: series by name and labels. Values stay texts, because decimals are exact."""

    def __init__(self, text):
        self.text = text
        self.series = {}
        for line in text.splitlines():
            if not line or line.startswith("#"):
                continue
            match = _SERIES.match(line)
            if match is None:
                raise AssertionError(f"not a line of the exposition format: {line!r}")
            labels = frozenset((name, _ESCAPE.sub(_unescape, value)) for name, value in _LABEL.findall(match[2] or ""))
            if (match[1], labels) in self.series:
                raise AssertionError(f"the same series twice: {line!r}")
            self.series[match[1], labels] = match[3]

    def family(self, name, **labels):
        """{labels as a dict's items: text} of the series with this name and at least these labels."""
        wanted = set(labels.items())
        return {key: text for (family, key), text in self.series.items() if family == name and wanted <= key}

    def text_of(self, name, **labels):
        """The one series with exactly these labels; None when it is not there."""
        return self.series.get((name, frozenset(labels.items())))

    def number(self, name, **labels):
        text = self.text_of(name, **labels)
        return None if text is None else Decimal(text)

    def total(self, name, **labels):
        return sum((Decimal(text) for text in self.family(name, **labels).values()), Decimal(0))

    def offsets(self, topic):
        """{partition: first offset that is not in the numbers of this page}."""
        family = self.family("tidemark_partition_next_offset", topic=topic)
        return {int(dict(labels)["partition"]): int(Decimal(text)) for labels, text in family.items()}

    def evaluated_at(self, kpi):
        """T of a KPI in microseconds; None before there is one."""
        seconds = self.number("tidemark_kpi_evaluation_timestamp_seconds", kpi=kpi)
        return None if seconds is None else int(seconds * 1_000_000)

    def types(self):
        return dict(re.findall(r"^# TYPE (\S+) (\S+)$", self.text, re.MULTILINE))


class Daemon:
    """`tidemark run` with a configuration, a state directory and a log that outlive it."""

    def __init__(self, config, name="daemon", flags=()):
        self.flags = list(flags)
        self.env = None  # the test's own
        self.dir = temp_dir(name)
        self.config = self.dir / "tidemark.yaml"
        self.log_file = self.dir / "log"
        self.port_file = self.dir / "port"
        self.state = self.dir / "state"
        self.configure(config)
        self.process = None
        self.port = None
        atexit.register(self.kill)

    def configure(self, text):
        self.config.write_text(textwrap.dedent(text))

    def start(self, wait=True, listen="127.0.0.1:0"):
        assert self.process is None, "started already"
        self.port_file.unlink(missing_ok=True)
        self.port = None
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [binary(), "run", f"--config.file={self.config}", f"--storage.path={self.state}",
                 f"--web.listen-address={listen}", f"--web.port-file={self.port_file}", *self.flags],
                stdout=log, stderr=log, cwd=self.dir, env=self.env)
        if wait:
            self.await_port()
        return self

    def await_port(self):
        def served():
            if self.process.poll() is not None:
                raise AssertionError(f"the daemon ended with status {self.process.returncode}:\n{self.log()[-4000:]}")
            return self.port_file.exists()
        wait_for(served, lambda: f"the daemon serves; its log:\n{self.log()[-4000:]}")
        self.port = int(self.port_file.read_text())

    def stop(self, timeout=60):
        """SIGTERM; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout)
        self.process = None
        return status

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def get(self, path, **headers):
        """(status, headers, text) of a request."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    def page(self):
        status, _, text = self.get("/metrics")
        assert status == 200, f"/metrics answered {status}: {text}"
        return Page(text)

    def wait_for(self, condition, what, timeout=30.0, interval=0.05):
        """The first page for which `condition` holds."""
        last = []

        def seen():
            if self.process is not None and self.process.poll() is not None:
                raise AssertionError(f"the daemon ended with {self.process.returncode}:\n{self.log()[-4000:]}")
            last[:] = [self.page()]
            return last[0] if condition(last[0]) else None
        return wait_for(seen, lambda: f"{what}\n--- log:\n{self.log()[-3000:]}\n--- page:\n{_own_lines(last)}", timeout,
                        interval)


def lint_dashboards(daemon):
    """What is wrong with the dashboards of the daemon's configuration: a metric, say, that its page doesn't name."""
    sys.path.insert(0, str(ROOT / "tests" / "grafana"))
    import dashboards
    import lint
    out = temp_dir("dashboards")
    subprocess.run([binary(), "generate", "dashboards", f"--config.file={daemon.config}", f"--output={out}"], check=True)
    known = set(re.findall(r"^# HELP (\w+)", daemon.page().text, re.M)) | {"up"}
    return lint.lint(list(dashboards.load(out).values()), known | {name + "_bucket" for name in known})


def _own_lines(pages):
    lines = pages[0].text.splitlines() if pages else []
    return "\n".join(line for line in lines if "partition" in line and not line.startswith("#"))[-4000:]


class Feed:
    """Sends events to a topic and remembers what lies where: records[partition][offset] = (event, kafka time in ms).

    `event` is None for records that are no events. Offsets are the broker's own, from its acknowledgements.
    Threads: send and flush from one at a time; `snapshot` from any.
    """

    def __init__(self, bootstrap, topic, settings=None):
        self.topic = topic
        self._lock = threading.Lock()
        self._records = {}
        self._producer = broker.confluent_kafka.Producer({
            "bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 5,
            "queue.buffering.max.messages": 1_000_000, **(settings or {})})

    @property
    def producer(self):
        return self._producer

    def send(self, partition, event, time_ms=None, raw=None, remember=True):
        """`event` is a message of the schema; `raw` replaces its bytes."""
        value = event.SerializeToString() if raw is None else raw
        if time_ms is None:
            time_ms = int(time.time() * 1000)

        def delivered(error, message):
            if error is not None:
                raise RuntimeError(f"not delivered: {error}")
            if remember:
                with self._lock:
                    self._records.setdefault(message.partition(), {})[message.offset()] = (event, time_ms)

        while True:
            try:
                self._producer.produce(self.topic, value=value, partition=partition, timestamp=time_ms,
                                       on_delivery=delivered)
                break
            except BufferError:
                self._producer.poll(0.05)
        self._producer.poll(0)

    def flush(self):
        left = self._producer.flush(60)
        assert left == 0, f"{left} records were not acknowledged within a minute"

    def snapshot(self):
        with self._lock:
            return {partition: dict(records) for partition, records in self._records.items()}

    def between(self, partition, begin, end):
        """The records of [begin, end), all of which were acknowledged."""
        with self._lock:
            return [self._records[partition][offset] for offset in range(begin, end)]

    def forget(self):
        with self._lock:
            self._records.clear()

    def ends(self):
        """{partition: offset behind the last record sent}."""
        return {partition: max(records) + 1 for partition, records in self.snapshot().items()}


def set_time(event, micros):
    event.time.seconds, rest = divmod(micros, 1_000_000)
    event.time.nanos = rest * 1000
    return event


def micros_of(event):
    return event.time.seconds * 1_000_000 + event.time.nanos // 1000


def caught_up_to(page, feed):
    """Everything that the feed sent is in the numbers of the page."""
    offsets = page.offsets(feed.topic)
    return all(offsets.get(partition, 0) >= end for partition, end in feed.ends().items())


def main():
    """unittest.main, but what was skipped is said, and a run in which everything was ends with status 77."""
    program = unittest.main(module="__main__", exit=False, verbosity=2)
    result = program.result
    if not result.wasSuccessful():
        sys.exit(1)
    for _, reason in result.skipped:
        print(f"SKIPPED: {reason}")
    if result.skipped and len(result.skipped) >= max(1, result.testsRun):
        sys.exit(SKIPPED)
    sys.exit(0)
