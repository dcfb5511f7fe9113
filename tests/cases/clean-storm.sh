#!/bin/bash
# desc: the knob under concurrent attach, detach, read, kill, and rmmod of both modules
# timeout: 300
# expect-kmsg: blk_update_request: I/O error|Buffer I/O error
. tests/cases/storm.bash

# Two writers try both actions on all devices all the time, with the generation of the moment. Meanwhile some
# devices are wedged, others get requests that hang, which only the knob ends, and others are healthy: their I/O is
# verified, and must never fail.
ROUND=8
DEVICES="nbd0 nbd1 nbd2 nbd3 nbd4 nbd5 nbd6"

# usage: start_writers NUMBER   (and as many readers)
start_writers() {
	local i
	writers=() readers=()
	for ((i = 0; i < $1; i++)); do
		# shellcheck disable=SC2086 # several
		knobtool loop 150 $DEVICES >"$W/writer.$i" 2>&1 &
		writers+=($!)
		stormtool read --limit $HELD_UP 1000 "$NBDDIAG" >"$W/reader.$i" 2>&1 &
		readers+=($!)
	done
}

# usage: check_writers WHAT LEAST
check_writers() {
	local i status
	kill "${writers[@]}" "${readers[@]}"
	for i in "${!writers[@]}"; do
		wait_until 30 is_gone "${writers[i]}" || die "$1: writer $i hangs: $(cat "/proc/${writers[i]}/stack")"
		status=0
		wait "${writers[i]}" || status=$?
		check_eq "$1: writer $i" "$status" 0
		note "$1: writer $i: $(<"$W/writer.$i")"
		get_field "$(<"$W/writer.$i")" writes
		check_num "$1: writer $i: writes" "${VALUE:-0}" -gt "$2"
		get_field "$(<"$W/writer.$i")" slowest_ms
		# It may have waited for the other one's command.
		check_num "$1: writer $i: slowest (ms)" "${VALUE:-99999}" -lt $((2 * LIMIT))
		status=0
		wait "${readers[i]}" || status=$?
		check_eq "$1: reader $i" "$status" 0
		note "$1: reader $i: $(<"$W/reader.$i")"
	done
}

# --- what happens meanwhile ---

wedge_nbd0() { wedge_once nbd0; }

# Stays wedged for a round, and gets more and more strays. What nbd counts must be right in the end.
begin_nbd6() {
	leave_strays nbd6 1
	STRAY_HOLDER=$HOLDER STRAY_SERVER=$SERVER
}

strays_nbd6() { leave_sockets nbd6 20 "unix:$W/nbd6.second"; }

# usage: end_nbd6 WHAT
end_nbd6() {
	clean nbd6 sockets
	read_file nbd6
	check_keys "$1: the one with many strays" <<-EOF
		state: disconnected
		state_reason: all-sockets-dead
		consistent: yes
		recv_threads: 0
		live_connections: 0
	EOF
	get_key num_connections
	note "$1: nbd6 had $VALUE sockets"
	check_eq "$1: their servers have seen the end" "$(connections_of "$STRAY_SERVER")" \
		"made=$((VALUE - 1)) ended=$((VALUE - 1))"
	stop TERM "$STRAY_HOLDER" "$STRAY_SERVER"
}

hang_nbd1() { hang_once nbd1; }

# Both: a sender is stuck on a stray socket. Ended by "sockets".
stick_nbd2() {
	local holder user
	begin_fallback nbd2 --deaf
	hold nbd2
	holder=$HOLDER
	use nbd2 --bytes 262144
	user=$USER_PID
	end_fallback
	kill -USR1 "$user"
	wait_until 40 more_lines "${LOG[user]}" 1 || die "nbd2: the writer is still stuck"
	[ "$(user_said "$user")" = "direct write: EIO" ] || die "nbd2: the writer got: $(user_said "$user")"
	stop TERM "$user" "$holder"
	stop KILL "$SERVER"
}

