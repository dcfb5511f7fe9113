#!/bin/bash
# desc: a hung-task message that only another kind of announcement would cover
# timeout: 20
# expect-kmsg: Call Trace
. tests/vm/guest-lib.sh

pass "all is well, it seems"
echo "INFO: task fio:123 blocked for more than 20 seconds." >/dev/kmsg
