#!/bin/bash
# desc: an nbd device that qemu-nbd can no longer attach, made by real programs
# timeout: 60
. tests/cases/lib.bash

# An opener stays; the server is killed; the client ends and leaves flags 12; every "qemu-nbd -c" then exits
# with 0 and leaves one more socket, whose other end is qemu-nbd's own server. From 7.3 on it fails and leaves none.
begin

truncate -s 5M "$W/image"
start_qemu_nbd "$W/first" "$W/image"
attach_nbd_client nbd7 -unix "$W/first"
hold nbd7
stop KILL "$SERVER"
wait_gone "$CLIENT"
check_state "server killed" nbd7 disconnected all-sockets-dead no started

# Waits until its own client has failed and all of it has ended.
attempt() {
	if attempts_leave_sockets; then
		check "attempt $1 exits with 0" bounded 20 qemu-nbd -f raw -c /dev/nbd7 "$W/image"
	else
		check_fails "attempt $1" bounded 20 qemu-nbd -f raw -c /dev/nbd7 "$W/image"
	fi
	wait_until 20 no_qemu_nbd || die "qemu-nbd stays"
}

strays=0 state="disconnected all-sockets-dead" agree=yes
! attempts_leave_sockets || strays=3 state="orphaned disconnected-with-sockets" agree=no
for i in 1 2 3; do
	attempt $i
done
# shellcheck disable=SC2086 # two words
check_state "after three attempts" nbd7 $state no started
check_keys "after three attempts" <<-EOF
	openers: $(opens_of nbd7)
	config_refs: 1
	kept_by: openers=1 receivers=0 netlink=0
	runtime_flags: $(runtime_flags_text 12)
	num_connections: $((1 + strays))
	live_connections: $strays
	recv_threads: 0
	peers_agree: $agree
	peers_differing: $strays
	sockets: total=$((1 + strays)) counted=$((1 + strays)) dead=1 live=$strays held=0 shown=$((1 + strays))
EOF
check_fields "the first socket" "$(socket_line 0)" dead=yes peer_exists=no file_refs=1 \
	"peer=path:\"$W/first\""
for ((i = 1; i <= strays; i++)); do
	check_fields "stray $i" "$(socket_line $i)" dead=no peer_exists=no file_refs=1 shutdown=both \
		state=established 'peer=path:"/var/lock/qemu-nbd-nbd7"' 'peer_comm=-(gone)'
done

# Disconnecting drops nothing.
bounded 10 qemu-nbd -d /dev/nbd7 >/dev/null 2>&1 || note "qemu-nbd -d: $?"
# shellcheck disable=SC2086 # two words
check_state "disconnected" nbd7 $state no started
check_keys "disconnected" <<-EOF
	runtime_flags: $(runtime_flags_text 14)
	num_connections: $((1 + strays))
	live_connections: $strays
EOF

# The opener's going does.
stop TERM "$HOLDER"
check_state "last close" nbd7 free no-config yes free
bounded 20 qemu-nbd -f raw -c /dev/nbd7 "$W/image"
wait_started nbd7
check_state "qemu-nbd attaches again" nbd7 connected receivers-running no in-use
bounded 10 qemu-nbd -d /dev/nbd7 >/dev/null
wait_until 10 opens_are nbd7 0

# The other course: qemu-nbd itself is killed. Its server and its client are one process.
bounded 20 qemu-nbd -f raw -c /dev/nbd7 "$W/image"
wait_started nbd7
hold nbd7
pkill -KILL -x qemu-nbd
wait_until 20 no_qemu_nbd
check_state "qemu-nbd killed" nbd7 disconnected all-sockets-dead no started
check_match "qemu-nbd killed: setup task" "$(key setup_task)" '^gone$|has_device_open=no$'
check_keys "qemu-nbd killed" <<<"runtime_flags: $(runtime_flags_text 12)"
status=0
bounded 20 qemu-nbd -f raw -c /dev/nbd7 "$W/image" >/dev/null 2>&1 || status=$?
wait_until 20 no_qemu_nbd
if ! attempts_leave_sockets; then
	check_state "refused" nbd7 disconnected all-sockets-dead no started
	check_keys "refused" <<<"num_connections: 1"
elif grep -q 'block nbd7: Device being setup by another task' <<<"$(kernel_says)"; then
	check_eq "refused: exit status of qemu-nbd" "$status" 1
	check_state "refused" nbd7 disconnected all-sockets-dead no started
	check_keys "refused" <<<"num_connections: 1"
else
	note "the new qemu-nbd has the address of the killed one, so it was not refused"
	check_state "not refused" nbd7 orphaned disconnected-with-sockets no started
	check_keys "not refused" <<<"num_connections: 2"
fi
stop TERM "$HOLDER"
check_state "last close" nbd7 free no-config yes free
end
