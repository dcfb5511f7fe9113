#!/bin/bash
# desc: a reader in a full memory cgroup (v2) of dirty pages of a hung nbd device, and of ext4 on one
# timeout: 120
# own-vm: yes
# expect-kmsg: dd invoked oom-killer|Call Trace|Memory cgroup out of memory|blocked for more than
. tests/cases/reclaim.bash

begin
GROUP=/sys/fs/cgroup/small LIMIT=$GROUP/memory.max USAGE=$GROUP/memory.current
echo +memory >/sys/fs/cgroup/cgroup.subtree_control
mkdir $GROUP
echo $((SIZE << 20)) >$LIMIT
start_nbdtool_server "unix:$W/live"
check_reader
let_go
