# shellcheck shell=bash disable=SC2153
# "why" without an argument, of captures of incidents: what is a cause, and whom it hurts.

CAPTURES=$TOP/tests/docs/captures

# An own copy of a capture. usage: copy_capture NAME
copy_capture() {
	rm -rf "$WORK/tree"
	cp -a "$CAPTURES/$1" "$WORK/tree"
	TREE=$WORK/tree
}

# usage: why_all STATUS TEXT EREGEX
why_all() { check_ends "why: $2" "$1" "$3" --root "$TREE" why; }

titles() { sed -n 's/^[0-9]*\. //p' <<<"$OUT"; }

# A task that waits for AIO contexts waits for the device that owes them.
owed_contexts() {
	copy_capture map-in-use
	why_all 2 "contexts that a map owes" "^1\. dm-0 \(mpatha\) has no path left\.$"
	check_eq "why: contexts that a map owes: no other cause" "$(titles | wc -l)" 1
	why_all 2 "contexts that a map owes: who cannot go on" \
		"^   Cannot go on: \(udev-worker\)\[511\] for 1m 58s, fio\[635\] for 1m 13s\.$"
	# Of several devices that which is a cause, whichever is the first.
	sed -i '0,/^owed: .*/s/^\(owed: .*\) device=dm-0 /\1 device=sdz /' "$TREE/$DEBUGFS/aio"
	why_all 2 "contexts that a map and a disk owe" "^1\. dm-0 \(mpatha\) has no path left\.$"
	check_eq "why: contexts that a map and a disk owe: no other cause" "$(titles | wc -l)" 1
	# Owed by a device that was not found to be a cause.
	sed -i -e '/^request: /d' -e 's/^requests: .*/requests: shown=0/' -e '/^disk: /s/state=no-path valid_paths=0/state=- valid_paths=2/' \
		-e '/^disk: /s/found=6 accounted=6/found=0 accounted=0/' -e '/^path: /s/state=failed/state=active/' "$TREE/$DEBUGFS/io"
	sed -i -e '/^task: tid=511/d' -e 's/^tasks: .*/tasks: seen=127 cannot_go_on=1 known=1 went_on=0/' "$TREE/$DEBUGFS/tasks"
	sed -i '0,/^owed: .*/s/ device=sdz / device=dm-0 /' "$TREE/$DEBUGFS/aio"
	why_all 2 "contexts that a device owes which is well" "^1\. dm-0 \(mpatha\) has not answered\.$"
}

# Nothing is stuck there, and yet it is the worst of all.
different_volumes() {
	local title="nbd0 is served by different volumes, judging by their names: data is being mixed up"
	copy_capture wrong-volume
	why_all 2 "different volumes" "^1\. $title\.$"
	check_eq "why: different volumes: no other cause" "$(titles | wc -l)" 1
	why_all 2 "different volumes: what helps" \
		"^   What helps: stop all that uses it now, and compare what path:\"/run/volumes/vol-42\" and path:\"/run/volumes/vol-17\" have\.$"
	check_eq "why: different volumes: nothing is called stuck" "$(grep -ci 'stuck' <<<"$OUT")" 0
	check "why: different volumes: JSON" schema < <(json_of why 2>/dev/null)
	check_ends "check: different volumes is a warning" 1 "^in-use: nbd0 is attached and served" --root "$TREE" check nbd0
	check_ends "list: different volumes need attention" 0 "^1 of 2 devices needs attention$" --root "$TREE" list
	check_ends "list: different volumes: what it is" 0 "^nbd0 seems to be served by different volumes: see 'nbddiag why nbd0'$" --root "$TREE" list
	# It comes before what is stuck.
	echo "device: name=nbd7 state=orphaned attachable=no live=3 dead=1 inflight=0 oldest_age_ns=- config_refs=1 consistent=yes" \
		>>"$TREE/$DEBUGFS/devices"
	sed -e 's/^device: .*/device: nbd7/' -e 's/^index: .*/index: 7/' -e 's/^dev: .*/dev: 43:7/' "$TREES/incident1/$DEBUGFS/nbd101" \
		>"$TREE/$DEBUGFS/nbd7"
	why_all 2 "different volumes come first" "^1\. $title\.$"
	why_all 2 "different volumes come first: then the rest" "^2\. nbd7 "
	check_eq "list: different volumes come first" \
		"$("$NBDDIAG" --root "$TREE" list -n -o NAME,VERDICT 2>/dev/null | xargs)" "nbd0 in-use nbd7 orphaned"
	# A module that says so in "devices" has the device's file read, one that denies it not.
	copy_capture wrong-volume
	more="state_reason=receivers-running attachable_reason=in-use capacity_bytes=16777216 openers=1 sockets=2"
	sed -i "s|^\(device: name=nbd0 .*\)|\1 $more peer=path:\"/run/volumes/vol-42\" peers_named=2 peers_differing=1 device_flags=0x0|" \
		"$TREE/$DEBUGFS/devices"
	why_all 2 "different volumes, as devices says" "^1\. $title\.$"
	check_ends "list: different volumes, as devices says" 0 "^1 of 2 devices needs attention$" --root "$TREE" list
}

