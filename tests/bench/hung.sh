#!/bin/bash
# desc: what reads of tasks and uring cost with 5,000 tasks in D and with 1,000 rings, against what /proc says of the same
# timeout: 1500
# own-vm: yes
# kernel: maxcpus=1 rcu_nocbs=all
# expect-kmsg: blocked for more than|Call Trace
. tests/bench/lib.bash
. tests/cases/uring.bash

CROWD=5000 PROCESSES=10 EACH=100 ROUNDS=3

in_d() { cat "/proc/$AIO/task"/*/stat | grep -c ') D ' || :; }
all_in_d() { [ "$(in_d)" -ge "$CROWD" ]; }

# A read of one of the files beside one of what the kernel says of the same without nbddiag.
# usage: rows WHAT FILE GOAL COUNTERPART PATTERN
rows() {
	local times
	measure 3 "kernel=$5" "file=$NBDDIAG/$2"
	times=$(awk -v file="${MEDIAN[file]}" -v kernel="${MEDIAN[kernel]}" 'BEGIN { printf "%.2f", file / kernel }')
	row "\`$2\` $1, ${BYTES[file]} bytes" "$(duration "${MEDIAN[file]}" "${MIN[file]}" "${MAX[file]}")" '' -
	row "… to $4, ${BYTES[kernel]} bytes" "$times times" "at most $3" "$(is_met "$times" "$3")"
}

# usage: hung_rows WHAT
hung_rows() {
	wait_until 300 all_in_d || die "only $(in_d) are in D"
	sleep 1
	read_tasks
	check_num "tasks in D" "$(key task | grep -c " tgid=$AIO .* state=D ")" -ge $CROWD
	rows "of $CROWD tasks in D, $1" tasks 2 "\`/proc/PID/task/*/stack\` of them" "/proc/$AIO/task/*/stack"
	rcu_row look_at_some_tasks "$NBDDIAG/tasks"
}

# How many tasks wait for what, and for whom.
kinds() {
	key task | grep " tgid=$AIO " |
		sed -E 's/.* waits_for=([^ ]*) .* object=([^ ]*) device=([^ ]*) .* held_by=([^ ]*) .*/\1 \2 \3 \4/' |
		sort | uniq -c | while read -r line; do note "$line"; done
}

# usage: kind_is WHAT NUMBER-TEST FIELD=VALUE...
kind_is() {
	local lines field
	lines=$(key task | grep " tgid=$AIO ")
	for field in "${@:3}"; do
		lines=$(grep -E "(^| )$field( |\$)" <<<"$lines" || :)
	done
	# shellcheck disable=SC2086
	check_num "$1: ${*:3}" "$(grep -c . <<<"$lines" || :)" $2
}

# usage: let_go DEVICE
let_go() {
	answer "$1"
	wait_until 300 none_in_d || die "$(in_d) stay in D"
	stop TERM "$AIO"
}
none_in_d() { [ "$(in_d)" = 0 ]; }

idle() {
	measure 9 "tasks=$NBDDIAG/tasks" "uring=$NBDDIAG/uring"
	row "\`tasks\`, \`uring\` of an idle guest" "$(duration "${MEDIAN[tasks]}"), $(duration "${MEDIAN[uring]}")" '' -
	aio "threads $CROWD" ready
	measure 3 "stat=/proc/$AIO/task/*/stat" "tasks=$NBDDIAG/tasks" "uring=$NBDDIAG/uring"
	row "… with $CROWD threads more that do nothing" "$(duration "${MEDIAN[tasks]}"), $(duration "${MEDIAN[uring]}")" '' -
	times=$(awk -v file="${MEDIAN[tasks]}" -v kernel="${MEDIAN[stat]}" 'BEGIN { printf "%.2f", file / kernel }')
	row "… \`tasks\` to \`/proc/PID/task/*/stat\` of them" "$times times" "at most 1" "$(is_met "$times" 1)"
	stop TERM "$AIO"
}

# As many reads at once as the device has tags; the others wait for one.
direct() {
	echo none >/sys/block/nbd0/queue/scheduler
	stall nbd0
	aio 'open /dev/nbd0' 'stride 0' "readers $CROWD" ready
	hung_rows "that read a device whose server is stopped"
	kinds
	kind_is "direct reads" "-ge 64" waits_for=bio device=nbd0 hops=0
	kind_is "direct reads" "-ge $((CROWD - 1000))" waits_for=tag device=nbd0
	let_go nbd0
}

# One task reads a part of the file, and has its lock; all others want to write to it.
locks() {
	keep_file nbd1
	sync -f "$W/mnt"
	echo 3 >/proc/sys/vm/drop_caches
	stat "$FILE" >/dev/null
	stall nbd1
	hang dd if=/dev/zero of="$FILE" bs=100 count=1 seek=1000 conv=notrunc
	aio "open-buffered $FILE" 'stride 0' "writers $CROWD" ready
	hung_rows "that wait for the lock of one inode"
	kinds
	kind_is "the lock" "-ge $((CROWD - 10))" waits_for=lock object=i_rwsem device=nbd1 "held_by=$HUNG" hops=1
	answer nbd1
	wait "$HUNG"
	let_go nbd1
	drop_file nbd1
}

# One ring in ten has a read outstanding.
rings() {
	local i owners=() steps=(open=/dev/nbd0) pids
	for ((i = 0; i < EACH; i++)); do
		steps+=(setup=8 nop=1)
		[ $((i % 10)) != 0 ] || steps+=(read=1)
	done
	ulimit -l unlimited
	stall nbd0
	for ((i = 0; i < PROCESSES; i++)); do
		start_logged uringtool "${steps[@]}"
		owners+=("$LOGGED")
	done
	wait_inflight nbd0 $((PROCESSES * EACH / 10))
	read_uring
	check_eq "rings" "$(key rings)" "shown=$((PROCESSES * EACH)) without_owner=0 owed=$((PROCESSES * EACH / 10))"
	pids=$(IFS=,; echo "${owners[*]}")
	rows "of $((PROCESSES * EACH)) rings in $PROCESSES processes, with $((PROCESSES * EACH / 10)) reads outstanding" uring 1 \
		"\`/proc/PID/fdinfo/*\` of them" "/proc/{$pids}/fdinfo/*"
	rcu_row look_at_some_owners "$NBDDIAG/uring"
	rcu_row task_files_some_of "$NBDDIAG/uring"
	answer nbd0
	wait_inflight nbd0 0
	stop KILL "${owners[@]}"
}

load_nbd max_part=0 nbds_max=16
insmod /nbddiag/nbddiag.ko
timing_begin
echo 100000 >/proc/sys/kernel/threads-max
ulimit -u unlimited
serve nbd0
idle
rings
direct
unserve nbd0
locks
end
