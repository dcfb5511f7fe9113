# shellcheck shell=bash disable=SC2034
# What the demonstrations share: the three incidents, and how they are told. What a command prints is the demonstration.
. tests/cases/incidents.bash

VOLUME=/run/volumes/vol-42
mkdir -p /run/volumes

# --- how it is told ---------------------------------------------------------------------------------

# Prints a command as if typed, and runs it on a terminal, where long lines are broken between words.
show() {
	local status=0 command
	printf '\n# %s\n' "$*"
	if [ "$TERMINAL" = yes ]; then
		printf -v command '%q ' "$@"
		NO_COLOR=1 script -qec "stty cols 100; $command" /dev/null </dev/null | tr -d '\r' || status=$?
	else
		"$@" 2>&1 || status=$?
	fi
	[ "$status" = 0 ] || echo "(exit status $status)"
}

TERMINAL=no
! bounded 20 script -qec true /dev/null </dev/null >/dev/null 2>&1 || TERMINAL=yes

title() { printf '\n======== %s\n' "$*"; }
tell() { printf '\n--- %s\n' "$*"; }

# --- the incidents ----------------------------------------------------------------------------------

# nbd101: its server is dead, a guest whose leader is a zombie has it open, and three attempts to attach another volume
# left a socket each. Sets OPENER to the guest.
wedge_device() {
	start_nbdkit 64M -U "$FIRST_VOLUME"
	attach_nbd_client nbd101 -unix "$FIRST_VOLUME"
	start_logged as_qemu aiotool 'name qemu-kvm' 'open /dev/nbd101' leader-exit 'name CPU+5/KVM' ready
	OPENER=$LOGGED
	disown "$OPENER"
	lose_first_volume
}

# nbd0: its server is stopped, and a guest that waits for two reads was killed. Sets SERVER, and GUEST, whose thread
# STUCK hangs.
kill_guest() {
	start_nbdkit 64M -U "$VOLUME"
	attach_nbd_client nbd0 -unix "$VOLUME"
	pause "$SERVER"
	start_logged as_qemu aiotool 'name qemu-kvm' 'setup 128' 'open /dev/nbd0' leader-exit 'name CPU+5/KVM' 'read 0 2' ready
	GUEST=$LOGGED
	disown "$GUEST"
	wait_until 20 inflight_is nbd0 2
	kill_until_stuck "$GUEST"
}

# nbd1: all reads of a guest are answered, but two of its threads wait for each other. Sets LOCKED to the guest.
lock_guest() {
	start_nbdkit 64M -U "$VOLUME-b"
	attach_nbd_client nbd1 -unix "$VOLUME-b"
	start_logged as_qemu locktool mutex=A:normal mutex=B:recursive thread=live_migration:A:B 'thread=IO iothread4:B:A' \
		read=/dev/nbd1:3
	LOCKED=$LOGGED
	disown "$LOCKED"
	wait_until 20 inflight_is nbd1 0
}
