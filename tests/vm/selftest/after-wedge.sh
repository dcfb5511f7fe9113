#!/bin/bash
# desc: a case that goes on in a fresh guest after another has left a wedge
# timeout: 20
. tests/vm/guest-lib.sh

check_eq "a number is itself" 1 1
check_eq "the kernel has just booted" "$(ls -d /sys/module/nbd 2>/dev/null)" ""
check_no_match "nothing is in D" "$(cat /proc/[0-9]*/stat 2>/dev/null | cut -d' ' -f3)" D
