#!/bin/bash
# desc: made over netlink: flags, references, backend, reconnected socket, flags of the device
# timeout: 60
. tests/cases/lib.bash

begin

nl_client() { bounded 10 nbdtool "$@" >/dev/null; }

check_made() {
	local inode
	check_state "made by nbd-client" nbd0 connected receivers-running no in-use
	check_keys "made by nbd-client" <<-EOF
		openers: 0
		config_refs: 2
		kept_by: openers=0 receivers=1 netlink=1
		refs: 2
		flags: $(nbd_flags_text "$(nbd_debug_flags nbd0)")
		runtime_flags: $(runtime_flags_text $((8 + 16 + 32 + $(backend_file_flag nbd0))))
		device_flags: 0x0
		setup_task: -
		sockets: total=1 counted=1 dead=0 live=1 held=0 shown=1
		capacity_bytes: $((5 << 20))
	EOF
	# The client has ended; the number of who attached it is all that may be left.
	check_match "attached task" "$(key attached_task)" '^gone( pid=[0-9]+)?$|has_device_open=no$'
	inode=$(field "$(socket_line 0)" inode)
	check_eq "no process has the socket" "$(find /proc/[0-9]*/fd -lname "socket:\[$inode\]" 2>/dev/null | wc -l)" 0
	check_eq "the socket is the one that the server has at its other end" "$inode" \
		"$(unix_peers_of "$SERVER")"
	check_fields "made by nbd-client" "$(socket_line 0)" file_refs=1 dead=no peer_exists=yes cookie=0 \
		"peer=path:\"$W/sock\"" "peer_pid=$SERVER" 'own_comm=-(gone)'
}

truncate -s 5M "$W/image"
start_qemu_nbd "$W/sock" "$W/image"
bounded 40 nbd-client -unix "$W/sock" /dev/nbd0 >/dev/null 2>&1
wait_started nbd0
check_made
check_fails "ioctl refuses it" bounded 10 nbdtool set-sock /dev/nbd0 "unix:$W/sock"
bounded 20 nbd-client -d /dev/nbd0 >/dev/null
check_state "disconnected" nbd0 free no-config yes free

# Every attribute that a client can set.
start_nbdtool_server "unix:$W/first"
first=$SERVER
backend='vol-1 "quoted" \ end'
nl_client nl-connect 4 "unix:$W/first" --size 3145728 --block 4096 --flags 0x10d --timeout 19 \
	--dead-timeout 23 --backend "$backend" --disconnect-on-close
wait_started nbd4
read_file nbd4
check_keys "all attributes" <<-EOF
	state: connected
	config_size_bytes: 3145728
	config_block_size_bytes: 4096
	block_size_bytes: $(cat /sys/block/nbd4/queue/logical_block_size)
	flags: 0x10d HAS_FLAGS SEND_FLUSH SEND_FUA CAN_MULTI_CONN
	runtime_flags: $(runtime_flags_text $((8 + 16 + 32 + 64 + $(backend_file_flag nbd4))))
	timeout_s: 19
	dead_conn_timeout_s: 23
EOF
if [ -e /sys/block/nbd4/backend ]; then
	check_eq "backend in /sys" "$(cat /sys/block/nbd4/backend)" "$backend"
	check_keys "backend" <<<'backend: "vol-1 \"quoted\" \\ end"'
else
	check_keys "this kernel has no backend" <<<'backend: -(no-member)'
fi

# The server goes and another one is put in its place.
stop KILL "$first"
wait_key nbd4 recv_threads 0
check_state "server killed" nbd4 disconnected all-sockets-dead no started
check_keys "server killed" <<-EOF
	kept_by: openers=0 receivers=0 netlink=1
	live_connections: 0
EOF
check_fields "server killed" "$(socket_line 0)" dead=yes peer_exists=no "peer=path:\"$W/first\"" cookie=0
start_nbdtool_server "unix:$W/second"
nl_client nl-reconfigure 4 "unix:$W/second" --backend "$backend"
check_state "reconfigured" nbd4 connected receivers-running no in-use
check_fields "reconfigured" "$(socket_line 0)" dead=no peer_exists=yes "peer=path:\"$W/second\"" \
	cookie=1 "peer_pid=$SERVER"
check_keys "reconfigured" <<-EOF
	live_connections: 1
	recv_threads: 1
	peers_agree: yes
EOF

# Disconnected by the last close.
hold nbd4
check_state "opened" nbd4 connected receivers-running no in-use
stop TERM "$HOLDER"
check_state "last close" nbd4 free no-config yes free
check_keys "last close" <<<"device_flags: $(device_flags_text 2)"

# Destroyed when it is disconnected: the flag is the device's, which has no reference of its own then.
start_nbdtool_server "unix:$W/third"
nl_client nl-connect 5 "unix:$W/third" --destroy
read_file nbd5
check_keys "to be destroyed" <<-EOF
	state: connected
	device_flags: $(device_flags_text 1)
	refs: 1
EOF
nl_client nl-disconnect 5
check "its file goes with the device" wait_until 10 test ! -e "$NBDDIAG/nbd5"
check "the device is gone" test ! -e /sys/block/nbd5
end
