# shellcheck shell=bash disable=SC2034
# What the cases share: reading the format of nbddiag(4), real servers and clients, and the truth about
# devices and sockets from /proc, /sys and ss.

# Once, however many libraries of a case want it: a case's directory must not be emptied twice.
[ -z "${LIB_IS_HERE:-}" ] || return 0
LIB_IS_HERE=yes
. tests/vm/guest-lib.sh

# A case's own directory, empty whatever another case has left.
W=/tmp/w
umount "$W/public" 2>/dev/null || :
rm -rf "$W"
mkdir "$W"

LOG=() LOGS=0

# How long a read may be held up (ms), see stormtool.c. A kernel that looks for its own bugs has much more to do.
HELD_UP=$((SLOWER == 1 ? 1000 : 10000))

# Failures in functions are reported too.
set -E

# --- begin and end ----------------------------------------------------------------------------------

# Both modules, nbd first.
begin() {
	load_nbd max_part=0 nbds_max=16
	load_nbddiag
}

# Both modules can be removed again: nothing holds a file, a device or a reference.
end() {
	check "rmmod nbddiag" wait_until 10 rmmod nbddiag
	check "rmmod nbd: nobody holds it" wait_until 15 rmmod nbd
	check_no_match "nbd leaks nothing" "$(kernel_says)" 'possibly leaking'
}

# --- reading the format -----------------------------------------------------------------------------

# Reads a device's file, or another one, into TEXT. It must come at once.
read_file() {
	local begun=$SECONDS lag
	look_at_host_lag
	lag=$HOST_LAG
	[ -e "$NBDDIAG/$1" ] || die "there is no $1"
	TEXT=$(<"$NBDDIAG/$1")
	[ $((SECONDS - begun)) -gt $((5 * SLOWER)) ] || return 0
	look_at_host_lag
	[ $((SECONDS - begun - HOST_LAG + lag)) -le $((5 * SLOWER)) ] || die "$1 could not be read within 5 s"
}

# The value of a key in TEXT. Of a key with several lines, each.
key() {
	local line
	while IFS= read -r line; do
		[[ $line != "$1: "* ]] || printf '%s\n' "${line#"$1: "}"
	done <<<"$TEXT"
}

# Sets VALUE to the value of a key in TEXT, the first one. (It starts no process, as most checks are of keys.)
get_key() {
	VALUE=
	[[ $'\n'$TEXT$'\n' =~ $'\n'"$1: "([^$'\n']*)$'\n' ]] && VALUE=${BASH_REMATCH[1]}
	return 0
}

