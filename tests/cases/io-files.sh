#!/bin/bash
# desc: AIO of files: ext4 whose journal hangs after the data was written, xfs, a loop device in a loop device
# timeout: 120
# expect-kmsg: blocked for more than|Call Trace
. tests/cases/io.bash

journal_is_stuck() {
	local pid
	pid=$(pgrep "^jbd2/$1") && is_stuck "$pid"
}

# Data on one device, the journal on another. The data is written, but what was to be written there is in a
# transaction on its way to the journal, so the filesystem cannot note that.
completion() {
	keep nbd0 64M
	keep nbd1 16M
	mke2fs -q -F -b 4096 -O journal_dev /dev/nbd1
	mke2fs -q -F -t ext4 -b 4096 -J device=/dev/nbd1 -E lazy_itable_init=0 /dev/nbd0
	mkdir -p "$W/mnt"
	mount -o noatime,commit=1 /dev/nbd0 "$W/mnt"
	fallocate -l 1M "$W/mnt/file"
	bounded 20 sync "$W/mnt/file"
	stall nbd0
	stall nbd1
	aio 'setup 32' "open $W/mnt/file" 'write 0 3' ready
	wait_until 20 writes_are nbd0 3
	read_aio
	check_eq "the data: owed" "$(owed_with "$AIO" device=nbd0 asked=nbd0 'fs="ext4"' op=write state=started)" 3
	wait_until 30 journal_is_stuck nbd1
	answer nbd0
	wait_until 20 writes_are nbd0 0
	sleep 1
	read_io
	check_io_requests "the journal" 0 device=nbd0
	check_num "the journal hangs" "$(io_requests device=nbd1 state=started op=write)" -ge 1
	check_unfound "completion" 3 'nbd0 dev=[0-9:]* fs="ext4" op=write pos_bytes=(0|8192|16384) direct=yes state=fs-completion'
	answer nbd1
	stop TERM "$AIO"
	umount "$W/mnt"
	drop nbd0
	drop nbd1
}

# usage: three_reads WHAT FS
three_reads() {
	stall nbd2
	aio 'setup 32' "open $W/mnt/file" 'read 0 3' ready
	wait_until 20 reads_are nbd2 3
	read_io
	check_io_requests "$1" 3 device=nbd2 asked=nbd2 "fs=\"$2\"" via=- op=read state=started who=aio "aio_pid=$AIO"
	check_all_owed "$1" "$AIO" 3 device=nbd2 asked=nbd2 "fs=\"$2\"" via=- state=started
	answer nbd2
	stop TERM "$AIO"
}

xfs() {
	modprobe xfs
	keep nbd2 320M
	mkfs.xfs -q -f /dev/nbd2
	mount -o noatime /dev/nbd2 "$W/mnt"
	dd if=/dev/zero of="$W/mnt/file" bs=64k count=4 conv=fsync status=none
	three_reads xfs xfs
	stall nbd2
	aio 'setup 32' "open $W/mnt/file" 'write 0 2' ready
	wait_until 20 writes_are nbd2 2
	check_all_owed "xfs, write" "$AIO" 2 device=nbd2 asked=nbd2 'fs="xfs"' op=write state=started
	answer nbd2
	stop TERM "$AIO"
	umount "$W/mnt"
	drop nbd2
}

# A loop device on a file of ext4 on a loop device on a file of ext4 on a partition.
nested() {
	modprobe loop
	keep nbd3 64M
	mke2fs -q -F -t ext4 -O ^has_journal -E lazy_itable_init=0 /dev/nbd3
	mount -o noatime /dev/nbd3 "$W/mnt"
	dd if=/dev/zero of="$W/mnt/outer" bs=1M count=24 conv=fsync status=none
	losetup --direct-io=on /dev/loop1 "$W/mnt/outer"
	mke2fs -q -F -t ext4 -O ^has_journal -E lazy_itable_init=0 /dev/loop1
	mkdir -p "$W/inner"
	mount -o noatime /dev/loop1 "$W/inner"
	dd if=/dev/zero of="$W/inner/inner" bs=1M count=4 conv=fsync status=none
	losetup --direct-io=on /dev/loop2 "$W/inner/inner"
	dd if=/dev/loop2 of=/dev/null bs=64k count=1 iflag=direct status=none
	stall nbd3
	aio 'setup 32' 'open /dev/loop2' 'read 0 3' ready
	wait_until 20 reads_are nbd3 3
	read_io
	check_io_disk nested loop1 found=3 accounted=3
	check_io_disk nested loop2 found=3 accounted=3
	check_io_requests nested 3 device=nbd3 asked=loop2 via=loop1 fs=- op=read state=started who=aio "aio_pid=$AIO"
	check_io_requests nested 0 device=loop1
	check_io_requests nested 0 device=loop2
	check_all_owed nested "$AIO" 3 device=nbd3 asked=loop2 via=loop1 state=started
	answer nbd3
	stop TERM "$AIO"
	losetup -d /dev/loop2
	umount "$W/inner"
	losetup -d /dev/loop1
	umount "$W/mnt"
	drop nbd3
}

begin
completion
nested
xfs
end
