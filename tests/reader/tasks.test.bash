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
	"$NBDDIAG" --root "$TREE" "$command" --json ${FULL:+--full} --output "$columns" 2>/dev/null |
		jq -r "[.${command}[] | ., .children[]?] | .[] | select($filter) | [${list%,}] | map(if . == null then \"-\" else tostring end) | join(\" \")"
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
			717 717 kworker/u8:2 S       40.0s                           ring
			718 718 cat          D       30.0s rwsem_down_read_slowpath  lock mmap_lock                                                  readers
			719 719 sync         D       20.0s __flush_work              work io_ring_exit_work kworker/u8:2[717]
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
	check_eq "tasks: JSON" "$("$NBDDIAG" --root "$TREE" tasks --json --pid 712 | jq -c '.tasks')" \
		'[{"tid":712,"pid":712,"comm":"touch","state":"D","waiting":70000000000,"sleeps_in":"rwsem_down_write_slowpath","waits_for":"lock i_rwsem","held_by":"mv[711]","device":"nbd0","name":null,"asked":"dm-0","fs":"ext4","why_not":null}]'
	check_ends "tasks: all as JSON" 0 '"held_by_tid":null,"held_by_tid_unknown":"readers"' --root "$TREE" tasks --output-all --json
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
	check_ends "why: without tasks" 0 'It hangs in the system call' --root "$TREE" why --pid 710
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
			2101 fio  gone  exiting           6     0        0  44.0s nbd0:3 dm-1(mpatha):1 mpatha: sda failed, sdb failed    717
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
	check_eq "uring: two ways to one device" "$(cells uring '.pid == 2101' owed-by)" "nbd0:3 dm-1(mpatha):1"
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
	why_never_says "It hangs in the system call"
	why_says "a read" --pid 710 -- "It waits for its own I/O of dm-0 (volume)." "nbd0 owes it: a read of 4096 bytes at sector 0, for 1m 20s." "$nbd0"
	why_says "readers" --pid 718 -- "It waits for the lock mmap_lock (for reading), which readers hold. The kernel keeps no list of them." \
		"Which device owes it is not known (no-holder)." "dd[710] took it last, and may still have it." \
		"nbd0 owes it: a read of 4096 bytes at sector 0, for 1m 20s."
	why_says "not known: the descriptor" --pid 716 -- "blkid[716] is in state D, and sleeps in somewhere." \
		"It hangs in the system call read on descriptor 0, the block device /dev/dm-0."
	why_never_says "It waits for"
	why_says "a task" --pid 721 -- "It waits for mv[711] to go on." "mv[711] is in state D, and sleeps in __wait_on_buffer." "$owes"
	why_says "work that frees a ring" --pid 719 -- "It waits for kworker/u8:2[717] to be done with io_ring_exit_work." \
		"kworker/u8:2[717] is in state S, and sleeps in worker_thread." "It waits for the requests of an io_uring." \
		"A ring of fio[2101], which is gone, waits for 6 requests: until they are done, what they were asked of stays in use. The kernel's worker 717 frees it then." \
		"nbd0 owes 3 of them, asked of nbd0p3." "$nbd0"
	why_says "a thread in S" --pid 717 -- "kworker/u8:2[717] is in state S, and sleeps in worker_thread." "It waits for the requests of an io_uring."
	# The holder goes on.
	sed -i 's/State:.*/State:\tR (x)/' "$TREE/proc/711/task/711/status"
	tasks_of | sed '/^task: tid=711/d; s/cannot_go_on=11/cannot_go_on=10/' >"$tasks"
	why_says "a holder that runs" --pid 712 -- "mv[711] is in state R: it is none of those that cannot go on."
	rm -r "$TREE/proc/711"
	# Words that say where the way ends.
	sed -i '/^task: tid=718 /s/=-(no-holder)/=-(no-request)/g' "$tasks"
	why_says "nothing was found" --pid 718 -- \
		"No disk was found to owe it: it is in a driver, answered, or not sent."
	sed -i '/^task: tid=718 /s/=-(no-request)/=-(unknown)/g' "$tasks"
	why_says "a word without a sentence" --pid 718 -- "Which device owes it is not known (unknown)."
	# A journal is committed by its own task; a name is looked up by somebody.
	sed -i '/^task: tid=712 /s/waits_for=lock lock=rwsem-write object=i_rwsem/waits_for=journal lock=- object=j_wait_done_commit/; /^task: tid=713 /s/waits_for=lock lock=rwsem-write object=i_rwsem/waits_for=lookup lock=- object=-/' "$tasks"
	why_says "a journal" --pid 712 -- "It waits for the journal of the ext4 filesystem on dm-0 (volume) that mv[711] commits."
	check "why: a journal: who waits" grep -q 'touch\[712\] (journal j_wait_done_commit that mv\[711\] commits)' <<<"$("$NBDDIAG" --root "$TREE" why nbd0)"
	why_says "a lookup" --pid 713 -- "It waits for a name that another task looks up of the ext4 filesystem on dm-0 (volume) that mv[711] has."
	sed -i '/^task: tid=713 /s/waits_for=lookup/waits_for=writeback/; /^task: tid=713 /s/ fs="ext4"/ fs=-/; /^task: tid=713 /s/ asked=dm-0/ asked=-/; /^task: tid=713 /s/held_by=711/held_by=-/' "$tasks"
	why_says "nothing that it belongs to" --pid 713 -- "It waits for a page that is being written."
	tasks_of >"$tasks"
	why_says "a holder that has gone" --pid 712 -- "That thread is no more: look again."
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

