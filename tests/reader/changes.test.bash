# shellcheck shell=bash disable=SC2153
# "changes": each change of a tree is told once, nothing where nothing changes, and none is made up.

# The files that a live host has besides. usage: own_tree NAME
own_tree() {
	copy_tree "$1"
	mkdir -p "$TREE/proc/sys/kernel/random"
	echo "one-boot" >"$TREE/proc/sys/kernel/random/boot_id"
	echo "1000.00 1.0" >"$TREE/proc/uptime"
	rm -f "$WORK/state"
}

uptime() { echo "$1.00 1.0" >"$TREE/proc/uptime"; }

# What is said, and on standard error nothing. usage: changes TEXT WANT
changes() {
	run_reader --root "$TREE" changes --state "$WORK/state"
	check_eq "changes: $1" "$OUT" "$2"
	check_eq "changes: $1: no error" "$STATUS$ERR" 0
}

# As the module of 0.2 has them. usage: line NAME STATE REASON ATTACHABLE WHY OPENERS
line() {
	printf 'device: name=%s state=%s state_reason=%s attachable=%s attachable_reason=%s live=1 dead=0 inflight=0 oldest_age_ns=- config_refs=4 consistent=yes capacity_bytes=4096 openers=%s sockets=1 peer=path:"/tmp/x" peers_named=1 peers_differing=0 device_flags=0x0\n' "$@"
}

served() {
	sed -i '/name=nbd1 /d' "$TREE/$DEBUGFS/devices"
	line nbd1 connected receivers-running no in-use 1 >>"$TREE/$DEBUGFS/devices"
}

# A device that comes into use and goes.
one_device() {
	local file
	own_tree healthy
	changes "the record begins: what is well is no news" ""
	check_eq "changes: the record is for root" "$(stat -c %a "$WORK/state")" 600
	file=$(stat -c %i "$WORK/state")
	changes "nothing has changed" ""
	check_eq "changes: nothing has changed: nothing is written" "$(stat -c %i "$WORK/state")" "$file"
	served
	uptime 1100
	changes "a device is attached" "nbd1 is in-use now. It was free before"
	changes "that is told once" ""
	uptime 1160
	sed -i "s/^device: name=nbd1 .*/$(grep name=nbd2 "$TREE/$DEBUGFS/devices" | sed 's/nbd2/nbd1/; s/[/]/\\&/g')/" "$TREE/$DEBUGFS/devices"
	changes "it is free again" "nbd1 is free now. It was in-use before (seen for 1m 0s)"
	served
	run_reader --root "$TREE" changes --state "$WORK/state"
	sed -i '/name=nbd1 /d' "$TREE/$DEBUGFS/devices"
	rm "$TREE/$DEBUGFS/nbd1"
	uptime 4762
	changes "it is removed" "nbd1 is gone now. It was in-use before (seen for 1h 0m)"
	changes "and once" ""
}

# Nobody has looked for so many seconds. usage: unseen SECONDS
unseen() { touch -d "-$1 seconds" "$WORK/state"; }

# What was not seen does not count.
gap() {
	own_tree healthy
	changes "before a gap" ""
	served
	changes "before a gap: a device is attached" "nbd1 is in-use now. It was free before"
	uptime 1240
	unseen 240
	changes "four minutes are no gap" ""
	check "changes: a look without a change is noted" test "$(stat -c %Y "$WORK/state")" -ge "$(date -d '-60 seconds' +%s)"
	uptime 9000
	unseen 7000
	changes "in a gap nothing has changed" ""
	uptime 9060
	sed -i '/name=nbd1 /d' "$TREE/$DEBUGFS/devices"
	rm "$TREE/$DEBUGFS/nbd1"
	changes "what was before the gap does not count" "nbd1 is gone now. It was in-use before (seen for 1m 0s)"
	own_tree incident2
	run_reader --root "$TREE" changes --state "$WORK/state"
	uptime 9000
	unseen 8000
	server_is 'S (sleeping)'
	changes "it has changed in a gap" "$(printf '%s\n' "nbd101 is in-use now. It was wedged before" \
		"Over: The server nbdkit[424] is stopped")"
}

