#!/bin/bash
# desc: connected over TCP by IPv4 (netlink) and IPv6 (ioctl)
# timeout: 60
. tests/cases/lib.bash

begin

# usage: check_tcp DEVICE OWN-PORT PEER-PORT OWN PEER
check_tcp() {
	check_state "$1" "$1" connected receivers-running no in-use
	check_fields "$1" "$(socket_line 0)" type=stream proto=tcp state=established shutdown=none \
		"inode=$(tcp_inode "$2" "$3")" "own=tcp:$4:$2" "peer=tcp:$5:$3" peer_exists=yes \
		unread_bytes=0 unsent_bytes=0 pending=no dead=no
	check_fields "$1: devices" "$(read_file devices; device_line "$1")" "peer=tcp:$5:$3" peers_named=1 sockets=1 \
		"capacity_bytes=$(capacity_of "$1")" "openers=$(opens_of "$1")"
	read_file "$1"
}

truncate -s 6M "$W/image"
start_nbd_server 10809 "$W/image"
bounded 40 nbd-client -N vol 127.0.0.1 10809 /dev/nbd0 >/dev/null 2>&1
wait_started nbd0
port=$(tcp_ports_to 10809)
check_tcp nbd0 "$port" 10809 127.0.0.1 127.0.0.1
check_fields "IPv4" "$(socket_line 0)" family=inet file_refs=1
check_keys "IPv4" <<-EOF
	openers: 0
	capacity_bytes: $((6 << 20))
	peers_agree: yes
	peers_differing: 0
EOF

start_nbdkit 7M -i ::1 -p 10810
attach_nbd_client nbd1 ::1 10810
port=$(tcp_ports_to 10810)
check_tcp nbd1 "$port" 10810 '[::1]' '[::1]'
check_fields "IPv6" "$(socket_line 0)" family=inet6 file_refs=2 "inode=$(socket_inodes "$CLIENT")"
check_keys "IPv6" <<-EOF
	openers: 1
	capacity_bytes: $((7 << 20))
	peers_agree: yes
EOF

# The server goes: over TCP its end is closed as far as this host has heard.
hold nbd1
stop KILL "$SERVER"
wait_gone "$CLIENT"
check_state "IPv6 server killed" nbd1 disconnected all-sockets-dead no started
check_fields "IPv6 server killed" "$(socket_line 0)" dead=yes shutdown=both peer_exists=no \
	"peer=tcp:[::1]:10810"
stop TERM "$HOLDER"

bounded 20 nbd-client -d /dev/nbd0 >/dev/null
check_state "disconnected by its user" nbd0 free no-config yes free
end
