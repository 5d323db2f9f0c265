#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test.
#
#   tests/run.sh [--quick] [--label LABEL] [-- CTEST-ARGUMENT...]
#
#   --quick         only tests of the label unit: seconds
#   --label LABEL   only tests of that label: unit, scenario, property, simulation, disk, integration, e2e, fuzz, deploy, grafana, bench, attacks
#   --no-install    take the packages as they are
#
# Environment: TIDEMARK_PRESET (release), TIDEMARK_JOBS (the number of processors).
# A test whose outside program is missing says SKIPPED and why. Exit status: 0 when all passed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DEBIAN_FRONTEND=noninteractive

preset=${TIDEMARK_PRESET:-release}
jobs=${TIDEMARK_JOBS:-$(nproc)}
install=yes
labels="unit scenario property simulation disk integration e2e fuzz deploy grafana bench attacks"
filter=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --quick) filter=(--label-regex '^unit$') ;;
    --label)
      [[ $# -ge 2 ]] || { echo "--label wants a label" >&2; exit 2; }
      [[ " $labels " == *" $2 "* ]] || { echo "no test has the label $2; there are: $labels" >&2; exit 2; }
      filter=(--label-regex "^$2\$")
      shift
      ;;
    --no-install) install=no ;;
    -h | --help)
      sed -n '2,11s/^# \{0,1\}//p' "$0"
      exit 0
      ;;
    --)
      shift
      break
      ;;
    *)
      echo "tests/run.sh does not know $1; try --help" >&2
      exit 2
      ;;
  esac
  shift
done

if [[ $install == yes ]]; then
  echo "== Packages"
  deploy/packages.sh tests </dev/null
fi
echo "== Build ($preset, $jobs jobs)"
cmake --preset "$preset" -DTIDEMARK_TESTS=ON
cmake --build --preset "$preset" --parallel "$jobs"

echo "== Tests"
export LLVM_PROFILE_FILE=$PWD/build/$preset/profiles/%4m.profraw  # of a build that counts what is gone through: asan
export TSAN_OPTIONS=die_after_fork=0:suppressions=$PWD/tests/sanitizers/tsan.supp:${TSAN_OPTIONS:-}  # some tests start a second process by fork alone
# More at a time than processors: those with a broker or a browser wait half of their time. Those that measure are marked RUN_SERIAL where they are declared.
log=build/$preset/tests.log
status=0
ctest --test-dir "build/$preset" --output-on-failure --no-tests=error --parallel $((jobs + 2)) "${filter[@]}" "$@" </dev/null 2>&1 |
  tee "$log" || status=$?
echo "== Result"
# ctest names the tests that were skipped, not why.
sed -n 's/^SKIPPED: /skipped: /p' "build/$preset/Testing/Temporary/LastTest.log" | sort | uniq -c
sed -n '/% tests passed/,$p' "$log"
exit "$status"
