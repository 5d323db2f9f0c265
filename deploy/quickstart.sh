#!/usr/bin/env bash
# From a fresh Debian 12 or Ubuntu 24.04 to live KPIs in the terminal: installs what is missing, builds, runs the demo.
#
#   deploy/quickstart.sh [--duration 30s] [--history 30d] [--web.listen-address 127.0.0.1:9464] [--storage.path DIR]
#
# Everything it is given goes to `tidemark demo`. Ctrl-C ends it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case "${1:-}" in
  -h | --help)
    sed -n '2,6s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
esac

echo "[1/3] Packages"
deploy/packages.sh build
echo "[2/3] Build (the first takes some minutes)"
# The demo needs no tests.
mkdir -p build
cmake --preset release -DTIDEMARK_TESTS=OFF >build/configure.log 2>&1 || {
  cat build/configure.log >&2
  exit 1
}
cmake --build --preset release --target tidemark
echo "[3/3] Demo"
exec build/release/tidemark demo "$@"
