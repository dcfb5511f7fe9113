# shellcheck shell=bash disable=SC2153
# "why" without an argument: what lies on the devices of a cause, and whom that hurts.

# shellcheck source=tests/reader/stacks.bash
. "$HERE/stacks.bash"

# The tree of stacks, but nbd0 does not answer, as its server is stopped.
stopped_below() {
	make_stacks
	put_task 192 nbdkit T do_signal_stop
	sed -i -e 's/^requests: .*/requests: inflight=2 oldest_age_ns=90000000000 shown=1/' \
		-e '/^requests: /a request: op=write sector=8 bytes=4096 age_ns=90000000000 socket=0 retries=0 end_io=end_bio_bh_io_sync aio_requests=0 aio_pid=- aio_context=-' \
		"$TREE/$DEBUGFS/nbd0"
	sed -i '/name=nbd0 /s/inflight=[^ ]* oldest_age_ns=[^ ]*/inflight=2 oldest_age_ns=90000000000/' "$TREE/$DEBUGFS/devices"
}

above_says() { check_ends "above: $1" 2 "$2" --root "$TREE" why; }

# Of the cause whose device is nbd0. usage: above_json FILTER
above_json() { json_of why 2>/dev/null | jq -c ".causes[] | select(.devices == [\"nbd0\"]) | $1"; }

# The file of a loop device lies on a filesystem on the device; a map lies on that loop device, and a process has it open.
through_loops() {
	stopped_below
	above_says "a loop device on a file, and what lies on it" \
		"^   On it: nbd0p1, nbd0p2, nbd0p3, dm-0 \(volume\), loop0, dm-3 \(inner\)\.$"
	above_says "who uses a map on a loop device" "^   Hurt: .*app\[720\] \(dm-3\)"
	check_eq "above: loop devices, JSON" "$(above_json .above)" '["nbd0p1","nbd0p2","nbd0p3","dm-0","loop0","dm-3"]'
	# On a device; and with a filesystem.
	put_disk loop1 7:1
	mkdir "$TREE/sys/block/loop1/loop"
	echo /dev/nbd0p2 >"$TREE/sys/block/loop1/loop/backing_file"
	echo '38 32 7:1 / /inside rw,relatime - ext4 /dev/loop1 rw' >>"$TREE/proc/1/task/1/mountinfo"
	above_says "a loop device on a partition" "^   On it: nbd0p1, nbd0p2, loop1, nbd0p3, dm-0 \(volume\), loop0, dm-3 \(inner\)\.$"
	above_says "what is mounted from a loop device" "^   Mounted: /tmp/w/mnt, /srv, /inside\.$"
	# The map lies on that loop device too, so that there is no end.
	put_on dm-0 loop0
	above_says "a map and a loop device on each other" "^   On it: nbd0p1, nbd0p2, loop1, nbd0p3, dm-0 \(volume\), loop0, dm-3 \(inner\)\.$"
	# A file on something else.
	echo /elsewhere/disk.img >"$TREE/sys/block/loop0/loop/backing_file"
	above_says "a loop device on something else" "^   On it: nbd0p1, nbd0p2, loop1, nbd0p3, dm-0 \(volume\)\.$"
}

through_loops