# A server that is stopped, and goes on: incident 2, as whoever made it saw it.
one_cause() {
	own_tree incident2
	sed -i 's/^State:.*/State:	S (sleeping)/' "$TREE/proc/424/task/424/status"
	changes "served" ""
	uptime 1090
	sed -i 's/^State:.*/State:	T (stopped)/' "$TREE/proc/424/task/424/status"
	changes "the server is stopped" "$(printf '%s\n' \
		"nbd101 is wedged now. It was in-use before (seen for 1m 30s): $(sentence)" "Stuck now: The server nbdkit[424] is stopped")"
	changes "that is told once" ""
	uptime 1095
	sed -i 's/^State:.*/State:	S (sleeping)/' "$TREE/proc/424/task/424/status"
	changes "it goes on" "$(printf '%s\n' "nbd101 is in-use now. It was wedged before (seen for 5.0s)" \
		"Over (seen for 5.0s): The server nbdkit[424] is stopped")"
}

# A task that hangs for ever. usage: hangs WAITS_FOR
hangs() {
	printf 'format: 1\ncomplete: yes\ncomplete_reason: ok\ntook_ns: 1\ntasks: seen=3 cannot_go_on=1 known=0 went_on=0\n'
	printf 'task: tid=716 tgid=716 comm="blkid" state=D exiting=no waiting_ns=500000000000 sleeps_in=x work=- waits_for=%s lock=- object=- device=- dev=- asked=- fs=- via=- op=- sector=- bytes=- age_ns=- request=- held_by=- held_by_tgid=- held_by_comm=- hops=0 proof=- last_reader=- last_reader_tgid=- last_reader_comm=-\n' "$1"
} >"$TREE/$DEBUGFS/tasks"

server_is() { sed -i "s/^State:.*/State:	$1/" "$TREE/proc/424/task/424/status"; }

# A cause that cannot be told, for ever, hides the end of none but itself.
untold() {
	own_tree incident2
	hangs '-(no-record)'
	run_reader --root "$TREE" changes --state "$WORK/state"
	check_eq "changes: a cause that cannot be told is none" "$(grep -c 716 <<<"$OUT")" 0
	uptime 1060
	server_is 'S (sleeping)'
	changes "another cause is over" "$(printf '%s\n' "nbd101 is in-use now. It was wedged before (seen for 1m 0s)" \
		"Over (seen for 1m 0s): The server nbdkit[424] is stopped")"
	server_is 'T (stopped)'
	changes "and comes back" "$(printf '%s\n' \
		"nbd101 is wedged now. It was in-use before: $(sentence)" "Stuck now: The server nbdkit[424] is stopped")"
	hangs thaw
	changes "it can be told" "Stuck now: blkid[716] cannot go on, and waits for a thaw"
	hangs '-(no-record)'
	changes "it cannot be told any more" ""
	hangs thaw
	changes "and can again" ""
	sed -i '/^task: /d; s/cannot_go_on=1/cannot_go_on=0/' "$TREE/$DEBUGFS/tasks"
	changes "it is over" "Over: blkid[716] cannot go on, and waits for a thaw"
	# What holds nbd's lock hides the server.
	cp "$TREE/$DEBUGFS/nbd101" "$WORK/nbd101"
	sed -i 's/^state: .*/state: unknown/; s/^attachable: .*/attachable: unknown/' "$TREE/$DEBUGFS/nbd101"
	sed -i '/name=nbd101 /s/state=[a-z]*/state=unknown/; /name=nbd101 /s/attachable=[a-z]*/attachable=unknown/' "$TREE/$DEBUGFS/devices"
	run_reader --root "$TREE" changes --state "$WORK/state"
	check_eq "changes: a device of which nothing is known: its server" "$(grep -c Over <<<"$OUT")" 0
	check "changes: a device of which nothing is known: it is told" grep -q '^nbd101 is unknown now' <<<"$OUT"
}

# What check says of it, after the word.
sentence() { json_of check nbd101 2>/dev/null | jq -r '.devices[0].text'; }

