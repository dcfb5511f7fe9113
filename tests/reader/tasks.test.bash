# shellcheck shell=bash disable=SC2153
# "nbddiag tasks", "nbddiag uring", and what the other commands make of the files tasks and uring.

# shellcheck source=tests/reader/hung.bash
. "$HERE/hung.bash"

# Cells of all rows, a line each. usage: cells COMMAND FILTER COLUMN...
cells() {
	local command=$1 filter=$2 list columns
	shift 2
	columns=$("$NBDDIAG" "$command" --list-columns | awk '{ print $1 }' | paste -sd,)
	list=$(printf '."%s",' "${@//-/_}")
	json_of "$command" ${FULL:+--full} --output "$columns" 2>/dev/null |
		jq -r "[.${command}[] | ., .children[]?] | .[] | select($filter) | [${list%,}] | map(if type == \"array\" then map(if type == \"object\" then \"\(.name // .device):\(.requests // .state)\" else . end) | join(\",\") elif . == null then \"-\" else tostring end) | join(\" \")"
}

tasks_table() {
	check_ends "tasks" 0 '^ *711 ' --root "$TREE" tasks
	check_eq "tasks: the table" "$(sed 's/ *$//' "$WORK/out")" "$(
		cat <<-'END'
			TID PID COMM         STATE WAITING SLEEPS-IN                 WAITS-FOR              HELD-BY           DEVICE NAME ASKED FS   WHY-NOT
			711 711 mv           D      1m 30s __wait_on_buffer          buffer                                   nbd0        dm-0  ext4
			710 710 dd           D      1m 20s submit_bio_wait           bio                                      nbd0        dm-0
			712 712 touch        D      1m 10s rwsem_down_write_slowpath lock i_rwsem           mv[711]           nbd0        dm-0  ext4
			714 714 left         D       1m 0s __mutex_lock              lock                   right[715]                               cycle
			715 715 right        D       59.0s __mutex_lock              lock s_umount          left[714]                     sda   xfs  cycle
			716 716 blkid        D       50.0s                                                                                           no-record
			717 717 kworker/u8:2 S       40.0s                           ring                                                            see nbddiag uring
			718 718 cat          D       30.0s rwsem_down_read_slowpath  lock mmap_lock                                                  readers
			719 719 sync         D       20.0s __flush_work              work io_ring_exit_work kworker/u8:2[717]                        holder-unknown
			721 721 ls           D       10.0s d_alloc_parallel          task                   mv[711]           nbd0
			713 713 touch        D             rwsem_down_write_slowpath lock i_rwsem           mv[711]           nbd0        dm-0  ext4
		END
	)"
	check_eq "tasks: no message" "$ERR" ""
	check_eq "tasks: the rest" "$(cells tasks '.tid == 711 or .tid == 713 or .tid == 717' tid lock object work exiting held-by-tid hops dev via op sector bytes age request proof)" "$(
		cat <<-'END'
			711 - - - false - 0 43:0 - read 16 1024 90000000000 started record
			717 - - io_ring_exit_work false - 0 - - - - - - - worker
			713 rwsem-write i_rwsem - false 711 1 43:0 - - - - - - noted
		END
	)"
	check_eq "tasks: the last reader" "$(cells tasks '.last_reader' tid last-reader)" "718 710"
	check_eq "tasks: JSON" "$(json_of tasks --pid 712 | jq -c '.tasks')" \
		'[{"tid":712,"pid":712,"comm":"touch","state":"D","waiting":70000000000,"sleeps_in":"rwsem_down_write_slowpath","waits_for":"lock i_rwsem","held_by":"mv[711]","device":"nbd0","name":null,"asked":"dm-0","fs":"ext4","why_not":null}]'
	check_ends "tasks: all as JSON" 0 '"held_by_tid":null,"held_by_tid_unknown":"readers"' --root "$TREE" tasks --output-all --json
	check_eq "tasks: JSON has the reason's word" "$(json_of tasks --pid 717 | jq -r '.tasks[].why_not')" see-uring
	sed -i '/^task: tid=717 /s/see-uring/see-aio/g' "$tasks"
	check_eq "tasks: AIO" "$("$NBDDIAG" --root "$TREE" tasks --pid 717 --noheadings --output WHY-NOT)" "see nbddiag aio"
	tasks_of >"$tasks"
	check_eq "tasks: of one process" "$("$NBDDIAG" --root "$TREE" tasks --pid 712 --noheadings --output TID | xargs)" 712
	check_ends "tasks: of another one" 0 'no thread of process 720 hangs' --root "$TREE" tasks --pid 720
	sed -i '/^task: tid=710 /s/device=nbd0/device=dm-1/' "$tasks"
	check_eq "tasks: a map" "$(cells tasks '.tid == 710' device name)" "dm-1 mpatha"
	tasks_of >"$tasks"
}

tasks_incomplete() {
	tasks_of | sed 's/^complete: yes/complete: no/; s/^complete_reason: ok/complete_reason: requests-unreadable/' >"$tasks"
	check_ends "tasks: incomplete" 1 'tasks or devices may be missing \(requests-unreadable\)' --root "$TREE" tasks
	check_ends "tasks: incomplete, as JSON" 1 '"complete_reason": *"requests-unreadable"' --root "$TREE" tasks --json
	tasks_of | sed '/^task: tid=714/d' >"$tasks"
	check_ends "tasks: one is missing" 65 'tasks: it is cut off' --root "$TREE" tasks
	sed -i '/^request: .* tid=710 /d; s/^requests: .*/requests: shown=8/' "$TREE/$DEBUGFS/io"
	check_ends "why: without tasks" 3 '^dd\[710\] hangs in the system call' --root "$TREE" why --pid 710
	printf 'format: 1\ncomplete: yes\ncomplete_reason: ok\ntook_ns: 1\ntasks: seen=300 cannot_go_on=0 known=0 went_on=0\n' >"$tasks"
	check_ends "tasks: none" 0 'no task hangs \(seen: 300\)' --root "$TREE" tasks
	check_ends "tasks: none, as JSON" 0 '"tasks": *\[' --root "$TREE" tasks --json
	check_eq "tasks: none, as JSON: message" "$(jq -c '[.complete, (.messages | length)]' <<<"$OUT")" '[true,1]'
	rm "$tasks"
	check_ends "tasks: no such file" 69 'tasks: no such file: is the module older' --root "$TREE" tasks
	tasks_of >"$tasks"
}

uring_table() {
	check_ends "uring" 0 '^2101 ' --root "$TREE" uring
	check_eq "uring: the table" "$(sed 's/ *$//' "$WORK/out")" "$(
		cat <<-'END'
			 PID COMM OWNER STATE   FD INFLIGHT POLLS UNREAPED OLDEST OWED-BY               PATHS                          WORKER
			2101 fio  none  exiting           6     0        0  44.0s nbd0:3 dm-1(mpatha):1 mpatha: sda failed, sdb failed    717
			 700 fio  live  live     4        1     0        3  45.0s dm-1(mpatha):1        mpatha: sda failed, sdb failed
			 720 app  live  live     9        0     1        0
		END
	)"
	check_eq "uring: no message" "$ERR" ""
	check_eq "uring: the rest" "$(cells uring true ring processes flags sq-entries cq-entries timeouts overflown owed)" "$(
		cat <<-'END'
			2 0 0x0 64 128 0 0 4
			3 1 0x0 64 128 0 0 1
			1 1 0x0 64 128 2 0 0
		END
	)"
	check_eq "uring --full: requests" "$(FULL=yes cells uring .device ring device asked op sector bytes age state)" "$(
		cat <<-'END'
			2 nbd0 nbd0p3 read 8 4096 43000000000 started
			2 nbd0 nbd0p3 read 16 4096 42000000000 started
			2 nbd0 nbd0p3 read 24 4096 41000000000 started
			2 dm-1 dm-2 write 8 8192 41000000000 no-path
			3 dm-1 dm-1 read 8 4096 45000000000 no-path
		END
	)"
	sed -i '0,/^owed: ring=2 device=nbd0/s/asked=nbd0p3/asked=nbd0/' "$uring"
	check_eq "uring: two ways to one device" "$(cells uring '.pid == 2101' owed-by)" "nbd0:3,dm-1:1"
	uring_of >"$uring"
	check_eq "uring: of one process" "$("$NBDDIAG" --root "$TREE" uring --pid 700 --noheadings --output PID,FD | xargs)" "700 4"
	check_ends "uring: of nobody" 0 'process 710 has no io_uring, nor had one that is left' --root "$TREE" uring --pid 710
}

