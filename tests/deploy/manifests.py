"""What the tests of the manifests share: the programs that render and judge them, rendered objects as data."""

import functools
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import yaml

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CHART = ROOT / "deploy" / "helm" / "tidemark"
KUSTOMIZE = ROOT / "deploy" / "kubernetes"
UID = 65532  # of every pod
SKIPPED = 77  # the exit status that ctest takes for "skipped"

# What kube-score asks for and is not wanted here.
NOT_WANTED = {
    "container-resources": "a limit of CPU throttles without need; that memory has one is checked in policy.py",
    "container-image-pull-policy": "an image is named by an immutable tag or digest",
    "pod-networkpolicy": "the chart's is off by default; policy.py looks at it where it is on",
}


@functools.cache
def tools():
    """The directory of helm, kustomize, kube-score, manifestcheck. Ends the test program where it can't be had."""
    done = subprocess.run([HERE / "go_tools.sh"], stdout=subprocess.PIPE, text=True)
    if done.returncode == SKIPPED:
        print(done.stdout, end="", flush=True)
        sys.exit(SKIPPED)
    done.check_returncode()
    return pathlib.Path(done.stdout.strip())


def binary():
    return os.environ.get("TIDEMARK_BINARY", str(ROOT / "build" / "release" / "tidemark"))


def run(*command, text=None, environment=None):
    """Exit status and everything printed."""
    done = subprocess.run([str(word) for word in command], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=120, env={**os.environ, **(environment or {})})
    return done.returncode, done.stdout


def must(*command):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: {done.stderr}")
    return done.stdout


def kustomize(directory):
    return must(tools() / "kustomize", "build", directory)


def helm_template(*arguments):
    return must(tools() / "helm", "template", "tidemark", CHART, "--namespace", "tidemark", *arguments)


def objects(text):
    return [document for document in yaml.safe_load_all(text) if document]


def one(all_objects, kind, name=None):
    found = [o for o in all_objects if o["kind"] == kind and name in (None, o["metadata"]["name"])]
    if len(found) != 1:
        raise AssertionError(f"{len(found)} objects {kind} {name or ''}")
    return found[0]


def refusals(text):
    """What an API server and kube-score have against rendered objects; empty when nothing."""
    status, said = run(tools() / "manifestcheck", tools() / "crds", text=text)
    if status not in (0, 1):
        raise AssertionError(said)
    findings = said.splitlines()
    ignored = [word for name in NOT_WANTED for word in ("--ignore-test", name)]
    _, scores = run(tools() / "kube-score", "score", "--output-format", "ci", *ignored, "-", text=text)
    return findings + [line for line in scores.splitlines() if line.startswith(("[CRITICAL]", "[WARNING]", "Failed", "ERROR"))]


def check_config(files, secrets, environment=None):
    """`tidemark check-config` of a ConfigMap's files; `secrets` are files that they name, with something in them."""
    with tempfile.TemporaryDirectory(prefix="tidemark-deploy-") as directory:
        for name, text in files.items():
            for secret in secrets:
                text = text.replace(str(secret), str(pathlib.Path(directory) / pathlib.Path(secret).name))
            (pathlib.Path(directory) / name).write_text(text)
        for secret in secrets:
            (pathlib.Path(directory) / pathlib.Path(secret).name).write_text("secret")
        return run(binary(), "check-config", pathlib.Path(directory) / "tidemark.yaml", environment=environment)


def main():
    tools()
    unittest.main(verbosity=2)
