#!/bin/bash
# desc: requests in flight: a stopped server, growing age, the oldest sixteen, writes and flushes
# timeout: 60
# also: bookworm trixie: the walk over requests and the flags of one are another from 6.1 on
. tests/cases/lib.bash

begin

# A request of 28 bytes each waits in the server's socket.
server_has_requests() { [ "$(unix_unread "$server_inode")" = $((28 * $1)) ]; }

one_read() {
	local begun reader sent first
	begun=$(now_ns)
	dd if=/dev/nbd0 of=/dev/null bs=8192 skip=3 count=1 iflag=direct 2>/dev/null &
	reader=$!
	wait_until 10 server_has_requests 1
	sent=$(now_ns)
	check_eq "one in flight for the block layer" "$(inflight_of nbd0)" 1
	read_timed nbd0
	check_keys "one read" <<-EOF
		state: connected
		attachable: no
		attachable_reason: in-use
	EOF
	check_fields "one read" "$(key requests)" inflight=1 shown=1
	check_fields "one read" "$(request_line 1)" op=read sector=48 bytes=8192 socket=0 retries=0
	check_age "one read" "$(field "$(request_line 1)" age_ns)" "$begun" "$sent"
	check_fields "one read" "$(socket_line 0)" unsent_bytes=28 unread_bytes=0 pending=no
	first=$(field "$(request_line 1)" age_ns)

	sleep 1
	read_timed nbd0
	check_age "later" "$(field "$(request_line 1)" age_ns)" "$begun" "$sent"
	check_num "the age has grown" "$(field "$(request_line 1)" age_ns)" -ge $((first + 1000000000))
	read_file devices
	check_fields "devices" "$(device_line nbd0)" state=connected inflight=1
	check_num "devices: oldest age" "$(field "$(device_line nbd0)" oldest_age_ns)" -ge $((first + 1000000000))

	stop_server CONT
	wait "$reader"
	read_file nbd0
	check_keys "answered" <<<"requests: inflight=0 oldest_age_ns=- shown=0"
	check_fields "answered" "$(socket_line 0)" unsent_bytes=0
	stop_server STOP
}

stop_server() { kill -"$1" "$SERVER"; }

# Four reads, and later twenty: the oldest sixteen are the four and twelve of the twenty.
many() {
	local early late line i oldest='' ages='' sectors=''
	nbdtool io /dev/nbd0 read 0 4096 --jobs 4 >/dev/null &
	early=$!
	wait_until 10 server_has_requests 4
	sleep 0.3
	nbdtool io /dev/nbd0 read 1048576 4096 --jobs 20 >/dev/null &
	late=$!
	wait_until 10 server_has_requests 24
	read_timed nbd0
	check_fields "many" "$(key requests)" inflight=24 shown=16
	check_eq "sixteen lines" "$(key request | wc -l)" 16
	for ((i = 1; i <= 16; i++)); do
		line=$(request_line $i)
		[ $i -gt 4 ] || oldest+=$(field "$line" sector)$'\n'
		sectors+=$(field "$line" sector)$'\n'
		ages+=$(field "$line" age_ns)$'\n'
	done
	check_eq "the first four are the oldest" "$(sort -n <<<"${oldest%$'\n'}")" $'0\n8\n16\n24'
	check_eq "no request twice" "$(sort <<<"${sectors%$'\n'}" | uniq -d)" ""
	check_eq "oldest first" "$(sort -rn <<<"${ages%$'\n'}")" "${ages%$'\n'}"
	check_eq "oldest age" "$(field "$(key requests)" oldest_age_ns)" "${ages%%$'\n'*}"
	check_eq "the others belong to the twenty" \
		"$(awk '$1 >= 2048 && $1 < 2048 + 160 && $1 % 8 == 0' <<<"$sectors" | wc -l)" 12
	read_file devices
	check_fields "devices" "$(device_line nbd0)" inflight=24
	stop_server CONT
	wait "$early" "$late"
	wait_until 10 inflight_is nbd0 0
	stop_server STOP
}

# Where nbd has no BTF, hardly anything proves where it counts them. usage: check_retries GOT LEAST MOST
check_retries() {
	if [ "$1" = '-(unproved)' ]; then
		check "retries are not known only where nbd has no BTF" test ! -e /sys/kernel/btf/nbd
	else
		check_num "retries" "$1" -ge "$2"
		check_num "retries are not more" "$1" -le "$3"
	fi
}

# nbd counts how often a request has run out of time, and says so each time.
stuck() {
	local reader before after earlier
	# A slow machine has had some before.
	earlier=$(stuck_times)
	echo 1000 >/sys/block/nbd0/queue/io_timeout
	dd if=/dev/nbd0 of=/dev/null bs=4096 count=1 iflag=direct 2>/dev/null &
	reader=$!
	wait_until 20 stuck_times_are $((earlier + 2))
	before=$(($(stuck_times) - earlier))
	read_file nbd0
	after=$(($(stuck_times) - earlier))
	check_retries "$(field "$(request_line 1)" retries)" "$before" "$after"
	stop_server CONT
	wait "$reader"
	stop_server STOP
	echo 30000 >/sys/block/nbd0/queue/io_timeout
}

stuck_times() { kmsg | grep -c 'block nbd0: Possible stuck request' || :; }

stuck_times_are() { [ "$(stuck_times)" -ge "$1" ]; }

# The other operations. usage: check_op OP SECTOR BYTES COMMAND...
check_op() {
	local op=$1 sector=$2 bytes=$3 pid
	shift 3
	"$@" >/dev/null 2>&1 &
	pid=$!
	wait_until 10 request_is_shown
	read_file nbd0
	check_fields "$op" "$(request_line 1)" "op=$op" "bytes=$bytes" socket=0
	[ "$sector" = any ] || check_fields "$op" "$(request_line 1)" "sector=$sector"
	stop_server CONT
	wait "$pid" || fail "$op: '$*' failed"
	wait_until 10 inflight_is nbd0 0
	stop_server STOP
}

# One written block that is not flushed makes fsync send a flush.
flush_after_write() { sync /dev/nbd0; }

request_is_shown() { grep -q '^request: ' "$NBDDIAG/nbd0"; }

start_nbdkit 16M -U "$W/sock"
attach_nbd_client nbd0 -unix "$W/sock"
# So that each request stays one.
echo 2 >/sys/block/nbd0/queue/nomerges
server_inode=$(unix_peer_inode "$(socket_inodes "$CLIENT")")
stop_server STOP
one_read
many
stuck
check_op write 256 12288 nbdtool io /dev/nbd0 write 131072 12288
check_op discard 4096 65536 nbdtool io /dev/nbd0 discard 2097152 65536
check_op flush any 0 flush_after_write
stop_server CONT
bounded 10 nbd-client -d /dev/nbd0 >/dev/null
end
