"""The daemon under measurement: started with a configuration, asked for metrics, its CPU read from /proc."""

import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
import uuid

TICKS = 1e9  # schedstat counts nanoseconds
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))

HEAD = """\
kafka:
  brokers: {brokers}
  group: {group}
topics:
  - name: {topic}
    dedup: {dedup}
limits:
  memory: {memory}
  max_series: {max_series}
web:
  listen_address: 127.0.0.1:0
"""


def config(brokers, topic, kpis, dedup="{by: id, horizon: 24h, max_ids: 2000000}", max_series=200000, memory="4GiB"):
    # A group of its own each time: a killed member of the last one would hold up the first assignment.
    head = HEAD.format(brokers=brokers, topic=topic, group=f"bench-{uuid.uuid4()}", dedup=dedup, max_series=max_series,
                       memory=memory)
    return head + "kpis:\n" + "".join(kpis)


def kpi(name, on, measure, windows, by=None, step=None):
    lines = [f"  - name: {name}", f"    on: {on}", f"    {measure}", f"    windows: [{', '.join(windows)}]"]
    if by:
        lines.append(f"    by: {by}")
    if step:
        lines.append(f"    step: {step}")
    return "\n".join(lines) + "\n"


class Daemon:
    """Runs until stop(), kill() or the end of the with block; the state directory lives as long as this object."""

    def __init__(self, binary, text):
        self.binary = binary
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-bench-"))
        (self.dir / "config.yaml").write_text(text)
        self.process = None
        self.url = None
        self.started = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *unused):
        if self.process:
            self.kill()
        shutil.rmtree(self.dir, ignore_errors=True)

    def start(self):
        port_file = self.dir / "port"
        port_file.unlink(missing_ok=True)
        log = open(self.dir / "log", "ab")
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [self.binary, "run", f"--config.file={self.dir}/config.yaml", f"--storage.path={self.dir}/state",
             f"--web.port-file={port_file}"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        log.close()
        while not (port_file.exists() and port_file.read_text().strip()):
            self._must_live()
            if time.monotonic() - self.started > 120:
                raise RuntimeError("the daemon does not serve:\n" + self.log())
            time.sleep(0.01)
        self.url = f"http://127.0.0.1:{port_file.read_text().strip()}/metrics"

    def log(self):
        return (self.dir / "log").read_text(errors="replace")[-3000:]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=30)
        self.process = None
        if status != 0:
            raise RuntimeError(f"the daemon stopped with exit status {status}:\n" + self.log())

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    def verify(self):
        """What the stored state holds, in words, after comparing every window with its panes. The daemon is stopped."""
        done = subprocess.run(
            [self.binary, "state", "verify", f"--config.file={self.dir}/config.yaml", f"--storage.path={self.dir}/state"],
            stdout=subprocess.PIPE, text=True, check=True)
        return next(line for line in done.stdout.splitlines() if "compared with" in line).strip()

    def _must_live(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"the daemon ended, exit status {self.process.returncode}:\n" + self.log())

    def scrape(self):
        with _OPENER.open(self.url, timeout=60) as answer:
            return answer.read().decode()

    def total(self, family, text=None):
        """The sum of a family's samples."""
        return sum(float(line.rsplit(" ", 1)[1]) for line in (text or self.scrape()).splitlines()
                   if line.startswith((family + " ", family + "{")))

    def await_records(self, count, timeout=600, pause=0.1):
        """Returns (seconds since start, CPU seconds) when so many records are committed."""
        deadline = time.monotonic() + timeout
        while True:
            self._must_live()
            read = self.total("tidemark_records_read_total")
            if read >= count:
                return time.monotonic() - self.started, self.cpu_seconds()
            if time.monotonic() > deadline:
                raise RuntimeError(f"only {read:.0f} of {count} records were read:\n" + self.log())
            time.sleep(pause)

    def peak_bytes(self):
        """The most memory that was resident at once."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024

    def disk_bytes(self):
        return sum(f.stat().st_size for f in (self.dir / "state").rglob("*") if f.is_file())

    def cpu_seconds(self):
        """Of all threads that live, to the nanosecond; the daemon's are there from start to end."""
        total = 0
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            try:
                total += int((task / "schedstat").read_text().split()[0])
            except (FileNotFoundError, ProcessLookupError):
                pass  # it ended just now
        return total / TICKS
