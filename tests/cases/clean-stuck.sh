#!/bin/bash
# desc: the knob where something hangs: stopped servers, senders, config_lock held for ever; cured or refused in time
# timeout: 300
. tests/cases/clean.bash

begin_clean

holder_is() { [[ $(bounded 5 sed -n 's/^lock_holder: //p' "$NBDDIAG/$1") == "pid=$2 "* ]]; }

# usage: wait_holder DEVICE PID
wait_holder() {
	wait_until 10 holder_is "$1" "$2" || die "$2 does not hold the lock of $1"
	read_file "$1"
	check_fields "$1: lock holder" "$(key lock_holder)" "pid=$2" state=D
}

# A writer of more than the socket takes, by a process that has the device open already. usage: stick USER
stick() {
	kill -USR1 "$1"
	wait_until 20 is_sending || die "the writer does not get stuck"
}

# --- in use: never touched ---

# A stopped server, and a device in use. Then somebody freezes its queue, with config_lock, and waits for that server.
stopped() {
	local holder
	start_nbdtool_server "unix:$W/stopped"
	attach nbd0 "unix:$W/stopped"
	use nbd0
	pause "$SERVER"
	hang_read "$USER_PID" nbd0
	check_both_refused "stopped server" nbd0 in-use
	start_freezer nbd0 "unix:$W/stopped"
	holder=$FREEZER
	wait_holder nbd0 "$holder"
	check_match "stopped, frozen: where it waits" "$(cat "/proc/$holder/stack")" 'blk_mq_freeze_queue_wait'
	check_refused "stopped, frozen" nbd0 sockets lock-held
	check_refused "stopped, frozen" nbd0 fail-io in-use
	check_eq "stopped, frozen: in flight" "$(inflight_of nbd0)" 1
	kill -CONT "$SERVER"
	wait_gone "$holder"
	check_user "stopped: what the reader got in the end" "$USER_PID" "read: done"
	stop TERM "$USER_PID" "$CLIENT" "$SERVER"
	wait_free nbd0
}

# NBD_DISCONNECT waits for the sender's lock, with config_lock.
disconnect_stuck() {
	local disconnecter
	start_nbdtool_server "unix:$W/disconnect" --deaf
	attach nbd1 "unix:$W/disconnect" --sndbuf 16384
	echo none >/sys/block/nbd1/queue/scheduler
	use nbd1 --bytes 262144
	stick "$USER_PID"
	nbdtool disconnect /dev/nbd1 &
	disconnecter=$!
	wait_holder nbd1 "$disconnecter"
	check_both_refused "NBD_DISCONNECT stuck" nbd1 lock-held
	check "NBD_DISCONNECT stuck: it is still there" in_state "$disconnecter" D
	stop KILL "$SERVER"
	wait_gone "$disconnecter"
	wait_gone "$CLIENT"
	check_user "NBD_DISCONNECT stuck: what the writer got" "$USER_PID" "direct write: EIO"
	stop TERM "$USER_PID"
	wait_free nbd1
}

# The client is killed: it waits for the sender's lock, without config_lock; the receiver still runs.
client_killed() {
	start_nbdtool_server "unix:$W/killed" --deaf
	attach nbd2 "unix:$W/killed" --sndbuf 16384
	echo none >/sys/block/nbd2/queue/scheduler
	use nbd2 --bytes 262144
	stick "$USER_PID"
	kill -KILL "$CLIENT"
	wait_until 20 is_stuck "$CLIENT" || :
	check_match "client killed: where it waits" "$(cat "/proc/$CLIENT/stack")" 'sock_shutdown'
	check_state "client killed" nbd2 disconnected shutting-down no in-use
	check_fields "client killed" "$(socket_line 0)" tx_lock=held
	check_both_refused "client killed" nbd2 receivers-running
	stop KILL "$SERVER"
	wait_gone "$CLIENT"
	check_user "client killed: what the writer got" "$USER_PID" "direct write: EIO"
	stop TERM "$USER_PID"
	wait_free nbd2
}

