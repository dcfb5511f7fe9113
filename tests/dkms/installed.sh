#!/bin/bash
# desc: what was installed is found by its name, and works
# timeout: 60
. tests/vm/guest-lib.sh

version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' /nbddiag/dkms.conf)

check_eq "this tree has no module of its own" "$(ls /nbddiag/nbddiag.ko 2>/dev/null)" ""
# It may be compressed. (A kernel's name is no pattern: it may have a "+" in it.)
module=$(modinfo -n nbddiag)
check_eq "the module is where dkms puts it" "${module%%.ko*}" "/lib/modules/$(uname -r)/updates/dkms/nbddiag"
check "modprobe nbddiag" modprobe nbddiag
check_eq "the version that is loaded" "$(cat /sys/module/nbddiag/version)" "$version"
check_match "its files are there" "$(ls $NBDDIAG)" '^layout$'
check_match "the reader is installed" "$(type -P nbddiag)" '^/usr/(local/)?sbin/nbddiag$'
check_eq "its version" "$(nbddiag -V)" "nbddiag $version"
check "modprobe nbd" modprobe nbd
check "the reader reads" bounded 20 nbddiag list --all
check "modprobe -r" modprobe -r nbddiag
