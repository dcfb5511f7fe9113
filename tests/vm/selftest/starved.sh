#!/bin/bash
# desc: a busy host lets the guest run for a sixth of the time: no limit is overrun by that
# timeout: 15
. tests/vm/guest-lib.sh

# What this guest does in two seconds while it is not starved.
turns=0 until=$((SECONDS + 2))
while [ "$SECONDS" -lt "$until" ]; do
	for ((i = 0; i < 500; i++)); do :; done
	turns=$((turns + 500))
done
work="for ((i = 0; i < $turns; i++)); do :; done"

touch /out/measured
wait_until 5 test -e /out/starving || die "the host is not busy"
begun=$SECONDS
bash -c "$work"
took=$((SECONDS - begun))
note "it took $took s"
check_num "work takes seconds" "$took" -ge 4
{ bash -c "$work"; touch /tmp/done; } &
check "a wait for it is shorter than it takes" wait_until $((took / 2)) test -e /tmp/done
check "a limit for it too" bounded $((took / 2)) bash -c "$work"
