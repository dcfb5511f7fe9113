#!/bin/bash
# desc: registers that a user chose give no context to a thread that waits for another one
# timeout: 60
. tests/cases/aio.bash

AWAITED=/sys/kernel/debug/nbddiag_hostile/awaited

begin
insmod /nbddiag/nbddiag_hostile.ko
serve nbd0
stall nbd0

# tests/hostile has a context that is forged so that only the place where its address lies tells it from a real one.
forged=$(<"$AWAITED")
aio_inflight nbd0 4 'setup 64' 'open /dev/nbd0' 'read 0 4' ready "thread destroy-with 0 $forged" ready
KILLED=$(now_ns)
go_on "$AIO"
wait_stuck "$AIO"
check_match "it sleeps in io_destroy()" "$(function_of "$STUCK")" io_destroy
echo "$STUCK" >"$AWAITED"

read_aio
check_head "registers" 0 1 0 4 0 1
check_waiter "registers" "$AIO" not_drained=1 contexts=1
check_context "registers" "$AIO" 0 dying 4 0 4

answer nbd0
stop TERM "$AIO"
check_nothing "answered"
check "the test module goes" wait_until 10 rmmod nbddiag_hostile
unserve nbd0
end
