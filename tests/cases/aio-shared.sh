#!/bin/bash
# desc: an address space of several processes; the last to leave it: exec, vhost, a reader of /proc/PID/mem
# timeout: 90
. tests/cases/aio.bash

begin
serve nbd0
serve nbd1

# Two thread groups, of which the one that made the contexts is killed first.
clone_vm() {
	local clone pids
	stall nbd0
	aio 'setup 32' 'setup 16' 'open /dev/nbd0' 'threads 1' 'read 0 4' clone ready
	clone=$(said "$AIO" clone pid)
	wait_inflight nbd0 4
	read_aio
	check_head "shared" 2 0 0 4 0 0
	check_eq "shared: one space" "$(key space | wc -l)" 1
	check_fields "shared" "$(key space)" groups=2 contexts=2 max_reqs=48 inflight=4
	pids=$(printf '%s\n' "pid=$AIO comm=\"aiotool\" threads=2" "pid=$clone comm=\"aiotool-clone\" threads=1" | sort)
	check_eq "shared: its groups" "$({ key space | sed 's/ groups=.*//'; key group; } | sort)" "$pids"
	owner=$(key space | values pid)
	check_context "shared" "$AIO" 0 live 4 0 4 "$owner"
	check_context "shared" "$AIO" 1 live 0 0 0 "$owner"
	check_scan "shared"

	kill -KILL "$AIO"
	wait_gone "$AIO"
	read_aio
	check_head "one is killed" 2 0 0 4 0 0
	check_eq "one is killed: the other has it" "$(key space)$(key group)" \
		"pid=$clone comm=\"aiotool-clone\" threads=1 groups=1 contexts=2 max_reqs=48 inflight=4 unreaped=0"
	check_context "one is killed" "$AIO" 0 live 4 0 4 "$clone"
	check_context "one is killed" "$AIO" 1 live 0 0 0 "$clone"

	kill_until_stuck "$clone"
	wait_until 10 says aio "not_drained=1 contexts=1" || :
	read_aio
	check_head "both are killed" 0 1 0 4 0 1
	check_waiter "both are killed" "$clone" "tid=$clone" 'comm="aiotool-clone"' sleeps_in=exit_aio not_drained=1 contexts=1 \
		'exe="aiotool"'
	check_context "both are killed" "$AIO" 0 dying 4 0 4 "$clone"
	check_device "both are killed" nbd0 "$clone" "$(made "$AIO" 0 user_id)" 4
	check_scan "both are killed"
	answer nbd0
	wait_gone "$clone"
	check_nothing "shared"
}

# The task has a new address space and runs on when the old one has ended. (Its /proc/PID/exe and the like would
# make a reader wait as well.)
exec_hangs() {
	local before
	stall nbd0
	aio_inflight nbd0 2 'setup 32' 'open /dev/nbd0' 'read 0 2' ready 'exec sleep 1000'
	KILLED=$(now_ns)
	kill -USR1 "$AIO"
	wait_stuck "$AIO"
	sleep 1
	read_aio
	check_head "exec" 0 1 0 2 0 1
	check_waiter "exec" "$AIO" "tid=$AIO" "comm=\"$(<"/proc/$AIO/comm")\"" sleeps_in=exit_aio not_drained=1 contexts=1 \
		'exe="aiotool"'
	check_context "exec" "$AIO" 0 dying 2 0 2
	check_device "exec" nbd0 "$AIO" "$(made "$AIO" 0 user_id)" 2
	check_scan "exec"
	answer nbd0
	wait_until 10 in_state "$AIO" S || :
	check_eq "exec: it runs" "$(<"/proc/$AIO/comm")" sleep
	check_nothing "exec"
	stop TERM "$AIO"
}

