#!/bin/bash
# desc: requests behind raid1, by mdadm and by the device mapper: each leg owes its own, and the process's count once
# timeout: 90
. tests/cases/io.bash

# 5.10 has no BTF of modules, and of md there is no mirror that could prove itself.
is_followed() { [ -e /sys/kernel/btf/dm_mod ]; }

# Two writes, which each leg in the list has yet to do. usage: check_legs WHAT RAID LEG...
check_legs() {
	local what=$1 raid=$2 leg asked
	shift 2
	asked="asked=$raid"
	is_followed || asked='asked=-\(md-unknown\)'
	read_io
	for leg; do
		check_io_requests "$what" 2 "device=$leg" op=write "$asked" state=started
	done
	is_followed || { check_unfollowed "$what" "$raid"; return 0; }
	for leg; do
		check_io_requests "$what" 2 "device=$leg" "$asked" who=aio "aio_pid=$AIO"
	done
	read_aio
	for leg; do
		check_eq "$what: owed by $leg" "$(owed_with "$AIO" "device=$leg" "asked=$raid" op=write)" 2
	done
	check_eq "$what: owed by no other" "$(key owed | wc -l)" $((2 * $#))
	check_match "$what: each counts once" "$(key context)" "^pid=$AIO .* inflight=2 .* owed=2 "
}

# What cannot be followed is said to be so, and nobody else is made to own it.
check_unfollowed() {
	read_aio
	check_match "$1: its context" "$(key context)" "^pid=$AIO .* inflight=2 .* owed=0 "
	check_eq "$1: owed by nobody" "$(key owed | wc -l)" 0
	check_num "$1: $2 may owe them" "$(key candidate | grep -c "^pid=$AIO .* device=$2 ")" -ge 1
}

# usage: both_legs WHAT RAID LEG LEG
both_legs() {
	stall "$3"
	stall "$4"
	aio 'setup 32' "open /dev/$2" 'write 0 2' ready
	wait_until 20 writes_are "$3" 2
	wait_until 20 writes_are "$4" 2
	check_legs "$1" "$2" "$3" "$4"
	answer "$3"
	wait_until 20 writes_are "$3" 0
	check_legs "$1, one leg has answered" "$2" "$4"
	answer "$4"
	stop TERM "$AIO"
}

# A read is of one leg only, which the driver chooses.
one_read() {
	local leg
	stall "$3"
	stall "$4"
	aio 'setup 32' "open /dev/$2" 'read 0 1' ready
	wait_until 20 one_reads "$3" "$4"
	leg=$3
	reads_are "$leg" 1 || leg=$4
	! is_followed || check_all_owed "$1, read" "$AIO" 1 "device=$leg" "asked=$2" op=read state=started
	answer "$3"
	answer "$4"
	stop TERM "$AIO"
}

one_reads() { reads_are "$1" 1 || reads_are "$2" 1; }

device_mapper() {
	modprobe dm_raid
	serve nbd0
	serve nbd1
	make_dm mirror "0 16384 raid raid1 2 0 nosync 2 - /dev/nbd0 - /dev/nbd1"
	both_legs "dm raid1" "$DM" nbd0 nbd1
	remove_dm mirror
	unserve nbd0
	unserve nbd1
}

by_mdadm() {
	modprobe raid1
	keep nbd2
	keep nbd3
	bounded 30 mdadm --create /dev/md0 --run --quiet --metadata=1.2 --level=1 --raid-devices=2 --assume-clean --bitmap=none \
		/dev/nbd2 /dev/nbd3 || die "no raid"
	# Or it writes that it is in use again each time.
	echo 0 >/sys/block/md0/md/safe_mode_delay
	dd if=/dev/zero of=/dev/md0 bs=4k count=1 oflag=direct status=none
	both_legs "mdadm" md0 nbd2 nbd3
	one_read "mdadm" md0 nbd2 nbd3
	bounded 20 mdadm --stop --quiet /dev/md0
	drop nbd2
	drop nbd3
}

begin
modprobe dm_mod
device_mapper
by_mdadm
end
