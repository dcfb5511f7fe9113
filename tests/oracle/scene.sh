#!/bin/bash
# desc: devices, tasks and rings in many states at once, as the module sees them and as drgn does; see tests/oracle/run
# timeout: 1800
# own-vm: yes
# expect-kmsg: scsi_debug|\[sd|sd [0-9]|blocked for more than|Call Trace|I/O error|io_ring_exit_work|hung_task_warnings
. tests/cases/wedged.bash
. tests/cases/stalled.bash
. tests/cases/uring.bash

# drgn, in the root of its disk; the results are in /out/scene.
mount_drgn() {
	mount -t ext4 -o ro /dev/vdb /mnt
	mount --bind /proc /mnt/proc
	mount --rbind /sys /mnt/sys
	mount --bind /nbddiag /mnt/nbddiag
	mount --bind /out/scene /mnt/out
}

# With status 3 not all could be read, as stacks that it cannot unwind.
read_live() {
	local status=0
	bounded 900 chroot /mnt /nbddiag/tests/oracle/drgn /nbddiag/contrib/drgn/nbddiag.py /out/live 2>/out/scene/live.said || status=$?
	cat /out/scene/live.said
	[ "$status" = 0 ] || { [ "$status" = 3 ] && grep -q 'stacks cannot be unwound' /out/scene/live.said; }
}

# Copies the module's files, and notes when each was read. usage: read_module DIR
read_module() {
	local file begin end
	mkdir -p "$1"
	for file in "$NBDDIAG"/{nbd*,devices,aio,io,tasks,uring}; do
		read -r begin _ </proc/uptime
		cat "$file" >"$1/${file##*/}"
		read -r end _ </proc/uptime
		echo "${file##*/} $begin $end" >>"$1/when"
	done
}

# What the reader is asked, of the live host, of drgn's tree of it, and of that of the dump.
# Columns that drgn has nothing for are left out: in what a task sleeps, and its system call.
questions() {
	cat <<-EOF
		list --all
		list --json
		why
		why nbd4
		why nbd5
		why nbd10
		why --pid $KILLED_PID
		why --pid $FROZEN
		why --pid $SUSPENDED
		why --pid $SUSPENDING
		why --json nbd7
		check nbd5
		check --json nbd12
		show nbd4
		show nbd5
		show nbd21
		why --json nbd20
		io --full
		tasks
		aio --full
		uring --full
		holders nbd4 -o KIND,PID,TID,COMM,STATE,THREADS,FD,WHAT
		holders nbd9 -o KIND,PID,TID,COMM,STATE,THREADS,FD,WHAT
		holders nbd24 -o KIND,PID,TID,COMM,STATE,THREADS,FD,DEVICE,WHAT
	EOF
}

# With partitions, the first to open a device has it read: while its server still answers.
wait_started() {
	wait_until 20 has_capacity "$1" || die "$1 is not started"
	: <"/dev/$1"
}

# --- the scene --------------------------------------------------------------------------------------

# Healthy: over a unix socket, over TCP by two connections, over an abstract name; one that is only open; one made over
# netlink. And one that has lost one of two connections.
healthy() {
	keep nbd0
	dd if=/dev/zero of=/dev/nbd0 bs=64k count=4 oflag=direct 2>/dev/null
	start_nbdkit 7M -i 127.0.0.1 -p 10810
	attach_nbd_client nbd1 127.0.0.1 10810 -C 2
	hold nbd2
	start_nbdtool_server "unix:$W/netlink"
	attach_netlink 3 "unix:$W/netlink" --timeout 1000
	start_nbdtool_server abstract:nbd-volume/1
	attach nbd11 abstract:nbd-volume/1
	start_nbdtool_server "unix:$W/stays"
	start_nbdtool_server "unix:$W/goes"
	attach nbd12 "unix:$W/stays" "unix:$W/goes" --flags 0x101
	stop KILL "$SERVER"
}

# A stopped server: AIO and io_uring of living processes, a read that sleeps in D, a ring whose owner is gone.
stopped() {
	serve nbd4
	keep_requests_apart nbd4
	stall nbd4
	aio_inflight nbd4 3 'setup 128' 'setup 16' 'open /dev/nbd4' 'offset 8192' 'read 0 3' ready
	start_logged uringtool setup=32 open=/dev/nbd4 read=2 poll=1 timeout=1 nop=3
	wait_until 10 inflight_is nbd4 5
	start_logged uringtool setup=8 open=/dev/nbd4 read=2
	wait_until 10 inflight_is nbd4 7
	stop KILL "$LOGGED"
	dd if=/dev/nbd4 of=/dev/null bs=4096 count=1 skip=100 iflag=direct 2>/dev/null &
	wait_until 10 inflight_is nbd4 8
	dd if=/dev/nbd4 of=/dev/null bs=4096 count=1 skip=500 2>/dev/null &
	wait_until 10 inflight_is nbd4 9
}

