# shellcheck shell=bash disable=SC2153
# The plugin of sos, in a real report; and a capture that becomes larger than it allows.

plugin() {
	local said
	said=$("$TOP/tests/sos" "$NBDDIAG" "$TREES/incident1" 2>&1)
	check_eq "sos: its report has a capture that can be read, and is bounded" "$said" ""
}

too_large() {
	local file=$WORK/large.tar
	prlimit --fsize=8192 "$NBDDIAG" --root "$TREES/incident1" capture "$file" 2>"$WORK/err" >"$WORK/out"
	check_eq "sos: a capture that becomes too large: status" "$?" 71
	check "sos: a capture that becomes too large: that is said" grep -q "cannot write $file: " "$WORK/err"
	check "sos: a capture that becomes too large: no half is left" test ! -e "$file"
}

plugin
too_large