# Swap on a partition, a map, and a file of a filesystem on that; none of anything else.
swap() {
	local means=" Any process that needs memory can hang on it\."
	stopped_below
	above_says "swap on a partition" "^   Swap: /dev/nbd0p2\.$means$"
	above_says "swap on a map on another cause" "^   Swap: /dev/dm-2\.$means$"
	printf '%s\n' '/srv/swap\040file file 16380 0 -4' '/dev/dm-3 partition 16380 0 -5' '/elsewhere/file file 16380 0 -6' \
		'/dev/sdc partition 16380 0 -7' >>"$TREE/proc/swaps"
	above_says "swap on a file and on a map" "^   Swap: /dev/nbd0p2, /srv/swap file, /dev/dm-3\.$means$"
	check_eq "above: swap, JSON" "$(above_json .swap)" '["/dev/nbd0p2","/srv/swap file","/dev/dm-3"]'
	check_eq "holders: swap on a file and on a map" \
		"$(json_of holders nbd0 2>/dev/null | jq -c '[.holders[] | select(.kind == "swap") | .what] | sort')" \
		'["/dev/dm-3","/dev/nbd0p2","/srv/swap file"]'
	rm -f "$WORK/above.tar"
	check "above: capture" "$NBDDIAG" --root "$TREE" capture "$WORK/above.tar"
	check_eq "capture: swap of what is captured" \
		"$(tar -xOf "$WORK/above.tar" --wildcards '*/proc/swaps' | awk '{ print $1 }' | xargs -d '\n')" \
		'Filename /dev/nbd0p2 /dev/dm-2 /srv/swap\040file /dev/dm-3 /dev/sdc'
	# Of six opens five are known. A file is none of them.
	echo '/tmp/w/mnt/swap file 16380 0 -8' >>"$TREE/proc/swaps"
	sed -i 's/^openers: .*/openers: 6/' "$TREE/$DEBUGFS/nbd0"
	check_ends "holders: a swap file does not open the device" 1 "swap .*/tmp/w/mnt/swap" --root "$TREE" holders nbd0
	sed -i '2,$d' "$TREE/proc/swaps"
	check_eq "above: no swap" "$("$NBDDIAG" --root "$TREE" why 2>/dev/null | grep -c Swap; above_json .swap)" "0
[]"
}

# usage: put_mounts PID NAMESPACE LINE...
put_mounts() {
	local dir=$TREE/proc/$1/task/$1
	mkdir -p "$dir/ns"
	ln -sfn "mnt:[$2]" "$dir/ns/mnt"
	printf '%s\n' "${@:3}" >"$dir/mountinfo"
}

# A container sees a map at another place; a second process of the same namespace, and what both see, say nothing new.
other_namespaces() {
	stopped_below
	check_eq "above: no other mount namespace, JSON" "$(above_json .mounts_elsewhere)" "[]"
	put_task 730 pod S do_epoll_wait
	put_task 731 pod-child S do_epoll_wait
	put_mounts 730 4026532500 '50 49 253:0 / /data rw - ext4 /dev/mapper/volume rw' '51 49 253:0 / /srv rw - ext4 /dev/mapper/volume rw' \
		'52 49 8:32 / /other rw - ext4 /dev/sdc rw' '53 49 0:50 / /pool rw - btrfs /dev/loop0 rw'
	put_mounts 731 4026532500 '50 49 253:0 / /not-read rw - ext4 /dev/mapper/volume rw'
	above_says "mounts of this namespace, and of others" "^   Mounted: /tmp/w/mnt, /srv\.$"
	above_says "mounts of another namespace" "^   Mounted in other mount namespaces: /data \(of pod\[730\]\), /pool \(of pod\[730\]\)\.$"
	check_eq "above: mounts of another namespace, JSON" "$(above_json '[.mounts, (.mounts_elsewhere[] | [.mount, .pid, .comm])]')" \
		'[["/tmp/w/mnt","/srv"],["/data",730,"pod"],["/pool",730,"pod"]]'
	# Its main thread has ended.
	mv "$TREE/proc/730/task/730" "$TREE/proc/730/task/735"
	mkdir "$TREE/proc/730/task/730"
	cp "$TREE/proc/730/task/735/status" "$TREE/proc/730/task/735/comm" "$TREE/proc/730/task/730"
	rm -r "$TREE/proc/731"
	above_says "a namespace of a process without its main thread" "^   Mounted in other mount namespaces: /data \(of pod\[730\]\)"
	# As captures have what could not be read.
	ln -sfn "(cannot be read: Permission denied)" "$TREE/proc/730/task/735/mountinfo"
	above_says "a namespace that cannot be read" "^The mounts that process 730 sees cannot be read\. What else is mounted on the devices above is not known\.$"
	# What is not known of another disk would be said first.
	sed -i '/^disk: device=sdc /s/ accounted=2 / accounted=0 /' "$TREE/$DEBUGFS/io"
	check_eq "above: a namespace that cannot be read, JSON" \
		"$(json_of why 2>/dev/null | jq -c '[.complete, .complete_reason]')" '[false,"unreadable-mounts"]'
}

