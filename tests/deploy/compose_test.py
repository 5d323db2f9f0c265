"""The compose stack, as far as it can be tried without Docker: each file by the program that reads it, and tidemark's own
commands as the services give them. Every file that is mounted is there."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

DEPLOY = pathlib.Path(__file__).resolve().parent.parent.parent / "deploy"
BINARY = os.environ["TIDEMARK_BINARY"]
COMPOSE = DEPLOY / "compose"


def run(*command, status=0):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=60)
    assert done.returncode == status, f"{command}: {done.returncode}\n{done.stdout}"
    return done.stdout


def main():
    for tool in ("promtool", "amtool"):
        if shutil.which(tool) is None:
            print(f"SKIPPED: {tool} is not installed")
            sys.exit(77)
    stack = yaml.safe_load((DEPLOY / "docker-compose.yaml").read_text(encoding="utf-8"))
    services = stack["services"]
    for name, service in services.items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            there = (DEPLOY / source).exists() if source.startswith(".") else source in stack["volumes"]
            assert there, f"{name} mounts {source}, which is not there"
        for other in service.get("depends_on", []):
            assert other in services, f"{name} depends on {other}"
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), f"{name} is open to the network: {port}"
        if name != "kafka":
            assert service["read_only"] and service["cap_drop"] == ["ALL"], name
    with tempfile.TemporaryDirectory() as generated:
        run(BINARY, "check-config", COMPOSE / "tidemark.yaml")
        here = {"/etc/tidemark": str(COMPOSE), "/generated": generated, "/dashboards": os.path.join(generated, "dashboards")}
        for name, service in services.items():
            if service["image"] != "tidemark:latest":
                continue
            words = [re.sub("=(" + "|".join(here) + ")", lambda m: "=" + here[m[1]], str(word)) for word in service["command"]]
            if words[0] == "generate":
                run(BINARY, *words)
                continue
            known = run(BINARY, words[0], "--help")
            for word in words[1:]:
                assert re.search(rf"^  {re.escape(word.split('=')[0])} ", known, re.M), f"{name}: {words[0]} doesn't know {word}"
        assert list(pathlib.Path(generated, "dashboards").glob("*.json")), "no dashboards"
        assert "SUCCESS" in run("promtool", "check", "rules", os.path.join(generated, "tidemark-rules.yaml"))
        prometheus = pathlib.Path(generated, "prometheus.yaml")
        text = (COMPOSE / "prometheus.yaml").read_text(encoding="utf-8")
        prometheus.write_text(text.replace("/generated", generated), encoding="utf-8")
        run("promtool", "check", "config", prometheus)
        run("amtool", "check-config", COMPOSE / "alertmanager.yaml")
        scraped = yaml.safe_load(text)["scrape_configs"][0]["static_configs"][0]["targets"]
        assert scraped == ["tidemark:9464"] and "0.0.0.0:9464" in " ".join(services["tidemark"]["command"]), scraped
    print(f"{len(services)} services")


if __name__ == "__main__":
    main()
