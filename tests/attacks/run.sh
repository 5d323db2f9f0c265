#!/usr/bin/env bash
# Attacks a daemon that reads a real broker, checks every number, and prints one table; --json FILE writes the figures as well.
#
#   tests/attacks/run.sh [--only labels,times,amounts,records,duplicates,hot,backlog,clients] [--labels 10000000] [--events 2000000]
#                        [--clients 10000] [--seconds 60] [--json FILE] [--tiny]
#
# --tiny: seconds, the counts only. --build-dir DIR: attack what is built there already.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../..

case " $* " in
  *" --help "* | *" -h "*)
    sed -n '2,7s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
  *" --build-dir"*) ;;
  *)
    (cd "$root" && cmake --preset release -DTIDEMARK_TESTS=ON >/dev/null && cmake --build --preset release --target tidemark bench_producer) >&2
    set -- --build-dir "$root/build/release" "$@"
    ;;
esac
# Debian's Python: another may come first in PATH, without confluent_kafka.
exec /usr/bin/python3 "$here/attacks.py" "$@"
