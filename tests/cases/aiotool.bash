# shellcheck shell=bash disable=SC2034
# Processes whose AIO contexts and requests are known, as aiotool makes them, and what becomes of them.
. tests/cases/lib.bash

# Starts aiotool; AIO is its pid.
aio() {
	start_logged aiotool "$@"
	AIO=$LOGGED
}

# The same, until so many requests of a device are in flight: begun between the moments BEGUN and SENT (ns).
# usage: aio_inflight DEVICE NUMBER ACTION...
aio_inflight() {
	BEGUN=$(now_ns)
	aio "${@:3}"
	wait_inflight "$1" "$2"
	SENT=$(now_ns)
}

# Lets an aiotool go on until it is ready again.
go_on() {
	local before
	before=$(<"${LOG[$1]}")
	kill -USR1 "$1"
	wait_until 30 says_more "$1" "$before" || die "aiotool does not go on: $before"
}

says_more() { [ "$(<"${LOG[$1]}")" != "$2" ]; }

# Kills a process and waits until one of its threads is in D: that is STUCK. The moments before and after are
# KILLED and STUCK_SEEN. usage: kill_until_stuck PID
kill_until_stuck() {
	KILLED=$(now_ns)
	kill -KILL "$1"
	wait_stuck "$1"
}

wait_stuck() {
	wait_until 20 find_stuck "$1" || die "no thread of $1 is in D"
	find_stuck "$1"
	STUCK_SEEN=$(now_ns)
}

find_stuck() {
	local task
	for task in "/proc/$1/task"/*; do
		STUCK=${task##*/}
		! grep -q '^State:[[:space:]]*D' "$task/status" 2>/dev/null || return 0
	done
	return 1
}

# The function in which the kernel says that a thread sleeps.
function_of() { sed -n '1s/^[^ ]* \([^+]*\)+.*/\1/p' "/proc/$1/stack"; }

# Sets VALUE to what aiotool has printed of a thing or a context. usage: get_said PID THING FIELD
get_said() {
	local TEXT
	TEXT=$(<"${LOG[$1]}")
	get_line "$2" ''
	get_field "$LINE" "$3"
}

# usage: get_made PID INDEX FIELD
get_made() {
	local log
	log=$(<"${LOG[$1]}")
	VALUE=
	[[ ! $log =~ context:\ (pid=[0-9]+\ index=$2\ [^$'\n']*) ]] || get_field "${BASH_REMATCH[1]}" "$3"
}

said() { get_said "$@"; echo "$VALUE"; }
made() { get_made "$@"; echo "$VALUE"; }
