#!/bin/bash
# desc: incident 2 as make demo shows it
# timeout: 120
. tests/demo/demo.bash

load_nbd max_part=0 nbds_max=102
truncate -s 64M "$W/volume"

explain "a guest's QEMU (here: aiotool) reads nbd101 by native AIO; then the server stops to answer"
stall_guest nbd101

explain "it is killed, and does not go: its leader is a zombie, a thread hangs in D"
show kill -KILL "$GUEST"
wait_stuck "$GUEST"
show ps -L -o pid,tid,stat,wchan:12,comm -p "$GUEST"
show lsof -w /dev/nbd101

explain "what does it wait for? (on the live host, without debug symbols, the module loaded only now)"
show insmod /nbddiag/nbddiag.ko
show cat /sys/kernel/debug/nbddiag/aio
waiter=$(sed -n 's/^waiter: //p' "$NBDDIAG/aio")
owed=$(sed -n 's/^owed: //p' "$NBDDIAG/aio")
explain "and whose are the requests of nbd101?"
show grep '^request' "$NBDDIAG/nbd101"

explain "the server answers again: it is gone"
show kill -CONT "$SERVER"
wait_until 20 grep -q '^waiters: 0' "$NBDDIAG/aio"
show grep -E '^(contexts|inflight|waiters)' "$NBDDIAG/aio"
check_match "the thread that hung" "$waiter" "^tid=[0-9]+ tgid=$GUEST comm=\"CPU 5/KVM\" .* sleeps_in=exit_aio "
check_eq "requests that nbd101 owed" "$(grep -c ' device=nbd101 op=read ' <<<"$owed")" 2
bounded 10 nbd-client -d /dev/nbd101 >/dev/null
