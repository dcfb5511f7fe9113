#!/bin/bash
# desc: 5000 tasks in D that wait for other things hide nobody who waits for AIO
# timeout: 90
. tests/cases/aio.bash

CROWD=5000

in_d() { { cat /proc/[0-9]*/stat 2>/dev/null || :; } | grep -c '^[0-9]* (aiotool) D'; }

begin
serve nbd0
stall nbd0

# Each of them sleeps for a completion on its own stack, in vfork().
aio "vforks $CROWD" ready
crowd=$AIO
wait_until 60 grep -q vforked "${LOG[$crowd]}" || die "no chain of processes"
check_num "tasks in D" "$(in_d)" -ge $CROWD

aio 'setup 64' 'open /dev/nbd0' 'read 0 3' ready
victim=$AIO
check_num "the victim comes last" "$victim" -gt "$(said "$crowd" vforked pid)"
wait_inflight nbd0 3
kill_until_stuck "$victim"
read_aio
check_head "crowd" 0 1 0 3 0 1
check_waiter "crowd" "$victim" "tid=$victim" sleeps_in=exit_aio not_drained=1 contexts=1 'exe="aiotool"'
check_context "crowd" "$victim" 0 dying 3 0 3
check_device "crowd" nbd0 "$victim" "$(made "$victim" 0 user_id)" 3

answer nbd0
wait_gone "$victim"
# The last one ends, and so all do.
kill -KILL "$(said "$crowd" vforked pid)"
stop TERM "$crowd"
check_nothing "answered"
unserve nbd0
end
