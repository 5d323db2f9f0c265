#!/usr/bin/env bash
# From a fresh Debian 12 or Ubuntu 24.04 to live KPIs in the terminal: installs what is missing, builds, runs the demo.
#
#   deploy/quickstart.sh [--duration 30s] [--history 30d] [--web.listen-address 127.0.0.1:9464] [--storage.path DIR]
#                        [--kafka.brokers HOST:PORT] [--topic company-events]
#
# Everything it is given goes to `tidemark demo`. Ctrl-C ends it.
set -euo pipefail
self=$(realpath "${BASH_SOURCE[0]}")
cd "$(dirname "$self")/.."

case "${1:-}" in
  -h | --help)
    sed -n '2,7s/^# \{0,1\}//p' "$self"
    exit 0
    ;;
esac
# Said now, and not after a build of some minutes.
known=$(sed -n '4,5p' "$self" | grep -o -- '--[a-z.-]*')
waiting= # an option whose value is the next word
for argument in "$@"; do
  if [[ -n $waiting ]]; then
    option=$waiting value=$argument waiting=
  else
    option=${argument%%=*}
    value=${argument#"$option"} value=${value#=}
    if ! grep -qxF -- "$option" <<<"$known"; then
      echo "deploy/quickstart.sh does not know $option; try --help" >&2
      exit 2
    fi
    if [[ $argument != *=* ]]; then
      waiting=$option
      continue
    fi
  fi
  if [[ $value =~ [0-9]$ && $option =~ ^--(duration|history)$ ]]; then
    echo "$option $value lacks a unit: write 30s, 5m, 30d" >&2
    exit 2
  fi
done
if [[ -n $waiting ]]; then
  echo "$waiting wants a value; try --help" >&2
  exit 2
fi

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
