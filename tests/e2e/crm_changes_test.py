#!/usr/bin/python3
"""The same leads and deals as canonical events, as Salesforce's change events and HubSpot's property changes, which have only what changed, and
as Debezium's rows, disordered and repeated, through a real Kafka and the mappings that ship: the same numbers of all KPIs of the catalogue
that leads and deals feed, and of some that show all that ever was."""

import datetime
import json
import os
import random
import unittest

import harness
import real_data_events
from broker import Broker

DAY = 86_400
END = 1_527_206_400       # May 25, 2018: leads stop soon after, and windows would hold none
BEGIN = END - 60 * DAY    # what is older costs time, and says no more
PARTITIONS = 3
CATALOGUE = ["leads", "conversion", "pipeline", "sales", "speed", "sellers", "goals"]
KPIS = """
time: {clock: event, max_out_of_orderness: 10s}
limits: {memory: 256MiB, min_free_disk: 1MiB}
catalogue: [%s]
kpis:
  - {name: ever_leads, on: lead.created, count: true, by: {channel: lead.channel}, windows: [lifetime]}
  - {name: ever_won, key: deal.id, on: deal.won, count: true, correct: &back {revoke: [deal.reopened, deal.deleted]}, by: {rep_id: deal.owner}, windows: [lifetime]}
  - {name: ever_booked, key: deal.id, on: deal.won, sum: deal.amount, correct: *back, by: {rep_id: deal.owner, currency: deal.currency}, windows: [lifetime]}
  - {name: ever_deal_size, key: deal.id, on: deal.won, quantiles: deal.amount, stats: [sum, count, p50], correct: *back, windows: [lifetime]}
  - {name: ever_cycle_seconds, key: deal.id, elapsed: {from: deal.created, to: deal.won}, stats: [sum, count], by: {rep_id: to.deal.owner}, windows: [lifetime]}
  - {name: ever_stage_seconds, key: deal.id, on: [deal.created, deal.stage_changed, deal.reopened], dwell: deal.stage, until: [deal.won, deal.lost, deal.deleted], stats: [sum, count],
     by: {deal_stage: deal.stage, rep_id: deal.owner}, windows: [lifetime]}
  - {name: open_value, key: deal.id, on: [deal.created, deal.updated, deal.stage_changed], open: {value: deal.amount}, until: [deal.won, deal.lost, deal.deleted], reopen: [deal.reopened],
     reopen_within: 3660d, by: {rep_id: deal.owner}}
""" % ", ".join(CATALOGUE)
# What they can't be without: each has a value in the end.
FAMILIES = ["ever_leads", "ever_won", "ever_booked", "ever_deal_size", "ever_cycle_seconds", "ever_stage_seconds", "open_value", "leads_created", "leads_by_source", "deals_open",
            "pipeline_value", "deals_won", "win_ratio", "revenue_booked", "deal_size", "sales_cycle_seconds", "deal_stage_seconds", "rep_deals_won", "rep_revenue"]
LEFT_OUT = {"sales_deal_size_max"}  # a maximum can't be taken back when a change comes late
SOURCE = 'kafka: {{brokers: "{bootstrap}", group: {name}}}\nsources:\n  crm: {{use: {use}, topics: [{{name: {name}, dedup: {{horizon: 90d}}}}]}}\n'
CANONICAL = 'kafka: {{brokers: "{bootstrap}", group: {name}}}\ntopics: [{{name: {name}, dedup: {{horizon: 90d}}}}]\n'
STAGES = {"won": ("Closed Won", "closedwon"), "lost": ("Closed Lost", "closedlost")}


