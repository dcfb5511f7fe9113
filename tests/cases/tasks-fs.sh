#!/bin/bash
# desc: hung tasks of a filesystem on a mapped device: a chain of locks to the page that the lowest device owes, the journal
# timeout: 150
# expect-kmsg: blocked for more than|Call Trace
. tests/cases/tasks.bash

# Three tasks: one waits for a directory, which a second one has, that waits for a file, which a third one writes.
chain() {
	local writer renamer maker more
	stall nbd0
	hang dd if=/dev/zero of="$W/mnt/file" bs=100 count=1 seek=1000 conv=notrunc
	writer=$HUNG
	check_task "who writes a part of a block" "$writer" device=nbd0 "asked=$DM" op=read hops=0 held_by=- proof=record
	check_match "it waits for that block" "$(task_line "$writer")" ' waits_for=(page|buffer) '
	hang mv -T "$W/mnt/new" "$W/mnt/file"
	renamer=$HUNG
	check_task "who replaces the file" "$renamer" waits_for=lock object=i_rwsem lock=rwsem-write "asked=$DM" 'fs="ext4"' \
		device=nbd0 "held_by=$writer" 'held_by_comm="dd"' hops=1
	hang touch "$W/mnt/another"
	maker=$HUNG
	check_task "who makes a file there" "$maker" waits_for=lock object=i_rwsem lock=rwsem-write "asked=$DM" 'fs="ext4"' \
		device=nbd0 "held_by=$renamer" 'held_by_comm="mv"' hops=2
	# Several wait for one lock; each of them is told who has it.
	hang touch "$W/mnt/and-another"
	more=$HUNG
	check_task "one more" "$more" waits_for=lock object=i_rwsem device=nbd0 "held_by=$renamer" hops=2
	hang touch "$W/mnt/and-one-more"
	check_task "the last of three" "$HUNG" waits_for=lock object=i_rwsem device=nbd0 "held_by=$renamer" hops=2
	check_task "the one between" "$more" waits_for=lock object=i_rwsem device=nbd0 "held_by=$renamer" hops=2
	check_task "the first of three" "$maker" waits_for=lock object=i_rwsem device=nbd0 "held_by=$renamer" hops=2
	answer nbd0
	wait "$writer" "$renamer" "$maker" "$more" "$HUNG"
}

# Data that is to be written first. Nothing else is under way, or the task may wait for a buffer that a commit has.
ordered_data() {
	sync
	stall nbd0
	hang dd if=/dev/zero of="$W/mnt/synced" bs=4k count=1 conv=fsync
	check_task "who writes data" "$HUNG" device=nbd0 "asked=$DM" 'fs="ext4"'
	check_match "it waits for the journal, or to write" "$(task_line "$HUNG")" ' waits_for=(journal|writeback|page) '
	answer nbd0
	wait "$HUNG"
}

# Only what the journal has: its thread writes it.
journal() {
	local committer
	sync
	chmod 600 "$W/mnt/file"
	stall nbd0
	hang sync "$W/mnt/file"
	note "$(head -n 4 "/proc/$HUNG/stack")"
	committer=$(pgrep -x "jbd2/$DM-8")
	note "$(head -n 4 "/proc/$committer/stack")"
	check_task "who waits for a commit" "$HUNG" waits_for=journal object=j_wait_done_commit device=nbd0 "asked=$DM" 'fs="ext4"' \
		proof=record hops=1 "held_by=$committer"
	check_match "by its stack" "$(<"/proc/$HUNG/stack")" jbd2_log_wait_commit
	check_match "why" "$(nbddiag why --pid "$HUNG")" \
		"^It waits for the journal of the ext4 filesystem on $DM.* that jbd2/$DM-8\\[$committer\\] commits\\.\$"
	answer nbd0
	wait "$HUNG"
}

# Parents in vfork(2), each of the next one. The last one never ends, and so none of them does.
CROWD=70

# A shell that has run a program by vfork(2) goes on when that program is loaded, however many others wait for theirs.
vforked() {
	local child crowd last
	aio "vforks $CROWD" ready
	crowd=$AIO
	wait_until 30 grep -q vforked "${LOG[$crowd]}" || die "no chain of processes"
	last=$(said "$crowd" vforked pid)
	check_num "processes of the crowd" "$(pgrep -cx aiotool)" -gt $CROWD
	echo 3 >/proc/sys/vm/drop_caches
	ls -l "$W/mnt" >/dev/null
	stall nbd0
	dash -c "$W/mnt/true; :" &
	PARENT=$!
	wait_until 20 is_stuck "$PARENT" || die "dash does not wait for its child"
	child=$(pgrep -P "$PARENT")
	check_task "the child" "$child" state=D device=nbd0 "asked=$DM" 'fs="ext4"' hops=0
	check_task "its parent" "$PARENT" state=D waits_for=task device=nbd0 "held_by=$child" 'held_by_comm="dash"' hops=1 proof=record
	check_task "the last parent of the crowd" "$(parent_of "$last")" state=D waits_for=task "held_by=$last" \
		"device=-(holder-goes-on)" hops=0 proof=record
	check_task "the first parent of the crowd" "$(pgrep -P "$crowd")" state=D waits_for=task "device=-(too-many)" "hops=-(too-many)"
	answer nbd0
	wait "$PARENT"
	kill -KILL "$last"
	stop TERM "$crowd"
}

parent_of() { sed -n 's/^PPid:[[:space:]]*//p' "/proc/$1/status"; }

begin
modprobe dm_mod
keep nbd0 32M
make_dm low "0 65536 linear /dev/nbd0 0"
mke2fs -q -t ext4 -E lazy_itable_init=0,lazy_journal_init=0 "/dev/$DM"
mkdir -p "$W/mnt"
mount -o noatime "/dev/$DM" "$W/mnt"
dd if=/dev/zero of="$W/mnt/file" bs=64k count=32 conv=fsync 2>/dev/null
echo new >"$W/mnt/new"
cp /bin/true "$W/mnt"
sync
echo 3 >/proc/sys/vm/drop_caches
ls -l "$W/mnt" >/dev/null
! locks_are_found || chain
ordered_data
journal
vforked
umount "$W/mnt"
remove_dm low
drop nbd0
end
