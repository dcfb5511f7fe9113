#!/bin/bash
# desc: many threads whose leader has ended, and a process that shares their memory: each context once, and named
# timeout: 60
. tests/cases/aio.bash

CONTEXTS=40

# How long it takes at best to read aio (ns), with these contexts and no others.
reading_takes() {
	read_aio
	check_head "$1" $CONTEXTS 0 0 0 0 0
	benchtool read 9 "aio=$NBDDIAG/aio" | awk '{ print $4 }' >"$W/takes"
	note "$1: $(($(<"$W/takes") / 1000)) µs"
}

begin
serve nbd0
stall nbd0

# As much to show for one thread as for many.
aio "setup 8 $CONTEXTS" ready
reading_takes "one thread"
alone=$(<"$W/takes")
stop TERM "$AIO"
wait_until 20 says aio "contexts: live=0 " || die "contexts stay"

# The first thread, which /proc/PID is about, has no address space any more when it has ended.
aio "setup 8 $CONTEXTS" 'open /dev/nbd0' 'threads 200' clone leader-exit ready 'read 39 2' ready
many=$AIO
reading_takes "200 threads"
# Contexts are looked at once for all threads of their address space; a look at a thread is nothing to that.
check_num "each context is looked at once, so it takes (ns)" "$(<"$W/takes")" -lt $((8 * alone))
clone=$(said "$many" clone pid)
check_eq "the leader has ended" "$(proc_state "$many")" Z
go_on "$many"
wait_inflight nbd0 2
aio 'setup 16' ready
other=$AIO

read_aio
check_head "threads" $((CONTEXTS + 1)) 0 0 2 0 0
check_eq "two address spaces" "$(key space | wc -l)" 2
check_fields "threads" "$(space_line "$many")" groups=2 contexts=$CONTEXTS max_reqs=$((8 * CONTEXTS)) inflight=2 \
	"threads=$(sed -n 's/^Threads:[[:space:]]*//p' "/proc/$many/status")"
check_eq "who shares it" "$(key group)" "pid=$clone comm=\"aiotool-clone\" threads=1"
check_eq "each context once" "$(key context | grep -o '^pid=[0-9]* user_id=0x[0-9a-f]* ' | sort -u | wc -l)" $((CONTEXTS + 1))
check_eq "and no more" "$(key context | wc -l)" $((CONTEXTS + 1))
check_fields "the other" "$(space_line "$other")" groups=1 contexts=1 threads=1
check_device "threads" nbd0 "$many" "$(made "$many" 39 user_id)" 2

answer nbd0
stop KILL "$clone"
stop TERM "$many" "$other"
check_nothing "threads"
unserve nbd0
end
