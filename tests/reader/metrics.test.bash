# shellcheck shell=bash disable=SC2153
# "metrics": what Prometheus reads, with the values that the tree was made with; a file is written whole or not at all.

# usage: metrics STATUS ARGUMENT...   Sets OUT; what is printed must be as Prometheus wants it.
metrics() {
	local status=$1 why
	shift
	run_reader --root "$TREE" metrics "$@"
	check_eq "metrics $*: status" "$STATUS" "$status"
	check "metrics $*: Prometheus reads them" promtool check metrics <"$WORK/out"
	why=$(grep -v '^#' "$WORK/out" | sed 's/ [^ ]*$//' | sort | uniq -d)
	check_eq "metrics $*: no sample is there twice" "$why" ""
	names_of <"$WORK/out" >>"$WORK/names"
}

# The names of samples.
names_of() { sed -nE 's/^(nbddiag_[a-z_]+)[{ ].*/\1/p' | sort -u; }

# The value of a sample, "" if it is not there. usage: value_of SAMPLE
value_of() { WANT="nbddiag_$1 " awk 'index($0, ENVIRON["WANT"]) == 1 { print $NF }' "$WORK/out"; }

# usage: has TEXT SAMPLE VALUE
has() { check_eq "metrics: $1: $2" "$(value_of "$2")" "$3"; }

of_trees() {
	copy_tree incident1
	metrics 0
	has "an orphaned device" 'device_verdict{device="nbd101",verdict="orphaned"}' 1
	has "an orphaned device" 'devices{verdict="orphaned"}' 1
	has "an orphaned device" 'devices{verdict="free"}' 1
	has "an orphaned device" 'device_sockets{device="nbd101",state="live"}' 3
	has "an orphaned device" 'device_sockets{device="nbd101",state="dead"}' 1
	has "an orphaned device" 'device_attachable{device="nbd101"}' 0
	has "an orphaned device" 'device_openers{device="nbd101"}' 1
	has "an orphaned device" 'device_size_bytes{device="nbd101"}' 67108864
	has "no request: no age" 'device_oldest_request_age_seconds{device="nbd101"}' ""
	check_eq "metrics: a free device has none of its own" "$(grep -c 'device="nbd0"' "$WORK/out")" 0
	has "the module" up 1
	has "when it was captured" last_run_timestamp_seconds "$(date -d 2026-11-21T09:17:05Z +%s)"
	copy_tree incident2
	metrics 0
	has "a stopped server" 'device_verdict{device="nbd101",verdict="wedged"}' 1
	has "a stopped server" 'device_inflight_requests{device="nbd101"}' 3
	has "a task waits, not yet for long" aio_waiters 1
	has "a task waits, not yet for long" aio_stuck_processes 0
	copy_tree incident3
	metrics 0
	has "a live context" 'aio_contexts{state="live"}' 1
	has "a live context" aio_unreaped_events 3
	has "a live context" aio_nr 128
}

# As the module of 0.2 has them; one line in three ways.
line() {
	printf 'device: name=%s state=connected state_reason=receivers-running attachable=no attachable_reason=in-use live=1 dead=0 inflight=%s oldest_age_ns=%s config_refs=4 consistent=yes capacity_bytes=4096 openers=1 sockets=1 peer=path:"/tmp/x" peers_named=1 peers_differing=0 device_flags=0x0\n' "$@"
}

volumes() {
	copy_tree healthy
	{ printf 'format: 1\n'; line nbd0 0 -; } >"$TREE/$DEBUGFS/devices"
	rm "$TREE/$DEBUGFS/nbd1" "$TREE/$DEBUGFS/nbd2"
	metrics 0
	has "one volume" 'device_mixed_volumes{device="nbd0"}' 0
	TREE=$TOP/tests/docs/captures/wrong-volume
	metrics 0
	has "two volumes" 'device_mixed_volumes{device="nbd0"}' 1
	has "two volumes" 'device_verdict{device="nbd0",verdict="in-use"}' 1
}

