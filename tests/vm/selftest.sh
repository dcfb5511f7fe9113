#!/bin/bash
# Proves that the test-bed notices when a case fails, in each way that a case can fail: runs the cases of
# selftest/ in one machine and compares each verdict with the one expected.
# usage: selftest.sh [MACHINE [TABLE]]
#   TABLE: the verdict that each case must get, and text that its report must contain (an extended regular
#   expression); the cases lie beside it. Default: selftest/verdicts

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

machine=${1:-trixie}
table=$(realpath "${2:-$VM_DIR/selftest/verdicts}")
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

mapfile -t files < <(awk -v dir="$(dirname "$table")" '{ print dir "/" $1 ".sh" }' "$table")
# Most such cases need nothing that has to be built, and little time.
options=()
if [ ! -e "$(dirname "$table")/Kbuild" ]; then
	options=(-n)
	export NBDDIAG_TIMEOUT_SCALE=1 NBDDIAG_GRACE=20
fi
status=0
NBDDIAG_OUT=$out/run "$VM_DIR/run" "${options[@]}" -m "$machine" "${files[@]}" >"$out/log" 2>&1 || status=$?

while read -r name want text; do
	report=$(report_on "$name")
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
done <"$table"

count() { awk -v verdict="$1" '$2 == verdict' "$table" | wc -l; }
totals="$(count pass) passed, $(count fail) failed"
[ "$(count skip)" = 0 ] || totals+=", $(count skip) skipped"
if [ "$(tail -n 1 "$out/log")" = "$totals" ] && [ "$status" = 1 ]; then
	verdict ok "the totals and the exit status are right"
else
	verdict "not ok" "totals: want '$totals' and status 1, got '$(tail -n 1 "$out/log")' and $status"
fi

[ "$failed" -eq 0 ] || sed 's/^/#   /' "$out/log"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
