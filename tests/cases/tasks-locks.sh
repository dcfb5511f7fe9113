#!/bin/bash
# desc: hung tasks and who holds their locks: a disk's, a filesystem's with readers, one of the device mapper; a frozen one
# timeout: 150
# expect-kmsg: blocked for more than|Call Trace
. tests/cases/tasks.bash

# Before 5.15 the lock is one of the block device.
lock_of_open() {
	case $(uname -r) in
	5.10.*) echo bd_mutex ;;
	*) echo open_mutex ;;
	esac
}

# Who reads the table of partitions has the disk's lock.
opening() {
	local reader other
	stall nbd0
	hang blockdev --rereadpt /dev/nbd0
	reader=$HUNG
	check_task "who reads partitions" "$reader" waits_for=page device=nbd0 asked=nbd0 op=read hops=0 held_by=-
	hang blockdev --rereadpt /dev/nbd0
	other=$HUNG
	check_task "who would like to" "$other" waits_for=lock lock=mutex "object=$(lock_of_open)" device=nbd0 "held_by=$reader" hops=1
	check_match "why: the holder" "$(nbddiag why --pid "$other")" "^It waits for the lock $(lock_of_open) of nbd0 that blockdev\\[$reader\\] has\\.\$"
	answer nbd0
	wait "$reader" "$other" || :
}

is_rt() { [[ $(uname -v) = *PREEMPT_RT* ]]; }

no_lazyinit() { ! pgrep -x ext4lazyinit >/dev/null; }

# In 5.10 a reader may take a lock that readers have although a writer waits for it. It happens now and then, if that
# writer was interrupted while it span (rwsem_optimistic_spin()). 6.1 does not let it.
# The functions of locks are left out of a stack in /proc.
passed_the_writer() { [[ $(uname -r) = 5.10.* ]] && ! head -n 1 "/proc/$1/stack" | grep -q sys_syncfs; }

# Who writes a filesystem back has it for reading; who changes how it is mounted wants it for writing.
filesystem() {
	local syncer changer third last
	# It reads block bitmaps, and has the lock meanwhile.
	wait_until 30 no_lazyinit
	dd if=/dev/zero of="$W/mnt/file" bs=64k count=16 status=none
	stall nbd0
	hang sync -f "$W/mnt"
	syncer=$HUNG
	note "$(head -n 4 "/proc/$syncer/stack")"
	check_task "sync" "$syncer" asked=nbd0
	# The worker may wait for moments only, again and again.
	check_match "sync: who owes it" "$(task_line "$syncer")" ' device=(nbd0|-\(holder-goes-on\)) '
	if grep -q wb_wait_for_completion "/proc/$syncer/stack"; then
		check_task "sync waits for the worker that writes" "$syncer" waits_for=work object=wb_workfn proof=record
		note "$(head -n 5 "/proc/$(field "$(task_line "$syncer")" held_by)/stack")"
		check_match "by its name" "$(<"/proc/$(field "$(task_line "$syncer")" held_by)/comm")" '^kworker/.*flush'
	fi
	hang mount -o remount,ro "$W/mnt"
	changer=$HUNG
	note "$(head -n 4 "/proc/$changer/stack")"
	# With PREEMPT_RT who wants to write has it already but for the readers, of whom none is noted.
	last=$syncer
	! is_rt || last="-(not-noted)"
	check_task "remount" "$changer" waits_for=lock lock=rwsem-write object=s_umount asked=nbd0 'fs="ext4"' "held_by=-(readers)" \
		"device=-(no-holder)" "last_reader=$last" hops=0
	hang sync -f "$W/mnt"
	third=$HUNG
	if is_rt; then
		check_match "by its lock" "$(task_line "$changer")" ' sleeps_in=(rwbase_write_lock|down_write(_killable)?) .* proof=noted '
		check_task "one more reader" "$third" waits_for=lock lock=rwsem-read object=s_umount "held_by=$changer" \
			"device=-(holder-unknown)" hops=1
		check_match "why: readers" "$(nbddiag why --pid "$changer")" "^It waits for the lock s_umount .*, which readers hold\."
	elif passed_the_writer "$third"; then
		check_task "a reader that passed the writer" "$changer" waits_for=lock lock=rwsem-write object=s_umount "last_reader=$third"
		check_match "why: that reader" "$(nbddiag why --pid "$changer")" "^sync\\[$third\\] took it last, and may still have it\\.\$"
	else
		check_task "one more reader" "$third" waits_for=lock lock=rwsem-read object=s_umount "held_by=-(readers)" "last_reader=$syncer"
		check_match "why: the reader" "$(nbddiag why --pid "$changer")" "^sync\\[$syncer\\] took it last, and may still have it\\.\$"
	fi
	answer nbd0
	wait "$syncer" "$changer" "$third" || :
	mount -o remount,rw "$W/mnt"
}

