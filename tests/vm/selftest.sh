#!/bin/bash
# Proves that the test-bed notices when a case fails, in each way that a case can fail: runs the cases of
# selftest/ in one machine and compares each verdict with the one expected here.
# usage: selftest.sh [MACHINE]

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

# The verdict that each case must get, and text that its report must contain.
expected() {
	cat <<-'END'
		good                pass
		announced-kmsg      pass
		left-process        pass
		expected-skip       skip  to see a skip that is expected
		unannounced-kmsg    fail  kernel: .*WARNING: this is what
		hung-task-text      fail  kernel: .*blocked for more than
		hang                fail  no end within
		panic               fail  Kernel panic
		never-boots         fail  for the 3rd time before its first case
		stuck-guest         fail  the guest said nothing for
		no-check            fail  no check ran
		failed-check        fail  not ok - one is two: got '1', want '2'
		failed-command      fail  exit status 1
		unexpected-skip     fail  not in tests/vm/expected-skips: the moon
		left-module         fail  left module nbd in use
		left-wedge          fail  left processes that cannot be killed
		after-wedge         pass
	END
}

machine=${1:-trixie}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
passed=0 failed=0

verdict() {
	if [ "$1" = ok ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
	printf '%s selftest/%s\n' "$1" "$2"
}

# The report on one case: from its line to the next case's.
report_on() {
	awk -v id="$machine/$1" '/^(not )?ok / { mine = ($2 == id || $3 == id) } mine' "$out/log"
}

mapfile -t files < <(expected | awk -v dir="$VM_DIR/selftest" '{ print dir "/" $1 ".sh" }')
status=0
NBDDIAG_OUT=$out/run NBDDIAG_TIMEOUT_SCALE=1 NBDDIAG_GRACE=20 \
	"$VM_DIR/run" -n -m "$machine" "${files[@]}" >"$out/log" 2>&1 || status=$?

while read -r name want text; do
	report=$(report_on "$name")
	case $report in
	"ok "*"# SKIP "*) got=skip ;;
	"ok "*) got=pass ;;
	"not ok "*) got=fail ;;
	*) got=nothing ;;
	esac
	if [ "$got" = "$want" ] && grep -q -- "$text" <<<"$report"; then
		verdict ok "$name: $want is noticed"
	else
		verdict "not ok" "$name: want $want '$text', got $got:"
		printf '%s\n' "$report" | sed 's/^/#   /'
	fi
done < <(expected)

count() { expected | awk -v verdict="$1" '$2 == verdict' | wc -l; }
totals="$(count pass) passed, $(count fail) failed, $(count skip) skipped"
if [ "$(tail -n 1 "$out/log")" = "$totals" ] && [ "$status" = 1 ]; then
	verdict ok "the totals and the exit status are right"
else
	verdict "not ok" "totals: want '$totals' and status 1, got '$(tail -n 1 "$out/log")' and $status"
fi

[ "$failed" -eq 0 ] || sed 's/^/#   /' "$out/log"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
