#!/bin/bash
# desc: incident 1 as make demo shows it
# timeout: 120
. tests/demo/demo.bash

load_nbd nbds_max=102

title "1. A device that can no longer be attached"
tell "A guest uses nbd101. Its server is killed. Attaching another volume seems to work, and does not:"
wedge_device
show qemu-nbd -f raw -k "$SECOND_VOLUME" -c /dev/nbd101 "$W/volume"
wait_until 20 no_qemu_nbd
dmesg | grep 'I/O error.*nbd101' | tail -n 1
show lsof -w /dev/nbd101

tell "On the live host, without debug symbols:"
show insmod /nbddiag/nbddiag.ko allow_cleanup=1
show nbddiag
show nbddiag check nbd101
show nbddiag why nbd101
why=$(nbddiag why nbd101)
state=$(sed -n 's/^state: //p' "$NBDDIAG/nbd101")

tell "Shut the sockets that nothing serves. The guest stays, so the device stays its own:"
show nbddiag clean nbd101 --sockets --yes --wait 0
live=$(sed -n 's/^live_connections: //p' "$NBDDIAG/nbd101")

tell "End the guest:"
show kill -KILL "$OPENER"
wait_until 20 grep -q '^state: free' "$NBDDIAG/nbd101"
show nbddiag check nbd101

check_eq "the state" "$state" orphaned
check_match "why it is so" "$why" "^nbd101 is open in CPU 5/KVM\\[[0-9]*\\] of process $OPENER, descriptor"
check_eq "sockets that are not dead after clean" "$live" 0
check "the last opener's end frees it" nbddiag check --quiet nbd101
