#!/bin/bash
# desc: nbddiag holders: threads, zombie leaders, namespaces, mounts, swap, partitions, dm, loop; what lsof misses
# timeout: 120
. tests/cases/aio.bash

# nbd0 has a server that can be stopped, nbd1 is a disk, nbd2 is only opened.
load_nbd max_part=7 nbds_max=4
insmod /nbddiag/nbddiag.ko
serve nbd0

# Sets HOLDERS to the JSON, STATUS and SAID (on standard error). It must come soon. usage: holders DEVICE [COMMAND...]
holders() {
	STATUS=0
	HOLDERS=$(bounded 20 "${@:2}" nbddiag holders --json -o +device,path,mounts "$1" 2>"$W/said") || STATUS=$?
	SAID=$(<"$W/said")
	keep_json <<<"$HOLDERS"
}

# One line for each row, of the columns given; "-" is an empty cell. usage: rows JQ-FILTER COLUMN...
rows() {
	local filter=$1 list
	shift
	list=$(printf '."%s",' "$@")
	jq -r ".holders[] | select($filter) | [${list%,}] | map(if type == \"array\" then map(tostring) | join(\",\") else . // \"-\" | tostring end) | join(\" \")" <<<"$HOLDERS"
}

# usage: check_status WHAT STATUS STDERR-REGEX
check_status() {
	check_eq "$1: status" "$STATUS" "$2"
	check_match "$1: standard error" "$SAID" "$3"
}

# The descriptors of a process which are a path, as /proc shows them.
fds_of() { find "/proc/$1/fd" -lname "$2" -printf '%f\n' | sort -n | paste -sd,; }

# How often a tool names a process. usage: sees PID TOOL...
sees() { bounded 30 "${@:2}" 2>/dev/null | xargs -n 1 | grep -cx "$1" || :; }

# An opener which all tools find. usage: ordinary PID WHAT
ordinary() {
	check_eq "$2: lsof finds it" "$(sees "$1" lsof -t /dev/nbd2)" 1
	check_eq "$2: fuser finds it" "$(sees "$1" fuser /dev/nbd2)" 1
}

nobody() {
	holders nbd2
	check_eq "nobody: rows" "$(jq -c .holders <<<"$HOLDERS")" "[]"
	check_status "nobody" 0 '^$'
	check_eq "nobody: in words" "$(nbddiag holders nbd2 2>&1 >/dev/null)" "nbddiag: nothing holds nbd2"
	check_eq "nobody: on standard output" "$(nbddiag holders nbd2 2>/dev/null)" ""
	check_fails "no such device" nbddiag holders nbd77
}

opener() {
	local given
	hold nbd2
	ordinary "$HOLDER" opener
	for given in nbd2 /dev/nbd2 2; do
		holders "$given"
		check_eq "opener of $given" "$(rows true kind pid tid comm state sleeps_in threads fd what syscall file device path)" \
			"process $HOLDER $HOLDER nbdtool S $(function_of "$HOLDER") 1 $(fds_of "$HOLDER" /dev/nbd2) nbd2 - - nbd2 /dev/nbd2"
		check_status "opener" 0 '^$'
	done
	check_eq "opener: as a table" "$(nbddiag holders -n -o kind,pid,what nbd2 | xargs)" "process $HOLDER nbd2"
	stop TERM "$HOLDER"
}

# Two hundred threads, and two openers that are forked.
folded() {
	aio 'threads 200' 'open /dev/nbd2' ready
	holders nbd2
	check_eq "200 threads" "$(rows true kind pid tid threads fd what)" \
		"process $AIO $AIO 201 $(fds_of "$AIO" /dev/nbd2) nbd2"
	stop TERM "$AIO"
	aio 'open /dev/nbd2' 'open /dev/nbd2' 'open /dev/nbd2' 'fork 2' ready
	holders nbd2
	check_eq "three processes with three descriptors" "$(rows true kind threads fd | sort | uniq -c | xargs)" \
		"3 process 1 $(fds_of "$AIO" /dev/nbd2)"
	check_status "three processes" 0 '^$'
	stop TERM "$AIO"
}

# The leader has ended: for lsof and fuser nobody has the device open.
zombie_leader() {
	local tid
	aio 'setup 64' 'open /dev/nbd0' leader-exit 'name last+thread' 'threads 5' ready 'read 0 3' ready
	check_eq "zombie leader" "$(proc_state "$AIO")" Z
	tid=$(said "$AIO" thread tid)
	holders nbd0
	check_eq "zombie leader: it lives" "$(rows ".pid == $AIO" kind tid comm state threads fd what)" \
		"thread $tid last thread S 6 $(fds_of "$AIO/task/$tid" /dev/nbd0) nbd0"
	stall nbd0
	go_on "$AIO"
	wait_inflight nbd0 3
	kill_until_stuck "$AIO"
	check_eq "zombie leader: where it hangs" "$(function_of "$STUCK")" exit_aio
	for tid in "$AIO" "$STUCK"; do
		check_eq "zombie leader: lsof does not find it" "$(sees "$tid" lsof -t /dev/nbd0)" 0
		check_eq "zombie leader: fuser does not find it" "$(sees "$tid" fuser /dev/nbd0)" 0
	done
	holders nbd0
	check_eq "zombie leader: it hangs" "$(rows ".pid == $AIO" kind tid comm state sleeps_in threads fd what syscall file)" \
		"thread $STUCK $(<"/proc/$AIO/task/$STUCK/comm") D exit_aio 1 $(fds_of "$AIO/task/$STUCK" /dev/nbd0) nbd0 exiting -"
	check_eq "zombie leader: the client" "$(rows ".pid != $AIO" kind pid what)" "process ${CLIENT_OF[nbd0]} nbd0"
	check_status "zombie leader" 0 '^$'
	answer nbd0
	wait_gone "$AIO"
}

