#!/usr/bin/env bash
# The one list of the apt packages that tidemark needs, and what installs those that are missing.
#
#   packages.sh build|tests            install what is missing for building, or for building and testing
#   packages.sh list build|tests       print the names, one a line
#
# Debian 12 and Ubuntu 24.04. Root, or sudo without a password when nobody can be asked for one.
set -euo pipefail

build=(
  build-essential cmake ninja-build ccache pkg-config git ca-certificates tzdata
  librdkafka-dev libprotobuf-dev libprotoc-dev protobuf-compiler librocksdb-dev prometheus-cpp-dev libyaml-cpp-dev libsimdjson-dev
  libmicrohttpd-dev libgnutls28-dev libcrypt-dev libmimalloc-dev libspdlog-dev libcli11-dev libabsl-dev libcurl4-openssl-dev libssl-dev zlib1g-dev libisal-dev
  libjs-chart.js libgtest-dev libgmock-dev libbenchmark-dev
)
tests=(
  maven default-jre-headless prometheus prometheus-alertmanager kcat python3 python3-venv python3-confluent-kafka python3-pip
  python3-protobuf python3-yaml
  clang curl chromium valgrind
  zsh fish mandoc man-db lintian debhelper fakeroot buildah mmdebstrap systemd-container
)

# The first of several names that this release knows; releases have renamed some.
first_known() {
  local name
  for name in "$@"; do
    if [[ -n $(apt-cache madison "$name" 2>/dev/null) ]]; then
      echo "$name"
      return
    fi
  done
  echo "$1"  # so that apt says what it does not know
}

names() {
  local name
  for name in "${build[@]}"; do
    case $name in
      prometheus-cpp-dev) first_known prometheus-cpp-dev libprometheus-cpp-dev ;;
      *) echo "$name" ;;
    esac
  done
  if [[ $1 == tests ]]; then
    printf '%s\n' "${tests[@]}"
    # The sanitizers' and fuzzer's runtime, of the release's clang.
    first_known libclang-rt-14-dev libclang-rt-18-dev
    # A Node.js of another make has npm in it, and its package conflicts with Debian's.
    command -v npm >/dev/null || printf '%s\n' nodejs npm
  fi
}

missing() {
  local name
  for name in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || echo "$name"
  done
}

as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  elif ! command -v sudo >/dev/null; then
    echo "This needs root: run it as root, or install sudo. It would run: $*" >&2
    return 1
  elif [[ -t 0 ]]; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

install_missing() {
  command -v apt-get >/dev/null || {
    echo "No apt-get here: install what 'deploy/packages.sh list $1' prints by your own means." >&2
    return 1
  }
  local wanted lacking
  mapfile -t wanted < <(names "$1")
  mapfile -t lacking < <(missing "${wanted[@]}")
  [[ ${#lacking[@]} == 0 ]] && return 0
  # Names may have been guessed from an empty package index: settle them on a fresh one.
  echo "Installing ${#lacking[@]} packages: ${lacking[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
  mapfile -t wanted < <(names "$1")
  mapfile -t lacking < <(missing "${wanted[@]}")
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${lacking[@]}"
}

case "${1:-} ${2:-}" in
  "build " | "tests ") install_missing "$1" ;;
  "list build" | "list tests") names "$2" ;;
  *)
    sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
