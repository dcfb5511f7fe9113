#!/bin/bash
# desc: a client between its first socket and the start, alive or dead; what was left half set up
# timeout: 60
. tests/cases/lib.bash

begin
start_nbdtool_server "unix:$W/sock"
start_nbdtool_server tcp:127.0.0.1:10811
TCP_SERVER=$SERVER

# An attempt of somebody else must fail as "attachable: no" says. (strays wants SET_SOCK to work.)
check_refused() { check_fails "$1: an attempt fails" bounded 10 nbdtool strays "/dev/$2" 1 "unix:$W/sock"; }

# A connection on descriptor $tcp, which KEEPER will have alone after close_tcp.
open_tcp() {
	exec {tcp}<>/dev/tcp/127.0.0.1/10811
	sleep 600 &
	KEEPER=$!
}

close_tcp() { exec {tcp}>&-; }

# The client is alive and will start the device.
alive() {
	start_logged nbdtool attach /dev/nbd0 "unix:$W/sock" --no-start
	check_state "client alive" nbd0 setup setup-task-alive no being-set-up
	check_keys "client alive" <<-EOF
		openers: 1
		config_refs: 1
		num_connections: 1
		live_connections: 1
		recv_threads: 0
		runtime_flags: 0x0
		sockets: total=1 counted=1 dead=0 live=1 held=1 shown=1
		attached_task: -
		capacity_bytes: $(capacity_of nbd0)
		config_size_bytes: 16777216
	EOF
	check_fields "client alive: setup task" "$(key setup_task)" "pid=$LOGGED" "tgid=$LOGGED" \
		'comm="nbdtool"' "state=$(proc_state "$LOGGED")" has_device_open=yes
	check_refused "client alive" nbd0
	stop TERM "$LOGGED"
	check_state "client ended" nbd0 free no-config yes free
}

# A server that speaks first, and nobody who reads: the greeting of the negotiation.
greeted() {
	local inode
	start_nbdkit 1M -U "$W/nbdkit"
	start_logged nbdtool attach /dev/nbd0 "unix:$W/nbdkit" --no-start
	inode=$(socket_inodes "$LOGGED")
	wait_until 10 unix_unread_is "$inode" 18
	read_file nbd0
	check_fields "greeted" "$(socket_line 0)" "inode=$inode" unread_bytes=18 unsent_bytes=0 \
		"peer_pid=$SERVER" 'peer_comm="nbdkit"'
	stop TERM "$LOGGED" "$SERVER"
}

unix_unread_is() { [ "$(unix_unread "$1")" = "$2" ]; }

# The client died; another opener keeps what it left.
dead() {
	hold nbd1
	check "a client ends after NBD_SET_SOCK" bounded 10 nbdtool set-sock /dev/nbd1 "unix:$W/sock" >/dev/null
	check_state "client dead" nbd1 orphaned starter-gone no setup-task-set
	check_match "client dead: setup task" "$(key setup_task)" '^gone$|has_device_open=no$'
	check_keys "client dead" <<-EOF
		openers: 1
		num_connections: 1
		live_connections: 1
		runtime_flags: 0x0
		sockets: total=1 counted=1 dead=0 live=1 held=0 shown=1
	EOF
	check_fields "client dead" "$(socket_line 0)" file_refs=1 peer_exists=yes 'own_comm=-(gone)'
	check_refused "client dead" nbd1
	# Or the new process happens to have the address of the dead one, and gets one step further.
	check_match "as the kernel says" "$(kernel_says)" \
		'block nbd1: (Device being setup by another task|server does not support multiple connections)'
	stop TERM "$HOLDER"
	check_state "last close" nbd1 free no-config yes free
}

# The client lives, but has closed the device: that its address is the recorded one proves nothing.
closed() {
	hold nbd2
	start_logged nbdtool set-sock /dev/nbd2 "unix:$W/sock" --stay
	wait_until 10 grep -q '^set' "${LOG[LOGGED]}"
	wait_until 10 opens_are nbd2 1
	read_file nbd2
	check_fields "device closed: setup task" "$(key setup_task)" "pid=$LOGGED" has_device_open=no
	check_keys "device closed" <<-EOF
		openers: 1
		attachable: no
		attachable_reason: setup-task-set
		sockets: total=1 counted=1 dead=0 live=1 held=1 shown=1
	EOF
	check_state "device closed" nbd2 unknown starter-gone-sockets-held no setup-task-set
	check_refused "device closed" nbd2
	stop TERM "$LOGGED" "$HOLDER"
}

