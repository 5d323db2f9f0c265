"""The same events in another order give the same answers: as a scenario of `tidemark test`, since `replay` sorts.

Events arrive up to 22 hours late, by four partitions, a tenth of them twice, and the daemon is restarted on the way;
what `/metrics` must show in the end is what `replay` made of them in order.
"""

import datetime
import json
import random
import subprocess
from decimal import Decimal

import harness

HOUR = 3600
LATE, STEP = 18 * HOUR, 4 * HOUR     # together less than the horizon of duplicates
PARTITIONS = 4
TWICE, RESTARTS = 0.1, 5
UTC = datetime.timezone.utc


def rfc3339(t):
    return datetime.datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _plain(message):
    return {field.name: _plain(value) if field.message_type else value for field, value in message.ListFields()}


def _written(event, partition):
    """As scenarios write events: YAML takes JSON."""
    payload = event.WhichOneof("payload")
    entry = {payload.replace("_", ".", 1): _plain(getattr(event, payload)), "id": event.id, "source": event.source,
             "time": rfc3339(event.time.seconds), "partition": partition}
    if event.subject:
        entry["subject"] = event.subject
    if event.entity_version:
        entry["entity_version"] = event.entity_version
    return json.dumps(entry, ensure_ascii=False)


def _expected(page):
    """Lines of /metrics of what replay shows, but for what is nothing: a series may come and go with it."""
    for kpi, series in page.items():
        for (window, labels), text in series.items():
            if text is not None and float(text) != 0:
                pairs = ",".join(f'{name}="{value}"' for name, value in sorted(labels) + [("window", window)])
                yield f"sales_{kpi}{{{pairs}}} {text if len(text) < 16 else f'~{Decimal(text):.12f}'}"


def write_scenario(path, config, events, page, end, choose):
    """`page`: {family: {key: text}} at `end`."""
    arrivals = []
    for event in events:
        for _ in range(2 if choose.random() < TWICE else 1):
            step = (event.time.seconds + choose.randrange(LATE)) // STEP * STEP + STEP
            arrivals.append((step, choose.random(), _written(event, choose.randrange(PARTITIONS))))
    arrivals.sort()
    moments = sorted({at for at, _, _ in arrivals})
    restarts = set(choose.sample(moments, RESTARTS))
    lines = {}
    for at, _, event in arrivals:
        lines.setdefault(at, []).append(f"          - {event}")
    with open(path, "w", encoding="utf-8") as out:
        out.write(f"config: {config}\nstart: {rfc3339(moments[0] - 2 * STEP)}\n")
        out.write("scenarios:\n  - name: in any order\n    steps:\n")
        for at in moments:
            out.write(f"      - at: {rfc3339(at)}\n" + "        restart: true\n" * (at in restarts))
            out.write("        events:\n")
            out.write("\n".join(lines[at]) + "\n")
        out.write(f"      - at: {rfc3339(end)}\n        expect:\n")
        out.writelines(f"          - '{line}'\n" for line in _expected(page))
    return len(arrivals)


class Shuffled:
    """A part of the test case: events in any order, against `replay` of them in order."""

    def check_any_order(self, name, events, behind):
        """Of the events before a date, looked at when the last of them has come."""
        data, folder = self.sets[name], harness.temp_dir("shuffled")
        events = [event for event in events if rfc3339(event.time.seconds) < behind]
        end = (max(event.time.seconds for event in events) + LATE + STEP) // STEP * STEP
        choose = random.Random(f"{self.seed}/any order/{name}")
        in_order, scenario = folder / "events.pb", folder / "scenario.yaml"
        self.write_events(events, in_order)
        page = self.replay(data.config, in_order, [end])[end]
        sent = write_scenario(scenario, data.config, events, page, end, choose)
        self.assertGreater(sent, len(events))
        self.assertGreater(len(list(_expected(page))), 200)
        done = subprocess.run([harness.binary(), "test", scenario], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, f"seed {self.seed}:\n{(done.stdout + done.stderr)[-4000:]}")

    def test_the_marketing_funnel_in_any_order(self):
        self.check_any_order("funnel", self.sets["funnel"].events, behind="2018-05-15")

    def test_the_orders_of_three_weeks_in_any_order(self):
        placed = {event.order_placed.order.id: rfc3339(event.time.seconds) for event in self.sets["orders"].events
                  if event.WhichOneof("payload") == "order_placed"}
        chosen = {order for order, at in placed.items() if "2017-11-15" <= at < "2017-12-06"}
        events = [event for event in self.sets["orders"].events if self.order_of(event) in chosen]
        self.check_any_order("orders", events, behind="2017-12-20")

    @staticmethod
    def order_of(event):
        kind = event.WhichOneof("payload")
        payload = getattr(event, kind)
        return {"activity_logged": lambda: payload.activity.id, "payment_received": lambda: payload.payment.order,
                "survey_answered": lambda: payload.survey.order}.get(kind, lambda: payload.order.id)()