# --- orphaned, and somebody hangs ---

# A sender holds the lock of a stray socket whose server reads nothing.
sender_stuck() {
	begin_fallback nbd3 --deaf
	hold nbd3
	use nbd3 --bytes 262144
	end_fallback
	stick "$USER_PID"
	check_state "sender stuck" nbd3 orphaned starter-gone no started
	check_fields "sender stuck" "$(socket_line 1)" dead=no tx_lock=held file_refs=1
	check_refused "sender stuck" nbd3 fail-io sockets-open
	check "sender stuck: it is still there" is_sending
	clean nbd3 sockets
	check_write "sender stuck" ok sockets_shut=1
	note "sender stuck: it took $MS ms"
	check_user "sender stuck: what the writer got" "$USER_PID" "direct write: EIO"
	check "sender stuck: its server has seen the end" wait_until 20 connections_are "$SERVER" "made=1 ended=1"
	check_state "sender freed" nbd3 disconnected all-sockets-dead no started
	check_keys "sender freed" <<-EOF
		live_connections: 0
		requests: inflight=0 oldest_age_ns=- shown=0
	EOF
	check_fields "sender freed" "$(socket_line 1)" dead=yes shutdown=both tx_lock=free pending=no
	check_both_refused "sender freed" nbd3 nothing-to-do
	stop TERM "$USER_PID" "$HOLDER" "$SERVER"
	wait_free nbd3
}

# The same, but a netlink disconnect was tried first: it has config_lock and waits for the sender's lock.
netlink_stuck() {
	local disconnecter
	begin_fallback nbd4 --deaf
	hold nbd4
	use nbd4 --bytes 262144
	end_fallback
	stick "$USER_PID"
	nbdtool nl-disconnect 4 &
	disconnecter=$!
	wait_holder nbd4 "$disconnecter"
	check_match "netlink disconnect stuck: where it waits" "$(cat "/proc/$disconnecter/stack")" 'nbd_(genl_)?disconnect|send_disconnects'
	check_both_refused "netlink disconnect stuck" nbd4 lock-held
	check "netlink disconnect stuck: it is still there" in_state "$disconnecter" D
	check "netlink disconnect stuck: the sender is still there" is_sending
	stop KILL "$SERVER"
	wait_gone "$disconnecter"
	check_user "netlink disconnect stuck: what the writer got" "$USER_PID" "direct write: EIO"
	stop TERM "$USER_PID" "$HOLDER"
	wait_free nbd4
}

# --- config_lock held behind requests that hang ---

# Others wait behind it: NBD_CLEAR_SOCK for the lock, and a change of the scheduler for the queue.
frozen() {
	local reader holder waiter changer first before
	start_nbdtool_server "unix:$W/frozen.first" --stall-reads
	first=$SERVER
	attach nbd5 "unix:$W/frozen.first" --no-clear
	hold nbd5
	use nbd5
	reader=$USER_PID
	hang_read "$reader" nbd5
	stop KILL "$first"
	wait_gone "$CLIENT"
	start_nbdtool_server "unix:$W/frozen.second"
	start_freezer nbd5 "unix:$W/frozen.second"
	holder=$FREEZER
	wait_holder nbd5 "$holder"
	nbdtool clear /dev/nbd5 &
	waiter=$!
	wait_until 10 is_stuck "$waiter"
	(echo none >/sys/block/nbd5/queue/scheduler) &
	changer=$!
	wait_until 10 is_stuck "$changer" || note "the change of the scheduler does not wait"

	check_refused "frozen" nbd5 sockets lock-held
	note "frozen: refused in $MS ms"
	check_eq "frozen: they still wait" "$(proc_state "$holder")$(proc_state "$waiter") $(inflight_of nbd5)" "DD 1"
	interrupt_writer nbd5
	# For yesterday's state, also without the lock.
	before=$(shape_of nbd5)
	knob "nbd5 fail-io 0123456789abcdef"
	check_write "frozen: another generation" generation-changed
	check_eq "frozen: nothing has changed" "$(shape_of nbd5)" "$before"

	clean nbd5 fail-io
	check_write "frozen" ok requests_failed=1
	note "frozen: cured in $MS ms"
	check_user "frozen: what the reader got" "$reader" "read: EIO"
	check "frozen: the holder has returned" wait_until 10 is_gone "$holder"
	check "frozen: NBD_CLEAR_SOCK has returned" wait_until 10 is_gone "$waiter"
	check "frozen: the scheduler has changed" wait_until 10 is_gone "$changer"
	read_file nbd5
	check_keys "frozen: afterwards" <<-EOF
		consistent: yes
		lock_holder: -
		recv_threads: 0
		attachable: no
		requests: inflight=0 oldest_age_ns=- shown=0
	EOF
	# NBD_SET_SOCK had failed, or has left a socket.
	get_key state
	case $VALUE in
	orphaned)
		clean nbd5 sockets
		check_write "frozen: the socket that it left" ok sockets_shut=1
		;;
	*) check_eq "frozen: afterwards: state" "$VALUE" disconnected ;;
	esac
	stop TERM "$reader" "$HOLDER" "$SERVER"
	wait_free nbd5
	check_state "frozen: nobody has it open" nbd5 free no-config yes free
}

