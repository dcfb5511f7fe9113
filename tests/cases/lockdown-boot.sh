#!/bin/bash
# desc: booted with lockdown=integrity, a kernel loads nbd but not an unsigned nbddiag
# own-vm: yes
# kernel: lockdown=integrity
# machines: trixie
. tests/vm/guest-lib.sh

# On one machine only: the rest of what lockdown does is the same as in lockdown.sh, on all.
mount -t securityfs security /sys/kernel/security
check_match "the kernel is in lockdown" "$(</sys/kernel/security/lockdown)" '\[integrity\]'
check "Debian's nbd, which is signed, is loaded" load_nbd
# shellcheck disable=SC2119
said=$(load_nbddiag 2>&1) && fail "nbddiag: loaded"
check_match "nbddiag is refused" "$said" 'Operation not permitted'
check_match "the kernel says why" "$(dmesg)" 'Lockdown: insmod: unsigned module loading is restricted'