uring_incomplete() {
	uring_of | sed 's/^complete: yes/complete: no/; s/^complete_reason: ok/complete_reason: too-many/' >"$uring"
	check_ends "uring: incomplete" 1 'rings or requests may be missing \(too-many\)' --root "$TREE" uring
	uring_of | sed '/^ring: ring=3/d' >"$uring"
	check_ends "uring: a ring is missing" 65 'uring: it is cut off' --root "$TREE" uring
	check_ends "holders: a broken file uring" 1 'the file uring cannot be read or understood' --root "$TREE" holders nbd0
	uring_of | head -n -1 >"$uring"
	check_ends "uring: a request is missing" 65 'uring: it is cut off' --root "$TREE" uring
	printf 'format: 1\ncomplete: yes\ncomplete_reason: ok\ntook_ns: 1\nrings: shown=0 without_owner=0 owed=0\n' >"$uring"
	check_ends "uring: none" 0 'there is no io_uring' --root "$TREE" uring
	rm "$uring"
	check_ends "uring: no such file" 69 'uring: no such file: is the module older' --root "$TREE" uring
	uring_of >"$uring"
}

# usage: why_never_says LINE...   (of the output that why_says has looked at)
why_never_says() {
	local line
	for line; do
		check_eq "why: not: $line" "$(grep -cF -- "$line" <<<"$OUT")" 0
	done
}

# From whoever waits for a lock by way of its holder to the server.
why_down() {
	local nbd0="nbd0 is connected (receivers-running). It can't be attached: it is in use."
	local owes="nbd0 owes it: a read of 1024 bytes at sector 16, for 1m 30s."
	why_says "a lock" --pid 712 -- "touch[712] is in state D, and sleeps in rwsem_down_write_slowpath." \
		"It waits for the lock i_rwsem (for writing) of a file of the ext4 filesystem on dm-0 (volume) that mv[711] has." \
		"mv[711] is in state D, and sleeps in __wait_on_buffer." "It waits for a block of the ext4 filesystem on dm-0 (volume)." \
		"$owes" "$nbd0"
	why_never_says "hangs in the system call"
	why_says "a read" --pid 710 -- "It waits for its own I/O of dm-0 (volume)." "nbd0 owes it: a read of 4096 bytes at sector 0, for 1m 20s." "$nbd0"
	WANT=3 why_says "readers" --pid 718 -- "It waits for the lock mmap_lock (for reading), which readers hold. The kernel keeps no list of them." \
		"Which task to look at next is not known." "dd[710] took it last, and may still have it." \
		"nbd0 owes it: a read of 4096 bytes at sector 0, for 1m 20s."
	WANT=3 why_says "not known: the descriptor" --pid 716 -- "blkid[716] is in state D, and sleeps in somewhere." \
		"blkid[716] hangs in the system call read on descriptor 0, the block device /dev/dm-0."
	why_never_says "It waits for"
	why_says "a task" --pid 721 -- "It waits for mv[711] to go on." "mv[711] is in state D, and sleeps in __wait_on_buffer." "$owes"
	WANT=3 why_says "work that frees a ring" --pid 719 -- "It waits for kworker/u8:2[717] to be done with io_ring_exit_work." \
		"kworker/u8:2[717] is in state S, and sleeps in worker_thread." "It waits for the requests of an io_uring." \
		"A ring of fio[2101], which is gone, waits for 6 requests: until they are done, what they were asked of stays in use. The kernel's worker 717 frees it then." \
		"nbd0 owes 3 of them, asked of nbd0p3." "$nbd0"
	WANT=3 why_says "a thread in S" --pid 717 -- "kworker/u8:2[717] is in state S, and sleeps in worker_thread." "It waits for the requests of an io_uring."
	# The holder goes on.
	sed -i 's/State:.*/State:\tR (x)/' "$TREE/proc/711/task/711/status"
	tasks_of | sed '/^task: tid=711/d; s/cannot_go_on=11/cannot_go_on=10/' >"$tasks"
	why_says "a holder that runs" --pid 712 -- "mv[711] is in state R: it is none of those that cannot go on."
	rm -r "$TREE/proc/711"
	# A journal is committed by its own task; a name is looked up by somebody.
	sed -i '/^task: tid=712 /s/waits_for=lock lock=rwsem-write object=i_rwsem/waits_for=journal lock=- object=j_wait_done_commit/; /^task: tid=713 /s/waits_for=lock lock=rwsem-write object=i_rwsem/waits_for=lookup lock=- object=-/' "$tasks"
	WANT=3 why_says "a journal" --pid 712 -- "It waits for the journal of the ext4 filesystem on dm-0 (volume) that mv[711] commits."
	check "why: a journal: who waits" grep -q 'touch\[712\] (journal j_wait_done_commit that mv\[711\] commits)' <<<"$("$NBDDIAG" --root "$TREE" why nbd0)"
	WANT=3 why_says "a lookup" --pid 713 -- "It waits for a name that another task looks up of the ext4 filesystem on dm-0 (volume) that mv[711] has."
	sed -i '/^task: tid=713 /s/waits_for=lookup/waits_for=writeback/; /^task: tid=713 /s/ fs="ext4"/ fs=-/; /^task: tid=713 /s/ asked=dm-0/ asked=-/; /^task: tid=713 /s/held_by=711/held_by=-/' "$tasks"
	why_says "nothing that it belongs to" --pid 713 -- "It waits for a page that is being written."
	tasks_of >"$tasks"
	WANT=3 why_says "a holder that has gone" --pid 712 -- "That thread is no more: look again."
	make_hung
}

# The file tasks is read once. The last one of three tasks had gone on when the module looked at it again, so that it has
# no line, and is in another state or has ended when the reader looks. usage: went_on STATE|gone
went_on() {
	make_hung
	tasks_of | sed '/^task: tid=711 /d; s/cannot_go_on=11 known=10 went_on=1/cannot_go_on=10 known=9 went_on=2/
		/^task: tid=712 /{s/device=nbd0 dev=43:0/device=-(holder-goes-on) dev=-(holder-goes-on)/;s/hops=1/hops=0/}
		/^task: tid=713 /{s/device=nbd0 dev=43:0/device=-(holder-unknown) dev=-(holder-unknown)/;s/held_by=711 held_by_tgid=711 held_by_comm="mv"/held_by=712 held_by_tgid=712 held_by_comm="touch"/}
		/^task: tid=721 /{s/device=nbd0 dev=43:0/device=-(holder-goes-on) dev=-(holder-goes-on)/;s/hops=1/hops=0/}' >"$tasks"
	if [ "$1" = gone ]; then
		rm -r "$TREE/proc/711"
	else
		put_task 711 mv "$1" pipe_wait
	fi
}

