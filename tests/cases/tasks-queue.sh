#!/bin/bash
# desc: tasks that wait at a queue: for a tag when all are taken, and for their turn as writeback is limited
# timeout: 120
# own-vm: yes
# expect-kmsg: blocked for more than|Call Trace
. tests/cases/tasks.bash

# All of a disk's tags are taken for some seconds, and more is wanted.
tags_taken() {
	local dir=/sys/kernel/config/nullb/tags attribute disk
	mkdir $dir
	for attribute in size=64 irqmode=2 queue_mode=2 submit_queues=1 hw_queue_depth=4 completion_nsec=12000000000; do
		echo "${attribute#*=}" >"$dir/${attribute%%=*}"
	done
	echo 1 >$dir/power
	disk=tags
	[ -e /sys/block/$disk ] || disk=nullb$(<$dir/index)
	wait_until 20 test -e "/dev/$disk"
	echo none >"/sys/block/$disk/queue/scheduler"
	aio 'setup 32' "open /dev/$disk" 'thread read 0 9' ready
	THREAD=$(said "$AIO" thread tid)
	wait_until 10 is_stuck "$AIO/task/$THREAD"
	check_task "no tag is left" "$THREAD" "tgid=$AIO" state=D waits_for=tag sleeps_in=blk_mq_get_tag lock=- "device=$disk" \
		"asked=$disk" held_by=- hops=0 proof=record
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
modprobe null_blk nr_devices=0
mount -t configfs none /sys/kernel/config 2>/dev/null || :
tags_taken
