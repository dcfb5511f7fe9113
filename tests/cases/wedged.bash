# shellcheck shell=bash disable=SC2034,SC2154
# Devices that are wedged in known ways, for the knob to clean, and who uses them meanwhile.
. tests/cases/lib.bash

# Incident 1: an opener, a first server that died, and N attempts at a second one, which lives. Sets what wedge()
# sets, and SERVER to the second one. usage: leave_strays DEVICE N [NBDTOOL-SERVE-OPTION...]
leave_strays() {
	local device=$1 n=$2
	shift 2
	rm -f "$W/$device.first" "$W/$device.second"
	start_nbdtool_server "unix:$W/$device.first"
	wedge "$device" "unix:$W/$device.first"
	start_nbdtool_server "unix:$W/$device.second" "$@"
	check "$device: $n attempts, each in vain" leave_sockets "$device" "$n" "unix:$W/$device.second"
}

# Its server died, the same task gave it another socket and ended: requests then go to that one, which nobody
# reads. Who is to use the device must have it open by then, as a new task might take the place of the one that
# ended. Begun and finished apart, for that. Sets SERVER to the second one. Only where a stopped device takes another
# socket, see attempts_leave_sockets().
# usage: begin_fallback DEVICE [NBDTOOL-SERVE-OPTION...]; usage: end_fallback
begin_fallback() {
	local device=$1
	shift
	rm -f "$W/$device.first" "$W/$device.second"
	start_nbdtool_server "unix:$W/$device.second" "$@"
	FALLBACK=$SERVER
	start_nbdtool_server "unix:$W/$device.first"
	FIRST=$SERVER
	attach "$device" "unix:$W/$device.first" --no-clear --sndbuf 16384 --then "unix:$W/$device.second"
	keep_requests_apart "$device"
}

end_fallback() {
	stop KILL "$FIRST"
	wait_gone "$CLIENT"
	wait "$CLIENT" || :
	SERVER=$FALLBACK
}

# A process that has a device open and does as it is told; USER_PID is its pid. usage: use DEVICE [OPTION...]
use() {
	start_logged knobtool user "/dev/$1" "${@:2}"
	USER_PID=$LOGGED
}

# A request of a user hangs, and its server and its client are dead; only the knob can end it. Sets USER_PID.
# usage: hang_request DEVICE SOCKET-NAME
hang_request() {
	start_nbdtool_server "unix:$W/$2" --stall-reads
	attach "$1" "unix:$W/$2" --no-clear
	use "$1"
	hang_read "$USER_PID" "$1"
	stop KILL "$SERVER"
	wait_gone "$CLIENT"
}

# The knob has failed it: its user says so, and goes. usage: check_failed_request WHAT DEVICE
check_failed_request() {
	check_user "$1: what the reader got" "$USER_PID" "read: EIO"
	stop TERM "$USER_PID"
	wait_free "$2"
}

# Has a user read, so that the read is in flight. usage: hang_read USER DEVICE
hang_read() {
	kill -HUP "$1"
	wait_inflight "$2" 1
}

# What a user got in the end. usage: check_user WHAT USER TEXT
check_user() {
	wait_until 20 more_lines "${LOG[$2]}" 1 || :
	check_eq "$1" "$(user_said "$2")" "$3"
}

# What a user has said last.
user_said() { tail -n 1 "${LOG[$1]}"; }

# Has it do something that comes to its end. usage: tell USER SIGNAL (sets SAID)
tell() {
	local before
	before=$(wc -l <"${LOG[$1]}")
	kill "-$2" "$1"
	wait_until 20 more_lines "${LOG[$1]}" "$before" || die "the user of a device hangs: $(cat "/proc/$1/stack")"
	SAID=$(user_said "$1")
}

# A sender of nbd waits for room in a socket: the process that writes, or a worker of the kernel on its behalf.
is_sending() {
	# Some processes end meanwhile.
	{ grep -ls sock_alloc_send_pskb /proc/[0-9]*/stack || :; } | xargs -r grep -qs ' nbd_'
}
