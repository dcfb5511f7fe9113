#!/bin/bash
# desc: incident 2 as make demo shows it
# timeout: 120
. tests/demo/demo.bash

stuck_thread() { [ -n "$(ps -L -o tid=,stat= -p "$guest" | awk '$2 ~ /^D/')" ]; }

load_nbd max_part=0 nbds_max=102
truncate -s 64M "$W/volume"

explain "a guest's QEMU (here: aiotool) reads nbd101 by native AIO; then the server stops to answer"
start_nbdkit 64M -U "$W/sock"
attach_nbd_client nbd101 -unix "$W/sock"
kill -STOP "$SERVER"
start_logged aiotool 'name qemu-kvm' 'setup 128' 'open /dev/nbd101' leader-exit 'name CPU+5/KVM' 'read 0 2' ready
guest=$LOGGED
disown "$guest"
wait_until 20 inflight_is nbd101 2

explain "it is killed, and does not go: its leader is a zombie, a thread hangs in D"
show kill -KILL "$guest"
wait_until 20 stuck_thread
show ps -L -o pid,tid,stat,wchan:12,comm -p "$guest"
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
check_match "the thread that hung" "$waiter" "^tid=[0-9]+ tgid=$guest comm=\"CPU 5/KVM\" .* sleeps_in=exit_aio "
check_eq "requests that nbd101 owed" "$(grep -c ' device=nbd101 op=read ' <<<"$owed")" 2
bounded 10 nbd-client -d /dev/nbd101 >/dev/null
