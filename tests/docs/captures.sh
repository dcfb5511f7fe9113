#!/bin/bash
# desc: makes the captures that the documents quote, see tests/docs/capture
# timeout: 240
# own-vm: yes
# expect-kmsg: blocked for more than|Call Trace|I/O error
. tests/cases/incidents.bash

VOLUMES_HERE=/run/volumes
mkdir -p "$VOLUMES_HERE"

# usage: capture NAME
capture() {
	insmod /nbddiag/nbddiag.ko
	check "$1: capture" bounded 60 nbddiag capture "/out/captures/$1.tar"
	rmmod nbddiag
}

# The next process has this number, so that the documents need not be changed when captures are made anew.
next_pid_is() { echo $(($1 - 1)) >/proc/sys/kernel/ns_last_pid; }

# usage: serve_volume NAME
serve_volume() {
	rm -f "$VOLUMES_HERE/$1"
	start_nbdkit 64M -U "$VOLUMES_HERE/$1"
}

detach() {
	bounded 10 nbd-client -d /dev/nbd0 >/dev/null
	wait_gone "$CLIENT"
	stop TERM "$SERVER"
	wait_until 20 rmmod nbd
}

# Three attempts to attach another volume, while a thread of a guest whose leader is a zombie has the device open.
cannot_attach() {
	local guest
	attach_first_volume
	next_pid_is 4200
	start_logged as_qemu aiotool 'name qemu-kvm' 'open /dev/nbd101' leader-exit 'name CPU+5/KVM' ready
	guest=$LOGGED
	lose_first_volume
	capture cannot-attach
	stop KILL "$guest"
	wait_until 20 rmmod nbd
}

# A guest is killed while its server is stopped.
killed() {
	load_nbd max_part=0 nbds_max=2
	serve_volume vol-42
	attach_nbd_client nbd0 -unix "$VOLUMES_HERE/vol-42"
	pause "$SERVER"
	next_pid_is 4200
	start_logged as_qemu aiotool 'name qemu-kvm' 'setup 128' 'open /dev/nbd0' leader-exit 'name CPU+5/KVM' 'read 0 2' ready
	disown "$LOGGED"
	wait_until 20 inflight_is nbd0 2
	kill_until_stuck "$LOGGED"
	capture killed
	kill -CONT "$SERVER"
	wait_gone "$LOGGED"
	detach
}

# Two threads of a guest wait for each other; three events are not taken.
deadlock() {
	load_nbd max_part=0 nbds_max=2
	serve_volume vol-42
	attach_nbd_client nbd0 -unix "$VOLUMES_HERE/vol-42"
	next_pid_is 4200
	start_logged as_qemu locktool mutex=A:normal mutex=B:recursive thread=live_migration:A:B 'thread=IO iothread4:B:A' \
		read=/dev/nbd0:3
	wait_until 20 inflight_is nbd0 0
	capture deadlock
	stop KILL "$LOGGED"
	detach
}

# A guest that used io_uring is gone; its ring is not.
no_process() {
	load_nbd max_part=0 nbds_max=2
	serve_volume vol-42
	bounded 20 nbd-client -unix "$VOLUMES_HERE/vol-42" /dev/nbd0 >/dev/null 2>&1
	wait_started nbd0
	pause "$SERVER"
	next_pid_is 4200
	start_logged as_qemu uringtool setup=8 open=/dev/nbd0 read=2
	wait_until 20 inflight_is nbd0 2
	stop KILL "$LOGGED"
	capture no-process
	kill -CONT "$SERVER"
	wait_until 20 inflight_is nbd0 0
	CLIENT=$LOGGED
	detach
}

# A server is stopped under a filesystem.
server_stopped() {
	local readers=()
	load_nbd max_part=0 nbds_max=2
	serve_volume vol-42
	attach_nbd_client nbd0 -unix "$VOLUMES_HERE/vol-42"
	mke2fs -q -t ext4 -O ^has_journal -E lazy_itable_init=0 /dev/nbd0
	mount -o noatime /dev/nbd0 /srv
	dd if=/dev/zero of=/srv/file bs=64k count=4 conv=fsync 2>/dev/null
	echo 3 >/proc/sys/vm/drop_caches
	pause "$SERVER"
	cat /srv/file >/dev/null &
	readers+=($!)
	dd if=/dev/nbd0 of=/dev/null bs=4096 count=1 skip=1000 iflag=direct 2>/dev/null &
	readers+=($!)
	wait_until 20 is_stuck "${readers[0]}"
	wait_until 20 is_stuck "${readers[1]}"
	capture server-stopped
	kill -CONT "$SERVER"
	wait "${readers[@]}"
	umount /srv
	detach
}

# One device, connections to two volumes.
wrong_volume() {
	local servers=()
	load_nbd max_part=0 nbds_max=2
	rm -f "$VOLUMES_HERE/vol-42"
	start_nbdtool_server "unix:$VOLUMES_HERE/vol-42"
	servers+=("$SERVER")
	start_nbdtool_server "unix:$VOLUMES_HERE/vol-17"
	servers+=("$SERVER")
	attach nbd0 "unix:$VOLUMES_HERE/vol-42" "unix:$VOLUMES_HERE/vol-17" --flags 0x101
	capture wrong-volume
	nbdtool disconnect /dev/nbd0
	wait_gone "$CLIENT"
	stop KILL "${servers[@]}"
	wait_until 20 rmmod nbd
}

# A server and its client have died while two reads were under way. The last one, as nothing ends it.
server_dead() {
	load_nbd max_part=0 nbds_max=2
	lose_reads nbd0 0 4096 2
	sleep 35
	capture server-dead
}

mkdir -p /out/captures
cannot_attach
killed
deadlock
no_process
server_stopped
wrong_volume
server_dead
