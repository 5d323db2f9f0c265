#!/usr/bin/env bash
# Measures tidemark against a real broker and prints one table; --json FILE writes the figures as well.
#
#   tests/bench/run.sh [--runs 5] [--events 4000000] [--only cpu,steps,scrape,restart,latency,catalogue,kinds,ids,plain,growth] [--json FILE] [--tiny]
#
# --tiny: seconds, one run, correctness of the counts only. --build-dir DIR: measure what is built there already.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../..

case " $* " in
  *" --help "* | *" -h "*)
    sed -n '2,6s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
  *" --build-dir"*) ;;
  *)
    (cd "$root" && cmake --preset release -DTIDEMARK_TESTS=ON >/dev/null &&
      cmake --build --preset release --target tidemark bench_producer engine_bench bare_consumer latency_probe) >&2
    set -- --build-dir "$root/build/release" "$@"
    ;;
esac
# Debian's Python: another may come first in PATH, without confluent_kafka.
exec /usr/bin/python3 "$here/bench.py" "$@"
