#!/bin/bash
# Proves that the test-bed notices when a case fails, in each way that a case can fail, and only then: runs the cases
# of selftest/ in one machine and compares each verdict with the one expected.
# usage: selftest.sh [MACHINE [TABLE]]
#   TABLE: the verdict that each case must get, and text that its report must contain (an extended regular
#   expression); the cases lie beside it. Default: selftest/verdicts, and selftest/starved in a guest that gets
#   a processor for a sixth of the time.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

machine=${1:-trixie}
out=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || :; rm -rf "$out"' EXIT
passed=0 failed=0

verdict() {
	if [ "$1" = ok ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
	printf '%s selftest/%s\n' "$1" "$2"
}

# The report on one case: from its line to the next case's. usage: report_on CASE LOG
report_on() {
	awk -v id="$machine/$1" '/^(not )?ok / { mine = ($2 == id || $3 == id) } mine' "$2"
}

# Runs the cases of a table; its output and status are kept. usage: run_table TABLE
run_table() {
	local dir=$out/${1##*/} options=() files status=0
	mkdir "$dir"
	mapfile -t files < <(awk -v dir="$(dirname "$1")" '{ print dir "/" $1 ".sh" }' "$1")
	# Most such cases need nothing that has to be built, and little time.
	if [ ! -e "$(dirname "$1")/Kbuild" ]; then
		options=(-n)
		export NBDDIAG_TIMEOUT_SCALE=1 NBDDIAG_GRACE=${NBDDIAG_GRACE:-20}
	fi
	NBDDIAG_OUT=$dir/run "$VM_DIR/run" "${options[@]}" -m "$machine" "${files[@]}" >"$dir/log" 2>&1 || status=$?
	echo "$status" >"$dir/status"
}

# usage: judge_table TABLE
judge_table() {
	local dir=$out/${1##*/} name want text report got totals
	while read -r name want text; do
		report=$(report_on "$name" "$dir/log")
		case $report in
		"ok "*"# SKIP "*) got=skip ;;
		"ok "*) got=pass ;;
		"not ok "*) got=fail ;;
		*) got=nothing ;;
		esac
		if [ "$got" = "$want" ] && grep -qE -- "$text" <<<"$report"; then
			verdict ok "$name: $want is noticed"
		else
			verdict "not ok" "$name: want $want '$text', got $got:"
			printf '%s\n' "$report" | sed 's/^/#   /'
		fi
	done <"$1"

	count() { awk -v verdict="$1" '$2 == verdict' "$2" | wc -l; }
	totals="$(count pass "$1") passed, $(count fail "$1") failed"
	[ "$(count skip "$1")" = 0 ] || totals+=", $(count skip "$1") skipped"
	if [ "$(tail -n 1 "$dir/log")" = "$totals" ] && [ "$(<"$dir/status")" = 1 ]; then
		verdict ok "${1##*/}: the totals and the exit status are right"
	else
		verdict "not ok" "${1##*/}: want '$totals' and status 1, got '$(tail -n 1 "$dir/log")' and $(<"$dir/status")"
	fi
	[ "$failed" -eq 0 ] || sed 's/^/#   /' "$dir/log"
}

# Lets a guest run for one second of six only, once its case knows what it does without that: gives it one processor,
# and that one to a task of far more weight for the rest; for five minutes at most. A guest that dies before is booted
# again, as the next one. usage: starve BOOTS
starve() {
	local boot cpu
	cpu=$(sed -n 's/^Cpus_allowed_list:[^0-9]*\([0-9]*\).*/\1/p' /proc/self/status)
	until boot=$(compgen -G "$1/shared0-*/out/measured"); do
		sleep 0.2
	done
	boot=${boot%/out/measured}
	taskset -a -p -c "$cpu" "$(<"$boot/pid")"
	touch "$boot/out/starving"
	for _ in {1..50}; do
		taskset -c "$cpu" nice -n -15 timeout 5 sh -c 'while :; do :; done' || :
		sleep 1
	done
}

if [ -n "${2:-}" ]; then
	table=$(realpath "$2")
	run_table "$table"
	judge_table "$table"
else
	table=$VM_DIR/selftest/verdicts
	run_table "$table"
	judge_table "$table"
	table=$VM_DIR/selftest/starved
	starve "$out/starved/run/$machine/boots" >/dev/null 2>&1 &
	starver=$!
	NBDDIAG_GRACE=8 run_table "$table"
	kill "$starver"
	judge_table "$table"
	seconds=$(<"$out/starved/run/$machine/starved/seconds")
	if [ "$seconds" -gt $((15 + 8)) ]; then
		verdict ok "starved: took $seconds s, longer than its limit"
	else
		verdict "not ok" "starved: took only $seconds s, so this proves nothing"
	fi
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
