#!/bin/bash
# desc: devices, dm tables, elevators and cgroups change while io, aio, aio_scan, tasks and uring are read; nothing is held up or wrong
# timeout: 180
# expect-kmsg: blocked for more than|Call Trace|I/O error
. tests/cases/storm.bash

# How long (seconds). See "make test-storm".
ROUND=${NBDDIAG_STORM_SECONDS:-15}

# With a priority as in the case "storm".
FIRST="nice -n -15"
FILES=("$NBDDIAG/io" "$NBDDIAG/aio" "$NBDDIAG/aio_scan" "$NBDDIAG/tasks" "$NBDDIAG/uring")

start_readers() {
	$FIRST stormtool reread --limit $HELD_UP "$ROUND" "${FILES[@]}" >"$W/readers" 2>&1 &
	READERS=$!
	wait_until 20 grep -q ready "$W/readers"
	kill -USR1 $READERS
}

# What is printed while everything changes is well-formed, and adds up or says that it does not.
forms() {
	local wrong
	TEXT=$(<"$NBDDIAG/io")
	wrong=$(wrong_in_io <<<"$TEXT")
	[ -z "$wrong" ] || die "io: $wrong"
	TEXT=$(<"$NBDDIAG/aio")
	wrong=$(wrong_in_form quick <<<"$TEXT")
	[ -z "$wrong" ] || die "aio: $wrong"
	TEXT=$(<"$NBDDIAG/aio_scan")
	wrong=$(wrong_in_form deep <<<"$TEXT")
	[ -z "$wrong" ] || die "aio_scan: $wrong"
	TEXT=$(<"$NBDDIAG/tasks")
	wrong=$(wrong_in_tasks <<<"$TEXT")
	[ -z "$wrong" ] || die "tasks: $wrong"
	TEXT=$(<"$NBDDIAG/uring")
	wrong=$(wrong_in_uring <<<"$TEXT")
	[ -z "$wrong" ] || die "uring: $wrong"
}

# --- requests ---------------------------------------------------------------------------------------

# Processes with contexts begin and end all the time. usage: churn DEVICE
churn() {
	bounded 60 aiotool "open /dev/$1" 'churn 2 3' >>"$W/churn" 2>&1 || :
}

on_nbd() { churn nbd0; }
on_map() { churn "$(device_of steady)"; }

# A process with a ring is killed while its requests are under way.
rings() {
	local pid
	: >"$W/ring"
	uringtool setup=8 open=/dev/nbd0 read=3 >"$W/ring" &
	pid=$!
	wait_until 30 grep -q ready "$W/ring"
	kill -KILL "$pid"
	wait "$pid" || :
}

# Who reads the partitions has the device's lock meanwhile, for which others wait.
locks() { bounded 60 blockdev --rereadpt /dev/nbd0 2>/dev/null || :; }

device_of() {
	local file
	for file in /sys/block/dm-*/dm/name; do
		[ "$(<"$file")" != "$1" ] || cut -d/ -f4 <<<"$file"
	done
}

# Its server stops and goes on.
stalls() {
	kill -STOP "${SERVER_OF[nbd0]}"
	sleep 0.3
	kill -CONT "${SERVER_OF[nbd0]}"
	sleep 0.3
}

# --- what changes -----------------------------------------------------------------------------------

elevators() {
	local elevator
	for elevator in mq-deadline none kyber none bfq none; do
		! grep -qsw -e "$elevator" "/sys/block/$1/queue/scheduler" ||
			echo $elevator >"/sys/block/$1/queue/scheduler"
		echo $((RANDOM % 60 + 4)) >"/sys/block/$1/queue/nr_requests" 2>/dev/null || :
	done
}

# Not on a kernel that checks the order of locks: nbd's own, of a request and then of a socket, makes it complain, and
# it checks nothing any more after that.
of_nbd() { [[ $(uname -r) == *-nbddiag-* ]] || elevators nbd0; sleep 0.1; }
# It may go meanwhile.
of_null() { ! [ -e /sys/block/nullb0 ] || elevators nullb0 2>/dev/null || :; }

