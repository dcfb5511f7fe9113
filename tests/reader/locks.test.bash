# shellcheck shell=bash disable=SC2153
# Mutexes of real processes on this host, read from their memory: "why --pid", and the same of a capture. The truth
# is what locktool was told to do. Instead of the module there is a copy of its files, in a mount namespace.

FAKE=$WORK/fake-locks
mkdir "$FAKE"
copy_tree incident2
cp "$TREE/$DEBUGFS"/{devices,layout,io,tasks,uring} "$FAKE"

# usage: fake_aio PID
fake_aio() {
	cat >"$FAKE/aio" <<-END
		format: 1
		scan: quick
		complete: yes
		complete_reason: ok
		contexts: live=1 dying=0 ownerless=0
		inflight: 0
		unreaped: 3
		waiters: 0
		space: pid=$1 tgid=$1 comm="locktool" contexts=1 exe="locktool"
		context: pid=$1 user_id=0x7f76f4a37000 state=live max_reqs=128 nr_events=383 inflight=0 unreaped=3 free=380 owed=0 oldest_age_ns=- consistent=yes
	END
}

# Sets LOCKER, the process, and TID[NAME]. usage: start_locker PROGRAM ARGUMENT...
start_locker() {
	local line fd thread
	declare -gA TID=()
	exec {fd}< <(exec "$@" 2>/dev/null)
	LOCKER=$!
	while read -r -t 60 line <&"$fd" && [ "$line" != ready ]; do
		TID[${line% *}]=${line##* }
	done
	exec {fd}<&-
	[ "$line" = ready ] || return
	[ "$1" != unshare ] || LOCKER=$(pgrep -P "$LOCKER")
	for thread in /proc/"$LOCKER"/task/*; do
		TID[$(<"$thread/comm")]=${thread##*/}
	done
}

stop_locker() {
	kill -KILL "$LOCKER"
	wait "$LOCKER" 2>/dev/null
}

