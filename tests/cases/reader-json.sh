#!/bin/bash
# desc: the JSON of every command on a host with all kinds of trouble at once; the host holds it against the schema
# timeout: 120
# own-vm: yes
# also: bookworm: devices that are taken while they are orphaned; trixie: likewise
# expect-kmsg: blocked for more than|Call Trace|WARNING: .*io_ring_exit_work
. tests/cases/storm.bash

# Keeps what a command prints, which is no failure, and has rows where a filter is given. usage: json FILTER ARGUMENT...
json() {
	local filter=$1 text status=0
	shift
	text=$(bounded 30 nbddiag "$@" --json 2>"$W/said") || status=$?
	keep_json <<<"$text"
	check_num "$*: status" $status -lt 64
	check "$*: it says of which command it is" jq -e ".command == \"$1\" and (has(\"error\") | not)" <<<"$text"
	[ -z "$filter" ] || check "$*: $filter" jq -e "$filter" <<<"$text"
}

# nbd0, whose server is stopped: a task in D, AIO and a ring of living processes, and of some that were killed.
stalled_device() {
	keep_requests_apart nbd0
	stall nbd0
	aio 'setup 64' 'open /dev/nbd0' 'read 0 2' ready
	kill_until_stuck "$AIO"
	aio 'setup 32' 'open /dev/nbd0' 'read 0 3' ready
	start_logged uringtool setup=8 open=/dev/nbd0 read=2 poll=1 nop=1
	start_logged uringtool setup=8 open=/dev/nbd0 read=1
	wait_inflight nbd0 8
	stop KILL "$LOGGED"
	hang dd if=/dev/nbd0 of=/dev/null bs=4k count=1 skip=2000 iflag=direct
	DIRECT=$HUNG
}

# A filesystem on a loop device on a filesystem on a map on nbd1, and who waits for what lies on that.
stalled_stack() {
	modprobe dm_mod
	modprobe loop
	make_dm low "0 32768 linear /dev/nbd1 0"
	mke2fs -q -t ext4 -O ^has_journal -E lazy_itable_init=0 "/dev/$DM"
	mkdir -p "$W/mnt"
	mount -o noatime "/dev/$DM" "$W/mnt"
	dd if=/dev/zero of="$W/mnt/file" bs=64k count=64 conv=fsync 2>/dev/null
	losetup --direct-io=on /dev/loop2 "$W/mnt/file"
	echo 3 >/proc/sys/vm/drop_caches
	stall nbd1
	hang dd if=/dev/loop2 of=/dev/null bs=4k count=1 skip=8 iflag=direct
	hang cat "$W/mnt/file"
}

of_all() {
	json '.devices | length > 3' list --all --output-all
	json '[.aio[].inflight] | max == 3' aio --full --output-all
	json '' aio --deep --full --output-all
	json '[.io[].device] | contains(["nbd0", "loop2"])' io --full --output-all
	json '.tasks | length > 2' tasks --output-all
	json '[.uring[].owner] | contains(["none", "live"])' uring --full --output-all
	json '.devices | length > 1' check --all
	json '.causes | length > 1' why
}

of_device() {
	json '.device.device' show "$1"
	json '' holders "$1" --output-all
	json '.devices | length == 1' check "$1"
	json '.chain | length > 1' why "$1"
	json '.devices | length == 1' list "$1"
}

begin
serve nbd0
keep nbd1
leave_strays nbd2 2
hold nbd3
stalled_device
stalled_stack
of_all
for device in nbd0 nbd1 nbd2 nbd3; do
	of_device $device
done
json '.device.device' show nbd9
for what in "/dev/$DM" /dev/loop2 "$W/mnt"; do
	json '.holders | length > 0' holders "$what" --output-all
	json '.chain | length > 0' why "$what"
done
json '.chain | length > 0' why --pid "$DIRECT"
json '.chain | length > 0' why --pid "$AIO"
json '.found.verdict' clean nbd2 --sockets --dry-run
check "capture" bounded 30 nbddiag capture "$W/ticket.tar"
json '.capture.host' why --root "$W/ticket.tar"
json '.capture.host' show nbd0 --root "$W/ticket.tar"
STATUS=0
FAILURE=$(bounded 10 nbddiag show nbd99 --json 2>/dev/null) || STATUS=$?
keep_json <<<"$FAILURE"
check_eq "a failure" "$STATUS $(jq .error.status <<<"$FAILURE")" "66 66"
