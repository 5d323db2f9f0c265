"""Dashboards as data: files made by `tidemark generate dashboards`, their panels, queries and variables."""

import dataclasses
import json
import pathlib
import re

# What Grafana fills in by itself, as it would over ten minutes.
BUILT_IN = {"__rate_interval": "1m", "__interval": "15s", "__range": "10m"}


@dataclasses.dataclass(frozen=True)
class Query:
    where: str      # "tidemark-leads / Leads created / A"
    expr: str       # with the dashboard's variables in it
    instant: bool


def load(folder):
    """The dashboards of a folder, by uid."""
    found = [json.loads(path.read_text()) for path in sorted(pathlib.Path(folder).glob("*.json"))]
    return {dashboard["uid"]: dashboard for dashboard in found}


def panels(dashboard):
    """All but rows, whether in closed rows or not."""
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            yield from panel["panels"]
        else:
            yield panel


def queries(dashboard):
    for panel in panels(dashboard):
        for target in panel.get("targets", []):
            yield Query(f"{dashboard['uid']} / {panel['title']} / {target['refId']}", target["expr"], target["instant"])


def annotations(dashboard):
    for annotation in dashboard["annotations"]["list"]:
        yield Query(f"{dashboard['uid']} / annotation {annotation['name']}", annotation["expr"], False)


def variables(dashboard, kind):
    return [v for v in dashboard["templating"]["list"] if v["type"] == kind]


def options_of(variable):
    """(selector, label) of label_values, (query, regex) of query_result; None for anything else."""
    text, regex = variable["query"]["query"], variable["regex"]
    if (match := re.fullmatch(r"label_values\((?:(.+), )?(\w+)\)", text)) and not regex:
        return match.groups()
    if (match := re.fullmatch(r"query_result\((.+)\)", text)) and regex:
        return match[1], regex
    return None


def fill(text, values):
    """`text` with $name and ${name} replaced; what has no value stays."""
    def value(match):
        return values.get(match[1] or match[2], match[0])
    return re.sub(r"\$\{(\w+)\}|\$(\w+)", value, text)