# From the device, and from whoever has a lock, to those who wait.
why_up() {
	local line="Tasks that cannot go on because of it: dd[710] (bio), mv[711] (buffer), touch[712] (lock i_rwsem that mv[711] has), touch[713] (lock i_rwsem that mv[711] has), ls[721] (task mv[711])."
	why_says "who hangs" nbd0 -- "$line"
	why_says "who hangs on a map" volume -- "$line"
	why_says "with nothing outstanding" sda -- "sda has nothing outstanding." "Tasks that cannot go on because of it: right[715] (lock s_umount that left[714] has)."
	why_says "who waits for a lock" --pid 711 -- "Tasks that wait for what it has: touch[712] (lock i_rwsem that mv[711] has), touch[713] (lock i_rwsem that mv[711] has), ls[721] (task mv[711])."
}

why_rings() {
	local gone="A ring of fio[2101], which is gone, waits for 6 requests: until they are done, what they were asked of stays in use. The kernel's worker 717 frees it then."
	why_says "a ring of nobody" nbd0 -- "A ring of fio[2101], which is gone, keeps nbd0 in use until 3 requests are done."
	check_eq "why: a ring of nobody, where processes have what lies on it open" "$(grep -c 'by no process' <<<"$OUT")" 0
	why_says "a process that is gone" --pid 2101 -- "$gone" "nbd0 owes 3 of them, asked of nbd0p3." \
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

# What is attached and served may have tasks hang all the same.
checks() {
	check_ends "check: tasks that hang" 1 "^  -  5 tasks cannot go on until it answers, the longest mv\\[711\\] for 1m 30s. 'nbddiag why nbd0' shows the chain\.\$" \
		--root "$TREE" check nbd0
	check_ends "check: a ring of nobody" 1 '^  -  a ring of fio\[2101\], which is gone, uses it until 3 requests are done\.$' --root "$TREE" check nbd0
	check_eq "check: in JSON" "$("$NBDDIAG" --root "$TREE" check nbd0 --json | jq -c '[.devices[].warnings[] | select(test("hang|go on|gone"))] | length')" 2
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
	"$NBDDIAG" --root "$TREE" holders "$device" --json --output +DEVICE 2>"$WORK/said" |
		jq -r ".holders[] | [${list%,}] | map(. // \"-\" | tostring) | join(\" \")"
}

holders_by_rings() {
	check_eq "holders nbd0: a ring of nobody" "$(rows nbd0 kind pid device what | grep io-uring)" \
		"io-uring - nbd0p3 3 requests in flight of a ring of fio[2101], which is gone"
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
		"io-uring - dm-2 1 request in flight of a ring of fio[2101], which is gone"
	# Another process may have its number by now.
	uring_of | sed '/^ring: ring=2/s/pid=2101/pid=700/' >"$uring"
	check_eq "holders mpatha: a number that is used again" "$(rows mpatha kind what | grep -c 'io-uring .* a ring of fio\[700\], which is gone')" 1
	uring_of >"$uring"
	check_eq "holders mpatha: who has it open" "$(rows mpatha kind device what | grep -c 'io-uring dm-1')" 0
	: >"$TREE/proc/700/task/700/fd.rdev"
	check_eq "holders mpatha: who has closed it" "$(rows mpatha kind pid tid state device what | grep 'io-uring.*dm-1')" \
		"io-uring 700 700 S dm-1 1 io_uring request in flight"
	why_says "who has closed it" mpatha -- "fio[700] has 1 io_uring request in flight on dm-1 (mpatha): until they are done it is in use."
	echo '5 253:1 0140002 /dev/dm-1' >"$TREE/proc/700/task/700/fd.rdev"
}

# Without an argument: tasks and rings are of the device that owes them, or a cause of their own. usage: cause TITLE FILTER
cause() { "$NBDDIAG" --root "$TREE" why --json 2>/dev/null | jq -c ".causes[] | select(.cause | test(\"$1\")) | $2"; }

all_that_is_stuck() {
	check_ends "why: all" 2 "^[0-9]\. left\[714\] and right\[715\] wait for each other in the kernel\.$" --root "$TREE" why
	check "why: all: its tasks" grep -q "^   Cannot go on: left\[714\] for 1m 0s, right\[715\] for 59.0s\.$" <<<"$OUT"
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
	sed -i 's/^State:.*/State:	T (stopped)/' "$TREE/proc/711/task/711/status"
	check_eq "why: all: a holder that is stopped" "$(cause '^mv' '.free_by[].do')" "\"it is stopped, let it go on: run 'kill -CONT 711'\""
	put_task 711 mv D __wait_on_buffer
	sed -i '/^task: tid=718 /s/waits_for=lock lock=rwsem-read object=mmap_lock/waits_for=thaw lock=- object=s_writers/' "$tasks"
	sed -i '/^task: tid=718 /s/ asked=- fs=-/ asked=dm-0 fs="xfs"/; /^task: tid=718 /s/=-(no-holder)/=-(frozen)/g; /^task: tid=718 /s/=-(readers)/=-/g' "$tasks"
	check_eq "why: all: which frozen filesystem" "$(cause '^cat' .cause)" \
		'"cat[718] cannot go on, and waits for a thaw of the xfs filesystem on dm-0 (volume)"'
	why_says "a frozen filesystem" --pid 718 -- "It waits for a thaw of the xfs filesystem on dm-0 (volume)." \
		"No disk owes it: the filesystem is frozen, by whom is not recorded."
	check_eq "why: all: a frozen filesystem" "$(cause '^cat' '.free_by[].do')" '"thaw the filesystem: fsfreeze --unfreeze MOUNTPOINT"'
	# Nobody has waited for long.
	tasks_of | sed 's/waiting_ns=[0-9]*/waiting_ns=1000000000/' >"$tasks"
	mv "$uring" "$uring.away"
	check_eq "why: all: not for long" "$("$NBDDIAG" --root "$TREE" why --json 2>/dev/null | jq '[.causes[].tasks | length] | add')" 0
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

make_hung
tasks_table
tasks_incomplete
uring_table
uring_incomplete
why_down
why_cycle
why_up
why_rings
checks
holders_by_rings
all_that_is_stuck
captured
terminals
damaged
