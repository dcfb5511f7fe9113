#!/bin/bash
# desc: a shared case that leaves daemons behind, which are ended for it
# timeout: 20
. tests/vm/guest-lib.sh

load_nbd
nbdkit -U /tmp/socket null 1M
setsid sleep 1000 &
check "a server runs" wait_until 5 test -S /tmp/socket
