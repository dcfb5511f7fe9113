# shellcheck shell=bash disable=SC2034,SC2154
# A reader in a memory cgroup that is full of pages which cannot be written, as the server of their nbd device has
# stopped. The case makes the cgroup: GROUP is its directory, LIMIT its file for the limit.
. tests/cases/lib.bash

SIZE=24

# A cgroup without a single free page, all of them dirty or being written: to the device itself and to an ext4 on another.
# (Who fills it may be killed for it, or hang; the pages stay.)
fill_group() {
	echo 90 >/proc/sys/vm/dirty_ratio
	echo 85 >/proc/sys/vm/dirty_background_ratio
	start_nbdtool_server "unix:$W/raw"
	raw=$SERVER
	attach nbd1 "unix:$W/raw" --size 67108864
	truncate -s 64M "$W/image"
	start_nbdtool_server "unix:$W/ext4" --image "$W/image"
	ext4=$SERVER
	attach nbd2 "unix:$W/ext4" --size 67108864 --block 4096
	bounded 30 mkfs.ext4 -q -O ^has_journal /dev/nbd2 || die "mkfs.ext4"
	mkdir -p "$W/mnt"
	bounded 20 mount -o noatime /dev/nbd2 "$W/mnt" || die "mount"
	pause "$raw" "$ext4"
	(
		echo "$BASHPID" >"$GROUP/cgroup.procs"
		echo 1000 >"/proc/$BASHPID/oom_score_adj"
		dd if=/dev/zero of=/dev/nbd1 bs=64k count=$((SIZE * 8)) conv=notrunc
		dd if=/dev/zero of="$W/mnt/file" bs=64k count=$((SIZE * 16))
	) >"$W/filled" 2>&1 &
	filler=$!
	wait_until 15 group_is_full || fill_up
	# Now they are being written, too.
	sync -d /dev/nbd1 >/dev/null 2>&1 &
	sync -f "$W/mnt" >/dev/null 2>&1 &
	wait_until 20 is_writing || note "nothing is being written"
	# Not a page is left, but for what a processor has put by: that is less than one read of nbd3 takes.
	(echo $(($(<"$USAGE") + 16384)) >"$LIMIT") 2>/dev/null &
	sleep 1
	note "the cgroup: $(<"$USAGE") of $(<"$LIMIT") bytes; in flight: $(</sys/block/nbd1/inflight), $(</sys/block/nbd2/inflight)"
	note "$(grep -E '^(file_)?(dirty|writeback) ' "$GROUP/memory.stat" | tr '\n' ' ')"
}

# Whoever writes may be made to wait before the cgroup is full: the rest is memory of a process.
fill_up() {
	(
		echo "$BASHPID" >"$GROUP/cgroup.procs"
		echo 900 >"/proc/$BASHPID/oom_score_adj"
		memory=()
		printf -v chunk '%16384s' ''
		until group_is_full; do memory+=("$chunk${#memory[@]}"); done
		# No more of anything: not even a process.
		kill -STOP "$BASHPID"
	) &
	hog=$!
	wait_until 20 group_is_full || note "the cgroup is not quite full"
}

group_is_full() { [ "$(<"$USAGE")" -gt $(((SIZE << 20) - 65536)) ]; }

is_writing() { ! grep -q '^ *0 *0$' /sys/block/nbd1/inflight && ! grep -q '^ *0 *0$' /sys/block/nbd2/inflight; }

# usage: check_reader
check_reader() {
	local reader added
	# It is ready before it enters the cgroup: what is measured are the reads, and not what a program needs to start.
	start_logged nbdtool attach /dev/nbd3 "unix:$W/live" --connections 1000 --close-sockets --no-start
	start_logged stormtool reread 12 "$NBDDIAG"/{nbd0,nbd1,nbd2,nbd3,devices,aio,layout}
	reader=$LOGGED
	echo -1000 >"/proc/$reader/oom_score_adj"
	fill_group
	echo "$reader" >"$GROUP/cgroup.procs"
	kill -USR1 "$reader"
	# Whoever adds and removes disks does not wait for it. (If so, then for as long as the server has stopped.)
	for _ in 1 2 3; do
		added=$(bounded 40 stormtool time disks sh -c 'modprobe brd rd_nr=1 rd_size=64 && rmmod brd') || added="held_up_ms=- $added"
		check_num "a disk came and went: slept (ms)" "$(field "$added" slept_ms)" -lt 10000
	done
	added=$(bounded 40 stormtool time nbd sh -c "nbdtool nl-connect 9 unix:$W/live --destroy >/dev/null && nbdtool nl-disconnect 9") ||
		added="held_up_ms=- $added"
	check_num "an nbd device came and went: slept (ms)" "$(field "$added" slept_ms)" -lt 10000
	wait_until 40 grep -q '^reads=' "${LOG[reader]}" || note "the reader: $(cat "/proc/$reader/stack")"
	note "$(tail -n 1 "${LOG[reader]}")"
	check_num "reads" "$(field "$(tail -n 1 "${LOG[reader]}")" reads)" -gt 20
	check_held_up "$(tail -n 1 "${LOG[reader]}")"
	check_num "reads that failed" "$(field "$(tail -n 1 "${LOG[reader]}")" gone)" -eq 0
	check_no_match "the reader had nobody killed" "$(kmsg)" 'stormtool invoked oom-killer'
	kill -CONT "$raw" "$ext4"
}

let_go() {
	pkill -KILL -P "$filler" || :
	kill -KILL "$filler" ${hog:+"$hog"} 2>/dev/null || :
	wait_gone "$filler"
	echo "$((1 << 30))" >"$LIMIT"
	check "ext4 goes" wait_until 60 umount "$W/mnt"
	stop TERM "$raw" "$ext4"
}
