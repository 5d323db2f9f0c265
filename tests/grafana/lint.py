"""What a dashboard must not get wrong. The rules of Grafana's dashboard-linter that fit, and our own; each yields sentences.

Of the linter's rules these are left out, with reasons: a matcher of `instance` (a KPI has none: pods come and go, the KPI stays),
`job` as a choice of several (numbers of two companies must not be added up).
"""

import re

import dashboards

UNITS = {"short", "percentunit", "s", "bytes", "ops", "reqps", "dateTimeFromNow"}
METRIC = re.compile(r"\b(tidemark_\w+|process_\w+|up|[a-z]\w*_\w+)(?=\{)")
NAMES = re.compile(r'__name__=~?"([^"]*)"')
REFERENCE = re.compile(r"\$\{(\w+)[^}]*\}|\$(\w+)")
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
ABOVE_ALL = {"__rate_interval", "__interval", "__range", "__url_time_range", "__all_variables", "__field"}


def references(text):
    return {a or b for a, b in REFERENCE.findall(text)} - ABOVE_ALL


def metrics(expr):
    names = set(METRIC.findall(expr))
    for alternatives in NAMES.findall(expr):
        names.update(name for name in alternatives.split("|") if "$" not in name)
    return names


def of_dashboard(d, _):
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,40}", d["uid"] or ""):
        yield "uid: 1 to 40 letters, digits, - and _"
    if d["editable"] is not False:
        yield "editable: in the browser changes would be lost"
    if d["id"] is not None or "__inputs" in d:
        yield "id, __inputs: belong to one Grafana"
    if d["graphTooltip"] != 1:
        yield "graphTooltip: the cursor is shared"
    for key in ("title", "description", "tags", "refresh"):
        if not d[key]:
            yield f"{key}: is empty"


def of_variables(d, _):
    known = {v["name"]: v for v in d["templating"]["list"]}
    if known.get("datasource", {}).get("type") != "datasource":
        yield "datasource: no such variable"
    if "job" not in known:
        yield "job: no such variable"
    for v in dashboards.variables(d, "query"):
        if not dashboards.options_of(v):
            yield f"{v['name']}: neither label_values(metric, label) nor query_result(query) with a regex"
        if v["refresh"] != 2 or v["datasource"] != DATASOURCE:
            yield f"{v['name']}: not read anew with the time range, from ${{datasource}}"
    used = set()
    for panel in dashboards.panels(d):
        used |= references(str(panel))
    for text in [str(d["annotations"]), str(d["links"])] + [str(r.get("title")) for r in d["panels"]]:
        used |= references(text)
    for name in used - set(known):
        yield f"${name}: no such variable"
    for name in set(known) - used:
        yield f"{name}: a variable that nothing uses"


def of_panels(d, _):
    ids = set()
    for p in list(dashboards.panels(d)) + [p for p in d["panels"] if p["type"] == "row"]:
        where = f"{p['title'] or '(no title)'}"
        if p["id"] in ids:
            yield f"{where}: id {p['id']} twice"
        ids.add(p["id"])
        if not p["title"]:
            yield f"panel {p['id']}: no title"
        if p["type"] == "row":
            continue
        if not p["description"]:
            yield f"{where}: no description"
        if not p["targets"]:
            yield f"{where}: no query"
        if p["datasource"] != DATASOURCE or any(t["datasource"] != DATASOURCE for t in p["targets"]):
            yield f"{where}: not ${{datasource}}"
        unit = p["fieldConfig"]["defaults"]["unit"]
        if unit not in UNITS and not re.match(r"(suffix: |currency:)", unit):
            yield f"{where}: unit {unit}"


def of_queries(d, known):
    rows = list(dashboards.queries(d)) + list(dashboards.annotations(d))
    rows += [dashboards.Query(f"variable {v['name']}", v["query"]["query"], True) for v in dashboards.variables(d, "query")]
    for q in rows:
        for name in metrics(q.expr) - known:
            yield f"{q.where}: no metric {name}"
        if 'job="$job"' not in q.expr and q.where != "variable job":
            yield f"{q.where}: not of one job"
        for selector, range_ in re.findall(r"(\w+)\{[^}]*\}(\[\S+?\])?", q.expr):
            counter = selector.endswith(("_total", "_bucket"))
            if counter and not range_:
                yield f"{q.where}: {selector} without rate"
            if range_ and range_ != "[$__rate_interval]":
                yield f"{q.where}: {range_} is not [$__rate_interval]"


def of_grid(d, _):
    def overlap(panels):
        taken = {}
        for p in panels:
            g = p["gridPos"]
            if g["x"] + g["w"] > 24 or g["w"] < 1 or g["h"] < 1:
                yield f"{p['title']}: off the grid"
            for cell in [(x, y) for x in range(g["x"], g["x"] + g["w"]) for y in range(g["y"], g["y"] + g["h"])]:
                if taken.setdefault(cell, p["id"]) != p["id"]:
                    yield f"{p['title']}: over another panel"
                    break
    yield from overlap(d["panels"])
    for row in d["panels"]:
        if row["type"] == "row":
            yield from overlap(row["panels"])


RULES = [of_dashboard, of_variables, of_panels, of_queries, of_grid]


def lint(all_dashboards, known):
    """Sentences, one a mistake. `known`: the names of all metrics."""
    found = [f"{d['uid']}: {text}" for d in all_dashboards for rule in RULES for text in rule(d, known)]
    uids, titles = [d["uid"] for d in all_dashboards], [d["title"] for d in all_dashboards]
    return found + [f"{name}: twice" for name in set(uids) | set(titles) if uids.count(name) > 1 or titles.count(name) > 1]