# A vhost device keeps the address space until its file is closed, late in the exit.
vhost() {
	modprobe vhost_net
	stall nbd0
	aio_inflight nbd0 3 'setup 32' 'setup 8' 'open /dev/nbd0' vhost 'read 0 3' ready
	kill_until_stuck "$AIO"
	wait_until 10 says aio "not_drained=1 contexts=1" || :
	read_aio
	check_match "vhost: the kernel's stack" "$(<"/proc/$AIO/task/$STUCK/stack")" vhost
	check_head "vhost" 0 1 0 3 0 1
	check_waiter "vhost" "$AIO" sleeps_in=exit_aio not_drained=1 contexts=1 'exe="aiotool"' \
		"comm=\"$(<"/proc/$AIO/task/$STUCK/comm")\""
	check_context "vhost" "$AIO" 0 dying 3 0 3
	check_device "vhost" nbd0 "$AIO" "$(made "$AIO" 0 user_id)" 3
	check_scan "vhost"
	answer nbd0
	wait_gone "$AIO"
	check_nothing "vhost"
}

# A read of /proc/PID/mem waits for a page of a device that does not answer. Meanwhile the process is killed and
# wholly gone, but its contexts live on without an owner. When the reader goes on, it is the last to leave.
mere_reader() {
	local reader page
	stall nbd1
	aio 'setup 32' 'setup 16' 'open /dev/nbd0' 'map /dev/nbd1' ready 'read 0 2' ready
	page=$(said "$AIO" mapped page)
	dd if="/proc/$AIO/mem" of=/dev/null bs=4096 skip="$page" count=1 2>/dev/null &
	reader=$!
	wait_inflight nbd1 1
	wait_until 10 is_stuck "$reader"
	stall nbd0
	go_on "$AIO"
	wait_inflight nbd0 2
	read_aio
	check_head "read by another" 2 0 0 2 0 0
	check_context "read by another" "$AIO" 0 live 2 0 2
	stop KILL "$AIO"

	read_aio aio_scan
	check_eq "ownerless: aio-nr" "$(</proc/sys/fs/aio-nr)" 48
	check_head "ownerless: aio_scan" 0 0 2 2 0 0
	check_context "ownerless: aio_scan" "$AIO" 0 ownerless 2 0 2 -
	check_context "ownerless: aio_scan" "$AIO" 1 ownerless 0 0 0 -
	# The quick way finds what a device owes, and knows from aio-nr that this is not all.
	read_aio
	check_context "ownerless: aio" "$AIO" 0 ownerless 2 0 2 -
	if [ "$(key live_max_reqs)" = 48 ]; then
		check_head "ownerless: aio" 0 0 2 2 0 0
	else
		check_keys "ownerless: aio" <<-EOF
			complete: no
			complete_reason: aio-nr-differs
			aio_nr: 48
			live_max_reqs: 32
			aio_nr_difference: 16
			contexts: live=0 dying=0 ownerless=1
			waiters: 0
		EOF
	fi
	read_file nbd0
	check_eq "ownerless: nbd0" "$(key request | grep -c " aio_requests=1 aio_pid=\(-\|-([a-z-]*)\) aio_context=$(made "$AIO" 0 user_id)\$")" 2

	KILLED=$(now_ns)
	answer nbd1
	# It is in D before and after.
	wait_until 10 sleeps_in_exit_aio "$reader" || fail "the reader is not the last"
	STUCK=$reader STUCK_SEEN=$(now_ns)
	wait_until 10 says aio "not_drained=1 contexts=1" || :
	read_aio
	check_head "the last" 0 1 0 2 0 1
	check_waiter "the last" "$reader" "tid=$reader" 'comm="dd"' sleeps_in=exit_aio not_drained=1 contexts=1 'exe="aiotool"'
	check_context "the last" "$AIO" 0 dying 2 0 2 "$reader"
	check_scan "the last"
	answer nbd0
	wait "$reader"
	check_nothing "the last"
}

sleeps_in_exit_aio() { [ "$(function_of "$1")" = exit_aio ]; }

clone_vm
exec_hangs
vhost
mere_reader
unserve nbd0
unserve nbd1
rmmod vhost_net || :
end
