#!/bin/bash
# desc: the server is killed: with and without somebody who has the device open
# timeout: 60
. tests/cases/lib.bash

begin
truncate -s 5M "$W/image"

# Nobody else: the client ends, and with it the configuration.
start_qemu_nbd "$W/alone" "$W/image"
attach_nbd_client nbd0 -unix "$W/alone"
stop KILL "$SERVER"
wait_gone "$CLIENT"
check_state "nobody has it open" nbd0 free no-config yes free

# An opener keeps the configuration with its one dead socket.
start_qemu_nbd "$W/held" "$W/image"
attach_nbd_client nbd1 -unix "$W/held"
read_file nbd1
inode=$(field "$(socket_line 0)" inode)
check_eq "the client has the socket" "$(socket_inodes "$CLIENT")" "$inode"
hold nbd1
stop KILL "$SERVER"
wait_gone "$CLIENT"
check_state "held" nbd1 disconnected all-sockets-dead no started
check_keys "held" <<-EOF
	openers: 1
	config_refs: 1
	kept_by: openers=1 receivers=0 netlink=0
	runtime_flags: $(runtime_flags_text 12)
	num_connections: 1
	live_connections: 0
	recv_threads: 0
	capacity_bytes: $(capacity_of nbd1)
	setup_task: -
	peers_agree: yes
	sockets: total=1 counted=1 dead=1 live=0 held=0 shown=1
EOF
check_fields "held" "$(socket_line 0)" dead=yes shutdown=both file_refs=1 "inode=$inode" \
	state=established peer_exists=no "peer=path:\"$W/held\"" "peer_pid=$SERVER" 'peer_comm=-(gone)' \
	"own_pid=$CLIENT" 'own_comm=-(gone)'
check_match "attached task" "$(key attached_task)" "^gone( pid=$CLIENT)?\$|has_device_open=no\$"
check_fields "devices" "$(read_file devices; device_line nbd1)" state=disconnected live=0 dead=1 config_refs=1

# "started" is true: an attach gets EBUSY, and leaves its socket behind; from 7.3 on it leaves nothing.
start_qemu_nbd "$W/again" "$W/image"
if attempts_leave_sockets; then
	check "an attempt to attach gets EBUSY" bounded 10 nbdtool strays /dev/nbd1 1 "unix:$W/again"
	check_state "after an attempt" nbd1 orphaned disconnected-with-sockets no started
	check_keys "after an attempt" <<-EOF
		num_connections: 2
		live_connections: 1
		peers_agree: no
		peers_differing: 1
		sockets: total=2 counted=2 dead=1 live=1 held=0 shown=2
	EOF
else
	check_fails "an attempt to attach" bounded 10 nbdtool set-sock /dev/nbd1 "unix:$W/again"
	check_match "nbd says why" "$(kernel_says)" 'block nbd1: Cannot add socket to a running device'
	check_state "after an attempt" nbd1 disconnected all-sockets-dead no started
	check_keys "after an attempt" <<<"num_connections: 1"
fi
stop TERM "$HOLDER"
check_state "last close" nbd1 free no-config yes free
attach_nbd_client nbd1 -unix "$W/again"
check_state "attached again" nbd1 connected receivers-running no in-use
bounded 10 nbd-client -d /dev/nbd1 >/dev/null
end
