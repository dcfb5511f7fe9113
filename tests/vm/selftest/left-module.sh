#!/bin/bash
# desc: a shared case that leaves the guest unusable: a module that cannot be removed
# timeout: 20
. tests/vm/guest-lib.sh

load_nbd
nbdkit -U /tmp/socket null 1M
check "a device is connected over netlink and stays so" nbd-client -unix /tmp/socket /dev/nbd0
