#!/bin/bash
# desc: healthy devices under fio with verify are untouched by any command written to the knob
# timeout: 200
. tests/cases/clean.bash

# By ioctl with four connections, by netlink, and by qemu-nbd.
begin_clean
start_nbdkit 32M -U "$W/nbdkit"
NBDKIT=$SERVER
attach_served 4 nbd0 -unix "$W/nbdkit"
IOCTL_CLIENT=$CLIENT
truncate -s 32M "$W/image1" "$W/image2"
start_qemu_nbd "$W/qemu" "$W/image1"
QEMU=$SERVER
bounded 40 nbd-client -unix "$W/qemu" /dev/nbd1 >/dev/null 2>&1
wait_started nbd1
bounded 30 qemu-nbd -f raw -c /dev/nbd2 "$W/image2"
wait_started nbd2
DEVICES="nbd0 nbd1 nbd2"

# What may not change: state, generation, flags, and which sockets, by nbddiag and by the kernel itself.
facts_of() {
	shape_of "$1" | grep -E '^(state|state_reason|generation|runtime_flags|flags|num_connections|live_connections|recv_threads|sockets|socket): ' |
		sed -E 's/ (unread|unsent|sent)_bytes=[0-9]+//g; s/ pending=[a-z]+//'
}

truth() {
	socket_inodes "$IOCTL_CLIENT"
	unix_peers_of "$NBDKIT" | sort -n
	unix_peers_of "$QEMU" | sort -n
}

# Reads of what was written come between the writes. usage: start_fio DEVICE
start_fio() {
	fio --name="$1" --filename="/dev/$1" --ioengine=libaio --direct=1 --iodepth=8 --rw=randwrite --bs=4k --size=8M \
		--verify=crc32c --verify_fatal=1 --verify_backlog=64 --randrepeat=0 >"$W/fio.$1" 2>&1 &
	FIO[${1#nbd}]=$!
}

BEFORE=$(for device in $DEVICES; do facts_of "$device"; done)
TRUTH=$(truth)
# attach_served may have attached a device more than once, and nbd says so.
SAID_BEFORE=$(kernel_says | wc -l)
FIO=()
for device in $DEVICES; do
	check_both_refused "idle $device" "$device" in-use
	start_fio "$device"
done
for device in $DEVICES; do
	for action in sockets fail-io; do
		clean "$device" $action
		check_write "busy $device: $action" in-use
	done
done
# shellcheck disable=SC2086 # several
knobtool loop 100 $DEVICES >"$W/loop" 2>&1 &
LOOP=$!
stormtool read --limit $HELD_UP 100 "$NBDDIAG" >"$W/readloop" 2>&1 &
READLOOP=$!
for device in $DEVICES; do
	status=0
	wait "${FIO[${device#nbd}]}" || status=$?
	check_eq "fio on $device" "$status" 0
	check_no_match "fio on $device says nothing bad" "$(<"$W/fio.$device")" 'verify:|error=|err=[^ ]*[1-9]:'
	note "$device: $(grep -E '^ +(read|READ): ' "$W/fio.$device" | head -n 1 | xargs)"
done
kill "$LOOP" "$READLOOP"
status=0
wait "$LOOP" || status=$?
check_eq "the loop of writes" "$status" 0
wait "$READLOOP" || :
LOOP=$(<"$W/loop")
note "$LOOP"
get_field "$LOOP" writes
check_num "writes to the knob meanwhile" "$VALUE" -gt 20
WRITES=$VALUE
get_field "$LOOP" EISCONN
check_eq "each of them was refused as in use" "$VALUE" "$WRITES"
get_field "$LOOP" slowest_ms
check_num "the slowest (ms)" "$VALUE" -lt "$LIMIT"

check_eq "state, generation, flags and sockets are as before" "$(for device in $DEVICES; do facts_of "$device"; done)" "$BEFORE"
check_eq "the sockets are the same for the kernel" "$(truth)" "$TRUTH"
# But for the device that proved the layout.
SAID=$(kernel_says | tail -n +$((SAID_BEFORE + 1)) | grep -v nbd15)
check_no_match "nbd has not said anything" "$SAID" 'block nbd[0-9]+: .*(fail|dead|shutting|timed|Receive|Dead)'
check_no_match "no block layer error" "$SAID" 'I/O error'

bounded 20 nbd-client -d /dev/nbd0 >/dev/null
bounded 20 nbd-client -d /dev/nbd1 >/dev/null
bounded 20 qemu-nbd -d /dev/nbd2 >/dev/null
for device in $DEVICES; do
	wait_free "$device"
	check_state "disconnected" "$device" free no-config yes free
done
stop TERM "$NBDKIT" "$QEMU"
end