# The same where it is not sure. usage: not_sure TEXT SED-SCRIPT
not_sure() {
	copy_capture wrong-volume
	sed -i "$2" "$TREE/$DEBUGFS/nbd0"
	why_all 0 "no different volumes: $1" "^Nothing is stuck: "
	check_ends "list: no different volumes: $1" 0 "^0 of 2 devices need attention$" --root "$TREE" list
}

maybe_one_volume() {
	not_sure "one has no name" 's/ peer=path:"[^"]*vol-17"/ peer=unnamed/'
	not_sure "over TCP" 's/ peer=path:"[^"]*\/vol-\([0-9]*\)"/ peer=tcp:192.0.2.\1:10809/'
	not_sure "one is not served" 's/^kept_by: .*/kept_by: openers=2 receivers=1 netlink=0/'
	not_sure "one is dead" "$(
		cat <<-'END'
			/^socket: index=1/s/ dead=no/ dead=yes/
			s/^sockets: .*/sockets: total=2 counted=2 dead=1 live=1 held=2 shown=2/
			s/^kept_by: .*/kept_by: openers=2 receivers=1 netlink=0/
		END
	)"
}

# Who attached a device has it open, and serves it: that is not whom it hurts.
own_client() {
	copy_capture killed
	why_all 2 "without the device's own client" "^   Hurt: qemu-kvm\[4200\] \(nbd0, in D\)\.$"
	sed -i 's/^\(attached\|setup\)_task: pid=4331 .*/\1_task: gone pid=4331/' "$TREE/$DEBUGFS/nbd0"
	why_all 2 "one whose number was the client's" "^   Hurt: .*nbd-client\[4331\] \(nbd0\)"
	copy_capture killed
	sed -i 's/^State:.*/State:	D (disk sleep)/' "$TREE/proc/4331/task/4331/status"
	why_all 2 "a client that hangs" "^   Hurt: .*nbd-client\[4331\] \(nbd0, in D\)"
}

# A server that has closed the connection carries out nothing later, and answers nothing ever.
server_dead() {
	local later="only stopped may still carry them out later"
	copy_capture server-dead
	check_ends "why nbd0: server gone: what helps" 0 "^What helps: run 'nbd-client -d /dev/nbd0'\. It fails what is in flight, " --root "$TREE" why nbd0
	check_eq "why nbd0: server gone: what helps, and what that costs" "$(grep -c '^What helps: ' <<<"$OUT") $(grep -c '^   Cost: ' <<<"$OUT")" "3 3"
	check_eq "why nbd0: server gone: it carries nothing out" "$(grep -c "$later" <<<"$OUT")" 0
	why_all 2 "server gone" "^   What helps: run 'nbd-client -d /dev/nbd0'"
	check_eq "why: server gone: what helps is said once" "$(grep -c '^ *What helps: ' <<<"$OUT")" 3
	check_ends "check: server gone: no answer" 2 \
		"^  -  the oldest request has had no answer for 1m 7s\. Its server has closed the connection, so nobody will answer it\.$" --root "$TREE" check nbd0
	check_eq "check: server gone: nothing contradicts that" "$(grep -cE "$later|if there is one, does not answer|until it answers" <<<"$OUT")" 0
	# A server that nbd gave up, but that is there.
	sed -i 's/ peer_exists=no / peer_exists=yes /' "$TREE/$DEBUGFS/nbd0"
	check_ends "check: a server that was given up" 2 "^  -  the oldest request has had no answer for 1m 7s\. No receiver runs, so no answer can come\.$" \
		--root "$TREE" check nbd0
	check_eq "check: a server that was given up may carry them out, whoever fails them" "$(grep -c "$later" <<<"$OUT")" 2
}

