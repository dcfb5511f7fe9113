#!/bin/bash
# desc: incident 1 as make demo shows it
# timeout: 120
. tests/demo/demo.bash

has_size() { [ "$(cat /sys/block/nbd101/size)" != 0 ]; }

has_gone() { ! kill -0 "$1" 2>/dev/null; }

load_nbd nbds_max=102
truncate -s 64M "$W/first" "$W/second"

explain "nbd101 serves a volume, and a guest's QEMU (here: nbdtool) has it open"
bounded 20 nbdkit -P "$W/pid" -U "$FIRST_VOLUME" file "$W/first"
nbd-client -nonetlink -nofork -unix "$FIRST_VOLUME" /dev/nbd101 >/dev/null 2>&1 &
client=$!
wait_until 20 has_size
nbdtool hold /dev/nbd101 >/dev/null &
opener=$!
sleep 1

explain "the server is killed; the opener stays"
kill -KILL "$(<"$W/pid")"
wait_until 20 has_gone "$client"

explain "attaching another volume seems to work, and does not"
for _ in 1 2 3; do
	show bounded 20 qemu-nbd -f raw -k "$SECOND_VOLUME" -c /dev/nbd101 "$W/second"
	wait_until 20 no_qemu_nbd
done
dmesg | grep 'nbd101' | tail -n 3

explain "on the live host, without debug symbols"
show insmod /nbddiag/nbddiag.ko allow_cleanup=1
show cat /sys/kernel/debug/nbddiag/nbd101
state=$(sed -n 's/^state: //p' "$NBDDIAG/nbd101")

explain "is it safe to attach, and what would free it? (the runbook step)"
show nbddiag check nbd101
explain "and why is it so?"
show nbddiag why nbd101
why=$(nbddiag why nbd101)
explain "shut what nothing serves; the opener stays, so the device stays his"
show nbddiag clean nbd101 --sockets --yes --wait 0
live=$(sed -n 's/^live_connections: //p' "$NBDDIAG/nbd101")

check_eq "the state" "$state" orphaned
check_match "why it is so" "$why" "^nbd101 is open in nbdtool\\[$opener\\], descriptor"
check_eq "sockets that are not dead after clean" "$live" 0
kill "$opener"
wait_until 20 grep -q '^state: free' "$NBDDIAG/nbd101"
check "the last opener's end frees it" nbddiag check --quiet nbd101
