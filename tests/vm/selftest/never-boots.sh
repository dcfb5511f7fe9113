#!/bin/bash
# desc: a kernel that panics at each boot, because it is given nothing to start
# timeout: 5
# own-vm: yes
# kernel: rdinit=/nothing root=/dev/nothing
. tests/vm/guest-lib.sh

pass "not reached"
