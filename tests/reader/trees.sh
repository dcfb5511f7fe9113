#!/bin/bash
# desc: makes the captured trees of tests/reader/trees anew, see there
# timeout: 180
# own-vm: yes
# expect-kmsg: blocked for more than|Call Trace
. tests/cases/incidents.bash

# What the host's own tests read: run it by "tests/vm/run -m trixie tests/reader/trees.sh", then unpack
# tests/out/latest/trixie/trees/NAME.tar (--strip-components=1) into an empty tests/reader/trees/NAME, but kernel-log.
# healthy, incident1 and incident2 are of a module that had no files io, tasks and uring yet, as some hosts still have it:
# tests of that would go with them, and tests/docs/captures has the same incidents with these files.
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

# Both modules, and nbd0 with three partitions, of which the first has a filesystem. usage: attach_partitioned NAME DEVICES
attach_partitioned() {
	load_nbd max_part=4 nbds_max="$2"
	insmod /nbddiag/nbddiag.ko
	start_nbdkit 64M -U "$W/$1.sock"
	attach_nbd_client nbd0 -unix "$W/$1.sock"
	partition /dev/nbd0
	bounded 20 blockdev --rereadpt /dev/nbd0
	wait_until 10 test -e /sys/block/nbd0/nbd0p3
	bounded 20 mke2fs -q /dev/nbd0p1
}

detach_partitioned() {
	bounded 10 nbd-client -d /dev/nbd0 >/dev/null
	wait_until 10 opens_are nbd0 0
	wait_until 10 rmmod nbddiag
	wait_until 10 rmmod nbd
}

# A free device beside one with a partition, swap, a filesystem and a map on it.
healthy() {
	attach_partitioned healthy 3
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
	detach_partitioned
}

# A server is stopped. On its device are swap, a filesystem with a swap file and the file of a loop device, and on that
# another filesystem. A process has a mount namespace of its own, which has the first filesystem elsewhere.
stacked() {
	local elsewhere readers=()
	modprobe loop max_loop=1
	attach_partitioned stacked 2
	mkdir -p "$W/mnt" "$W/inner" "$W/elsewhere"
	mount -o noatime /dev/nbd0p1 "$W/mnt"
	dd if=/dev/zero of="$W/mnt/swap" bs=64k count=32 conv=fsync status=none
	chmod 600 "$W/mnt/swap"
	bounded 20 mkswap -q "$W/mnt/swap"
	bounded 20 mkswap -q /dev/nbd0p2
	swapon /dev/nbd0p2
	swapon "$W/mnt/swap"
	dd if=/dev/zero of="$W/mnt/disk.img" bs=64k count=64 conv=fsync status=none
	losetup /dev/loop0 "$W/mnt/disk.img"
	# Or it makes a hole of the file, which is read without the device.
	bounded 20 mke2fs -q -E nodiscard /dev/loop0
	mount -o noatime /dev/loop0 "$W/inner"
	# shellcheck disable=SC2016 # for the inner shell
	unshare -m sh -c 'mount --bind "$1/mnt" "$1/elsewhere" && exec sleep 600' sh "$W" &
	elsewhere=$!
	wait_until 10 grep -q "$W/elsewhere" "/proc/$elsewhere/mountinfo"
	sync
	echo 3 >/proc/sys/vm/drop_caches
	pause "$SERVER"
	dd if=/dev/loop0 of=/dev/null bs=4096 count=1 skip=500 iflag=direct 2>/dev/null &
	readers+=($!)
	dd if=/dev/nbd0p3 of=/dev/null bs=4096 count=1 iflag=direct 2>/dev/null &
	readers+=($!)
	wait_until 20 is_stuck "${readers[0]}"
	wait_until 20 is_stuck "${readers[1]}"
	capture stacked
	kill -CONT "$SERVER"
	wait "${readers[@]}"
	stop TERM "$elsewhere"
	umount "$W/inner"
	losetup -d /dev/loop0
	swapoff "$W/mnt/swap"
	swapoff /dev/nbd0p2
	umount "$W/mnt"
	detach_partitioned
}

# Three strays; the thread that keeps the device open has a zombie for a leader.
incident1() {
	local guest
	attach_first_volume
	start_logged aiotool 'name qemu-kvm' 'open /dev/nbd101' leader-exit 'name CPU+5/KVM' ready
	guest=$LOGGED
	lose_first_volume
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
stacked
incident1
incident2
