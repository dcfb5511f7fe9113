#!/bin/bash
# desc: requests behind crypt, thin, a partition, loop on ext4 on linear with direct I/O
# timeout: 150
. tests/cases/io.bash

# Requests of a process that has a device open, and where they must be. usage: check_stack WHAT ASKED VIA FS NUMBER
check_stack() {
	read_io
	check_io_requests "$1" "$5" "device=$AT" "asked=$2" "via=$3" "fs=$4" state=started who=aio "aio_pid=$AIO"
	check_all_owed "$1" "$AIO" "$5" "device=$AT" "asked=$2" "via=$3" "fs=$4" state=started
}

partition() {
	local part=nbd3p1
	keep nbd3
	# One entry: type 0x83, from sector 2048 on, 8192 sectors.
	printf '\0\0\0\0\203\0\0\0\0\010\0\0\0\040\0\0' | dd of=/dev/nbd3 bs=1 seek=446 conv=notrunc 2>/dev/null
	printf '\125\252' | dd of=/dev/nbd3 bs=1 seek=510 conv=notrunc,fsync 2>/dev/null
	blockdev --rereadpt /dev/nbd3
	wait_until 10 test -e /dev/$part
	AT=nbd3
	stall nbd3
	aio 'setup 32' "open /dev/$part" 'read 0 3' ready
	wait_until 20 reads_are nbd3 3
	check_stack partition "$part" - - 3
	answer nbd3
	stop TERM "$AIO"
	drop nbd3
}

crypt() {
	modprobe dm_crypt
	make_dm secret "0 32768 crypt aes-xts-plain64 $(printf '0%.0s' {1..128}) 0 /dev/nbd0 0"
	stall nbd0
	aio 'setup 32' "open /dev/$DM" 'read 0 3' ready
	wait_inflight nbd0 3
	check_stack "crypt, read" "$DM" - - 3
	read_io
	check_io_disk crypt "$DM" kind=dm accounted=3
	answer nbd0
	stop TERM "$AIO"
	stall nbd0
	aio 'setup 32' "open /dev/$DM" 'write 0 3' ready
	wait_until 20 writes_are nbd0 3
	check_stack "crypt, write" "$DM" - - 3
	answer nbd0
	stop TERM "$AIO"
	remove_dm secret
}

# thin -> pool -> nbd; what is known of the thin volume lies on a disk in memory.
thin() {
	local pool thin
	modprobe dm_thin_pool
	truncate -s 4M "$W/meta"
	losetup /dev/loop1 "$W/meta"
	make_dm pool "0 32768 thin-pool /dev/loop1 /dev/nbd0 128 0"
	pool=$DM
	dmsetup message pool 0 "create_thin 0"
	make_dm thin "0 16384 thin /dev/$pool 0"
	thin=$DM
	dd if=/dev/zero of="/dev/$thin" bs=64k count=4 oflag=direct 2>/dev/null
	stall nbd0
	aio 'setup 32' "open /dev/$thin" 'read 0 3' ready
	wait_inflight nbd0 3
	check_stack thin "$thin" "$pool" - 3
	read_io
	check_io_disk thin "$thin" kind=dm found=3 accounted=3
	answer nbd0
	stop TERM "$AIO"
	# A read of four blocks is one request above, and counted as four parts of it.
	stall nbd0
	aio 'setup 32' "open /dev/$thin" 'bytes 262144' 'read 0 1' ready
	wait_until 20 reads_are nbd0 4
	read_io
	check_eq "thin, four blocks: all counted are found" "$(field "$(io_disk "$thin")" found)" "$(field "$(io_disk "$thin")" accounted)"
	check_io_requests "thin, four blocks" 4 device=nbd0 "asked=$thin" "via=$pool" who=aio "aio_pid=$AIO"
	answer nbd0
	stop TERM "$AIO"
	# A whole block that the volume did not have yet.
	stall nbd0
	aio 'setup 32' "open /dev/$thin" 'bytes 65536' 'offset 1048576' 'write 0 1' ready
	wait_until 20 writes_are nbd0 1
	check_stack "thin, a new block" "$thin" "$pool" - 1
	answer nbd0
	stop TERM "$AIO"
	remove_dm thin
	remove_dm pool
	losetup -d /dev/loop1
}

# loop on a file on ext4 on linear on nbd. With direct I/O it is followed to nbd, else it rests at the loop device.
loops() {
	local map
	keep nbd2
	AT=nbd2
	make_dm low "0 32768 linear /dev/nbd2 0"
	map=$DM
	mke2fs -q -t ext4 -O ^has_journal -E lazy_itable_init=0 "/dev/$map"
	mkdir -p "$W/mnt"
	mount -o noatime "/dev/$map" "$W/mnt"
	dd if=/dev/zero of="$W/mnt/file" bs=64k count=32 conv=fsync 2>/dev/null
	losetup --direct-io=on /dev/loop2 "$W/mnt/file"
	aio 'setup 32' 'open /dev/loop2' ready
	stop TERM "$AIO"
	stall nbd2
	aio 'setup 32' 'open /dev/loop2' 'read 0 3' ready
	wait_until 20 reads_are nbd2 3
	read_io
	check_io_disk loop loop2 driver=loop kind=blk-mq found=3 accounted=3
	check_io_requests loop 0 device=loop2
	check_stack loop loop2 "$map" - 3
	answer nbd2
	stop TERM "$AIO"
	losetup -d /dev/loop2
	# A file itself, by AIO and by a task that sleeps; and by the page cache.
	stall nbd2
	aio 'setup 32' "open $W/mnt/file" 'read 0 3' ready
	wait_until 20 reads_are nbd2 3
	check_stack file "$map" - '"ext4"' 3
	answer nbd2
	stop TERM "$AIO"
	echo 3 >/proc/sys/vm/drop_caches
	stall nbd2
	dd if="$W/mnt/file" of=/dev/null bs=4k count=1 skip=40 iflag=direct 2>/dev/null &
	local direct=$!
	wait_until 20 is_stuck $direct
	dd if="$W/mnt/file" of=/dev/null bs=4k count=1 skip=80 2>/dev/null &
	local cached=$!
	wait_until 20 is_stuck $cached
	read_io
	check_io_requests "a task" 1 device=nbd2 "asked=$map" 'fs="ext4"' who=task "tid=$direct" 'comm="dd"' op=read
	check_match "the page cache" "$(key request)" "^device=nbd2 .* asked=$map fs=\"ext4\" .* op=read .* who=page-cache "
	answer nbd2
	wait $direct $cached
	umount "$W/mnt"
	remove_dm low
	drop nbd2
	AT=nbd0
}

begin
modprobe dm_mod
modprobe loop
serve nbd0
AT=nbd0
crypt
thin
loops
unserve nbd0
rmmod nbd
load_nbd max_part=4 nbds_max=16
partition
end
