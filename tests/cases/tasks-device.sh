#!/bin/bash
# desc: what hung tasks wait for at a device: a page, direct I/O, a frozen queue, its lock, AIO; and who holds it
# timeout: 120
# expect-kmsg: blocked for more than|Call Trace
. tests/cases/tasks.bash

# Whoever waits for the lock of a device is led to its holder, and by it to the device. Whoever reads it meanwhile waits
# until its queue is open again.
locks() {
	local freezer waiter reader fd
	start_nbdtool_server "unix:$W/sock.other"
	exec {fd}</dev/nbd0
	start_freezer nbd0 "unix:$W/sock.other"
	freezer=$FREEZER
	check_task "a queue is frozen" "$freezer" state=D waits_for=queue-freeze object=mq_freeze_wq device=nbd0 asked=nbd0 \
		hops=0 held_by=- proof=record
	hang bash -c "exec dd of=/dev/null bs=4k count=1 skip=300 iflag=direct <&$fd"
	reader=$HUNG
	exec {fd}<&-
	check_match "a closed queue: by its stack" "$(<"/proc/$reader/stack")" '_queue_enter|blk_mq_submit_bio'
	check_task "a closed queue" "$reader" state=D waits_for=queue-freeze object=mq_freeze_wq device=nbd0 asked=nbd0 hops=0 \
		held_by=- proof=record
	hang nbdtool clear /dev/nbd0
	waiter=$HUNG
	if ! locks_are_found; then
		check_task "config_lock" "$waiter" state=D 'waits_for=-(no-record)' held_by=-
	elif [ -e /sys/kernel/btf/nbd ]; then
		check_task "config_lock" "$waiter" state=D waits_for=lock lock=mutex object=config_lock device=nbd0 asked=nbd0 \
			"held_by=$freezer" 'held_by_comm="nbdtool"' hops=1
	else
		check_task "config_lock" "$waiter" state=D waits_for=lock lock=mutex device=nbd0 "held_by=$freezer" hops=1
	fi
	answer nbd0
	wait "$freezer" "$waiter" "$reader" || :
}

# It sleeps for nothing meanwhile, so that it gets its CPU long before it waits. usage: spin_then_read CLASS PRIORITY
spin_then_read() {
	exec 3</dev/nbd0
	chrt "$1" -p "$2" "$BASHPID"
	SECONDS=0
	while [ "$SECONDS" -lt 4 ]; do :; done
	echo "${EPOCHREALTIME/[!0-9]/}000" >"$W/spun"
	read -r -d '' -n 1 -u 3
}

# A task waits since it gave its CPU up, not since it got it. usage: since_when CLASS PRIORITY
since_when() {
	spin_then_read "$@" 2>/dev/null &
	SPINNERS+=("$!")
	sleep 3.5
	wait_until 20 is_stuck "$!" || die "who spins does not come to wait"
	wait_until 10 has_task_line "$!" || :
	read_tasks
	check_num "waits since it spun ($1): at least a moment" "$(field "$(task_line "$!")" waiting_ns)" -ge 100000000
	check_num "waits since it spun ($1): at most since then" "$(field "$(task_line "$!")" waiting_ns)" \
		-le $(($(now_ns) - $(<"$W/spun")))
}

# A frozen task is in D, and is held up by no device. Who sleeps for a time is not woken to freeze on 5.10; who waits
# for a pipe is.
frozen() {
	mkfifo "$W/fifo"
	mkdir /tmp/frozen
	mount -t cgroup -o freezer freezer /tmp/frozen
	mkdir /tmp/frozen/one
	cat "$W/fifo" &
	wait_until 10 grep -qx cat "/proc/$!/comm"
	echo "$!" >/tmp/frozen/one/cgroup.procs
	echo FROZEN >/tmp/frozen/one/freezer.state
	wait_until 10 is_stuck "$!" || die "cat is not frozen"
	check_task "frozen" "$!" state=D waits_for=freezer lock=- object=- device=- asked=- held_by=- hops=0 proof=state 'comm="cat"'
	echo THAWED >/tmp/frozen/one/freezer.state
	stop TERM "$!"
	umount /tmp/frozen
}

begin
serve nbd0
read_tasks
check_no_match "nothing hangs" "$(key task)" "device=nbd0"
frozen
stall nbd0
# First, as it may have to wait for whoever reads by way of the page cache.
hang dd if=/dev/nbd0 of=/dev/null bs=4k count=1 skip=100 iflag=direct
direct=$HUNG
check_task "direct I/O" "$direct" state=D waits_for=bio device=nbd0 asked=nbd0 op=read sector=800 bytes=4096 request=started hops=0 \
	proof=bio
hang dd if=/dev/nbd0 of=/dev/null bs=4k count=1
cached=$HUNG
check_task "a page" "$cached" state=D exiting=no waits_for=page lock=- device=nbd0 "dev=$(</sys/block/nbd0/dev)" asked=nbd0 fs=- via=- \
	op=read sector=0 request=started held_by=- hops=0 proof=record 'comm="dd"'
SPINNERS=()
since_when --other 0
since_when --fifo 1
aio 'setup 32' 'open /dev/nbd0' 'read 0 3' ready
kill_until_stuck "$AIO"
check_match "by its stack: the page" "$(<"/proc/$cached/stack")" "$(field "$(task_line "$cached")" sleeps_in)\+"
check_match "by its stack: direct I/O" "$(<"/proc/$direct/stack")" "$(field "$(task_line "$direct")" sleeps_in)\+"
check_task "AIO" "$STUCK" state=D exiting=yes waits_for=aio-context "tgid=$AIO" "device=-(see-aio)" proof=record
answer nbd0
wait "$cached" "$direct" "${SPINNERS[@]}"
wait_gone "$AIO"
read_tasks
check_no_match "nothing hangs any more" "$(key task)" "device=nbd0"
stall nbd0
hang dd if=/dev/nbd0 of=/dev/null bs=4k count=1 skip=200 iflag=direct
locks
wait "$HUNG" || :
# With lockdep, a socket that nbd had keeps nbd loaded, and its peer keeps the socket.
stop TERM "${SERVER_OF[nbd0]}"
end
