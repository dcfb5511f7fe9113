#!/bin/bash
# desc: hung tasks that wait for a mapped page of a device and of a file, a directory's buffer, by sync(2), umount and dmsetup
# timeout: 120
# expect-kmsg: blocked for more than|Call Trace
. tests/cases/tasks.bash

# Before 5.15 the lock is one of the block device.
lock_of_open() {
	case $(uname -r) in
	5.10.*) echo bd_mutex ;;
	*) echo open_mutex ;;
	esac
}

drop_caches() { echo 3 >/proc/sys/vm/drop_caches; }

# Two threads look at one page that is not in memory. usage: fault WHAT DEVICE PATH FIELD=VALUE...
fault() {
	local thread
	drop_caches
	stat "$3" >/dev/null
	stall "$2"
	aio "map $3" 'thread touch' 'thread touch' ready
	while read -r thread; do
		wait_until 10 is_stuck "$AIO/task/$thread" || die "no thread waits for a page"
		check_match "$1: by its stack" "$(<"/proc/$AIO/task/$thread/stack")" filemap_fault
		check_task "$1" "$thread" "tgid=$AIO" state=D waits_for=page "device=$2" "asked=$2" "${@:4}" op=read request=started \
			held_by=- hops=0 proof=record
	done < <(sed -n 's/^thread: tid=//p' "${LOG[$AIO]}")
	answer "$2"
	stop TERM "$AIO"
}

# Its blocks are read by way of buffers.
directory() {
	drop_caches
	stall nbd0
	hang ls "$W/mnt/directory"
	check_match "a directory: by its stack" "$(<"/proc/$HUNG/stack")" ext4
	check_task "a directory" "$HUNG" state=D waits_for=buffer device=nbd0 asked=nbd0 op=read request=started held_by=- hops=0 \
		proof=record
	answer nbd0
	wait "$HUNG"
}

# It waits for what was written to the device, and has its lock meanwhile; the next one waits for that.
all_synced() {
	local first
	# Whoever closes it last would wait, but its client has it open.
	dd if=/dev/zero of=/dev/nbd1 bs=4k count=4 conv=notrunc status=none
	stall nbd1
	hang sync
	first=$HUNG
	check_task "sync" "$first" state=D waits_for=writeback device=nbd1 asked=nbd1 op=write request=started held_by=- hops=0 \
		proof=record
	hang sync
	check_task "a second sync" "$HUNG" state=D waits_for=lock lock=mutex "object=$(lock_of_open)" device=nbd1 "held_by=$first" \
		'held_by_comm="sync"' hops=1
	answer nbd1
	wait "$first" "$HUNG"
}

no_lazyinit() { ! pgrep -x ext4lazyinit >/dev/null; }

# A mounted filesystem, which nothing reads any more, has something to write, and cannot.
write_some() {
	wait_until 30 no_lazyinit
	dd if=/dev/zero of="$FILE" bs=64k count=4 conv=notrunc status=none
	stall nbd0
}

# The worker that writes may wait for moments only, again and again. usage: check_owed WHAT TID
check_owed() {
	check_match "$1: who owes it" "$(task_line "$2")" ' device=(nbd0|-\(holder-(goes-on|unknown)\)) '
}

# Who unmounts has the lock of the filesystem for writing, so that its holder is known.
unmounting() {
	local first
	write_some
	hang umount "$W/mnt"
	first=$HUNG
	check_task "umount" "$first" state=D
	check_owed "umount" "$first"
	hang sync
	check_task "sync meanwhile" "$HUNG" state=D waits_for=lock lock=rwsem-read object=s_umount asked=nbd0 'fs="ext4"' \
		"held_by=$first" 'held_by_comm="umount"' hops=1
	check_owed "sync meanwhile" "$HUNG"
	answer nbd0
	wait "$first" "$HUNG"
}

# Who suspends a mapped device first has what is on it written; who comes next waits for the lock of the map.
suspending() {
	local first
	make_dm low "0 32768 linear /dev/nbd0 0"
	mount -o noatime "/dev/$DM" "$W/mnt"
	write_some
	hang dmsetup suspend low
	first=$HUNG
	check_match "dmsetup: by its stack" "$(<"/proc/$first/stack")" dm_suspend
	check_task "dmsetup" "$first" state=D "asked=$DM"
	check_owed "dmsetup" "$first"
	hang dmsetup suspend low
	check_task "a second dmsetup" "$HUNG" state=D waits_for=lock lock=mutex "held_by=$first" 'held_by_comm="dmsetup"' hops=1
	check_owed "a second dmsetup" "$HUNG"
	answer nbd0
	wait "$first" "$HUNG" || :
	dmsetup resume --noudevsync low
	umount "$W/mnt"
	remove_dm low
}

begin
modprobe dm_mod
keep_file nbd0
mkdir "$W/mnt/directory"
sync -f "$W/mnt"
serve nbd1
fault "a page of a device" nbd1 /dev/nbd1 fs=-
fault "a page of a file" nbd0 "$FILE" 'fs="ext4"'
directory
all_synced
unmounting
suspending
unserve nbd1
drop nbd0
end