def histories(data, pb, rng):
    """(id, [(second, {what changed})]) of each lead and deal: leads and the moments of winning are real, the way there is made up."""
    for event in real_data_events.events(data, pb):
        kind = event.WhichOneof("payload")
        if not BEGIN <= event.time.seconds <= END:
            continue
        if kind == "lead_created":
            yield "lead", event.lead_created.lead.id, [(event.time.seconds, {"channel": event.lead_created.lead.channel})]
        if kind != "deal_won":
            continue
        won = event.time.seconds
        times = sorted(rng.sample(range(won - 60 * DAY, won), 6))
        changes = [(times[0], {"stage": "prospecting", "owner": event.deal_won.deal.owner, "currency": rng.choice(["BRL", "USD"])})]
        if rng.random() < 0.5:
            changes[0][1]["amount"] = rng.randrange(1, 100_000)
        changes.append((times[1], {"amount": rng.randrange(1, 100_000)}))
        changes.append((times[2], {"stage": "negotiation"}))
        if rng.random() < 0.4:
            changes.append((times[3], {"owner": "rep-" + str(rng.randrange(5))}))
        if rng.random() < 0.4:
            changes.append((times[4], {"stage": "review", "amount": rng.randrange(1, 100_000)}))
        end = rng.choice(["won"] * 7 + ["lost", "open"])
        if end != "open":
            changes.append((won, {"stage": end}))
        if rng.random() < 0.3:
            changes.append((won + DAY, {"amount": rng.randrange(1, 100_000)}))  # not what was won
        if end == "won" and rng.random() < 0.2:
            changes.append((won + 2 * DAY, {"stage": "negotiation"}))
            if rng.random() < 0.5:
                changes.append((won + 3 * DAY, {"stage": "won"}))
        if rng.random() < 0.1:
            changes.append((changes[-1][0] + DAY, {"deleted": True}))
        yield "deal", event.deal_won.deal.id, changes


def canonical(pb, kind, key, changes):
    """The events of a producer who knows the deal."""
    known = {}
    for n, (at, change) in enumerate(changes):
        was, known = known, {**known, **change}
        names = ["deal_created" if n == 0 else "deal_updated"]
        if known.pop("deleted", False):
            names = ["deal_deleted"]
        elif kind == "lead":
            names = ["lead_created"]
        elif n > 0 and "stage" in change:
            names.append({"won": "deal_won", "lost": "deal_lost"}.get(change["stage"], "deal_stage_changed"))
            if was["stage"] in STAGES and change["stage"] not in STAGES:
                names.append("deal_reopened")
        for name in names:
            event = pb.Event(id=f"{name}/{key}/{at}", entity_version=at)
            event.time.seconds = at
            entity = getattr(getattr(event, name), kind)
            entity.id = key
            for field, value in known.items():
                if field == "amount":
                    entity.amount_micros = value * 1_000_000
                else:
                    setattr(entity, field, value)
            yield at, event


def without_reopening(changes):
    """The same, but what is won or lost stays so: a table's mapping says of a deal only once that it was won."""
    end = next((n for n, (_, change) in enumerate(changes) if change.get("stage") in STAGES), len(changes))
    return [(at, change) for n, (at, change) in enumerate(changes) if n <= end or "stage" not in change]


def salesforce(kind, key, changes):
    for n, (at, change) in enumerate(changes):
        names = {"stage": "StageName", "owner": "OwnerId", "amount": "Amount", "currency": "CurrencyIsoCode", "channel": "LeadSource"}
        deleted = change.get("deleted", False)
        row = {} if deleted else {names[field]: STAGES[value][0] if value in STAGES else value for field, value in change.items()}
        header = {"entityName": {"lead": "Lead", "deal": "Opportunity"}[kind], "recordIds": [key], "changeType": "DELETE" if deleted else "UPDATE" if n else "CREATE",
                  "transactionKey": f"{key}-{n}", "sequenceNumber": 1, "commitTimestamp": at * 1000, "commitNumber": at, "changedFields": list(row) if n else []}
        yield at, {"schema": "x", "payload": {"ChangeEventHeader": header, **row}, "event": {"replayId": n}}


def hubspot(kind, key, changes, rng):
    what = {"lead": "contact", "deal": "deal"}[kind]
    names = {"stage": "dealstage", "owner": "hubspot_owner_id", "amount": "amount", "currency": "deal_currency_code", "channel": "hs_analytics_source"}
    for n, (at, change) in enumerate(changes):
        batch = [{"objectId": key, "portalId": 5, "subscriptionType": f"{what}.creation", "occurredAt": at * 1000, "attemptNumber": rng.randrange(3)}] if n == 0 else []
        if change.get("deleted"):
            yield at, {"objectId": key, "portalId": 5, "subscriptionType": f"{what}.deletion", "occurredAt": at * 1000}
            continue
        for field, value in change.items():
            text = str(STAGES[value][1] if value in STAGES else value)
            batch.append({"objectId": key, "portalId": 5, "subscriptionType": f"{what}.propertyChange", "propertyName": names[field], "propertyValue": text,
                          "occurredAt": at * 1000, "attemptNumber": rng.randrange(3)})
        rng.shuffle(batch)
        half = rng.randrange(len(batch) + 1)
        for part in (batch[:half], batch[half:]):
            if part:
                yield at, part if len(part) > 1 or rng.random() < 0.5 else part[0]


