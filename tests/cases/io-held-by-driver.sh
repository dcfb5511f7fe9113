#!/bin/bash
# desc: a bio driver keeps requests in a list of its own, as a vendor's does: they are counted and named, not followed
# timeout: 60
# also: bookworm trixie: they count at a partition only
. tests/cases/tasks.bash

HOLD=/sys/module/nbddiag_holding/parameters/hold

in_driver_is() { [ "$(awk '{ print $1 + $2 }' /sys/block/held0/inflight)" = "$1" ]; }

begin
insmod /nbddiag/nbddiag_holding.ko || die "no driver"
wait_until 10 test -e /dev/held0
dd if=/dev/held0 of=/dev/null bs=4k count=1 iflag=direct status=none
read_io
check_eq "idle: no line" "$(io_disk held0)" ""
nbdtool partition /dev/held0 1 1048576 4194304
wait_until 10 test -e /dev/held0p1
echo 1 >$HOLD

# By way of a partition, where some kernels count it, and nowhere else.
dd if=/dev/held0p1 of=/dev/null bs=4k count=1 iflag=direct status=none &
READER=$!
wait_until 10 is_stuck $READER
read_io
check_io_disk "a partition's" held0 found=0 accounted=1 state=held-by-driver
echo 0 >$HOLD
wait $READER
echo 1 >$HOLD

# As an incident began: a blkid hangs on such a device.
blkid -p /dev/held0 >/dev/null 2>&1 &
BLKID=$!
wait_until 10 is_stuck $BLKID
wait_until 10 in_driver_is 1
check_task "blkid" "$BLKID" state=D waits_for=page device=held0 "dev=$(</sys/block/held0/dev)" asked=held0 request=- held_by=- hops=0 \
	proof=record 'comm="blkid"'
check_match "why" "$(nbddiag why --pid "$BLKID")" '^held0 owes it'
aio 'setup 32' 'open /dev/held0' 'read 0 3' ready
wait_until 10 in_driver_is 4
read_io
check_io_disk "held" held0 driver=nbddiag_holding kind=bio found=0 accounted=4 state=held-by-driver
check_io_requests "held" 0 device=held0
ID=$(made "$AIO" 0 user_id)
read_aio
check_match "its context" "$(key context)" "^pid=$AIO user_id=$ID .* inflight=3 .* owed=0 "
check_eq "a candidate" "$(key candidate | grep -c "^pid=$AIO user_id=$ID device=held0 dev=$(</sys/block/held0/dev)")" 1
check_unfound "deep" 3 'held0 dev=[0-9:]* fs=- op=read pos_bytes=[0-9]* direct=yes state=held-by-driver'

echo 0 >$HOLD
wait $BLKID || note "blkid: $?"
wait_until 10 in_driver_is 0
read_io
check_eq "all are answered: no line" "$(io_disk held0)" ""
stop TERM "$AIO"
check "rmmod: nobody holds it" wait_until 10 rmmod nbddiag_holding
end
