#!/usr/bin/python3
"""The same deals as canonical events, as Salesforce's change events and as HubSpot's property changes, which have only what changed, disordered
and repeated, through a real Kafka and the mappings that ship: the same numbers."""

import collections
import json
import os
import random
import unittest

import harness
import real_data_events
from broker import Broker

DAY = 86_400
PARTITIONS = 3
KPIS = """
time: {clock: event, max_out_of_orderness: 10s}
limits: {memory: 256MiB, min_free_disk: 1MiB}
kpis:
  - {name: leads_created, on: lead.created, count: true, by: {channel: lead.channel}, windows: [lifetime]}
  - {name: deals_won, key: deal.id, on: deal.won, count: true, correct: &back {revoke: [deal.reopened, deal.deleted]}, by: {rep_id: deal.owner}, windows: [lifetime]}
  - {name: booked, key: deal.id, on: deal.won, sum: deal.amount, correct: *back, by: {rep_id: deal.owner, currency: deal.currency}, windows: [lifetime]}
  - {name: deal_size, key: deal.id, on: deal.won, quantiles: deal.amount, stats: [sum, count, p50], correct: *back, windows: [lifetime]}
  - {name: cycle_seconds, key: deal.id, elapsed: {from: deal.created, to: deal.won}, stats: [sum, count], by: {rep_id: to.deal.owner}, windows: [lifetime]}
  - {name: stage_seconds, key: deal.id, on: [deal.created, deal.stage_changed, deal.reopened], dwell: deal.stage, until: [deal.won, deal.lost, deal.deleted], stats: [sum, count],
     by: {deal_stage: deal.stage, rep_id: deal.owner}, windows: [lifetime]}
  - {name: deals_open, key: deal.id, on: [deal.created, deal.updated, deal.stage_changed], open: {value: deal.amount}, until: [deal.won, deal.lost, deal.deleted], reopen: [deal.reopened],
     reopen_within: 3660d, by: {rep_id: deal.owner}}
"""
FAMILIES = ["leads_created", "deals_won", "booked", "deal_size", "cycle_seconds", "stage_seconds", "deals_open"]
SOURCE = 'kafka: {{brokers: "{bootstrap}", group: {name}}}\nsources:\n  crm: {{use: {name}, topics: [{{name: {name}, dedup: {{horizon: 90d}}}}]}}\n'
CANONICAL = 'kafka: {{brokers: "{bootstrap}", group: canonical}}\ntopics: [{{name: canonical, dedup: {{horizon: 90d}}}}]\n'
STAGES = {"won": ("Closed Won", "closedwon"), "lost": ("Closed Lost", "closedlost")}


def histories(data, pb, rng):
    """(id, [(second, {what changed})]) of each lead and deal: leads and the moments of winning are real, the way there is made up."""
    for event in real_data_events.events(data, pb):
        kind = event.WhichOneof("payload")
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


class CrmChanges(unittest.TestCase):
    maxDiff = None

    def run_daemon(self, config, name, sent):
        daemon = harness.Daemon(config.format(bootstrap=self.broker.bootstrap, name=name) + KPIS, name)
        self.addCleanup(daemon.kill)
        daemon.start()
        page = daemon.wait_for(lambda p: p.total("tidemark_records_read_total") == sent, f"{sent} records are read", timeout=90)
        self.assertEqual(daemon.stop(), 0)
        return page

    def test_changes_make_the_numbers_of_facts(self):
        seed = int(os.environ.get("TIDEMARK_SEED", random.randrange(2**32)))
        print(f"seed {seed} (TIDEMARK_SEED repeats it)")
        rng = random.Random(seed)
        data, pb = harness.data_folder(), harness.event_classes()
        self.broker = Broker()
        self.addCleanup(self.broker.close)
        known = list(histories(data, pb, rng))
        records = {"canonical": [], "salesforce": [], "hubspot": []}
        for kind, key, changes in known:
            records["canonical"] += canonical(pb, kind, key, changes)
            records["salesforce"] += salesforce(kind, key, changes)
            records["hubspot"] += hubspot(kind, key, changes, rng)
        pages = {}
        for name, of in records.items():
            self.broker.create_topic(name, PARTITIONS)
            feed = harness.Feed(self.broker.bootstrap, name)
            sent = 0
            late = 0 if name == "canonical" else 20 * DAY
            for at, record in sorted(of, key=lambda r: (r[0] + (rng.randrange(late) if late else 0), rng.random())):
                partition = rng.randrange(PARTITIONS)
                for _ in range(2 if rng.random() < 0.2 else 1):
                    sent += 1
                    if name == "canonical":
                        feed.send(partition, record, at * 1000, remember=False)
                    else:
                        feed.send(partition, None, 1_600_000_000_000, raw=json.dumps(record).encode(), remember=False)
            feed.flush()
            pages[name] = self.run_daemon(CANONICAL if name == "canonical" else SOURCE, name, sent)
            self.assertEqual(pages[name].total("tidemark_records_undecodable_total"), 0)
        for name in ("salesforce", "hubspot"):
            self.assertEqual(pages[name].total("tidemark_source_records_total", result="rejected"), 0)
            for kpi in FAMILIES:
                want, got = (collections.Counter({k: v for k, v in pages[page].family("sales_" + kpi).items() if v != "0"}) for page in ("canonical", name))
                self.assertGreater(len(want), 0, kpi)
                self.assertEqual({k: (got.get(k), want.get(k)) for k in set(got) | set(want) if got.get(k) != want.get(k)}, {}, f"{kpi} of {name}")


if __name__ == "__main__":
    harness.main()