swap
other_namespaces

# Makes all of the tree of a loop device older, so that both devices have not answered for long.
# A mount point that this mount namespace does not have. usage: elsewhere_says TEXT EREGEX
elsewhere_says() {
	run_reader --root "$TREE" why /tmp/w/elsewhere/
	check "above: a mount point elsewhere: $1" grep -qxE "$2" <<<"$OUT"
}

mount_point_elsewhere() {
	local said='/tmp/w/elsewhere/ is a mount point of the filesystem of'
	copy_tree stacked
	elsewhere_says "whose" "$said nbd0p1 in the mount namespace of sleep\[373\]\."
	elsewhere_says "its device" "nbdkit\[308\] is stopped: it answers nothing until it goes on\."
	check_ends "above: no mount point, here or elsewhere" 66 "there is no block device, map, mount point or socket" --root "$TREE" why /tmp/w/elsewhere/x
	# The same path is another filesystem for somebody else.
	put_task 374 cat S nanosleep
	put_mounts 374 4026539999 "38 32 7:0 / /tmp/w/elsewhere rw - ext2 /dev/loop0 rw"
	elsewhere_says "for one" "$said nbd0p1 in the mount namespace of sleep\[373\]\."
	elsewhere_says "for another" "$said loop0 in the mount namespace of cat\[374\]\."
	rm "$TREE/proc/374/task/374/mountinfo"
	ln -sfn "(cannot be read: Permission denied)" "$TREE/proc/373/task/373/mountinfo"
	check_ends "above: a mount point elsewhere: unreadable" 66 "^nbddiag: the mounts that process 373 sees could not be read$" --root "$TREE" why /tmp/w/elsewhere
}

mount_point_elsewhere

age_all() { sed -i -E 's/((waiting|age)_ns)=([0-9]{10})( |$)/\1=12\3\4/g' "$TREE/$DEBUGFS"/{nbd0,io,tasks,devices}; }

# Who waits for a disk above the device of a cause, 4 s if nothing else is said.
# usage: put_above DEVICE STATE-OF-REQUEST [SECONDS [AGE-OF-REQUEST]]
put_above() {
	echo "task: tid=730 tgid=730 comm=\"tar\" state=D exiting=no waiting_ns=${3:-4}000000000 sleeps_in=submit_bio_wait work=- waits_for=bio lock=- object=- device=$1 dev=1:1 asked=$1 fs=- via=- op=read sector=0 bytes=4096 age_ns=${4:-4000000000} request=$2 held_by=- held_by_tgid=- held_by_comm=- hops=0 proof=bio last_reader=- last_reader_tgid=- last_reader_comm=-" \
		>>"$TREE/$DEBUGFS/tasks"
	sed -i 's/^tasks: .*/tasks: seen=300 cannot_go_on=1 known=1 went_on=0/' "$TREE/$DEBUGFS/tasks"
}