# A record that begins says what is wrong then, of another boot too.
begins() {
	local text
	own_tree incident1
	text="nbd101 is orphaned, and was so when the record began: $(sentence)
Stuck, and was so when the record began: $(sentence)"
	changes "it begins with what is wrong" "$text"
	changes "once" ""
	echo other-boot >"$TREE/proc/sys/kernel/random/boot_id"
	uptime 5
	changes "another boot begins anew" "$text"
}

# Nothing is told that follows only from what cannot be read. usage: keeps TEXT STATUS EREGEX
keeps() {
	local before
	before=$(cat "$WORK/state")
	check_ends "changes: $1" "$2" "$3" --root "$TREE" changes --state "$WORK/state"
	check_eq "changes: $1: nothing is made up" "$OUT" ""
	check_eq "changes: $1: the record stays" "$(cat "$WORK/state")" "$before"
}

not_known() {
	own_tree incident2
	run_reader --root "$TREE" changes --state "$WORK/state"
	cp -a "$TREE" "$WORK/whole"
	sed -i '/name=nbd101 /d' "$TREE/$DEBUGFS/devices"
	printf 'format: 1\ncomplete: no\ncomplete_reason: too-many\ntook_ns: 1\ntasks: seen=3 cannot_go_on=0 known=0 went_on=0\n' >"$TREE/$DEBUGFS/tasks"
	keeps "devices and tasks lack some" 0 .
	echo x >"$TREE/$DEBUGFS/aio"
	keeps "aio cannot be read" 0 .
	rm "$TREE/$DEBUGFS/devices"
	keeps "no module" 69 'has no readable'
	check_ends "changes: the module is loaded, and its files are not there: that is said with --quiet too" 69 "has no readable" \
		--root "$TREE" changes --state "$WORK/state" --quiet
	rm -r "$TREE/sys/module/nbddiag"
	run_reader --root "$TREE" changes --state "$WORK/state" --quiet
	check_eq "changes: no module, with --quiet" "$OUT$ERR$STATUS" 69
	echo x >"$TREE/$DEBUGFS/devices"
	keeps "a broken file" 65 devices
	rm -r "$TREE"
	mv "$WORK/whole" "$TREE"
	sed -i '$d' "$WORK/state"
	check_ends "changes: a record that is cut off" 65 "state cannot be understood: what has changed .* is not known" \
		--root "$TREE" changes --state "$WORK/state"
	check_eq "changes: a record that is cut off: it begins anew" "$(grep -c 'was so when the record began' <<<"$OUT")" 2
	changes "and goes on from there" ""
	sed -i '/^cause: /d' "$WORK/state"
	check_ends "changes: a record that lacks a line" 65 "state cannot be understood" --root "$TREE" changes --state "$WORK/state"
	echo "format: 9" >"$WORK/state"
	check_ends "changes: a record of another format" 65 "state cannot be understood" --root "$TREE" changes --state "$WORK/state"
	check_ends "changes: a record that is no file" 64 "$WORK is no plain file" --root "$TREE" changes --state "$WORK"
	check_eq "changes: a record that is no file: nothing is told" "$OUT" ""
	check_ends "changes: a record that cannot be written" 71 "cannot make a file beside $WORK/dir/x" \
		--root "$TREE" changes --state "$WORK/dir/x"
	check_ends "changes: no file for another host" 64 "--root needs --state" --root "$TREE" changes
	check_ends "changes: no journal of another host" 64 "the journal is of this host" \
		--root "$TREE" changes --journal --state "$WORK/state"
}