not_known() {
	copy_tree incident1
	sed -i 's/^openers: .*/openers: -(unproved)/' "$TREE/$DEBUGFS/nbd101"
	metrics 0
	has "not known: no sample" 'device_openers{device="nbd101"}' ""
	: >"$TREE/$DEBUGFS/nbd101"
	metrics 0
	has "a device that cannot be read" 'device_verdict{device="nbd101",verdict="unknown"}' 1
	has "a device that cannot be read" 'device_mixed_volumes{device="nbd101"}' ""
	check "metrics: a device that cannot be read is said" grep -q 'nbd101: ' "$WORK/err"
	copy_tree incident2
	has_all devices 1
	touch "$TREE/$DEBUGFS/nbd7"
	has_all devices 0
	copy_tree incident2
	has_all aio 1
	sed -i 's/^complete: .*/complete: no/' "$TREE/$DEBUGFS/aio"
	has_all aio 0
	sed -i '/^waiter: /d' "$TREE/$DEBUGFS/aio"
	has_all aio 0
	has "aio is cut off" aio_waiters ""
	rm "$TREE/$DEBUGFS/devices"
	metrics 69
	has "no module" up 0
	check_eq "metrics: no module: nothing else but version and time" "$(grep -v '^#' "$WORK/out" | sed 's/[{ ].*//' | xargs)" \
		"nbddiag_info nbddiag_up nbddiag_last_run_timestamp_seconds"
	check "metrics: no module: that is said" grep -q 'the captured tree has no readable' "$WORK/err"
	metrics 69 --quiet
	check "metrics: the module is loaded, and its files are not there: that is said with --quiet too" \
		grep -q 'has no readable' "$WORK/err"
	rm -r "$TREE/sys/module/nbddiag"
	metrics 69 --quiet
	check_eq "metrics: no module: not with --quiet" "$ERR" ""
	echo x >"$TREE/$DEBUGFS/devices"
	metrics 65 --quiet
	check "metrics: a broken file is said with --quiet too" grep -q devices "$WORK/err"
	rm "$TREE/$DEBUGFS/devices"
	ln -s "Permission denied" "$TREE/$DEBUGFS/devices"
	metrics 69 --quiet
	check "metrics: a file that may not be read is said with --quiet too" grep -q "devices: " "$WORK/err"
}

# The file devices is cut off: each device has a file of its own, and that some may be missing is a metric.
devices_cut() {
	copy_tree incident2
	truncate -s -20 "$TREE/$DEBUGFS/devices"
	metrics 65
	has "devices is cut off" up 1
	has "devices is cut off" 'complete{file="devices"}' 0
	has "devices is cut off" 'complete{file="aio"}' 1
	has "devices is cut off" 'device_verdict{device="nbd101",verdict="wedged"}' 1
	has "devices is cut off" 'device_inflight_requests{device="nbd101"}' 3
	has "devices is cut off" 'devices{verdict="free"}' 1
	has "devices is cut off" aio_waiters 1
	check "metrics: devices is cut off: that is said" \
		grep -qx "nbddiag: $DEBUGFS/devices: it is cut off\. A device without a file of its own is missed" "$WORK/err"
	rm "$TREE/$DEBUGFS"/nbd*
	metrics 65
	has "devices is cut off, and there are no others" 'complete{file="devices"}' 0
	# A line is missing: the file says it.
	copy_tree incident2
	sed -i '/name=nbd101 /d' "$TREE/$DEBUGFS/devices"
	metrics 0
	has "a line of devices is missing" 'complete{file="devices"}' 0
	has "a line of devices is missing" 'device_verdict{device="nbd101",verdict="wedged"}' 1
}

# usage: has_all FILE WANT
has_all() {
	metrics 0
	has "complete" "complete{file=\"$1\"}" "$2"
}

# A process for each of numbers, whose task has waited for so many seconds and a half.
with_waiters() {
	local i
	copy_tree incident2
	sed -i '/^waiter: /,$d; s/^waiters: .*/waiters: '$#'/; s/^contexts: .*/contexts: live=0 dying='$#' ownerless=0/' "$TREE/$DEBUGFS/aio"
	for i in "$@"; do
		printf '%s\n' "waiter: tid=9$i tgid=$i comm=\"q\\\"\\x0a$i\" state=D waiting_ns=${i}500000000 sleeps_in=exit_aio not_drained=1 contexts=1 exe=\"q\""
		echo "context: pid=$i user_id=0x1 state=dying max_reqs=8 nr_events=9 inflight=2 unreaped=0 free=8 owed=0 oldest_age_ns=- consistent=yes"
	done >>"$TREE/$DEBUGFS/aio"
}

