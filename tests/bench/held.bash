# shellcheck shell=bash disable=SC2034
# How long a read of nbddiag's files holds locks, from kprobes. In a guest with one processor:
# where it is emulated, a second one may run into code that is patched as events are switched on and off, and its kernel
# panics (int3).
. tests/bench/lib.bash

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

# The longest holds of nbd's lock by reads of files. usage: config_lock_rows WHAT FILE...
config_lock_rows() {
	local what=$1 file
	for file in "${@:2}"; do
		trace_file "$file" "try tried unlock"
		check_num "holds of config_lock for $file" "$(grep -c ^mutex "$W/held")" -ge "$ROUNDS"
		held "config_lock held by a read of \`$file\`$what" mutex ''
	done
}
