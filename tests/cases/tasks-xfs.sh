#!/bin/bash
# desc: hung tasks of xfs: who opens a file waits for a buffer or for its semaphore, who writes for the log
# timeout: 180
# expect-kmsg: blocked for more than|Call Trace
. tests/cases/tasks.bash

# From 7.3 on, one bio is read without anything beside it that names the file.
fs_of_read() {
	case $(uname -r) in
	7.*) echo fs=- ;;
	*) echo 'fs="xfs"' ;;
	esac
}

# Whoever looks a name up had the list of those who wait for it, until 7.x.
looker_is_noted() { [[ $(uname -r) != 7.* ]]; }

# What the user has seen: three tasks in D on xfs whose server is stopped, and nbd0 names none of them.
reading() {
	local direct opener second
	stall nbd0
	hang dd if="$W/mnt/file" of=/dev/null bs=4k count=1 iflag=direct
	direct=$HUNG
	check_task "direct I/O" "$direct" waits_for=bio device=nbd0 asked=nbd0 "$(fs_of_read)" op=read request=started hops=0 proof=bio
	# The names are in a block of their own, which is not in memory.
	hang cat "$W/mnt/many/name-1999"
	opener=$HUNG
	check_task "who opens a file" "$opener" waits_for=buffer device=nbd0 asked=nbd0 op=read request=started hops=0 proof=bio
	check_match "who opens a file: by its stack" "$(<"/proc/$opener/stack")" 'xfs_buf_(iowait|submit|read_map)'
	# The first one looks the directory up, and has the second one wait until that is done.
	hang ls "$W/mnt/many/name-1998"
	second=$HUNG
	check_match "who wants the same: by its stack" "$(<"/proc/$second/stack")" d_alloc_parallel
	if looker_is_noted; then
		check_task "who wants the same" "$second" waits_for=task device=nbd0 "held_by=$opener" 'held_by_comm="cat"' hops=1 proof=record
	else
		check_task "who wants the same" "$second" waits_for=lookup "device=-(no-holder)" asked=nbd0 'fs="xfs"' held_by=- proof=record
	fi
	check_match "by nbddiag tasks" "$(nbddiag tasks --noheadings --output TID,WAITS-FOR,DEVICE)" "^ *$opener +buffer +nbd0"
	check_match "why" "$(nbddiag why --pid "$opener")" '^nbd0 owes it: a read of '
	check_match "from the device" "$(nbddiag why nbd0)" "^Tasks that cannot go on because of it: .*cat\\[$opener\\] \\(buffer\\)"
	answer nbd0
	wait "$direct" "$opener" "$second" || :
}

# Two look for names in a directory that is in memory, but not its names. One of them waits for a buffer's semaphore: on
# 5.10 the second, as the first one reads the buffer; later the first, as the kernel reads ahead. The other one leads to
# the same device.
looking() {
	local tid all=()
	stall nbd0
	hang cat "$W/mnt/known/name-1999"
	all+=("$HUNG")
	hang cat "$W/mnt/known/name-1998"
	all+=("$HUNG")
	check_match "who looks for names: by their stacks" "$(cat "/proc/${all[0]}/stack" "/proc/${all[1]}/stack")" ' xfs_buf_lock\+'
	for tid in "${all[@]}"; do
		case $(<"/proc/$tid/stack") in
		*' xfs_buf_lock+'*)
			check_task "a semaphore" "$tid" waits_for=lock lock=semaphore device=nbd0 asked=nbd0 op=read request=started \
				"held_by=-(not-kept)" hops=0
			;;
		*) check_task "beside it" "$tid" device=nbd0 ;;
		esac
	done
	answer nbd0
	wait "${all[@]}" || :
}

# The log, after the data. Which part of it is waited for differs.
writing() {
	local stack
	mkdir "$W/mnt/new"
	stall nbd0
	hang sync -f "$W/mnt"
	stack=$(<"/proc/$HUNG/stack")
	note "$(head -n 6 <<<"$stack")"
	check_task "who writes the log" "$HUNG" device=nbd0 asked=nbd0
	check_match "it waits for the log" "$(task_line "$HUNG")" ' waits_for=(log|buffer) '
	answer nbd0
	wait "$HUNG"
}

begin
modprobe xfs
keep nbd0 320M
mkfs.xfs -q -f /dev/nbd0
mkdir -p "$W/mnt"
mount -o noatime /dev/nbd0 "$W/mnt"
for dir in many known; do
	mkdir "$W/mnt/$dir"
	(cd "$W/mnt/$dir" && seq -f name-%.0f 2000 | xargs touch)
done
dd if=/dev/zero of="$W/mnt/file" bs=64k count=4 conv=fsync status=none
umount "$W/mnt"
mount -o noatime /dev/nbd0 "$W/mnt"
dd if="$W/mnt/file" of=/dev/null bs=4k count=1 skip=1 iflag=direct status=none
stat "$W/mnt/known" >/dev/null
reading
looking
writing
umount "$W/mnt"
drop nbd0
end
