#!/bin/bash
# desc: four connections; which request goes over which; one server process of four killed
# timeout: 60
. tests/cases/lib.bash

# nbd-server has one process for each connection. On these machines nbd uses one hardware queue for each of
# the two processors, and a queue's number is its socket's index.
begin

check_four() {
	local i ports inodes=''
	check_state "four connections" nbd0 connected receivers-running no in-use
	check_keys "four connections" <<-EOF
		flags: $(nbd_flags_text "$(nbd_debug_flags nbd0)")
		num_connections: 4
		live_connections: 4
		recv_threads: 4
		config_refs: 5
		kept_by: openers=0 receivers=4 netlink=1
		peers_agree: yes
		sockets: total=4 counted=4 dead=0 live=4 held=0 shown=4
	EOF
	check_match "CAN_MULTI_CONN is set" "$(key flags)" ' CAN_MULTI_CONN( |$)'
	ports=$(tcp_ports_to 10809)
	check_eq "own ports" "$(key socket | grep -o ' own=[^ ]*' | sed 's/.*://' | sort -n)" "$ports"
	for i in $ports; do
		inodes+=$(tcp_inode "$i" 10809)$'\n'
	done
	check_eq "inodes" "$(for i in 0 1 2 3; do field "$(socket_line $i)" inode; done | sort)" \
		"$(printf %s "$inodes" | sort)"
}

# The server process at the other end of a socket.
server_of() {
	local own
	own=$(field "$(socket_line "$1")" own)
	tcp_socket 10809 "${own##*:}" | grep -o 'pid=[0-9]*' | cut -d= -f2
}

# A read by one processor, with all servers stopped. usage: check_queue CPU SOCKET
check_queue() {
	local cpu=$1 socket=$2 reader
	taskset -c "$cpu" dd if=/dev/nbd0 of=/dev/null bs=4096 count=1 skip=$((cpu + 5)) iflag=direct 2>/dev/null &
	reader=$!
	wait_until 10 inflight_is nbd0 1
	read_file nbd0
	check_fields "read by cpu $cpu" "$(request_line 1)" op=read "sector=$(((cpu + 5) * 8))" bytes=4096 \
		"socket=$socket"
	pkill -CONT -x nbd-server
	wait "$reader"
	pause_servers
}

pause_servers() {
	local pids
	mapfile -t pids < <(pgrep -x nbd-server)
	pause "${pids[@]}"
}

truncate -s 6M "$W/image"
start_nbd_server 10809 "$W/image"
bounded 40 nbd-client -C 4 -N vol 127.0.0.1 10809 /dev/nbd0 >/dev/null 2>&1
wait_started nbd0
check_four

pause_servers
check_queue 0 "$(queue_of_cpu nbd0 0)"
check_queue 1 "$(queue_of_cpu nbd0 1)"
pkill -CONT -x nbd-server

read_file nbd0
dead=$(queue_of_cpu nbd0 0)
victim=$(server_of "$dead")
kill -KILL "$victim"
wait_until 10 is_gone "$victim"
wait_key nbd0 recv_threads 3
check_state "one of four killed" nbd0 degraded some-sockets-dead no in-use
check_keys "one of four killed" <<-EOF
	num_connections: 4
	live_connections: 3
	recv_threads: 3
	config_refs: 4
	kept_by: openers=0 receivers=3 netlink=1
	peers_agree: yes
	sockets: total=4 counted=4 dead=1 live=3 held=0 shown=4
EOF
check_fields "the dead one" "$(socket_line "$dead")" dead=yes shutdown=both peer_exists=no fallback=-1
check_fields "a live one" "$(socket_line 3)" dead=no shutdown=none peer_exists=yes state=established fallback=-1
check_fields "devices" "$(read_file devices; device_line nbd0)" state=degraded live=3 dead=1

# Requests for the dead one go over the first of the others.
other=$((dead == 0 ? 1 : 0))
pause_servers
check_queue 0 $other
pkill -CONT -x nbd-server
read_file nbd0
check_fields "the dead one" "$(socket_line "$dead")" fallback=$other
check_fields "the other" "$(socket_line "$other")" fallback=-1

bounded 20 nbd-client -d /dev/nbd0 >/dev/null
check_state "disconnected by its user" nbd0 free no-config yes free
end
