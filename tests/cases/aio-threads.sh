#!/bin/bash
# desc: many threads whose leader has ended, and a process that shares their memory: each context once, and named
# timeout: 60
. tests/cases/aio.bash

CONTEXTS=40

begin
serve nbd0
stall nbd0

# The first thread, which /proc/PID is about, has no address space any more when it has ended.
aio "setup 8 $CONTEXTS" 'open /dev/nbd0' 'threads 200' clone leader-exit ready 'read 39 2' ready
many=$AIO
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
check_eq "each context once" "$(key context | values user_id | sort -u | wc -l)" $((CONTEXTS + 1))
check_fields "the other" "$(space_line "$other")" groups=1 contexts=1 threads=1
check_device "threads" nbd0 "$many" "$(made "$many" 39 user_id)" 2

answer nbd0
stop KILL "$clone"
stop TERM "$many" "$other"
check_nothing "threads"
unserve nbd0
end
