#!/bin/bash
# desc: requests that have not reached a disk: no tag is free, the queue is frozen, a cgroup's limit holds them back
# timeout: 90
# expect-kmsg: blocked for more than|Call Trace
. tests/cases/io.bash

# A context and all of its requests, in aio and in aio_scan, which must find nothing else.
# usage: check_sum WHAT PID NUMBER
check_sum() {
	local file id
	id=$(made "$2" 0 user_id)
	for file in aio aio_scan; do
		read_aio $file
		check_match "$1: $file" "$(key context)" "^pid=$2 user_id=$id .* inflight=$3 .* owed=$3 "
		check_eq "$1: $file: lines" "$(grep -c "^pid=$2 user_id=$id " < <(key owed) || :)" "$3"
		check_eq "$1: $file: nothing is unfound" "$(grep -c "^pid=$2 " < <(key owed_by; key unfound) || :)" 0
	done
	check_match "$1: nothing is missing" "$(key context)" "^pid=$2 user_id=$id .* unfound=0 missing=0"
}

submitting() { wait_until 10 is_stuck "$1/task/$2"; }

# The fifth has no tag, and its thread waits for one; a task that reads by itself waits too, and one by way of a map.
tags_taken() {
	local tid reader map
	serve nbd0
	echo none >/sys/block/nbd0/queue/scheduler
	echo 4 >/sys/block/nbd0/queue/nr_requests
	make_dm over "0 32768 linear /dev/nbd0 0"
	map=$DM
	stall nbd0
	aio 'setup 32' "open /dev/nbd0" 'thread read 0 9' ready
	TAGS=$AIO
	tid=$(said "$TAGS" thread tid)
	submitting "$TAGS" "$tid"
	read_io
	check_io_disk "tags taken" nbd0 found=5 accounted=5 submitting=1
	check_io_requests "tags taken" 4 device=nbd0 state=started who=aio waits_for=-
	check_io_requests "tags taken" 1 device=nbd0 asked=nbd0 via=- op=read 'sector=-\(submitting\)' 'bytes=-\(submitting\)' \
		state=submitting who=aio "aio_pid=$TAGS" "aio_context=$(made "$TAGS" 0 user_id)" "tid=$tid" "tgid=$TAGS" waits_for=tag
	check_sum "tags taken" "$TAGS" 5
	check_eq "tags taken: owed" "$(owed_with "$TAGS" device=nbd0 asked=nbd0 op=read state=submitting waits_for=tag)" 1

	dd if=/dev/nbd0 of=/dev/null bs=4096 count=1 iflag=direct status=none &
	reader=$!
	wait_until 10 is_stuck $reader
	aio 'setup 32' "open /dev/$map" 'thread write 0 2' ready
	submitting "$AIO" "$(said "$AIO" thread tid)"
	read_io
	check_io_disk "three wait" nbd0 found=7 accounted=7 submitting=3
	check_io_requests "three wait" 1 device=nbd0 'asked=-\(submitting\)' 'op=-\(submitting\)' state=submitting who=task \
		"tid=$reader" 'comm="dd"' waits_for=tag
	check_io_requests "three wait" 1 device=nbd0 "asked=$map" 'via=-\(submitting\)' op=write state=submitting who=aio \
		"aio_pid=$AIO" waits_for=tag
	check_sum "by way of a map" "$AIO" 1
	answer nbd0
	wait $reader
	wait_until 10 inflight_is nbd0 0
	read_io
	check_eq "all went on" "$(io_disk nbd0)" ""
	stop TERM "$TAGS" "$AIO"
	remove_dm over
	unserve nbd0
}

# Who changes how many requests a queue may have freezes it until it is empty, and it takes nothing meanwhile.
frozen() {
	local changer
	serve nbd1
	stall nbd1
	aio 'setup 32' 'open /dev/nbd1' 'read 0 2' ready
	wait_inflight nbd1 2
	FIRST=$AIO
	aio 'setup 32' 'open /dev/nbd1' ready 'thread read 0 3' ready
	echo 32 >/sys/block/nbd1/queue/nr_requests &
	changer=$!
	wait_until 10 is_stuck $changer
	go_on "$AIO"
	submitting "$AIO" "$(said "$AIO" thread tid)"
	read_io
	check_io_disk frozen nbd1 found=2 accounted=2 submitting=1
	check_io_requests frozen 2 device=nbd1 state=started "aio_pid=$FIRST" waits_for=-
	check_io_requests frozen 1 device=nbd1 asked=nbd1 state=submitting who=aio "aio_pid=$AIO" waits_for=unfreeze
	check_sum frozen "$AIO" 1
	answer nbd1
	wait $changer
	wait_until 10 inflight_is nbd1 0
	stop TERM "$AIO" "$FIRST"
	unserve nbd1
}

# A cgroup may read 4096 bytes in 4 seconds; what it was allowed to read is not answered, so the number of all stays.
throttled() {
	local cgroup=/sys/fs/cgroup held
	[ -e $cgroup/cgroup.controllers ] || { cgroup=$W/cgroup; mkdir -p "$cgroup"; mount -t cgroup2 none "$cgroup"; }
	echo +io >"$cgroup/cgroup.subtree_control" || { note "no io controller here"; return 0; }
	serve nbd2
	stall nbd2
	mkdir -p "$cgroup/slow/inner"
	echo +io >"$cgroup/slow/cgroup.subtree_control"
	echo "$(</sys/block/nbd2/dev) rbps=1024" >"$cgroup/slow/io.max"
	echo "$(</sys/block/nbd2/dev) rbps=2048 riops=2" >"$cgroup/slow/inner/io.max"
	aio 'setup 32' 'open /dev/nbd2' ready 'read 0 24' ready
	echo "$AIO" >"$cgroup/slow/inner/cgroup.procs"
	go_on "$AIO"
	read_io
	held=$(field "$(io_disk nbd2)" throttled)
	note "$held of 24 are held back"
	check_num "throttled" "$held" -ge 4
	check_io_disk throttled nbd2 "throttled_found=$held"
	check_io_requests throttled "$held" device=nbd2 asked=nbd2 state=throttled who=aio "aio_pid=$AIO" op=read bytes=4096
	check_io_requests throttled $((24 - held)) device=nbd2 asked=nbd2 state=started who=aio "aio_pid=$AIO"
	check_sum throttled "$AIO" 24
	check_num "throttled: owed" "$(owed_with "$AIO" device=nbd2 asked=nbd2 op=read bytes=4096 state=throttled)" -ge 1
	check_eq "throttled: each sector once" "$(key owed | values sector | sort -n | xargs)" "$(seq 0 16 $((23 * 16)) | xargs)"
	echo "$(</sys/block/nbd2/dev) rbps=max" >"$cgroup/slow/io.max"
	echo "$(</sys/block/nbd2/dev) rbps=max riops=max" >"$cgroup/slow/inner/io.max"
	wait_until 30 inflight_is nbd2 24
	read_io
	check_eq "none is held back any more" "$(field "$(io_disk nbd2)" throttled)" 0
	answer nbd2
	stop TERM "$AIO"
	unserve nbd2
}

begin
modprobe dm_mod
tags_taken
frozen
throttled
end
