#!/bin/bash
# desc: a task sleeps too long inside the module
# timeout: 30
# expect-kmsg: blocked for more than|Call Trace
. tests/debug/selftest/faulty.bash

echo 2 >/proc/sys/kernel/hung_task_timeout_secs
commit hang
echo 30 >/proc/sys/kernel/hung_task_timeout_secs
