# shellcheck shell=bash disable=SC2034,SC2153,SC2154
# What the cases share that do many things at once: to repeat functions side by side, devices that are wedged again
# and again, modules that go and come.
. tests/cases/clean.bash
. tests/cases/aio.bash
. tests/cases/uring.bash

# --- side by side -----------------------------------------------------------------------------------

# Repeats functions side by side for SECONDS, each of them twice at least. usage: repeat_all WHAT SECONDS FUNCTION...
repeat_all() {
	local what=$1 end=$((SECONDS + $2)) function pid i=0 pids=()
	shift 2
	for function; do
		repeat "$function" >"$W/count.$function" 2>"$W/errors.$function" &
		pids+=($!)
	done
	for function; do
		pid=${pids[i++]}
		wait "$pid" || fail "$what: $function failed: $(tail -n 3 "$W/errors.$function")"
		note "$what: $function: $(tail -n 1 "$W/count.$function") times"
		check_num "$what: $function" "$(tail -n 1 "$W/count.$function")" -ge 2
	done
}

repeat() {
	local n=0
	while [ "$SECONDS" -lt "$end" ] || [ $n -lt 2 ]; do
		"$1"
		n=$((n + 1))
	done
	echo $n
}

# --- wedged, while somebody writes to the knob ------------------------------------------------------

# Incident 1; whether its strays are shut is up to the writers. usage: wedge_once DEVICE
wedge_once() {
	local second holder
	rm -f "$W/$1".*
	start_nbdtool_server "unix:$W/$1.second"
	second=$SERVER
	start_nbdtool_server "unix:$W/$1.first"
	wedge "$1" "unix:$W/$1.first"
	holder=$HOLDER
	# The writers may see a socket between two steps of an attempt, but it is in vain all the same.
	leave_sockets "$1" 5 "unix:$W/$1.second"
	wait_until 30 key_is_or_gone "$1" state disconnected || die "$1: its strays are not shut"
	stop TERM "$holder" "$second"
}

# The module may be away at this moment.
key_is_or_gone() { [ ! -e "$NBDDIAG/$1" ] || key_is "$@"; }

# Requests hang after the server has died. The process can only go on when the knob has failed them.
# usage: hang_once DEVICE
hang_once() {
	local user
	rm -f "$W/$1".*
	hang_request "$1" "$1.sock"
	user=$USER_PID
	wait_until 30 more_lines "${LOG[user]}" 1 || die "$1: the request still hangs"
	[ "$(user_said "$user")" = "read: EIO" ] || die "$1: the reader got: $(user_said "$user")"
	stop TERM "$user"
}

# --- the module -------------------------------------------------------------------------------------

# What nbddiag is loaded with.
PARAMETERS=(allow_cleanup=1)

# It goes in a moment in which no file of it is open; its knob waits for a command under way.
nbddiag_goes_and_comes() {
	local end soonest asked
	begin_limit 60
	while [ -d /sys/module/nbddiag ] && ! rmmod nbddiag 2>/dev/null; do
		! limit_is_over || return 1
	done
	[ ! -e "$KNOB" ] || return 1
	load_nbddiag "${PARAMETERS[@]}"
	sleep 0.5
}