# Incident 1: strays behind an opener. And two that lost their server.
wedged() {
	leave_strays nbd5 3
	start_nbdtool_server "unix:$W/lost"
	attach nbd6 "unix:$W/lost"
	hold nbd6
	stop KILL "$SERVER"
	wait_gone "$CLIENT"
	start_nbdkit 7M -i 127.0.0.1 -p 10811
	attach_nbd_client nbd14 127.0.0.1 10811
	hold nbd14
	stop KILL "$SERVER"
	wait_gone "$CLIENT"
}

# Incident 2: killed, with requests in flight. And a context that a thread destroys.
killed() {
	serve nbd7
	keep_requests_apart nbd7
	stall nbd7
	aio_inflight nbd7 2 'setup 64' 'open /dev/nbd7' 'read 0 2' ready
	kill_until_stuck "$AIO"
	KILLED_PID=$AIO
	serve nbd13
	keep_requests_apart nbd13
	stall nbd13
	aio_inflight nbd13 3 'setup 64' 'setup 8' 'open /dev/nbd13' 'read 0 2' 'read 1 1' ready 'thread destroy 0' ready
	go_on "$AIO"
	wait_stuck "$AIO"
}

# A filesystem, and two mapped devices above each other, on devices whose server stops. In the filesystem one waits for a
# page, one for that page too and has the file's lock, and one for this lock. Another file's lock is shared by
# who reads past the cache; one who wants to write there waits for it.
above() {
	local second
	keep_file nbd8
	second=${FILE%/*}/second
	cp "$FILE" "$second"
	# Nothing is to be written later on.
	sync -f "$FILE"
	echo 3 >/proc/sys/vm/drop_caches
	: <"$second"
	stall nbd8
	cat "$FILE" >/dev/null &
	wait_until 20 is_stuck $!
	dd if=/dev/zero of="$FILE" bs=100 count=1 seek=1000 conv=notrunc 2>/dev/null &
	wait_until 20 is_stuck $!
	truncate -s 0 "$FILE" &
	wait_until 20 is_stuck $!
	dd if="$second" of=/dev/null bs=4096 count=1 iflag=direct 2>/dev/null &
	wait_until 20 is_stuck $!
	truncate -s 0 "$second" &
	wait_until 20 is_stuck $!
	serve nbd9
	make_dm lin "0 16384 linear /dev/nbd9 0"
	make_dm over "0 8192 linear /dev/$DM 0"
	stall nbd9
	aio_inflight nbd9 2 'setup 24' "open /dev/$DM" 'read 0 2' ready
}

# nbd's own lock is held by a task that waits for requests.
locked() {
	serve nbd10
	keep_requests_apart nbd10
	stall nbd10
	dd if=/dev/nbd10 of=/dev/null bs=4096 count=1 skip=8 iflag=direct 2>/dev/null &
	wait_until 10 inflight_is nbd10 1
	start_freezer nbd10 "unix:$W/sock.nbd10"
	nbdtool clear /dev/nbd10 >/dev/null 2>&1 &
	wait_until 10 is_stuck $!
}

# Being set up, by a client that is alive, dead, or has closed the device; and what one has left that took its socket back,
# not started and started. Sockets that nothing serves, one of which a process still has.
half_set_up() {
	local tcp
	start_nbdtool_server "unix:$W/setup"
	start_logged nbdtool attach /dev/nbd15 "unix:$W/setup" --no-start
	hold nbd16
	bounded 10 nbdtool set-sock /dev/nbd16 "unix:$W/setup" >/dev/null
	hold nbd17
	start_logged nbdtool set-sock /dev/nbd17 "unix:$W/setup" --stay
	wait_until 10 opens_are nbd17 1
	take_back nbd18
	take_back nbd19
	attach nbd19 "unix:$W/setup" --flags 0x101
	leave_strays nbd20 2
	start_nbdtool_server tcp:127.0.0.1:10820
	exec {tcp}<>/dev/tcp/127.0.0.1/10820
	sleep 3600 &
	bounded 10 nbdtool set-sock /dev/nbd20 "fd:$tcp" >/dev/null
	exec {tcp}>&-
	bounded 10 nbdtool clear /dev/nbd20
}

# A client gives a socket, takes it back and ends; another opener stays. usage: take_back DEVICE
take_back() {
	hold "$1"
	start_logged nbdtool attach "/dev/$1" "unix:$W/setup" --no-start
	bounded 10 nbdtool clear "/dev/$1"
	stop TERM "$LOGGED"
}

# A write that is half sent, as its server reads nothing and its writer got a signal, see half-sent.sh. Its first half is as
# large as it must be for 6.1 to send it in the writer, without waiting for the second one; that is so if requests may merge.
half_sent() {
	start_nbdtool_server "unix:$W/deaf"
	attach nbd21 "unix:$W/deaf" --sndbuf 16384
	echo none >/sys/block/nbd21/queue/scheduler
	echo 128 >/sys/block/nbd21/queue/max_sectors_kb
	pause "$SERVER"
	start_logged nbdtool io /dev/nbd21 write 524288 262144
	wait_until 10 is_sending "$LOGGED"
	kill -USR1 "$LOGGED"
	wait_until 10 is_pending
}

is_sending() { grep -qs sock_alloc_send_pskb "/proc/$1/task"/*/stack; }
is_pending() { grep -q ' pending=yes' "$NBDDIAG/nbd21"; }

# An address space with AIO that two processes share; and one that waits until a page is written.
shared_and_written() {
	serve nbd22
	stall nbd22
	aio_inflight nbd22 2 'setup 32' 'open /dev/nbd22' 'threads 1' 'read 0 2' clone ready
	serve nbd23
	stall nbd23
	dd if=/dev/zero of=/dev/nbd23 bs=4096 count=1 conv=notrunc,fsync 2>/dev/null &
	wait_until 20 is_stuck $!
}

# A partition that is read, and a mapped device on it.
partition() {
	serve nbd24
	nbdtool partition /dev/nbd24 1 1048576 2097152
	make_dm part "0 8 linear /dev/nbd24p1 0"
	stall nbd24
	aio_inflight nbd24 2 'setup 8' 'open /dev/nbd24p1' 'read 0 2' ready
}

# A device that cannot be opened, as its partitions are read.
opening() {
	serve nbd25
	stall nbd25
	blockdev --rereadpt /dev/nbd25 2>/dev/null &
	wait_until 20 is_stuck $!
	nbdtool hold /dev/nbd25 >/dev/null 2>&1 &
	wait_until 20 is_stuck $!
}

# A frozen filesystem, and one who wants to write there.
frozen() {
	keep nbd26
	mke2fs -q -t ext4 -O ^has_journal -E lazy_itable_init=0 /dev/nbd26
	mkdir -p "$W/frozen"
	mount -o noatime /dev/nbd26 "$W/frozen"
	fsfreeze -f "$W/frozen"
	touch "$W/frozen/file" &
	FROZEN=$!
	wait_until 20 is_stuck "$FROZEN"
}

# A suspended map, one who reads there and waits, and AIO.
suspended() {
	serve nbd27
	make_dm held "0 16384 linear /dev/nbd27 0"
	dmsetup suspend --nolockfs --noflush --noudevsync held
	dd if="/dev/$DM" of=/dev/null bs=4096 count=1 skip=7 iflag=direct 2>/dev/null &
	SUSPENDED=$!
	wait_until 20 is_stuck "$SUSPENDED"
	aio 'setup 8' "open /dev/$DM" 'read 0 2' ready
}

# A limit of a cgroup, two bytes a second, holds bios back for half an hour and more: one a task waits for, and some of AIO.
throttled() {
	local cgroup=/sys/fs/cgroup
	[ -e $cgroup/cgroup.controllers ] || { cgroup=$W/cgroup; mkdir -p "$cgroup"; mount -t cgroup2 none "$cgroup"; }
	serve nbd28
	echo +io >"$cgroup/cgroup.subtree_control"
	mkdir -p "$cgroup/slow/inner"
	echo +io >"$cgroup/slow/cgroup.subtree_control"
	echo "$(</sys/block/nbd28/dev) rbps=2" >"$cgroup/slow/inner/io.max"
	aio 'setup 8' 'open /dev/nbd28' ready 'read 0 2' ready
	echo "$AIO" >"$cgroup/slow/inner/cgroup.procs"
	go_on "$AIO"
	(echo "$BASHPID" >"$cgroup/slow/inner/cgroup.procs"
		exec dd if=/dev/nbd28 of=/dev/null bs=4096 count=1 skip=9 iflag=direct 2>/dev/null) &
	wait_until 20 is_stuck $!
}

# Who writes back has to wait for its turn, as the kernel has enough under way there. That is less at a disk with a short
# queue, so that not many requests hide others in the file io: at one that has stopped to answer, and has no time limit.
write_back_limited() {
	modprobe sd_mod
	modprobe scsi_debug dev_size_mb=16 max_luns=1 delay=0
	wait_until 20 test -e /dev/sda
	echo 100000 >/sys/block/sda/device/timeout
	echo 8 >/sys/block/sda/device/queue_depth
	echo 2 >/sys/block/sda/queue/nomerges
	echo 2000 >/sys/block/sda/queue/wbt_lat_usec
	echo 1 >/sys/bus/pseudo/drivers/scsi_debug/every_nth
	echo 4 >/sys/bus/pseudo/drivers/scsi_debug/opts
	# As long as somebody has it open, it is not written by the last one to close it, but by a worker, or by who asks for that.
	hold sda
	dd if=/dev/zero of=/dev/sda bs=64k count=1 conv=notrunc 2>/dev/null
	sleep 2
	sync -d /dev/sda &
	wait_until 20 is_stuck $!
	check "who writes back waits" wait_until 20 grep -qs rq_qos_wait /proc/[0-9]*/stack
}

# Names in a directory: a program that a shell starts by vfork(2), a second name of its file, and the same name once more.
# It is made before caches are dropped, and used after that.
make_names() {
	keep nbd30
	mke2fs -q -t ext4 -O ^has_journal -E lazy_itable_init=0 /dev/nbd30
	mkdir -p "$W/names"
	# It would read others with an inode.
	mount -o noatime,inode_readahead_blks=0 /dev/nbd30 "$W/names"
	# Its inode is not in one block with those of the directories.
	touch "$W/names"/{1..20}
	cp /bin/true "$W/names/one"
	ln "$W/names/one" "$W/names/two"
	sync -f "$W/names"
}

use_names() {
	ls -f "$W/names" >/dev/null
	stall nbd30
	dash -c "$W/names/one; :" &
	wait_until 20 is_stuck $!
	cat "$W/names/two" >/dev/null &
	wait_until 20 is_stuck $!
	cat "$W/names/one" >/dev/null &
	wait_until 20 is_stuck $!
}

# Who suspends a pool waits, and cannot be killed, until a thin volume of it has nothing under way.
suspending() {
	local metadata data pool
	modprobe dm_thin_pool
	keep nbd29
	make_dm metadata "0 8192 linear /dev/nbd29 0"
	metadata=$DM
	make_dm data "0 16384 linear /dev/nbd29 8192"
	data=$DM
	make_dm pool "0 16384 thin-pool /dev/$metadata /dev/$data 128 0"
	pool=$DM
	dmsetup message pool 0 "create_thin 0"
	make_dm thin "0 8192 thin /dev/$pool 0"
	dd if=/dev/zero of="/dev/$DM" bs=64k count=1 oflag=direct 2>/dev/null
	# The pool writes what has changed once a second.
	sleep 3
	stall nbd29
	dd if="/dev/$DM" of=/dev/null bs=4096 count=1 iflag=direct 2>/dev/null &
	wait_until 20 is_stuck $!
	dmsetup suspend --noflush --nolockfs --noudevsync pool &
	SUSPENDING=$!
	wait_until 20 is_stuck "$SUSPENDING"
}

load_nbd max_part=4 nbds_max=32
load_nbddiag
# Who waits for a bio does not look up now and then.
echo 0 >/proc/sys/kernel/hung_task_timeout_secs
# Nor does the kernel write the inode of the file that is written, when it has been changed for 30 s.
echo 0 >/proc/sys/vm/dirty_writeback_centisecs
healthy
half_sent
stopped
wedged
killed
make_names
above
use_names
locked
half_set_up
shared_and_written
partition
opening
frozen
suspended
throttled
write_back_limited
suspending
# By then all is stuck for the reader, in what drgn writes too; and the worker that looks for timeouts, every 30 s, waits
# for the write that is half sent.
sleep 32

# --- both opinions ----------------------------------------------------------------------------------

# nbd looks at its requests every 30 s, and takes references meanwhile: not for as long as a serial console takes.
dmesg -n 1
read_module /out/scene/module
mount_drgn
check "drgn reads the live kernel" read_live
read_module /out/scene/module-again
questions >/out/scene/questions
tests/oracle/report /out/scene/questions /out/scene/answers nbddiag
tests/oracle/report /out/scene/questions /out/scene/answers-live nbddiag --root /out/scene/live
check_match "the reader explains drgn's tree" "$(cat /out/scene/answers-live/*)" ' looks like server-stopped'

# The host writes the memory to a file meanwhile.
modprobe qemu_fw_cfg
touch /out/scene/dump-now
check "the host dumps the memory" wait_until 200 test -e /out/scene/dumped
read_module /out/scene/module-at-last
