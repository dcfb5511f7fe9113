# shellcheck shell=bash
# Test runs write here what ran on which kernel; tests/matrix makes docs/matrix.md of it. Sourced after vm/lib.sh.

MATRIX_LOG=${NBDDIAG_MATRIX_LOG:-$TOP/tests/out/matrix.log}

# What is tested: the version, and the commit that it is made from ("+" with changes that are not in it). Looked up
# once, at the begin of a run: that is when the tree is copied.
tested_version() {
	local version commit
	version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$TOP/dkms.conf")
	commit=$(git -C "$TOP" describe --always --exclude '*' --dirty=+ 2>/dev/null) || commit=-
	echo "$version-$commit"
}
TESTED_VERSION=$(tested_version)

# Adds one line. WHAT is "build", the name of a case, or "+" and what was run besides cases. RESULT is pass, fail or skip. FLAVOUR is "-" of a usual kernel.
# Lines are only ever added: the last one of a kernel, architecture and WHAT counts.
# usage: record SUITE ARCHITECTURE FLAVOUR RELEASE WHAT RESULT
record() {
	local line
	line=$(printf '%s\t' "$@" "$(date +%F)")$TESTED_VERSION
	mkdir -p "$(dirname "$MATRIX_LOG")"
	flock "$MATRIX_LOG" tee -a "$MATRIX_LOG" <<<"$line" >/dev/null
}

# The same of a machine's kernel. usage: record_machine MACHINE WHAT RESULT
record_machine() {
	local builder suites flavour
	builder=$(machine_builder "$1")
	machine_is_built "$builder" || return 0
	if is_compiled "$1"; then
		suites=$(machine_suites "$(compiled_base "$1")") flavour=$1
	else
		suites=$(machine_suites "$1") flavour=$(machine_flavour "$1")
	fi
	record "${suites##* }" "$(machine_arch "$1")" "${flavour:--}" "$(machine_kver "$builder")" "$2" "$3"
}
