# shellcheck shell=bash
# What cases are written with. A case sources this file first; see README.md beside it.
# Checks print "ok - TEXT" or "not ok - TEXT", and go on either way; "die" ends the case.

set -euo pipefail

# Checks go to the case's own output, also when made inside $(...) or a pipe.
exec 3>&1

NBDDIAG=/sys/kernel/debug/nbddiag
export NBDDIAG

trap 'echo "# ${BASH_SOURCE[0]}:$LINENO: status $? of: $BASH_COMMAND" >&3' ERR

# --- checks ---------------------------------------------------------------------------------------

pass() { printf 'ok - %s\n' "$*" >&3; }

fail() { printf 'not ok - %s\n' "$*" >&3; }

# A remark in the output, seen when the case fails.
note() { printf '# %s\n' "$*" >&3; }

# The end of a case that cannot go on.
die() {
	fail "$*"
	exit 1
}

# Not possible on this machine. It counts as a failure unless tests/vm/expected-skips allows it.
skip() {
	printf 'ok - # SKIP %s\n' "$*" >&3
	exit 0
}

# usage: check_eq NAME GOT WANT
check_eq() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1: got '$2', want '$3'"
	fi
}

# usage: check_ne NAME GOT UNWANTED
check_ne() {
	if [ "$2" != "$3" ]; then
		pass "$1"
	else
		fail "$1: got '$2'"
	fi
}

# Numbers. usage: check_num NAME GOT -lt|-le|-eq|-ne|-ge|-gt WANT
check_num() {
	if [[ $2 =~ ^-?[0-9]+$ ]] && test "$2" "$3" "$4"; then
		pass "$1"
	else
		fail "$1: got '$2', want it $3 $4"
	fi
}

# To start a process takes an emulated guest longer than to look at a hundred lines.
# usage: some_line_matches TEXT EREGEX
some_line_matches() {
	local line
	if [ ${#1} -gt 10000 ]; then
		grep -Eq -- "$2" <<<"$1"
		return
	fi
	while IFS= read -r line; do
		[[ ! $line =~ $2 ]] || return 0
	done <<<"$1"
	return 1
}

# usage: check_match NAME TEXT EREGEX (some line of the text matches)
check_match() {
	if some_line_matches "$2" "$3"; then
		pass "$1"
	else
		fail "$1: nothing matches '$3' in '$2'"
	fi
}

# usage: check_no_match NAME TEXT EREGEX (no line of the text matches)
check_no_match() {
	local line
	if line=$(grep -E -m 1 -- "$3" <<<"$2"); then
		fail "$1: '$3' matches '$line'"
	else
		pass "$1"
	fi
}

# usage: check_file_line NAME FILE EREGEX (some line of the file matches; the read is bounded)
check_file_line() {
	local text
	if ! text=$(bounded 10 cat "$2"); then
		fail "$1: $2 cannot be read"
		return 0
	fi
	check_match "$1" "$text" "$3"
}

# The command succeeds. usage: check NAME COMMAND...
check() {
	local name=$1 text
	shift
	if text=$("$@" 2>&1); then
		pass "$name"
	else
		fail "$name: '$*' failed: $text"
	fi
}

# The command fails by itself (not by hanging). usage: check_fails NAME COMMAND...
check_fails() {
	local name=$1 status=0
	shift
	"$@" >/dev/null 2>&1 || status=$?
	case $status in
	0) fail "$name: '$*' succeeded" ;;
	124 | 137) fail "$name: '$*' hung" ;;
	*) pass "$name" ;;
	esac
}

# --- time -----------------------------------------------------------------------------------------

. tests/vm/guest-limits.sh

# A kernel compiled to find bugs takes its time, so limits are longer there, as in tests/vm/run.
SLOWER=1
[[ $(uname -r) != *-nbddiag-* ]] || SLOWER=4

# Runs a command for at most SECS; status 124 or 137 when it took longer. A command in D cannot be
# killed: for those start it in the background and look. usage: bounded SECS COMMAND...
bounded() { guest-timeout "$(($1 * SLOWER))" "${@:2}"; }

# Repeats a command until it succeeds; fails after SECS. usage: wait_until SECS COMMAND...
wait_until() {
	local end soonest asked
	begin_limit "$(($1 * SLOWER))"
	shift
	until "$@" >/dev/null 2>&1; do
		! limit_is_over || return 1
		sleep 0.1
	done
}

# JSON that the program has printed. The host holds it against the schema when the case has ended. usage: keep_json <JSON
keep_json() { cat >>"/out/$(</out/current)/printed.json"; }

# --- processes ------------------------------------------------------------------------------------

# The state letter of a process: R, S, D, Z, …; nothing when there is none.
proc_state() {
	local stat=
	{ read -rd '' stat <"/proc/$1/stat"; } 2>/dev/null || :
	# After the name, which may hold anything.
	stat=${stat##*) }
	[ -z "$stat" ] || echo "${stat%% *}"
}

in_state() { [ "$(proc_state "$1")" = "$2" ]; }

# In D, and for longer than a moment: also a program that is being loaded is in D now and then.
is_stuck() {
	local stack
	in_state "$1" D && stack=$(cat "/proc/$1/stack") && [[ $stack != *p9_* ]] || return 1
	sleep 0.2
	in_state "$1" D && [ "$(cat "/proc/$1/stack")" = "$stack" ]
}

# --- the module -----------------------------------------------------------------------------------

load_nbddiag() { insmod /nbddiag/nbddiag.ko "$@"; }

unload_nbddiag() { rmmod nbddiag; }

load_nbd() { modprobe nbd "$@"; }

# Kernel messages since the case began.
kmsg() { dmesg | awk '/nbddiag-case: .*: begin/ { text = ""; next } { text = text $0 "\n" } END { printf "%s", text }'; }
