#!/usr/bin/python3
"""Instructions of each stage of an event's way, against those recorded: times are noise on a shared machine, these are not.

    instructions.py STAGE_BENCH [--record]      --record: takes what is counted now as what should be

Fails when a stage takes over 5 % more than instructions.json says; says so when it takes over 5 % less, for you to record it.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
RECORDED = HERE / "instructions.json"
TOLERANCE = 0.05


def count(program):
    """{stage: instructions a unit}"""
    with tempfile.TemporaryDirectory(prefix="tidemark-instructions-") as folder:
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", "--collect-atstart=no", f"--callgrind-out-file={folder}/out", program,
             f"--config.file={HERE / 'six_kpis.yaml'}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{program}: exit status {done.returncode}\n{done.stderr}")
        units = {name: int(number) for name, number in re.findall(r"^(.+): (\d+)$", done.stdout, re.MULTILINE)}
        counted = {}
        for path in pathlib.Path(folder).glob("out*"):
            text = path.read_text()
            stage = re.search(r"^desc: Trigger: Client Request: (.+)$", text, re.MULTILINE)
            total = re.search(r"^(?:totals|summary): (\d+)$", text, re.MULTILINE)
            if stage and total:
                counted[stage[1]] = int(total[1]) / units[stage[1]]
    if counted.keys() != units.keys():
        sys.exit(f"stages {sorted(units)} were run, {sorted(counted)} were counted")
    return {stage: round(counted[stage], 1) for stage in units}


def main():
    if shutil.which("valgrind") is None:
        print("SKIPPED: no valgrind in PATH (Debian: valgrind)")
        sys.exit(77)
    counted = count(sys.argv[1])
    if "--record" in sys.argv[2:]:
        RECORDED.write_text(json.dumps(counted, indent=2) + "\n")
    recorded = json.loads(RECORDED.read_text())
    if counted.keys() != recorded.keys():
        sys.exit(f"{RECORDED.name} knows {sorted(recorded)}, counted were {sorted(counted)}: record anew")
    worse = []
    for stage, instructions in counted.items():
        change = instructions / recorded[stage] - 1
        remark = "" if abs(change) <= TOLERANCE else "  DEARER" if change > 0 else "  cheaper: record it"
        print(f"{stage:<14} {instructions:>9,.1f} instructions, recorded {recorded[stage]:>9,.1f}, {change:+.1%}{remark}")
        if change > TOLERANCE:
            worse.append(stage)
    if worse:
        sys.exit("More instructions than recorded: " + ", ".join(worse))


if __name__ == "__main__":
    main()
