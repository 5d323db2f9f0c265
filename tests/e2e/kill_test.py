#!/usr/bin/python3
"""SIGKILL at chosen calls and at random moments, while the broker runs and a producer goes on: every number stays exact.

    kill_test.py [--kills N] [--minutes M] [--seed S] [--points PATTERN] [--rate EVENTS_A_SECOND]

The daemon is killed by a library that is loaded with it (tests/kill), right before, in or after a call of kill_points.py; they
take turns, a point that was missed comes again. Each fifth life ends at a random moment. On the first page after each start and
the last before each death every KPI equals a recount, no counter and no offset falls.
"""

import argparse
import collections
import http.client
import random
import signal
import sys
import time

import crash
import harness
import kill_points
import oracle
from crash import KPIS, PARTITIONS, TOPIC

OPTIONS = argparse.Namespace(kills=100, minutes=None, seed=None, points="", rate=600)
ROUND = 400          # lives of one state and topic, at most: then the end is looked at, and all begins anew
ROUND_EVENTS = 300_000
RANDOM_EACH = 5
TRIES = 6            # in turn, for a point that isn't reached
RESTORED_WITHIN = 60  # seconds; on a busy machine a group's coordinator is slow
# How long after the request, in seconds, the point may be awaited. A commit needs partitions, which the group hands out.
WITHIN = {"open": 0.1, "compaction": 0.3, "commit": 5, "reload": 2, "backfill": 4, "backup": 3, "stop": 5}


