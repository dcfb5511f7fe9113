#!/bin/bash
# desc: what 20,000 threads, 2,000 contexts, 255 possible processors and 5,000 tasks in D cost those who read and others
# timeout: 1200
# own-vm: yes
# kernel: maxcpus=1 possible_cpus=512
# cpus: 255
. tests/bench/lib.bash

# One processor runs. From 6.9 on, possible_cpus= can only lower how many are possible, so there are as many as the
# emulator's board can have; they are never started.
PROCESSES=2000 EACH=9 CROWD=5000 ROUNDS=7 REMOVALS=7 DEAF_ONES=0

tasks() { sed 's|.*/\([0-9]*\) .*|\1|' /proc/loadavg; }
few_tasks() { [ "$(tasks)" -lt 1000 ]; }

# How long the removal of a disk takes in nbddiag while its file is read without pause. Its server is deaf, so it has
# AIO requests whose owners are to be named.
remove_under_readers() {
	local reader
	serve_deaf
	aio_inflight nbd30 2 'setup 64' 'open /dev/nbd30' 'read 0 2' ready
	(while cat "$NBDDIAG/nbd30" >/dev/null 2>&1; do :; done) &
	reader=$!
	sleep 2
	bounded 60 nbdtool nl-disconnect 30
	kill -KILL "$AIO"
	wait_until 60 test ! -e /sys/block/nbd30 || fail "nbd30 stays"
	wait "$reader" || :
	stop KILL "$DEAF"
}

serve_deaf() {
	# The path of an earlier one stays when it is killed.
	local path=$W/deaf.$((++DEAF_ONES))
	start_nbdtool_server "unix:$path"
	DEAF=$SERVER
	bounded 10 nbdtool nl-connect 30 "unix:$path" --destroy >/dev/null
	kill -STOP "$DEAF"
	wait_until 10 all_stopped "$DEAF"
}

load_nbd max_part=0 nbds_max=16
insmod /nbddiag/nbddiag.ko
timing_begin
possible=$(sed 's/.*-//' /sys/devices/system/cpu/possible)
note "possible processors: $((possible + 1))"

measure 9 "idle=$NBDDIAG/aio"
before=$(tasks)
echo 4000000 >/proc/sys/fs/aio-max-nr
# By the memory of this guest it would be fewer.
echo 100000 >/proc/sys/kernel/threads-max
ulimit -u unlimited
aiotool "fork $PROCESSES" 'setup 1' "threads $EACH" ready >"$W/many" &
wait_until 300 grep -q ready "$W/many" || die "not all are ready"
note "tasks: $before and then $(tasks)"
check_num "threads" "$(tasks)" -ge $((PROCESSES * (EACH + 1)))
# However long it takes where it is emulated.
TEXT=$(<"$NBDDIAG/aio")
check_keys "the contexts" <<<"contexts: live=$PROCESSES dying=0 ownerless=0"
check_eq "each process once" "$(key space | grep -c " threads=$((EACH + 1)) groups=1 contexts=1 ")" $PROCESSES
measure 5 "threads=$NBDDIAG/aio"
row "\`aio\` of $((PROCESSES * (EACH + 1))) threads, $PROCESSES processes, $PROCESSES contexts, $((possible + 1)) possible processors" \
	"$(duration "${MEDIAN[threads]}" "${MIN[threads]}" "${MAX[threads]}")" '' -

for function in look_at_some copy_part; do
	rcu_row $function "$NBDDIAG/aio"
done

for ((i = 0; i < REMOVALS; i++)); do
	timed remove_disk_file remove_under_readers
done >"$W/said" 2>&1
grep -E '^[0-9]+$' "$W/said" >"$W/removals" || :
sort -n "$W/removals" >"$RESULTS/removals"
longest=$(tail -n 1 "$RESULTS/removals")
row "… the removal of a disk held up by readers of its file, the longest of $(wc -l <"$RESULTS/removals")" \
	"$(duration "${longest:-0}")" "at most 50 ms" "$(is_met "${longest:-999999999}" 50000000)"
pkill aiotool
wait_until 120 few_tasks || die "tasks stay"

measure 9 "alone=$NBDDIAG/aio"
aio "vforks $CROWD" ready
wait_until 120 grep -q vforked "${LOG[$AIO]}" || die "no chain of processes"
measure 9 "crowd=$NBDDIAG/aio"
each=$(((MEDIAN[crowd] - MEDIAN[alone]) / CROWD))
row "\`aio\` of $CROWD tasks in D that wait for other things" \
	"$(duration "${MEDIAN[crowd]}" "${MIN[crowd]}" "${MAX[crowd]}")" '' -
row "… for each of them" "$(duration "$each")" "at most 28 µs" "$(is_met "$each" 28000)"
