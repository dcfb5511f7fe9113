#!/bin/bash
# desc: one check of several fails
# timeout: 20
. tests/vm/guest-lib.sh

pass "first"
check_eq "one is two" 1 2
pass "last"