# usage: ends_at STATE STATUS SENTENCE
ends_at() {
	went_on "$1"
	WANT=$2 why_says "a chain whose end has gone on ($1)" --pid 713 -- \
		"It waits for the lock i_rwsem (for writing) of a file of the ext4 filesystem on dm-0 (volume) that touch[712] has." \
		"touch[712] is in state D, and sleeps in rwsem_down_write_slowpath." \
		"It waits for the lock i_rwsem (for writing) of a file of the ext4 filesystem on dm-0 (volume) that mv[711] has." "$3"
	why_never_says "owes it" "mv[711] hangs"
	check "why: all: a chain whose end has gone on ($1)" grep -qxF -- "$3" <<<"$("$NBDDIAG" --root "$TREE" why 2>/dev/null)"
	check_eq "why: all: a chain whose end has gone on ($1): of no device" "$(cause '^mv' '[.devices, [.tasks[].tid]]')" '[[],[712,721,713]]'
}

why_went_on() {
	ends_at R 0 "mv[711] is in state R: it is none of those that cannot go on."
	check_eq "why: all: a holder that runs" "$(cause '^mv' '[.cause, .known]')" '["mv[711] has what others wait for",true]'
	check_eq "tasks: a chain whose end has gone on" "$(cells tasks '.tid == 712 or .tid == 713' tid held-by device why-not)" "$(
		cat <<-'END'
			712 mv[711] - holder-goes-on
			713 touch[712] - holder-unknown
		END
	)"
	# It may wait for a device so that it can be killed.
	ends_at S 0 "mv[711] is in state S, and sleeps in pipe_wait: it is none of those that cannot go on."
	# It hangs again, by something else perhaps.
	ends_at D 3 "What it waits for in the kernel is not known: the module did not list it. It hangs, or was in D for a moment only."
	ends_at gone 3 "That thread is no more: look again."
	check_eq "why: all: a holder that is gone" "$(cause '^mv' '[.cause, .known]')" '["mv[711], which is no more, had what others wait for",false]'
	make_hung
}

# Two of them wait for nbd's lock for sending, the second one by way of the first. Which of them are put to whom.
# usage: put_to CAUSE
put_to() { cause "$1" '[.tasks[].tid | select(. == 712 or . == 713)]'; }

# Of the end of the way, mv[711], the file tasks has no record: WHY_NOT is why.
holder_has_no_record() {
	make_hung
	tasks_of | sed '/^task: tid=711 /{s/waits_for=buffer/waits_for=-('"$1"')/;s/device=nbd0 dev=43:0 asked=dm-0 fs="ext4"/device=-(unknown) dev=-(unknown) asked=- fs=-/
		s/op=read sector=16 bytes=1024 age_ns=90000000000 request=started/op=- sector=- bytes=- age_ns=- request=-/}
		/^task: tid=71[23] /s/device=nbd0 dev=43:0/device=-(holder-unknown) dev=-(holder-unknown)/
		/^task: tid=713 /s/held_by=711 held_by_tgid=711 held_by_comm="mv"/held_by=712 held_by_tgid=712 held_by_comm="touch"/' >"$tasks"
	awaits_sending
}

awaits_sending() {
	sed -i '/^task: tid=712 /{s/lock=rwsem-write object=i_rwsem/lock=mutex object=tx_lock/;s/asked=dm-0 fs="ext4"/asked=nbd0 fs=-/}' "$tasks"
}

why_sending() {
	went_on S
	awaits_sending
	check_eq "why: all: whoever has nbd's lock for sending is in S" "$(put_to '^nbd0')" '[712,713]'
	why_says "nbd's lock for sending" --pid 713 -- "It waits for the lock tx_lock of nbd0 that mv[711] has." \
		"mv[711] is in state S, and sleeps in pipe_wait: it is none of those that cannot go on." \
		"That lock is for sending to the server of nbd0." "nbd0 is connected (receivers-running). It can't be attached: it is in use."
	rm -r "$TREE/proc/711"
	check_eq "why: all: whoever has nbd's lock for sending is gone" "$(put_to '^mv')" '[712,713]'
	holder_has_no_record no-record
	check_eq "why: all: whoever has nbd's lock for sending sleeps for a moment" "$(put_to '^nbd0')" '[712,713]'
	holder_has_no_record unknown-object
	check_eq "why: all: whoever has nbd's lock for sending hangs elsewhere" "$(put_to '^mv')" '[712,713]'
	make_hung
}

why_cycle() {
	why_says "a cycle" --pid 714 -- "left[714] waits for a lock whose name is not known that right[715] has, which waits for the lock s_umount of the xfs filesystem on sda that left[714] has: tasks in the kernel wait for each other. No device owes them anything. Only a restart of the host ends this."
	why_says "its other end" --pid 715 -- "right[715] waits for the lock s_umount of the xfs filesystem on sda that left[714] has, which waits for a lock whose name is not known that right[715] has: tasks in the kernel wait for each other. No device owes them anything. Only a restart of the host ends this."
	check_eq "why --pid 715: the cycle once" "$(grep -c 'wait for each other' <<<"$OUT")" 1
	# From outside into a cycle; a task that waits for itself.
	tasks_of | sed '/^task: tid=712/s/held_by=711 held_by_tgid=711 held_by_comm="mv"/held_by=715 held_by_tgid=715 held_by_comm="right"/; /^task: tid=714/s/held_by=715 held_by_tgid=715 held_by_comm="right"/held_by=714 held_by_tgid=714 held_by_comm="left"/' >"$tasks"
	why_says "into a cycle of one" --pid 712 -- "right[715] is in state D, and sleeps in __mutex_lock." \
		"left[714] waits for a lock whose name is not known that left[714] has: tasks in the kernel wait for each other. No device owes them anything. Only a restart of the host ends this."
	tasks_of >"$tasks"
}

# In D, but not stuck.
why_frozen() {
	tasks_of | sed '/^task: tid=716/{s/waits_for=-(no-record)/waits_for=freezer/;s/=-(unknown)/=-/g;s/proof=-/proof=state/}' >"$tasks"
	why_says "a frozen task" --pid 716 -- "It waits for whoever froze it, by its cgroup or to suspend the host." \
		"What helps: thaw it: write 0 to cgroup.freeze, or THAWED to freezer.state, of its cgroup or of one above that. /proc/716/cgroup names it." \
		"   Cost: whoever froze it, to pause it or to copy what it has, does not expect it to go on."
	check_eq "why: a frozen task is not stuck" "$(cause '^blkid' .cause)" ""
	# The cgroup above its own is frozen.
	echo '9:freezer:/pods/a' >"$TREE/proc/716/task/716/cgroup"
	mkdir -p "$TREE/sys/fs/cgroup/freezer/pods/a"
	echo 0 >"$TREE/sys/fs/cgroup/freezer/pods/a/freezer.self_freezing"
	echo 1 >"$TREE/sys/fs/cgroup/freezer/pods/freezer.self_freezing"
	why_says "a task that is frozen by a cgroup" --pid 716 -- \
		"What helps: thaw it: run 'echo THAWED >\"/sys/fs/cgroup/freezer/pods/freezer.state\"'. A kill does not end it before that."
	# Others wait for what it has: then it is a cause, and all forms say the same.
	sed -i '/^task: tid=712 /s/device=nbd0 dev=43:0/device=-(holder-unknown) dev=-(holder-unknown)/; /^task: tid=712 /s/held_by=711 held_by_tgid=711 held_by_comm="mv"/held_by=716 held_by_tgid=716 held_by_comm="blkid"/' "$tasks"
	check_eq "why: all: a frozen task that holds up others" "$(cause '^blkid' '.free_by[].do')" \
		'"thaw it: run '"'echo THAWED >\\\"/sys/fs/cgroup/freezer/pods/freezer.state\\\"'. A kill does not end it before that"'"'
	check_eq "why: all: how to thaw it is said once" "$("$NBDDIAG" --root "$TREE" why 2>/dev/null | grep -c 'What helps: thaw it')" 1
	why_says "who waits for a frozen task" --pid 712 -- \
		"What helps: thaw it: run 'echo THAWED >\"/sys/fs/cgroup/freezer/pods/freezer.state\"'. A kill does not end it before that."
	rm -r "$TREE/sys/fs/cgroup" "$TREE/proc/716/task/716/cgroup"
	tasks_of >"$tasks"
}

