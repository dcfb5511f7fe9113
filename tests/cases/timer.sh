#!/bin/bash
# desc: under systemd the timer writes the metrics, and a change of a verdict is one entry of the journal; nothing else is said
# timeout: 400
# own-vm: yes
# machines: backports
. tests/cases/stalled.bash

# --- systemd -----------------------------------------------------------------------------------------------

UNITS=/run/systemd/system
PROM=/var/lib/prometheus/node-exporter/nbddiag.prom

# In namespaces of processes and mounts, as in a container: process 1 of this guest is the test-bed's.
# Of what a boot starts, there is the journal alone. Above all no udev, which would look at each disk.
start_systemd() {
	local unit
	mkdir -p "$UNITS" "${PROM%/*}"
	for unit in /usr/lib/systemd/system/sysinit.target.wants/*; do
		[ "${unit##*/}" = systemd-journald.service ] || ln -s /dev/null "$UNITS/${unit##*/}"
	done
	install_units
	# A minute is long for a test, and so is a random part of it.
	mkdir "$UNITS/nbddiag-metrics.timer.d"
	printf '[Timer]\nOnCalendar=*:*:0/10\nRandomizedDelaySec=0\nAccuracySec=1s\n' >"$UNITS/nbddiag-metrics.timer.d/often.conf"
	printf '[Unit]\nWants=systemd-journald.service\n' >"$UNITS/case.target"
	container=case unshare --pid --fork --kill-child --mount-proc \
		/usr/lib/systemd/systemd --unit=case.target >"$W/systemd" 2>&1 &
	wait_until 60 is_up || { cat "$W/systemd" >&3; die "systemd does not start"; }
}

# They call the program where "make install" puts it. Here it is elsewhere.
install_units() {
	local file
	for file in contrib/systemd/*; do
		sed "s#/usr/sbin/nbddiag#$(type -P nbddiag)#" "$file" >"$UNITS/${file##*/}"
	done
}

is_up() {
	SYSTEMD=$(pgrep -P "$!") && inside systemctl is-active case.target
}

# usage: inside COMMAND...
inside() { bounded 20 nsenter -t "$SYSTEMD" -m -p "$@"; }

# --- what it has written -----------------------------------------------------------------------------------

has_metric() { grep -qx "$1" "$PROM"; }

# What the units have said, as JSON.
said() {
	inside journalctl --sync
	inside journalctl -o json _SYSTEMD_UNIT=nbddiag-changes.service + _SYSTEMD_UNIT=nbddiag-metrics.service
}

written_at() { grep '^nbddiag_last_run_timestamp_seconds ' "$PROM"; }

is_written_anew() { [ "$(written_at)" != "$1" ]; }

wait_for_a_run() {
	local before
	before=$(written_at)
	wait_until 150 is_written_anew "$before" || die "the timer does not write metrics again"
}

result_of() { inside systemctl show -P Result -P ExecMainStatus "$1" | tr '\n' ' '; }

begin
start_systemd
serve nbd0
check "nothing is written until the timer is started" test ! -e "$PROM"
inside systemctl start nbddiag-metrics.timer
wait_until 150 test -s "$PROM" || die "the timer writes no metrics"
check "the module was found" has_metric 'nbddiag_up 1'
check "a device is in use" has_metric 'nbddiag_devices{verdict="in-use"} 1'
check_eq "metrics: how they ended" "$(result_of nbddiag-metrics.service)" "success 0 "
check_eq "changes: how they ended" "$(result_of nbddiag-changes.service)" "success 0 "
wait_for_a_run
check_eq "nothing is said where nothing has changed" "$(said)" ""
unserve nbd0
wait_until 150 has_metric 'nbddiag_devices{verdict="in-use"} 0' || die "the timer does not see that the device is free"
wait_for_a_run
check_eq "a change is one entry" \
	"$(said | jq -r '"\(.NBDDIAG_DEVICE) \(.NBDDIAG_VERDICT_BEFORE) \(.NBDDIAG_VERDICT) \(.PRIORITY) \(.SYSLOG_IDENTIFIER)"')" \
	"nbd0 in-use free 5 nbddiag"
kill -KILL "$SYSTEMD"
end
