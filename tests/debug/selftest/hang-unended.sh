#!/bin/bash
# desc: a report of a hung task without its end, so nobody knows where the task is
# timeout: 20
. tests/vm/guest-lib.sh

echo "INFO: task fio:124 blocked for more than 30 seconds." >/dev/kmsg
pass "all is well, it seems"
