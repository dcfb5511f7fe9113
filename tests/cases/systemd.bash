# shellcheck shell=bash
# systemd, which runs the units of contrib/systemd. A case of its own VM needs it: "own-vm: yes".
. tests/cases/stalled.bash

# --- systemd -----------------------------------------------------------------------------------------------

UNITS=/run/systemd/system
GROUP=/sys/fs/cgroup/systemd
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
	# Where a group has processes, its units' ones cannot be counted.
	mkdir "$GROUP"
	echo +pids >/sys/fs/cgroup/cgroup.subtree_control
	container=case unshare --pid --fork --kill-child --mount-proc sh -c \
		"echo 0 >$GROUP/cgroup.procs && exec /usr/lib/systemd/systemd --unit=case.target" >"$W/systemd" 2>&1 &
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

# What the units have said, and systemd of them, as JSON. That somebody started the timer is no news.
said() {
	inside journalctl --sync
	inside journalctl -o json _SYSTEMD_UNIT=nbddiag-changes.service + _SYSTEMD_UNIT=nbddiag-metrics.service + \
		UNIT=nbddiag-changes.service + UNIT=nbddiag-metrics.service + UNIT=nbddiag-metrics.timer |
		jq -c 'select(.UNIT != "nbddiag-metrics.timer" or .JOB_TYPE != "start")'
}

# A line for each. usage: entries FROM
entries() {
	said | tail -n "+$1" | jq -r 'if .MESSAGE_ID and (.NBDDIAG_VERDICT or .NBDDIAG_CAUSE_KEY) then
		[.NBDDIAG_DEVICE // .NBDDIAG_CAUSE_KEY, .NBDDIAG_VERDICT_BEFORE, .NBDDIAG_VERDICT, .PRIORITY, .SYSLOG_IDENTIFIER] else
		[.MESSAGE] end | map(values) | join(" ")'
}

has_entries() { [ "$(said | wc -l)" -ge "$1" ]; }

written_at() { grep '^nbddiag_last_run_timestamp_seconds ' "$PROM"; }

is_written_anew() { [ "$(written_at)" != "$1" ]; }

wait_for_a_run() {
	local before
	before=$(written_at)
	wait_until 150 is_written_anew "$before" || die "the timer does not write metrics again"
}

result_of() { inside systemctl show -P Result -P ExecMainStatus "$1" | tr '\n' ' '; }
