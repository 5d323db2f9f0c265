"""A rendered pod as a process: its arguments, mounts, user, read-only root and memory limit, without a cluster."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import yaml

import manifests
import shipped

MEMORY = 256 << 20
CGROUPS = pathlib.Path("/sys/fs/cgroup")

# Arguments: the new root, the program, source target ro|rw of each mount, --, the command line. What a container runtime does: a root
# with the program and its libraries that nobody can write to. Mounts are seen by nobody else and go with the process.
CONTAINER = r"""
set -euo pipefail
root=$1 program=$2
shift 2
bind() {
  mkdir -p "$root$2"
  mount --rbind "$1" "$root$2"
  [[ $3 == rw ]] || mount -o remount,ro,bind "$root$2"
}
mount --make-rprivate /
mount -t tmpfs -o mode=755 none "$root"
for place in bin lib lib64; do [[ -L /$place ]] && cp -P "/$place" "$root/$place"; done
for place in /usr /etc/ssl; do bind "$place" "$place" ro; done
for place in /proc /dev /sys/fs/cgroup; do bind "$place" "$place" rw; done
mkdir "$root/app"
touch "$root/app/tidemark"
mount --bind "$program" "$root/app/tidemark"
while [[ $1 != -- ]]; do
  bind "$1" "$2" "$3"
  shift 3
done
shift
mount -o remount,ro "$root"
exec chroot "$root" setpriv --reuid "$UID_OF_POD" --regid "$UID_OF_POD" --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs \
  /app/tidemark "$@"
"""


def why_not():
    """Why no pod can be tried here, or None."""
    if os.geteuid() != 0:
        return "not root"
    if reason := shipped.why_not(manifests.binary()):
        return reason
    if not shutil.which("setpriv") or not shutil.which("unshare"):
        return "no setpriv or unshare (Debian: util-linux)"
    with tempfile.TemporaryDirectory() as directory:
        tried = subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "none", directory], capture_output=True, text=True)
    return None if tried.returncode == 0 else f"no mount namespace here: {tried.stderr.strip()}"


class MemoryLimit:
    """A cgroup with a limit, of either version; `path` is None where none can be made."""

    def __init__(self):
        v1 = (CGROUPS / "memory").is_dir()
        self.path = (CGROUPS / "memory" if v1 else CGROUPS) / f"tidemark-test-{os.getpid()}"
        try:
            self.path.mkdir()
            (self.path / ("memory.limit_in_bytes" if v1 else "memory.max")).write_text(str(MEMORY))
        except OSError:
            self.close()

    def enter(self):
        if self.path:
            (self.path / "cgroup.procs").write_text(str(os.getpid()))

    def close(self):
        if self.path and self.path.is_dir():
            self.path.rmdir()
        self.path = None


class Volumes:
    """A directory for each volume, owned as fsGroup has it."""

    def __init__(self, root):
        self.root = root

    def path(self, name):
        path = self.root / name
        if not path.exists():
            path.mkdir(parents=True)
            os.chown(path, manifests.UID, manifests.UID)
        return path


def start(pod, volumes, replaced, limit=None, **options):
    """The first container of a pod's specification; `replaced` are arguments that a machine without a cluster has otherwise."""
    container = pod["containers"][0]
    arguments = [replaced.get(argument, argument) for argument in container["args"]]
    arguments += [value for name, value in replaced.items() if name not in container["args"]]
    mounts = []
    for mount in container.get("volumeMounts", []):
        mounts += [str(volumes.path(mount["name"])), mount["mountPath"], "ro" if mount.get("readOnly") else "rw"]
    root = volumes.path(f"root-{time.monotonic_ns()}")
    command = ["unshare", "--mount", "bash", "-c", CONTAINER, "pod", root, manifests.binary(), *mounts, "--", *arguments]
    environment = {**os.environ, "UID_OF_POD": str(pod["securityContext"]["runAsUser"])}
    return subprocess.Popen([str(word) for word in command], env=environment, preexec_fn=limit.enter if limit else None, **options)


def write_config_map(directory, files):
    """As the kubelet does it: a new directory, then one link that is replaced at once."""
    contents = directory / f"..{time.monotonic_ns()}"
    contents.mkdir()
    for name, text in files.items():
        (contents / name).write_text(text)
        if not (directory / name).is_symlink():
            (directory / name).symlink_to(f"..data/{name}")
    (directory / "..data_tmp").symlink_to(contents.name)
    (directory / "..data_tmp").rename(directory / "..data")


def specification(text, kind):
    """The pod of a rendered workload."""
    workload = manifests.one(list(yaml.safe_load_all(text)), kind)
    spec = workload["spec"]
    return (spec["jobTemplate"]["spec"] if kind == "CronJob" else spec)["template"]["spec"]
