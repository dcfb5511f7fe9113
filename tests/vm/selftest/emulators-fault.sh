#!/bin/bash
# desc: the guest dies of a breakpoint that is not there any more, in each boot
# timeout: 20
# own-vm: yes
. tests/vm/guest-lib.sh

pass "so far so good"
echo '<2>Oops: int3: 0000 [#1] SMP NOPTI' >/dev/kmsg
echo '<2>Code: 83 c8 00 00 00 00 48 89 43 70 74 45 4c 01 63 78 66 <90> 48 83 c4 18' >/dev/kmsg
echo c >/proc/sysrq-trigger
sleep 10
