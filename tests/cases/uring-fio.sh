#!/bin/bash
# desc: fio by io_uring with fixed buffers and registered files, then with SQPOLL, killed with its parent; why and holders; a ring that a living process has closed
# timeout: 120
# expect-kmsg: blocked for more than|Call Trace|WARNING: .*io_ring_exit_work
. tests/cases/uring.bash

# Four reads of nbd0 that nothing answers; FIO is fio's first process and JOB its child, which has the ring.
# usage: start_fio OPTION...
start_fio() {
	stall nbd0
	fio --name=job --filename=/dev/nbd0 --ioengine=io_uring --direct=1 --rw=read --bs=4k --iodepth=4 --size=1M "$@" >"$W/fio" 2>&1 &
	FIO=$!
	wait_inflight nbd0 4
	JOB=$(pgrep -P "$FIO")
	check_match "fio has one child" "$JOB" '^[0-9]+$'
}

# The first process would go on without its child, and end the job.
kill_fio() { kill -KILL "$FIO" "$JOB"; }

# What a command of the reader says, whatever it finds. usage: ask ARGUMENT...
ask() {
	local status=0
	SAID=$(bounded 30 nbddiag "$@" 2>&1) || status=$?
	check_num "nbddiag $*: it ends by itself" $status -lt 124
}

check_alive() {
	read_uring
	get_ring "$JOB"
	note "$RING"
	check_fields "$1" "$RING" state=live owner=live processes=1 'comm="fio"' worker=- inflight=4 polls=0 timeouts=0 unreaped=0 owed=4
	check_eq "$1: owed by nbd0" "$(owed_of "$NUMBER" device=nbd0 asked=nbd0 via=- op=read bytes=4096 state=started)" 4
	check_eq "$1: SQPOLL" "$(($(field "$RING" flags) >> 1 & 1))" "$2"
}

fixed() {
	local gone
	start_fio --fixedbufs=1 --registerfiles=1
	check_alive "fixed buffers and files" 0
	ask holders nbd0
	check_no_match "no ring of a process that is gone" "$SAID" 'which is gone'
	kill_fio
	wait_gone "$FIO"
	wait_gone "$JOB"
	check_eq "nobody has nbd0 open but its client" "$(opener_of nbd0 | grep -cv "^$CLIENT\$" || :)" 0
	check "nbd0 still has its requests" inflight_is nbd0 4
	wait_until 10 rings_exiting 1 || :
	read_uring
	get_ring "$JOB"
	note "$RING"
	check_fields "killed" "$RING" state=exiting owner=none processes=0 'comm="fio"' ended=yes fd=- inflight=4 polls=0 timeouts=0 owed=4
	gone="a ring of fio\\[$JOB\\], which is gone"
	ask why nbd0
	check_match "why nbd0" "$SAID" "A ring of fio\\[$JOB\\], which is gone, keeps nbd0 in use until 4 requests are done\\."
	ask holders nbd0
	check_match "holders nbd0" "$SAID" "io-uring .*$gone, has 4 requests in flight"
	ask why --pid "$JOB"
	check_match "why: the process that is gone" "$SAID" "A ring of fio\\[$JOB\\], which is gone, waits for 4 requests"
	ask check nbd0
	check_match "check nbd0" "$SAID" "$gone, uses it until 4 requests are done"
	answer_rings nbd0
}

# The thread of the kernel that took the requests has to wait for them, so the process stays.
polled() {
	local thread
	start_fio --sqthread_poll=1 --sqthread_poll_cpu=0
	check_alive "SQPOLL" 1
	thread=$(sq_thread_of "$JOB")
	check_match "SQPOLL: its thread" "$thread" '^[0-9]+$'
	kill_fio
	wait_gone "$FIO"
	wait_until 10 is_gone "$JOB" || :
	check "SQPOLL, killed: its thread is there" test -d "/proc/$JOB/task/$thread"
	read_uring
	get_ring "$JOB"
	note "$RING"
	check_fields "SQPOLL, killed" "$RING" owner=live processes=1 'comm="fio"' inflight=4 owed=4
	check_task "the thread" "$thread" "tgid=$JOB" waits_for=ring device=nbd0 asked=nbd0 op=read bytes=4096
	answer_rings nbd0
}

# A process may close its ring and live; another one may get its number.
closed() {
	local pid owner ring
	stall nbd0
	start_logged uringtool setup=8 open=/dev/nbd0 read=2 close
	pid=$LOGGED
	wait_inflight nbd0 2
	check_eq "closed: no descriptor of a ring" "$(find "/proc/$pid/fd" -lname 'anon_inode:*io_uring*' | wc -l)" 0
	check_closed "closed" no
	ring="ring that uringtool\\[$pid\\] has closed"
	ask why nbd0
	check_match "closed: why nbd0" "$SAID" "A $ring keeps nbd0 in use until 2 requests are done\\."
	ask why --pid "$pid"
	check_match "closed: why --pid" "$SAID" "A $ring waits for 2 requests"
	stop KILL "$pid"
	check_closed "closed, and killed" yes
	echo "$((pid - 1))" >/proc/sys/kernel/ns_last_pid
	sleep 1000 &
	owner=$!
	check_eq "the number is used again" "$owner" "$pid"
	check_closed "the number is used again" yes
	ask why nbd0
	check_match "the number is used again: why nbd0" "$SAID" "A ring of uringtool\\[$pid\\], which is gone, keeps nbd0 in use"
	ask why --pid "$owner"
	check_no_match "the number is used again: why --pid" "$SAID" 'A ring '
	stop KILL "$owner"
	answer_rings nbd0
}

# usage: check_closed WHAT ENDED
check_closed() {
	wait_until 10 rings_exiting 1 || :
	read_uring
	get_ring "$pid"
	note "$RING"
	check_fields "$1" "$RING" state=exiting owner=none processes=0 'comm="uringtool"' "ended=$2" fd=- inflight=2 owed=2
}

begin
serve nbd0
keep_requests_apart nbd0
fixed
closed
polled
unserve nbd0
end
