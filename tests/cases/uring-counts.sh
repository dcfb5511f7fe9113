#!/bin/bash
# desc: rings of living processes: polls and timeouts apart, results that nobody takes, two owners, registered, hostile
# timeout: 90
. tests/cases/uring.bash

# Starts uringtool; TOOL is its pid.
ring() {
	start_logged uringtool "$@"
	TOOL=$LOGGED
	read_uring
	note "$(key ring)"
}

begin
serve nbd0
keep_requests_apart nbd0
stall nbd0
ring setup=32 open=/dev/nbd0 read=3 poll=5 timeout=2 nop=7
get_ring "$TOOL"
check_fields "all kinds" "$RING" state=live owner=live processes=1 'comm="uringtool"' sq_entries=32 cq_entries=64 flags=0x0 \
	inflight=3 polls=5 timeouts=2 unreaped=7 overflown=0 owed=3
check_eq "owed" "$(owed_of "$NUMBER" device=nbd0 asked=nbd0 via=- op=read bytes=4096 state=started)" 3
answer nbd0
wait_inflight nbd0 0
read_uring
get_ring "$TOOL"
check_fields "answered" "$RING" inflight=0 polls=5 timeouts=2 unreaped=10 owed=0 oldest_age_ns=-
kill -KILL "$TOOL"
wait_gone "$TOOL"

ring setup=8 fork
get_ring "$TOOL"
check_fields "two have it" "$RING" owner=several processes=2 inflight=0
child=$(said "$TOOL" child pid)
kill -KILL "$TOOL"
wait_gone "$TOOL"
read_uring
get_ring "$child"
check_fields "the child has it" "$RING" owner=live processes=1
kill -KILL "$child"
wait_gone "$child"

ring setup=8 nop=3 head=0x7fffffff
get_ring "$TOOL"
check_fields "nonsense in the ring" "$RING" inflight=0 'unreaped=-(out-of-range)'
kill -KILL "$TOOL"
wait_gone "$TOOL"

# Before 5.18 it cannot be registered.
uringtool setup=8 register >"$W/registers" 2>&1 &
probe=$!
wait_until 5 grep -q . "$W/registers" || :
if grep -q ready "$W/registers"; then
	stop KILL $probe
	ring setup=8 nop=2 register
	check_eq "no descriptor of it" "$(find "/proc/$TOOL/fd" -lname 'anon_inode:*io_uring*' | wc -l)" 0
	get_ring "$TOOL"
	check_fields "registered" "$RING" owner=live processes=1 fd=- inflight=0 unreaped=2
	kill -KILL "$TOOL"
	wait_gone "$TOOL"
else
	note "rings cannot be registered here"
fi
unserve nbd0
end
