#!/usr/bin/python3
"""Dashboards are of Grafana's own types: TypeScript checks them against the package @grafana/schema, whose version is pinned."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import dashboards  # noqa: E402
import harness  # noqa: E402
from lint_test import CONFIG  # noqa: E402

CACHE = pathlib.Path(os.environ.get("TIDEMARK_TEST_CACHE", pathlib.Path.home() / ".cache" / "tidemark-tests")) / "grafana-schema"
OPTIONS = {"stat": "StatPanelCfg", "bargauge": "BarGaugePanelCfg", "gauge": "GaugePanelCfg", "table": "TablePanelCfg",
           "timeseries": "TimeSeriesPanelCfg"}
CUSTOM = {"table": "TableFieldOptions", "timeseries": "GraphFieldConfig"}

# Of annotations: read by the data source, so in no type of the dashboard's.
OF_PROMETHEUS = {"expr", "step", "titleFormat", "textFormat", "useValueForTime"}


def types():
    """The folder with the packages, installed once as the lock file says."""
    if shutil.which("npm") is None:
        raise unittest.SkipTest("no npm in PATH (Debian: npm)")
    CACHE.mkdir(parents=True, exist_ok=True)
    locked = (HERE / "schema" / "package-lock.json").read_bytes()
    done = CACHE / "installed.json"
    if not done.exists() or done.read_bytes() != locked:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / "schema" / name, CACHE)
        installed = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=CACHE, capture_output=True,
                                   text=True, timeout=240)
        if installed.returncode != 0:
            raise unittest.SkipTest("npm can't be reached: " + installed.stderr.strip().splitlines()[-1][:200])
        done.write_bytes(locked)
    return CACHE


def typescript(dashboard):
    """The dashboard as constants with types: the frame, and each panel's options and fields by its kind."""
    lines = ['import type { Dashboard, Panel, GraphFieldConfig, TableFieldOptions } from "@grafana/schema";']
    for kind in OPTIONS.values():
        path = f"@grafana/schema/dist/esm/raw/composable/{kind.removesuffix('PanelCfg').lower()}/panelcfg/x/{kind}_types.gen"
        lines.append(f'import type * as {kind} from "{path}";')
    # In JSON the members of an enumeration are their values.
    lines.append("type Json<T> = T extends string ? `${T}` : T extends (infer U)[] ? Json<U>[] "
                 ": T extends object ? { [K in keyof T]: Json<T[K]> } : T;")
    noted = [{k: v for k, v in a.items() if k not in OF_PROMETHEUS} for a in dashboard["annotations"]["list"]]
    lines.append(f"export const dashboard: Json<Dashboard> = {json.dumps({**dashboard, 'panels': [], 'annotations': {'list': noted}})};")
    for p in dashboards.panels(dashboard):
        name = f"panel{p['id']}"
        lines.append(f"export const {name}: Json<Panel> = {json.dumps({**p, 'targets': []})};")
        lines.append(f"export const {name}o: Json<Partial<{OPTIONS[p['type']]}.Options>> = {json.dumps(p['options'])};")
        if custom := p["fieldConfig"]["defaults"].get("custom"):
            lines.append(f"export const {name}c: Json<Partial<{CUSTOM[p['type']]}>> = {json.dumps(custom)};")
    return "\n".join(lines) + "\n"


class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.packages = types()
        cls.work = harness.temp_dir("schema")
        (cls.work / "kpis.yaml").write_text(CONFIG)
        subprocess.run([harness.binary(), "generate", "dashboards", f"--config.file={cls.work}/kpis.yaml", f"--output={cls.work}/out"], check=True)
        cls.dashboards = dashboards.load(cls.work / "out")
        (cls.work / "node_modules").symlink_to(cls.packages / "node_modules")

    def check(self, files):
        for name, text in files.items():
            (self.work / name).write_text(text)
        checked = subprocess.run([self.packages / "node_modules" / ".bin" / "tsc", "--noEmit", "--strict", "--skipLibCheck", "--target", "es2022",
                                  "--module", "nodenext", "--moduleResolution", "nodenext", *files], cwd=self.work, capture_output=True, text=True)
        return checked.stdout

    def test_all_are_of_its_types(self):
        self.assertEqual(self.check({f"{uid}.ts": typescript(d) for uid, d in self.dashboards.items()}), "")

    def test_a_misspelt_option_is_found(self):
        text = typescript(self.dashboards["tidemark-operations"])
        for right, wrong in (('"graphTooltip"', '"graphTooltips"'), ('"colorMode"', '"colourMode"'), ('"lineWidth"', '"lineWitdh"')):
            self.assertIn(right, text)
            self.assertNotEqual(self.check({"wrong.ts": text.replace(right, wrong)}), "", wrong)


if __name__ == "__main__":
    harness.main()
