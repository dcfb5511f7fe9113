# shellcheck shell=bash disable=SC2153
# What "check" says of a device that is served, while a process that has it open hangs by itself. The tree is the capture
# of a real deadlock: QEMU's threads 4207 and 4208 wait for each other, and nbd0 owes nothing.

DEADLOCK=$TOP/tests/docs/captures/deadlock

copy_deadlock() {
	rm -rf "$WORK/tree"
	cp -a "$DEADLOCK" "$WORK/tree"
	TREE=$WORK/tree
	aio=$TREE/$DEBUGFS/aio
}

# usage: check_says TEXT STATUS EREGEX [DEVICE...]
check_says() {
	check_ends "check: $1" "$2" "$3" --root "$TREE" check "${@:4}" "${4:-nbd0}"
}

# Nothing is said of the process. usage: check_silent TEXT
check_silent() {
	run_reader --root "$TREE" check nbd0
	check_eq "check: $1" "$(head -n 1 <<<"$OUT") $STATUS $ERR" "in-use: nbd0 is attached and served, and has no request in flight. (in-use) 1 "
	check_eq "check: $1: nothing of the process" "$(grep -c 4200 <<<"$OUT")" 0
}

deadlock_says="^in-use: nbd0 is attached and served, and has no request in flight\. But qemu-system-x86\[4200\], which has it open, hangs by itself: live_migration\[4207\] and IO iothread4\[4208\] wait for each other, a deadlock in that process\. nbd0 is not the reason\. 'nbddiag why --pid 4200' tells more\. \(in-use\)$"

# The capture of a QEMU that was killed with requests in flight. Its thread in exit_aio has no device in the file tasks.
waiters() {
	local aio until='cannot go on until AIO requests that it owes are answered or fail'
	local said="^  -  1 task $until, CPU 5/KVM\[4206\] for 3m 0s, at the end of the address space of qemu-system-x86_64\.$"
	rm -rf "$WORK/tree"
	cp -a "$TOP/tests/docs/captures/killed" "$WORK/tree"
	TREE=$WORK/tree aio=$WORK/tree/$DEBUGFS/aio
	check_says "a killed process waits" 2 "$said"
	sed -i 's/device=nbd0 /device=nbd0p1 /' "$aio"
	check_says "a killed process waits, at a partition" 2 "$said"
	sed -i 's/device=nbd0p1 /device=nbd1 /' "$aio"
	run_reader --root "$TREE" check nbd0
	check_eq "check: a killed process waits for another device" "$STATUS $(grep -c 'AIO' <<<"$OUT")" "2 0"
	sed -i 's/device=nbd1 /device=nbd0 /; s/^contexts: .*/contexts: live=0 dying=2 ownerless=0/; s/^inflight: .*/inflight: 3/; s/^waiters: .*/waiters: 2/' "$aio"
	cat >>"$aio" <<-'END'
		waiter: tid=4306 tgid=4300 comm="fio" state=D waiting_ns=990000000000 sleeps_in=__x64_sys_io_destroy not_drained=1 contexts=1 exe=-
		context: pid=4300 user_id=0x7f0000000000 state=dying max_reqs=128 nr_events=383 inflight=1 unreaped=0 free=380 owed=1 oldest_age_ns=990000000000 consistent=yes
		owed: pid=4300 user_id=0x7f0000000000 device=nbd0 op=read sector=0 bytes=4096 age_ns=990000000000 asked=nbd0 fs=- via=- state=started waits_for=-
	END
	check_says "two tasks wait" 2 "^  -  2 tasks $until, the longest fio\[4306\] for 16m 30s\.$"
	sed -i 's/waiting_ns=990000000000/waiting_ns=-(not-recorded)/; s/waiting_ns=180107938971/waiting_ns=-(not-recorded)/' "$aio"
	check_says "two tasks wait, for an unknown time" 2 "^  -  2 tasks $until, the longest CPU 5/KVM\[4206\] for an unknown time,"
	rm "$aio"
	check_says "no file aio" 2 "^nbddiag: which processes that use AIO cannot go on is not known: there is no file aio$"
}

