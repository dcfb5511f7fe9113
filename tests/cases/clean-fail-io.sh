#!/bin/bash
# desc: the knob fails requests that hang: incident 2 on nbd, living readers, and when it must refuse
# timeout: 300
# also: bookworm trixie: nbd itself completes requests in another way on each
. tests/cases/clean.bash

begin_clean

# A device whose server has an image, and whose client leaves requests hanging when the server is killed.
# usage: serve_hanging DEVICE [ATTACH-OPTION...]
serve_hanging() {
	local device=$1
	shift
	rm -f "$W/sock.$device"
	truncate -s 16M "$W/image.$device"
	start_nbdtool_server "unix:$W/sock.$device" --image "$W/image.$device"
	SERVER_OF[$device]=$SERVER
	attach "$device" "unix:$W/sock.$device" --no-clear "$@"
	keep_requests_apart "$device"
}

# The server dies while it is stopped, and the client ends. usage: kill_server DEVICE
kill_server() {
	stop KILL "${SERVER_OF[$1]}"
	unset "SERVER_OF[$1]"
	wait_gone "$CLIENT"
}

# usage: check_right DEVICE (it can be attached, and what was written there before is there)
check_right() {
	local sum
	sum=$(sha256sum <"$W/image.$1")
	rm -f "$W/sock.$1"
	start_nbdtool_server "unix:$W/sock.$1" --image "$W/image.$1"
	attach "$1" "unix:$W/sock.$1"
	check_eq "$1: attached again: the volume as it was" "$(dd "if=/dev/$1" bs=1M iflag=direct 2>/dev/null | sha256sum)" "$sum"
	check "$1: attached again: data" bounded 30 knobtool verify "/dev/$1" 1 0 64
	stop TERM "$CLIENT" "$SERVER"
	wait_free "$1"
}

# --- incident 2 ---

incident2() {
	local flight
	serve_hanging nbd0
	check "incident 2: data before" bounded 30 knobtool verify /dev/nbd0 1 0 512
	stall nbd0
	aio_inflight nbd0 7 'name qemu-kvm' 'setup 16' 'open /dev/nbd0' 'offset 8192' 'read 0 3' 'write 0 4' ready
	kill_until_stuck "$AIO"
	kill_server nbd0
	check_eq "incident 2: where it sleeps" "$(function_of "$STUCK")" exit_aio
	flight=$(inflight_of nbd0)
	check_eq "incident 2: still in flight" "$flight" 7
	check_state "incident 2" nbd0 disconnected all-sockets-dead no started
	check_fields "incident 2" "$(key requests)" inflight=7
	check_refused "incident 2" nbd0 sockets nothing-to-do
	check_eq "incident 2: it still hangs" "$(proc_state "$STUCK")" D

	clean nbd0 fail-io
	check_write "incident 2" ok requests_failed=7
	note "it took $MS ms"
	check "incident 2: the task has gone" wait_until 10 is_gone "$AIO"
	check_eq "incident 2: nothing in flight" "$(inflight_of nbd0)" 0
	wait_free nbd0
	check_state "incident 2: nobody has it open" nbd0 free no-config yes free
	check_eq "incident 2: nobody has it open" "$(opens_of nbd0)" 0
	check_right nbd0
}

# --- readers and writers that live ---

# Two connections: the requests are in two queues.
living() {
	local processor pid users=() failed
	serve_hanging nbd1 --connections 2 --flags 0x101
	hold nbd1
	for processor in 0 1; do
		start_logged taskset -c $processor knobtool user /dev/nbd1 --offset $((65536 * (processor + 1)))
		users+=("$LOGGED")
		start_logged taskset -c $processor knobtool user /dev/nbd1 --offset $((524288 * (processor + 1)))
		users+=("$LOGGED")
	done
	stall nbd1
	kill -HUP "${users[0]}" "${users[2]}"
	kill -USR1 "${users[1]}" "${users[3]}"
	wait_inflight nbd1 4
	check_refused "living: the server is only stopped" nbd1 fail-io in-use
	check_eq "living: in flight" "$(inflight_of nbd1)" 4
	kill_server nbd1
	check_state "living" nbd1 disconnected all-sockets-dead no started
	check_eq "living: still in flight" "$(inflight_of nbd1)" 4

	clean nbd1 fail-io
	check_write "living" ok requests_failed=4
	for pid in "${users[@]}"; do
		wait_until 10 more_lines "${LOG[pid]}" 1 || :
		failed+="$(user_said "$pid"), "
	done
	check_eq "living: what they got" "$failed" "read: EIO, direct write: EIO, read: EIO, direct write: EIO, "
	check_both_refused "living: nothing left" nbd1 nothing-to-do
	check_state "living: still open" nbd1 disconnected all-sockets-dead no started
	tell "${users[0]}" HUP
	check_eq "living: a later read" "$SAID" "read: EIO"
	stop TERM "${users[@]}" "$HOLDER"
	wait_free nbd1
	check_right nbd1
}

# --- when it must refuse ---

