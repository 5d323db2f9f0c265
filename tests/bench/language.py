"""Rows of bench.py about the KPI language: the whole catalogue, each kind of measure, and ten million ids."""

import decimal
import statistics

from daemon_process import config, kpi

WINDOWS = ["1h", "24h"]
PAIR = "key: [lead.id, order.lead]\n    "
KNOWN = "key: order.customer\n    "

# name: (on, measure); all over the same events, of which half are leads and half are orders of those leads.
KINDS = {
    "count": ("order.paid", "count: true"),
    "sum": ("order.paid", "sum: order.amount\n    unit: usd\n    where: order.currency == \"USD\""),
    "avg": ("order.paid", "avg: order.amount\n    unit: usd\n    where: order.currency == \"USD\""),
    "max": ("order.paid", "max: order.amount\n    unit: usd\n    where: order.currency == \"USD\""),
    "quantiles": ("order.paid", "quantiles: order.amount\n    stats: [p50, p90]\n    unit: usd\n    where: order.currency == \"USD\""),
    "sum, corrected": ("order.paid", "key: order.id\n    sum: order.amount\n    unit: usd\n    where: order.currency == \"USD\"\n"
                                     "    correct: {add: order.refunded}"),
    "distinct": ("order.paid", "distinct: order.customer"),
    "at_least": ("order.paid", "distinct: order.customer\n    at_least: 2"),
    "first": ("order.paid", "first: order.customer"),
    "active": ("order.paid", "active: order.customer"),
    "lapsed": ("order.paid", "lapsed: order.customer"),
    "elapsed": (None, PAIR + "elapsed: {from: lead.created, to: order.paid}\n    stats: [p50, p90]"),
    "funnel": (None, PAIR + "funnel: {steps: [lead.created, order.paid], within: 24h}"),
    "dwell": ("order.paid", "key: order.customer\n    dwell: order.region\n    stats: [p50]"),
    "open": ("lead.created", PAIR + "open: true\n    until: order.paid"),
    # The same where ids come again: orders of customers.
    "sum, corrected, of customers": ("order.paid", KNOWN + "sum: order.amount\n    unit: usd\n    where: order.currency == \"USD\"\n"
                                                   "    correct: {add: order.refunded}"),
    "elapsed, of customers": (None, KNOWN + "elapsed: {from: order.paid, to: order.refunded}\n    stats: [p50, p90]"),
    "funnel, of customers": (None, KNOWN + "funnel: {steps: [order.paid, order.refunded], within: 24h}"),
    "open, of customers": ("order.paid", KNOWN + "open: true\n    until: order.refunded"),
}


def _measured(bench, topic, text, count):
    with bench.daemon(text) as daemon:
        took, cpu = daemon.await_records(count)
        page = daemon.scrape()
        return {"seconds": took, "cpu": cpu, "peak": daemon.peak_bytes(), "page": page,
                "disk": daemon.disk_bytes(), "budget": daemon.total("tidemark_memory_budget_bytes", page),
                "series": sum(1 for line in page.splitlines() if line.startswith("sales_"))}


