#!/bin/bash
# desc: a data race between others, one of them in an interrupt of the module, which has no part in it
# timeout: 20
. tests/vm/guest-lib.sh

while IFS= read -r line; do
	echo "$line" >/dev/kmsg
done <<'END'
==================================================================
BUG: KCSAN: data-race in do_nanosleep / hrtimer_wakeup

write to 0xffffc900001a3e58 of 8 bytes by interrupt on cpu 0:
 hrtimer_wakeup+0x24/0x50
 asm_sysvec_apic_timer_interrupt+0x1b/0x20
 put_member+0x17/0x70 [nbddiag]
 device_show+0x66b/0x990 [nbddiag]

read to 0xffffc900001a3e58 of 8 bytes by task 136 on cpu 0:
 do_nanosleep+0x9b/0x240
 hrtimer_nanosleep+0xd3/0x180

==================================================================
END
pass "all is well"