# usage: owes TEXT LABEL WANT
owes() {
	check_eq "metrics: $1: what is owed" "$(grep -F "stuck_process_inflight_requests{$2" "$WORK/out" | sed 's/.* //')" "$3"
}

# A process with a live context. usage: with_live PID INFLIGHT OLDEST_AGE_NS
with_live() {
	sed -i 's/^contexts: live=./contexts: live='$(($(grep -c ' state=live ' "$TREE/$DEBUGFS/aio") + 1))'/' "$TREE/$DEBUGFS/aio"
	{
		echo "space: pid=$1 comm=\"qemu-kvm\" threads=4 groups=1 contexts=1 max_reqs=8 inflight=$2 unreaped=0"
		echo "context: pid=$1 user_id=0x2 state=live max_reqs=8 nr_events=9 inflight=$2 unreaped=0 free=8 owed=0 oldest_age_ns=$3 consistent=yes"
	} >>"$TREE/$DEBUGFS/aio"
}

# A process that waits for live and dying contexts is one, and has the name of its leader.
both() {
	with_waiters 40
	with_live 40 1 200000000000
	metrics 0
	has "a dying and a live context are one process" aio_stuck_processes 1
	has "a dying and a live context are one process" aio_stuck_processes_left_out 0
	has "a dying and a live context" 'aio_stuck_process_age_seconds{pid="40",comm="qemu-kvm",state="dying"}' 40.500000000
	has "a dying and a live context" 'aio_stuck_process_age_seconds{pid="40",comm="qemu-kvm",state="live"}' 200.000000000
	# shellcheck disable=SC2046 # one word a number
	with_waiters $(seq 100 140)
	with_live 140 1 200000000000
	metrics 0
	has "too many, one of them twice" aio_stuck_processes 41
	has "too many, one of them twice" aio_stuck_processes_left_out 10
	# Which thread has waited longest may change, and its leader stays.
	with_waiters 40 41
	sed -i 's/ tid=940 tgid=40 comm=[^ ]*/ tid=40 tgid=40 comm="leader"/; s/ tgid=41 / tgid=40 /' "$TREE/$DEBUGFS/aio"
	metrics 0
	has "the leader waits too" 'aio_stuck_process_age_seconds{pid="40",comm="leader",state="dying"}' 41.500000000
}

# What is not known to be stuck is not known to be well either.
unknown_age() {
	with_waiters
	with_live 50 2 -
	metrics 0
	has "no request was found" aio_stuck_processes 0
	has "no request was found" aio_processes_of_unknown_age 1
	with_live 51 2 1000000
	with_live 52 0 -
	metrics 0
	has "one was found, and one owes nothing" aio_processes_of_unknown_age 1
	with_live 53 '-(inconsistent)' -
	metrics 0
	has "it is not known whether there is one" aio_processes_of_unknown_age 2
	# A process that ends waits, and whether for a moment is not known.
	with_waiters 50
	sed -i 's/ waiting_ns=[0-9]* / waiting_ns=-(not-recorded) /' "$TREE/$DEBUGFS/aio"
	metrics 0
	has "a waiter of no known time" aio_stuck_processes 0
	has "a waiter of no known time" aio_processes_of_unknown_age 1
	sed -i 's/^contexts: .*/contexts: live=0 dying=0 ownerless=0/; /^context: /d' "$TREE/$DEBUGFS/aio"
	metrics 0
	has "its context was not found" aio_processes_of_unknown_age 1
	# It waits for two things, and for one of them for long.
	with_waiters 50
	with_live 50 2 -
	metrics 0
	has "stuck in any case" aio_stuck_processes 1
	has "stuck in any case" aio_processes_of_unknown_age 0
}

# A process has its own name once Prometheus has undone its escapes, which are those of JSON. usage: is_named IN_AIO WANT
is_named() {
	with_waiters 30
	sed -i "s/ comm=\"[^ ]*\" / comm=\"${1//\\/\\\\}\" /" "$TREE/$DEBUGFS/aio"
	metrics 0
	check_eq "metrics: a process named $2" \
		"$(sed -nE 's/^nbddiag_aio_stuck_process_age_seconds\{.*comm=("([^"\\]|\\.)*").*/\1/p' "$WORK/out" | jq -r .)" "$2"
}

# Only those that wait for long, and of these not too many.
stuck() {
	local age
	with_waiters 29 30
	metrics 0
	has "30 s and more" aio_stuck_processes 1
	has "30 s and more" 'aio_stuck_process_age_seconds{pid="30",comm="q\"\\x0a30",state="dying"}' 30.500000000
	owes "a stuck process" 'pid="30"' 2
	check_eq "metrics: no other" "$(grep -c 'pid="29"' "$WORK/out")" 0
	metrics 0 --stuck-after 29
	has "29 s and more" aio_stuck_processes 2
	is_named 'a\\b\"c' 'a\b"c'
	# Only these two: what is no character stays as the module writes it.
	is_named 'q\x0a' 'q\x0a'
	# Two threads of one process.
	with_waiters 40 41
	sed -i 's/ tgid=41 / tgid=40 /' "$TREE/$DEBUGFS/aio"
	metrics 0
	has "two threads wait" aio_stuck_processes 1
	check_eq "metrics: two threads wait: the one that waits longer" \
		"$(grep -o 'stuck_process_age_seconds{pid="40".* [0-9.]*$' "$WORK/out" | sed 's/.* //')" 41.500000000
	owes "two threads wait" 'pid="40"' 4
	sed -i 's/\(context: pid=40 .*\) inflight=2 /\1 inflight=-(torn) /' "$TREE/$DEBUGFS/aio"
	metrics 0
	owes "of one thread it is not known" 'pid="40"' ""
	# Contexts without an owner are no waiters.
	with_waiters
	sed -i 's/^contexts: .*/contexts: live=0 dying=0 ownerless=2/' "$TREE/$DEBUGFS/aio"
	for age in 50 60; do
		echo "context: pid=-(gone) user_id=0x$age state=ownerless max_reqs=8 nr_events=9 inflight=3 unreaped=0 free=8 owed=0 oldest_age_ns=${age}000000000 consistent=yes"
	done >>"$TREE/$DEBUGFS/aio"
	metrics 0
	has "contexts without an owner are one" aio_stuck_processes 1
	has "contexts without an owner" 'aio_stuck_process_age_seconds{pid="",comm="",state="ownerless"}' 60.000000000
	owes "contexts without an owner" 'pid=""' 6
	# shellcheck disable=SC2046 # one word a number
	with_waiters $(seq 100 140)
	metrics 0
	has "too many" aio_stuck_processes 41
	has "too many" aio_stuck_processes_left_out 9
	check_eq "metrics: too many: those that wait longest" \
		"$(grep -o 'process_age_seconds{pid="[0-9]*' "$WORK/out" | sed 's/.*"//' | xargs)" "$(seq 140 -1 109 | xargs)"
}

# The worst are not left out.
many() {
	local i
	copy_tree incident1
	for ((i = 200; i < 712; i++)); do
		line "nbd$i" 0 -
		: >"$TREE/$DEBUGFS/nbd$i"
	done >>"$TREE/$DEBUGFS/devices"
	metrics 0
	has "many devices" 'devices{verdict="in-use"}' 512
	has "many devices" devices_left_out 1
	has "many devices: the worst is there" 'device_verdict{device="nbd101",verdict="orphaned"}' 1
	has "many devices: the last is not" 'device_verdict{device="nbd711",verdict="in-use"}' ""
	check_eq "metrics: many devices: bounded" "$(grep -c '^nbddiag_device_verdict' "$WORK/out")" 512
}

to_a_file() {
	local dir=$WORK/collector
	mkdir "$dir"
	copy_tree incident2
	echo old >"$dir/nbddiag.prom"
	(umask 077; run_reader --root "$TREE" metrics --output "$dir/nbddiag.prom"; check_eq "metrics: nothing else is printed" "$OUT$STATUS" 0)
	check "metrics: the file is for Prometheus" promtool check metrics <"$dir/nbddiag.prom"
	check_eq "metrics: the file can be read by all" "$(stat -c %a "$dir/nbddiag.prom")" 644
	check_eq "metrics: no other file is left" "$(ls "$dir")" nbddiag.prom
	echo half >"$dir/nbddiag.prom.new"
	run_reader --root "$TREE" metrics -o "$dir/nbddiag.prom"
	check_eq "metrics: what a killed run has left is taken" "$(ls "$dir") $(grep -c half "$dir/nbddiag.prom") $STATUS" "nbddiag.prom 0 0"
	ln -s "$dir/elsewhere" "$dir/nbddiag.prom.new"
	check_ends "metrics: no link is followed" 71 "cannot make a file beside $dir/nbddiag.prom: Too many" \
		--root "$TREE" metrics -o "$dir/nbddiag.prom"
	check_eq "metrics: no link is followed: nothing is made" "$(cd "$dir" && echo *)" "nbddiag.prom nbddiag.prom.new"
	rm "$dir/nbddiag.prom.new"
	mkfifo "$dir/nbddiag.prom.new"
	check_ends "metrics: no FIFO is waited for" 71 "nbddiag.prom.new is no file that nbddiag has made" \
		--root "$TREE" metrics -o "$dir/nbddiag.prom"
	rm "$dir/nbddiag.prom.new"
	echo precious >"$dir/elsewhere"
	ln "$dir/elsewhere" "$dir/nbddiag.prom.new"
	check_ends "metrics: no other name of a file is written to" 71 "nbddiag.prom.new is no file that nbddiag has made" \
		--root "$TREE" metrics -o "$dir/nbddiag.prom"
	check_eq "metrics: no other name of a file is written to: it stays" "$(<"$dir/elsewhere")" precious
	rm "$dir/nbddiag.prom.new" "$dir/elsewhere"
	rm "$TREE/$DEBUGFS/devices"
	run_reader --root "$TREE" metrics -o "$dir/nbddiag.prom"
	check_eq "metrics: the file says that there is no module" "$(grep -c '^nbddiag_up 0$\|^nbddiag_device' "$dir/nbddiag.prom") $STATUS" "1 69"
	rm -r "$dir"
	check_ends "metrics: a directory that is not there" 71 "cannot make a file beside $dir/nbddiag.prom: No such file" \
		--root "$TREES/healthy" metrics --output "$dir/nbddiag.prom"
	mkfifo "$WORK/fifo"
	check_ends "metrics: what is no plain file is kept" 64 "is no plain file, and is not replaced" \
		--root "$TREES/healthy" metrics --output "$WORK/fifo"
	check "metrics: it is still there" test -p "$WORK/fifo"
	rm "$WORK/fifo"
}

# A full disk: the old file stays, and nothing else does.
full() {
	local dir=$WORK/small
	mkdir "$dir"
	if ! mount -t tmpfs -o size=8k,nr_inodes=8 none "$dir" 2>/dev/null; then
		echo "# no tmpfs can be mounted here: a full disk is not tested"
		return
	fi
	head -c 6000 /dev/zero >"$dir/nbddiag.prom"
	check_ends "metrics: a full disk" 71 "cannot write $dir/nbddiag.prom: No space left" \
		--root "$TREES/healthy" metrics --output "$dir/nbddiag.prom"
	check_eq "metrics: a full disk: the old file alone is there" "$(ls "$dir") $(stat -c %s "$dir/nbddiag.prom")" "nbddiag.prom 6000"
	umount "$dir"
}

# Of all that was printed above: it is documented, and documents, rules and dashboard name nothing else.
names() {
	local name file
	sort -u "$WORK/names" >"$WORK/printed"
	while read -r name; do
		check "metrics: $name is documented" grep -q "\`$name\`" "$TOP/docs/monitoring.md"
	done <"$WORK/printed"
	for file in docs/monitoring.md contrib/prometheus/nbddiag.rules.yml contrib/grafana/nbddiag.json; do
		check_eq "metrics: $file names what is printed" \
			"$(grep -ohE 'nbddiag_[a-z_]+' "$TOP/$file" | sort -u | comm -23 - "$WORK/printed" | xargs)" ""
	done
}

of_trees
volumes
not_known
devices_cut
stuck
both
unknown_age
many
to_a_file
full
names
