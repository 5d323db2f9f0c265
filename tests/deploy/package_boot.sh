#!/bin/bash
# Run by package_test.py inside a Debian with systemd and the package installed. Says "ok: WHAT" for each claim it has seen,
# and stops at the first that does not hold.
set -u
exec >/result 2>&1
trap 'systemctl poweroff --no-block' EXIT

ok() { echo "ok: $* (${SECONDS} s)"; }
fail() {
  echo "FAILED: $*"
  systemctl --no-pager status tidemark
  journalctl --no-pager -u tidemark | tail -n 40
  exit 1
}
shown() { systemctl show tidemark -P "$1"; }
page() {
  exec 3<>/dev/tcp/127.0.0.1/9464 || return 1
  printf 'GET %s HTTP/1.0\r\n\r\n' "$1" >&3
  cat <&3
  exec 3>&-
}
until_true() {  # SECONDS COMMAND...
  local left=$(($1 * 5))
  shift
  until "$@"; do
    ((left-- > 0)) || return 1
    sleep 0.2
  done
}
restarted() { [[ $(shown NRestarts) -gt $1 && $(shown ActiveState) == active ]]; }
reload_is() { page /metrics | grep -q "^tidemark_config_last_reload_successful $1"; }

until_true 30 systemctl is-active --quiet tidemark || fail "the service did not become active after the installation"
ok "installed, enabled and active: $(shown StatusText)"
[[ $(systemctl is-enabled tidemark) == enabled ]] || fail "not enabled"
page /metrics | grep -q '^tidemark_state_complete' || fail "no metrics"
ok "/metrics is served"

pid=$(shown MainPID)
grep -q '^NoNewPrivs:[[:space:]]*1$' "/proc/$pid/status" || fail "new privileges"
grep -q '^Seccomp:[[:space:]]*2$' "/proc/$pid/status" || fail "no filter of system calls"
grep -q '^CapBnd:[[:space:]]*0000000000000000$' "/proc/$pid/status" || fail "capabilities"
[[ $(stat -c %u "/proc/$pid") != 0 ]] || fail "runs as root"
[[ $(stat -c '%a %u' /var/lib/private/tidemark) == "700 $(stat -c %u "/proc/$pid")" ]] || fail "state: $(ls -ld /var/lib/private/tidemark)"
ok "an unprivileged user of its own, no capabilities, a filter of system calls"
systemd-analyze verify --man=no tidemark.service || fail "systemd-analyze verify"
systemd-analyze --no-pager --threshold=15 security tidemark.service | tail -n 1 || fail "the exposure is above 1.5"
ok "systemd-analyze verify, security"

systemctl reload tidemark || fail "reload"
until_true 10 reload_is 1 || fail "the reload is not told"
is_active() { [[ $(shown ActiveState) == active ]]; }
until_true 10 is_active || fail "the reload doesn't end"
[[ $(shown MainPID) == "$pid" ]] || fail "another process after the reload"
cp /etc/tidemark/tidemark.yaml /tmp/good.yaml
echo "nonsense: true" >>/etc/tidemark/tidemark.yaml
systemctl reload tidemark
until_true 10 reload_is 0 || fail "a bad configuration is not told"
[[ $(shown MainPID) == "$pid" && $(shown ActiveState) == active ]] || fail "a bad configuration ended the process"
ok "reloads keep the process; a bad configuration keeps the old one"
systemctl restart tidemark && fail "a start with a bad configuration is no failure"
sleep 7
[[ $(shown ExecMainStatus) == 78 && $(shown NRestarts) == 0 && $(shown ActiveState) == failed ]] ||
  fail "status $(shown ExecMainStatus), $(shown NRestarts) restarts, $(shown ActiveState)"
ok "a start with a bad configuration fails with 78, once"
cp /tmp/good.yaml /etc/tidemark/tidemark.yaml
systemctl start tidemark || fail "start"

kill -KILL "$(shown MainPID)"
until_true 20 restarted 0 || fail "not restarted after SIGKILL"
ok "restarted after SIGKILL"
mkdir -p /run/systemd/system/tidemark.service.d
printf '[Service]\nWatchdogSec=2\n' >/run/systemd/system/tidemark.service.d/short.conf
systemctl daemon-reload
systemctl restart tidemark || fail "restart"
pid=$(shown MainPID)
sleep 5
[[ $(shown MainPID) == "$pid" ]] || fail "a process that is well was taken for a dead one"
kill -STOP "$pid"
until_true 30 restarted 0 || fail "the watchdog saw nothing"
journalctl --no-pager -u tidemark | grep -q 'Watchdog timeout' || fail "not the watchdog"
ok "a process without a sign of life is restarted by the watchdog"

begin=$(date +%s)
systemctl stop tidemark
[[ $(shown ExecMainStatus) == 0 && $(($(date +%s) - begin)) -le 6 ]] || fail "stop: $(shown ExecMainStatus), $(($(date +%s) - begin)) s"
ok "stopped with 0"
dpkg --remove tidemark || fail "remove"
[[ -d /var/lib/private/tidemark && -f /etc/tidemark/tidemark.yaml ]] || fail "remove took the state or the configuration"
dpkg --purge tidemark || fail "purge"
left=$(find / -xdev -name '*tidemark*' -not -path '/proc/*' -not -path '/var/log/*' -not -path '/var/cache/*' -not -path '/run/*' -not -path '/tmp/*')
[[ -z $left ]] || fail "left behind: $left"
ok "removed, and purged without a trace"
echo DONE
