# shellcheck shell=bash disable=SC2034
# The incidents as they were on a hypervisor, for cases, demonstrations and captured trees that rebuild them.
. tests/cases/aiotool.bash

# Runs a program that stands for a guest's QEMU under that name. usage: as_qemu PROGRAM ARGUMENT...
as_qemu() {
	local qemu=$W/$1.d/qemu-system-x86_64
	mkdir -p "$W/$1.d"
	[ -e "$qemu" ] || cp "/nbddiag/bin/$1" "$qemu"
	exec "$qemu" "${@:2}"
}

# --- 1: one device, two volumes ---------------------------------------------------------------------

VOLUMES=/export/jcloud-zbs/sock
FIRST_VOLUME=$VOLUMES/gMgr-_vol-pw2h3n703v_i-kjmcfy5lto-_nbd101
SECOND_VOLUME=$VOLUMES/gMgr-_vol-9vzkksccz1_i-lc9ky3p98b-_nbd101
rm -rf "$VOLUMES"
mkdir -p "$VOLUMES"

# nbd101 of the first volume, and no other device: over netlink one is made that was not there.
attach_first_volume() {
	load_nbd max_part=0 nbds_max=1
	start_nbdkit 64M -U "$FIRST_VOLUME"
	bounded 20 nbd-client -unix "$FIRST_VOLUME" /dev/nbd101 >/dev/null 2>&1
	bounded 10 nbd-client -d /dev/nbd101 >/dev/null
	wait_until 10 test ! -s /sys/block/nbd101/pid
	attach_nbd_client nbd101 -unix "$FIRST_VOLUME"
}

# Its server and client end while somebody has it open, and three attempts to attach the second volume leave a socket each.
lose_first_volume() {
	stop KILL "$SERVER"
	wait_gone "$CLIENT"
	truncate -s 64M "$W/volume"
	for _ in 1 2 3; do
		bounded 20 qemu-nbd -f raw -k "$SECOND_VOLUME" -c /dev/nbd101 "$W/volume"
		wait_until 20 no_qemu_nbd
	done
}

# --- 2: a guest that cannot end ---------------------------------------------------------------------

# A guest's QEMU whose leader has ended, while a thread waits for two reads: the server, SERVER, has stopped. Once it is
# killed, that thread is in D. GUEST is its pid. usage: stall_guest DEVICE
stall_guest() {
	start_nbdkit 64M -U "$W/sock"
	attach_nbd_client "$1" -unix "$W/sock"
	pause "$SERVER"
	start_logged aiotool 'name qemu-kvm' 'setup 128' "open /dev/$1" leader-exit 'name CPU+5/KVM' 'read 0 2' ready
	GUEST=$LOGGED
	disown "$GUEST"
	wait_until 20 inflight_is "$1" 2
}