deadlock() {
	copy_deadlock
	check_says "a deadlock" 1 "$deadlock_says"
	check_eq "check: a deadlock: what is said of detaching" "$(sed -n 2p <<<"$OUT")" "What would free it, in the order to try:"
	check_eq "check: a deadlock: JSON" "$(json_of check nbd0 2>/dev/null |
		jq -c '[.complete, (.devices[] | .verdict, .status, .reason, (.text | test("deadlock in that process")))]')" \
		'[true,"in-use",1,"in-use",true]'
	run_reader --root "$TREE" check --quiet nbd0
	check_eq "check: a deadlock: --quiet" "$STATUS$OUT$ERR" 1
	echo web-01 >"$TREE/proc/4200/guest"
	check_says "a deadlock of a guest" 1 "But qemu-system-x86\[4200\] of guest web-01, which has it open, hangs by itself"
	rm "$TREE/proc/4200/guest"
	# By way of a partition.
	mkdir "$TREE/sys/block/nbd0/nbd0p1"
	echo 43:9 >"$TREE/sys/block/nbd0/nbd0p1/dev"
	echo 1 >"$TREE/sys/block/nbd0/nbd0p1/partition"
	echo 8 >"$TREE/sys/block/nbd0/nbd0p1/size"
	sed -i 's/43:0/43:9/' "$TREE"/proc/4200/task/*/fd.rdev
	check_says "a deadlock, by a partition" 1 "$deadlock_says"
	# By a ring of io_uring.
	copy_deadlock
	sed -i 's/unreaped=3/unreaped=0/' "$aio"
	sed -i 's/^rings: .*/rings: shown=1 without_owner=0 owed=0/' "$TREE/$DEBUGFS/uring"
	echo 'ring: ring=1 state=live owner=live processes=1 pid=4200 comm="qemu-system-x86" ended=no fd=9 worker=- flags=0x0 sq_entries=64' \
		'cq_entries=128 inflight=0 polls=1 timeouts=0 unreaped=2 overflown=0 owed=0 oldest_age_ns=-' >>"$TREE/$DEBUGFS/uring"
	check_says "a deadlock, by a ring" 1 "$deadlock_says"
	# What is left of a connection has steps, and this goes to the warnings.
	copy_deadlock
	sed -i 's/^state: .*/state: disconnected/; s/^state_reason: .*/state_reason: all-sockets-dead/; s/^attachable_reason: .*/attachable_reason: started/; s/receivers=1/receivers=0/; s/^recv_threads: .*/recv_threads: 0/; s/dead=0 live=1/dead=1 live=0/; s/^socket: index=0 dead=no/socket: index=0 dead=yes/; s/^live_connections: .*/live_connections: 0/' \
		"$TREE/$DEBUGFS/nbd0"
	check_says "a deadlock, and the device is wedged" 2 "^  -  qemu-system-x86\[4200\], which has it open, hangs by itself: live_migration\[4207\] and"
	check_eq "check: a deadlock, and the device is wedged: the device may be a reason too" "$(grep -c 'not the reason' <<<"$OUT")" 0
}