# A loop device on a file of a filesystem on nbd0: who waits for its I/O waits for nbd0, which alone is a cause.
waits_for_loop() {
	copy_tree stacked
	above_says "who waits for a loop device" "^   Cannot go on: dd\[382\] \(loop0\) for 6\.5s, kworker/u10:1\[57\] for 6\.5s, dd\[383\] for 6\.5s, ext4lazyinit\[353\] \(loop0\) for 3\.0s\.$"
	check_eq "above: who waits for a loop device, JSON" "$(above_json '.tasks[] | [.tid, .device]' | xargs)" \
		"[382,loop0] [57,nbd0] [383,nbd0] [353,loop0]"
	age_all
	above_says "who waits long for a loop device" "^   Cannot go on: .*dd\[382\] \(loop0\) for 2m 6s"
	check_eq "above: a loop device that waits for its device is no other cause" "$(grep -c '^[0-9]*\. ' <<<"$OUT")" 1
	check "above: what the loop device owes is said" grep -qx "   It holds up loop0: 2 requests, the oldest for 2m 6s\." <<<"$OUT"
	check_eq "above: what the loop device owes, JSON" "$(above_json .held_up)" '[{"device":"loop0","requests":2,"oldest":126419591969}]'
	check_eq "above: its requests are not those of the device" "$(above_json '[.requests, .devices]')" '[2,["nbd0"]]'
	check_ends "above: what frees a loop device is its device's" 0 "^This frees nbd0, and what waits for it:$" --root "$TREE" why loop0
	check_eq "above: what frees the device comes right after" "$(grep -A1 '^This frees nbd0' <<<"$OUT" | tail -n 1 | cut -c1-12)" "What helps: "
	# A device whose file cannot be read is not known to be the reason.
	: >"$TREE/$DEBUGFS/nbd0"
	check_ends "above: a loop device on what is not known" 2 "^1\. loop0 has not answered\.$" --root "$TREE" why
}

# A map on a partition of it; but not one that is held up by something else.
waits_for_map() {
	stopped_below
	put_above dm-0 started
	above_says "who waits for a map on the device" "^   Cannot go on: tar\[730\] \(dm-0\) for 4\.0s\.$"
	stopped_below
	put_above dm-3 started
	above_says "who waits for a map on a loop device" "^   Cannot go on: tar\[730\] \(dm-3\) for 4\.0s\.$"
	check_eq "above: who waits for a map is hurt" "$(above_json '[.hurt[] | select(.pid == 730) | .device]')" '["dm-3"]'
	# What holds up these is their own.
	stopped_below
	put_on dm-4 nbd0/nbd0p3
	put_above dm-4 suspended
	check_eq "above: who waits for a suspended map on the device does not wait for that" "$(above_json '[.above[3], .tasks]')" '["dm-0",[]]'
	stopped_below
	put_above dm-0 throttled
	check_eq "above: who waits for a limit of a cgroup does not wait for the device" "$(above_json .tasks)" '[]'
	# A map on the device of another cause, too.
	stopped_below
	put_above dm-2 started
	above_says "who waits for a map on another cause" "^   Cannot go on: tar\[730\] \(dm-2\) for 4\.0s\.$"
}

# Limits hold back what waits, and when that began is not known. A second task waits for a lock that the first one has.
waits_for_limit() {
	local title="^[0-9]\. dm-0 \(volume\) has requests that limits of cgroups hold back\.$"
	stopped_below
	sed -i '/^disk: device=dm-0 /s/ throttled=0 / throttled=3 /' "$TREE/$DEBUGFS/io"
	put_above dm-0 throttled 40 "-(not-recorded)"
	above_says "a limit holds back what a task waits for" "$title"
	check "above: what a limit holds back: what helps" grep -qx "   What helps: raise the limit: io\.max of the cgroup of whoever waits\." <<<"$OUT"
	check_eq "above: who waits long for a limit does not wait for the device" "$(above_json '[.tasks, .held_up]')" '[[],[]]'
	check_eq "above: how many requests a limit holds back" \
		"$(json_of why 2>/dev/null | jq -c '.causes[] | select(.devices == ["dm-0"]) | [.requests, .tasks[].tid]')" '[3,730]'
	# It comes first, by its number.
	sed -i -E '/^task: tid=730 /{h;s/tid=730 tgid=730 comm="tar"/tid=725 tgid=725 comm="cp"/;s/request=[^ ]* held_by=- held_by_tgid=- held_by_comm=- hops=0/request=- held_by=730 held_by_tgid=730 held_by_comm="tar" hops=1/;s/waits_for=[^ ]*/waits_for=mutex/;G}; s/ cannot_go_on=1 known=1 / cannot_go_on=2 known=2 /' \
		"$TREE/$DEBUGFS/tasks"
	above_says "who waits for a lock of a task that a limit holds back" "$title"
	check_eq "above: nor does who waits for a lock of that task" "$(above_json .tasks)" '[]'
	check "above: who waits for a limit by way of a lock" grep -qx "   Cannot go on: cp\[725\] for 40\.0s, tar\[730\] for 40\.0s\." <<<"$OUT"
}