# Who waits for the device mapper waits until a map is resumed, or until it is idle.
why_mapped() {
	tasks_of | sed '/^task: tid=716/{s/waits_for=-(no-record)/waits_for=mapped-device/;s/device=-(unknown) dev=-(unknown) asked=-/device=-(no-holder) dev=-(no-holder) asked=dm-4/;s/held_by=- /held_by=-(not-found) /;s/proof=-/proof=record/}' >"$tasks"
	WANT=3 why_says "a suspended map" --pid 716 -- "What helps: resume it: run 'dmsetup resume held'."
	check_eq "why: all: a suspended map" "$(cause '^blkid' '.free_by[].do')" "\"resume it: run 'dmsetup resume held'\""
	sed -i 's/asked=dm-4/asked=dm-0/' "$tasks"
	WANT=3 why_says "a map that may be suspended" --pid 716 -- \
		"What helps: if 'dmsetup info volume' says that it is suspended, resume it: run 'dmsetup resume volume'."
	echo 0 >"$TREE/sys/block/dm-0/dm/suspended"
	run_reader --root "$TREE" why --pid 716
	check_eq "why: a map that is not suspended" "$(grep -c 'dmsetup resume' <<<"$OUT")" 0
	check_eq "why: all: a map that is not suspended" "$(cause '^blkid' .free_by)" "[]"
	rm "$TREE/sys/block/dm-0/dm/suspended"
	tasks_of >"$tasks"
}

# Where the way of cat (718) ends, whether that is an answer, and what JSON says of it. usage: ends STATUS REASON DEVICE HELD-BY WAITS-FOR SENTENCE
ends() {
	local status=$1 reason=$2 line="$3, held_by=$4, $5" want='[true,null,0]'
	[ "$reason" = - ] || want="[false,\"$reason\",3]"
	tasks_of | sed -E "/^task: tid=718 /{
		s/ waits_for=lock lock=rwsem-read object=mmap_lock / waits_for=$5 lock=- object=- /
		s/ (device|dev)=-\(no-holder\)/ \1=$3/g
		s/ (held_by[a-z_]*)=-\(readers\)/ \1=$4/g
		s/ (last_reader[a-z_]*)=[^ ]*/ \1=-/g
	}" >"$tasks"
	WANT=$status why_says "$line" --pid 718 -- "$6"
	check_ends "why: $line: JSON" "$status" . --root "$TREE" why --pid 718 --json
	check_eq "why: $line: JSON says whether all is known" "$(jq -c '[.complete, .complete_reason, .status]' "$WORK/out")" "$want"
	printf '%s\n' "$3" "$4" "$5" >>"$WORK/ends"
}

# Each word that the module has for it: nobody is told that all is known where it is not.
why_ends() {
	local nobody="Which task to look at next is not known." word
	rm -f "$WORK/ends"
	ends 0 - '-(no-holder)' '-(passed-on)' lock "Nobody has it at this moment. If it still waits later, look again."
	ends 0 - '-(holder-goes-on)' '-' lock "Whoever has it goes on: if it waits again and again, look at that one."
	ends 0 - '-(frozen)' - thaw "No disk owes it: the filesystem is frozen, by whom is not recorded."
	ends 0 - - - freezer "It waits for whoever froze it, by its cgroup or to suspend the host."
	ends 3 holder-unknown '-(no-holder)' '-(readers)' lock "$nobody"
	ends 3 holder-unknown '-(no-holder)' '-(not-kept)' lock "$nobody"
	ends 3 holder-unknown '-(no-holder)' '-(unreadable)' lock "$nobody"
	ends 3 holder-unknown '-(no-holder)' '-(not-found)' work "$nobody"
	ends 3 holder-unknown '-(no-holder)' - lookup "$nobody"
	ends 3 holder-unknown '-(holder-goes-on)' '-(gone)' lock "Who has it now is not known: look again."
	ends 3 holder-unknown '-(holder-unknown)' '-(gone)' lock "Who has it now is not known: look again."
	ends 3 holder-unknown '-(holder-unknown)' - lock "Whether what the last task on this way waits for leads to a disk is not known."
	ends 3 holder-unknown '-(too-many)' - lock "Whether it leads to a disk is not known: more than 64 tasks wait, each for the next one."
	ends 3 device-unknown '-(no-request)' - page \
		"What owes it is not known: no disk has such a request. It may be in a driver, answered a moment ago, or not sent yet."
	ends 3 device-unknown '-(shared)' - tag "Several disks share what it waits for, and which is meant is not known."
	ends 3 device-unknown '-(removing)' - page "Which device owes it is not known: it has left the system."
	ends 3 device-unknown '-(see-aio)' - aio-context "Which devices owe them is not known: the file aio does not have this task."
	ends 3 device-unknown '-(see-uring)' - ring "Which devices owe them is not known: the file uring has no such ring."
	ends 3 device-unknown - - page "What owes it is not known: it belongs to no disk that is known here, like a file on NFS."
	ends 3 device-unknown '-(cycle)' - lock "Which device owes it is not known (cycle)."
	ends 3 device-unknown '-(unknown)' - lock "Which device owes it is not known (unknown)."
	ends 3 device-unknown '-(some-new-word)' - lock "Which device owes it is not known (some-new-word)."
	ends 3 wait-unknown '-(unknown)' - '-(no-record)' \
		"What it waits for in the kernel is not known: it has left none of the records that are understood."
	ends 3 wait-unknown '-(unknown)' - '-(unproved)' "What it waits for in the kernel is not known: its record could not be checked."
	ends 3 wait-unknown '-(unknown)' - '-(list-incomplete)' \
		"What it waits for in the kernel is not known: others wait for the same, and not all of them could be looked at."
	ends 3 wait-unknown '-(unknown)' - '-(unknown-object)' \
		"What it waits for in the kernel is not known: it is in none of the objects that are understood."
	ends 3 wait-unknown '-(unknown)' - '-(stack-unreadable)' "What it waits for in the kernel is not known: its stack could not be read."
	ends 3 wait-unknown '-(unknown)' - '-(some-new-word)' "What it waits for in the kernel is not known."
	for word in $(words_of why_no_disk why_no_holder) removing gone; do
		check "why: an end that the module has: $word" grep -qxF -e "-($word)" "$WORK/ends"
	done
	tasks_of >"$tasks"
	# Its ring is found by the process where it is no worker that waits.
	sed -i '/^task: tid=718 /{s/waits_for=lock lock=rwsem-read object=mmap_lock/waits_for=ring lock=- object=-/;s/=-(no-holder)/=-(see-uring)/g;s/=-(readers)/=-/g;s/ tgid=718 / tgid=700 /}' "$tasks"
	why_says "its own ring" --pid 718 -- "It waits for the requests of an io_uring." "It has an io_uring: 1 request in flight, 3 results to be taken."
	tasks_of >"$tasks"
	# Without an argument as with one.
	check_eq "why: all: an end that is not known" "$(json_of why 2>/dev/null | jq -c .complete)" false
}

# All reasons that functions of the module return. usage: words_of FUNCTION...
words_of() {
	local function
	for function; do
		sed -n "/^static const char \*$function(/,/^}/p" "$TOP/module/text/tasks_file.c" | grep -o '"[a-z-]*"' | tr -d '"'
	done | sort -u
}

