#!/bin/bash
# desc: config_lock held for ever on a device whose server is dead and whose request hangs
# timeout: 60
# own-vm: yes
. tests/cases/lib.bash

begin

lose_reads nbd0 65536 4096 1

# The client has ended; the request stays.
check_eq "in flight for the block layer" "$(inflight_of nbd0)" 1
check_state "before" nbd0 disconnected all-sockets-dead no started
check_keys "before" <<-EOF
	consistent: yes
	runtime_flags: $(runtime_flags_text 8)
	recv_threads: 0
	openers: 1
EOF
check_fields "before" "$(key requests)" inflight=1

start_nbdtool_server "unix:$W/second"
start_freezer nbd0 "unix:$W/second"
holder=$FREEZER
nbdtool clear /dev/nbd0 &
waiter=$!
wait_until 10 is_stuck "$waiter"

read_timed nbd0
check_read_took "a read" 2000
check_keys "held" <<-EOF
	state: disconnected
	state_reason: all-sockets-dead
	attachable: no
	attachable_reason: lock-held
	consistent: no
	num_connections: 1
	live_connections: 0
	recv_threads: 0
	openers: 3
EOF
check_fields "holder" "$(key lock_holder)" "pid=$holder" "tgid=$holder" 'comm="nbdtool"' state=D
check_fields "held" "$(key requests)" inflight=1 shown=1
check_fields "held" "$(request_line 1)" op=read sector=128 bytes=4096 socket=0
check_fields "held" "$(socket_line 0)" dead=yes "inode=$FIRST_INODE" "peer=path:\"$W/lost.nbd0\"" peer_exists=no
check_eq "the reader hangs" "$(inflight_of nbd0) $(is_gone "$READER" && echo gone)" "1 "

# Nothing else is held up: other devices, other files, and the module itself.
check_state "another device" nbd1 free no-config yes free
check "layout can be read" bounded 5 cat "$NBDDIAG/layout"
check "the module can be removed" bounded 10 rmmod nbddiag
check "and loaded again" bounded 20 insmod /nbddiag/nbddiag.ko
read_file nbd0
check_keys "loaded again" <<<"consistent: no"
# Without BTF of nbd the layout is learned under the lock, or from other devices.
state=disconnected
[ -e /sys/kernel/btf/nbd ] || state='(disconnected|unknown)'
check_match "loaded again: state" "$(key state)" "^$state\$"
check_fields "loaded again: holder" "$(key lock_holder)" "pid=$holder"
