# shellcheck shell=bash disable=SC2153
# Makes a tree of a host with devices on devices, some of which owe requests. Sourced by tests; everything in it is
# written here, as nbddiag(4), sysfs and /proc have it.
#
#   sda, sdb: failed paths of the map mpatha (dm-1), on which is vg-lv (dm-2), swap of the host
#   nbd0p3 -> volume (dm-0), mounted on /srv -> loop0 on the file /srv/disk.img -> inner (dm-3)
#   sdc: its driver keeps what it was given; dm-4 (held): suspended
#
#   fio (700) has mpatha open and waits for 5 requests; qemu (800) was killed, has nothing open any more and waits in
#   exit_aio for 2 of vg-lv; volume is open in dd (710), which waits for one request; inner is open in app (720)

# A block device. usage: put_disk NAME MAJOR:MINOR
put_disk() {
	mkdir -p "$TREE/sys/block/$1"
	echo "$2" >"$TREE/sys/block/$1/dev"
	echo 131072 >"$TREE/sys/block/$1/size"
	echo 0 >"$TREE/sys/block/$1/ro"
}

# usage: put_map NAME MAJOR:MINOR MAP-NAME UUID
put_map() {
	put_disk "$1" "$2"
	mkdir -p "$TREE/sys/block/$1/dm"
	echo "$3" >"$TREE/sys/block/$1/dm/name"
	echo "$4" >"$TREE/sys/block/$1/dm/uuid"
}

# usage: put_on DEVICE BELOW...   (BELOW is a path below sys/block)
put_on() {
	local below
	for below in "${@:2}"; do
		mkdir -p "$TREE/sys/block/$below/holders" "$TREE/sys/block/$1/slaves"
		: >"$TREE/sys/block/$below/holders/$1"
		: >"$TREE/sys/block/$1/slaves/$(basename "$below")"
	done
}

# A thread that sleeps. usage: put_task PID COMM STATE FUNCTION [LINE-OF-FD.RDEV]
put_task() {
	local dir=$TREE/proc/$1/task/$1
	mkdir -p "$dir"
	echo "$2" >"$dir/comm"
	printf 'Name:\t%s\nState:\t%s (x)\nTgid:\t%s\n' "$2" "$3" "$1" >"$dir/status"
	printf '[<0>] %s+0x1/0x2\n' "$4" >"$dir/stack"
	[ "$4" != exit_aio ] || printf '[<0>] do_exit+0x1/0x2\n' >>"$dir/stack"
	printf '%s\n' ${5:+"$5"} >"$dir/fd.rdev"
	printf '%s' "$4" >"$dir/wchan"
}

# The lines of the file io; "stacks_io" may be changed by a test.
stacks_io() {
	local head='format: 1\ncomplete: yes\ncomplete_reason: ok\ntook_ns: 1000\ndisks: known=12 outstanding=8\nrequests: shown=9\n' i
	local task='tid=710 tgid=710 comm="dd" end_io=submit_bio_wait_endio waits_for=-'
	printf '%b' "$head"
	cat <<-'END'
		disk: device=nbd0 dev=43:0 driver=nbd kind=blk-mq found=2 accounted=2 throttled=0 oldest_age_ns=90000000000 state=- valid_paths=- throttled_found=0 submitting=0
		disk: device=dm-0 dev=253:0 driver=dm_mod kind=dm found=2 accounted=2 throttled=0 oldest_age_ns=-(not-recorded) state=- valid_paths=- throttled_found=0 submitting=0
		disk: device=dm-1 dev=253:1 driver=dm_mod kind=dm found=7 accounted=7 throttled=0 oldest_age_ns=11520000000000 state=no-path valid_paths=0 throttled_found=0 submitting=0
		disk: device=dm-2 dev=253:2 driver=dm_mod kind=dm found=2 accounted=2 throttled=0 oldest_age_ns=-(not-recorded) state=- valid_paths=- throttled_found=0 submitting=0
		disk: device=dm-3 dev=253:3 driver=dm_mod kind=dm found=1 accounted=1 throttled=0 oldest_age_ns=-(not-recorded) state=- valid_paths=- throttled_found=0 submitting=0
		disk: device=loop0 dev=7:0 driver=loop kind=blk-mq found=1 accounted=1 throttled=0 oldest_age_ns=-(not-recorded) state=- valid_paths=- throttled_found=0 submitting=0
		disk: device=dm-4 dev=253:4 driver=dm_mod kind=dm found=0 accounted=0 throttled=3 oldest_age_ns=- state=suspended valid_paths=- throttled_found=3 submitting=0
		disk: device=sdc dev=8:32 driver=cbd kind=bio found=0 accounted=2 throttled=0 oldest_age_ns=- state=held-by-driver valid_paths=- throttled_found=0 submitting=0
		path: map=dm-1 group=1 device=sda dev=8:0 fail_count=1 state=failed
		path: map=dm-1 group=2 device=sdb dev=8:16 fail_count=3 state=failed
	END
	for i in 1 2 3 4 5; do
		printf 'request: device=dm-1 dev=253:1 asked=dm-1 fs=- via=- op=read sector=%s bytes=4096 age_ns=1152%s000000000 state=no-path who=aio aio_pid=700 aio_context=0x7f0000000000 tid=- tgid=- comm=- end_io=blkdev_bio_end_io_async waits_for=-\n' \
			"$((i * 8))" "$((5 - i))"
	done
	for i in 1 2; do
		printf 'request: device=dm-1 dev=253:1 asked=dm-2 fs=- via=- op=write sector=%s bytes=65536 age_ns=600%s000000000 state=no-path who=aio aio_pid=800 aio_context=0x7f1000000000 tid=- tgid=- comm=- end_io=blkdev_bio_end_io_async waits_for=-\n' \
			"$((i * 8))" "$((5 - i))"
	done
	echo "request: device=nbd0 dev=43:0 asked=dm-3 fs=- via=loop0,dm-0 op=write sector=8 bytes=4096 age_ns=90000000000 state=started who=page-cache aio_pid=- aio_context=- tid=- tgid=- comm=- end_io=end_bio_bh_io_sync waits_for=-"
	echo "request: device=nbd0 dev=43:0 asked=dm-0 fs=- via=- op=read sector=0 bytes=4096 age_ns=80000000000 state=started who=task aio_pid=- aio_context=- $task"
}

