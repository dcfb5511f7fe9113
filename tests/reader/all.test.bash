# shellcheck shell=bash disable=SC2153
# "why" without an argument: what is stuck on the host, by root cause, whom it hurts, and what frees it.

# usage: all_says TEXT STATUS EREGEX
all_says() {
	check_ends "why: $1" "$2" "$3" --root "$TREE" why
}

healthy() {
	copy_tree healthy
	all_says "healthy" 0 "^Nothing is stuck: no nbd device, no task, and no disk that owes requests for 30 s\.$"
	check_eq "why: healthy: nothing else" "$(wc -l <<<"$OUT")" 1
	: >"$TREE/$DEBUGFS/nbd0"
	all_says "a device that cannot be read" 3 "^1\. What is with nbd0 cannot be read\.$"
	all_says "a device that cannot be read: how much is not known" 3 "^   How many requests wait is not known, at nbd0\.$"
	check_eq "why: a device that cannot be read: JSON" \
		"$(json_of why 2>/dev/null | jq -c '.causes[] | [.requests, .requests_unknown, .oldest]')" \
		'[null,"not-all-known",null]'
}

by_server() {
	copy_tree incident2
	all_says "server stopped" 2 "^1\. The server nbdkit\[424\] is stopped\.$"
	all_says "server stopped: how much, since when, of what" 2 "^   3 requests, the oldest for 1\.0s, of nbd101\.$"
	all_says "server stopped: whom it hurts" 2 \
		"^   Hurt: qemu-kvm\[454\] \(nbd101, in D\), dd\[461\] \(nbd101, in D\)\.$"
	all_says "server stopped: what helps" 2 "^   What helps: let its server go on: run 'kill -CONT 424'\.$"
	all_says "server stopped: what that costs" 2 "^      Cost: none:"
	all_says "server stopped: evidence" 2 "^    \[/proc/424/task/424/status\]$"
	echo db-7 >"$TREE/proc/454/guest"
	all_says "the guest by name" 2 "guest db-7: qemu-kvm\[454\] \(nbd101, in D\)"
	# A second device of the same server is of the same cause.
	sed -e 's/^device: .*/device: nbd5/' -e 's/^index: .*/index: 5/' -e 's/^dev: .*/dev: 43:5/' "$TREE/$DEBUGFS/nbd101" >"$TREE/$DEBUGFS/nbd5"
	echo "device: name=nbd5 state=connected attachable=no live=1 dead=0 inflight=3 oldest_age_ns=1025750151 config_refs=4 consistent=yes" \
		>>"$TREE/$DEBUGFS/devices"
	all_says "two devices of one server" 2 "^   6 requests, the oldest for 1\.0s, of nbd5, nbd101\.$"
	check_eq "why: two devices of one server are one cause" "$(grep -c '^[0-9]*\. ' <<<"$OUT")" 1
	sed -i 's/^State:.*/State:	S (sleeping)/' "$TREE/proc/424/task/424/status"
	all_says "young requests" 0 "^Nothing is stuck"
	check_ends "why --stuck-after" 2 "^1\. The server nbdkit\[424\] does not answer\.$" --root "$TREE" why --stuck-after 1
}

# What holds most comes first.
order() {
	copy_tree incident2
	cp "$TREES/incident1/$DEBUGFS/nbd101" "$TREE/$DEBUGFS/nbd7"
	sed -i -e 's/^device: .*/device: nbd7/' -e 's/^index: .*/index: 7/' -e 's/^dev: .*/dev: 43:7/' "$TREE/$DEBUGFS/nbd7"
	sed -i '2i device: name=nbd7 state=orphaned attachable=no live=3 dead=1 inflight=0 oldest_age_ns=- config_refs=1 consistent=yes' \
		"$TREE/$DEBUGFS/devices"
	all_says "two causes: first" 2 "^1\. The server nbdkit"
	all_says "two causes: second" 2 "^2\. nbd7 still holds an old connection"
	check_eq "why: two causes: of one with nothing in flight just the device" "$(grep -c 'No request is in flight' <<<"$OUT")" 0
	check_eq "why: two causes: what helps is said once" "$(grep -c 'This looks like .*What helps' <<<"$OUT")" 0
	check_eq "why: two causes: a line between" "$(grep -B 1 '^2\. ' <<<"$OUT" | head -n 1)" ""
	all_says "two causes: what it looks like" 2 "^This looks like retry-leak: "
	check_eq "why: two causes: JSON" "$(json_of why 2>/dev/null | jq -c '[.status, [.causes[] | [.devices[0], .requests]]]')" \
		'[2,[["nbd101",3],["nbd7",0]]]'
}

