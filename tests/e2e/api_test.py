#!/usr/bin/python3
"""/api/v1/ against its own description, daemon/page/openapi.yaml: real questions, then random ones (schemathesis), to `tidemark demo`.

schemathesis comes from PyPI, pinned, into an environment of its own in the cache of the tests.
"""

import pathlib
import signal
import subprocess
import unittest
import urllib.error
import urllib.request

import harness
import broker  # noqa: E402  (harness knows where it is)

HERE = pathlib.Path(__file__).resolve().parent
OPENAPI = harness.ROOT / "daemon" / "page" / "openapi.yaml"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,unsupported_method"


class Api(unittest.TestCase):
    def test_every_answer_is_as_documented(self):
        bin_dir = harness.environment(HERE / "api" / "requirements.txt")
        work = harness.temp_dir("api")
        url = f"http://127.0.0.1:{broker.free_ports(1)[0]}"
        with open(work / "log", "wb") as out:
            command = [harness.binary(), "demo", "--history=3d", f"--web.listen-address={url[7:]}"]
            demo = subprocess.Popen(command, stdout=out, stderr=out)
        try:
            def ready():
                self.assertIsNone(demo.poll(), (work / "log").read_text(errors="replace")[-2000:])
                try:
                    for path in ("/-/ready", "/api/v1/history?kpis=overview"):
                        urllib.request.urlopen(url + path, timeout=5).close()
                    return True
                except (urllib.error.URLError, OSError):
                    return False
            harness.wait_for(ready, "the demo is ready", timeout=120, interval=0.5)
            subprocess.run([bin_dir / "python", HERE / "api" / "check.py", OPENAPI, url], check=True, timeout=120)
            random = [bin_dir / "schemathesis", "run", OPENAPI, "--url", url, "--checks", CHECKS, "--max-examples", "30", "--no-color",
                      "--phases", "examples,coverage,fuzzing", "--generation-database", "none", "--max-time", "20"]
            subprocess.run(random, check=True, cwd=work, timeout=150)
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(30)


if __name__ == "__main__":
    harness.main()