# Where nothing shows that it hangs, or it has to do with another device.
no_deadlock() {
	copy_deadlock
	sed -i '/tid=4208/s/timeout=no/timeout=yes/' "$TREE/proc/4200/futex"
	check_silent "a wait with a timeout"
	copy_deadlock
	sed -i '/tid=4208/s/ address=.*//' "$TREE/proc/4200/futex"
	check_silent "a mutex whose holder goes on"
	copy_deadlock
	sed -i 's/43:0/43:1/' "$TREE"/proc/4200/task/*/fd.rdev
	check_silent "a deadlock of who has another device open"
	check_says "nor of a device that is free" 0 "^free: nbd1 can be attached" nbd1
	copy_deadlock
	sed -i 's/unreaped=3/unreaped=0/' "$aio"
	check_silent "a process that has taken its results"
	copy_deadlock
	sed -i '/^space\|^context/s/inflight=0/inflight=1/' "$aio"
	check_silent "a process that waits for requests"
}

# usage: in_state STATE-WORDS
in_state() { sed -i "s/^State:.*/State:	$1/" "$TREE"/proc/4200/task/*/status; }

# Where check sends whoever wants to know more of the device. usage: why_nbd0 TEXT LINE...
why_nbd0() {
	local line
	run_reader --root "$TREE" why nbd0
	for line in "${@:2}" "It has no request in flight."; do
		check "why nbd0: $1: $line" grep -qxF -- "$line" <<<"$OUT"
	done
}

frozen_or_stopped() {
	copy_deadlock
	sed -i 's/unreaped=3/unreaped=0/' "$aio"
	in_state "T (stopped)"
	check_says "a process that is stopped" 1 \
		"and has no request in flight\. But qemu-system-x86\[4200\], which has it open, is stopped: it goes on after 'kill -CONT 4200'\. nbd0 is not the reason\. 'nbddiag why --pid 4200' tells more\. \(in-use\)$"
	why_nbd0 "a process that is stopped" "qemu-system-x86[4200] is stopped (state T): it does nothing until it goes on. Run 'kill -CONT 4200'."
	in_state "t (tracing stop)"
	check_says "a process in a debugger" 1 "But qemu-system-x86\[4200\], which has it open, is held by a debugger\. nbd0 is not"
	sed -i 's/^State:.*/State:	S (sleeping)/' "$TREE/proc/4200/task/4208/status"
	check_silent "a process of which a thread runs"
	in_state "S (sleeping)"
	echo '0::/pods/a' >"$TREE/proc/4200/task/4200/cgroup"
	mkdir -p "$TREE/sys/fs/cgroup/pods/a"
	echo 0 >"$TREE/sys/fs/cgroup/pods/a/cgroup.freeze"
	echo 0 >"$TREE/sys/fs/cgroup/pods/cgroup.freeze"
	check_silent "a process whose cgroup is not frozen"
	echo 1 >"$TREE/sys/fs/cgroup/pods/cgroup.freeze"
	echo "frozen 1" >"$TREE/sys/fs/cgroup/pods/a/cgroup.events"
	check_says "a process that is frozen" 1 \
		"But qemu-system-x86\[4200\], which has it open, is frozen by its cgroup: to thaw it, run 'echo 0 >\"/sys/fs/cgroup/pods/cgroup.freeze\"'\. nbd0 is not"
	why_nbd0 "a process that is frozen" "qemu-system-x86[4200] is frozen by its cgroup: it does nothing until it is thawed." \
		"What helps: thaw it: run 'echo 0 >\"/sys/fs/cgroup/pods/cgroup.freeze\"'."
}

# A server that has its own device open, as qemu-nbd has: that it is stopped is the reason, and is said once.
own_server() {
	copy_deadlock
	sed -i 's/peer_pid=4289 peer_comm="nbdkit"/peer_pid=4200 peer_comm="qemu-system-x86"/; s/^requests: .*/requests: inflight=1 oldest_age_ns=1000000000 shown=1/' \
		"$TREE/$DEBUGFS/nbd0"
	grep -m 1 '^request: ' "$TREES/incident2/$DEBUGFS/nbd101" >>"$TREE/$DEBUGFS/nbd0"
	in_state "T (stopped)"
	check_says "a server that is stopped, and has its device open" 2 \
		"^wedged: nbd0 is attached, but its server qemu-system-x86\[4200\] is stopped\. What is in flight gets no answer\."
	check_eq "check: a server that is stopped: it is not called the user" "$(grep -c 'not the reason' <<<"$OUT")" 0
}

# A device that is free costs nothing of it.
gaps() {
	copy_deadlock
	rm "$aio"
	check_says "no file aio" 1 "^nbddiag: which processes that use AIO cannot go on is not known: there is no file aio$"
	check_eq "check: no file aio: JSON" "$(json_of check nbd0 2>/dev/null | jq -c '[.complete, .complete_reason]')" \
		'[false,"aio-unreadable"]'
	run_reader --root "$TREE" check nbd1
	check_eq "check: a free device does not need the file aio" "$STATUS$ERR" 0
}

# usage: incomplete TEXT REASON
incomplete() {
	check_eq "check: $1: JSON" "$(json_of check nbd0 2>/dev/null | jq -c '[.complete, .complete_reason]')" \
		"[false,\"$2\"]"
}

# What cannot be read is not taken for a process that goes on.
unreadable() {
	copy_deadlock
	rm "$TREE/proc/4200/task/4200/fd.rdev"
	mkdir "$TREE/proc/4200/task/4200/fd.rdev"
	check_says "descriptors that cannot be read" 1 \
		"^nbddiag: the descriptors of 1 process cannot be read, the first is process 4200: whether what has a device open hangs by itself is not known$"
	incomplete "descriptors that cannot be read" descriptors-unknown
	copy_deadlock
	sed -i 's/^memory: .*/memory: denied/; /^thread: /d' "$TREE/proc/4200/futex"
	check_says "memory that may not be read" 1 \
		"^nbddiag: the locks of 1 process cannot be read: whether their threads wait for each other is not known\. Of the first, 'nbddiag why --pid 4200' says why$"
	incomplete "memory that may not be read" locks-unknown
}

# Of 64 processes the locks are read. Number 65 is in a deadlock.
many() {
	local i
	copy_deadlock
	for i in {5001..5064}; do
		mkdir -p "$TREE/proc/$i/task/$i"
		cp "$TREE/proc/4200/task/4200"/{comm,fd.rdev} "$TREE/proc/$i/task/$i"
		sed "s/4200/$i/" "$TREE/proc/4200/task/4200/status" >"$TREE/proc/$i/task/$i/status"
		echo "space: pid=$i comm=\"qemu\" threads=3 groups=1 contexts=1 max_reqs=128 inflight=0 unreaped=3"
		grep '^context: pid=4200' "$aio" | sed "s/4200/$i/"
	done >"$WORK/spaces"
	sed -i -e "/^largest: /r $WORK/spaces" -e 's/^contexts: live=1/contexts: live=65/' "$aio"
	check_says "64 processes that have results to take, or more" 1 "^nbddiag: more than 64 processes have results to take: whether threads of the others wait for each other is not known$"
	incomplete "more than 64 processes" too-many
	sed -i '/^[a-z]*: pid=5064/d; s/^contexts: live=65/contexts: live=64/' "$aio"
	run_reader --root "$TREE" check nbd0
	check_eq "check: 64 processes that have results to take: nothing is missing" "$ERR" ""
}

waiters
deadlock
no_deadlock
# Nothing hangs yet.
idle_server() {
	copy_tree incident2
	sed -i '/^request: /d; s/^requests: .*/requests: inflight=0 oldest_age_ns=- shown=0/' "$TREE/$DEBUGFS/nbd101"
	run_reader --root "$TREE" check nbd101
	check_eq "a stopped server, nothing in flight: check" "$STATUS ${OUT%%.*}" \
		"1 in-use: nbd101 is attached and served, and has no request in flight"
	check "a stopped server, nothing in flight: warning" grep -qF \
		"nbdkit[424], the server of nbd101, is stopped. The next request gets no answer. What helps: let its server go on: run 'kill -CONT 424'." \
		<<<"$OUT"
	run_reader --root "$TREE" why nbd101
	check "a stopped server, nothing in flight: why" grep -qx "nbdkit\[424\] is stopped: it answers nothing until it goes on\." <<<"$OUT"
	sed -i 's/^State:.*/State:\tS (sleeping)/' "$TREE"/proc/424/task/*/status
	run_reader --root "$TREE" check nbd101
	check_eq "a server that runs, nothing in flight" "$STATUS $(grep -c 'the server of' <<<"$OUT")" "1 0"
}

frozen_or_stopped
idle_server
own_server
gaps
unreadable
many