# What hangs in a system call: a process, and a thread of one that does not.
hanging_calls() {
	local reader other
	stall nbd0
	dd if=/dev/nbd0 of=/dev/null iflag=direct bs=4096 count=1 2>/dev/null &
	reader=$!
	aio 'setup 8' 'open /dev/nbd0' 'offset 65536' 'read 0 2' 'threads 4' 'thread destroy 0' ready
	other=$AIO
	wait_inflight nbd0 3
	wait_until 10 is_stuck "$reader"
	wait_stuck "$other"
	holders nbd0
	check_eq "hanging read" "$(rows ".pid == $reader" kind tid state sleeps_in fd what syscall file)" \
		"process $reader D $(function_of "$reader") 0 nbd0 read /dev/nbd0"
	check_eq "hanging io_destroy" "$(rows ".pid == $other" kind tid state threads syscall file; rows ".tid == $STUCK" sleeps_in)" \
		"process $other S 6 - -"$'\n'"thread $STUCK D 1 io_destroy -"$'\n'"$(function_of "$STUCK")"
	answer nbd0
	wait_gone "$reader"
	stop TERM "$other"
}

# A process that hangs in execve() has its stack locked, on some kernels even its descriptors; who reads them waits.
hanging_exec() {
	local truth
	aio 'setup 32' 'open /dev/nbd0' ready 'read 0 2' 'exec sleep 1000'
	stall nbd0
	kill -USR1 "$AIO"
	wait_stuck "$AIO"
	truth=$(bounded 2 find "/proc/$AIO/fd" -lname /dev/nbd0 -printf "process $AIO D nbd0") || truth=locked
	note "hanging execve: its descriptors: ${truth:-closed}"
	holders nbd0
	# Where the descriptor is closed already, the file is not: that is done after execve().
	case $truth in
	locked) check_status "hanging execve" 1 "not readable, as of process $AIO:" ;;
	"")
		check_eq "hanging execve" "$(rows ".pid == $AIO" kind what)" "aio 2 AIO requests in flight"
		check_status "hanging execve" 0 '^$'
		;;
	*)
		check_eq "hanging execve" "$(rows ".pid == $AIO" kind tid state what sleeps_in)" \
			"$truth $(sed 's/^0$/-/' "/proc/$AIO/wchan")"
		check_status "hanging execve" 1 '^nbddiag: whether the 2 descriptors of nbd0 are as many opens is not known\. '
		;;
	esac
	answer nbd0
	stop TERM "$AIO"
}

# Another pid and mount namespace, where the node has another name in a filesystem that is not mounted here.
container() {
	local inner fds
	# shellcheck disable=SC2016 # for the inner shell
	unshare --pid --fork --mount --mount-proc bash -c '
		mount -t tmpfs none /mnt
		mknod "/mnt/own" b 43 "$1"
		exec 7</mnt/own
		exec sleep 1000' inner "$(cut -d: -f2 /sys/block/nbd2/dev)" &
	CONTAINER=$!
	wait_until 10 has_node "$CONTAINER" || die "no inner process"
	inner=$(pgrep -P "$CONTAINER")
	fds=$(fds_of "$inner" '*own')
	holders nbd2
	check_eq "other namespaces" "$(rows true kind pid comm fd what path)" "process $inner sleep $fds nbd2 $(readlink "/proc/$inner/fd/7")"
	check_ne "other namespaces: the node is not there in this one" "$(readlink "/proc/$inner/fd/7")" /dev/nbd2
	check_status "other namespaces" 0 '^$'
	kill -KILL "$inner"
	wait_gone "$CONTAINER"
}

has_node() { pgrep -P "$1" -x sleep; }

# Four partitions of 20 MiB in the old format: in each entry a type, the first sector and how many.
partition_table() {
	local i
	head -c 446 /dev/zero
	for i in 0 1 2 3; do
		printf '%b' "\0\0\0\0\x83\0\0\0\0\0\x0$((i + 1))\0\0\xa0\0\0"
	done
	printf '\x55\xaa'
}

