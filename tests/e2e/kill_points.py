"""The calls at which `kill_test.py` has the daemon killed, by name, and how one of them is armed (tests/kill/killpoints.c)."""

import fnmatch
import mmap
import os
import pathlib
import struct
import typing

import harness

CALLS = {"write": 1, "sync": 2, "rename": 3, "open": 4, "unlink": 5, "mkdir": 6, "link": 7}
MOMENTS = {"before": 0, "in": 1, "after": 2, "full": 3}  # full: the process lives, the write fails
COMPACTION = "rocksdb:low"  # the thread's name


class Point(typing.NamedTuple):
    """Before, in or after a call of one kind on a path, below the state's directory unless it is absolute."""
    phase: str       # when it is armed: see kill_test.py
    moment: str
    call: str
    path: str
    most: int = 1    # which of the calls it is, is chosen at random among so many
    thread: str = ""
    least: int = 0   # bytes of the write

    @property
    def name(self):
        thread = " by compaction" if self.thread == COMPACTION else ""
        size = f" of {self.least >> 10} KiB or more" if self.least else ""
        return f"{self.phase}: {self.moment} {self.call} {self.path or 'the directory'}{size}{thread}"


def around(phase, call, path, *rest, moments=("before", "after")):
    return [Point(phase, moment, call, path, *rest) for moment in moments]


WRITE = ("before", "in", "after")
POINTS = [
    # The state is opened: what was there is read, the log is written out as tables, a new manifest takes over.
    *around("open", "open", "CURRENT", moments=("after",)),
    *around("open", "open", "MANIFEST-*", 2, moments=("after",)),
    *around("open", "open", "*.log", 2),
    *around("open", "open", "*.sst", 4, moments=("after",)),
    *around("open", "write", "*.sst", 4, moments=WRITE),
    *around("open", "sync", "*.sst", 3),
    *around("open", "write", "MANIFEST-*", 3, moments=WRITE),
    *around("open", "sync", "MANIFEST-*", 2),
    *around("open", "rename", "CURRENT"),
    *around("open", "rename", "OPTIONS-*"),
    *around("open", "sync", "", 2),
    *around("open", "unlink", "*.log"),
    *around("open", "unlink", "MANIFEST-*"),
    # A commit: one record of the log, synced.
    *around("commit", "write", "*.log", 4, moments=WRITE),
    *around("commit", "sync", "*.log", 4),
    # Every fourth start leaves so many small tables that they are merged.
    *around("compaction", "write", "*.sst", 3, COMPACTION, moments=WRITE),
    *around("compaction", "sync", "*.sst", 2, COMPACTION),
    *around("compaction", "write", "MANIFEST-*", 2, COMPACTION, moments=WRITE),
    *around("compaction", "sync", "MANIFEST-*", 2, COMPACTION),
    *around("compaction", "unlink", "*.sst", 3, COMPACTION),
    # SIGHUP.
    *around("reload", "open", "{config}"),
    # KPIs that come into the configuration are counted in a state of their own, which is adopted and removed.
    *around("backfill", "mkdir", "backfill"),
    *around("backfill", "rename", "backfill/CURRENT"),
    *around("backfill", "write", "backfill/*.log", 6, moments=WRITE),
    *around("backfill", "sync", "backfill/*.log", 6),
    *around("backfill", "unlink", "backfill/*", 3),
    *around("backfill", "unlink", "backfill"),
    # A backup: a checkpoint under a hidden name, described, renamed; older ones go.
    *around("backup", "mkdir", "backups/.part.tmp"),
    *around("backup", "link", "backups/.part.tmp/*.sst", 3),
    *around("backup", "rename", "backups/.part"),
    *around("backup", "sync", "backups/.part/*", 4),
    *around("backup", "rename", "backups/[0-9]*"),
    *around("backup", "unlink", "backups/.part[0-9]*/*", 3),
    # SIGTERM: the last commit.
    *around("stop", "write", "*.log", moments=WRITE),
    *around("stop", "sync", "*.log"),
]


def library():
    """The one to load, built beside the daemon; None where there is none (a build with sanitizers)."""
    path = harness.binary().parent / "tests" / "kill" / "libtidemark_killpoints.so"
    return path if path.exists() else None


class Control:
    """The file that the loaded library reads: struct control of killpoints.c."""
    LAYOUT = struct.Struct("=iiiiii16s512s")

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.path.write_bytes(bytes(self.LAYOUT.size))
        with open(self.path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), self.LAYOUT.size)

    def environment(self):
        """Of the process that is to be killed."""
        return {**os.environ, "LD_PRELOAD": str(library()), "TIDEMARK_KILLPOINTS_FILE": str(self.path)} if library() else None

    def arm(self, point, state, config, calls_before):
        """The next such call but `calls_before` is the one."""
        path = point.path.format(config=config)
        if not path.startswith("/"):
            path = f"{state}/{path}".rstrip("/")
        self.disarm()
        self.LAYOUT.pack_into(self._map, 0, 0, CALLS[point.call], MOMENTS[point.moment], calls_before, 0, point.least,
                              point.thread.encode(), path.encode())
        struct.pack_into("=i", self._map, 0, 1)

    def disarm(self):
        struct.pack_into("=i", self._map, 0, 0)

    @property
    def hit(self):
        return struct.unpack_from("=i", self._map, 16)[0] == 1


def matching(pattern):
    """The points whose names match, in their order."""
    return [point for point in POINTS if fnmatch.fnmatch(point.name, f"*{pattern}*")]