stacks_aio() {
	local i
	cat <<-'END'
		format: 1
		scan: quick
		complete: yes
		complete_reason: ok
		took_ns: 1000
		aio_nr: 128
		aio_max_nr: 65536
		live_max_reqs: 128
		aio_nr_difference: 0
		contexts: live=1 dying=1 ownerless=0
		inflight: 7
		unreaped: 0
		waiters: 1
		waiter: tid=800 tgid=800 comm="qemu-kvm" state=D waiting_ns=6004000000000 sleeps_in=exit_aio not_drained=1 contexts=1 exe="qemu-kvm"
		context: pid=800 user_id=0x7f1000000000 state=dying max_reqs=128 nr_events=383 inflight=2 unreaped=0 free=380 owed=2 oldest_age_ns=6004000000000 consistent=yes
	END
	for i in 1 2; do
		echo "owed: pid=800 user_id=0x7f1000000000 device=dm-1 op=write sector=$((i * 8)) bytes=65536 age_ns=600$((5 - i))000000000 asked=dm-2 fs=- via=- state=no-path waits_for=-"
	done
	echo 'space: pid=700 comm="fio" threads=1 groups=1 contexts=1 max_reqs=128 inflight=5 unreaped=0'
	echo 'context: pid=700 user_id=0x7f0000000000 state=live max_reqs=128 nr_events=383 inflight=5 unreaped=0 free=378 owed=5 oldest_age_ns=11524000000000 consistent=yes'
	for i in 1 2 3 4 5; do
		echo "owed: pid=700 user_id=0x7f0000000000 device=dm-1 op=read sector=$((i * 8)) bytes=4096 age_ns=1152$((5 - i))000000000 asked=dm-1 fs=- via=- state=no-path waits_for=-"
	done
}

stacks_disks() {
	put_disk sda 8:0
	put_disk sdb 8:16
	put_disk sdc 8:32
	put_map dm-1 253:1 mpatha mpath-3600140
	put_on dm-1 sda sdb
	put_map dm-2 253:2 vg-lv LVM-abc
	put_on dm-2 dm-1
	put_map dm-0 253:0 volume ''
	put_on dm-0 nbd0/nbd0p3
	put_disk loop0 7:0
	mkdir "$TREE/sys/block/loop0/loop"
	echo /srv/disk.img >"$TREE/sys/block/loop0/loop/backing_file"
	put_map dm-3 253:3 inner CRYPT-LUKS2-def
	put_on dm-3 loop0
	put_map dm-4 253:4 held ''
}

# Sets TREE.
make_stacks() {
	copy_tree healthy
	stacks_disks
	echo '37 32 253:0 / /srv rw,relatime - ext4 /dev/mapper/volume rw' >>"$TREE/proc/1/task/1/mountinfo"
	echo '/dev/dm-2 partition 16380 0 -3' >>"$TREE/proc/swaps"
	put_task 700 fio S read_events '5 253:1 0140002 /dev/dm-1'
	put_task 710 dd D submit_bio_wait '0 253:0 0140000 /dev/dm-0'
	printf '0 0x0 0x0 0x0 0x0 0x0 0x0 0x0 0x0\n' >"$TREE/proc/710/task/710/syscall"
	put_task 720 app S do_epoll_wait '7 253:3 02 /dev/mapper/inner'
	put_task 800 qemu-kvm D exit_aio
	stacks_io >"$TREE/$DEBUGFS/io"
	stacks_aio >"$TREE/$DEBUGFS/aio"
}

# WANT is the exit status, 0 if it is not set.
# usage: why_says WHAT ARGUMENT... -- LINE...   (each line is one of the output)
why_says() {
	local what=$1 arguments=() line
	shift
	while [ "$1" != -- ]; do
		arguments+=("$1")
		shift
	done
	shift
	run_reader --root "$TREE" why "${arguments[@]}"
	check_eq "why ${arguments[*]}: status" "$STATUS $ERR" "${WANT:-0} "
	for line; do
		check "why ${arguments[*]}: $what: $line" grep -qxF -- "$line" <<<"$OUT"
	done
}
