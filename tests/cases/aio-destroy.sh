#!/bin/bash
# desc: io_destroy() hanging in threads of a living and of a killed process
# timeout: 60
. tests/cases/aio.bash

begin
serve nbd0
stall nbd0

# usage: check_destroyer WHAT TID NOT-BEFORE BEFORE
check_destroyer() {
	STUCK=$2 KILLED=$3 STUCK_SEEN=$4
	check_waiter "$1" "$AIO" 'comm="aiotool"' not_drained=1 contexts=1 exe=- "sleeps_in=$(function_of "$2")"
	check_match "$1: function" "$(field "$LINE" sleeps_in)" io_destroy
}

thread_stuck() { in_state "$AIO/task/$1" D; }

aio_inflight nbd0 7 'setup 64' 'setup 32' 'setup 16' 'setup 8' 'open /dev/nbd0' 'read 0 4' 'read 1 1' 'read 2 2' ready \
	'thread destroy 0' ready 'thread destroy 1' ready
go_on "$AIO"
first=$(said "$AIO" thread tid)
wait_until 10 thread_stuck "$first"
seen=$(now_ns)

read_aio
check_head "one" 3 1 0 7 0 1
check_eq "one: aio-nr" "$(</proc/sys/fs/aio-nr)" 56
check_destroyer "one" "$first" "$SENT" "$seen"
check_context "one" "$AIO" 0 dying 4 0 4
check_context "one" "$AIO" 1 live 1 0 1
check_context "one" "$AIO" 2 live 2 0 2
check_context "one" "$AIO" 3 live 0 0 0
check_owed "one" "$AIO" 0 nbd0 read 4096 "0 16 32 48" "$BEGUN" "$SENT"
check_owed "one" "$AIO" 1 nbd0 read 4096 "64" "$BEGUN" "$SENT"
check_owed "one" "$AIO" 2 nbd0 read 4096 "80 96" "$BEGUN" "$SENT"
check_fields "one: space" "$(space_line "$AIO")" threads=2 contexts=3 max_reqs=56 inflight=3
check_scan "one"
check_device "one" nbd0 "$AIO" "$(made "$AIO" 0 user_id)" 4
check_device "one" nbd0 "$AIO" "$(made "$AIO" 2 user_id)" 2

# A second thread of the same process.
sleep 1
between=$(now_ns)
go_on "$AIO"
second=$(sed -n 's/^thread: tid=//p' "${LOG[$AIO]}" | tail -n 1)
wait_until 10 thread_stuck "$second"
later=$(now_ns)
read_aio
check_head "two" 2 2 0 7 0 2
check_destroyer "two, the first" "$first" "$SENT" "$seen"
check_destroyer "two, the second" "$second" "$between" "$later"
for i in 0 1; do
	id=$(made "$AIO" $i user_id)
	tid=$([ $i = 0 ] && echo "$first" || echo "$second")
	# Contexts follow their waiter.
	check_eq "two: whose context $i is" "$(grep -A 1 "^waiter: tid=$tid " <<<"$TEXT" | sed -n 's/^context: .* user_id=\(0x[0-9a-f]*\) .*/\1/p')" "$id"
	check_context "two" "$AIO" $i dying $((i ? 1 : 4)) 0 $((i ? 1 : 4))
done
check_scan "two"

# Killed: the two threads stay and keep the address space, so the other contexts live on.
kill -KILL "$AIO"
wait_until 10 in_state "$AIO" Z
read_aio
check_head "killed" 2 2 0 7 0 2
check_context "killed" "$AIO" 0 dying 4 0 4
check_context "killed" "$AIO" 1 dying 1 0 1
check_context "killed" "$AIO" 2 live 2 0 2
check_context "killed" "$AIO" 3 live 0 0 0
check_scan "killed"
answer nbd0
wait_gone "$AIO"
check_nothing "answered"
unserve nbd0
end
