#!/bin/bash
# desc: whatever nbddiag allocates, it does not wait for I/O: reads, the knob, devices that come and go, load and unload
# timeout: 60
. tests/cases/lib.bash

load_nbd max_part=0 nbds_max=4
insmod /nbddiag/nbddiag_hostile.ko
WATCH=/sys/kernel/debug/nbddiag_hostile/allocations
[ -e $WATCH ] || skip "this kernel has no kprobes"

# Since the last time. usage: check_allocations WHAT LEAST
check_allocations() {
	local text
	text=$(<$WATCH)
	note "$1: ${text%%$'\n'*}"
	check_num "$1: allocations" "$(field "${text%%$'\n'*}" asked)" -ge "$2"
	check_eq "$1: such that may wait for I/O" "$(tail -n +2 <<<"$text")" ""
	echo watch >$WATCH
}

echo watch >$WATCH
load_nbddiag allow_cleanup=1
check_allocations "load" 20
start_nbdtool_server "unix:$W/sock" --stall-reads
attach nbd0 "unix:$W/sock" --connections 3 --flags 0x101
nbdtool io /dev/nbd0 read 0 4096 >/dev/null 2>&1 &
wait_until 10 inflight_is nbd0 1
start_logged aiotool 'setup 64' 'setup 8' ready
aio=$LOGGED
echo watch >$WATCH
for file in nbd0 nbd1 devices aio aio_scan io tasks uring layout; do
	mapfile -t lines <$NBDDIAG/$file
	check_num "$file: lines" ${#lines[@]} -gt 3
	check_allocations "$file" 2
done
printf 'nbd0 sockets 0123456789abcdef' >/sys/kernel/nbddiag/cleanup 2>/dev/null || :
check_match "the knob was used" "$(</sys/kernel/nbddiag/last)" '^result: refused'
check_allocations "the knob" 1
attach_netlink 9 "unix:$W/sock" --destroy
check "a device came" test -e $NBDDIAG/nbd9
check_allocations "a device comes" 1
bounded 10 nbdtool nl-disconnect 9
check "it goes" wait_until 10 test ! -e $NBDDIAG/nbd9
check_allocations "a device goes" 0
stop TERM "$aio"
kill -USR2 "$SERVER"
# 5.10 takes the request for one to clear while it completes: refcount_t: underflow.
wait_until 20 inflight_is nbd0 0
stop TERM "$CLIENT" "$SERVER"
wait_free nbd0
unload_nbddiag
check_allocations "unload" 0
check "the test module goes" wait_until 10 rmmod nbddiag_hostile
