"""The row of bench.py about records that a source maps: what they cost beside canonical events of the same facts."""

import pathlib
import statistics

SCHEMAS = pathlib.Path(__file__).resolve().parent / "schemas"
FORMATS = {"json": ("time: iso(row.timestamp)", "row.properties", "row.properties"),
           "avro": (f"format: avro\n    framing: confluent\n    schemas: {SCHEMAS}\n    time: row.timestamp", "row.properties", "row.properties"),
           "protobuf": (f"format: protobuf\n    framing: confluent\n    schemas: {SCHEMAS}\n    time: row.timestamp", "row.lead", "row.order")}
OWN = "own Protobuf, unmapped"  # the records of "protobuf", whose fields KPIs name themselves
TARGETS = {"json": "<= 2.5", "avro": "<= 1.5", "protobuf": "", OWN: ""}
MAPPING = """sources:
  shop:
    topics: [{{name: {topic}, dedup: {{by: id, horizon: 24h, max_ids: 2000000}}}}]
    {format}
    id: [row.messageId]
    events:
      - emit: lead.created
        when: row.type == "track" and row.event == "Lead Created"
        set: {{lead.id: {lead}.id, lead.channel: {lead}.channel, lead.region: {lead}.region, lead.campaign: {lead}.campaign,
              lead.source: {lead}.source, lead.landing_page: {lead}.landing_page, lead.owner: {lead}.owner,
              lead.team: {lead}.team, lead.segment: {lead}.segment, lead.product: {lead}.product}}
      - emit: order.paid
        when: row.type == "track" and row.event == "Order Completed"
        set: {{order.id: {order}.order_id, order.lead: {order}.lead, order.customer: {order}.customer, order.channel: {order}.channel,
              order.region: {order}.region, order.currency: {order}.currency, order.amount: {order}.revenue,
              order.coupon: {order}.coupon, order.status: {order}.status, order.tax: {order}.tax}}
"""

OWN_SOURCE = """sources:
  shop:
    topics: [{{name: {topic}, dedup: {{by: id, horizon: 24h, max_ids: 2000000}}}}]
    format: protobuf
    framing: confluent
    schemas: {schemas}
    schema: {schemas}/1.proto
    message: shop.Call
    payload: call
    id: [row.messageId]
    time: row.timestamp
"""
OWN_FIELDS = [("on: lead.created\n", 'on: call\n    where: call.event == "Lead Created"\n'), ("on: order.paid\n    count", 'on: call\n    where: call.event == "Order Completed"\n    count'),
              ("on: order.paid\n", "on: call\n"), ("where: order.currency", 'where: call.event == "Order Completed" and call.order.currency'),
              ("order.amount", "call.order.revenue_micros"), ("channel: order.", "channel: call.order."), ("channel: lead.", "channel: call.lead.")]


def unmapped(kpis):
    """KPIs of canonical events, of the message's fields."""
    for ours, theirs in OWN_FIELDS:
        assert ours in kpis, ours
        kpis = kpis.replace(ours, theirs)
    return kpis


def mapping(topic, name):
    lines, lead, order = FORMATS[name]
    return MAPPING.format(topic=topic, format=lines, lead=lead, order=order)


def sources(bench):
    """A shop's records through ten fields a rule, of 400 bytes in JSON, and the same facts as canonical events of 170, in turn."""
    count = bench.options.events // 2
    made = {"canonical": bench.events("source-canonical", events=count, series=1000, span_seconds=1800)}
    for name in FORMATS:
        made[name] = bench.events(f"source-{name}", events=count, series=1000, span_seconds=1800, format=name, bytes=400)
    made[OWN] = made["protobuf"]
    used = {name: [] for name in made}
    for _ in range(bench.options.runs):
        for name in made:
            topic = "source-protobuf" if name == OWN else f"source-{name}"
            text = bench.six_kpis(topic)
            if name != "canonical":
                before, rest = text.split("topics:\n", 1)
                source = OWN_SOURCE.format(topic=topic, schemas=SCHEMAS) if name == OWN else mapping(topic, name)
                text = before + source + "limits:\n" + rest.split("limits:\n", 1)[1]
            if name == OWN:
                head, kpis = text.split("\nkpis:\n", 1)
                text = head + "\nkpis:\n" + unmapped(kpis)
            with bench.daemon(text) as daemon:
                _, cpu = daemon.await_records(count)
                bench.check_revenue(daemon, made[name])
            used[name].append(cpu)
    sizes = ", ".join(f"{made[name]['bytes'] / count:.0f} of {name}" for name in made)
    note = f"{count} records, bytes: {sizes}; 6 KPIs"
    for name, seconds in used.items():
        bench.row(f"source, {name}: CPU per million", statistics.median(seconds) / (count / 1e6), "s", "", note)
    for name, target in TARGETS.items():
        bench.row(f"source, {name} against canonical", statistics.median(s / c for s, c in zip(used[name], used["canonical"])), "x", target, note)