# A map gets a new table under the requests of others, is suspended, and goes on.
tables() {
	local start=$((RANDOM % 8 * 8))
	dmsetup suspend --noudevsync --nolockfs steady
	dmsetup load steady --table "0 16384 linear /dev/nbd1 $start"
	dmsetup resume --noudevsync steady
	sleep 0.1
}

# Maps come and go, and lose and get back their path.
maps() {
	local name=m$BASHPID
	dmsetup create "$name" --noudevsync --noudevrules --table "0 16384 multipath 3 queue_if_no_path queue_mode bio 0 1 1 round-robin 0 1 1 /dev/nbd2 1000"
	dd if="/dev/$(device_of "$name")" of=/dev/null bs=4k count=4 iflag=direct status=none &
	dmsetup message "$name" 0 "fail_path /dev/nbd2"
	sleep 0.1
	dmsetup message "$name" 0 "reinstate_path /dev/nbd2"
	wait $! || :
	wait_until 20 dmsetup remove --noudevsync --noudevrules "$name"
}

loops() {
	local loop
	loop=$(losetup --find --show "$W/image")
	losetup --direct-io=on "$loop" 2>/dev/null || :
	dd if="$loop" of=/dev/null bs=64k count=4 status=none
	losetup -d "$loop"
}

# With the module of the disks, so that what was found in it is gone. They answer after 10 ms.
disks() {
	modprobe null_blk nr_devices=2 queue_mode=2 irqmode=2 completion_nsec=10000000 gb=1
	dd if=/dev/nullb0 of=/dev/null bs=64k count=4 iflag=direct status=none || :
	wait_until 20 rmmod null_blk
}

# --- the case ---------------------------------------------------------------------------------------

settled() { [[ $(<"$NBDDIAG/io") == *" outstanding=0"* ]]; }

# With partitions, so that they can be read.
load_nbd max_part=4 nbds_max=16
# shellcheck disable=SC2119
load_nbddiag
modprobe dm_mod
modprobe dm_multipath
modprobe dm_round_robin
modprobe loop
for elevator in mq-deadline kyber-iosched bfq; do
	modprobe $elevator 2>/dev/null || :
done
truncate -s 8M "$W/image"
for device in nbd0 nbd1 nbd2; do
	serve $device
done
make_dm steady "0 16384 linear /dev/nbd1 0"
start_readers
repeat_all "storm" "$ROUND" forms on_nbd on_map rings locks stalls of_nbd of_null tables maps loops disks
wait_until $((HELD_UP / 100)) is_gone $READERS || die "the readers hang: $(cat "/proc/$READERS/task"/*/stack)"
wait $READERS || fail "the readers ended badly"
sed -n '$!{1,50s/^/# /p}' "$W/readers" >&3
get_field "$(tail -n 1 "$W/readers")" reads
check_num "files read" "$VALUE" -gt "$ROUND"
check_held_up "$(tail -n 1 "$W/readers")"
check_no_match "all of them could do it" "$(<"$W/churn")" '^aiotool: '
wait_until 20 settled
read_io
check "nothing is outstanding any more" settled
check_nothing "contexts"

# A count of what was submitted: none is missing, none is there twice, none is of the storm. All need a tag.
echo 64 >/sys/block/nbd0/queue/nr_requests
stall nbd0
aio 'setup 32' 'open /dev/nbd0' 'read 0 7' ready
wait_inflight nbd0 7
check_all_owed "after the storm" "$AIO" 7 device=nbd0 asked=nbd0 state=started
read_aio aio_scan
check_eq "after the storm: requests of all" "$(key owed | wc -l) $(key unfound | wc -l)" "7 0"
answer nbd0
stop TERM "$AIO"
remove_dm steady
for device in nbd0 nbd1 nbd2; do
	unserve $device
done
end