# A disk with partitions: mounted here, swap, dm, mounted elsewhere only; and loop on the whole.
disk() {
	local elsewhere loop
	modprobe -a dm_mod loop
	start_nbdkit 192M -U "$W/disk"
	attach_nbd_client nbd1 -unix "$W/disk"
	partition_table | dd of=/dev/nbd1 bs=512 conv=nocreat status=none
	blockdev --rereadpt /dev/nbd1
	wait_until 10 test -b /dev/nbd1p4
	mkfs.ext4 -q /dev/nbd1p1
	mkfs.ext4 -q /dev/nbd1p4
	holders nbd1
	check_eq "disk: unused" "$(rows true kind pid what)" "process $CLIENT nbd1"
	check_status "disk: unused" 0 '^$'

	mkdir -p "$W/a b" "$W/twice" "$W/elsewhere"
	mount /dev/nbd1p1 "$W/a b"
	mount --bind "$W/a b" "$W/twice"
	mkswap /dev/nbd1p2 >/dev/null
	swapon /dev/nbd1p2
	dmsetup create --noudevsync test0 --table "0 40960 linear /dev/nbd1p3 0"
	loop=$(losetup -r --find --show /dev/nbd1)
	unshare --mount bash -c "mount /dev/nbd1p4 '$W/elsewhere'; exec sleep 1000" &
	elsewhere=$!
	wait_until 10 grep -q nbd1p4 "/proc/$elsewhere/mountinfo"
	holders nbd1
	check_eq "disk" "$(rows '.kind != "process"' kind pid what device path mounts)" "$(cat <<-END
		mount - $W/a b nbd1p1 - 2
		mount - $W/twice nbd1p1 - 2
		mount $elsewhere $W/elsewhere nbd1p4 - 1
		swap - /dev/nbd1p2 nbd1p2 - -
		partition - nbd1p1 nbd1p1 - -
		partition - nbd1p2 nbd1p2 - -
		partition - nbd1p3 nbd1p3 - -
		partition - nbd1p4 nbd1p4 - -
		holder - ${loop#/dev/} nbd1 $loop -
		holder - test0 nbd1p3 /dev/$(basename /sys/block/nbd1/nbd1p3/holders/*) -
	END
	)"
	check_eq "disk: processes" "$(rows '.kind == "process"' pid what)" "$CLIENT nbd1"
	read_file nbd1
	note "disk: openers: $(key openers)"
	check_status "disk" 0 '^$'

	stop KILL "$elsewhere"
	losetup -d "$loop"
	dmsetup remove --noudevsync test0
	swapoff /dev/nbd1p2
	umount "$W/twice" "$W/a b"
	wait_until 10 opens_are nbd1 1 || :
	holders nbd1
	check_eq "disk: given back" "$(rows true kind pid what)" "process $CLIENT nbd1"
	check_status "disk: given back" 0 '^$'

	# An opener of a partition only.
	aio 'open /dev/nbd1p3' ready
	holders nbd1
	check_eq "disk: a partition open" "$(rows ".pid != $CLIENT" kind pid what device)" \
		"process $AIO nbd1p3 nbd1p3"$'\n'"partition - nbd1p3 nbd1p3"
	check_status "disk: a partition open" 0 '^$'
	stop TERM "$AIO"
	bounded 10 nbd-client -d /dev/nbd1 >/dev/null
	wait_gone "$CLIENT"
}

# Only its place is open; and open without a descriptor, which is for an honest answer not nothing.
no_descriptor() {
	aio 'open-path /dev/nbd2' ready
	holders nbd2
	check_eq "O_PATH is no holder" "$(jq -c .holders <<<"$HOLDERS")" "[]"
	check_status "O_PATH" 0 '^$'
	stop TERM "$AIO"

	aio 'map /dev/nbd2' ready
	read_file nbd2
	check_keys "mapped" <<<"openers: 1"
	holders nbd2
	check_eq "mapped: rows" "$(jq -c .holders <<<"$HOLDERS")" "[]"
	check_status "mapped" 1 '1 more opens of nbd2 than were found'
	stop TERM "$AIO"
}

# Who cannot look everywhere does not say that nobody is there.
partly_blind() {
	hold nbd2
	holders nbd2 setpriv --bounding-set -sys_ptrace
	check_status "without CAP_SYS_PTRACE" 1 'not readable'
	holders nbd2 unshare --pid --fork --mount-proc
	check_status "in a pid namespace" 1 'outside of this pid namespace'
	stop TERM "$HOLDER"
}

# A name with bytes that a terminal obeys.
hostile_name() {
	local name=$'a\e[31m)\n"b\\' text
	cp "$(command -v sleep)" "$W/$name"
	"$W/$name" 1000 9</dev/nbd2 &
	wait_until 10 grep -qF '[31m' "/proc/$!/comm"
	holders nbd2
	check_eq "hostile name" "$(rows true pid fd comm)" "$! 9 a\\x1b[31m)\\x0a\\\"b\\\\"
	text=$(nbddiag holders nbd2; nbddiag holders -o +path nbd2)
	check_eq "hostile name: nothing of it raw" "$(LC_ALL=C tr -d '\n -~' <<<"$text" | wc -c)" 0
	check_eq "hostile name: no line more" "$(wc -l <<<"$text")" 4
	stop TERM $!
}

nobody
opener
folded
zombie_leader
hanging_calls
hanging_exec
container
disk
no_descriptor
partly_blind
hostile_name
unserve nbd0
end