def debezium(kind, key, changes):
    row = {}
    for n, (at, change) in enumerate(changes):
        before = row or None
        row = None if change.get("deleted") else {"id": key, "created_at": iso(changes[0][0]), **row, **change, "updated_at": iso(at)}
        if row is not None and "amount" in row:
            row["amount"] = str(row["amount"])
        source = {"connector": "postgresql", "table": kind + "s", "ts_us": at * 1_000_000, "lsn": at}
        yield at, {"op": "d" if row is None else "u" if n else "c", "before": before, "after": row, "source": source}


def iso(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat()


class CrmChanges(unittest.TestCase):
    maxDiff = None

    def values(self, config, name, sent):
        """Of a daemon that read so many records of topic `name`: each value that isn't zero, by its family. Without those that are there once
        more as counters, which what can be taken back is not."""
        daemon = harness.Daemon(config.format(bootstrap=self.broker.bootstrap, name=name, use=name) + KPIS, name)
        self.addCleanup(daemon.kill)
        daemon.start()
        page = daemon.wait_for(lambda p: p.total("tidemark_records_read_total") == sent, f"{sent} records are read", timeout=90)
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(page.total("tidemark_records_undecodable_total"), 0)
        self.assertEqual(page.total("tidemark_source_records_total", result="rejected"), 0)
        families = {}
        for series, value in page.series.items():
            if series[0].startswith("sales_") and not series[0].endswith("_total") and float(value) != 0:
                families.setdefault(series[0], {})[series] = value
        return families

    def send(self, name, records, late, rng):
        """How many are sent, up to so many seconds late, some twice; the last of each partition is of the same time."""
        self.broker.create_topic(name, PARTITIONS)
        feed = harness.Feed(self.broker.bootstrap, name)
        sent = 0
        *records, last = sorted(records, key=lambda r: r[0])
        order = sorted(records, key=lambda r: (r[0] + (rng.randrange(late) if late else 0), rng.random()))
        for at, record in order + [last] * PARTITIONS:
            partition = sent % PARTITIONS if record is last[1] else rng.randrange(PARTITIONS)
            for _ in range(2 if rng.random() < 0.2 and record is not last[1] else 1):
                sent += 1
                if isinstance(record, (dict, list)):
                    feed.send(partition, None, 1_600_000_000_000, raw=json.dumps(record).encode(), remember=False)
                else:
                    feed.send(partition, record, at * 1000, remember=False)
        feed.flush()
        return sent

    def test_changes_make_the_numbers_of_facts(self):
        seed = int(os.environ.get("TIDEMARK_SEED", random.randrange(2**32)))
        print(f"seed {seed} (TIDEMARK_SEED repeats it)")
        rng = random.Random(seed)
        data, pb = harness.data_folder(), harness.event_classes()
        self.broker = Broker()
        self.addCleanup(self.broker.close)
        known = list(histories(data, pb, rng))
        known.append(("lead", "the-last", [(max(at for _, _, changes in known for at, _ in changes) + 1, {"channel": "email"})]))
        final = [(kind, key, without_reopening(changes)) for kind, key, changes in known]
        kinds = {"canonical": (known, lambda *of: canonical(pb, *of)), "salesforce": (known, salesforce), "hubspot": (known, lambda *of: hubspot(*of, rng)),
                 "canonical_final": (final, lambda *of: canonical(pb, *of)), "debezium_crm": (final, debezium)}
        seen = {}
        for name, (facts, record) in kinds.items():
            is_canonical = name.startswith("canonical")
            sent = self.send(name, [r for of in facts for r in record(*of)], 0 if is_canonical else 20 * DAY, rng)
            seen[name] = self.values(CANONICAL if is_canonical else SOURCE, name, sent)
        print(f"{len(seen['canonical'])} families")
        for name, of in (("salesforce", "canonical"), ("hubspot", "canonical"), ("debezium_crm", "canonical_final")):
            self.assertEqual([kpi for kpi in FAMILIES if not any(family.startswith("sales_" + kpi) for family in seen[of])], [])
            left_out = LEFT_OUT if name != "debezium_crm" else set()
            self.assertEqual(set(seen[of]) ^ set(seen[name]), left_out & set(seen[of]), f"of {name}")
            for family in set(seen[of]) - left_out:
                want, got = seen[of][family], seen[name][family]
                self.assertEqual({k: (got.get(k), want.get(k)) for k in set(got) | set(want) if got.get(k) != want.get(k)}, {}, f"{family} of {name}")


if __name__ == "__main__":
    harness.main()