# Of a ring that nobody has, it is said once what that means.
ring_of_nobody() {
	copy_capture no-process
	check_ends "why nbd0: a ring of nobody" 0 "^A ring of qemu-system-x86\[4200\], which is gone, keeps nbd0 in use until 2 requests are done\.$" \
		--root "$TREE" why nbd0
	check_eq "why nbd0: a ring of nobody: once" "$(grep -c 'in use until\|until they are done' <<<"$OUT")" 1
	check "why nbd0: by no process" grep -qx "nbd0 is in use by no process, but by that ring alone\." <<<"$OUT"
	# Somebody has it open.
	mkdir -p "$TREE/proc/9001/task/9001"
	cp -a "$TREE/proc/4259/task/4259/." "$TREE/proc/9001/task/9001"
	echo "3 43:0 0100002 /dev/nbd0" >"$TREE/proc/9001/task/9001/fd.rdev"
	check_ends "why nbd0: a ring of nobody, and a process" 0 "^nbd0 is open in nbdkit\[9001\]" --root "$TREE" why nbd0
	check_eq "why nbd0: a ring of nobody, and a process: not by none" "$(grep -c 'by no process' <<<"$OUT")" 0
}

# Who cannot go on is hurt, even if it has ended by now, or the device is not its own.
who_is_hurt() {
	copy_capture map-in-use
	why_all 2 "who cannot go on is hurt" "^   Hurt: fio\[635\] \(dm-0, in D\), \(udev-worker\)\[511\] \(dm-0, in D\)\.$"
	copy_capture no-process
	why_all 2 "a worker of the kernel is not" "^   Hurt: qemu-system-x86\[4200\] \(nbd0, gone but for its io_uring\)\.$"
	# It has only closed its ring.
	sed -i 's/ ended=yes / ended=no /' "$TREE/$DEBUGFS/uring"
	mkdir -p "$TREE/proc/4200/task/4200"
	cp -a "$TREE/proc/4259/task/4259/." "$TREE/proc/4200/task/4200"
	sed -i 's/^Name:.*/Name:	qemu/; s/^Tgid:.*/Tgid:	4200/; s/^Pid:.*/Pid:	4200/' "$TREE/proc/4200/task/4200/status"
	why_all 2 "who has closed its ring is not gone" "^   Hurt: [a-z]*\[4200\] \(nbd0\)\.$"
}

# The kernel wakes who waits for I/O of its own now and then, which does not end the wait. A page may be asked for earlier.
how_long() {
	copy_capture server-dead
	why_all 2 "who waits for its own I/O" "^   Cannot go on: nbdtool\[4478\] for 1m 8s, nbdtool\[4479\] for 1m 8s\.$"
	check_ends "check: who waits for its own I/O" 2 "^  -  2 tasks cannot go on .*, the longest nbdtool\[4478\] for 1m 8s\." \
		--root "$TREE" check nbd0
	copy_capture no-process
	why_all 2 "a worker that looks all the time" "^   Cannot go on: kworker/u10:0\[31\] for an unknown time\.$"
	check_eq "why: a worker that looks all the time, JSON" \
		"$(json_of why 2>/dev/null | jq -c '.causes[0].tasks[0] | [.waiting, .waiting_unknown]')" '[null,"not-recorded"]'
	copy_capture server-stopped
	sed -i '/^task: tid=4310 /s/ waiting_ns=[0-9]*/ waiting_ns=1000000000/' "$TREE/$DEBUGFS/tasks"
	why_all 2 "who waits for a page" "^   Cannot go on: .*cat\[4310\] for 1\.0s"
}

# What is not there is not told.
form() {
	copy_capture cannot-attach
	why_all 2 "nothing in flight" "^1\. nbd101 "
	check_eq "why: nothing in flight: no line of it" "$(grep -ci 'no request is in flight' <<<"$OUT")" 0
	check_eq "why: no empty line at the end" "$(tail -n 1 "$WORK/out" | wc -w | grep -cv '^0$')" 1
}

owed_contexts
different_volumes
maybe_one_volume
own_client
server_dead
ring_of_nobody
who_is_hurt
how_long
form
