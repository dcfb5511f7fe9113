#!/bin/bash
# desc: rings by liburing: SQPOLL, IOPOLL, fixed buffers, registered files and rings, multishot polls, buffered reads
# timeout: 120
# also: bookworm: a device without queues for polling is read all the same; trixie: it is not, and results are counted apart
# expect-kmsg: blocked for more than|Call Trace|WARNING: .*io_ring_exit_work|null_blk
. tests/cases/uring.bash

declare -A PID

# Starts a process with a ring, by liburing or without. usage: start NAME ACTION...
start() { start_tool liburingtool "$@"; }
start_plain() { start_tool uringtool "$@"; }
start_tool() {
	start_logged "$1" "${@:3}"
	PID[$2]=$LOGGED
}

# What TEXT says of the ring of such a process. usage: check_ring NAME FIELD=VALUE...
check_ring() {
	get_ring "${PID[$1]}"
	note "$1: $RING"
	check_fields "$1" "$RING" "${@:2}"
}

# All requests of a ring are owed by one device. usage: check_owed_by NAME N FIELD=VALUE...
check_owed_by() {
	get_ring "${PID[$1]}"
	check_eq "$1: owed with ${*:3}" "$(owed_of "$NUMBER" "${@:3}" via=- op=read state=started)" "$2"
	check_eq "$1: owed" "$(field "$RING" owed)" "$2"
}

# How it was set up, but for what liburing adds to it. usage: check_setup NAME POLLED SQPOLL
check_setup() {
	get_ring "${PID[$1]}"
	check_eq "$1: IOPOLL and SQPOLL" "$(($(field "$RING" flags) & 3))" $(($2 | $3 << 1))
}

# How many descriptors a process, or a thread of it, has for a path, by /proc.
fds_of() { find "/proc/$1/fd" -lname "$2" | wc -l; }

end_of() {
	local name
	for name; do
		kill -KILL "${PID[$name]}"
	done
	for name; do
		wait_gone "${PID[$name]}"
	done
}

# Rings of several kinds at once, each with another number of reads of nbd0.
direct() {
	local reads=10
	stall nbd0
	start buffers setup=8 buffers open=/dev/nbd0 read=1
	start files setup=8 open=/dev/nbd0 files read=2
	start sqpoll sqpoll=8 open=/dev/nbd0 read=3
	start multishot setup=16 open=/dev/nbd0 read=4 poll=2 event=3
	if can_register; then
		start registered setup=8 register open=/dev/nbd0 read=5
		reads=15
	fi
	wait_inflight nbd0 $reads
	check_eq "files: no descriptor of nbd0" "$(fds_of "${PID[files]}" /dev/nbd0)" 0
	! can_register || check_eq "registered: no descriptor of the ring" "$(fds_of "${PID[registered]}" 'anon_inode:*io_uring*')" 0
	SQ_THREAD=$(sq_thread_of "${PID[sqpoll]}")
	check_match "sqpoll: its thread" "$SQ_THREAD" '^[0-9]+$'
	read_uring
	check_ring buffers state=live owner=live processes=1 'comm="liburingtool"' inflight=1 polls=0 unreaped=0
	check_ring files state=live owner=live processes=1 inflight=2 polls=0 unreaped=0
	check_ring sqpoll state=live owner=live processes=1 inflight=3 polls=0 unreaped=0
	check_setup buffers 0 0
	check_setup sqpoll 0 1
	check_ring multishot state=live owner=live processes=1 inflight=4 polls=2 timeouts=0 unreaped=6
	! can_register || check_ring registered state=live owner=live processes=1 fd=- inflight=5 polls=0 unreaped=0
	check_direct_owed
}

check_direct_owed() {
	check_owed_by buffers 1 device=nbd0 asked=nbd0 bytes=4096
	check_owed_by files 2 device=nbd0 asked=nbd0 bytes=4096
	check_owed_by sqpoll 3 device=nbd0 asked=nbd0 bytes=4096
	check_owed_by multishot 4 device=nbd0 asked=nbd0 bytes=4096
	! can_register || check_owed_by registered 5 device=nbd0 asked=nbd0 bytes=4096
}

# Since 5.18; see uring-counts.sh.
can_register() { [[ $(uname -r) != 5.10.* ]]; }