# From the device, and from whoever has a lock, to those who wait.
why_up() {
	local line="Tasks that cannot go on because of it: dd[710] (bio), mv[711] (buffer), touch[712] (lock i_rwsem that mv[711] has), touch[713] (lock i_rwsem that mv[711] has), ls[721] (task mv[711])."
	WANT=3 why_says "who hangs" nbd0 -- "$line"
	WANT=3 why_says "who hangs on a map" volume -- "$line"
	why_says "with nothing outstanding" sda -- "sda has nothing outstanding." "Tasks that cannot go on because of it: right[715] (lock s_umount that left[714] has)."
	why_says "who waits for a lock" --pid 711 -- "Tasks that wait for what it has: touch[712] (lock i_rwsem that mv[711] has), touch[713] (lock i_rwsem that mv[711] has), ls[721] (task mv[711])."
}

why_rings() {
	local gone="A ring of fio[2101], which is gone, waits for 6 requests: until they are done, what they were asked of stays in use. The kernel's worker 717 frees it then."
	WANT=3 why_says "a ring of nobody" nbd0 -- "A ring of fio[2101], which is gone, keeps nbd0 in use until 3 requests are done."
	check_eq "why: a ring of nobody, where processes have what lies on it open" "$(grep -c 'by no process' <<<"$OUT")" 0
	WANT=3 why_says "a process that is gone" --pid 2101 -- "$gone" "nbd0 owes 3 of them, asked of nbd0p3." \
		"dm-1 (mpatha) owes 1 of them, asked of dm-2 (vg-lv): it has no path left (sda failed, sdb failed)." \
		"dm-1 is the multipath map mpatha." \
		"2 of them were found at no disk: such wait for sockets, pipes or files, or a thread does them."
	why_says "a ring of a process" --pid 700 -- "No thread of process 700 is in D." "It has an io_uring: 1 request in flight, 3 results to be taken." \
		"dm-1 (mpatha) owes 1 of them: it has no path left (sda failed, sdb failed)."
	why_says "a map" mpatha -- "An io_uring of fio[700] waits for 1 request here."
	why_says "polls are nothing" --pid 720 -- "No thread of process 720 is in D: they can go on."
	why_never_says "io_uring"
	# Results alone are the process's own affair.
	stacks_aio | sed 's/inflight=5/inflight=0/; s/^inflight: 7/inflight: 2/' >"$TREE/$DEBUGFS/aio"
	why_says "only a ring" --pid 700 -- "No thread of process 700 is in D."
	uring_of | sed '/^ring: ring=3/s/inflight=1/inflight=0/; /^ring: ring=3/s/owed=1/owed=0/; /^owed: ring=3/d; s/owed=5/owed=4/' >"$uring"
	why_says "only results" --pid 700 -- "No thread of process 700 is in D: they can go on." "It has an io_uring: 0 requests in flight, 3 results to be taken."
	stacks_aio >"$TREE/$DEBUGFS/aio"
	uring_of >"$uring"
	check_ends "why: no such process" 66 'process 2102 is not in this capture' --root "$TREE" why --pid 2102
}

# The ring of nobody is of another process, which has ended or only closed it. usage: unowned PID yes|no
unowned() { uring_of | sed "/^ring: ring=2/s/pid=2101 comm=\"fio\" ended=yes/pid=$1 comm=\"fio\" ended=$2/" >"$uring"; }

# Who has closed its ring may live; who has its number may be somebody else.
closed_rings() {
	local waits="A ring that fio[700] has closed waits for 6 requests: until they are done, what they were asked of stays in use. The kernel's worker 717 frees it then."
	unowned 700 no
	WANT=3 why_says "a ring that was closed" nbd0 -- "A ring that fio[700] has closed keeps nbd0 in use until 3 requests are done."
	why_never_says "which is gone"
	WANT=3 why_says "a process that has closed a ring" --pid 700 -- "$waits" "nbd0 owes 3 of them, asked of nbd0p3." \
		"It has an io_uring: 1 request in flight, 3 results to be taken."
	WANT=3 why_says "the worker of a ring that was closed" --pid 717 -- "$waits"
	check_ends "check: a ring that was closed" 1 '^  -  a ring that fio\[700\] has closed uses it until 3 requests are done\.$' --root "$TREE" check nbd0
	check_eq "holders nbd0: a ring that was closed" "$(rows nbd0 kind pid device what | grep io-uring)" \
		"io-uring - nbd0p3 a ring that fio[700] has closed has 3 requests in flight"
	check_eq "uring: who has ended" "$(json_of uring --output PID,OWNER,ENDED | jq -c '[.uring[] | [.pid, .owner, .ended]]')" \
		'[[700,"none",false],[700,"live",false],[720,"live",false]]'
	unowned 700 yes
	WANT=3 why_says "a number that is used again" nbd0 -- "A ring of fio[700], which is gone, keeps nbd0 in use until 3 requests are done."
	why_says "who has that number" --pid 700 -- "It has an io_uring: 1 request in flight, 3 results to be taken."
	why_never_says "waits for 6 requests"
	# It ended when the file had been read.
	unowned 2101 no
	WANT=3 why_says "who has closed a ring and ended since" --pid 2101 -- "${waits/700/2101}"
	check_eq "why: who has closed a ring and ended since: once" "$(grep -c 'waits for 6 requests' <<<"$OUT")" 1
	uring_of | sed '/^ring: ring=2/s/pid=2101 comm="fio" ended=yes/pid=-(unknown) comm=-(unknown) ended=-(unknown)/' >"$uring"
	WANT=3 why_says "a ring that nobody is known to have had" nbd0 -- "A ring that no process has open keeps nbd0 in use until 3 requests are done."
	uring_of >"$uring"
}

# What is attached and served may have tasks hang all the same.
checks() {
	check_ends "check: tasks that hang" 1 "^  -  5 tasks cannot go on until what it owes is answered or fails, the longest mv\\[711\\] for 1m 30s. 'nbddiag why nbd0' shows the chain\.\$" \
		--root "$TREE" check nbd0
	check_ends "check: a ring of nobody" 1 '^  -  a ring of fio\[2101\], which is gone, uses it until 3 requests are done\.$' --root "$TREE" check nbd0
	check_eq "check: in JSON" "$(json_of check nbd0 | jq -c '[.devices[].warnings[] | select(test("cannot go on|gone"))] | length')" 2
	check_eq "check: another device" "$("$NBDDIAG" --root "$TREE" check nbd1 | grep -c ' - ')" 0
	rm "$tasks" "$uring"
	check_eq "check: an older module" "$("$NBDDIAG" --root "$TREE" check nbd0 | grep -cE 'go on|gone')" 0
	tasks_of >"$tasks"
	uring_of >"$uring"
}

# usage: rows DEVICE COLUMN...
rows() {
	local device=$1 list
	shift
	list=$(printf '."%s",' "$@")
	json_of holders "$device" --output +DEVICE 2>"$WORK/said" |
		jq -r ".holders[] | [${list%,}] | map(if type == \"array\" then map(tostring) | join(\",\") else . // \"-\" | tostring end) | join(\" \")"
}

