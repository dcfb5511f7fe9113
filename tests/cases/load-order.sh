#!/bin/bash
# desc: loaded before nbd and after; files come and go with disks and only with nbd's disks
# timeout: 60
. tests/cases/lib.bash


# All files of devices, and all devices' lines, are those of nbd's disks in /sys.
check_files() {
	local want
	want=$(find /sys/block -name 'nbd*' -printf '%f\n' | sort -V)
	check_eq "$1: how many nbd disks there are" "$(grep -c . <<<"$want")" "$2"
	check_eq "$1: files" "$(find "$NBDDIAG" -type f -printf '%f\n' | grep '^nbd' | sort -V)" "$want"
	check_eq "$1: other files" "$(find "$NBDDIAG" -type f -printf '%f\n' | grep -v '^nbd[0-9]' | sort)" $'aio\naio_scan\ndevices\nio\nlayout\ntasks\nuring'
	read_file devices
	check_eq "$1: lines" "$(key device | sed 's/^name=\([^ ]*\) .*/\1/')" "$want"
}

# Without nbd.
insmod /nbddiag/nbddiag.ko
check_files "before nbd" 0
read_file layout
check_match "nothing is known of nbd yet" "$(key struct)" '^name=nbd_device .*status=unresolved$'
check "it can be removed" rmmod nbddiag
check_eq "its directory goes with it" "$(find "$NBDDIAG" 2>&1 | head -n 1 | grep -c 'No such file')" 1

# Before nbd.
insmod /nbddiag/nbddiag.ko
load_nbd max_part=0 nbds_max=3
check_files "after nbd" 3
check_state "after nbd" nbd2 free no-config yes free
read_file layout
check_match "nbd is resolved" "$(key struct)" '^name=nbd_device .*status=ok$'

# Over netlink.
start_nbdtool_server "unix:$W/sock"
attach_netlink 200 "unix:$W/sock" --destroy
attach_netlink 201 "unix:$W/sock"
check_files "two devices were added" 5
check_state "added" nbd200 connected receivers-running no in-use
check_keys "added" <<-EOF
	device: nbd200
	index: 200
	dev: $(cat /sys/block/nbd200/dev)
EOF
bounded 10 nbdtool nl-disconnect 200
wait_until 10 test ! -e /sys/block/nbd200
bounded 10 nbdtool nl-disconnect 201
check_files "one was destroyed" 4
check_state "the other is free" nbd201 free no-config yes free
check_fails "no file of the destroyed one" cat "$NBDDIAG/nbd200"

# nbd goes and comes, now with partitions.
check "rmmod nbd" wait_until 10 rmmod nbd
check_files "nbd has gone" 0
load_nbd max_part=15 nbds_max=5
check_files "nbd is back" 5
truncate -s 4M "$W/image"
# A table with one partition of 2048 sectors at sector 2048.
printf '\0\0\0\0\x83\0\0\0\0\x08\0\0\0\x08\0\0' | dd of="$W/image" bs=1 seek=446 conv=notrunc 2>/dev/null
printf '\x55\xaa' | dd of="$W/image" bs=1 seek=510 conv=notrunc 2>/dev/null
start_qemu_nbd "$W/parts" "$W/image"
attach_nbd_client nbd1 -unix "$W/parts"
blockdev --rereadpt /dev/nbd1
check "the kernel sees a partition" wait_until 10 test -d /sys/block/nbd1/nbd1p1
check_files "a partition has no file" 5
check_state "with partitions" nbd1 connected receivers-running no in-use
check_keys "with partitions" <<<"dev: $(cat /sys/block/nbd1/dev)"
check_eq "its number is not its index" "$(cat /sys/block/nbd1/dev)" 43:16
check "the table goes" bounded 10 dd if=/dev/zero of=/dev/nbd1 bs=4096 count=1 oflag=direct
check "and is read again" bounded 10 blockdev --rereadpt /dev/nbd1
check "the kernel sees no partition" wait_until 10 test ! -d /sys/block/nbd1/nbd1p1
check_files "a partition takes no file with it" 5

# The module goes and comes with a device attached.
check "rmmod nbddiag" rmmod nbddiag
insmod /nbddiag/nbddiag.ko
check_files "loaded again" 5
check_state "loaded again" nbd1 connected receivers-running no in-use
bounded 10 nbd-client -d /dev/nbd1 >/dev/null
wait_gone "$CLIENT"
end
