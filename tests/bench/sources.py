"""The row of bench.py about records that a source maps: what they cost beside canonical events of the same facts."""

import pathlib
import statistics

SCHEMAS = pathlib.Path(__file__).resolve().parent / "schemas"
FORMATS = {"json": ("time: iso(row.timestamp)", "row.properties", "row.properties"),
           "avro": (f"format: avro\n    framing: confluent\n    schemas: {SCHEMAS}\n    time: row.timestamp", "row.properties", "row.properties"),
           "protobuf": (f"format: protobuf\n    framing: confluent\n    schemas: {SCHEMAS}\n    time: row.timestamp", "row.lead", "row.order")}
TARGETS = {"json": "<= 2.5", "avro": "<= 1.5", "protobuf": ""}
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


def mapping(topic, name):
    lines, lead, order = FORMATS[name]
    return MAPPING.format(topic=topic, format=lines, lead=lead, order=order)


def sources(bench):
    """A shop's records through ten fields a rule, of 400 bytes in JSON, and the same facts as canonical events of 170, in turn."""
    count = bench.options.events // 2
    made = {"canonical": bench.events("source-canonical", events=count, series=1000, span_seconds=1800)}
    for name in FORMATS:
        made[name] = bench.events(f"source-{name}", events=count, series=1000, span_seconds=1800, format=name, bytes=400)
    used = {name: [] for name in made}
    for _ in range(bench.options.runs):
        for name in made:
            text = bench.six_kpis(f"source-{name}")
            if name in FORMATS:
                before, rest = text.split("topics:\n", 1)
                text = before + mapping(f"source-{name}", name) + "limits:\n" + rest.split("limits:\n", 1)[1]
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
