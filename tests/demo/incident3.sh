#!/bin/bash
# desc: incident 3 as make demo shows it
# timeout: 120
. tests/demo/demo.bash

load_nbd max_part=0 nbds_max=2

title "3. Hung, but not by the kernel"
tell "A guest hangs during its migration. Does the kernel owe it anything?"
lock_guest
show ps -L -o pid,tid,stat,wchan:20,comm -p "$LOCKED"
insmod /nbddiag/nbddiag.ko
show nbddiag why --pid "$LOCKED"
why=$(nbddiag why --pid "$LOCKED")

check_match "who waits for whom" "$why" "^live_migration\\[[0-9]*\\] waits for a mutex that IO iothread4\\[[0-9]*\\] holds, .*: a deadlock in the process"
check_match "the kernel owes nothing" "$why" "0 requests in flight, 3 completed events .* The kernel owes it nothing"
stop KILL "$LOCKED"
bounded 10 nbd-client -d /dev/nbd1 >/dev/null
