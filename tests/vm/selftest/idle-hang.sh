#!/bin/bash
# desc: a case that hangs and has nothing to run, on a busy host: that the guest is not let run is no excuse
# timeout: 3
. tests/vm/guest-lib.sh

pass "so far so good"
sleep 1000
