#!/bin/bash
# desc: the timer's services are started and end while a filesystem hangs, also if they are to write to it
# timeout: 600
# own-vm: yes
# machines: backports
# expect-kmsg: blocked for more than|Call Trace
. tests/cases/systemd.bash

# It syncs the filesystem, and meanwhile has its s_umount for writing, which a remount of it needs.
freeze() {
	stall nbd0
	dd if=/dev/zero of="$FILE" bs=64k count=8 conv=notrunc 2>/dev/null
	fsfreeze -f "$W/mnt" &
	FREEZER=$!
	wait_until 20 is_stuck "$FREEZER" || die "fsfreeze does not hang"
	check_match "fsfreeze hangs while it syncs" "$(<"/proc/$FREEZER/stack")" sync_filesystem
}

is_left() { [ "$(pgrep -c -x nbddiag)" -ge "$1" ]; }

none_left() { ! pgrep -x nbddiag >/dev/null; }

# Who writes to it is in state D, and no signal ends that.
collector_is_frozen() {
	local left unit=$GROUP/system.slice/nbddiag-metrics.service
	inside mount --bind "$W/mnt" "${PROM%/*}"
	fsfreeze -f "$W/mnt"
	wait_until 120 is_left 2 || die "a run that hangs keeps the next one away"
	left=$(pgrep -o -x nbddiag)
	check_match "the first hangs as it makes a file" "$(<"/proc/$left/stack")" mnt_want_write
	check_match "whose run hung is given up" "$(said | jq -r .MESSAGE)" "nbddiag-metrics.service: Failed with result 'timeout'"
	check_match "it counts as the unit's" "$(<"$unit/cgroup.procs")" "^$left\$"
	check_eq "which can have so many" "$(<"$unit/pids.max")" 64
	fsfreeze -u "$W/mnt"
	wait_until 60 none_left || die "what was left does not end"
	wait_until 60 test -s "$W/mnt/${PROM##*/}" || die "the timer does not write again"
	inside umount "${PROM%/*}"
}

begin
keep_file nbd0
start_systemd
inside systemctl start nbddiag-metrics.timer
wait_until 150 test -s "$PROM" || die "the timer writes no metrics"
freeze
wait_for_a_run
wait_until 150 has_metric 'nbddiag_device_verdict{device="nbd0",verdict="wedged"} 1' || die "the timer does not see that the device is wedged"
wait_for_a_run
check_match "what hangs is noted" "$(entries 1)" '^nbd0 in-use wedged 4 nbddiag$'
check_eq "metrics: how they ended" "$(result_of nbddiag-metrics.service)" "success 0 "
check_eq "changes: how they ended" "$(result_of nbddiag-changes.service)" "success 0 "
answer nbd0
wait "$FREEZER"
fsfreeze -u "$W/mnt"
collector_is_frozen
kill -KILL "$SYSTEMD"
wait_until 20 umount "$W/mnt" || die "$W/mnt is still in use"
drop nbd0
end
