#!/bin/bash
# desc: a server that reads nothing: a half-sent write, and NBD_DISCONNECT stuck behind it with config_lock
# timeout: 60
# shellcheck source=tests/vm/guest-lib.sh
. /nbddiag/tests/vm/guest-lib.sh
# shellcheck source=tests/cases/lib.bash
. /nbddiag/tests/cases/lib.bash

begin

# The sender is blocked in the writer itself, where a signal makes nbd note the rest as pending.
half_send() {
	start_nbdtool_server "unix:$W/sock" --deaf
	attach nbd0 "unix:$W/sock"
	echo none >/sys/block/nbd0/queue/scheduler
	# One request, larger than what a socket holds.
	echo 1024 >/sys/block/nbd0/queue/max_sectors_kb
	start_logged nbdtool io /dev/nbd0 write 524288 1048576
	writer=$LOGGED
	wait_until 10 is_sending "$writer"
}

# Its thread waits for room in the socket.
is_sending() { grep -qs sock_alloc_send_pskb /proc/"$1"/task/*/stack; }

stops_growing() {
	local before=$sent
	sent=$(unread_of_server "$SERVER")
	[ "$sent" = "$before" ]
}

check_blocked() {
	sent=0
	wait_until 10 stops_growing
	read_file nbd0
	check_keys "blocked" <<<"state: connected"
	check_fields "blocked" "$(key requests)" inflight=1
	check_fields "blocked" "$(request_line 1)" op=write sector=1024 bytes=1048576
	check_num "part of it was sent" "$sent" -gt 28
	check_num "not all of it was sent" "$sent" -lt $((28 + 1048576))
	check_fields "blocked" "$(socket_line 0)" "unsent_bytes=$sent" unread_bytes=0
}

check_pending() {
	kill -USR1 "$writer"
	wait_until 10 is_pending
	read_file nbd0
	check_fields "half sent" "$(socket_line 0)" pending=yes "sent_bytes=$sent" "unsent_bytes=$sent"
	check_eq "the server has as much" "$(unread_of_server "$SERVER")" "$sent"
	check_fields "half sent" "$(request_line 1)" op=write sector=1024 bytes=1048576
}

is_pending() { grep -q ' pending=yes' "$NBDDIAG/nbd0"; }

check_disconnect_stuck() {
	nbdtool disconnect /dev/nbd0 &
	local disconnecter=$!
	wait_until 10 in_state "$disconnecter" D
	read_file nbd0
	check_keys "disconnect stuck" <<-EOF
		consistent: no
		attachable: no
		attachable_reason: lock-held
		runtime_flags: $(runtime_flags_text 10)
		device_flags: $(device_flags_text 2)
		openers: 3
	EOF
	check_fields "disconnect stuck: lock holder" "$(key lock_holder)" "pid=$disconnecter" \
		"tgid=$disconnecter" 'comm="nbdtool"' state=D
	read_file devices
	check_fields "disconnect stuck: devices" "$(device_line nbd0)" consistent=no attachable=no
	check_fields "another device" "$(device_line nbd1)" consistent=yes state=free

	# The server reads again: all of it comes to its end.
	kill -USR2 "$SERVER"
	wait_gone "$disconnecter"
	wait_gone "$writer"
	wait_gone "$CLIENT"
	check_match "the write has ended well" "$(<"${LOG[writer]}")" '^done write 524288 1048576$'
}

half_send
check_blocked
check_pending
check_disconnect_stuck
check_state "at the end" nbd0 free no-config yes free
end
