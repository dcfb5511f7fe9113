#!/bin/bash
# desc: whatever the knob does, an old descriptor never reaches another volume, and keeps the device from being attached
# timeout: 240
. tests/cases/clean.bash

# A process opens volume 1 for writing. The device is wedged, and cleaned. Every way to attach volume 2 must fail
# as long as that process has it open; if one did not, the old descriptor would write into volume 2.
begin_clean
dd if=/dev/urandom of="$W/volume1" bs=1M count=4 2>/dev/null
dd if=/dev/urandom of="$W/volume2" bs=1M count=4 2>/dev/null
SUM2=$(sha256sum <"$W/volume2")

# The servers of volume 2: with negotiation for the real clients, without it for ours.
start_qemu_nbd "$W/volume2.nbd" "$W/volume2"
QEMU_SERVER=$SERVER
start_nbdtool_server "unix:$W/volume2.raw" --image "$W/volume2"
RAW_SERVER=$SERVER

no_qemu_client() { [ "$(pgrep -r R,S,D -x qemu-nbd | xargs)" = "$QEMU_SERVER" ]; }

# --- attempts -----------------------------------------------------------------------------------------
# One that works stays for a while.

by_nbd_client_ioctl() { bounded 15 nbd-client -nofork -nonetlink -unix "$W/volume2.nbd" "/dev/$1"; }
by_nbd_client_netlink() { bounded 15 nbd-client -unix "$W/volume2.nbd" "/dev/$1"; }
by_nbdtool() { bounded 15 nbdtool attach "/dev/$1" "unix:$W/volume2.raw"; }
by_netlink() { bounded 15 nbdtool nl-connect "${1#nbd}" "unix:$W/volume2.raw"; }
by_reconfigure() { bounded 15 nbdtool nl-reconfigure "${1#nbd}" "unix:$W/volume2.raw"; }

# Its first process exits with 0 all the same.
by_qemu_nbd() { bounded 15 qemu-nbd -f raw -c "/dev/$1" "$W/volume2"; }

# The old descriptor cannot write. usage: check_old WHAT
check_old() {
	tell "$OLD" USR1
	check_match "$1: a direct write by the old descriptor" "$SAID" '^direct write: E(IO|NOSPC)$'
	tell "$OLD" USR2
	check_match "$1: a cached write by the old descriptor" "$SAID" '^cached write: E(IO|NOSPC)$'
	tell "$OLD" HUP
	check_match "$1: a read by the old descriptor" "$SAID" '^read: (EIO|short)$'
	check_eq "$1: volume 2 is as it was" "$(sha256sum <"$W/volume2")" "$SUM2"
}

# usage: check_attempts WHAT DEVICE
check_attempts() {
	local way status generation pid
	generation=$(generation_of "$2")
	for way in by_nbdtool by_netlink by_reconfigure by_nbd_client_ioctl by_nbd_client_netlink by_qemu_nbd; do
		status=0
		$way "$2" >"$W/attempt" 2>&1 &
		pid=$!
		wait_until 10 is_gone "$pid" || fail "$1: $way has attached it"
		check_old "$1: $way"
		wait "$pid" || status=$?
		wait_until 20 no_qemu_client || fail "$1: $way has attached it: qemu-nbd stays"
		note "$1: $way: status $status: $(tail -n 1 "$W/attempt")"
		case $way in
		# These may exit with 0 all the same.
		by_qemu_nbd | by_nbdtool | by_nbd_client_ioctl) ;;
		*) check_num "$1: $way fails" "$status" -gt 0 ;;
		esac
		[ "$way" != by_nbdtool ] || check_match "$1: $way fails" "$(<"$W/attempt")" 'busy'
		read_file "$2"
		check_keys "$1: $way" <<-EOF
			recv_threads: 0
			attachable: no
			generation: $generation
		EOF
	done
	wait_until 10 opens_are "$2" "$OPENS" || fail "$1: $(opens_of "$2") have $2 open, not $OPENS"
}

