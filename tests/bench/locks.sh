#!/bin/bash
# desc: how long a reader holds the lock of a device with 1311 sockets, and keeps preemption off
# timeout: 600
# own-vm: yes
# kernel: maxcpus=1 rcu_nocbs=all
. tests/bench/held.bash

load_nbd max_part=0 nbds_max=256
insmod /nbddiag/nbddiag.ko
hasten_rcu 0
benchtool sockets /dev/nbd101 1311 "$W/a-server-with-a-name-of-usual-length" >"$W/maker" &
wait_until 600 grep -q ready "$W/maker" || die "no sockets"
make_contexts 10 96
hasten_rcu 1
read_file nbd101
check_eq "sockets" "$(key socket | wc -l)" 1311
measure 15 floor=/proc/net/unix one="$NBDDIAG/nbd101"

trace_begin
config_lock_rows '' nbd101 devices
for file in nbd101 aio; do
	trace_file "$file" "spin spun spin_irq spun_irq"
	check_num "spinlocks seen for $file" "$(grep -c ^spin "$W/held")" -gt 0
	held "spinlocks held by a read of \`$file\` (preemption is off)" spin '\[nbddiag\]'
done