holders_by_rings() {
	check_eq "holders nbd0: a ring of nobody" "$(rows nbd0 kind pid device what | grep io-uring)" \
		"io-uring - nbd0p3 a ring of fio[2101], which is gone, has 3 requests in flight"
	# It is an open, by the file that the requests are of.
	sed -i 's/^openers: 5/openers: 6/' "$TREE/$DEBUGFS/nbd0"
	check_ends "holders nbd0: an open by a ring" 0 '^io-uring .* which is gone' --root "$TREE" holders nbd0
	sed -i 's/^openers: 6/openers: 7/' "$TREE/$DEBUGFS/nbd0"
	check_ends "holders nbd0: but one" 1 '1 more opens of nbd0 than were found' --root "$TREE" holders nbd0
	uring_of | sed '/^owed: ring=2 device=nbd0/s/fs=-/fs="ext4"/' >"$uring"
	check_ends "holders nbd0: a file of the ring" 1 '2 more opens of nbd0 than were found' --root "$TREE" holders nbd0
	sed -i 's/^openers: 7/openers: 5/' "$TREE/$DEBUGFS/nbd0"
	uring_of >"$uring"
	check_eq "holders vg-lv: of a map" "$(rows vg-lv kind pid device what | grep io-uring)" \
		"io-uring - dm-2 a ring of fio[2101], which is gone, has 1 request in flight"
	# Another process may have its number by now.
	unowned 700 yes
	check_eq "holders mpatha: a number that is used again" "$(rows mpatha kind what | grep -c 'io-uring a ring of fio\[700\], which is gone, has ')" 1
	uring_of >"$uring"
	check_eq "holders mpatha: who has it open" "$(rows mpatha kind device what | grep -c 'io-uring dm-1')" 0
	: >"$TREE/proc/700/task/700/fd.rdev"
	check_eq "holders mpatha: who has closed it" "$(rows mpatha kind pid tid state device what | grep 'io-uring.*dm-1')" \
		"io-uring 700 700 S dm-1 1 io_uring request in flight"
	why_says "who has closed it" mpatha -- "fio[700] has 1 io_uring request in flight on dm-1 (mpatha): until they are done it is in use."
	echo '5 253:1 0140002 /dev/dm-1' >"$TREE/proc/700/task/700/fd.rdev"
}

# Without an argument: tasks and rings are of the device that owes them, or a cause of their own. usage: cause TITLE FILTER
cause() { json_of why 2>/dev/null | jq -c ".causes[] | select(.cause | test(\"$1\")) | $2"; }

# Each of 70 tasks waits for the next one: a way that is too long to be followed is no cycle.
long_way() {
	local tid nobody='held_by=-(not-kept) held_by_tgid=-(not-kept) held_by_comm=-(not-kept) hops=0'
	local rest='asked=- fs=- via=- op=- sector=- bytes=- age_ns=- request=-' unread='last_reader=- last_reader_tgid=- last_reader_comm=-'
	{
		tasks_of | sed '/^task: /d; s/cannot_go_on=[0-9]* known=[0-9]*/cannot_go_on=71 known=71/'
		for ((tid = 3000; tid < 3070; tid++)); do
			echo "task: tid=$tid tgid=$tid comm=\"chain\" state=D exiting=no waiting_ns=80000000000 sleeps_in=mutex_lock work=- waits_for=lock lock=mutex object=- device=-(too-many) dev=-(too-many) $rest held_by=$((tid + 1)) held_by_tgid=$((tid + 1)) held_by_comm=\"chain\" hops=-(too-many) proof=record $unread"
		done
		echo "task: tid=$tid tgid=$tid comm=\"chain\" state=D exiting=no waiting_ns=80000000000 sleeps_in=down work=- waits_for=lock lock=semaphore object=- device=-(no-holder) dev=-(no-holder) $rest $nobody proof=record $unread"
	} >"$tasks"
	check_eq "why: a long way is no cycle" "$("$NBDDIAG" --root "$TREE" why 2>/dev/null | grep -c 'wait for each other' || :)" 0
	check "why: the end of a long way" grep -q 'chain\[3070\]' <("$NBDDIAG" --root "$TREE" why 2>/dev/null)
	tasks_of >"$tasks"
}

# Nobody is taken for stuck who has not waited for long, and nobody is hidden.
young() {
	local line
	copy_tree healthy
	printf 'format: 1\ncomplete: yes\ncomplete_reason: ok\ntook_ns: 1000\ntasks: seen=300 cannot_go_on=1 known=1 went_on=0\n' >"$TREE/$DEBUGFS/tasks"
	put_task 741 tar D submit_bio_wait
	put_task 742 tar D submit_bio_wait
	tasks_of | sed -n 's/tid=710 tgid=710 comm="dd" \(.*\)waiting_ns=[0-9]*\(.*\)device=nbd0 dev=43:0 \(.*\)age_ns=[0-9]*/tid=741 tgid=741 comm="tar" \1waiting_ns=12000000000\2device=nbd1 dev=43:1 \3age_ns=12000000000/p' >>"$TREE/$DEBUGFS/tasks"
	check_ends "why: a young task" 0 "^1 task cannot go on, for 12\.0s: 'nbddiag tasks' shows it\.$" --root "$TREE" why
	check "why: a young task: nothing is stuck" grep -q "^Nothing is stuck: " <<<"$OUT"
	sed -i 's/cannot_go_on=1 known=1/cannot_go_on=2 known=2/' "$TREE/$DEBUGFS/tasks"
	line=$(sed -n '$s/741/742/gp' "$TREE/$DEBUGFS/tasks")
	echo "${line//12000000000/7000000000}" >>"$TREE/$DEBUGFS/tasks"
	check_ends "why: two young tasks" 0 "^2 tasks cannot go on, the longest for 12\.0s: 'nbddiag tasks' shows them\.$" --root "$TREE" why
	sed -i '/tid=742/s/waits_for=bio/waits_for=freezer/' "$TREE/$DEBUGFS/tasks"
	check_ends "why: a frozen task is not among them" 0 "^1 task cannot go on, for 12" --root "$TREE" why
	sed -i '/tid=742/s/waits_for=freezer/waits_for=bio/; /tid=742/s/waiting_ns=[0-9]*/waiting_ns=-(not-recorded)/; /tid=742/s/age_ns=[0-9]*/age_ns=-(not-recorded)/' "$TREE/$DEBUGFS/tasks"
	check_ends "why: a task of which it is not known for how long" 3 "^2 tasks cannot go on, one for an unknown time: 'nbddiag tasks' shows them\.$" --root "$TREE" why
}