freezing() {
	fsfreeze -f "$W/mnt"
	hang touch "$W/mnt/frozen"
	check_task "a frozen filesystem" "$HUNG" waits_for=thaw object=s_writers asked=nbd0 'fs="ext4"' "device=-(frozen)" held_by=- proof=record
	fsfreeze -u "$W/mnt"
	wait "$HUNG"
}

# Who suspends a mapped device waits for its bios, and can be killed; who comes after cannot.
suspending() {
	local reader first second
	make_dm low "0 32768 linear /dev/nbd0 32768"
	stall nbd0
	hang dd if="/dev/$DM" of=/dev/null bs=4k count=1 iflag=direct
	reader=$HUNG
	dmsetup suspend --noflush --nolockfs low &
	first=$!
	wait_until 10 sleeps_in "$first" dm_wait_for
	hang dmsetup suspend --noflush --nolockfs low
	second=$HUNG
	if [ -e /sys/kernel/btf/dm_mod ]; then
		check_task "a second suspend" "$second" waits_for=lock lock=mutex object=suspend_lock "asked=$DM" "held_by=$first" \
			"device=-(holder-goes-on)"
	else
		check_task "a second suspend" "$second" waits_for=lock lock=mutex "held_by=$first" "device=-(holder-goes-on)"
	fi
	# The first one can be killed, so it has no line: it is said in what it sleeps.
	check_match "why: the first suspend" "$(nbddiag why --pid "$second")" \
		"^dmsetup\\[$first\\] is in state S, and sleeps in dm_wait_for_[a-z_.0-9]*: it is none of those that cannot go on\\.\$"
	check_task "and the reader" "$reader" waits_for=bio device=nbd0 "asked=$DM"
	answer nbd0
	wait "$reader" "$first" "$second" || :
	dmsetup resume --noudevsync low
	remove_dm low
}

# A lock that nobody knows, and that lies between addresses of a disk.
looking_alike() {
	local waiter
	hang insmod /nbddiag/nbddiag_lookalike.ko file=/dev/nbd0
	waiter=$HUNG
	check_task "a lock that looks like a disk's" "$waiter" waits_for=lock lock=mutex "object=-(unknown-object)" asked=- \
		'held_by_comm="nbddiag_has_it"'
	echo 1 >/sys/module/nbddiag_lookalike/parameters/let_go
	wait "$waiter"
	rmmod nbddiag_lookalike
}

sleeps_in() { grep -q "$2" "/proc/$1/stack"; }

load_nbd max_part=4 nbds_max=2
# shellcheck disable=SC2119
load_nbddiag
modprobe dm_mod
keep nbd0 32M
! locks_are_found || opening
! locks_are_found || looking_alike
mke2fs -q -t ext4 -E lazy_itable_init=0,lazy_journal_init=0 /dev/nbd0 12M
mkdir -p "$W/mnt"
mount -o noatime /dev/nbd0 "$W/mnt"
! locks_are_found || filesystem
freezing
umount "$W/mnt"
! locks_are_found || suspending
drop nbd0
end