# Healthy: what is written and read back there must be right, whatever is written to the knob. By ioctl and by netlink.
# One connection each: where the kernel cannot make a worker at once, the rescuer of nbd's workqueue takes all receivers
# that wait, and runs the second when the first has ended. What was sent over the others then times out, by nbd alone.
healthy_nbd3() {
	local client
	nbdtool attach /dev/nbd3 "unix:$W/healthy3" >/dev/null 2>&1 &
	client=$!
	wait_until 20 has_capacity nbd3 || die "nbd3 is not attached"
	bounded 30 knobtool verify /dev/nbd3 2 0 256 || die "nbd3: I/O has failed"
	kill "$client"
	wait_gone "$client"
}

healthy_nbd4() {
	wait_until 10 nbdtool nl-connect 4 "unix:$W/healthy4"
	bounded 30 knobtool verify /dev/nbd4 2 0 256 || die "nbd4: I/O has failed"
	bounded 20 nbdtool nl-disconnect 4
}

# Attached at once and again; the receivers' end and the writers meet in all moments.
flicker_nbd5() {
	local client
	nbdtool attach /dev/nbd5 "unix:$W/flicker" >/dev/null 2>&1 &
	client=$!
	wait_until 10 has_capacity nbd5 || :
	kill -KILL "$client"
	wait_gone "$client"
}

# Writers that are killed in the middle.
killed_writers() {
	local pid
	# shellcheck disable=SC2086 # several
	knobtool loop 10 $DEVICES >/dev/null 2>&1 &
	pid=$!
	sleep "0.$((RANDOM % 9 + 1))"
	kill -KILL "$pid"
	wait_gone "$pid"
}

nbd_goes_and_comes() {
	wait_until 20 rmmod nbd || return 1
	modprobe nbd max_part=0 nbds_max=7
	hold nbd0
	bounded 20 nbdtool set-sock /dev/nbd0 "unix:$W/flicker" >/dev/null
	stop TERM "$HOLDER"
}

start_healthy() {
	truncate -s 16M "$W/image3" "$W/image4"
	start_nbdtool_server "unix:$W/healthy3" --image "$W/image3"
	start_nbdtool_server "unix:$W/healthy4" --image "$W/image4"
	start_nbdtool_server "unix:$W/flicker"
}

# Of incident 1 and the others nothing is left. usage: check_all_free WHAT
check_all_free() {
	local device
	for device in $DEVICES; do
		wait_free "$device"
		check_file_line "$1: $device" "$NBDDIAG/$device" '^state: free$'
	done
}

load_nbd max_part=0 nbds_max=7
load_nbddiag allow_cleanup=1
prove_layout needed nbd6
start_healthy

begin_nbd6
start_writers 2
loops=(wedge_nbd0 hang_nbd1 healthy_nbd3 healthy_nbd4 flicker_nbd5 strays_nbd6 killed_writers)
! attempts_leave_sockets || loops+=(stick_nbd2)
repeat_all "storm" $ROUND "${loops[@]}"
check_writers "storm" 20
end_nbd6 "storm"
check_all_free "storm"

begin_nbd6
# With more of them some file of it would be open at nearly any moment.
start_writers 1
loops=(nbddiag_goes_and_comes wedge_nbd0 healthy_nbd3 healthy_nbd4 strays_nbd6)
# Without BTF of nbd, each load forgets what devices have proved, and requests are failed only where that is known.
[ ! -e /sys/kernel/btf/nbd ] || loops+=(hang_nbd1)
repeat_all "rmmod nbddiag" $ROUND "${loops[@]}"
check_writers "rmmod nbddiag" 5
[ -d /sys/module/nbddiag ] || load_nbddiag allow_cleanup=1
# It may have come this moment, and nbd6 alone does not prove how many receivers there are.
prove_layout needed nbd5
end_nbd6 "rmmod nbddiag"
check_all_free "rmmod nbddiag"

wait_until 20 rmmod nbd
modprobe nbd max_part=0 nbds_max=7
start_writers 2
repeat_all "rmmod nbd" $ROUND nbd_goes_and_comes killed_writers
check_writers "rmmod nbd" 5
check_all_free "rmmod nbd"
end