def _company(bench, name, days):
    made = bench.events(f"company-{name}", mix="company", events=bench.options.events // 2, span_seconds=int(days * 86400))
    return f"company-{name}", made


def _check_paid(page, made):
    paid = sum(decimal.Decimal(line.rsplit(" ", 1)[1]) for line in page.splitlines()
               if line.startswith("sales_revenue_paid{") and 'window="lifetime"' in line)
    if paid * 10**6 != made["checksum_micros"]:
        raise RuntimeError(f"revenue_paid comes to {paid}, {made['checksum_micros']} micros were sent")


def catalogue(bench):
    """The simulated company's events, a day of a large one and a month of a smaller one, through every KPI that ships."""
    for name, days in (("a day", 1), ("a month", 30)):
        topic, made = _company(bench, name.replace(" ", "-"), days)
        count = made["events"]
        ours, bare, peaks = [], [], []
        for _ in range(bench.options.runs):
            bare.append(bench.tool("bare_consumer", bench.broker.bootstrap, topic, bench.partitions, count)["cpu_seconds"])
            text = config(bench.broker.bootstrap, topic, ["# all of it\n"], memory="1GiB").replace("kpis:\n", "catalogue: all\n")
            run = _measured(bench, topic, text, count)
            _check_paid(run["page"], made)
            ours.append(run["cpu"])
            peaks.append(run["peak"] / 2**30)
        note = f"{count} events of the simulated company over {name}, {bench.partitions} partitions, {run['series']} series"
        million = count / 1e6
        bench.row(f"catalogue, {name}: CPU per million", statistics.median(ours) / million, "s", "<= 2.0", note)
        bench.row(f"catalogue, {name}: bare consumer", statistics.median(bare) / million, "s", "", note)
        bench.row(f"catalogue, {name}: peak memory of 1 GiB", max(peaks), "GiB", "<= 1.05", note)


def kinds(bench):
    """Each kind of measure alone, one KPI of two windows and 1,000 label values, over the same topic."""
    count = bench.options.events // 2
    bench.events("kinds", events=count, series=1000, span_seconds=1800)
    note = f"{count} events, half of them read by the KPI (of leads: all), 100,000 customers"
    used = {name: [] for name in KINDS}
    for _ in range(bench.options.runs):
        for name, (on, measure) in KINDS.items():
            side = "order.channel" if "key: [" not in measure else "lead.channel"
            if on is None:
                side = "from." + side
            windows = [] if name.startswith("open") else WINDOWS
            text = config(bench.broker.bootstrap, "kinds", [_kpi(on, measure, windows, side)], dedup="off")
            used[name].append(_measured(bench, "kinds", text, count)["cpu"])
    for name, seconds in used.items():
        bench.row(f"{name}: CPU per million", statistics.median(seconds) / (count / 1e6), "s", "", note)
    ratios = {name: statistics.median(a / b for a, b in zip(used[name], used["count"])) for name in KINDS}
    worst = max(ratios, key=ratios.get)
    bench.row("the dearest against count", ratios[worst], "x", "<= 3", f"{worst}; {note}")


def _kpi(on, measure, windows, side):
    text = kpi("measured", on, measure, windows, f"{{channel: {side}}}")
    lines = text.splitlines()
    return "\n".join(line for line in lines if line not in ("    on: None", "    windows: []")) + "\n"


def ids(bench):
    """Ids that are never seen again, far more than fit the memory: what a lookup of each costs when it isn't there."""
    count = bench.options.ids * 2
    bench.events("ids", events=count, series=1000, span_seconds=6 * 3600)
    text = config(bench.broker.bootstrap, "ids", [
        kpi("leads_distinct", "lead.created", "distinct: lead.id", ["24h"], "{channel: lead.channel}"),
        kpi("leads_first", "lead.created", "first: lead.id", ["24h", "lifetime"])], dedup="off", memory="1GiB")
    run = _measured(bench, "ids", text, count)
    shown = next(line for line in run["page"].splitlines() if line.startswith('sales_leads_first{window="lifetime"}'))
    if float(shown.rsplit(" ", 1)[1]) != bench.options.ids:
        raise RuntimeError(f"{shown}: {bench.options.ids} were sent")
    note = f"{bench.options.ids} leads, each new, and as many orders that nothing reads; two KPIs follow the leads"
    bench.row("many ids: throughput", count / run["seconds"], "events/s", "", note)
    bench.row("many ids: CPU per million", run["cpu"] / (count / 1e6), "s", "", note)
    bench.row("many ids: peak memory of 1 GiB", run["peak"] / 2**30, "GiB", "<= 1.05", note)
    bench.row("many ids: disk", run["disk"] / 2**30, "GiB", "", note)