# The file of a device that cannot be read, which is said once in a run, tells nothing of the device.
unread() {
	own_tree incident2
	run_reader --root "$TREE" changes --state "$WORK/state"
	cp "$TREE/$DEBUGFS/nbd101" "$WORK/file"
	: >"$TREE/$DEBUGFS/nbd101"
	uptime 1060
	keeps "the file of a device cannot be read" 0 'nbd101: it is empty'
	check_eq "changes: the file of a device cannot be read: that is said once" "$(grep -c nbd101 "$WORK/err")" 1
	cut_devices
	keeps "the file of a device cannot be read, nor devices" 65 'nbd101: it is empty'
	check_eq "changes: nor devices: that is said once" "$(grep -c nbd101 "$WORK/err")" 1
	cp "$TREES/incident2/$DEBUGFS/devices" "$TREE/$DEBUGFS"
	cp "$WORK/file" "$TREE/$DEBUGFS/nbd101"
	changes "it can be read again" ""
	uptime 1090
	server_is 'S (sleeping)'
	changes "it has been wedged all the time" "$(printf '%s\n' "nbd101 is in-use now. It was wedged before (seen for 1m 30s)" \
		"Over (seen for 1m 30s): The server nbdkit[424] is stopped")"
	# One that was free is not noted, and needs no note.
	own_tree healthy
	changes "before a file cannot be read" ""
	served
	sed -i '/name=nbd1 /s/ consistent=yes/ consistent=no/' "$TREE/$DEBUGFS/devices"
	: >"$TREE/$DEBUGFS/nbd1"
	keeps "the file of a free device cannot be read" 0 'nbd1: it is empty'
	served
	changes "its line can tell" "nbd1 is in-use now. It was free before"
	# Nothing is known of before.
	own_tree incident2
	: >"$TREE/$DEBUGFS/nbd101"
	check_ends "changes: the record begins, and a file cannot be read" 0 'nbd101: it is empty' --root "$TREE" changes --state "$WORK/state"
	check_eq "changes: the record begins, and a file cannot be read: what is told" "$OUT" "nbd101 is unknown, and was so when the record began"
}

# While any one file may lack something, no cause is over.
each_file_lacks() {
	local file
	own_tree healthy
	hangs thaw
	run_reader --root "$TREE" changes --state "$WORK/state"
	sed -i '/^task: /d; s/cannot_go_on=1/cannot_go_on=0/; s/^complete: .*/complete: no/; s/^complete_reason: .*/complete_reason: too-many/' \
		"$TREE/$DEBUGFS/tasks"
	keeps "tasks alone lacks some" 0 .
	sed -i 's/^complete: .*/complete: yes/; s/^complete_reason: .*/complete_reason: ok/' "$TREE/$DEBUGFS/tasks"
	for file in aio io tasks uring; do
		cp "$TREE/$DEBUGFS/$file" "$WORK/file"
		echo x >"$TREE/$DEBUGFS/$file"
		keeps "$file alone cannot be read" 0 .
		cp "$WORK/file" "$TREE/$DEBUGFS/$file"
	done
	changes "no file lacks anything: it is over" "Over: blkid[716] cannot go on, and waits for a thaw"
}

cut_devices() { truncate -s -20 "$TREE/$DEBUGFS/devices"; }

# What is said, and that the file devices was not understood. usage: changes_without_devices TEXT WANT
changes_without_devices() {
	check_ends "changes: devices is cut off: $1" 65 \
		"^nbddiag: $DEBUGFS/devices: it is cut off\. A device without a file of its own is missed$" \
		--root "$TREE" changes --state "$WORK/state"
	check_eq "changes: devices is cut off: $1: what is told" "$OUT" "$2"
}

# The file devices is cut off: each device tells by its own file what it is. What none of them tells is not over.
devices_cut() {
	own_tree incident2
	run_reader --root "$TREE" changes --state "$WORK/state"
	cp "$TREE/$DEBUGFS/devices" "$WORK/devices"
	cut_devices
	changes_without_devices "nothing has changed" ""
	uptime 1060
	server_is 'S (sleeping)'
	changes_without_devices "the server goes on" "nbd101 is in-use now. It was wedged before (seen for 1m 0s)"
	uptime 1090
	cp "$WORK/devices" "$TREE/$DEBUGFS/devices"
	changes "devices is whole again: the cause is over" "Over (seen for 1m 30s): The server nbdkit[424] is stopped"
	cut_devices
	rm "$TREE/$DEBUGFS/nbd101"
	changes_without_devices "of a device there is no file" ""
	rm -r "$TREE"
	own_tree healthy
	served
	changes "the record begins once more" ""
	cut_devices
	changes_without_devices "the file of a device says that it is free" "nbd1 is free now. It was in-use before"
	rm "$TREE/$DEBUGFS"/nbd*
	changes_without_devices "there are no files of devices" ""
}

