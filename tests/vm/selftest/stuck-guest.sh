#!/bin/bash
# desc: a guest that neither ends nor says anything: its processor is stopped for good
# timeout: 3
# own-vm: yes
. tests/vm/guest-lib.sh

pass "so far so good"
# Process 1 and the case runner stop, so nothing in the guest can notice.
kill -STOP "$PPID" $(pgrep -f guest-run)
sleep 1000
