#!/usr/bin/python3
"""The end comes in time and says why, also when whoever reads the log has stopped to."""

import fcntl
import os
import signal
import subprocess
import time
import unittest

import harness

CONFIG = """
kafka: {brokers: "127.0.0.1:1", group: stop}
topics: [{name: stop}]
limits: {memory: 128MiB, min_free_disk: 1MiB}
kpis:
  - {name: leads, on: lead.created, count: true, windows: [1h]}
"""
REFUSED = 78


def full_pipe():
    """(reader, writer) of a pipe that has no room for a byte."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETFL, os.O_NONBLOCK)
    for size in (4096, 1):
        try:
            while True:
                os.write(writer, b"x" * size)
        except BlockingIOError:
            pass
    fcntl.fcntl(writer, fcntl.F_SETFL, 0)
    return reader, writer


class Stop(unittest.TestCase):
    def start(self, state):
        """The daemon, with a log that nobody reads."""
        work = harness.temp_dir("stop")
        (work / "tidemark.yaml").write_text(CONFIG)
        self.port_file = work / "port"
        ends = full_pipe()
        for end in ends:
            self.addCleanup(os.close, end)
        process = subprocess.Popen(
            [harness.binary(), "run", f"--config.file={work}/tidemark.yaml", f"--storage.path={state}",
             "--web.listen-address=127.0.0.1:0", f"--web.port-file={self.port_file}"], stdout=subprocess.DEVNULL, stderr=ends[1])
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_a_log_that_nobody_reads_does_not_hold_up_the_end(self):
        process = self.start(harness.temp_dir("stop-state"))
        harness.wait_for(self.port_file.exists, "the daemon serves")
        time.sleep(0.5)  # it asks for the broker, which is not there
        process.send_signal(signal.SIGTERM)
        begin = time.monotonic()
        self.assertEqual(process.wait(30), 0)
        self.assertLess(time.monotonic() - begin, 6)

    def test_why_the_engine_ended_is_the_exit_status_also_then(self):
        state = harness.temp_dir("stop-state") / "a file"
        state.write_text("")
        self.assertEqual(self.start(state).wait(30), REFUSED)


if __name__ == "__main__":
    harness.main()
