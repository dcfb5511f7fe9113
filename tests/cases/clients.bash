# shellcheck shell=bash disable=SC2034
# Real servers and clients, and who else has a device open: how a case brings one into a state. Sourced by lib.bash.

LOG=() LOGS=0

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

# All of qemu-nbd has ended, its own client too.
no_qemu_nbd() { ! pgrep -r R,S,D -x qemu-nbd; }

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

# How many connections a server was offered, and how many of them have ended there: "made=N ended=N".
connections_of() { ask_server "$1" HUP connections; }

connections_are() { [ "$(connections_of "$1")" = "$2" ]; }

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

# So that each request stays one, and goes to nbd at once.
keep_requests_apart() {
	echo none >"/sys/block/$1/queue/scheduler"
	echo 2 >"/sys/block/$1/queue/nomerges"
}

# Reads in flight, one behind the other, which nothing will ever answer: their server is killed and their client has
# ended. READER is the process that waits for them, FIRST_INODE is of the client's socket.
# usage: lose_reads DEVICE OFFSET BYTES NUMBER
lose_reads() {
	start_nbdtool_server "unix:$W/lost.$1" --stall-reads
	attach "$1" "unix:$W/lost.$1" --no-clear
	FIRST_INODE=$(socket_inodes "$CLIENT")
	keep_requests_apart "$1"
	start_logged nbdtool io "/dev/$1" read "$2" "$3" --jobs "$4"
	READER=$LOGGED
	wait_until 10 inflight_is "$1" "$4"
	stop KILL "$SERVER"
	wait_gone "$CLIENT"
}

# Attaches by netlink. usage: attach_netlink INDEX ADDRESS [OPTION...]
attach_netlink() {
	bounded 10 nbdtool nl-connect "$@" >/dev/null || die "nbd$1 is not attached"
	wait_started "nbd$1"
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

# Stops servers. A thread that was about to answer is not stopped at once. usage: pause PID...
pause() {
	local pid
	kill -STOP "$@"
	for pid in "$@"; do
		wait_until 10 all_stopped "$pid" || die "process $pid does not stop"
	done
}

all_stopped() { ! cat "/proc/$1/task"/*/status | grep '^State:' | grep -qv 'T (stopped)'; }
