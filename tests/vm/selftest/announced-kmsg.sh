#!/bin/bash
# desc: the kernel says something bad that the case has announced
# timeout: 20
# expect-kmsg: blocked for more than
# expect-kmsg: Call Trace
. tests/vm/guest-lib.sh

echo "INFO: task fio:123 blocked for more than 20 seconds." >/dev/kmsg
echo "Call Trace:" >/dev/kmsg
check_match "the kernel's messages can be read" "$(kmsg)" 'task fio:123'