# The last holder goes: then volume 2 can be attached and is intact. usage: check_afterwards WHAT DEVICE
check_afterwards() {
	stop TERM "$OLD"
	wait_free "$2"
	check_state "$1: the old process has gone" "$2" free no-config yes free
	check_eq "$1: volume 2 before" "$(sha256sum <"$W/volume2")" "$SUM2"
	attach_nbd_client "$2" -unix "$W/volume2.nbd"
	check_eq "$1: volume 2 attached" "$(dd "if=/dev/$2" bs=1M iflag=direct 2>/dev/null | sha256sum)" "$SUM2"
	bounded 20 nbd-client -d "/dev/$2" >/dev/null
	wait_gone "$CLIENT"
	check_eq "$1: volume 2 afterwards" "$(sha256sum <"$W/volume2")" "$SUM2"
	wait_free "$2"
}

# --- wedged as in incident 1 --------------------------------------------------------------------------

leave_and_shut() {
	check "attempts" leave_sockets nbd3 5 "unix:$W/stray"
	check_state "wedged" nbd3 orphaned disconnected-with-sockets no started
	check_old "wedged"
	clean nbd3 sockets
	check_write "wedged" ok sockets_shut=5
}

# The attempts have left sockets.
clean_again() {
	read_file nbd3
	get_key state
	check_eq "attempts leave sockets, as before" "$VALUE" orphaned
	clean nbd3 sockets
	last_key result
	check_eq "cleaned again" "$VALUE" "done"
	check_old "cleaned again"
}

wedged() {
	start_nbdtool_server "unix:$W/volume1.raw" --image "$W/volume1"
	attach nbd3 "unix:$W/volume1.raw" --size 4194304
	use nbd3
	OLD=$USER_PID
	OPENS=$(opens_of nbd3)
	OPENS=$((OPENS - 1))
	tell "$OLD" USR1
	check_eq "volume 1: the descriptor writes" "$SAID" "direct write: done"
	check_eq "volume 1: what it has written" "$(head -c 4096 "$W/volume1" | tr -d '\356' | wc -c)" 0
	stop KILL "$SERVER"
	wait_gone "$CLIENT"
	start_nbdtool_server "unix:$W/stray"
	if attempts_leave_sockets; then
		leave_and_shut
	else
		check_fails "an attempt" bounded 20 nbdtool strays /dev/nbd3 1 "unix:$W/stray"
		clean nbd3 sockets
		check_write "nothing is left there" nothing-to-do
	fi
	check_state "cleaned" nbd3 disconnected all-sockets-dead no started
	check_old "cleaned"
	check_attempts "cleaned" nbd3

	! attempts_leave_sockets || clean_again
	stop TERM "$SERVER"
	check_afterwards "wedged" nbd3
}

# --- with a request in flight -------------------------------------------------------------------------

# The read goes to a stray where nbd takes one, and to the server that is killed where it does not.
in_flight() {
	local reader stalls=
	rm -f "$W/volume1.raw"
	if attempts_leave_sockets; then
		start_nbdtool_server "unix:$W/stalls" --stall-reads
		stalls=$SERVER
		start_nbdtool_server "unix:$W/volume1.raw" --image "$W/volume1"
		attach nbd4 "unix:$W/volume1.raw" --size 4194304 --no-clear --then "unix:$W/stalls"
	else
		start_nbdtool_server "unix:$W/volume1.raw" --image "$W/volume1" --stall-reads
		attach nbd4 "unix:$W/volume1.raw" --size 4194304 --no-clear
	fi
	use nbd4
	OLD=$USER_PID
	use nbd4 --offset 65536
	reader=$USER_PID
	OPENS=$(opens_of nbd4)
	OPENS=$((OPENS - 1))
	tell "$OLD" USR1
	check_eq "in flight: the descriptor writes" "$SAID" "direct write: done"
	[ -n "$stalls" ] || kill -HUP "$reader"
	[ -n "$stalls" ] || wait_inflight nbd4 1
	stop KILL "$SERVER"
	wait_gone "$CLIENT"
	if [ -n "$stalls" ]; then
		hang_read "$reader" nbd4
		clean nbd4 sockets
		check_write "in flight" ok sockets_shut=1
	fi
	clean nbd4 fail-io
	check_write "in flight" ok requests_failed=1
	check_user "in flight: what the reader got" "$reader" "read: EIO"
	check_old "in flight: cleaned"
	check_attempts "in flight: cleaned" nbd4
	stop TERM "$reader"
	[ -z "$stalls" ] || stop TERM "$stalls"
	check_afterwards "in flight" nbd4
}

wedged
in_flight
stop TERM "$QEMU_SERVER" "$RAW_SERVER"
end
