#!/bin/bash
# desc: a busy host lets the guest run for a sixth of the time: no limit is overrun by that
# timeout: 10
. tests/vm/guest-lib.sh

# About two seconds of work, when the host does nothing else.
work='for ((i = 0; i < 60000; i++)); do :; done'

wait_until 5 test -e /out/starving || die "the host is not busy"
begun=$SECONDS
bash -c "$work"
took=$((SECONDS - begun))
note "it took $took s"
check_num "work takes seconds" "$took" -ge 4
{ bash -c "$work"; touch /tmp/done; } &
check "a wait for it is shorter than it takes" wait_until $((took / 2)) test -e /tmp/done
check "a limit for it too" bounded $((took / 2)) bash -c "$work"
