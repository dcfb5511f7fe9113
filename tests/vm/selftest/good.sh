#!/bin/bash
# desc: a case that passes
# timeout: 20
. tests/vm/guest-lib.sh

check_eq "a number is itself" 1 1
check_match "the kernel is Linux" "$(uname -a)" '^Linux '
check "nbd can be loaded" load_nbd
check "a device exists" test -b /dev/nbd0
check_fails "a missing file cannot be read" cat /nonexistent
