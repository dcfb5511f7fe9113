#!/bin/bash
# desc: a task hangs that is not inside the module, which is no failure in a kernel that reports it so soon
# timeout: 20
. tests/vm/guest-lib.sh

while read -r line; do
	echo "$line" >/dev/kmsg
done <<'END'
INFO: task fio:123 blocked for more than 30 seconds.
      Tainted: G           OE      6.12.107-nbddiag-debug #1
Call Trace:
 blk_mq_freeze_queue_wait+0x9e/0xd0
 </TASK>
END
pass "all is well"
