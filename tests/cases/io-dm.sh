#!/bin/bash
# desc: requests behind the device mapper: stacked, without a path, suspended: where they rest and who asked
# timeout: 90
. tests/cases/io.bash

nothing_outstanding() {
	[[ $(bounded 20 cat "$NBDDIAG/io") == *"outstanding=0"* ]]
}

# Two devices above each other; the requests rest at the lowest.
stacked() {
	local low high
	make_dm low "0 32768 linear /dev/nbd0 0"
	low=$DM
	make_dm high "0 32768 linear /dev/$low 0"
	high=$DM
	aio 'setup 32' "open /dev/$high" 'read 0 3' ready
	wait_inflight nbd0 3
	# First of all files, as dm_mod may have been loaded after nbddiag.
	read_file nbd0
	check_fields stacked "$(request_line 1)" aio_requests=1 "aio_pid=$AIO" "aio_context=$(made "$AIO" 0 user_id)"
	read_io
	check_io_disk stacked nbd0 driver=nbd kind=blk-mq found=3 accounted=3
	check_io_disk stacked "$low" driver=dm_mod kind=dm found=3 accounted=3
	check_io_disk stacked "$high" kind=dm found=3 accounted=3
	check_io_requests stacked 3 device=nbd0 "asked=$high" "via=$low" state=started who=aio "aio_pid=$AIO" \
		"aio_context=$(made "$AIO" 0 user_id)" op=read bytes=4096
	check_all_owed stacked "$AIO" 3 device=nbd0 "asked=$high" "via=$low" state=started
	answer nbd0
	stop TERM "$AIO"
	remove_dm high
	remove_dm low
	stall nbd0
}

# A map that queues while no path works, by requests or by bios.
no_path() {
	local map features=$2
	make_dm "$1" "0 32768 multipath $features 0 1 1 round-robin 0 1 1 /dev/nbd0 1000"
	map=$DM
	dmsetup message "$1" 0 "fail_path /dev/nbd0"
	aio 'setup 32' "open /dev/$map" 'read 0 4' ready
	sleep 1
	wait_until 20 finds_all io || :
	check_eq "$1: the form of io" "$(wrong_in_io <<<"$TEXT")" ""
	check_io_disk "$1" "$map" kind=dm found=4 accounted=4
	check_io_disk "$1" "$map" state=no-path valid_paths=0
	check_match "$1: path" "$(key path)" "^map=$map group=1 device=nbd0 dev=$(</sys/block/nbd0/dev) fail_count=1 state=failed\$"
	check_io_requests "$1" 4 "device=$map" "asked=$map" state=no-path who=aio "aio_pid=$AIO"
	check_io_requests "$1" 0 device=nbd0
	wait_until 20 finds_all aio || :
	check_owed_now "$1" "$AIO" 4 "device=$map" "asked=$map" via=- state=no-path
	dmsetup message "$1" 0 "reinstate_path /dev/nbd0"
	wait_inflight nbd0 4
	read_io
	check_match "$1, with a path: path" "$(key path)" "^map=$map .* device=nbd0 .* fail_count=1 state=active\$"
	check_io_requests "$1, with a path" 4 device=nbd0 "asked=$map" state=started who=aio
	check_all_owed "$1, with a path" "$AIO" 4 device=nbd0 "asked=$map" state=started
	answer nbd0
	stop TERM "$AIO"
	remove_dm "$1"
	stall nbd0
}

# A worker takes all bios of a map without a path out of its list, tries each and puts it back. If its processor stands
# still meanwhile, as it may where the host is busy, the rest is not to be seen, and the file says so.
finds_all() {
	read_file "$1"
	[ "$1" != io ] || { says_complete; return; }
	! key owed_by | grep -q -- '-(changing)'
}

says_complete() { key complete | grep -qx yes; }

suspended() {
	local map
	make_dm held "0 32768 linear /dev/nbd0 0"
	map=$DM
	dmsetup suspend --nolockfs --noflush --noudevsync held
	aio 'setup 32' "open /dev/$map" 'read 0 5' ready
	sleep 1
	read_io
	check_io_disk suspended "$map" kind=dm found=5 accounted=5 state=suspended
	check_io_requests suspended 5 "device=$map" "asked=$map" state=suspended who=aio "aio_pid=$AIO"
	check_all_owed suspended "$AIO" 5 "device=$map" "asked=$map" state=suspended
	answer nbd0
	dmsetup resume --noudevsync held
	stop TERM "$AIO"
	remove_dm held
	stall nbd0
}

begin
modprobe dm_mod
modprobe dm_multipath
modprobe dm_round_robin
serve nbd0
read_io
check "nothing is outstanding" nothing_outstanding
stall nbd0
stacked
no_path requests "1 queue_if_no_path"
no_path bios "3 queue_if_no_path queue_mode bio"
suspended
answer nbd0
wait_until 10 nothing_outstanding
read_io
check "nothing is outstanding any more" nothing_outstanding
unserve nbd0
end
