#!/bin/bash
# desc: a reader in a full memory cgroup (v1) of dirty pages of a hung nbd device, and of ext4 on one
# timeout: 120
# own-vm: yes
# expect-kmsg: dd invoked oom-killer|Call Trace|Memory cgroup out of memory|blocked for more than|cgroup.*(deprecated|legacy)
. tests/cases/reclaim.bash

begin
mkdir -p /tmp/v1
mount -t cgroup -o memory memory /tmp/v1 || skip "no memory cgroup of version 1"
GROUP=/tmp/v1/small LIMIT=$GROUP/memory.limit_in_bytes USAGE=$GROUP/memory.usage_in_bytes
mkdir $GROUP
echo $((SIZE << 20)) >$LIMIT
start_nbdtool_server "unix:$W/live"
check_reader
let_go
