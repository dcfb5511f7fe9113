#!/bin/bash
# desc: how long a reader holds the lock of a device with 1311 sockets, and keeps preemption off
# timeout: 600
# own-vm: yes
# kernel: maxcpus=1 rcu_nocbs=all
. tests/bench/lib.bash

# With one processor: where it is emulated, a second one may run into code that is patched as events are switched on and
# off, and its kernel panics (int3).

ROUNDS=7

# usage: trace_file NAME EVENTS
trace_file() {
	local i
	for ((i = 0; i < ROUNDS; i++)); do
		traced_read "$2" "$NBDDIAG/$1" >"$W/trace"
		awk -f /nbddiag/tests/bench/held.awk "$W/trace"
	done >"$W/held"
	sort -k1,1 -k2,2nr "$W/held" >"$RESULTS/held-$1-${2%% *}"
}

# An emulated processor is often taken away while it holds a lock, so each hold counts with the shortest of all rounds:
# the one that nobody disturbed. Of these, the longest and the median. usage: undisturbed KIND CALLER-EREGEX
undisturbed() {
	awk -v kind="$1" -v caller="$2" '
		$1 == kind && $3 " " $4 ~ caller && (!($3 in least) || $2 < least[$3]) { least[$3] = $2 }
		END { for (which in least) print least[which] }
	' "$W/held" | sort -n | awk '{ v[NR] = $1 } END { if (NR) print v[NR] "|" v[int((NR + 1) / 2)] "|" NR }'
}

# A line for the table: "WHAT|LONGEST|MEDIAN|NUMBER". usage: held WHAT KIND CALLER-EREGEX
held() {
	local figures
	figures=$(undisturbed "$2" "$3")
	note "$1: ${figures:-none}"
	[ -z "$figures" ] || echo "$1|$figures" >>"$RESULTS/held"
}

load_nbd max_part=0 nbds_max=256
insmod /nbddiag/nbddiag.ko
hasten_rcu 0
benchtool sockets /dev/nbd101 1311 "$W/a-server-with-a-name-of-usual-length" >"$W/maker" &
wait_until 600 grep -q ready "$W/maker" || die "no sockets"
make_contexts 10 96
hasten_rcu 1
read_file nbd101
check_eq "sockets" "$(key socket | wc -l)" 1311
measure 15 floor=/proc/net/unix one="$NBDDIAG/nbd101"

trace_begin
for file in nbd101 devices; do
	trace_file "$file" "try tried unlock"
	check_num "holds of config_lock for $file" "$(grep -c ^mutex "$W/held")" -ge "$ROUNDS"
	held "config_lock held by a read of \`$file\`" mutex ''
done
for file in nbd101 aio; do
	trace_file "$file" "spin spun spin_irq spun_irq"
	check_num "spinlocks seen for $file" "$(grep -c ^spin "$W/held")" -gt 0
	held "spinlocks held by a read of \`$file\` (preemption is off)" spin '\[nbddiag\]'
done