# Those end, and their rings wait.
killed() {
	local names=(buffers files multishot)
	! can_register || names+=(registered)
	end_of "${names[@]}"
	check_eq "no process has nbd0 open but its client and sqpoll" "$(opener_of nbd0 | sort -nu)" "$(sort -n <<<"$CLIENT"$'\n'"${PID[sqpoll]}")"
	wait_until 10 rings_exiting ${#names[@]} || :
	read_uring
	check_ring buffers state=exiting owner=none processes=0 ended=yes fd=- inflight=1
	check_ring files state=exiting owner=none processes=0 ended=yes fd=- inflight=2
	# Its polls are cancelled.
	check_ring multishot state=exiting owner=none processes=0 ended=yes fd=- inflight=4 polls=0
	! can_register || check_ring registered state=exiting owner=none processes=0 ended=yes fd=- inflight=5
	check_direct_owed
}

# Only the thread of the kernel that takes requests stays, and keeps the ring.
killed_sqpoll() {
	kill -KILL "${PID[sqpoll]}"
	wait_until 10 is_gone "${PID[sqpoll]}" || :
	check_task "the thread of sqpoll" "$SQ_THREAD" "tgid=${PID[sqpoll]}" waits_for=ring device=nbd0 asked=nbd0 op=read \
		proof=state
	note "it is in state $(proc_state "$SQ_THREAD")"
	read_uring
	check_ring sqpoll owner=live processes=1 inflight=3
	check_owed_by sqpoll 3 device=nbd0 asked=nbd0 bytes=4096
	answer_rings nbd0
}

# Reads by way of the page cache wait for their pages, and bios name the pages only.
cached() {
	stall nbd0
	start cached setup=8 cached=/dev/nbd0 read=3
	start other setup=8 cached=/dev/nbd0 read=2
	wait_inflight nbd0 3
	read_uring
	check_keys "cached: all is found" <<-EOT
		complete: yes
		complete_reason: ok
	EOT
	check_ring cached state=live owner=live inflight=3 polls=0 unreaped=0 owed=3
	check_ring other state=live owner=live inflight=2 polls=0 unreaped=0 owed=2
	check_owed_by cached 3 device=nbd0 asked=nbd0
	# These wait for the first two of the same pages.
	check_owed_by other 2 device=nbd0 asked=nbd0
	check_eq "cached: the place of its first page" "$(owed_of "$(number_of cached)" sector=0)" 1
	check_eq "cached: and of its last" "$(owed_of "$(number_of cached)" sector=4096)" 1
	check_eq "other: not of that" "$(owed_of "$(number_of other)" sector=4096)" 0
	end_of cached
	wait_until 10 rings_exiting 1 || :
	read_uring
	check_ring cached state=exiting owner=none processes=0 'comm="liburingtool"' ended=yes inflight=3 owed=3
	answer nbd0
	wait_until 20 ring_is other unreaped=2 || :
	read_uring
	check_ring other inflight=0 unreaped=2 owed=0
	end_of other
}

number_of() {
	get_ring "${PID[$1]}"
	echo "$NUMBER"
}

ring_is() {
	read_file uring
	[[ $(key ring | grep " pid=${PID[$1]} ") == *" $2 "* ]]
}

# Where a disk has no queue to be polled, kernels read all the same, or from 6.10 on refuse it.
polled_nbd() {
	stall nbd0
	start_plain iopoll iopoll=8 open=/dev/nbd0 read=2 ask
	read_uring
	check_setup iopoll 1 0
	case $(uname -r) in
	5.10.* | 6.1.*)
		check_eq "iopoll: nbd0 has them" "$(inflight_of nbd0)" 2
		check_ring iopoll state=live owner=live inflight=2 polls=0 unreaped=0
		check_owed_by iopoll 2 device=nbd0 asked=nbd0 bytes=4096
		;;
	*)
		check_eq "iopoll: nbd0 has none" "$(inflight_of nbd0)" 0
		check_ring iopoll state=live owner=live inflight=0 polls=0 unreaped=2 owed=0
		;;
	esac
	answer nbd0
	end_of iopoll
}

# null_blk has such a queue since 5.14, and answers nothing in it until it is asked.
polled() {
	modprobe null_blk nr_devices=1 queue_mode=2 gb=1
	[ -e /sys/module/null_blk/parameters/poll_queues ] || { note "null_blk has no queues to be polled here"; return 0; }
	wait_until 10 test -e /dev/nullb0
	echo 600000 >/sys/block/nullb0/queue/io_timeout
	# First, as whoever asks gets the requests of all completed.
	start_plain asked iopoll=8 open=/dev/nullb0 read=4 ask
	start_plain polled iopoll=8 open=/dev/nullb0 read=3
	read_uring
	check_eq "polled: the disk has three" "$(inflight_of nullb0)" 3
	check_setup polled 1 0
	check_ring polled state=live owner=live inflight=3 polls=0 unreaped=0
	check_owed_by polled 3 device=nullb0 asked=nullb0 bytes=4096
	check_ring asked state=live owner=live inflight=0 polls=0 unreaped=4 owed=0
	end_of polled asked
}

# It is not built for another architecture than the host's.
command -v liburingtool >/dev/null || skip "no liburing"
begin
serve nbd0
keep_requests_apart nbd0
CLIENT=${CLIENT_OF[nbd0]}
direct
killed
killed_sqpoll
cached
polled_nbd
polled
unserve nbd0
modprobe -r null_blk
end
