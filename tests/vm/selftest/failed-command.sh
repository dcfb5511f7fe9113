#!/bin/bash
# desc: a command fails outside of any check
# timeout: 20
. tests/vm/guest-lib.sh

pass "so far so good"
cat /nonexistent
pass "not reached"
