#!/usr/bin/env bash
# A real Apache Kafka broker (KRaft, one node, 127.0.0.1) for tests and benchmarks.
#
#   kafka.sh fetch                     jars into the cache; exit status 77 when they cannot be had
#   kafka.sh run DIR PORT [CPORT]      become the broker: this process turns into the JVM, SIGTERM stops it
#   kafka.sh start DIR PORT [CPORT]    the same in the background; returns when the port accepts
#   kafka.sh tool CLASS ARG...         one of Kafka's own programs, as kafka.admin.ConfigCommand
#   kafka.sh stop DIR | kill DIR       SIGTERM and wait | SIGKILL: DIR can be started again after either
#
# DIR holds the data, the log of the broker and its pid. CPORT, the controller's, is PORT + 1 unless given.
# TIDEMARK_KAFKA_VERSION (3.9.2), TIDEMARK_TEST_CACHE (~/.cache/tidemark-tests), TIDEMARK_KAFKA_HEAP (256m).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=${TIDEMARK_KAFKA_VERSION:-3.9.2}
cache=${TIDEMARK_TEST_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/tidemark-tests}
home=$cache/kafka-$version
java=${JAVA_HOME:+$JAVA_HOME/bin/}java

skip() { echo "SKIPPED: $*"; exit 77; }

jvm() {  # the command line, one word a line
  printf '%s\n' "$java" "-Xmx${TIDEMARK_KAFKA_HEAP:-256m}" -XX:+UseSerialGC -Xshare:auto -Xlog:disable \
    "-Dlog4j.configuration=file:$home/log4j.properties" -Dlog4j2.StatusLogger.level=OFF
}

write_config() {  # DIR PORT CPORT
  cat >"$1/server.properties" <<EOF
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$3
listeners=PLAINTEXT://127.0.0.1:$2,CONTROLLER://127.0.0.1:$3
advertised.listeners=PLAINTEXT://127.0.0.1:$2
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$1/data
auto.create.topics.enable=false
# One node: these ask for three by default, and a group or a transaction would hang.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
# Tests write history: old records stay, and any record time is accepted.
log.retention.ms=-1
# Deleted records stay deleted after SIGKILL (the default writes this down once a minute).
log.flush.start.offset.checkpoint.interval.ms=500
log.message.timestamp.before.max.ms=9223372036854775807
log.message.timestamp.after.max.ms=9223372036854775807
# A start after SIGKILL waits until the session of the dead broker expires.
broker.session.timeout.ms=1000
broker.heartbeat.interval.ms=200
num.network.threads=2
num.io.threads=2
EOF
  [[ -f $1/extra.properties ]] && cat "$1/extra.properties" >>"$1/server.properties"
  return 0
}

await_port() {  # PORT PID
  for _ in $(seq 600); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0
    kill -0 "$2" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}

# A formatted, empty data directory, and an archive of the loaded classes that halves the time of every start.
prepare_home() {
  cat >"$home.new/log4j.properties" <<'EOF'
log4j.rootLogger=WARN, e
log4j.appender.e=org.apache.log4j.ConsoleAppender
log4j.appender.e.Target=System.err
log4j.appender.e.layout=org.apache.log4j.PatternLayout
log4j.appender.e.layout.ConversionPattern=%d{ISO8601} %p %c{1} %m%n
EOF
  mv "$home.new" "$home"
  local dir port pid
  dir=$(mktemp -d)
  port=$((20000 + RANDOM % 6000 * 2))
  write_config "$dir" "$port" $((port + 1))
  mapfile -t words < <(jvm)
  "${words[@]}" -cp "$home/libs/*" kafka.tools.StorageTool format --cluster-id AAAAAAAAAAAAAAAAAAAAAA \
    --config "$dir/server.properties" >"$dir/log" 2>&1 || { cat "$dir/log" >&2; rm -rf "$home" "$dir"; return 1; }
  cp -r "$dir/data" "$home/formatted"
  "${words[@]}" "-XX:ArchiveClassesAtExit=$home/kafka.jsa" -cp "$home/libs/*" kafka.Kafka "$dir/server.properties" \
    >"$dir/log" 2>&1 &
  pid=$!
  if await_port "$port" "$pid"; then sleep 1; fi
  kill "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  rm -rf "$dir"
}

fetch() {
  [[ -f $home/ready ]] && return 0
  command -v "$java" >/dev/null || skip "no java in PATH (Debian: openjdk-17-jre-headless)"
  command -v mvn >/dev/null || skip "no mvn in PATH to fetch Apache Kafka with (Debian: maven)"
  mkdir -p "$cache" 2>/dev/null || skip "cannot create the cache directory $cache"
  exec 9>"$cache/lock"
  flock 9
  [[ -f $home/ready ]] && return 0
  rm -rf "$home.new" "$home"
  mkdir -p "$home.new"
  timeout 300 mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
    "-Dkafka.version=$version" "-DoutputDirectory=$home.new/libs" >"$cache/mvn.log" 2>&1 9>&- ||
    skip "Maven could not fetch Apache Kafka $version; see $cache/mvn.log"
  prepare_home 9>&- || skip "Apache Kafka $version does not start here"
  touch "$home/ready"
  exec 9>&-
}

run() {
  local dir=$1 port=$2 cport=${3:-$(($2 + 1))}
  fetch
  mkdir -p "$dir"
  dir=$(cd "$dir" && pwd)
  [[ -d $dir/data ]] || { cp -r "$home/formatted" "$dir/data.new" && mv "$dir/data.new" "$dir/data"; }
  write_config "$dir" "$port" "$cport"
  mapfile -t words < <(jvm)
  echo $$ >"$dir/pid"
  exec "${words[@]}" "-XX:SharedArchiveFile=$home/kafka.jsa" -cp "$home/libs/*" kafka.Kafka "$dir/server.properties" \
    >>"$dir/log" 2>&1 </dev/null
}

start() {
  fetch
  mkdir -p "$1"
  "${BASH_SOURCE[0]}" run "$@" &
  local pid=$!
  await_port "$2" "$pid" || { echo "the broker did not start; see $1/log" >&2; return 1; }
}

tool() {
  fetch
  mapfile -t words < <(jvm)
  exec "${words[@]}" -cp "$home/libs/*" "$@"
}

end() {  # DIR SIGNAL
  local pid
  pid=$(cat "$1/pid" 2>/dev/null) || return 0
  grep -qz server.properties "/proc/$pid/cmdline" 2>/dev/null || return 0  # the number may be another process's by now
  kill "-$2" "$pid" 2>/dev/null || return 0
  for _ in $(seq 300); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  rm -f "$1/pid"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  case ${1:-} in
    fetch) fetch && echo "$home" ;;
    run) shift && run "$@" ;;
    start) shift && start "$@" ;;
    tool) shift && tool "$@" ;;
    stop) end "$2" TERM ;;
    kill) end "$2" KILL ;;
    *) sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
  esac
fi