# A request went to a stray socket. Only when that is shut can the queue be stopped without a danger.
sockets_open() {
	begin_fallback nbd2 --stall-reads
	hold nbd2
	use nbd2
	end_fallback
	check_state "sockets open" nbd2 orphaned starter-gone no started
	hang_read "$USER_PID" nbd2
	check_refused "sockets open" nbd2 fail-io sockets-open
	check_eq "sockets open: its server has not seen anything" "$(connections_of "$SERVER")" "made=1 ended=0"
	clean nbd2 sockets
	check_write "sockets open" ok sockets_shut=1
	check "sockets open: its server has seen the end" wait_until 20 connections_are "$SERVER" "made=1 ended=1"
	check_eq "sockets open: the reader still hangs" "$(inflight_of nbd2) $(user_said "$USER_PID")" "1 ready"
	clean nbd2 fail-io
	check_write "sockets shut" ok requests_failed=1
	check_user "sockets shut: what the reader got" "$USER_PID" "read: EIO"
	stop TERM "$USER_PID" "$HOLDER" "$SERVER"
	wait_free nbd2
	check_state "sockets shut: nobody has it open" nbd2 free no-config yes free
}

# Requests of a netlink device wait for another server, and get one.
reconnect_pending() {
	local first one two
	truncate -s 16M "$W/image"
	start_nbdtool_server "unix:$W/nl.first" --stall-reads
	first=$SERVER
	attach_netlink 4 "unix:$W/nl.first" --dead-timeout 600
	echo none >/sys/block/nbd4/queue/scheduler
	# nbd would send it again after 30 s, once there is another server.
	echo 600000 >/sys/block/nbd4/queue/io_timeout
	use nbd4
	one=$USER_PID
	use nbd4 --offset 65536
	two=$USER_PID
	hang_read "$one" nbd4
	stop KILL "$first"
	wait_key nbd4 recv_threads 0
	check_state "reconnect" nbd4 disconnected all-sockets-dead no started
	check_refused "reconnect: one hangs" nbd4 fail-io reconnect-pending
	# This one sleeps in nbd itself.
	kill -HUP "$two"
	wait_until 10 is_stuck "$two" || :
	check_match "reconnect: where it waits" "$(cat "/proc/$two/stack")" 'nbd_(handle_cmd|queue_rq)'
	check_refused "reconnect: one hangs, one waits" nbd4 fail-io reconnect-pending
	check_refused "reconnect" nbd4 sockets nothing-to-do
	start_nbdtool_server "unix:$W/nl.second" --image "$W/image"
	check "reconnect: another server" bounded 20 nbdtool nl-reconfigure 4 "unix:$W/nl.second"
	check_user "reconnect: the one that waited" "$two" "read: done"
	check_both_refused "reconnected" nbd4 in-use
	bounded 10 nbdtool nl-disconnect 4
	check_user "reconnect: the one that hung" "$one" "read: EIO"
	stop TERM "$one" "$two"
	wait_free nbd4
	stop TERM "$SERVER"
}

# A sender was interrupted in the middle of a request, on a socket that nobody reads. What nbd does with the rest
# differs: a kernel's worker sends it, and sits in that or tries again and again. All of it must end.
half_sent() {
	local begun=$SECONDS end soonest asked
	begin_fallback nbd3 --deaf
	hold nbd3
	use nbd3 --bytes 262144
	echo 128 >/sys/block/nbd3/queue/max_sectors_kb
	end_fallback
	kill -USR1 "$USER_PID"
	wait_until 20 is_sending
	check_sending
	# Only where the sender is the writer itself; it is a worker when the writer had to sleep before.
	if grep -q sock_alloc_send_pskb "/proc/$USER_PID/stack"; then
		kill -WINCH "$USER_PID"
		wait_until 20 grep -q ' pending=yes' "$NBDDIAG/nbd3"
	else
		note "half sent: a worker of the kernel sends"
	fi
	check_refused "half sent" nbd3 fail-io sockets-open
	begin_limit 100
	until more_lines "${LOG[USER_PID]}" 1; do
		if limit_is_over; then
			fail "half sent: the writer hangs"
			# nbd's own way, so that the guest is not spoilt.
			bounded 10 nbdtool clear /dev/nbd3 || :
			wait_until 10 more_lines "${LOG[USER_PID]}" 1 || :
			break
		fi
		clean nbd3 sockets
		check_one_of "half sent: sockets" "ok partial nothing-to-do"
		clean nbd3 fail-io
		check_one_of "half sent: fail-io" "ok partial nothing-to-do sockets-open"
		sleep 1
	done
	note "half sent: cured after $((SECONDS - begun)) s"
	check_eq "half sent: what the writer got" "$(user_said "$USER_PID")" "direct write: EIO"
	check_state "half sent" nbd3 disconnected all-sockets-dead no started
	check_keys "half sent" <<-EOF
		live_connections: 0
		requests: inflight=0 oldest_age_ns=- shown=0
	EOF
	stop TERM "$USER_PID" "$HOLDER" "$SERVER"
	wait_free nbd3
	check_state "half sent: nobody has it open" nbd3 free no-config yes free
}

check_sending() {
	read_file nbd3
	check_fields "half sent: the socket" "$(socket_line 1)" dead=no tx_lock=held
	check_fields "half sent: the other one" "$(socket_line 0)" dead=yes tx_lock=free
}

# usage: check_one_of WHAT REASONS
check_one_of() {
	local reason
	last_key reason
	reason=$VALUE
	note "$1: $reason in $MS ms: $(grep -E '_(shut|left|failed): ' <<<"$LAST" | xargs)"
	check_match "$1: $reason" " $2 " " $reason "
	check_eq "$1: errno" "$RESULT" "${ERROR_OF[$reason]:-}"
	check_num "$1: time (ms)" "${MS:-none}" -lt "$LIMIT"
}

incident2
living
if attempts_leave_sockets; then
	sockets_open
	half_sent
fi
reconnect_pending
end
