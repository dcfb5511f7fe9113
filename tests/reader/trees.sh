#!/bin/bash
# desc: makes the captured trees of tests/reader/trees anew, see there
# timeout: 120
# own-vm: yes
# expect-kmsg: blocked for more than|Call Trace
. tests/cases/incidents.bash

# What the host's own tests read: run it by "tests/vm/run -m trixie tests/reader/trees.sh", then unpack
# tests/out/latest/trixie/trees/NAME.tar (--strip-components=1) into an empty tests/reader/trees/NAME, but kernel-log.
# Of incident3 only what /proc says of the process was captured, of locktool by the name of qemu-kvm; the files of the
# module and the guest's name were written as nbddiag(4) and nbddiag(8) have them.

capture() {
	check "$1: capture" bounded 30 nbddiag capture "/out/trees/$1.tar"
	note "$1: $(stat -c %s "/out/trees/$1.tar") bytes"
}

# Three partitions of 16 MiB, as their table says it, one entry after the other.
partition() {
	local number start
	for number in 0 1 2; do
		printf -v start '\\x%02x' 0 $(((8 + number * 128) % 256)) $(((8 + number * 128) / 256)) 0
		printf '%b' "\0\0\0\0\x83\0\0\0$start\0\x80\0\0" |
			dd of="$1" bs=1 seek=$((446 + number * 16)) conv=notrunc status=none
	done
	printf '\x55\xaa' | dd of="$1" bs=1 seek=510 conv=notrunc status=none
}

# A free device beside one with a partition, swap, a filesystem and a map on it.
healthy() {
	load_nbd max_part=4 nbds_max=3
	insmod /nbddiag/nbddiag.ko
	start_nbdkit 64M -U "$W/healthy.sock"
	attach_nbd_client nbd0 -unix "$W/healthy.sock"
	partition /dev/nbd0
	bounded 20 blockdev --rereadpt /dev/nbd0
	wait_until 10 test -e /sys/block/nbd0/nbd0p3
	bounded 20 mke2fs -q /dev/nbd0p1
	mkdir "$W/mnt"
	mount /dev/nbd0p1 "$W/mnt"
	bounded 20 mkswap -q /dev/nbd0p2
	swapon /dev/nbd0p2
	echo "0 16384 linear /dev/nbd0p3 0" | dmsetup create --noudevsync volume
	hold nbd0
	capture healthy
	stop TERM "$HOLDER"
	dmsetup remove --noudevsync volume
	swapoff /dev/nbd0p2
	umount "$W/mnt"
	bounded 10 nbd-client -d /dev/nbd0 >/dev/null
	wait_until 10 opens_are nbd0 0
	wait_until 10 rmmod nbddiag
	wait_until 10 rmmod nbd
}

# Three strays; the thread that keeps the device open has a zombie for a leader.
incident1() {
	local guest
	load_nbd max_part=0 nbds_max=1
	start_nbdkit 64M -U "$FIRST_VOLUME"
	# Over netlink a device is made that was not there; so the trees stay small.
	bounded 20 nbd-client -unix "$FIRST_VOLUME" /dev/nbd101 >/dev/null 2>&1
	bounded 10 nbd-client -d /dev/nbd101 >/dev/null
	wait_until 10 test ! -s /sys/block/nbd101/pid
	attach_nbd_client nbd101 -unix "$FIRST_VOLUME"
	start_logged aiotool 'name qemu-kvm' 'open /dev/nbd101' leader-exit 'name CPU+5/KVM' ready
	guest=$LOGGED
	stop KILL "$SERVER"
	wait_gone "$CLIENT"
	truncate -s 64M "$W/volume"
	for _ in 1 2 3; do
		bounded 20 qemu-nbd -f raw -k "$SECOND_VOLUME" -c /dev/nbd101 "$W/volume"
		wait_until 20 no_qemu_nbd
	done
	insmod /nbddiag/nbddiag.ko
	check_state incident1 nbd101 orphaned disconnected-with-sockets no started
	capture incident1
	stop KILL "$guest"
	check_state incident1 nbd101 free no-config yes free
	rmmod nbddiag
}

# A killed process hangs in exit_aio, and a reader in D, because the server does not answer.
incident2() {
	stall_guest nbd101
	dd if=/dev/nbd101 of=/dev/null bs=4096 count=1 skip=1000 iflag=direct 2>/dev/null &
	wait_until 20 inflight_is nbd101 3
	kill_until_stuck "$GUEST"
	insmod /nbddiag/nbddiag.ko
	capture incident2
	kill -CONT "$SERVER"
	wait_until 20 grep -q '^waiters: 0' "$NBDDIAG/aio"
	bounded 10 nbd-client -d /dev/nbd101 >/dev/null
}

healthy
incident1
incident2