# More whom it hurts, and more devices, than are told.
many() {
	local n
	copy_tree incident2
	for n in {1001..1012}; do
		mkdir -p "$TREE/proc/$n/task"
		cp -a "$TREE/proc/461/task/461" "$TREE/proc/$n/task/$n"
	done
	all_says "many whom it hurts" 2 "^   Hurt: qemu-kvm\[454\].* and 6 others\.$"
	check_eq "why: many whom it hurts: JSON has all" "$(json_of why 2>/dev/null | jq '.causes[0].hurt | length')" 14
	copy_tree incident2
	for n in {1..40}; do
		sed -e "s/^device: .*/device: nbd$n/" -e "s/^index: .*/index: $n/" -e "s/^dev: .*/dev: 43:$n/" "$TREES/incident1/$DEBUGFS/nbd101" \
			>"$TREE/$DEBUGFS/nbd$n"
		echo "device: name=nbd$n state=orphaned attachable=no live=3 dead=1 inflight=0 oldest_age_ns=- config_refs=1 consistent=yes" \
			>>"$TREE/$DEBUGFS/devices"
	done
	all_says "41 devices: each is a cause" 2 "^41\. nbd[0-9]* still holds an old connection"
	all_says "41 devices: not all are explained, and it says so" 2 \
		"^There are more than 32 devices, threads or processes\. The others are not explained\.$"
	check_eq "why: 41 devices: JSON" "$(json_of why 2>/dev/null | jq -c '[.complete, .complete_reason, (.causes | length)]')" \
		'[false,"too-many",41]'
}

# Other limits than that one say their own number.
limits() {
	local n below=nbd101
	copy_tree incident2
	for n in {0..39}; do
		mkdir -p "$TREE/sys/block/dm-$n/slaves" "$TREE/sys/block/$below/holders"
		echo "253:$n" >"$TREE/sys/block/dm-$n/dev"
		: >"$TREE/sys/block/dm-$n/slaves/$below"
		: >"$TREE/sys/block/$below/holders/dm-$n"
		below=dm-$n
	done
	all_says "40 maps on each other" 2 \
		"^More than 16384 devices lie on those of one cause, or more than 32 on each other\. Who uses the others is not known\.$"
	check_eq "why: 40 maps on each other: of nothing else there is too much" "$(grep -c 'There are more than' <<<"$OUT")" 0
	copy_tree healthy
	for n in {1001..1070}; do
		echo "space: pid=$n comm=\"fio\" exe=\"fio\" threads=1 groups=1 contexts=1 max_reqs=128 inflight=0 unreaped=1"
		echo "context: pid=$n user_id=0x7f0000000000 state=live max_reqs=128 nr_events=383 inflight=0 unreaped=1 free=382 owed=0 oldest_age_ns=- consistent=yes"
	done >>"$TREE/$DEBUGFS/aio"
	sed -i 's/^contexts: .*/contexts: live=70 dying=0 ownerless=0/; s/^unreaped: .*/unreaped: 70/' "$TREE/$DEBUGFS/aio"
	all_says "70 processes with results to take" 3 \
		"^More than 64 processes have results to take\. Whether threads of the others wait for each other is not known\.$"
	check_eq "why: 70 processes with results to take: not 'nothing'" "$(grep -c '^Nothing is stuck' <<<"$OUT")" 0
}

