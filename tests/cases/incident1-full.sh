#!/bin/bash
# desc: incident 1 at full size: 1311 sockets, two volumes, one opener
# timeout: 150
# also: trixie: the newest kernel that takes sockets for a device in use
. tests/cases/incidents.bash

# What engineers dug out of a hypervisor by hand, rebuilt: nbd101, 1311 sockets of which the first is dead and
# belongs to another volume than the 1310 attempts after it, whose servers are gone as well.
load_nbd max_part=0 nbds_max=102

start_nbdtool_server "unix:$FIRST_VOLUME"
wedge nbd101 "unix:$FIRST_VOLUME"
start_nbdtool_server "unix:$SECOND_VOLUME" --deaf
check "1310 attempts, each in vain" leave_sockets nbd101 1310 "unix:$SECOND_VOLUME"
# In the kernel's own list, nbd's ends are the connected ones without a name.
truth=$(ss -xnH state connected | awk '$(NF-3) == "*" { print $(NF-2) }' | sort -n)
check_eq "1311 connected ends for the kernel" "$(wc -l <<<"$truth")" 1311
stop KILL "$SERVER"

# Loaded only now, as on a host that is already in trouble.
insmod /nbddiag/nbddiag.ko
# Such a host has other devices in use, from which it is learned where nbd keeps what: this one alone does not always
# prove it, as whatever took the place of its starter's memory can look like a part of nbd.
prove_layout needed nbd100
read_timed nbd101
note "$(wc -c <<<"$TEXT") bytes"
check_read_took "one read" 3000
sockets=$(key socket)
TEXT=$(grep -v '^socket: index=[1-9][0-9]' <<<"$TEXT")
check_keys "wedged" <<-EOF
	device: nbd101
	state: orphaned
	state_reason: disconnected-with-sockets
	attachable: no
	attachable_reason: $WEDGED_WHY
	consistent: yes
	openers: 1
	config_refs: 1
	kept_by: openers=1 receivers=0 netlink=0
	index: 101
	runtime_flags: $(runtime_flags_text "$WEDGED_FLAGS")
	dead_conn_timeout_s: 0
	num_connections: 1311
	live_connections: 1310
	recv_threads: 0
	setup_task: -
	peers_agree: no
	peers_differing: 1310
	sockets: total=1311 counted=1311 dead=1 live=1310 held=0 shown=1311
	requests: inflight=0 oldest_age_ns=- shown=0
EOF
check_fields "socket 0" "$(socket_line 0)" dead=yes family=unix type=stream state=established \
	shutdown=both file_refs=1 "inode=$FIRST_INODE" own=unnamed "peer=path:\"$FIRST_VOLUME\"" peer_exists=no
for i in 1 2; do
	check_fields "socket $i" "$(socket_line $i)" dead=no family=unix file_refs=1 own=unnamed \
		"peer=path:\"$SECOND_VOLUME\"" peer_exists=no
done

check_eq "each index once, in order" "$(cut -d' ' -f1 <<<"$sockets")" "$(seq -f index=%g 0 1310)"
check_eq "1310 strays" "$(grep -c " dead=no .* file_refs=1 .* peer=path:\"$SECOND_VOLUME\" peer_exists=no " \
	<<<"$sockets")" 1310
check_eq "their inodes" "$(grep -o ' inode=[0-9]*' <<<"$sockets" | cut -d= -f2 | sort -n)" "$truth"

# Only the one who has it open knows this device; it can be read in small pieces too.
check_eq "read in pieces of 512 bytes" "$(bounded 20 dd if="$NBDDIAG/nbd101" bs=512 2>/dev/null | grep -c '^socket: ')" 1311
read_file devices
check_fields "devices" "$(device_line nbd101)" state=orphaned attachable=no live=1310 dead=1 config_refs=1 \
	"openers=$(opens_of nbd101)" sockets=1311 "peer=path:\"$FIRST_VOLUME\"" peers_named=1311 peers_differing=1310

stop TERM "$HOLDER"
check_state "the opener has gone" nbd101 free no-config yes free
start_nbdkit 8M -U "$W/sock"
attach_nbd_client nbd101 -unix "$W/sock"
check_state "attached again" nbd101 connected receivers-running no in-use
bounded 10 nbd-client -d /dev/nbd101 >/dev/null
end
