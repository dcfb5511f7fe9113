#!/bin/bash
# desc: a shared case that leaves a real wedge: a process that waits for ever for a stopped server
# timeout: 40
. tests/vm/guest-lib.sh

load_nbd
truncate -s 16M /tmp/image
nbdkit --foreground -U /tmp/socket file /tmp/image &
server=$!
wait_until 5 test -S /tmp/socket
nbd-client -unix /tmp/socket /dev/nbd0
kill -STOP "$server"
dd if=/dev/nbd0 of=/dev/null iflag=direct bs=4k count=1 &
check "a reader is in D" wait_until 10 in_state $! D
# Out of reach of a kill that would end the server and so free the reader.
echo "$server" >/sys/fs/cgroup/cgroup.procs
