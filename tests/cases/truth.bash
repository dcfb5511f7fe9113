# shellcheck shell=bash
# The truth about devices and sockets: from /proc, /sys and ss, never from nbddiag. Sourced by lib.bash.

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