# A writer that waits for the lock can be killed.
interrupt_writer() {
	local pid last
	# shellcheck disable=SC2034
	last=$(<"$KNOB/last")
	start_writer knobtool knob "$1 sockets $(generation_of "$1")"
	pid=$WRITER
	sleep 0.3
	kill -KILL "$pid" 2>/dev/null || :
	check "a writer that waits can be killed" wait_until 5 is_gone "$pid"
	wait "$pid" 2>/dev/null || :
	LAST=$(<"$KNOB/last")
	last_key by
	get_field "$VALUE" pid
	if [ -s "$W/knob" ] || [ "$VALUE" != "$pid" ]; then
		note "the writer was killed before it wrote, or afterwards: $(<"$W/knob")"
		return
	fi
	TEXT=$LAST check_keys "killed" <<-EOF
		result: refused
		reason: interrupted
		errno: 4
	EOF
}

# Of a netlink device, whose own disconnect is nbd's way to fail what hangs. Its starter lives; on 5.10, at the address
# of one that has ended there may be any other task.
frozen_netlink() {
	local reader holder starter
	start_nbdtool_server "unix:$W/frozen.nl" --stall-reads
	start_logged nbdtool nl-connect 6 "unix:$W/frozen.nl" --stay
	starter=$LOGGED
	wait_started nbd6
	use nbd6
	reader=$USER_PID
	hang_read "$reader" nbd6
	stop KILL "$SERVER"
	wait_key nbd6 recv_threads 0
	check_state "netlink, server killed" nbd6 disconnected all-sockets-dead no started
	# Another size: some kernels freeze the queue for that.
	nbdtool nl-resize 6 33554432 >/dev/null 2>&1 &
	holder=$!
	if wait_until 3 holder_is nbd6 "$holder"; then
		check_match "netlink, frozen: where it waits" "$(cat "/proc/$holder/stack")" 'blk_mq_freeze_queue_wait'
		check_refused "netlink, frozen" nbd6 sockets lock-held
	else
		note "this kernel changes the size without a freeze"
		check_refused "netlink, not frozen" nbd6 sockets nothing-to-do
	fi
	clean nbd6 fail-io
	check_write "netlink, frozen" ok requests_failed=1
	check_user "netlink, frozen: what the reader got" "$reader" "read: EIO"
	check "netlink, frozen: the change has returned" wait_until 10 is_gone "$holder"
	bounded 10 nbdtool nl-disconnect 6
	stop TERM "$reader" "$starter"
	wait_free nbd6
}

stopped
disconnect_stuck
client_killed
if attempts_leave_sockets; then
	sender_stuck
	netlink_stuck
fi
frozen
frozen_netlink
end