all_that_is_stuck() {
	check_ends "why: all" 2 "^[0-9]\. left\[714\] and right\[715\] wait for each other in the kernel\.$" --root "$TREE" why
	check "why: all: its tasks" grep -q "^   Cannot go on: left\[714\] for 1m 0s, right\[715\] for 59.0s\.$" <<<"$OUT"
	check "why: all: how long is not recorded" grep -q "^   Cannot go on: .* for 10\.0s, touch\[713\] for an unknown time\.$" <<<"$OUT"
	check "why: all: what lies on a device" grep -q "^   On it: .*dm-0 (volume)" <<<"$OUT"
	check "why: all: where that is mounted" grep -q "^   Mounted: /tmp/w/mnt, /srv\.$" <<<"$OUT"
	check_eq "why: all: what lies on a device, JSON" "$(cause '^nbd0' '[(.above | index("dm-0") != null), .mounts]')" '[true,["/tmp/w/mnt","/srv"]]'
	check "why: all: what ends it" grep -q "^   What helps: restart the host: nothing else ends this\.$" <<<"$OUT"
	check_ends "why: all, JSON" 2 '"causes": *\[' --root "$TREE" why --json
	check_eq "why: all: causes" "$(jq -r '.causes[] | "\(.devices | join(",")) \(.known) \(.tasks | map(.tid) | join(","))"' <<<"$OUT")" "$(
		cat <<-'END'
			nbd0 true 711,710,712,717,719,721,713
			dm-1 true 
			 true 714,715
			 true 718
			sdc false 
			 false 716
		END
	)"
	check_eq "why: all: who is hurt by the device" \
		"$(cause '^nbd0' '[.hurt[] | select(.pid == 2101 or .pid == 712) | [.comm, .device, .gone]]')" '[["touch","nbd0",false],["fio","nbd0",true]]'
	check_eq "why: all: nobody is hurt twice" "$(cause '^nbd0' '[.hurt[].pid] | length == (unique | length)')" true
	check_eq "why: all: a ring that is owed" "$(cause mpatha '[.hurt[] | select(.pid == 700) | .comm]')" '["fio"]'
	check_eq "why: all: a lock" "$(cause '^cat' .cause)" '"cat[718] cannot go on, and waits for lock mmap_lock"'
	check_eq "why: all: not known" "$(cause '^blkid' .cause)" '"blkid[716] cannot go on, and what it waits for is not known"'
	# A task that hangs may wait for one request after the other, each of which is answered.
	sed -i -E '/device=nbd0 /s/( (oldest_)?age_ns)=[0-9]+/\1=2000000000/' "$TREE/$DEBUGFS"/{io,tasks,uring}
	check_ends "why: all: young requests" 2 "^[0-9]\. Tasks hang on nbd0, though its requests are young\.$" --root "$TREE" why
	check "why: all: young requests: their age" grep -qx "   2 requests, the oldest for 2\.0s, of nbd0\." <<<"$OUT"
	check "why: all: young requests: who hangs" grep -q "^   Cannot go on: mv\[711\] for 1m 30s" <<<"$OUT"
	check_eq "why: all: young requests, JSON" "$(cause '^Tasks hang' '[.known, .oldest, (.tasks | length)]')" '[false,2000000000,7]'
	stacks_io >"$TREE/$DEBUGFS/io"
	tasks_of >"$tasks"
	uring_of >"$uring"
	# The file io has lines of the oldest requests of the host only.
	sed -i '/^disk: device=nbd0 /s/accounted=2/accounted=9/' "$TREE/$DEBUGFS/io"
	check_eq "why: all: more requests than are listed" "$(cause '^nbd0' .requests)" 9
	sed -i '/^disk: device=nbd0 /s/accounted=9/accounted=2/' "$TREE/$DEBUGFS/io"
	mv "$TREE/$DEBUGFS/io" "$TREE/$DEBUGFS/io.away"
	check_eq "why: all: how many requests is not known" "$(cause '^nbd0' '[.requests, .requests_unknown]')" '[null,"not-all-known"]'
	mv "$TREE/$DEBUGFS/io.away" "$TREE/$DEBUGFS/io"
	check "why: all: the worker of a ring is of its devices" [ -z "$(cause 'kworker' .cause)" ]
	# A holder that does not hang itself.
	sed -i '/^task: tid=711 /d; s/cannot_go_on=11/cannot_go_on=10/; /^task: tid=71[23] /s/device=nbd0 dev=43:0/device=-(not-found) dev=-(not-found)/' "$tasks"
	check_eq "why: all: a holder" "$(cause '^mv' '[.cause, .tasks[].tid]')" '["mv[711] has what others wait for",712,713]'
	check_eq "why: all: a holder that goes on" "$(cause '^mv' .free_by)" "[]"
	check_ends "why: all: a holder that goes on: what frees it" 2 '^   What frees it is not known\.$' --root "$TREE" why
	sed -i 's/^State:.*/State:	T (stopped)/' "$TREE/proc/711/task/711/status"
	check_eq "why: all: a holder that is stopped" "$(cause '^mv' '.free_by[].do')" "\"it is stopped, let it go on: run 'kill -CONT 711'\""
	put_task 711 mv D __wait_on_buffer
	sed -i '/^task: tid=718 /s/waits_for=lock lock=rwsem-read object=mmap_lock/waits_for=thaw lock=- object=s_writers/' "$tasks"
	sed -i '/^task: tid=718 /s/ asked=- fs=-/ asked=dm-0 fs="xfs"/; /^task: tid=718 /s/=-(no-holder)/=-(frozen)/g; /^task: tid=718 /s/=-(readers)/=-/g' "$tasks"
	check_eq "why: all: which frozen filesystem" "$(cause '^cat' .cause)" \
		'"cat[718] cannot go on, and waits for a thaw of the xfs filesystem on dm-0 (volume)"'
	why_says "a frozen filesystem" --pid 718 -- "It waits for a thaw of the xfs filesystem on dm-0 (volume)." \
		"No disk owes it: the filesystem is frozen, by whom is not recorded." \
		"What helps: thaw the filesystem: run 'fsfreeze --unfreeze MOUNTPOINT'."
	check_eq "why: all: a frozen filesystem" "$(cause '^cat' '.free_by[].do')" '"thaw the filesystem: run '"'"'fsfreeze --unfreeze MOUNTPOINT'"'"'"'
	# Nobody has waited for long.
	tasks_of | sed 's/\(waiting\|age\)_ns=[0-9]*/\1_ns=1000000000/g' >"$tasks"
	mv "$uring" "$uring.away"
	check_eq "why: all: not for long" "$(json_of why 2>/dev/null | jq '[.causes[].tasks | length] | add')" 0
	mv "$uring.away" "$uring"
	# A ring whose requests are at no disk, and its worker.
	tasks_of >"$tasks"
	sed -i 's/ owed=5$/ owed=1/; /^owed: ring=2/d; /^ring: ring=2/s/ owed=4 / owed=0 /' "$uring"
	check_eq "why: all: a ring that waits for no disk" "$(cause '^kworker' '[.cause, .tasks[].tid]')" \
		'["kworker/u8:2[717] cannot go on, and waits for the requests of an io_uring",717,719]'
	uring_of >"$uring"
	rm "$tasks" "$uring"
	check_ends "why: all: an older module" 2 "^1\. " --root "$TREE" why
	tasks_of >"$tasks"
	uring_of >"$uring"
}

captured() {
	local host=$TREE copy=$WORK/captured-tasks command words
	# Named by nothing else.
	put_task 722 kworker/u8:3 S worker_thread
	put_disk sdr 66:0
	put_disk sds 66:16
	sed -i 's/worker=717/worker=722/; s/asked=dm-2/asked=sdr/' "$uring"
	sed -i '/^task: tid=715/s/asked=sda/asked=sds/' "$tasks"
	check "capture" "$NBDDIAG" --root "$host" capture "$WORK/tasks.tar"
	mkdir "$copy"
	check "capture: unpack" tar -xf "$WORK/tasks.tar" --strip-components=1 -C "$copy"
	check "capture: the worker" test -e "$copy/proc/722/task/722/status"
	check "capture: a device of uring" test -e "$copy/sys/block/sdr/dev"
	check "capture: a device of tasks" test -e "$copy/sys/block/sds/dev"
	for command in tasks uring "uring --full" "why nbd0" "why mpatha" "why sda" "why --pid 712" "why --pid 714" "why --pid 719" \
		"why --pid 2101" "check nbd0" "holders nbd0" "holders mpatha" "holders vg-lv"; do
		read -ra words <<<"$command"
		run_reader --root "$host" "${words[@]}"
		check_eq "captured: $command" "$("$NBDDIAG" --root "$copy" "${words[@]}" 2>&1 | sed "/^nbddiag: this is a capture of /d")" \
			"$(cat "$WORK/out" "$WORK/err")"
	done
}

