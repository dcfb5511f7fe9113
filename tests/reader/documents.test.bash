# shellcheck shell=bash disable=SC2153
# What the documents show of the program's output is what it prints, see "documents". "run documents" writes it anew.

# Where there is such output.
shown() { (cd "$TOP" && grep -lE '^(<!-- |\.\\" )output of ' README.md docs/*.md man/*.[1-9]); }

as_it_should_be() { NBDDIAG=$NBDDIAG "$HERE/documents" "$TOP/$1" "$TOP/tests/docs/captures" "$TREES"; }

check_document() {
	if ! as_it_should_be "$1" >"$WORK/document" 2>"$WORK/err"; then
		fail "$1 shows what the program prints" "$(<"$WORK/err")"
		return
	fi
	[ "${GOLDEN:-}" != write ] || cat "$WORK/document" >"$TOP/$1"
	check "$1 shows what the program prints" diff "$TOP/$1" "$WORK/document"
}

# Without this, a document whose marks were lost would pass.
check "README, runbook and manual show output" diff <(shown | grep -cx -e README.md -e docs/runbook.md -e man/nbddiag.8) <(echo 3)
while read -r document; do
	check_document "$document"
done < <(shown)
