#!/bin/bash
# desc: devices, tasks and rings in many states at once, as the module sees them and as drgn does; see tests/oracle/run
# timeout: 1800
# own-vm: yes
# expect-kmsg: blocked for more than|Call Trace|I/O error|io_ring_exit_work|hung_task_warnings
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

# Copies the module's files. usage: read_module DIR
read_module() {
	local file
	mkdir -p "$1"
	for file in "$NBDDIAG"/{nbd*,devices,aio,io,tasks,uring}; do
		cat "$file" >"$1/${file##*/}"
	done
}

# Its status says whether anything is stuck.
said_by_reader() { { nbddiag "$@" 2>/dev/null || :; } | sort; }

# Whether the reader prints the same of drgn's tree and of this host. usage: same_by_reader ARGUMENT...
same_by_reader() {
	check_eq "nbddiag $*" "$(said_by_reader "$@" --root /out/scene/live)" "$(said_by_reader "$@")"
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
	serve nbd13
	keep_requests_apart nbd13
	stall nbd13
	aio_inflight nbd13 3 'setup 64' 'setup 8' 'open /dev/nbd13' 'read 0 2' 'read 1 1' ready 'thread destroy 0' ready
	go_on "$AIO"
	wait_stuck "$AIO"
}

# A filesystem, and a mapped device, on devices whose server stops. In the filesystem one waits for a page, one for that
# page too and has the file's lock, and one for this lock.
above() {
	keep_file nbd8
	# Nothing is to be written later on.
	sync -f "$FILE"
	echo 3 >/proc/sys/vm/drop_caches
	stall nbd8
	cat "$FILE" >/dev/null &
	wait_until 20 is_stuck $!
	dd if=/dev/zero of="$FILE" bs=100 count=1 seek=1000 conv=notrunc 2>/dev/null &
	wait_until 20 is_stuck $!
	truncate -s 0 "$FILE" &
	wait_until 20 is_stuck $!
	serve nbd9
	make_dm lin "0 16384 linear /dev/nbd9 0"
	stall nbd9
	aio_inflight nbd9 2 'setup 8' "open /dev/$DM" 'read 0 2' ready
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

begin
healthy
stopped
wedged
killed
above
locked
sleep 2

# --- both opinions ----------------------------------------------------------------------------------

# nbd looks at its requests every 30 s, and takes references meanwhile: not for as long as a serial console takes.
dmesg -n 1
read_module /out/scene/module
mount_drgn
check "drgn reads the live kernel" bounded 900 chroot /mnt /nbddiag/tests/oracle/drgn /nbddiag/contrib/drgn/nbddiag.py /out/live
read_module /out/scene/module-again
same_by_reader list -n -o NAME,VERDICT,STATE,LIVE,DEAD,INFLIGHT,OPENERS,PEER
same_by_reader tasks -n -o TID,STATE,WAITS-FOR,HELD-BY,DEVICE
same_by_reader aio -n -o PID,TID,STATE,CONTEXTS,INFLIGHT,UNREAPED,OWED-BY
same_by_reader uring -n -o PID,STATE,INFLIGHT,OWED-BY
same_by_reader holders nbd4 -n -o KIND,PID,TID,FD,WHAT
same_by_reader holders nbd9 -n -o KIND,PID,TID,FD,WHAT
check_match "the reader explains drgn's tree" "$(said_by_reader why nbd4 --root /out/scene/live)" ' looks like server-stopped'

# The host writes the memory to a file meanwhile.
modprobe qemu_fw_cfg
touch /out/scene/dump-now
check "the host dumps the memory" wait_until 200 test -e /out/scene/dumped
read_module /out/scene/module-at-last