# The client died, but handed its socket on before.
handed_on() {
	hold nbd3
	open_tcp
	check "a client ends after NBD_SET_SOCK" bounded 10 nbdtool set-sock /dev/nbd3 "fd:$tcp" >/dev/null
	close_tcp
	check_state "socket handed on" nbd3 unknown starter-gone-sockets-held no setup-task-set
	check_keys "socket handed on" <<<"sockets: total=1 counted=1 dead=0 live=1 held=1 shown=1"
	check_fields "socket handed on" "$(socket_line 0)" family=inet file_refs=2 \
		"inode=$(socket_inodes "$KEEPER")"
	stop TERM "$KEEPER"
	check_state "socket given up" nbd3 orphaned starter-gone no setup-task-set
	stop TERM "$HOLDER"
}

# NBD_SET_SOCK, then NBD_CLEAR_SOCK: never started, and a dead socket that spoils the next start.
cleared() {
	hold nbd4
	start_logged nbdtool attach /dev/nbd4 "unix:$W/sock" --no-start
	check "the socket is cleared" bounded 10 nbdtool clear /dev/nbd4
	stop TERM "$LOGGED"
	check_state "cleared" nbd4 disconnected all-sockets-dead no leftover-sockets
	check_keys "cleared" <<-EOF
		runtime_flags: $(runtime_flags_text 4)
		setup_task: -
		attached_task: -
		live_connections: 0
		sockets: total=1 counted=1 dead=1 live=0 held=0 shown=1
	EOF
	check_refused "cleared" nbd4
	stop TERM "$HOLDER"
}

# The same, and a client with CAN_MULTI_CONN: nbd accepts it, and starts the device with what is left over. It is still
# marked as disconnected, so that requests on the queue of the dead socket fail. One without that flag is refused.
cleared_and_attached() {
	hold nbd6
	start_logged nbdtool attach /dev/nbd6 "unix:$W/sock" --no-start
	bounded 10 nbdtool clear /dev/nbd6
	stop TERM "$LOGGED"
	check_state "cleared, again" nbd6 disconnected all-sockets-dead no leftover-sockets
	attach nbd6 "unix:$W/sock" --flags 0x101
	check_eq "with CAN_MULTI_CONN it is accepted: the kernel's pid" "$(</sys/block/nbd6/pid)" "$CLIENT"
	wait_key nbd6 recv_threads 1
	check_state "started with what is left" nbd6 disconnected shutting-down no in-use
	check_keys "started with what is left" <<-EOF
		runtime_flags: $(runtime_flags_text 12)
		num_connections: 2
	EOF
	check_eq "one of its queues answers, one does not" "$(for cpu in 0 1; do
		taskset -c $cpu dd if=/dev/nbd6 of=/dev/null bs=4096 count=1 iflag=direct 2>/dev/null && echo ok || echo failed
	done | sort | tr '\n' ' ')" "failed ok "
	bounded 10 nbdtool disconnect /dev/nbd6
	stop TERM "$CLIENT" "$HOLDER"
}

# A process keeps the sockets of a device that was disconnected.
held() {
	local why
	hold nbd5
	if attempts_leave_sockets; then
		attach nbd5 "unix:$W/sock"
		bounded 10 nbdtool disconnect /dev/nbd5
		wait_gone "$CLIENT"
		why="started"
	else
		start_logged nbdtool attach /dev/nbd5 "unix:$W/sock" --no-start
		bounded 10 nbdtool clear /dev/nbd5
		stop TERM "$LOGGED"
		why="leftover-sockets"
	fi
	open_tcp
	bounded 10 nbdtool set-sock /dev/nbd5 "fd:$tcp" >/dev/null
	close_tcp
	bounded 10 nbdtool clear /dev/nbd5
	check_state "disconnected, socket held" nbd5 disconnected sockets-held no "$why"
	check_keys "disconnected, socket held" <<<"sockets: total=2 counted=2 dead=1 live=1 held=1 shown=2"
	# Its server goes: nothing has read that yet.
	stop KILL "$TCP_SERVER"
	read_file nbd5
	check_fields "server gone" "$(socket_line 1)" dead=no state=close-wait shutdown=recv peer_exists=no
	check_fields "server gone: the dead one" "$(socket_line 0)" dead=yes shutdown=both
	stop TERM "$KEEPER"
	check_state "disconnected, socket given up" nbd5 orphaned disconnected-with-sockets no "$why"
	stop TERM "$HOLDER"
}

alive
greeted
dead
closed
handed_on
cleared
cleared_and_attached
held
end
