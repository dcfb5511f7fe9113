#!/bin/bash
# desc: how the time to read a device grows with its sockets
# timeout: 1500
# own-vm: yes
# kernel: maxcpus=1 rcu_nocbs=all
. tests/bench/lib.bash

# nbd waits for a grace period of RCU for each socket: with one processor, and kernel threads that take care of it,
# that is some milliseconds. The devices share them.
SIZES=(10 100 1311 10000 65536)
load_nbd max_part=0 nbds_max=16
insmod /nbddiag/nbddiag.ko
hasten_rcu 0
makers=()
for i in "${!SIZES[@]}"; do
	benchtool sockets "/dev/nbd$i" "${SIZES[i]}" "$W/a-server-with-a-name-of-usual-length-$i" >"$W/maker$i" &
	makers+=($!)
done
# Each as soon as it is there, with the others still growing beside it; in the end all, in turns.
series=()
for i in "${!SIZES[@]}"; do
	n=${SIZES[i]}
	wait_until 3000 grep -q ready "$W/maker$i" || die "no $n sockets"
	note "$SECONDS s: $n sockets"
	series+=("$n=$NBDDIAG/nbd$i")
	measure 3 "${series[-1]}"
	check_eq "$n sockets are shown" "$(bounded 120 grep -c '^socket: ' "$NBDDIAG/nbd$i")" "$n"
done
hasten_rcu 1
measure 9 "${series[@]}"
for n in "${SIZES[@]}"; do
	point sockets "$n"
done
