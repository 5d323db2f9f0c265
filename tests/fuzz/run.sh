#!/usr/bin/env bash
# Fuzzes with libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer, and prints a table.
#
#   tests/fuzz/run.sh [--seconds N] [NAME...]
#
#   --seconds N     for each target (60)
#   NAME            decoder, codec, state, config...: the targets of tests/fuzz/CMakeLists.txt; without one, all
#
# Environment: TIDEMARK_JOBS (the number of processors) for the build; targets run one after the other. What they find is
# kept in build/fuzz/tests/fuzz/found, and started from the next time; inputs that crash in build/fuzz/crashes, to be run
# again by `build/fuzz/tests/fuzz/NAME_fuzz FILE`. Exit status: 0 when none crashed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

seconds=60
names=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --seconds)
      [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || { echo "--seconds wants a number" >&2; exit 2; }
      seconds=$2
      shift
      ;;
    -h | --help)
      sed -n '2,11s/^# \{0,1\}//p' "$0"
      exit 0
      ;;
    -*)
      echo "tests/fuzz/run.sh does not know $1; try --help" >&2
      exit 2
      ;;
    *) names+=("$1") ;;
  esac
  shift
done
command -v clang++ >/dev/null || { echo "SKIPPED: no clang++" ; exit 77; }

cmake --preset fuzz -DTIDEMARK_TESTS=ON >/dev/null
here=build/fuzz/tests/fuzz
declare -A arguments
while read -r name rest; do arguments[$name]=$rest; done <"$here/targets"
[[ ${#names[@]} -gt 0 ]] || mapfile -t names < <(cut -d' ' -f1 "$here/targets")
for name in "${names[@]}"; do
  [[ -n ${arguments[$name]:-} ]] || { echo "there is no target $name" >&2; exit 2; }
done
cmake --build --preset fuzz --parallel "${TIDEMARK_JOBS:-$(nproc)}" --target "${names[@]/%/_fuzz}" >&2

# The default of 256 MB of freed memory, all of it touched again and again, does not fit any cache. Stacks of allocations are for
# those who run an input again. Leaks are looked for once, at the end: after each input that left something to its caches it would
# be a quarter of the time.
export ASAN_OPTIONS=quarantine_size_mb=1:thread_local_quarantine_size_kb=64:malloc_context_size=0:max_malloc_fill_size=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}

mkdir -p build/fuzz/crashes build/fuzz/executions
status=0
printf '%-12s %14s %9s %10s %10s %14s  %s\n' target executions per_s coverage new all_executions crashes
for name in "${names[@]}"; do
  log=build/fuzz/$name.log
  crashed=""
  # To choose seeds by entropy, each run looks at all of them for each rare feature: up to two fifths of the time.
  # shellcheck disable=SC2086  # arguments are words
  "$here/${name}_fuzz" -entropic=0 -detect_leaks=0 -print_funcs=0 -max_total_time="$seconds" -print_final_stats=1 -rss_limit_mb=3000 -timeout=20 -close_fd_mask=1 \
    -artifact_prefix="build/fuzz/crashes/$name-" ${arguments[$name]} >"$log" 2>&1 </dev/null || crashed=$(sed -n 's/.*Test unit written to //p' "$log" | tail -1)
  if [[ -n $crashed ]] || ! grep -q '^Done ' "$log"; then
    crashed=${crashed:-"see $log"}
    status=1
  fi
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -1)
  rate=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log" | tail -1)
  new=$(sed -n 's/^stat::new_units_added: *//p' "$log" | tail -1)
  coverage=$(grep -o ' cov: [0-9]*' "$log" | tail -1 | tr -dc 0-9 || true)
  echo $(($(cat "build/fuzz/executions/$name" 2>/dev/null || echo 0) + ${runs:-0})) >"build/fuzz/executions/$name.new"
  mv "build/fuzz/executions/$name.new" "build/fuzz/executions/$name"
  printf '%-12s %14s %9s %10s %10s %14s  %s\n' "$name" "${runs:-?}" "${rate:-?}" "${coverage:-?}" "${new:-?}" "$(cat "build/fuzz/executions/$name")" "${crashed:-none}"
done
exit "$status"
