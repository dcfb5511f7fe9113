#!/bin/bash
# desc: config_lock held by a task in D: shown at once, with the holder, and right again afterwards
# timeout: 60
# also: bookworm trixie: the first with BTF of modules, and the last whose SET_SOCK freezes a queue in use
. tests/cases/lib.bash

# NBD_SET_SOCK on a device in use freezes the queue before it refuses (from 7.3 on NBD_SET_SIZE does), and waits for a
# stopped server's read with the lock held. The server's going on undoes it. With four sockets, so that the reader has to find its way
# to them without the lock.
begin

# usage: check_held WHAT (the facts that hold while the lock is held)
check_held() {
	local i
	read_timed nbd0
	check_read_took "$1: a read" 2000
	check_keys "$1" <<-EOF
		state: connected
		attachable: no
		attachable_reason: lock-held
		consistent: no
		capacity_bytes: 16777216
		num_connections: 4
		live_connections: 4
		recv_threads: 4
		runtime_flags: $(runtime_flags_text 8)
		flags: $(nbd_flags_text "$(nbd_debug_flags nbd0)")
		openers: $2
	EOF
	check_fields "$1: holder" "$(key lock_holder)" "pid=$holder" "tgid=$holder" 'comm="nbdtool"' state=D
	check_fields "$1" "$(key requests)" inflight=1 shown=1
	check_fields "$1" "$(request_line 1)" op=read sector=8 bytes=4096 "socket=$queue"
	for i in 0 1 2 3; do
		check_fields "$1: socket $i" "$(socket_line $i)" dead=no family=unix "peer=path:\"$W/sock\"" \
			peer_exists=yes
	done
	check_eq "$1: inodes" "$(for i in 0 1 2 3; do field "$(socket_line $i)" inode; done | sort)" "$inodes"
	read_file devices
	check_fields "$1: devices" "$(device_line nbd0)" consistent=no state=connected attachable=no \
		inflight=1 live=4
}

start_nbdkit 16M -U "$W/sock"
attach_served 4 nbd0 -unix "$W/sock"
inodes=$(socket_inodes "$CLIENT" | sort)
queue=$(queue_of_cpu nbd0 1)
start_nbdtool_server "unix:$W/other"
other=$SERVER
SERVER=$(<"$W/nbdkit.pid")
pause "$SERVER"
taskset -c 1 dd if=/dev/nbd0 of=/dev/null bs=4096 skip=1 count=1 iflag=direct 2>/dev/null &
reader=$!
wait_until 10 inflight_is nbd0 1

start_freezer nbd0 "unix:$W/other"
holder=$FREEZER
check_match "it waits for the queue" "$(cat "/proc/$holder/stack")" 'blk_mq_freeze_queue_wait'
check_held "held" 3

# Another one waits for the lock: the holder stays the holder.
nbdtool set-sock /dev/nbd0 "unix:$W/other" >/dev/null 2>&1 &
waiter=$!
wait_until 10 is_stuck "$waiter"
check_held "one holds, one waits" 4

kill -CONT "$SERVER"
wait_gone "$holder"
wait_gone "$waiter"
wait "$reader"
check_state "afterwards" nbd0 connected receivers-running no in-use
check_keys "afterwards" <<-EOF
	consistent: yes
	lock_holder: -
	num_connections: 4
	requests: inflight=0 oldest_age_ns=- shown=0
EOF
stop TERM "$other"
bounded 10 nbd-client -d /dev/nbd0 >/dev/null
end
