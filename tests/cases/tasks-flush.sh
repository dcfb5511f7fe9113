#!/bin/bash
# desc: hung tasks that wait for work: for one item, and for a whole queue; a worker does it, and waits for a device
# timeout: 60
# expect-kmsg: blocked for more than|Call Trace
. tests/cases/tasks.bash

# The kworkers that do something for a module.
workers_of() {
	local file
	{ grep -l "\\[$1\\]" /proc/[0-9]*/stack 2>/dev/null || :; } | while read -r file; do
		! grep -q '^kworker' "${file%stack}comm" || basename "${file%/stack}"
	done
}

# usage: flush WHAT FUNCTION PARAMETER...
flush() {
	local worker flusher
	stall nbd0
	hang insmod /nbddiag/nbddiag_flushing.ko file=/dev/nbd0 "${@:3}"
	flusher=$HUNG
	check_match "$1: by its stack" "$(<"/proc/$flusher/stack")" "$2"
	worker=$(workers_of nbddiag_flushing)
	check_num "$1: the worker" "$(wc -w <<<"$worker")" -eq 1
	check_task "$1: who waits" "$flusher" state=D waits_for=work object=read_file device=nbd0 asked=- \
		"held_by=$worker" "held_by_tgid=$worker" hops=1 proof=record
	check_task "$1: who works" "$worker" state=D work=read_file waits_for=page device=nbd0 asked=nbd0 hops=0 proof=record
	answer nbd0
	wait "$flusher" || fail "$1: insmod: $?"
	rmmod nbddiag_flushing
	echo 3 >/proc/sys/vm/drop_caches
}

begin
serve nbd0
flush "one item" flush_work
flush "a queue" flush_workqueue queue=1
read_tasks
check_no_match "nothing hangs any more" "$(key task)" "device=nbd0"
unserve nbd0
end
