#!/bin/bash
# desc: nbddiag why: a deadlock in user space beside AIO; a reader that is left with the address space of a killed process
# timeout: 90
# also: bookworm trixie: glibc 2.36 and 2.41
. tests/cases/aio.bash

load_nbd max_part=0 nbds_max=2
insmod /nbddiag/nbddiag.ko
serve nbd0

two_threads=(mutex=A:normal mutex=B:recursive thread=live_migration:A:B 'thread=IO iothread4:B:A' thread=call_rcu::event)

# Sets LOCKER. usage: start_locker ARGUMENT...
start_locker() {
	start_logged locktool "${two_threads[@]}" "$@"
	LOCKER=$LOGGED
}

tid_of() { sed -n "s/^$1 //p" "${LOG[$LOCKER]}"; }

# Incident 3: nothing is in flight, three events are not taken, and two threads wait for each other.
deadlock() {
	local said regex
	start_locker read=/dev/nbd0:3
	wait_until 10 says aio "unreaped: 3"
	regex="^live_migration\[$(tid_of live_migration)\] waits for a mutex that IO iothread4\[$(tid_of 'IO iothread4')\] holds, "
	regex+='which waits for one that live_migration holds: a deadlock in the process\.$'
	said=$(bounded 20 nbddiag why --pid "$LOCKER")
	check_match "why --pid" "$said" "$regex"
	check_match "why --pid: others" "$said" "^1 thread of process $LOCKER waits in futexes that are no mutexes known here\.\$"
	check_match "why --pid: AIO" "$said" ' 0 requests in flight, 3 completed events that wait .* The kernel owes it nothing\.$'
	check_match "why nbd0" "$(bounded 20 nbddiag why nbd0)" "$regex"
	bounded 30 nbddiag capture "$W/locks.tar"
	mkdir "$W/locks"
	tar -xf "$W/locks.tar" --strip-components=1 -C "$W/locks"
	check_eq "captured" "$(bounded 20 nbddiag --root "$W/locks" why --pid "$LOCKER")" "$said"
	stop KILL "$LOCKER"
}

holds() { [[ $(cat "/proc/$(pgrep -x nbddiag-peek)/syscall") = "$PREAD "* ]]; }

# The process that reads memory is held up in the kernel while it has the address space, and the process is killed just
# then. The reader does not hang, and what is left hangs where the process would have, and as long.
last_holder() {
	local reader peek begun=$SECONDS
	PREAD=$(case $(uname -m) in x86_64) echo 17 ;; *) echo 67 ;; esac)
	stall nbd0
	start_locker read=/dev/nbd0:2
	wait_inflight nbd0 2
	HANG=hold LD_PRELOAD=/nbddiag/bin/hanglib.so nbddiag why --pid "$LOCKER" >"$W/said" 2>&1 &
	reader=$!
	wait_until 10 holds
	peek=$(pgrep -x nbddiag-peek)
	stop KILL "$LOCKER"
	check "the process is gone, though the kernel owes it two requests" inflight_is nbd0 2
	check "the reader ends" wait_until 30 is_gone "$reader"
	note "the reader took $((SECONDS - begun)) s"
	check_match "it says so" "$(<"$W/said")" "reading its memory hangs\.\$"
	check_match "it says what it leaves behind" "$(<"$W/said")" \
		"process $peek, which was to read memory of process $LOCKER, waits in the kernel"
	check_eq "what that waits for" "$(function_of "$peek")" exit_aio
	check_match "aio" "$(cat "$NBDDIAG/aio")" "^waiter: tid=$peek tgid=$peek comm=\"nbddiag-peek\" state=D .* sleeps_in=exit_aio not_drained=1 "
	check_match "the reader's next run" "$(bounded 20 nbddiag aio)" "nbddiag-peek.*nbd0:2"
	answer nbd0
	check "it ends with the requests" wait_until 20 is_gone "$peek"
}

deadlock
last_holder
unserve nbd0
end
