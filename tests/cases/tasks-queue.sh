#!/bin/bash
# desc: tasks that wait at a queue: for a tag when all are taken, and for their turn as writeback is limited
# timeout: 120
# expect-kmsg: blocked for more than|Call Trace
. tests/cases/tasks.bash

# All tags are taken, and more is wanted.
tags_taken() {
	local thread
	echo none >/sys/block/nbd0/queue/scheduler
	echo 4 >/sys/block/nbd0/queue/nr_requests
	stall nbd0
	aio 'setup 32' 'open /dev/nbd0' 'thread read 0 9' ready
	thread=$(said "$AIO" thread tid)
	wait_until 10 is_stuck "$AIO/task/$thread"
	check_task "no tag is left" "$thread" "tgid=$AIO" state=D waits_for=tag sleeps_in=blk_mq_get_tag lock=- device=nbd0 asked=nbd0 \
		held_by=- hops=0 proof=record
	answer nbd0
}

throttled() {
	local worker writer
	echo 4 >/sys/block/nbd0/queue/max_sectors_kb
	echo 2000 >/sys/block/nbd0/queue/wbt_lat_usec || { note "writeback is not limited here"; return 0; }
	stall nbd0
	dd if=/dev/zero of=/dev/nbd0 bs=1M count=8 conv=fsync >/dev/null 2>&1 &
	writer=$!
	wait_until 20 is_stuck $writer
	wait_until 20 some_task waits_for=throttle || :
	read_tasks
	worker=$(key task | grep ' waits_for=throttle ' | head -n 1)
	note "$worker"
	check_fields "who writes back" "$worker" state=D sleeps_in=rq_qos_wait device=nbd0 asked=nbd0 proof=record
	check_match "by its own stack" "$(<"/proc/$(field "$worker" tid)/stack")" rq_qos_wait
	answer nbd0
	wait $writer
}

some_task() { read_file tasks; [[ $(key task) == *" $1 "* ]]; }

begin
keep nbd0 32M
throttled
tags_taken
stop KILL "$AIO"
drop nbd0
end
