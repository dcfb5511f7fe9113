#!/bin/bash
# desc: the guest dies in the middle of a case
# timeout: 20
. tests/vm/guest-lib.sh

pass "so far so good"
echo c >/proc/sysrq-trigger
sleep 10