# Sets VALUE to the value of a field in a line of field=value pairs; strings may hold spaces and quotes.
get_field() {
	local string='"([^"\\]|\\.)*"'
	VALUE=
	[[ $1 =~ ^([^\ =\"]+(=([^\ \"]|$string)*)?\ )*$2=(([^\ \"]|$string)*)(\ |$) ]] &&
		VALUE=${BASH_REMATCH[5]}
	return 0
}

field() {
	get_field "$@"
	printf '%s\n' "$VALUE"
}

# The line of one socket, request or device in TEXT. Requests are counted from 1.
socket_line() { line_of socket "index=$1"; }
request_line() { key request | sed -n "${1}p"; }
device_line() { line_of device "name=$1"; }

# usage: line_of KEY FIRST-FIELD
line_of() {
	[[ ! $'\n'$TEXT =~ $'\n'"$1: "("$2 "[^$'\n']*) ]] || printf '%s\n' "${BASH_REMATCH[1]}"
}

# Compares keys of TEXT with "key: value" lines on standard input.
check_keys() {
	local line
	while IFS= read -r line; do
		get_key "${line%%: *}"
		check_eq "$1: ${line%%: *}" "$VALUE" "${line#*: }"
	done
}

# Compares fields of a line. usage: check_fields WHAT LINE FIELD=VALUE...
check_fields() {
	local what=$1 line=$2 pair
	shift 2
	for pair in "$@"; do
		get_field "$line" "${pair%%=*}"
		check_eq "$what: ${pair%%=*}" "$VALUE" "${pair#*=}"
	done
}

# A device's state, in its file and in "devices". usage: check_state WHAT DEVICE STATE REASON yes|no WHY
check_state() {
	read_file devices
	check_fields "$1: devices" "$(device_line "$2")" "state=$3" "attachable=$5"
	read_file "$2"
	check_keys "$1" <<-EOF
		state: $3
		state_reason: $4
		attachable: $5
		attachable_reason: $6
	EOF
}

# Gives a change that happens by itself the time to show; whether it has is for the checks to find out.
# usage: wait_key DEVICE KEY VALUE
wait_key() { wait_until 10 key_is "$@" || :; }

wait_free() { wait_until 20 key_is "$1" state free || :; }

key_is() {
	local TEXT VALUE
	# Not by bash itself, which ends when there is no such file.
	TEXT=$(cat "$NBDDIAG/$1") || return 1
	get_key "$2"
	[ "$VALUE" = "$3" ]
}

# --- flags ------------------------------------------------------------------------------------------

# The names of bits 0, 1, ..., from the protocol and from nbd's source.
NBD_FLAGS=(HAS_FLAGS READ_ONLY SEND_FLUSH SEND_FUA ROTATIONAL SEND_TRIM SEND_WRITE_ZEROES SEND_DF
	CAN_MULTI_CONN SEND_RESIZE SEND_CACHE SEND_FAST_ZERO)
RUNTIME_FLAGS=(TIMEDOUT DISCONNECT_REQUESTED DISCONNECTED HAS_PID_FILE HAS_CONFIG_REF BOUND
	DISCONNECT_ON_CLOSE HAS_BACKEND_FILE)
DEVICE_FLAGS=(DESTROY_ON_DISCONNECT DISCONNECT_REQUESTED)

nbd_flags_text() { flags_text "$1" "${NBD_FLAGS[@]}"; }
runtime_flags_text() { flags_text "$1" "${RUNTIME_FLAGS[@]}"; }
device_flags_text() { flags_text "$1" "${DEVICE_FLAGS[@]}"; }

# usage: flags_text NUMBER NAME...
flags_text() {
	local number=$1 bit
	shift
	printf '0x%x' "$number"
	for ((bit = 0; bit < 32; bit++)); do
		((number >> bit & 1)) || continue
		if [ "$bit" -lt $# ]; then
			printf ' %s' "${@:bit+1:1}"
		else
			printf ' bit%d' "$bit"
		fi
	done
}

# What nbd itself says about the flags of a started device.
nbd_debug_flags() { echo $(($(sed -n 's/^Hex: //p' "/sys/kernel/debug/nbd/$1/flags"))); }

# HAS_BACKEND_FILE, where the kernel has made that file for the device.
backend_file_flag() {
	if [ -e "/sys/block/$1/backend" ]; then
		echo 128
	else
		echo 0
	fi
}

# Kernel messages since the case began. Some of nbd's have no newline: they are complete when another follows.
kernel_says() {
	echo "nbddiag-test: flush" >/dev/kmsg
	kmsg
}

# --- servers ----------------------------------------------------------------------------------------
# Each sets SERVER to its pid.

# usage: start_qemu_nbd SOCKET FILE [OPTION...]
start_qemu_nbd() {
	local socket=$1 file=$2
	shift 2
	qemu-nbd -f raw -t -e 20 -k "$socket" "$@" "$file" &
	SERVER=$!
	wait_until 20 listens_on "$socket" || die "qemu-nbd does not listen"
}

# usage: start_nbdkit SIZE OPTION...
start_nbdkit() {
	local size=$1
	shift
	rm -f "$W/nbdkit.pid"
	nbdkit -f -P "$W/nbdkit.pid" "$@" memory "$size" &
	SERVER=$!
	wait_until 20 test -s "$W/nbdkit.pid" || die "nbdkit does not listen"
}

# One process for each connection; SERVER is the one that listens. usage: start_nbd_server PORT FILE
start_nbd_server() {
	cat >"$W/nbd-server.conf" <<-EOF
		[generic]
		listenaddr = 127.0.0.1
		port = $1
		[vol]
		exportname = $2
		flush = true
		fua = true
	EOF
	nbd-server -C "$W/nbd-server.conf" -p "$W/nbd-server.pid"
	wait_until 20 test -s "$W/nbd-server.pid" || die "nbd-server does not listen"
	SERVER=$(<"$W/nbd-server.pid")
}

# usage: start_nbdtool_server ADDRESS [OPTION...]
start_nbdtool_server() {
	start_logged nbdtool serve "$@"
	SERVER=$LOGGED
}

# Runs a command in the background that says "ready"; LOGGED is its pid, LOG[pid] the file with what it says.
start_logged() {
	local log=$W/log.$BASHPID.$((++LOGS))
	: >"$log"
	"$@" >"$log" 2>&1 &
	LOGGED=$!
	LOG[LOGGED]=$log
	wait_until 20 says_ready "$log" || die "'$*': $(<"$log")"
}

says_ready() { [[ $(<"$1") == *ready* ]]; }

listens_on() { awk -v path="$1" '$4 == "00010000" && $8 == path { found = 1 } END { exit !found }' /proc/net/unix; }

# How many bytes each connection of an nbdtool server has not read.
unread_of_server() { ask_server "$1" USR1 unread; }

# The next line that it says after a signal, without its key. usage: ask_server SERVER SIGNAL KEY
ask_server() {
	local log=${LOG[$1]} lines
	mapfile -t lines <"$log"
	kill "-$2" "$1"
	wait_until 10 more_lines "$log" ${#lines[@]}
	mapfile -t lines <"$log"
	[[ ${lines[-1]} != "$3: "* ]] || echo "${lines[-1]#"$3: "}"
}

# usage: more_lines FILE NUMBER
more_lines() {
	local lines
	mapfile -t lines <"$1"
	[ ${#lines[@]} -gt "$2" ]
}

# --- clients ----------------------------------------------------------------------------------------

# Attaches by ioctl in a process that stays; CLIENT is its pid. usage: attach DEVICE NBDTOOL-ARGUMENT...
attach() {
	start_logged nbdtool attach "/dev/$1" "${@:2}"
	CLIENT=$LOGGED
	wait_started "$1"
}

# nbd-client by ioctl, without forking; CLIENT is its pid. usage: attach_nbd_client DEVICE ARGUMENT...
attach_nbd_client() {
	local device=$1
	shift
	nbd-client -nofork -nonetlink "$@" "/dev/$device" >"$W/nbd-client.$device" 2>&1 &
	CLIENT=$!
	wait_started "$device"
	# Its child opens the device once, to have the partitions found.
	wait_until 10 opens_are "$device" 1 || die "nbd-client's child stays"
}

# As attach_nbd_client, with N connections that all work. Receivers never return; where the kernel cannot make workers for
# them within some 10 ms, on a busy host, the workqueue's rescuer takes those that wait and runs the first of them only.
# Each attempt leaves workers for the next one. usage: attach_served N DEVICE ARGUMENT...
attach_served() {
	local n=$1
	shift
	for _ in {1..5}; do
		attach_nbd_client "$@" -C "$n"
		! wait_until 3 receivers_are "$n" || return 0
		note "$1: attached again, as not all of its receivers run"
		bounded 20 nbd-client -d "/dev/$1" >/dev/null
		wait_gone "$CLIENT"
		wait_free "$1"
	done
	die "$1: not all of its receivers run"
}

# Of all devices. (The processes may end meanwhile.)
receivers_are() { [ "$(grep -ls ' recv_work+' /proc/[0-9]*/stack | wc -l)" = "$1" ]; }

# With a capacity all receivers have been started.
wait_started() { wait_until 20 has_capacity "$1" || die "$1 is not started"; }

has_capacity() { [ "$(</sys/block/"$1"/size)" -gt 0 ]; }

# From 7.3 on, nbd takes no further socket for a device that was ever started, so an attempt to attach leaves none
# behind there. (server-killed.sh looks at what nbd does; this parameter came with the same release.)
attempts_leave_sockets() { [ ! -e /sys/module/nbd/parameters/pre_defined_connections ]; }

# A device which an opener keeps, whose only connection is dead and DISCONNECTED, and for which nbd takes further
# sockets. SERVER, where it was connected to, is killed. Sets HOLDER, FIRST_INODE, and what differs between kernels:
# why it cannot be attached, and its flags. usage: wedge DEVICE ADDRESS
wedge() {
	if attempts_leave_sockets; then
		attach "$@"
		WEDGED_WHY=started WEDGED_FLAGS=12
	else
		start_logged nbdtool attach "/dev/$1" "$2" --no-start
		CLIENT=$LOGGED
		WEDGED_WHY=leftover-sockets WEDGED_FLAGS=4
	fi
	FIRST_INODE=$(socket_inodes "$CLIENT")
	hold "$1"
	if ! attempts_leave_sockets; then
		nbdtool clear "/dev/$1"
		stop KILL "$CLIENT"
	fi
	stop KILL "$SERVER"
	wait_gone "$CLIENT"
}

# Attempts to attach a wedged device, each of which leaves a socket. usage: leave_sockets DEVICE N ADDRESS
leave_sockets() {
	if attempts_leave_sockets; then
		bounded 100 nbdtool strays "/dev/$1" "$2" "$3"
	else
		bounded 100 nbdtool strays "/dev/$1" "$2" "$3" --never-started
	fi
}

# Starts a process that holds a device's config_lock while it waits for its requests in flight: it freezes the queue.
# Sets FREEZER to its pid. usage: start_freezer DEVICE ADDRESS
start_freezer() {
	if attempts_leave_sockets; then
		nbdtool set-sock "/dev/$1" "$2" >/dev/null 2>&1 &
	else
		nbdtool set-size "/dev/$1" "$(capacity_of "$1")" >/dev/null 2>&1 &
	fi
	FREEZER=$!
	wait_until 10 is_stuck "$FREEZER"
}

# Opens a device and stays; HOLDER is its pid.
hold() {
	start_logged nbdtool hold "/dev/$1"
	HOLDER=$LOGGED
}

# Ends a process of this shell that can be ended, and waits for it. usage: stop SIGNAL PID...
stop() {
	local signal=$1 pid
	shift
	for pid in "$@"; do
		kill "-$signal" "$pid" 2>/dev/null || :
		wait_gone "$pid"
		wait "$pid" 2>/dev/null || :
	done
}

wait_gone() { wait_until 20 is_gone "$1" || die "process $1 does not end"; }

is_gone() { case $(proc_state "$1") in '' | Z) ;; *) return 1 ;; esac; }

# --- the truth about devices ------------------------------------------------------------------------

# One line for each descriptor of a device that any process has: /proc/PID/fd/NUMBER. (find complains about
# processes that end meanwhile.)
descriptors_of() { find /proc/[0-9]*/fd -lname "/dev/$1" 2>/dev/null || :; }

opens_of() { descriptors_of "$1" | wc -l; }

# The process that has a device open, where there is one.
opener_of() { descriptors_of "$1" | cut -d/ -f3; }

opens_are() { [ "$(opens_of "$1")" = "$2" ]; }

capacity_of() { echo $(($(</sys/block/"$1"/size) * 512)); }

# The hardware queue that a processor uses for a device; nbd sends its requests over the socket of that index.
queue_of_cpu() { grep -lE "(^|[ ,])$2(,|\$)" "/sys/block/$1"/mq/*/cpu_list | sed 's|.*/mq/\([0-9]*\)/.*|\1|'; }

# Requests in flight as the block layer counts them: reads and writes.
inflight_of() {
	local reads writes
	read -r reads writes <"/sys/block/$1/inflight"
	echo $((reads + writes))
}

inflight_is() { [ "$(inflight_of "$1")" = "$2" ]; }

wait_inflight() { wait_until 20 inflight_is "$1" "$2" || die "$1 has $(inflight_of "$1") requests, not $2"; }

# --- the truth about sockets ------------------------------------------------------------------------

# Inodes of the sockets that a process has open, in the order of its descriptors.
socket_inodes() {
	local fd
	for fd in $(find "/proc/$1/fd" -lname 'socket:*' -printf '%f\n' | sort -n); do
		readlink "/proc/$1/fd/$fd" | tr -dc '0-9\n'
	done
}

# The inode at the other end of a unix socket.
unix_peer_inode() { ss -xnH state connected | awk -v inode="$1" '$(NF-2) == inode { print $NF }'; }

# The inodes at the other ends of all unix sockets of a process.
unix_peers_of() {
	local inode
	for inode in $(socket_inodes "$1"); do
		unix_peer_inode "$inode"
	done
}

# Unread bytes of a unix socket, by inode.
unix_unread() { ss -xnH state connected | awk -v inode="$1" '$(NF-2) == inode { print $(NF-5) }'; }

# A field of the TCP connection between two ends: state, own queue or inode as ss shows them.
# usage: tcp_socket LOCAL-PORT PEER-PORT
tcp_socket() { ss -tanepH "sport = :$1 and dport = :$2"; }

tcp_inode() { tcp_socket "$1" "$2" | grep -o 'ino:[0-9]*' | cut -d: -f2; }

# The local ports that are connected to a port.
tcp_ports_to() { ss -tnH state established "dport = :$1" | awk '{ sub(/.*:/, "", $3); print $3 }' | sort -n; }

now_ns() { date +%s%N; }
