#!/bin/bash
# desc: incident 2 as make demo shows it
# timeout: 120
. tests/demo/demo.bash

load_nbd max_part=0 nbds_max=2

title "2. A killed process that does not go away"
tell "A guest reads nbd0 by native AIO, and its server no longer answers. The guest is killed:"
kill_guest
show ps -L -o pid,tid,stat,wchan:12,comm -p "$GUEST"

tell "On the live host, the module loaded only now:"
show insmod /nbddiag/nbddiag.ko
show nbddiag aio
show nbddiag why --pid "$GUEST"
why=$(nbddiag why --pid "$GUEST")
show nbddiag check nbd0

tell "Do what it says:"
show kill -CONT "$SERVER"
wait_until 20 grep -q '^waiters: 0' "$NBDDIAG/aio"
show ps -L -o pid,tid,stat,wchan:12,comm -p "$GUEST"

check_match "the thread that hung" "$why" "^CPU 5/KVM\\[$STUCK\\] of process $GUEST is in state D, it is ending, and sleeps in exit_aio"
check_match "what owes it" "$why" "^nbd0 owes 2 of them"
check "the guest is gone" is_gone "$GUEST"
bounded 10 nbd-client -d /dev/nbd0 >/dev/null