# What could not be printed is told again.
told_again() {
	own_tree incident1
	"$NBDDIAG" --root "$TREE" changes --state "$WORK/state" >/dev/full 2>/dev/null
	check_eq "changes: output that fails" "$?" 71
	run_reader --root "$TREE" changes --state "$WORK/state"
	check_eq "changes: it is told again" "$(grep -c 'was so when' <<<"$OUT")" 2
}

# As a service runs it, on the host: the module's files are those in $FAKE, and the journal writes to $ENTRIES.
# usage: service [VARIABLE=VALUE]...
service() {
	: >"$WORK/ready"
	# shellcheck disable=SC2016 # in the other mount namespace
	timeout 60 unshare -m sh -c 'fake=$1 journal=$2 entries=$3 ready=$4 nbddiag=$5; shift 5
		mount -t tmpfs none /sys/kernel/debug && mkdir /sys/kernel/debug/nbddiag && mount --bind "$fake" /sys/kernel/debug/nbddiag &&
		mount -t tmpfs none /run && mkdir -p /run/systemd/journal && { "$journal" /run/systemd/journal/socket "$entries" >"$ready" & } &&
		until [ -s "$ready" ]; do sleep 0.1; done
		env "$@" "$nbddiag" changes --journal; status=$?
		kill $!; exit $status' - "$FAKE" "$HERE/journal" "$ENTRIES" "$WORK/ready" "$NBDDIAG" STATE_DIRECTORY="$VAR" "$@" >"$WORK/said" 2>&1
}

# The same where there is no journal.
service_without() {
	# shellcheck disable=SC2016 # in the other mount namespace
	timeout 60 unshare -m sh -c 'mount -t tmpfs none /sys/kernel/debug && mkdir /sys/kernel/debug/nbddiag &&
		mount --bind "$0" /sys/kernel/debug/nbddiag && mount -t tmpfs none /run && exec env "$@" changes --journal' \
		"$FAKE" STATE_DIRECTORY="$VAR" "$NBDDIAG" >"$WORK/said" 2>&1
}

# The fields of an entry that are the same each time, and where there is one its duration. usage: entry NUMBER
entry() { awk -v RS= -v nr="$1" 'NR == nr' "$ENTRIES" | grep -v '^MESSAGE=\|^NBDDIAG_CAUSE=\|^_'; }

has_entries() { grep -c ^MESSAGE= "$ENTRIES"; }

# What docs/monitoring.md says of a kind of entries: their MESSAGE_ID. usage: documented_id NUMBER
# shellcheck disable=SC2016 # of Markdown
documented_id() { grep '^| `MESSAGE_ID` ' "$TOP/docs/monitoring.md" | grep -o '[0-9a-f]\{32\}' | sed -n "$1p"; }

