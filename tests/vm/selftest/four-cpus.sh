#!/bin/bash
# desc: a case that asks for more processors than others have
# own-vm: yes
# cpus: 4
. tests/vm/guest-lib.sh
check_eq "four processors are online" "$(nproc)" 4
