#!/bin/bash
# desc: files that stay open: the module is not removed under them, a device is
# timeout: 60
. tests/cases/lib.bash

begin

# usage: check_read_fails WHAT DESCRIPTOR
check_read_fails() {
	local text status=0
	text=$(bounded 5 dd bs=64 count=1 status=none <&"$2" 2>&1) || status=$?
	check_eq "$1: status" "$status" 1
	check_match "$1: error" "$text" 'Input/output error$'
}

# The module.
for file in nbd0 devices layout; do
	exec {fd}<"$NBDDIAG/$file"
	check_match "rmmod with $file open" "$(bounded 10 rmmod nbddiag 2>&1 || :)" 'is in use|Resource temporarily'
	check_eq "$file still has its text" "$(head -n 1 <&"$fd")" "format: 1"
	exec {fd}<&-
done
check "rmmod with none open" bounded 10 rmmod nbddiag
insmod /nbddiag/nbddiag.ko

# A device: an open file does not keep it; what was not read yet is gone.
start_nbdtool_server "unix:$W/sock"
attach_netlink 30 "unix:$W/sock" --destroy --connections 8 --flags 0x101
exec {fresh}<"$NBDDIAG/nbd30" {begun}<"$NBDDIAG/nbd30" {all}<"$NBDDIAG/devices"
check_eq "the beginning" "$(dd bs=10 count=1 status=none <&"$begun")" "format: 1"
check_eq "the beginning of devices" "$(dd bs=10 count=1 status=none <&"$all")" "format: 1"
bounded 10 nbdtool nl-disconnect 30
check "the device goes under open files" wait_until 10 test ! -e /sys/block/nbd30
check_read_fails "never read" "$fresh"
check_read_fails "half read" "$begun"
check_no_match "the rest of devices" "$(bounded 5 cat <&"$all")" 'name=nbd30 '
exec {fresh}<&- {begun}<&- {all}<&-

# nbd itself. (With lockdep, from 7.3 on, each socket that it was given keeps it until both ends are gone.)
stop TERM "$SERVER"
exec {fd}<"$NBDDIAG/nbd0"
check "rmmod nbd with a file open" wait_until 10 rmmod nbd
check_read_fails "nbd has gone" "$fd"
load_nbd max_part=0 nbds_max=16
check_read_fails "a new device of that name is another one" "$fd"
read_file nbd0
check_keys "the new one" <<<"state: free"
exec {fd}<&-

# A file that is read from the start again shows the present.
exec {fd}<"$NBDDIAG/nbd1"
check_eq "state when first read" "$(sed -n 's/^state: //p' <&"$fd")" free
hold nbd1
check_eq "at its end a file has no more" "$(cat <&"$fd")" ""
check_match "read again" "$(cat "$NBDDIAG/nbd1")" '^state: opened$'
stop TERM "$HOLDER"
exec {fd}<&-
end
