#!/bin/bash
# desc: nbddiag why: each known pattern on a device that was made so, and on one that nearly is
# timeout: 150
# expect-kmsg: blocked for more than|Call Trace|Unsupported socket
. tests/cases/wedged.bash

retry_leak() {
	start_nbdtool_server "unix:$W/first"
	wedge nbd0 "unix:$W/first"
	check_looks "the server died" nbd0
	start_nbdtool_server "unix:$W/second"
	leave_sockets nbd0 2 "unix:$W/second"
	check_looks "attempts have left sockets" nbd0 retry-leak
	stop TERM "$HOLDER" "$SERVER"
}

dead_setup() {
	local alive
	start_nbdtool_server "unix:$W/setup"
	start_logged nbdtool attach /dev/nbd1 "unix:$W/setup" --no-start
	alive=$LOGGED
	check_looks "being set up" nbd1
	stop TERM "$alive"
	hold nbd1
	bounded 10 nbdtool set-sock /dev/nbd1 "unix:$W/setup" >/dev/null
	check_looks "set up by a task that has ended" nbd1 dead-setup
	stop TERM "$HOLDER" "$SERVER"
}

# Its server takes a read and lives. usage: hang_at DEVICE [NBDTOOL-ATTACH-OPTION...]
hang_at() {
	start_nbdtool_server "unix:$W/$1" --stall-reads
	attach "$1" "unix:$W/$1" "${@:2}"
	dd "if=/dev/$1" of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null &
	READER=$!
	wait_until 10 inflight_is "$1" 1
	sleep 1.5
}

requests() {
	local server reader
	hang_at nbd2 --timeout 1000
	check_looks "a request with a timeout" nbd2
	reader=$READER server=$SERVER
	pause "$server"
	check_looks "its server is stopped" nbd2 server-stopped
	kill -CONT "$server"
	kill -USR2 "$server"
	wait "$reader"
	stop TERM "$CLIENT" "$server"
	hang_at nbd3
	check_looks "a request without a timeout" nbd3 immortal-request
	server=$SERVER
	start_nbdtool_server "unix:$W/other"
	start_freezer nbd3 "unix:$W/other"
	check_looks "a freeze behind it" nbd3 freeze-behind-request immortal-request
	kill -USR2 "$server"
	wait "$READER" "$FREEZER" || :
	stop TERM "$CLIENT" "$server" "$SERVER"
}

# Whoever changes the queue waits too, and has not nbd's lock.
queue_change() {
	local setter
	hang_at nbd8
	echo none >/sys/block/nbd8/queue/scheduler &
	setter=$!
	wait_until 20 is_stuck "$setter"
	read_file nbd8
	check_eq "a change of the queue: nobody has nbd's lock" "$(key lock_holder)" -
	check_looks "a change of the queue behind a request" nbd8 freeze-behind-request immortal-request
	kill -USR2 "$SERVER"
	wait "$READER" "$setter"
	stop TERM "$CLIENT" "$SERVER"
}

bound() {
	start_nbdtool_server "unix:$W/netlink"
	attach_netlink 4 "unix:$W/netlink"
	hold nbd4
	check_looks "by netlink" nbd4
	# An ioctl gives back what netlink has, and leaves the mark.
	bounded 10 nbdtool clear /dev/nbd4
	wait_until 10 no_netlink_reference
	check_looks "without netlink's reference" nbd4 bound-without-reference
	stop TERM "$HOLDER" "$SERVER"
}

no_netlink_reference() {
	read_file nbd4
	[[ $(key kept_by) == *" netlink=0" ]]
}

# Some kernels take one of UDP. The log still has what the others said when the device is served by another socket.
socket_kind() {
	local udp
	exec {udp}<>/dev/udp/127.0.0.1/9
	bounded 10 nbdtool set-sock /dev/nbd6 "fd:$udp" >/dev/null 2>&1 || :
	exec {udp}>&-
	if kernel_says | grep -q 'block nbd6: Unsupported socket'; then
		check_looks "a socket of UDP" nbd6 socket-kind
	else
		check_looks "a socket of UDP, which this kernel takes" nbd6
	fi
	start_nbdtool_server "unix:$W/served"
	attach nbd6 "unix:$W/served"
	check_looks "a socket of unix after it" nbd6
	nbdtool disconnect /dev/nbd6
	wait_gone "$CLIENT"
	stop TERM "$SERVER"
}

wrong_volume() {
	local one other
	start_nbdtool_server "unix:$W/volume-a"
	one=$SERVER
	start_nbdtool_server "unix:$W/volume-b"
	other=$SERVER
	attach nbd7 "unix:$W/volume-a" "unix:$W/volume-a" --flags 0x100
	check_looks "two sockets of one server" nbd7
	nbdtool disconnect /dev/nbd7
	wait_gone "$CLIENT"
	attach nbd7 "unix:$W/volume-a" "unix:$W/volume-b" --flags 0x100
	check_looks "sockets of two servers" nbd7 wrong-volume
	nbdtool disconnect /dev/nbd7
	wait_gone "$CLIENT"
	stop TERM "$one" "$other"
}

begin
retry_leak
dead_setup
requests
queue_change
bound
socket_kind
wrong_volume
end
