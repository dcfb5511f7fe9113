#!/bin/bash
# desc: connected over a unix path by ioctl: every key and field; a read-only export; qemu-nbd -c
# timeout: 60
# also: bookworm trixie: all keys, by the layout that was found there
. tests/cases/lib.bash

# A real server (qemu-nbd) and a real client (nbd-client) on a path.
begin

check_device() {
	check_state "healthy" nbd0 connected receivers-running no in-use
	check_keys "healthy" <<-EOF
		device: nbd0
		dev: $(cat /sys/block/nbd0/dev)
		consistent: yes
		lock_holder: -
		openers: $(opens_of nbd0)
		config_refs: 2
		kept_by: openers=1 receivers=1 netlink=0
		refs: 3
		index: 0
		capacity_bytes: $size
		block_size_bytes: $(cat /sys/block/nbd0/queue/logical_block_size)
		config_size_bytes: $size
		config_block_size_bytes: 2048
		read_only: no
		flags: $(nbd_flags_text "$(nbd_debug_flags nbd0)")
		runtime_flags: $(runtime_flags_text 8)
		device_flags: 0x0
		timeout_s: 77
		dead_conn_timeout_s: 0
		num_connections: 1
		live_connections: 1
		recv_threads: 1
		peers_agree: yes
		peers_differing: 0
		sockets: total=1 counted=1 dead=0 live=1 held=1 shown=1
		requests: inflight=0 oldest_age_ns=- shown=0
	EOF
	check_eq "capacity in /sys" "$(capacity_of nbd0)" "$size"
	check_eq "timeout in nbd's own file" "$(cat /sys/kernel/debug/nbd/nbd0/timeout)" \
		"$((77 * $(getconf_hz)))"
}

# Jiffies per second, as Debian builds its kernels.
getconf_hz() { sed -n 's/^CONFIG_HZ=//p' "/boot/config-$(uname -r)"; }

check_tasks() {
	# nbd-client calls NBD_SET_SOCK and NBD_DO_IT from the same process when it does not fork.
	local what line
	for what in setup_task attached_task; do
		line=$(key $what)
		check_fields "$what" "$line" "pid=$CLIENT" "tgid=$CLIENT" 'comm="nbd-client"' \
			"state=$(proc_state "$CLIENT")" has_device_open=yes
	done
}

check_socket() {
	local inode
	inode=$(socket_inodes "$CLIENT")
	check_fields "socket" "$(socket_line 0)" index=0 dead=no family=unix type=stream proto=0 \
		state=established shutdown=none file_refs=2 "inode=$inode" own=unnamed \
		"peer=path:\"$W/sock\"" peer_exists=yes \
		"peer_pid=$SERVER" 'peer_comm="qemu-nbd"' "own_pid=$CLIENT" 'own_comm="nbd-client"' \
		unread_bytes=0 unsent_bytes=0 cookie=0 fallback=-1 pending=no
	check_num "the server holds the other end" \
		"$(socket_inodes "$SERVER" | grep -cx "$(unix_peer_inode "$inode")")" -eq 1
	check_eq "one socket" "$(key socket | wc -l)" 1
}

size=$((10 << 20))
truncate -s $size "$W/image"
start_qemu_nbd "$W/sock" "$W/image"
attach_nbd_client nbd0 -b 2048 -t 77 -unix "$W/sock"
check_device
check_tasks
check_socket
check_fields "devices" "$(read_file devices; device_line nbd0)" live=1 dead=0 inflight=0 \
	config_refs=2 consistent=yes "capacity_bytes=$(capacity_of nbd0)" "openers=$(opens_of nbd0)" sockets=1 \
	"peer=path:\"$W/sock\"" peers_named=1 peers_differing=0 device_flags=0x0

hold nbd0
read_file nbd0
check_keys "another opener" <<-EOF
	state: connected
	openers: 2
	config_refs: 3
	kept_by: openers=2 receivers=1 netlink=0
	refs: 4
EOF
check_fields "another opener: devices" "$(read_file devices; device_line nbd0)" "openers=$(opens_of nbd0)" config_refs=3
stop TERM "$HOLDER"

check_fails "no second attach" bounded 10 nbdtool set-sock /dev/nbd0 "unix:$W/sock"

# Forks and leaves: the setting-up process is gone on a healthy device.
start_qemu_nbd "$W/read-only" "$W/image" --read-only
bounded 40 nbd-client -nonetlink -unix "$W/read-only" /dev/nbd1 >/dev/null 2>&1
wait_started nbd1
wait_until 10 opens_are nbd1 1
check_state "read-only export" nbd1 connected receivers-running no in-use
check_eq "read-only in /sys" "$(cat /sys/block/nbd1/ro)" 1
check_match "flags with READ_ONLY" "$(key flags)" ' READ_ONLY( |$)'
check_keys "read-only export" <<-EOF
	read_only: yes
	flags: $(nbd_flags_text "$(nbd_debug_flags nbd1)")
	timeout_s: 0
EOF
client=$(opener_of nbd1)
check_match "who set it up is gone" "$(key setup_task)" '^gone$|has_device_open=no$'
check_fields "the attached task" "$(key attached_task)" "pid=$client" 'comm="nbd-client"' has_device_open=yes
check_fields "the connecting process is gone" "$(socket_line 0)" 'own_comm=-(gone)' "peer_pid=$SERVER"

# The server in qemu-nbd -c listens on a path of its own and is its own client.
bounded 20 qemu-nbd -f raw -c /dev/nbd2 "$W/image"
wait_started nbd2
wait_until 10 opens_are nbd2 1
check_state "qemu-nbd -c" nbd2 connected receivers-running no in-use
qemu=$(pgrep -f 'qemu-nbd.*-c /dev/nbd2')
check_fields "qemu-nbd -c" "$(socket_line 0)" 'peer=path:"/var/lock/qemu-nbd-nbd2"' "peer_pid=$qemu"
check_fields "qemu-nbd -c: attached task" "$(key attached_task)" "tgid=$qemu" has_device_open=yes

bounded 20 nbd-client -d /dev/nbd0 >/dev/null
bounded 20 nbd-client -d /dev/nbd1 >/dev/null
bounded 10 qemu-nbd -d /dev/nbd2 >/dev/null
for device in nbd0 nbd1 nbd2; do
	wait_until 10 opens_are $device 0
	check_state "disconnected by its user" $device free no-config yes free
done
end
