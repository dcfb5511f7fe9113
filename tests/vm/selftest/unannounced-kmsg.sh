#!/bin/bash
# desc: the kernel says something bad, and nothing announced it
# timeout: 20
. tests/vm/guest-lib.sh

pass "all is well, it seems"
echo "WARNING: this is what a kernel warning looks like" >/dev/kmsg
