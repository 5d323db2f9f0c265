"""A real schema registry for Python tests: Apicurio, which speaks Confluent's interface, fetched from Maven Central once.

    with Apicurio() as registry:
        number = registry.register("leads-value", '{"type": "string"}')
        registry.url                        # what tidemark and serializers ask

RegistryUnavailable is a unittest.SkipTest: without Java, Maven or the 109 MB of it the test is skipped, with the reason. What it keeps is in
memory, and gone with the process.
"""

import fcntl
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from broker import _die_with_parent, free_ports

VERSION = "3.0.9"  # the last that runs with Java 17
ARTIFACT = f"io.apicurio:apicurio-registry-app:{VERSION}:tar.gz:all"


class RegistryUnavailable(unittest.SkipTest):
    """No registry can be had on this machine; the text says why."""


def fetch():
    """The folder of the unpacked registry."""
    home = os.environ.get("TIDEMARK_TEST_CACHE") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "tidemark-tests")
    cache = pathlib.Path(home)
    folder = cache / f"apicurio-{VERSION}"
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            raise RegistryUnavailable(f"no {program} in PATH (Debian: openjdk-17-jre-headless, maven)")
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / "apicurio.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.is_dir():
            return folder
        with tempfile.TemporaryDirectory(dir=cache) as part:
            log = cache / "apicurio.log"
            with open(log, "wb") as out:
                got = subprocess.run(["timeout", "900", "mvn", "-B", "org.apache.maven.plugins:maven-dependency-plugin:copy", f"-Dartifact={ARTIFACT}",
                                      f"-DoutputDirectory={part}"], stdout=out, stderr=out, cwd=part, check=False)
            archives = list(pathlib.Path(part).glob("*.tar.gz"))
            if got.returncode != 0 or not archives:
                raise RegistryUnavailable(f"Maven could not fetch {ARTIFACT}; see {log}")
            unpacked = pathlib.Path(part) / "unpacked"
            unpacked.mkdir()
            subprocess.run(["tar", "-xzf", archives[0], "-C", unpacked], check=True)
            unpacked.rename(folder)
    return folder


class Apicurio:
    def __init__(self):
        (jar,) = fetch().rglob("*-runner.jar")
        (self.port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}/apis/ccompat/v7"
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-apicurio-"))
        with open(self.dir / "log", "wb") as log:
            self._process = subprocess.Popen(
                ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dquarkus.http.host=127.0.0.1", f"-Dquarkus.http.port={self.port}", "-jar", jar],
                stdout=log, stderr=log, cwd=self.dir, preexec_fn=_die_with_parent)

    def __enter__(self):
        try:
            self._await()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *unused):
        self.close()

    def _await(self, timeout=240):
        deadline = time.monotonic() + timeout
        while True:
            try:
                return urllib.request.urlopen(self.url + "/subjects", timeout=10).read()
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the registry did not start:\n" + (self.dir / "log").read_text(errors="replace")[-4000:]) from None
            time.sleep(0.2)

    def close(self):
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    def register(self, subject, schema, kind="AVRO", references=()):
        """The number of the schema. References are (name, subject, version)."""
        body = {"schema": schema, "schemaType": kind,
                "references": [{"name": name, "subject": of, "version": version} for name, of, version in references]}
        request = urllib.request.Request(f"{self.url}/subjects/{subject}/versions", json.dumps(body).encode(),
                                         {"Content-Type": "application/vnd.schemaregistry.v1+json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)["id"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{subject}: {error.code} {error.read().decode(errors='replace')}") from None