# One server that serves many: those that use any of its devices are hurt, not of the first ones only.
wide() {
	local n
	copy_tree incident2
	for n in {1..80}; do
		mkdir "$TREE/sys/block/nbd$n"
		echo "43:$n" >"$TREE/sys/block/nbd$n/dev"
		sed -e "s/^device: .*/device: nbd$n/" -e "s/^index: .*/index: $n/" -e "s/^dev: .*/dev: 43:$n/" "$TREE/$DEBUGFS/nbd101" >"$TREE/$DEBUGFS/nbd$n"
		echo "device: name=nbd$n state=connected attachable=no live=1 dead=0 inflight=3 oldest_age_ns=1025750151 config_refs=4 consistent=yes" \
			>>"$TREE/$DEBUGFS/devices"
	done
	mkdir -p "$TREE/proc/1001/task"
	cp -a "$TREE/proc/461/task/461" "$TREE/proc/1001/task/1001"
	echo '5 43:80 0100002 /dev/nbd80' >"$TREE/proc/1001/task/1001/fd.rdev"
	check_eq "why: one server, 81 devices: whom the last one hurts" \
		"$(json_of why 2>/dev/null | jq -c '.causes[0] | [(.devices | length), (.hurt[] | select(.device == "nbd80") | .pid)]')" \
		'[81,1001]'
}

# Somebody has the lock of a free device, for a moment or for ever: every attach waits for it.
locked() {
	copy_tree healthy
	sed -i '/name=nbd1 /s/consistent=yes/consistent=no/' "$TREE/$DEBUGFS/devices"
	sed -i -e 's/^consistent: .*/consistent: no/' -e 's/^lock_holder: .*/lock_holder: pid=700 tgid=700 comm="nbd-client" state=D/' "$TREE/$DEBUGFS/nbd1"
	all_says "a free device whose lock is held" 3 "^1\. nbd's lock of nbd1 was held while the device was read"
	check_ends "list: a free device whose lock is held" 0 "^nbd1 +unknown +free" --root "$TREE" list
}

# Who changes the device has the lock, and waits for requests that a stopped server does not answer: that is the cause.
locked_behind_server() {
	rm -rf "$WORK/tree"
	cp -a "$TOP/tests/docs/captures/server-stopped" "$WORK/tree"
	TREE=$WORK/tree
	sed -i '/name=nbd0 /s/consistent=yes/consistent=no/' "$TREE/$DEBUGFS/devices"
	sed -i -e 's/^consistent: .*/consistent: no/' -e 's/^lock_holder: .*/lock_holder: pid=700 tgid=700 comm="nbd-client" state=D/' "$TREE/$DEBUGFS/nbd0"
	all_says "a lock that is held behind a stopped server" 2 "^1\. The server nbdkit\[[0-9]+\] is stopped\.$"
	check "why: a lock that is held behind a stopped server: what helps" grep -q "^   What helps: let its server go on: run 'kill -CONT" <<<"$OUT"
	check_ends "check: a lock that is held behind a stopped server" 2 "^wedged: nbd0 is attached, but its server nbdkit\[[0-9]+\] is stopped\. What is in flight gets no answer\. \(server-stopped\)$" \
		--root "$TREE" check nbd0
	check "check: a lock that is held behind a stopped server: the lock" grep -q "^  -  nbd's lock of nbd0 was held while the device was read" <<<"$OUT"
}

# Who has the lock need not be in D. usage: holder_sleeps_in FUNCTION WANT
holder_sleeps_in() {
	printf '[<0>] %s+0x1/0x2\n' "$1" >"$TREE/proc/4257/task/4257/stack"
	run_reader --root "$TREE" why nbd0
	check_eq "why: who has the lock sleeps in $1" "$(grep "^nbdkit\[4257\] sleeps in $1" <<<"$OUT")" "$2"
}

lock_of_a_sleeper() {
	rm -rf "$WORK/tree"
	cp -a "$TOP/tests/docs/captures/server-stopped" "$WORK/tree"
	TREE=$WORK/tree
	sed -i -e 's/^consistent: .*/consistent: no/' -e 's/^lock_holder: .*/lock_holder: pid=4257 tgid=4257 comm="nbdkit" state=S/' "$TREE/$DEBUGFS/nbd0"
	sed -i 's/^State:.*/State:	S (sleeping)/' "$TREE/proc/4257/task/4257/status"
	holder_sleeps_in sock_alloc_send_pskb "nbdkit[4257] sleeps in sock_alloc_send_pskb, in state S: it sends to a socket, whose other end does not read."
	holder_sleeps_in do_nanosleep "nbdkit[4257] sleeps in do_nanosleep, in state S."
	sed -i 's/^State:.*/State:	R (running)/' "$TREE/proc/4257/task/4257/status"
	rm "$TREE/proc/4257/task/4257/stack" "$TREE/proc/4257/task/4257/wchan"
	holder_sleeps_in "" ""
}