# The sentences alone, with names in place of numbers, and without what is said of every process.
said() {
	local name text=${OUT//" of process $LOCKER wait"/ wait}
	for name in "${!TID[@]}"; do
		text=${text//"[${TID[$name]}]"/}
		text=${text//" ${TID[$name]} "/" $name "}
	done
	grep -v -e '^  ' -e 'is in state' -e '^Process .* has 1 AIO' -e '^No thread' <<<"$text"
}

# How a capture ended is told if there is none (124: it took too long). usage: has_capture TEXT FILE
has_capture() {
	[ "$STATUS" != 0 ] || [ ! -s "$2" ] || return 0
	fail "$1" "capture ended with status $STATUS; $(ls -l "$2" 2>&1); standard error: $ERR"
	return 1
}

# The same of a captured tree, and of a capture of that.
check_captured() {
	local text=$1 live=$2 again=$WORK/again
	rm -rf "$WORK/locks.tar" "$WORK/locks" "$again.tar" "$again"
	mkdir "$WORK/locks" "$again"
	on_host capture "$WORK/locks.tar"
	has_capture "$text: captured" "$WORK/locks.tar" || return
	tar -xf "$WORK/locks.tar" --strip-components=1 -C "$WORK/locks"
	run_reader --root "$WORK/locks" why --pid "$LOCKER"
	check_eq "$text: captured" "$(said)" "$live"
	run_reader --root "$WORK/locks" capture "$again.tar"
	has_capture "$text: captured again" "$again.tar" || return
	tar -xf "$again.tar" --strip-components=1 -C "$again"
	check_eq "$text: captured again" "$(cat "$again/proc/$LOCKER/futex")" "$(cat "$WORK/locks/proc/$LOCKER/futex")"
}

# The same where what a thread waits for is not known. usage: check_unknown TEXT WANT PROGRAM ARGUMENT...
check_unknown() { WANT_STATUS=3 check_locks "$@"; }

# Each line of WANT is a sentence. usage: check_locks TEXT WANT PROGRAM ARGUMENT...
check_locks() {
	local text=$1 want=$2 live
	shift 2
	if ! start_locker "$@"; then
		fail "$text" "locktool has not become ready"
		stop_locker
		return
	fi
	fake_aio "$LOCKER"
	on_host why --pid "$LOCKER"
	live=$(said)
	if [ "$STATUS" = "${WANT_STATUS:-0}" ] && [ -z "$ERR" ]; then
		check_eq "$text" "$live" "$want"
	else
		fail "$text" "status $STATUS: $OUT$ERR"
	fi
	check_captured "$text" "$live"
	stop_locker
}

# Two threads, each with a mutex of its own that the other wants.
two_threads=(thread=live_migration:A:B "thread=IO iothread4:B:A")
deadlock='live_migration waits for a mutex that IO iothread4 holds, which waits for one that live_migration holds: a deadlock in the process.'
other='1 thread waits in futexes that are no mutexes known here.'

check_two() {
	local tool=$1 types type
	shift
	for types in "$@"; do
		type=${types%,*}
		check_locks "$(basename "$tool"): $types" "$deadlock" "$tool" "mutex=A:$type" "mutex=B:${types#*,}" \
			"${two_threads[@]}"
	done
}

# The deadlocks of two threads that both libraries have. usage: locks_of_any TOOL
locks_of_any() {
	local tool=$1 name
	name=$(basename "$tool")
	check_two "$tool" recursive errorcheck robust shared+recursive robust+recursive,pi pi+recursive,recursive \
		pi+robust,robust shared+recursive,shared+robust recursive,shared+pi
	check_locks "$name: three threads, and others" \
		'one waits for a mutex that two holds, which waits for one that three holds, which waits for one that one holds: a deadlock in the process.
four and 1 more thread wait for a mutex that two holds.
1 thread waits for condition variables, semaphores or the like.' \
		"$tool" mutex=A:recursive mutex=B:robust mutex=C:pi thread=one:A:B thread=two:B:C thread=three:C:A \
		thread=four::B thread=five::B thread=six::condition
	check_locks "$name: with a timeout" "${deadlock%.}, until a wait times out." \
		"$tool" mutex=A:recursive mutex=B:recursive thread=live_migration:A:B "thread=IO iothread4:B:timedA"
	check_locks "$name: condition variables" '3 threads wait for condition variables, semaphores or the like.' \
		"$tool" thread=one::condition thread=two::condition thread=three::condition
	check_locks "$name: a holder that runs" 'two waits for a mutex that one holds.' \
		"$tool" mutex=A:recursive thread=one:A:run thread=two::A
	check_locks "$name: a holder that waits for no mutex" 'two waits for a mutex that one holds.
It waits for a condition variable, a semaphore or the like.
1 thread waits for condition variables, semaphores or the like.' \
		"$tool" mutex=A:recursive thread=one:A:condition thread=two::A
	check_locks "$name: PI mutexes only" "one waits for a mutex that two holds.
two waits for ever on its own stack, as when a PI mutex is refused." \
		"$tool" mutex=A:pi mutex=B:pi thread=one:A:B thread=two:B:lateA
	check_locks "$name: another process holds it" 'two waits for a mutex that thread one of another process holds.' \
		"$tool" mutex=A:shared+robust process=one:A:sleep thread=two::A
	for state in event three write; do
		check_locks "$name: $state" "$other" "$tool" "thread=one::$state"
	done
	check_unknown "$name: the page was given back" \
		'2 threads wait in futexes that cannot be read: their pages are not in memory.' \
		"$tool" mutex=A:recursive mutex=B:robust "${two_threads[@]}" swallow
}

locks_of_glibc() {
	local tool=$BUILD/locktool state
	locks_of_any "$tool"
	check_two "$tool" normal adaptive recursive,normal normal,shared+pi normal,shared
	check_locks "locks itself" 'one waits for a mutex that it holds itself: a deadlock in the process.' \
		"$tool" mutex=A:normal thread=one:A:A
	check_locks "waits for an end" \
		'IO iothread4 waits for a mutex that main holds, which waits for IO iothread4 to end: a deadlock in the process.' \
		"$tool" mutex=A:normal "thread=IO iothread4::A" "thread=main:A:join IO iothread4"
	for state in semaphore barrier; do
		check_locks "$state" '1 thread waits for condition variables, semaphores or the like.' \
			"$tool" "thread=one::$state"
	done
	check_unknown "the page is one of userfaultfd" \
		'2 threads wait in futexes that cannot be read: their pages are not in memory.' \
		"$tool" mutex=A:normal mutex=B:robust "${two_threads[@]}" missing
}

# In its own pid namespace a thread has another number, which is what its mutexes have.
locks_of_container() {
	check_locks "in a pid namespace" "$deadlock" unshare --pid --fork --mount-proc --kill-child "$BUILD/locktool" \
		mutex=A:normal mutex=B:pi "${two_threads[@]}"
}

locks_of_musl() {
	local tool=$BUILD/locktool-musl
	if [ ! -e "$tool" ]; then
		pass "musl # SKIP there is no musl-gcc"
		return
	fi
	locks_of_any "$tool"
	check_unknown "musl: normal" 'one waits for a mutex of a kind that does not record who holds it.
two waits for a mutex of a kind that does not record who holds it.' \
		"$tool" mutex=A:normal mutex=B:normal thread=one:B:A thread=two:A:B
}

locks_of_narrow() {
	if [ ! -e "$BUILD/narrowtool" ]; then
		pass "a 32-bit program # SKIP there can be none here"
		return
	fi
	check_unknown "a 32-bit program" 'Which locks the threads wait for is not known: it is a 32-bit program, whose locks lie otherwise.' \
		"$BUILD/narrowtool"
}

# What is said of a thread alone, and that its AIO is told too.
one_thread() {
	start_locker "$BUILD/locktool" mutex=A:normal mutex=B:normal thread=one:A:B thread=two:B:A thread=three::A \
		thread=four::condition
	fake_aio "$LOCKER"
	on_host why --pid "${TID[three]}"
	check_eq "one thread: what leads on from it" "$(said)" \
		'one waits for a mutex that two holds, which waits for one that one holds: a deadlock in the process.
three waits for a mutex that one holds.'
	on_host why --pid "${TID[four]}"
	check_eq "one thread: no lock" "$(said)" '1 thread waits for condition variables, semaphores or the like.'
	on_host why --pid "$LOCKER"
	check "AIO is told too" grep -q '0 requests in flight, 3 completed events .* The kernel owes it nothing' <<<"$OUT"
	stop_locker
}

# Two threads that go on all the time: what was read at different moments would often be a deadlock.
going_on() {
	local i false=0 seen=0
	start_locker "$BUILD/locktool" mutex=A:normal mutex=B:normal thread=one::churn thread=two::churn
	fake_aio "$LOCKER"
	for i in {1..40}; do
		on_host why --pid "$LOCKER"
		[[ $OUT != *deadlock* ]] || false=$((false + 1))
		[[ $STATUS = 0 ]] || seen=$STATUS
	done
	stop_locker
	check_eq "threads that go on: deadlocks seen, status" "$false $seen" "0 0"
}

# Readers that stay, in the end.
staying() {
	local i
	for i in {1..20}; do
		pgrep -x nbddiag-peek >/dev/null || break
		sleep 0.1
	done
	pgrep -cx nbddiag-peek
}

# Reading memory hangs: the reader gives up after half a second, and takes the process with it.
hanging() {
	start_locker "$BUILD/locktool" mutex=A:normal mutex=B:normal "${two_threads[@]}"
	fake_aio "$LOCKER"
	SECONDS=0
	HANG=wait LD_PRELOAD=$BUILD/hanglib.so ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 on_host why --pid "$LOCKER"
	check_eq "memory that hangs" "$(said)" 'Which locks the threads wait for is not known: reading its memory hangs.'
	check_eq "memory that hangs: status" "$STATUS" 3
	# It would be ten if it were not seen to be in D.
	check "memory that hangs: given up in time" [ "$SECONDS" -lt 9 ]
	check_eq "memory that hangs: nothing stays" "$(staying)" 0
	stop_locker
}

# What is left of it would keep nobody from unmounting a filesystem.
left_behind() {
	local cwd='' i
	start_locker "$BUILD/locktool" mutex=A:normal mutex=B:normal "${two_threads[@]}"
	fake_aio "$LOCKER"
	HANG=wait LD_PRELOAD=$BUILD/hanglib.so ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 \
		on_host why --pid "$LOCKER" &
	for i in {1..100}; do
		cwd=$(readlink "/proc/$(pgrep -x nbddiag-peek | head -n 1)/cwd")
		[ "$cwd" = /proc ] || [ -z "$cwd" ] || break
		sleep 0.05
	done
	wait $!
	check_eq "memory that hangs: where that process is" "$cwd" /
	stop_locker
}

# Without such a process the rest is told.
no_process() {
	start_locker "$BUILD/locktool" mutex=A:normal mutex=B:normal "${two_threads[@]}"
	fake_aio "$LOCKER"
	HANG=fork LD_PRELOAD=$BUILD/hanglib.so ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 on_host why --pid "$LOCKER"
	check_eq "no process can be started: status" "$STATUS" 3
	check_eq "no process can be started: what is said of the locks" "$(said)" \
		'Which locks the threads wait for is not known: this is not understood.'
	check "no process can be started: why" grep -q "no process can be started for that: Resource temporarily" <<<"$ERR"
	check "no process can be started: AIO is told" grep -q '3 completed events' <<<"$OUT"
	stop_locker
}

# A file "status" of more than a page, in which the numbers of threads come after the groups.
many_groups() {
	check_locks "a process in many groups, in a pid namespace" "$deadlock" \
		unshare --pid --fork --mount-proc --kill-child setpriv --groups "$(seq -s , 1000000 1002000)" \
		"$BUILD/locktool" mutex=A:normal mutex=B:pi "${two_threads[@]}"
}

# A process that is killed while it is looked at: no reader hangs, and none stays.
killed() {
	local i status=0
	for i in {1..20}; do
		start_locker "$BUILD/locktool" mutex=A:normal mutex=B:normal "${two_threads[@]}"
		fake_aio "$LOCKER"
		(sleep "0.0$((i * 7 % 90 + 10))"; kill -KILL "$LOCKER") &
		on_host why --pid "$LOCKER"
		[[ $STATUS = 0 || $STATUS = 66 ]] || status=$STATUS
		wait
	done 2>/dev/null
	check_eq "killed meanwhile: status, readers that stay" "$status $(staying)" "0 0"
}

# Without an argument: a process whose results wait, while its threads wait for each other. usage: stuck TEXT WANT
stuck() {
	local first=${TID[live_migration]} second="${TID[IO iothread4]}"
	[ "$2" = no ] || set -- "$1" "live_migration[$first] and IO iothread4[$second] wait for each other in the program locktool[$LOCKER]"
	on_host why --json
	check_eq "why: a deadlock: $1" "$(jq -r '[.causes[].cause] | join(",")' <<<"$OUT")" "${2#no}"
}

of_all() {
	start_locker "$BUILD/locktool" mutex=A:normal mutex=B:normal "${two_threads[@]}" thread=waits::A thread=sleeps::condition \
		thread=timed::timedB
	fake_aio "$LOCKER"
	sed -i '/name=nbd101 /d' "$FAKE/devices"
	stuck "results wait" yes
	check_eq "why: a deadlock: status" "$STATUS" 2
	check_eq "why: a deadlock: what ends it" "$(jq -r '.causes[].free_by[].do' <<<"$OUT")" \
		"end the process: run 'kill -KILL $LOCKER'. Nothing else ends this"
	check_eq "why: a deadlock: whom it hurts: JSON" "$(jq -c '.causes[] | [.hurt, .oldest, .oldest_unknown]' <<<"$OUT")" \
		"[[{\"pid\":$LOCKER,\"comm\":\"locktool\",\"guest\":null,\"device\":null,\"in_d\":false,\"gone\":false}],null,\"not-recorded\"]"
	# Who waits for one of the two, and has no timeout, cannot go on either.
	check_eq "why: a deadlock: which threads: JSON" \
		"$(jq -r '.causes[].tasks | map("\(.pid) \(.tid) \(.comm) \(.waiting) \(.waiting_unknown)") | sort[]' <<<"$OUT")" "$(
			for name in live_migration 'IO iothread4' waits; do
				echo "$LOCKER ${TID[$name]} $name null not-recorded"
			done | sort
		)"
	check "why: a deadlock: the schema" is_json_right "$WORK/out" --json
	on_host why
	check "why: a deadlock: whom it hurts" grep -qx "   Hurt: locktool\[$LOCKER\]\." <<<"$OUT"
	check_eq "why: a deadlock: which threads" \
		"$(sed -n 's/^   Cannot go on: \(.*\)\. For how long is not known\.$/\1/p' <<<"$OUT" | sed 's/, /\n/g' | sort)" "$(
			for name in live_migration 'IO iothread4' waits; do
				echo "${name}[${TID[$name]}]"
			done | sort
		)"
	sed -i 's/unreaped=3/unreaped=0/' "$FAKE/aio"
	stuck "no results wait" no
	sed -i 's/unreaped=0/unreaped=3/; s/inflight=0/inflight=1/' "$FAKE/aio"
	stuck "the kernel owes it" no
	fake_aio "$LOCKER"
	sed -i 's/^contexts: .*/contexts: live=0 dying=0 ownerless=0/; /^space: /d; /^context: /d' "$FAKE/aio"
	printf '%s\n' "format: 1" "complete: yes" "complete_reason: ok" "took_ns: 1" "rings: shown=1 without_owner=0 owed=0" \
		"ring: ring=1 state=live owner=live processes=1 pid=$LOCKER comm=\"locktool\" ended=no fd=9 worker=- flags=0x0 sq_entries=64 cq_entries=128 inflight=0 polls=1 timeouts=0 unreaped=2 overflown=0 owed=0 oldest_age_ns=-" \
		>"$FAKE/uring"
	stuck "results of an io_uring wait" yes
	cp "$TREE/$DEBUGFS/uring" "$FAKE"
	stop_locker
	start_locker "$BUILD/locktool" mutex=A:normal mutex=B:normal thread=live_migration:A:B 'thread=IO iothread4:B:sleep'
	fake_aio "$LOCKER"
	stuck "no deadlock" no
	stop_locker
	# To end it by killing a guest would be needless.
	start_locker "$BUILD/locktool" mutex=A:recursive mutex=B:recursive thread=live_migration:A:B 'thread=IO iothread4:B:timedA'
	fake_aio "$LOCKER"
	stuck "a deadlock that ends when a wait times out" no
	stop_locker
}

# A holder of a device whose threads wait for each other.
of_a_device() {
	local leader thread
	copy_tree incident1
	thread=$(grep -l '^CPU 5/KVM' "$TREE"/proc/*/task/*/comm | head -n 1)
	thread=$(basename "$(dirname "$thread")")
	leader=$(basename "$(dirname "$(dirname "$(dirname "$TREE"/proc/*/task/"$thread"/comm)")")")
	printf 'format: 1\nmemory: read\nthread: tid=%s number=%s address=0x7f0010 op=0x80 value=0x2 words=-,-,-,-,-,-,-,-,-,0x2,0x0,%#x,0x1,0x0,0x0,0x0,0x0,0x0,0x0\n' \
		"$thread" "$thread" "$thread" >"$TREE/proc/$leader/futex"
	run_reader --root "$TREE" why nbd101
	check "a device's holder" grep -q "^CPU 5/KVM\[$thread\] waits for a mutex that it holds itself: a deadlock" <<<"$OUT"
}

of_a_device
if [ "$(id -u)" != 0 ] || ! unshare -m mount -t tmpfs none /sys/kernel/debug 2>/dev/null; then
	pass "locks of live processes # SKIP needs root, and a namespace with /sys/kernel/debug"
else
	locks_of_glibc
	locks_of_container
	locks_of_musl
	locks_of_narrow
	one_thread
	going_on
	hanging
	left_behind
	no_process
	many_groups
	killed
	of_all
fi
