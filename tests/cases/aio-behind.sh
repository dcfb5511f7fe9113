#!/bin/bash
# desc: AIO requests that are not on an nbd device itself: device mapper, loop, a file; and what cannot be followed
# timeout: 90
. tests/cases/io.bash

begin
serve nbd0
serve nbd1
modprobe dm_mod

# Requests which a context has and which cannot be followed.
# usage: check_owed_by WHAT PID INDEX REQUESTS REASON DEVICE... (the candidates)
check_owed_by() {
	local id device want=''
	id=$(made "$2" "$3" user_id)
	check_match "$1: owed_by" "$(owed_by_line "$2" "$id")" "^pid=$2 user_id=$id requests=$4 -\(($5)\)\$"
	for device in "${@:6}"; do
		want+="device=$device dev=$(</sys/block/"$device"/dev)"$'\n'
	done
	check_eq "$1: candidates" "$(candidate_lines "$2" "$id" | sed 's/.* device=/device=/' | sort)" "${want%$'\n'}"
}

# Where the requests of both processes rest, and what they asked. usage: check_behind WHAT ONE TWO
check_behind() {
	check_eq "$1: owed by nbd0, one" "$(owed_with "$2" device=nbd0 "asked=$DM" via=- state=started)" 4
	check_eq "$1: owed by nbd0, two" "$(owed_with "$3" device=nbd0 "asked=$DM" via=- state=started)" 2
	check_eq "$1: owed by nbd1" "$(owed_with "$3" device=nbd1 asked=nbd1 via=- state=started)" 3
	check_eq "$1: nothing is not found" "$(key owed_by)" ""
}

# One process has only the dm device open, the other one an nbd device too, with requests at both.
# usage: behind_dm WHAT
behind_dm() {
	local one two seen_one killed_one
	stall nbd0
	stall nbd1
	aio 'setup 32' 'setup 8' "open /dev/$DM" 'read 0 4' ready
	one=$AIO
	aio 'setup 16' "open /dev/$DM" 'offset 1048576' 'read 0 2' 'open /dev/nbd1' 'read 0 3' ready
	two=$AIO
	wait_inflight nbd0 6
	wait_inflight nbd1 3
	read_aio
	check_head "$1" 3 0 0 9 0 0
	check_context "$1" "$one" 0 live 4 0 4
	check_context "$1" "$one" 1 live 0 0 0
	check_context "$1" "$two" 0 live 5 0 5
	check_behind "$1" "$one" "$two"
	check_scan "$1"
	check_device "$1" nbd1 "$two" "$(made "$two" 0 user_id)" 3
	check_device "$1" nbd0 "$two" "$(made "$two" 0 user_id)" 2
	check_device "$1" nbd0 "$one" "$(made "$one" 0 user_id)" 4

	kill_until_stuck "$one"
	killed_one=$KILLED seen_one=$STUCK_SEEN
	kill_until_stuck "$two"
	wait_until 10 says aio "contexts: live=0 dying=2 ownerless=0" || :
	read_aio
	check_head "$1, killed" 0 2 0 9 0 2
	check_waiter "$1, killed" "$two" "tid=$two" sleeps_in=exit_aio not_drained=1 contexts=1 'exe="aiotool"'
	STUCK=$one KILLED=$killed_one STUCK_SEEN=$seen_one
	check_waiter "$1, killed" "$one" "tid=$one" sleeps_in=exit_aio not_drained=1 contexts=1 'exe="aiotool"'
	check_context "$1, killed" "$one" 0 dying 4 0 4
	check_context "$1, killed" "$two" 0 dying 5 0 5
	check_behind "$1, killed" "$one" "$two"
	check_scan "$1, killed"
	answer nbd0
	wait_gone "$one"
	wait_inflight nbd0 0
	wait_until 10 says aio "contexts: live=0 dying=1 ownerless=0" || :
	read_aio
	check_head "$1, one answers" 0 1 0 3 2 1
	check_context "$1, one answers" "$two" 0 dying 3 2 3
	answer nbd1
	wait_gone "$two"
	check_nothing "$1"
}

# A target that keeps bios in a list of its own. It lets them go when it is suspended.
delayed() {
	aio 'setup 32' "open /dev/$DM" 'read 0 2' ready
	read_aio
	check_head "delayed" 1 0 0 2 0 0
	check_context "delayed" "$AIO" 0 live 2 0 0
	check_owed_by "delayed" "$AIO" 0 2 device-mapper "$DM"
	read_io
	check_io_disk "delayed" "$DM" driver=dm_mod found=0 accounted=2 state=held-by-driver
	check_eq "delayed: metrics" "$(nbddiag metrics | grep -c '^nbddiag_aio_\(stuck_processes 0\|processes_of_unknown_age 1\)$')" 2
	let_go
	stop TERM "$AIO"
	check_nothing "delayed"
}

let_go() {
	dmsetup suspend --noudevsync --nolockfs late
	dmsetup resume --noudevsync late
}

