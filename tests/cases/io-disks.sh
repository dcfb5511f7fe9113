#!/bin/bash
# desc: disks of other drivers: scsi without an answer, virtio-blk, null_blk, throttled, all tags taken, being removed
# timeout: 120
# own-vm: yes
# expect-kmsg: blocked for more than|Call Trace|scsi_debug|\[sd|sd [0-9]|Buffer I/O error|I/O error
. tests/cases/io.bash

# A disk of null_blk. usage: make_null NAME ATTRIBUTE=VALUE...
make_null() {
	local dir=/sys/kernel/config/nullb/$1 attribute
	mkdir "$dir"
	for attribute in size=64 irqmode=2 "${@:2}"; do
		echo "${attribute#*=}" >"$dir/${attribute%%=*}"
	done
	echo 1 >"$dir/power"
}

# Sets DISK to the name of such a disk: newer kernels name it as it was named here. usage: find_null NAME
find_null() {
	DISK=$1
	[ -e "/sys/block/$DISK" ] || DISK=nullb$(<"/sys/kernel/config/nullb/$1/index")
	wait_until 10 test -e "/dev/$DISK"
}

# By blk-mq. The driver gives up after 5 s, so there is always a new request, until one is seen.
null_blk_mq() {
	make_null mq queue_mode=2 submit_queues=2 completion_nsec=1000000000
	find_null mq
	keep_reading "$DISK"
	wait_until 30 has_request "device=$DISK" who=task 'comm="dd"' op=read
	check_match "null_blk, blk-mq" "$(io_disk "$DISK")" "^device=$DISK dev=[0-9:]* driver=null_blk kind=blk-mq found=1 accounted=1 "
	check_eq "null_blk, blk-mq: requests" "$(io_requests "device=$DISK" "asked=$DISK" via=- state=started who=task)" 1
	kill "$READER"
}

# Sets READER to a process that reads a disk without end.
keep_reading() {
	(while :; do dd if="/dev/$1" of=/dev/null bs=64k count=64 iflag=direct 2>/dev/null; done) &
	READER=$!
}

# By bios, which newer kernels cannot any more: only the driver knows where they are, and this one counts none. It
# stands for a vendor's driver. The disk appears when its first read, for partitions, is done.
null_blk_bio() {
	make_null try queue_mode=0 completion_nsec=0
	find_null try
	[ ! -d "/sys/block/$DISK/mq" ] || { note "null_blk takes no bios here"; return 0; }
	make_null bio queue_mode=0 completion_nsec=12000000000
	find_null bio
	aio 'setup 32' "open /dev/$DISK" 'read 0 3' ready
	read_io
	check_io_requests "null_blk, bio" 0 "device=$DISK"
	read_aio
	check_match "null_blk, bio: a candidate" "$(key candidate)" "^pid=$AIO user_id=0x[0-9a-f]* device=$DISK dev="
}

# The disk that this guest runs from; it answers soon, so it is looked at until it has a request.
virtio() {
	keep_reading vda
	wait_until 30 has_request device=vda who=task 'comm="dd"' op=read
	check_match "virtio-blk" "$(io_disk vda)" '^device=vda dev=[0-9:]* driver=virtio_blk kind=blk-mq found=[1-9]'
	check_num "virtio-blk: requests" "$(io_requests device=vda asked=vda via=- who=task 'comm="dd"' op=read)" -ge 1
	kill "$READER"
}

has_request() { read_file io; [ "$(io_requests "$@")" != 0 ]; }

# All tags are taken, and more is wanted: the fifth has no request yet.
tags_taken() {
	serve nbd0
	echo none >/sys/block/nbd0/queue/scheduler
	echo 4 >/sys/block/nbd0/queue/nr_requests
	stall nbd0
	aio 'setup 32' "open /dev/nbd0" 'thread read 0 9' ready
	wait_until 10 is_stuck "$AIO/task/$(said "$AIO" thread tid)"
	read_io
	check_io_disk "tags taken" nbd0 driver=nbd kind=blk-mq found=5 accounted=5 submitting=1
	check_io_requests "tags taken" 4 device=nbd0 state=started who=aio "aio_pid=$AIO"
}

scsi() {
	modprobe sd_mod
	modprobe scsi_debug dev_size_mb=16 max_luns=1 delay=0
	wait_until 20 test -e /dev/sda
	echo 100000 >/sys/block/sda/device/timeout
	echo none >/sys/block/sda/queue/scheduler
	echo 1 >/sys/bus/pseudo/drivers/scsi_debug/every_nth
	echo 4 >/sys/bus/pseudo/drivers/scsi_debug/opts
	aio 'setup 32' "open /dev/sda" 'read 0 4' ready
	SCSI=$AIO
	read_io
	check_io_disk scsi sda driver=sd_mod kind=blk-mq found=4 accounted=4
	check_io_requests scsi 4 device=sda asked=sda state=started who=aio "aio_pid=$AIO"
	check_all_owed scsi "$AIO" 4 device=sda asked=sda via=- state=started
}

# The disk leaves the system, which then waits for these requests: newer kernels before they take the disk out of /sys.
removing() {
	(echo 1 >/sys/block/sda/device/delete) &
	wait_until 20 is_going
	read_io
	# With older kernels' flush of the cache.
	check_match "removing" "$(key disk)" '^device=sda dev=8:0 driver=sd_mod kind=blk-mq found=[45] accounted=[0-9]+ .* state=removing '
	check_io_requests removing 4 device=sda state=started who=aio "aio_pid=$SCSI"
	check_all_owed removing "$SCSI" 4 device=sda state=started
}

is_going() { [ ! -e /sys/block/sda/queue ]; }

# A cgroup may read 1024 bytes a second.
throttled() {
	local cgroup=/sys/fs/cgroup
	make_null slow queue_mode=2 completion_nsec=0
	find_null slow
	[ -e $cgroup/cgroup.controllers ] || { cgroup=$W/cgroup; mkdir -p "$cgroup"; mount -t cgroup2 none "$cgroup"; }
	echo +io >"$cgroup/cgroup.subtree_control" || { note "no io controller here"; return 0; }
	mkdir "$cgroup/slow"
	echo "$(</sys/block/"$DISK"/dev) rbps=1024" >"$cgroup/slow/io.max"
	aio 'setup 32' "open /dev/$DISK" ready 'thread read 0 30' ready
	echo "$AIO" >"$cgroup/slow/cgroup.procs"
	kill -USR1 "$AIO"
	wait_until 10 is_throttled
	check_num throttled "$(io_disk "$DISK" | sed -E 's/.* throttled=([0-9]+) .*/\1/')" -ge 4
}

is_throttled() { read_file io; [[ $(io_disk "$DISK") == *" state=throttled "* ]]; }

begin
modprobe null_blk nr_devices=0
mount -t configfs none /sys/kernel/config 2>/dev/null || :
if [ "$(uname -m)" = aarch64 ]; then
	note "Debian's kernels of arm64 have no scsi_debug"
else
	scsi
	removing
fi
tags_taken
virtio
throttled
null_blk_mq
null_blk_bio
