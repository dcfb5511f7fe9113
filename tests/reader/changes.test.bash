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

# What check says of it, after the word.
sentence() { "$NBDDIAG" --root "$TREE" check --json nbd101 2>/dev/null | jq -r '.devices[0].text'; }

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
	mkdir "$WORK/dir"
	check_ends "changes: a record that cannot be read" 71 "cannot read $WORK/dir: " --root "$TREE" changes --state "$WORK/dir"
	check_eq "changes: a record that cannot be read: nothing is told" "$OUT" ""
	rmdir "$WORK/dir"
	check_ends "changes: a record that cannot be written" 71 "cannot make a file beside $WORK/dir/x" \
		--root "$TREE" changes --state "$WORK/dir/x"
	check_ends "changes: no file for another host" 64 "--root needs --state" --root "$TREE" changes
	check_ends "changes: no journal of another host" 64 "the journal is of this host" \
		--root "$TREE" changes --journal --state "$WORK/state"
}

# What could not be printed is told again.
told_again() {
	own_tree incident1
	"$NBDDIAG" --root "$TREE" changes --state "$WORK/state" >/dev/full 2>/dev/null
	check_eq "changes: output that fails" "$?" 71
	run_reader --root "$TREE" changes --state "$WORK/state"
	check_eq "changes: it is told again" "$(grep -c 'was so when' <<<"$OUT")" 2
}

# As a service runs it: on the host, of which only the module's files and the journal are made up.
to_the_journal() {
	local entries=$WORK/entries
	if ! unshare -m mount -t tmpfs none /sys/kernel/debug 2>/dev/null; then
		echo "# nothing can be mounted here: the journal is not tested"
		return
	fi
	own_tree incident1
	# shellcheck disable=SC2016 # in the other mount namespace
	timeout 60 unshare -m sh -c 'mount -t tmpfs none /sys/kernel/debug && mount -t tmpfs none /run && mkdir -p /run/systemd/journal "$4" &&
		cp -r "$2" /sys/kernel/debug/nbddiag && { "$3" /run/systemd/journal/socket "$5" >"$4/ready" & } &&
		until [ -s "$4/ready" ]; do sleep 0.1; done
		STATE_DIRECTORY=$4 "$1" changes --journal && STATE_DIRECTORY=$4 "$1" changes --journal; status=$?
		ls "$4" && kill $!; exit $status' - "$NBDDIAG" "$TREE/$DEBUGFS" "$HERE/journal" "$WORK/var" "$entries" >"$WORK/said" 2>&1
	check_eq "changes: to the journal: status" "$?" 0
	check_eq "changes: to the journal: nothing is printed, and where the record is" "$(xargs <"$WORK/said")" "changes ready"
	check_eq "changes: to the journal: two entries, once" "$(grep -c ^MESSAGE= "$entries")" 2
	check_eq "changes: to the journal: fields of the first" "$(sed '/^$/q' "$entries" | grep -v '^MESSAGE=\|^$\|^_')" "$(printf '%s\n' \
		MESSAGE_ID=363e1382cabf4a57adaa0068f974970d PRIORITY=4 SYSLOG_IDENTIFIER=nbddiag NBDDIAG_DEVICE=nbd101 NBDDIAG_VERDICT=orphaned)"
	check_eq "changes: to the journal: fields of the second" "$(sed '1,/^$/d' "$entries" | cut -d= -f1 | xargs)" \
		"MESSAGE MESSAGE_ID PRIORITY SYSLOG_IDENTIFIER NBDDIAG_CAUSE NBDDIAG_CAUSE_KEY"
	check "changes: to the journal: the cause" grep -qx 'NBDDIAG_CAUSE_KEY=device nbd101' "$entries"
}

one_device
one_cause
begins
not_known
told_again
to_the_journal
