#!/bin/bash
# desc: a server that reads nothing: a half-sent write, and NBD_DISCONNECT stuck behind it with config_lock
# timeout: 60
. tests/cases/tasks.bash

begin

# The sender is blocked in the writer itself, where a signal makes nbd note the rest as pending. The socket holds
# less than the first of the two requests which this write is split into.
half_send() {
	start_nbdtool_server "unix:$W/sock" --deaf
	attach nbd0 "unix:$W/sock" --sndbuf 16384
	echo none >/sys/block/nbd0/queue/scheduler
	echo 128 >/sys/block/nbd0/queue/max_sectors_kb
	start_logged nbdtool io /dev/nbd0 write 524288 262144
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
	check_fields "blocked" "$(request_line 1)" op=write sector=1024 bytes=131072
	check_num "part of it was sent" "$sent" -gt 28
	check_num "not all of it was sent" "$sent" -lt $((28 + 131072))
	check_fields "blocked" "$(socket_line 0)" "unsent_bytes=$sent" unread_bytes=0
	# Nothing is noted as pending, so that it only nearly looks like it.
	wait_until 10 is_a_second_old
	check_fails "blocked: what it looks like" looks_like_partial_send
}

is_a_second_old() {
	read_file nbd0
	[ "$(field "$(request_line 1)" age_ns)" -gt 1000000000 ]
}

# Once its request is a second old.
looks_like_partial_send() {
	[[ $(bounded 20 nbddiag --stuck-after 1 why nbd0) == *"This looks like partial-send: "* ]]
}

check_pending() {
	kill -USR1 "$writer"
	wait_until 10 is_pending
	read_file nbd0
	check_fields "half sent" "$(socket_line 0)" pending=yes "sent_bytes=$sent" "unsent_bytes=$sent"
	check "half sent: what it looks like" wait_until 20 looks_like_partial_send
	check_eq "the server has as much" "$(unread_of_server "$SERVER")" "$sent"
	check_fields "half sent" "$(request_line 1)" op=write sector=1024 bytes=131072

	# The server reads: the rest is sent.
	kill -USR2 "$SERVER"
	wait_gone "$writer"
	check_match "the write has ended well" "$(<"${LOG[writer]}")" '^done write 524288 262144$'
	read_file nbd0
	check_keys "sent" <<<"requests: inflight=0 oldest_age_ns=- shown=0"
	check_fields "sent" "$(socket_line 0)" pending=no unsent_bytes=0
}

is_pending() { grep -q ' pending=yes' "$NBDDIAG/nbd0"; }

# Now the server is stopped, and a worker of the kernel is the blocked sender; it holds the lock for sending.
check_disconnect_stuck() {
	local disconnecter
	pause "$SERVER"
	start_logged nbdtool io /dev/nbd0 write 0 131072
	writer=$LOGGED
	wait_until 10 inflight_is nbd0 1
	nbdtool disconnect /dev/nbd0 &
	disconnecter=$!
	wait_until 10 is_stuck "$disconnecter"
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
	check_fields "disconnect stuck" "$(request_line 1)" op=write sector=0 bytes=131072
	check_task "disconnect stuck: what it waits for" "$disconnecter" waits_for=lock lock=mutex object=tx_lock asked=nbd0 \
		"device=-(holder-goes-on)" state=D
	check "disconnect stuck: why" wait_until 20 is_held_up_by_server "$disconnecter"
	check_fails "disconnect stuck: no other cause" grep ' has what others wait for' "$W/why"
	bounded 20 nbddiag why --pid "$disconnecter" >"$W/why" || :
	check "disconnect stuck: why of it" grep -q '^That lock is for sending to the server of nbd0\.' "$W/why"
	check "disconnect stuck: and why that one" grep -q "^nbdtool\[$SERVER\] is stopped" "$W/why"
	read_file devices
	check_fields "disconnect stuck: devices" "$(device_line nbd0)" consistent=no attachable=no
	check_fields "another device" "$(device_line nbd1)" consistent=yes state=free

	# The server goes on: all of it comes to its end.
	kill -CONT "$SERVER"
	wait_gone "$disconnecter"
	wait_gone "$writer"
	wait_gone "$CLIENT"
}

# Once it has waited for a second. usage: is_held_up_by_server PID
is_held_up_by_server() {
	bounded 20 nbddiag --stuck-after 1 why >"$W/why" || :
	awk -v RS= "/^1\\. The server nbdtool\\[$SERVER\\] is stopped\\./" "$W/why" | grep -q "^   Cannot go on: .*nbdtool\\[$1\\] for "
}

# Over TCP what counts is what the other end's kernel has not acknowledged.
check_tcp() {
	local port
	start_nbdtool_server tcp:127.0.0.1:10812 --deaf
	attach nbd2 tcp:127.0.0.1:10812 --sndbuf 16384
	start_logged nbdtool io /dev/nbd2 write 0 1048576
	port=$(tcp_ports_to 10812)
	sent=
	wait_until 20 queue_is_full "$port"
	read_file nbd2
	check_num "TCP: the kernel has bytes to send" "$sent" -gt 0
	check_fields "TCP" "$(socket_line 0)" family=inet state=established "unsent_bytes=$sent" unread_bytes=0
	kill -USR2 "$SERVER"
	wait_gone "$LOGGED"
	check_match "TCP: the write has ended well" "$(<"${LOG[LOGGED]}")" '^done write 0 1048576$'
	stop TERM "$CLIENT" "$SERVER"
}

# The send queue is not empty, and has stayed as it is.
queue_is_full() {
	local before=$sent
	sent=$(tcp_socket "$1" 10812 | awk '{ print $3 }')
	[ "$sent" -gt 0 ] && [ "$sent" = "$before" ]
}

half_send
check_blocked
check_pending
check_disconnect_stuck
check_tcp
check_state "at the end" nbd0 free no-config yes free
end