# A table neither wraps on a narrow terminal nor leaves out something on a wide one.
terminals() {
	local command words width rows
	for command in aio tasks uring "uring --full" "holders nbd0" "holders mpatha" io "io --full"; do
		read -ra words <<<"$command"
		rows=$("$NBDDIAG" --root "$TREE" "${words[@]}" 2>/dev/null | wc -l)
		width=$(on_terminal 80 C.UTF-8 "${words[@]}" | width_of)
		check "$command on 80 columns: $width at most" [ "$width" -le 80 ]
		check_eq "$command on 80 columns: lines" "$(on_terminal 80 C.UTF-8 "${words[@]}" | wc -l)" "$rows"
		check_eq "$command on 300 columns" "$(on_terminal 300 C "${words[@]}" | head -n 1 | xargs)" \
			"$("$NBDDIAG" --root "$TREE" "${words[@]}" 2>/dev/null | head -n 1 | xargs)"
	done
}

# However they are cut off or spoilt, nothing crashes or goes round for ever.
damaged() {
	local n file command words
	for file in tasks uring; do
		for ((n = 0; n < 9; n++)); do
			"${file}_of" | head -n "$n" >"$TREE/$DEBUGFS/$file"
			check_ends "$file: cut after line $n" 65 "$file: it is (cut off|empty)" --root "$TREE" "$file"
		done
		"${file}_of" >"$TREE/$DEBUGFS/$file"
	done
	for n in {1..5}; do
		for file in tasks uring; do
			"${file}_of" | LC_ALL=C awk -v seed="$n" 'BEGIN { srand(seed); split("\"|\\|=|,|-|(|)|0|99999999999999999999|%s%n|p1|\033", spoil, "|") }
				{ for (i = 1; i <= length($0); i++) printf "%s", rand() < 0.004 ? spoil[int(rand() * 12) + 1] : substr($0, i, 1); print "" }' |
				tr '\033' '?' >"$TREE/$DEBUGFS/$file"
		done
		for command in tasks "tasks --json" "uring --full" "why nbd0" "why --pid 714" "why --pid 2101" "holders nbd0"; do
			read -ra words <<<"$command"
			run_reader --root "$TREE" "${words[@]}"
			check "$command: spoilt with seed $n" is_sane "$STATUS" "$WORK/out" "$WORK/err"
		done
	done
	tasks_of >"$tasks"
	uring_of >"$uring"
}

# A thread in D that the module does not list: in a capture it is not known whether it hangs.
unlisted() {
	make_stacks
	printf '0 0x0 0x0 0x0 0x0 0x0 0x0 0x7ffd00000000 0x7f0000000000\n' >"$TREE/proc/710/task/710/syscall"
	sed -i '/^request: .* tid=710 /d; s/^requests: .*/requests: shown=8/' "$TREE/$DEBUGFS/io"
	check_ends "why: a thread in D that is not listed" 3 \
		"^What it waits for in the kernel is not known: the module did not list it\. It hangs, or was in D for a moment only\.$" --root "$TREE" why --pid 710
	check "why: a thread in D that is not listed is not said to hang" grep -q '^dd\[710\] is in the system call read on descriptor 0' <<<"$OUT"
	check_eq "why: a thread in D that is not listed: JSON" \
		"$(json_of why --pid 710 2>/dev/null | jq -c '[.complete, .complete_reason, .status]')" '[false,"wait-unknown",3]'
	# A request of a disk names it.
	make_stacks
	check_ends "why: a thread in D that a request names" 0 "^nbd0 owes it: a read of 4096 bytes at sector 0, for 1m 20s\.$" --root "$TREE" why --pid 710
	check_eq "why: a thread in D that waits for AIO contexts" "$("$NBDDIAG" --root "$TREE" why --pid 800 >/dev/null 2>&1; echo $?)" 0
}

# Begins a process that is in D until a child of it is killed. Sets PID. usage: start_in_d again|once|threads
start_in_d() {
	"$BUILD/vforktool" "$1" &
	PID=$!
	await 10 '^State:.D' "/proc/$PID/status"
}

# usage: end_in_d PID
end_in_d() {
	local child
	for child in $(pgrep -P "$1"); do
		kill -KILL "$child"
	done
	kill -KILL "$1"
	wait "$1" 2>/dev/null
}

# While it is looked at a command is run, between the two looks. usage: why_between PID COMMAND
why_between() {
	FAULT_PAUSE=$2 LD_PRELOAD=$BUILD/faultlib.so ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 on_host why --pid "$1"
}

# On this host it can be looked at again.
unlisted_on_host() {
	local kill_child until_in child
	FAKE=$WORK/unlisted
	rm -rf "$FAKE"
	mkdir "$FAKE"
	copy_tree healthy
	cp "$TREE/$DEBUGFS"/{devices,io,tasks,uring,aio} "$FAKE"
	start_in_d again
	on_host why --pid "$PID"
	check_eq "why: it stays in D: status" "$STATUS" 3
	check "why: it stays in D" grep -qxF "What it waits for in the kernel is not known: it stays in D, and the module did not list it." <<<"$OUT"
	# The next child is another one.
	kill_child="child=\$(pgrep -P $PID); kill -KILL \$child; while c=\$(pgrep -P $PID); [ \"\$c\" = \"\$child\" ]; do :; done"
	until_in="until grep -q '^State:.D' /proc/$PID/status; do sleep 0.01; done"
	why_between "$PID" "$kill_child; $until_in"
	check_eq "why: it is in D again: status" "$STATUS" 3
	check "why: it is in D again" grep -qxF "What it waits for in the kernel is not known: the module did not list it. A tenth of a second later it was in D again, and it ran meanwhile: it waits again and again." <<<"$OUT"
	check "why: it is in D again: its function" grep -q "^vforktool\[$PID\] is in state D, and sleeps in [a-z]" <<<"$OUT"
	check "why: it is in D again: its system call" grep -q "^vforktool\[$PID\] is in the system call v\?fork\.\$" <<<"$OUT"
	check_eq "why: it is in D again: it is not said to go on" "$(grep -c 'go on\|goes on' <<<"$OUT")" 0
	end_in_d "$PID"
	start_in_d once
	why_between "$PID" "kill -KILL \$(pgrep -P $PID); until grep -q '^State:.S' /proc/$PID/status; do sleep 0.01; done"
	check_eq "why: it leaves D: status" "$STATUS" 0
	check "why: it leaves D" grep -qxF "1 thread of process $PID was in D, and a moment later it was not. Whether it makes progress is not known from that." <<<"$OUT"
	check "why: it leaves D: none stays there" grep -qxF "No thread of process $PID stays in D." <<<"$OUT"
	check_eq "why: it leaves D: it is not said to go on" "$(grep -c 'go on\|goes on' <<<"$OUT")" 0
	end_in_d "$PID"
	start_in_d once
	child=$(pgrep -P "$PID")
	why_between "$PID" "kill -KILL $PID; while grep -q '^State:.D' /proc/$PID/status; do sleep 0.01; done"
	check_eq "why: it ends: it is not said to go on" "$STATUS $(grep -c 'go on\|goes on' <<<"$OUT")" "0 0"
	kill -KILL "$child"
	wait "$PID" 2>/dev/null
}

# However many are in D, there is one pause.
looked_at_together() {
	local state
	start_in_d threads
	for state in /proc/"$PID"/task/*/status; do
		await 10 '^State:.D' "$state"
	done
	: >"$WORK/pauses"
	why_between "$PID" "echo >>'$WORK/pauses'"
	check_eq "why: four threads stay in D" "$STATUS $(grep -cF 'it stays in D' <<<"$OUT")" "3 4"
	check_eq "why: four threads in D are looked at together" "$(wc -l <"$WORK/pauses")" 1
	end_in_d "$PID"
}

make_hung
tasks_table
tasks_incomplete
uring_table
uring_incomplete
why_down
why_went_on
why_sending
why_cycle
why_frozen
why_mapped
why_ends
why_up
why_rings
checks
holders_by_rings
closed_rings
long_way
all_that_is_stuck
captured
terminals
damaged
unlisted
unlisted_on_host
looked_at_together
young