class Kill(crash.Crash):
    def setUp(self):
        crash.OPTIONS = OPTIONS
        crash.RATE = OPTIONS.rate
        super().setUp()
        self.some = crash.only_leads(self.whole)
        self.control = kill_points.Control(harness.temp_dir("kill") / "control")
        self.asked, self.hits, self.spent = collections.Counter(), collections.Counter(), collections.Counter()
        self.lives = 0
        self.points = kill_points.matching(OPTIONS.points)
        if kill_points.library() is None:
            print("no library beside the daemon (target tidemark_killpoints): killed at random moments only")
            self.points = []
        self.turns = self.in_turn()
        self.prepare()

    def prepare(self):
        """Of one round: its oracle."""
        self.daemon.env = self.control.environment()
        self.running = oracle.Running(KPIS)
        self.counted = dict.fromkeys(range(PARTITIONS), 0)
        self.seen = set()

    def begin_anew(self):
        self.broker.delete_topic(TOPIC)
        self.broker.create_topic(TOPIC, PARTITIONS)
        self.feed = harness.Feed(self.broker.bootstrap, TOPIC)
        self.daemon = harness.Daemon(self.whole, "crash")
        self.addCleanup(self.daemon.kill)
        self.highest, self.fired_since, self.known_facts, self.served = {}, {}, {}, False
        self.prepare()

    def test_every_number_survives_sigkill(self):
        self.until = time.monotonic() + OPTIONS.minutes * 60 if OPTIONS.minutes else float("inf")
        while not self.done():
            if self.lives:
                self.begin_anew()
            company = crash.Company(self.pb, self.feed, random.Random(self.random.random()))
            company.start()
            for _ in range(ROUND):
                if not self.done() and company.sent < ROUND_EVENTS:
                    self.live()
            self.end_of_round(company)
        self.report()

    def done(self):
        return self.lives >= OPTIONS.kills or time.monotonic() > self.until

    def in_turn(self):
        """Points without end: all of them, shuffled, again and again; None in between: a random moment."""
        while True:
            yield None
            for i, point in enumerate(self.random.sample(self.points, len(self.points))):
                for _ in range(TRIES):
                    hits = self.hits[point.name]
                    yield point
                    if self.hits[point.name] > hits:
                        break
                if (i + 1) % (RANDOM_EACH - 1) == 0:
                    yield None

    # --- One life.

    def live(self):
        self.lives += 1
        begin = time.monotonic()
        point = next(self.turns)
        at_start = point is not None and point.phase in ("open", "compaction")
        self.daemon.configure(self.some if point is not None and point.phase == "backfill" else self.whole)
        self.control.disarm()
        if at_start:
            self.arm(point)
        self.daemon.start(wait=False)
        pages = self.look_on(point, at_start)
        self.end(point)
        for page in pages[:1] + pages[1:][-1:]:
            self.compare(page)
        self.spent[point.phase if point else "at random"] += time.monotonic() - begin

    def arm(self, point):
        """One of so many calls at random; the first where none was hit yet: there may be fewer, and only every fourth start merges."""
        only_missed = self.asked[point.name] > 0 and self.hits[point.name] == 0
        calls_before = 0 if only_missed else self.random.randrange(point.most)
        self.control.arm(point, self.daemon.state, self.daemon.config, calls_before)

    def look_on(self, point, asked):
        """The pages of this life whose state is restored, until the daemon is dead or has lived long enough."""
        pages = []
        random_end = self.random.choice([0.1, 0.3, 1.0]) * self.random.random() + 0.03
        # A build with sanitizers is slow to begin: it dies by chance, but not before it has shown something.
        by_chance = point is None and bool(self.points)
        until = time.monotonic() + (random_end if by_chance else RESTORED_WITHIN)
        while self.daemon.process.poll() is None and time.monotonic() < until:
            page = self.look()
            if page is not None:
                self.watch(page)
            if page is None or len(page.offsets(TOPIC)) < PARTITIONS:
                time.sleep(0.003)
                continue
            pages.append(page)
            if point is None and not by_chance and len(pages) == 1:
                until = time.monotonic() + random_end
            if point is not None and len(pages) == 1:
                if not asked:
                    self.arm(point)
                    self.bring_about(point.phase)
                # On a busy machine nothing is done in time: each time longer.
                missed = self.asked[point.name] - self.hits[point.name]
                until = time.monotonic() + WITHIN[point.phase] * (1 + missed)
            time.sleep(0.01)
        return pages

    def look(self):
        """A page; None while none is served, or none any more."""
        daemon = self.daemon
        if daemon.port is None:
            if not daemon.port_file.exists():
                return None
            daemon.port = int(daemon.port_file.read_text())
        try:
            return daemon.page()
        except (OSError, http.client.HTTPException):
            daemon.process.wait(10)  # then it is at its end
            return None

    def bring_about(self, phase):
        if phase == "reload":
            self.daemon.configure(self.random.choice([self.whole, self.some]))
            self.daemon.process.send_signal(signal.SIGHUP)
        elif phase == "backfill":
            self.daemon.configure(self.whole)
            self.daemon.process.send_signal(signal.SIGHUP)
        elif phase == "stop":
            self.daemon.process.send_signal(signal.SIGTERM)
        elif phase == "backup":
            connection = http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=10)
            try:
                connection.request("POST", "/-/backup?keep=1")
                self.assertLess(connection.getresponse().status, 300)
            except (OSError, http.client.HTTPException):
                pass  # it died of it
            finally:
                connection.close()

    def end(self, point):
        """Dead by the point, by us, or by SIGTERM: by itself it never ends."""
        status = self.daemon.process.poll()
        if status is not None:
            expected = -signal.SIGKILL if self.control.hit else 0 if point is not None and point.phase == "stop" else "none"
            self.assertEqual(status, expected, f"{point}, seed {self.seed}\n{self.daemon.log()[-4000:]}")
        if point is not None:
            self.asked[point.name] += 1
            self.hits[point.name] += self.control.hit
        self.daemon.kill()

    # --- What must be shown.

    def expected(self, offsets, t):
        for partition, end in offsets.items():
            begin = self.counted[partition]
            self.assertGreaterEqual(end, begin, f"what was shown of partition {partition} is lost, seed {self.seed}")
            for event, time_ms in self.feed.between(partition, begin, end):
                if event is None or event.id in self.seen or self.from_the_future(event, time_ms):
                    continue
                self.seen.add(event.id)
                for kpi in KPIS:
                    for fact in kpi.facts([(harness.micros_of(event), event)]):
                        self.running.add(kpi.name, fact)
            self.counted[partition] = end
        return {kpi.name: self.running.expect(kpi.name, t) for kpi in KPIS}

    def end_of_round(self, company):
        self.control.disarm()
        self.daemon.configure(self.whole)
        self.daemon.start()
        self.daemon.wait_for(self.all_shown, "the KPIs are there", 3 * RESTORED_WITHIN)  # only then rules over them see time move
        self.read_to_the_end(company, 3 * RESTORED_WITHIN)
        page = self.daemon.wait_for(self.rules_evaluated, "the rules see the end", 3 * RESTORED_WITHIN)
        self.watch(page)
        self.compare(page)
        self.check_breaches(page)
        self.check_conservation(page)
        self.assertEqual(self.daemon.stop(), 0)
        print(f"{self.lives} kills, {self.compared} pages compared, {company.sent} events in this round", flush=True)

    def report(self):
        width = max(len(point.name) for point in kill_points.POINTS)
        for point in self.points:
            print(f"{point.name:{width}}  hit {self.hits[point.name]} of {self.asked[point.name]}")
        print(f"{self.lives} kills, {sum(self.hits.values())} of them at {len(+self.hits)} points, {self.compared} pages compared, seed {self.seed}")
        print(", ".join(f"{phase} {seconds:.1f} s" for phase, seconds in self.spent.items()))
        never = [name for name, asked in self.asked.items() if asked >= TRIES and self.hits[name] == 0]
        self.assertEqual(never, [], "points that are never reached")
        self.assertGreater(self.compared, self.lives / 2)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--minutes", type=float, help="ends after so long, however many kills there were")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--points", default="", help="only points whose names have this in them; * stands for anything")
    parser.add_argument("--rate", type=int, default=600)
    OPTIONS, rest = parser.parse_known_args()
    sys.argv[1:] = rest
    harness.main()
