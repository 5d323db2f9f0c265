"""The Debian package: lintian has nothing to say, and a Debian with systemd runs its service as the unit promises.

The Debian is made by mmdebstrap with what the package depends on, once into ~/.cache/tidemark-tests, and boots in
systemd-nspawn without a network. What happens inside is package_boot.sh.
"""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import shipped

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = pathlib.Path(os.environ.get("TIDEMARK_BINARY", ROOT / "build/release/tidemark")).resolve().parent
CACHE = pathlib.Path(os.environ.get("TIDEMARK_TEST_CACHE", pathlib.Path.home() / ".cache/tidemark-tests"))
BOOT = ["systemd", "systemd-sysv", "dbus"]
UNIT = """[Unit]
After=tidemark.service
[Service]
Type=oneshot
ExecStart=/bin/bash /package_boot.sh
[Install]
WantedBy=multi-user.target
"""


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(77)


def run(*command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}"
    return done.stdout


def depends(package):
    """Names of what the package depends on and recommends."""
    fields = run("dpkg-deb", "-f", package, "Depends", "Recommends")
    return sorted(set(re.findall(r"(?:^|: |, )([a-z0-9][a-z0-9.+-]+)", re.sub(r"\([^)]*\)", "", fields), re.M)) - {""})


def debian(packages):
    """A tar file of a Debian with these packages."""
    release = dict(line.rstrip().split("=", 1) for line in open("/etc/os-release", encoding="utf-8") if "=" in line)
    if release["ID"] != "debian":
        skip("the package is tried in the Debian that this is, and this is none")
    suite = release["VERSION_CODENAME"]
    key = hashlib.sha256(" ".join([suite, *packages]).encode()).hexdigest()[:16]
    tar = CACHE / f"debian-{key}.tar"
    if not tar.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        part = tar.with_suffix(f".{os.getpid()}.tar")
        run("mmdebstrap", "--variant=minbase", "--include=" + ",".join(packages), suite, part, timeout=500)
        part.rename(tar)
    return tar


def nspawn(root, *command, timeout=120):
    return run("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network", "--directory", root, *command,
               stdin=subprocess.DEVNULL, timeout=timeout)


def boots(package, work):
    root = work / "root"
    root.mkdir()
    run("tar", "-C", root, "-xf", debian(BOOT + depends(package)))
    try:
        nspawn(root, "/bin/true")
    except AssertionError as error:
        skip(f"systemd-nspawn can start nothing here: {str(error).splitlines()[-1]}")
    shutil.copy(package, root / "tidemark.deb")
    nspawn(root, "dpkg", "--install", "/tidemark.deb")
    (root / "tidemark.deb").unlink()
    shutil.copy(HERE / "package_boot.sh", root)
    unit = root / "etc/systemd/system/try.service"
    unit.write_text(UNIT, encoding="utf-8")
    wants = root / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    (wants / "try.service").symlink_to("/etc/systemd/system/try.service")
    told = ""
    try:
        told = nspawn(root, "--boot", timeout=200)
    except (AssertionError, subprocess.TimeoutExpired) as error:  # halting says so in many ways; the result tells
        told = str(error)
    result = root / "result"
    assert result.exists(), f"it did not boot:\n{told[-4000:]}"
    text = result.read_text(encoding="utf-8")
    print(text)
    assert "DONE" in text.splitlines(), "see above"  # it may say something about its end


def main():
    for tool in ("lintian", "dh", "mmdebstrap", "systemd-nspawn"):
        if shutil.which(tool) is None:
            skip(f"{tool} is not installed")
    if os.geteuid() != 0:
        skip("a container with systemd needs root")
    if reason := shipped.why_not(BUILD / "tidemark"):
        skip(reason)
    work = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-package-"))
    try:
        begin = time.monotonic()
        package = run(ROOT / "deploy/debian/build.sh", BUILD, work).splitlines()[-1]
        print(f"{os.path.getsize(package) / 1e6:.1f} MB, made in {time.monotonic() - begin:.0f} s")
        said = run("lintian", "--fail-on", "error,warning", "--allow-root", next(work.glob("*.changes")))
        assert not re.search(r"^[EW]: ", said, re.M), said
        boots(package, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