# Neither the ring nor the request leads to the context; the descriptor is closed too.
not_mapped() {
	local quick
	aio 'setup 32' 'setup 8' "open /dev/$DM" 'read 0 2' close 'unmap 0' ready
	read_aio
	check_head "not mapped" 2 0 0 2 0 0
	check_context "not mapped" "$AIO" 0 live 2 0 0
	check_owed_by "not mapped" "$AIO" 0 2 no-block-device
	kill_until_stuck "$AIO"
	wait_until 10 says aio_scan "not_drained=1 contexts=1" || :
	read_aio aio_scan
	check_head "not mapped: aio_scan" 0 1 0 2 0 1
	check_waiter "not mapped: aio_scan" "$AIO" "tid=$AIO" sleeps_in=exit_aio not_drained=1 contexts=1
	check_match "not mapped: aio_scan: exe" "$LINE" ' exe=("aiotool"|-)$'
	check_context "not mapped: aio_scan" "$AIO" 0 dying 2 0 0
	read_aio
	check_waiter "not mapped: aio" "$AIO" "tid=$AIO" sleeps_in=exit_aio not_drained=1
	quick=$(field "$LINE" contexts)
	if [ "$quick" = 1 ]; then
		check_head "not mapped: aio" 0 1 0 2 0 1
	else
		check_keys "not mapped: aio" <<-EOF
			complete: no
			complete_reason: waiter-without-contexts
			contexts: live=0 dying=0 ownerless=0
			waiters: 1
		EOF
	fi
	let_go
	wait_gone "$AIO"
	check_nothing "not mapped"
}

# A request that waits in a loop device's own queue.
behind_loop() {
	modprobe loop
	stall nbd0
	losetup /dev/loop0 /dev/nbd0
	aio_inflight loop0 2 'setup 32' 'open /dev/loop0' 'read 0 2' ready
	read_aio
	check_head "loop" 1 0 0 2 0 0
	check_context "loop" "$AIO" 0 live 2 0 2
	check_eq "loop: owed" "$(owed_with "$AIO" device=loop0 asked=loop0 via=-)" 2
	kill_until_stuck "$AIO"
	read_aio
	check_head "loop, killed" 0 1 0 2 0 1
	check_eq "loop, killed: owed" "$(owed_with "$AIO" device=loop0 asked=loop0)" 2
	check_scan "loop, killed"
	answer nbd0
	wait_gone "$AIO"
	check_nothing "loop"
	losetup -d /dev/loop0
	wait_until 10 opens_are nbd0 1
	rmmod loop
}

# io_submit() itself waits then: a task in D, but not for a context.
buffered() {
	local tid
	stall nbd0
	# What has a place in the filesystem, but is not open, is no candidate.
	aio 'setup 32' 'open-path /dev/nbd3' 'open-buffered /dev/nbd0' 'offset 8388608' 'thread read 0 1' ready
	tid=$(said "$AIO" thread tid)
	wait_until 10 is_stuck "$AIO/task/$tid"
	read_aio
	check_head "buffered" 1 0 0 1 0 0
	check_context "buffered" "$AIO" 0 live 1 0 0
	check_owed_by "buffered" "$AIO" 0 1 not-started-or-buffered nbd0
	read_file nbd0
	check_match "buffered: nbd0" "$(request_line 1)" ' end_io=[a-z_]+ aio_requests=0 aio_pid=- aio_context=-$'
	answer nbd0
	stop TERM "$AIO"
	check_nothing "buffered"
}

# A file on the device.
file() {
	keep_file nbd2
	stall nbd2
	aio 'setup 32' "open $FILE" 'read 0 3' ready
	# The filesystem may write meanwhile.
	wait_until 20 reads_are nbd2 3 || die "no three reads of the file"
	read_aio
	check_head "file" 1 0 0 3 0 0
	check_context "file" "$AIO" 0 live 3 0 3
	check_eq "file: owed" "$(owed_with "$AIO" device=nbd2 asked=nbd2 'fs="ext4"' via=- state=started)" 3
	check_device "file" nbd2 "$AIO" "$(made "$AIO" 0 user_id)" 3
	kill_until_stuck "$AIO"
	read_aio
	check_head "file, killed" 0 1 0 3 0 1
	check_waiter "file, killed" "$AIO" "tid=$AIO" sleeps_in=exit_aio not_drained=1 contexts=1 'exe="aiotool"'
	check_context "file, killed" "$AIO" 0 dying 3 0 3
	check_scan "file, killed"
	answer nbd2
	wait_gone "$AIO"
	check_nothing "file"
	drop_file nbd2
}

make_dm lin "0 32768 linear /dev/nbd0 0"
behind_dm "linear"
remove_dm lin
modprobe dm_delay
make_dm late "0 32768 delay /dev/nbd0 0 3600000"
delayed
not_mapped
remove_dm late
# What multipath devices are: requests are passed on whole.
modprobe dm_multipath
modprobe dm_round_robin
make_dm mpath "0 32768 multipath 0 0 1 1 round-robin 0 1 1 /dev/nbd0 1000"
behind_dm "multipath"
remove_dm mpath
behind_loop
buffered
file
unserve nbd0
unserve nbd1
end
