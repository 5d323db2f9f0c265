"""The row of bench.py about records that a source maps: what they cost beside canonical events of the same facts."""

import statistics

MAPPING = """sources:
  shop:
    topics: [{{name: {topic}, dedup: {{by: id, horizon: 24h, max_ids: 2000000}}}}]
    id: [row.messageId]
    time: iso(row.timestamp)
    events:
      - emit: lead.created
        when: row.type == "track" and row.event == "Lead Created"
        set: {{lead.id: row.properties.id, lead.channel: row.properties.channel, lead.region: row.properties.region, lead.campaign: row.properties.campaign,
              lead.source: row.properties.source, lead.landing_page: row.properties.landing_page, lead.owner: row.properties.owner,
              lead.team: row.properties.team, lead.segment: row.properties.segment, lead.product: row.properties.product}}
      - emit: order.paid
        when: row.type == "track" and row.event == "Order Completed"
        set: {{order.id: row.properties.order_id, order.lead: row.properties.lead, order.customer: row.properties.customer, order.channel: row.properties.channel,
              order.region: row.properties.region, order.currency: row.properties.currency, order.amount: row.properties.revenue,
              order.coupon: row.properties.coupon, order.status: row.properties.status, order.tax: row.properties.tax}}
"""


def sources(bench):
    """JSON of 400 bytes through ten fields a rule, and the same facts as canonical events of 170, in turn."""
    count = bench.options.events // 2
    made = {"canonical": bench.events("source-canonical", events=count, series=1000, span_seconds=1800),
            "json": bench.events("source-json", events=count, series=1000, span_seconds=1800, format="json", bytes=400)}
    used = {name: [] for name in made}
    for _ in range(bench.options.runs):
        for name in made:
            text = bench.six_kpis(f"source-{name}")
            if name == "json":
                before, rest = text.split("topics:\n", 1)
                text = before + MAPPING.format(topic="source-json") + "limits:\n" + rest.split("limits:\n", 1)[1]
            with bench.daemon(text) as daemon:
                _, cpu = daemon.await_records(count)
                bench.check_revenue(daemon, made[name])
            used[name].append(cpu)
    note = f"{count} records: {made['json']['bytes'] / count:.0f} bytes of JSON, {made['canonical']['bytes'] / count:.0f} of canonical events; 6 KPIs"
    for name, seconds in used.items():
        bench.row(f"source, {name}: CPU per million", statistics.median(seconds) / (count / 1e6), "s", "", note)
    bench.row("source, json against canonical", statistics.median(j / c for j, c in zip(used["json"], used["canonical"])), "x", "<= 2.5", note)