# nbd1 is what nbd0 was. On that and on nbd0, which is in any state, lies md0, and has not answered either.
array_on_both() {
	stopped_below
	local dir=$TREE/$DEBUGFS
	sed 's/nbd0/nbd1/g; s/^dev: 43:0/dev: 43:1/; s/^index: 0/index: 1/' "$dir/nbd0" >"$dir/nbd1"
	sed -i '/name=nbd1 /d; s/name=nbd0 /name=nbd1 /' "$dir/devices"
	sed -i 's/^disk: device=nbd0 dev=43:0/disk: device=nbd1 dev=43:1/; s/^request: device=nbd0 dev=43:0/request: device=nbd1 dev=43:1/' "$dir/io"
	sed -i 's/^requests: shown=9$/requests: shown=10/; s/^disks: known=12 outstanding=8$/disks: known=13 outstanding=9/' "$dir/io"
	put_disk md0 9:0
	put_on md0 nbd0 nbd1
	echo "disk: device=md0 dev=9:0 driver=md kind=bio found=5 accounted=5 throttled=0 oldest_age_ns=90000000000 state=- valid_paths=- throttled_found=0 submitting=0" >>"$dir/io"
	echo "request: device=md0 dev=9:0 asked=md0 fs=- via=- op=read sector=0 bytes=4096 age_ns=80000000000 state=started who=task aio_pid=- aio_context=- tid=730 tgid=730 comm=\"tar\" end_io=submit_bio_wait_endio waits_for=-" >>"$dir/io"
	put_above md0 started 40 80000000000
}

# The tasks of causes, and what these hold up, by their devices.
by_device() { json_of why 2>/dev/null | jq -c '[.causes[] | [.devices[0], [.tasks[].tid], [.held_up[].device]]] | sort'; }

# One that owes nothing is not what an array waits for. If both owe something, it may wait for either.
waits_for_array() {
	local orphan=$TREES/incident1/$DEBUGFS
	array_on_both
	sed 's/nbd101/nbd0/g' "$orphan/nbd101" >"$TREE/$DEBUGFS/nbd0"
	sed -n 's/name=nbd101 /name=nbd0 /p' "$orphan/devices" | sed -i '/name=nbd1 /{
r /dev/stdin
}' "$TREE/$DEBUGFS/devices"
	above_says "a device that owes nothing, below an array" "^[0-9]\. nbd0 still holds an old connection\."
	check_eq "above: an array waits for what owes requests" "$(by_device | jq -c '.[] | select(.[0][:3] == "nbd")' | xargs)" \
		"[nbd0,[],[]] [nbd1,[730],[md0]]"
	array_on_both
	sed 's/nbd1/nbd0/g; s/^dev: 43:1/dev: 43:0/; s/^index: 1/index: 0/; s/"nbdkit"/"other"/; s/peer_pid=192/peer_pid=193/' "$TREE/$DEBUGFS/nbd1" >"$TREE/$DEBUGFS/nbd0"
	sed -i '/name=nbd1 /{h;s/nbd1/nbd0/;G}' "$TREE/$DEBUGFS/devices"
	put_task 193 other T do_signal_stop
	above_says "an array on two devices that owe" "^[0-9]\. md0 has not answered\.$"
	check_eq "above: which of two an array waits for is not known" "$(by_device | jq -c '.[] | select(.[0] != "dm-1" and .[0] != "dm-4" and .[0] != "sdc")' | xargs)" \
		"[md0,[730],[]] [nbd0,[],[]] [nbd1,[],[]]"
}

waits_for_loop
waits_for_map
waits_for_limit
waits_for_array
