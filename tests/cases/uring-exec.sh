#!/bin/bash
# desc: a process executes a program while a ring of it waits for requests: in S, and in R once it was killed, which does not end it
# timeout: 60
# expect-kmsg: blocked for more than|Call Trace
. tests/cases/uring.bash

begin
serve nbd0
keep_requests_apart nbd0
stall nbd0
start_logged uringtool setup=8 open=/dev/nbd0 read=2 exec
wait_inflight nbd0 2
note "state $(proc_state "$LOGGED"): $(head -n 3 "/proc/$LOGGED/stack" | xargs)"
check_task "exec" "$LOGGED" exiting=no waits_for=ring lock=- device=nbd0 asked=nbd0 op=read bytes=4096 request=started held_by=- \
	hops=0 proof=state 'comm="uringtool"'
check_match "exec: by its stack" "$(<"/proc/$LOGGED/stack")" io_uring
check_match "why" "$(bounded 20 nbddiag why --pid "$LOGGED")" '^nbd0 owes it: a read of 4096 bytes at sector '
kill -KILL "$LOGGED"
sleep 1
note "killed: state $(proc_state "$LOGGED")"
check_match "killed: it looks for them all the time" "$(proc_state "$LOGGED")" "^[RS]$"
check_task "killed" "$LOGGED" waits_for=ring device=nbd0 asked=nbd0 request=started hops=0 proof=state
answer nbd0
wait_gone "$LOGGED"
read_tasks
check_no_match "nothing hangs any more" "$(key task)" "device=nbd0"
unserve nbd0
end