to_the_journal() {
	if ! unshare -m mount -t tmpfs none /sys/kernel/debug 2>/dev/null; then
		echo "# nothing can be mounted here: the journal is not tested"
		return
	fi
	own_tree incident1
	FAKE=$TREE/$DEBUGFS VAR=$WORK/var ENTRIES=$WORK/entries
	mkdir "$VAR"
	: >"$ENTRIES"
	# The first of two looks has found something, and the program does not come to the end of the second one.
	for _ in 1 2 3; do
		service LD_PRELOAD="$BUILD/faultlib.so" FAULT_DIE=sys/kernel/debug/nbddiag/aio ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0"
		check_eq "changes: killed while it looks: status" "$?" 143
	done
	check_eq "changes: killed while it looks: nothing is said each time" "$(has_entries)" 0
	service_without
	check_eq "changes: there is no journal: status" "$?" 71
	check_eq "changes: there is no journal: that is said" "$(cat "$WORK/said")" \
		"nbddiag: cannot write to the journal: /run/systemd/journal/socket: No such file or directory"
	check "changes: there is no journal: nothing is noted as said" test ! -e "$VAR/journal"
	service
	check_eq "changes: to the journal: status" "$?" 0
	service
	check_eq "changes: to the journal: status of the second run" "$?" 0
	check_eq "changes: to the journal: nothing is printed, and where the record is" "$(cat "$WORK/said"; ls "$VAR")" journal
	check_eq "changes: to the journal: two entries, once" "$(has_entries)" 2
	check_eq "changes: to the journal: fields of a verdict" "$(entry 1)" "$(printf '%s\n' \
		"MESSAGE_ID=$(documented_id 1)" PRIORITY=4 SYSLOG_IDENTIFIER=nbddiag NBDDIAG_DEVICE=nbd101 NBDDIAG_VERDICT=orphaned)"
	check_eq "changes: to the journal: fields of a cause" "$(entry 2)" "$(printf '%s\n' \
		"MESSAGE_ID=$(documented_id 2)" PRIORITY=4 SYSLOG_IDENTIFIER=nbddiag 'NBDDIAG_CAUSE_KEY=device nbd101')"
	check "changes: to the journal: the cause in words" grep -q '^NBDDIAG_CAUSE=nbd101 still holds' "$ENTRIES"
	# So long ago that it is a number on any host, however young.
	sed -i 's/since_s=[0-9]*/since_s=1/' "$VAR/journal"
	sed -i "s/^device: name=nbd101 .*/$(grep name=nbd0 "$TREE/$DEBUGFS/devices" | sed 's/nbd0/nbd101/; s/[/]/\\&/g')/" "$TREE/$DEBUGFS/devices"
	sed 's/^device: .*/device: nbd101/' "$TREE/$DEBUGFS/nbd0" >"$TREE/$DEBUGFS/nbd101"
	service
	check_eq "changes: to the journal: two entries of the end" "$(has_entries)" 4
	check_eq "changes: to the journal: fields of a verdict that is well" "$(entry 3 | sed 's/=[1-9][0-9]*$/=N/')" "$(printf '%s\n' \
		"MESSAGE_ID=$(documented_id 1)" PRIORITY=N SYSLOG_IDENTIFIER=nbddiag NBDDIAG_DEVICE=nbd101 NBDDIAG_VERDICT=free \
		NBDDIAG_VERDICT_BEFORE=orphaned NBDDIAG_AFTER_SECONDS=N)"
	check_eq "changes: to the journal: fields of an end" "$(entry 4 | sed 's/=[1-9][0-9]*$/=N/')" "$(printf '%s\n' \
		"MESSAGE_ID=$(documented_id 3)" PRIORITY=N SYSLOG_IDENTIFIER=nbddiag 'NBDDIAG_CAUSE_KEY=device nbd101' NBDDIAG_AFTER_SECONDS=N)"
	check_eq "changes: to the journal: priorities" "$(sed -n 's/^PRIORITY=//p' "$ENTRIES" | xargs)" "4 4 5 5"
	by_hand
}

# What is asked by hand has not been told to the journal.
by_hand() {
	own_tree incident1
	FAKE=$TREE/$DEBUGFS
	STATE_DIRECTORY=$VAR on_host changes
	check_eq "changes: by hand: it is told" "$(grep -c 'was so when' <<<"$OUT") $STATUS" "2 0"
	service
	check_eq "changes: by hand: the journal is told as well" "$(has_entries) $(cd "$VAR" && echo *)" "6 changes journal"
}

# Two at a time would tell the same twice, or each half.
one_at_a_time() {
	local pid
	own_tree incident1
	LD_PRELOAD=$BUILD/faultlib.so ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 FAULT_STOP=$DEBUGFS/aio \
		"$NBDDIAG" --root "$TREE" changes --state "$WORK/state" >"$WORK/first" 2>&1 &
	pid=$!
	for _ in {1..100}; do
		! grep -q '^State:.T' "/proc/$pid/status" || break
		sleep 0.1
	done
	check_ends "changes: another run is under way" 71 "another nbddiag is about to write $WORK/state$" \
		--root "$TREE" changes --state "$WORK/state"
	check_eq "changes: another run is under way: nothing is told" "$OUT" ""
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	run_reader --root "$TREE" changes --state "$WORK/state"
	check_eq "changes: another run was killed: it is told" "$(grep -c 'was so when' <<<"$OUT") $ERR$STATUS" "2 0"
	check "changes: another run was killed: nothing is left of it" test ! -e "$WORK/state.new"
}

one_device
gap
one_cause
begins
untold
not_known
unread
each_file_lacks
devices_cut
told_again
one_at_a_time
to_the_journal