# On a terminal lines are broken between words; nothing is lost by that.
folded() {
	local width locale out
	for width in 80 200; do
		for locale in C C.UTF-8; do
			for command in why "why nbd101" "check nbd101"; do
				TREE=$TREES/incident2
				# shellcheck disable=SC2086 # words
				out=$(on_terminal "$width" "$locale" $command)
				check_eq "$command on $width columns, $locale: it fits" "$(($(width_of <<<"$out") <= width))" 1
				# shellcheck disable=SC2086 # words
				run_reader --root "$TREE" $command
				check_eq "$command on $width columns, $locale: all of it" "$(xargs -0 <<<"${out//$'\n'/ }" | tr -s ' ')" \
					"$(xargs -0 <<<"${OUT//$'\n'/ }" | tr -s ' ')"
			done
		done
	done
	TREE=$TREES/incident1
	check_eq "why: a word that is too wide stays whole" \
		"$(on_terminal 40 C why nbd101 | grep -c '^path:"/export/jcloud-zbs/sock/gMgr-_vol-9vzkksccz1_i-lc9ky3p98b-_nbd101":$')" 1
}

# A map without a path, with what lies on it and who uses it.
other_disks() {
	# shellcheck source=tests/reader/stacks.bash
	. "$HERE/stacks.bash"
	make_stacks
	all_says "a map without a path" 2 "^1\. dm-1 \(mpatha\) has no path left\.$"
	all_says "a map without a path: who uses what lies on it" 2 "^   Hurt: .*qemu-kvm\[800\] \(dm-1, in D\)"
	all_says "a map without a path: what lies on it" 2 "^   On it: dm-2 \(vg-lv\)\.$"
	all_says "a map without a path: what helps" 2 "^   What helps: fail what waits: run 'dmsetup message mpatha 0 fail_if_no_path'\.$"
	check_eq "why: a map without a path: what helps is said once" "$(grep -c 'bring a path back' <<<"$OUT")" 1
	all_says "what is only slow is told too" 2 "^[0-9]\. .*sdc is held up in its driver"
	all_says "what frees it is not known" 2 "^   What frees it is not known\.$"
	check_eq "why: what frees a disk of a driver is said once" "$(grep -c '^ *What frees it is not known' <<<"$OUT")" 1
	check_eq "why: what frees it is not known: JSON" \
		"$(json_of why 2>/dev/null | jq -c '.causes[] | select(.devices == ["sdc"]) | .free_by')" "[]"
	sed -i '/^disk: device=dm-4/s/ accounted=0/ accounted=3/' "$TREE/$DEBUGFS/io"
	all_says "a suspended map: what helps" 2 "^   What helps: resume it: run 'dmsetup resume held'\.$"
	check_eq "why: a suspended map: what helps is said once" "$(grep -c 'dmsetup resume held' <<<"$OUT")" 1
	sed -i '/^disk: device=dm-4/s/ accounted=3/ accounted=0/' "$TREE/$DEBUGFS/io"
	check_eq "why: what owes by way of another is no cause" "$(grep -cE '^[0-9]+\. (dm-2|dm-0|loop0)' <<<"$OUT")" 0
}

# For how long a disk has been held up counts, and not that it is.
how_long() {
	local io=$TREE/$DEBUGFS/io
	# shellcheck source=tests/reader/stacks.bash
	. "$HERE/stacks.bash"
	make_stacks
	sed -i -e '/^disk: device=\(nbd0\|dm-[0-3]\|loop0\|sdc\)/d' -e '/^request: /d' -e 's/^disks: .*/disks: known=12 outstanding=1/' \
		-e 's/^requests: .*/requests: shown=0/' -e '/^disk: device=dm-4/s/found=0 accounted=0 throttled=3/found=0 accounted=3 throttled=0/' "$io"
	all_says "suspended, for an unknown time" 3 "^1\. dm-4 \(held\) is suspended\. For how long is not known\.$"
	all_says "suspended, for an unknown time: how much" 3 "^   3 requests, of dm-4\.$"
	check_eq "why: suspended, for an unknown time: JSON" \
		"$(json_of why 2>/dev/null | jq -c '[.complete, .complete_reason, (.causes[0] | .known, .oldest)]')" '[false,"cause-unknown",false,null]'
	request_of dm-4 suspended 2000000000
	check_eq "why: suspended for a moment is no cause" "$("$NBDDIAG" --root "$TREE" why 2>/dev/null | grep -c '^[0-9]*\. .*suspended')" 0
	check_ends "why --stuck-after: suspended for a moment" 2 "^1\. dm-4 \(held\) is suspended\.$" --root "$TREE" why --stuck-after 2
	request_of dm-4 suspended 40000000000
	all_says "suspended for long" 2 "^1\. dm-4 \(held\) is suspended\.$"
	# Of a disk that only limits hold back from it.
	sed -i '/^disk: device=dm-4/s/accounted=3 throttled=0\(.*\) state=suspended/accounted=0 throttled=5\1 state=throttled/' "$io"
	request_of dm-4 throttled 2000000000
	check_eq "why: throttled for a moment is no cause" "$("$NBDDIAG" --root "$TREE" why 2>/dev/null | grep -c '^[0-9]*\. .*dm-4')" 0
	request_of dm-4 throttled 40000000000
	all_says "throttled for long" 2 "^1\. dm-4 \(held\) has requests that limits of cgroups hold back\.$"
	all_says "throttled for long: how much" 2 "^   5 requests, the oldest for 40\.0s, of dm-4\.$"
	all_says "throttled for long: what helps" 2 "^   What helps: raise the limit: io.max "
	check_eq "why: throttled: not that it does not answer" "$(grep -c '^[0-9]*\. .*not answered' <<<"$OUT")" 0
}

# The only request. usage: request_of DEVICE STATE AGE_NS
request_of() {
	sed -i -e '/^request: /d' -e 's/^requests: .*/requests: found=1 shown=1/' "$TREE/$DEBUGFS/io"
	echo "request: device=$1 dev=253:4 asked=$1 fs=- via=- op=read sector=8 bytes=4096 age_ns=$3 state=$2 who=- aio_pid=- aio_context=- tid=- tgid=- comm=- end_io=x waits_for=-" \
		>>"$TREE/$DEBUGFS/io"
}

# Never "they can go on" of a process while a device that it has open owes something.
never_alone() {
	copy_tree incident2
	rm -r "$TREE/proc/461"
	sed -i 's/^State:.*/State:	S (sleeping)/' "$TREE"/proc/454/task/*/status
	sed -i -e '/^waiter: /d' -e '/^context: /d' -e '/^owed/d' -e 's/^contexts: .*/contexts: live=0 dying=0 ownerless=0/' \
		-e 's/^waiters: .*/waiters: 0/' "$TREE/$DEBUGFS/aio"
	check_ends "why --pid: what it has open owes" 0 "^nbd101, which it has open, owes 3 requests\. Whether they are its own is not known\.$" \
		--root "$TREE" why --pid 454
	check_eq "why --pid: no 'they can go on'" "$(grep -c 'can go on' <<<"$OUT")" 0
	check "why --pid: down to the cause" grep -q "^nbdkit\[424\] is stopped" <<<"$OUT"
	sed -i -e '/^request: /d' -e 's/^requests: .*/requests: inflight=0 oldest_age_ns=- shown=0/' "$TREE/$DEBUGFS/nbd101"
	check_ends "why --pid: nothing is owed" 0 "No thread of process 454 is in D: they can go on" --root "$TREE" why --pid 454
	mv "$TREE/$DEBUGFS/uring" "$WORK/uring"
	check_ends "why --pid: what is owed is not known" 3 "No thread of process 454 is in D\.$" --root "$TREE" why --pid 454
	mv "$WORK/uring" "$TREE/$DEBUGFS/uring"
}

healthy
by_server
order
many
limits
wide
locked
locked_behind_server
lock_of_a_sleeper
folded
other_disks
how_long
never_alone
