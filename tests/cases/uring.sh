#!/bin/bash
# desc: an io_uring with requests of a stopped server, then of a process that was killed and is gone
# timeout: 100
# expect-kmsg: blocked for more than|Call Trace|WARNING: .*io_ring_exit_work
. tests/cases/uring.bash

ring_fds() { find "/proc/$1/fd" -lname 'anon_inode:*io_uring*' 2>/dev/null | wc -l; }

begin
serve nbd0
keep_requests_apart nbd0
read_uring
check_eq "no rings" "$(key rings)" "shown=0 without_owner=0 owed=0"
stall nbd0
fio --name=job --filename=/dev/nbd0 --ioengine=io_uring --direct=1 --rw=read --bs=4k --iodepth=4 --size=1M --thread >"$W/fio" 2>&1 &
wait_inflight nbd0 4
fio=$(opener_of nbd0 | sort -u | grep -v "^$CLIENT\$" | head -n 1)
check_num "rings by /proc" "$(ring_fds "$fio")" -eq 1
read_uring
note "$(key ring)"
get_ring "$fio"
check_fields "alive" "$RING" state=live owner=live processes=1 'comm="fio"' worker=- inflight=4 polls=0 timeouts=0 unreaped=0 overflown=0 owed=4
check_eq "owed by nbd0" "$(owed_of "$NUMBER" device=nbd0 asked=nbd0 op=read bytes=4096 state=started)" 4
kill -KILL "$fio"
wait_gone "$fio"
check_eq "nobody has nbd0 open but its client" "$(opener_of nbd0 | grep -cv "^$CLIENT\$" || :)" 0
check "and nbd0 still has its requests" inflight_is nbd0 4
wait_until 10 rings_exiting 1 || :
read_uring
note "$(key ring)"
get_ring "$fio"
check_fields "killed" "$RING" state=exiting owner=none processes=0 'comm="fio"' ended=yes fd=- inflight=4 owed=4
check_eq "still owed by nbd0" "$(owed_of "$NUMBER" device=nbd0 asked=nbd0 op=read bytes=4096 state=started)" 4
worker=$(field "$RING" worker)
check_match "a worker waits for it" "$(<"/proc/$worker/comm")" '^kworker/'
check_match "by its own stack" "$(<"/proc/$worker/stack")" io_ring_exit_work
check_task "the worker" "$worker" waits_for=ring work=io_ring_exit_work "device=-(see-uring)" proof=worker
answer_rings nbd0
unserve nbd0
end
