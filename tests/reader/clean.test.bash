# shellcheck shell=bash disable=SC2153
# "nbddiag clean" works on the live host only. So that nothing happens to it, each run has a /sys/kernel of its own, made
# of a captured tree, and a network namespace of its own, in which netlink knows no nbd.

GENERATION=0123456789abcdef
HOST=$WORK/host
DEVICE=$HOST/debug/nbddiag/nbd101
KNOB=$HOST/nbddiag

namespaces=(--mount --net)
[ "$(id -u)" = 0 ] || namespaces+=(--map-root-user)

# What a newer module says besides.
add_new_keys() {
	sed -i -e "s/^lock_holder: .*/&\ngeneration: $GENERATION/" -e 's/^socket: .*/& tx_lock=free/' "$1"
}

# What the module says of its last command. usage: knob_says ERRNO RESULT MESSAGE [COMMAND]
knob_says() {
	cat >"$KNOB/last" <<-END
		format: 1
		allowed: yes
		result: $2
		reason: x
		errno: $1
		time_s: 1763720000
		by: pid=1 comm="nbddiag" loginuid=-
		command: "${4:-nbd101 sockets $GENERATION}"
		sockets_shut: 3
		sockets_left: -
		sockets_held: 7
		requests_failed: 5
		requests_left: 0
		message: "$3"
	END
}

# A host as the tree is, with a knob that takes everything. usage: new_host TREE
new_host() {
	rm -rf "$HOST"
	mkdir -p "$HOST/debug" "$KNOB"
	cp -a "$TREES/$1/$DEBUGFS" "$HOST/debug/nbddiag"
	add_new_keys "$DEVICE"
	: >"$KNOB/cleanup"
	knob_says 0 "done" "3 sockets were shut"
}

# usage: host_command ARGUMENT...   (sets COMMAND)
host_command() {
	# shellcheck disable=SC2016 # for the inner shell
	COMMAND=(timeout 60 unshare "${namespaces[@]}" bash -c
		'mount --bind "$1" /sys/kernel && shift && exec "$@"' - "$HOST" "$NBDDIAG" clean "$@")
}

# Like check_ends, on that host. usage: clean_ends TEXT STATUS EREGEX ARGUMENT...
clean_ends() {
	local text="clean: $1" status=$2 pattern=$3 why
	shift 3
	host_command "$@"
	STATUS=0
	"${COMMAND[@]}" >"$WORK/out" 2>"$WORK/err" </dev/null || STATUS=$?
	OUT=$(<"$WORK/out") ERR=$(<"$WORK/err")
	if ! why=$(is_sane "$STATUS" "$WORK/out" "$WORK/err" && is_json_right "$WORK/out" "$@"); then
		fail "$text" "$why: $OUT$ERR"
	elif [ "$STATUS" != "$status" ]; then
		fail "$text" "status $STATUS, want $status: $OUT$ERR"
	elif [ -n "$pattern" ] && ! grep -Eq -- "$pattern" "$WORK/out" "$WORK/err"; then
		fail "$text" "nothing matches '$pattern': $OUT$ERR"
	else
		pass "$text"
	fi
}

# usage: says TEXT EREGEX   (of the last run)
says() { check "clean: $1" grep -Eq -- "$2" "$WORK/out" "$WORK/err"; }

written_is() { check_eq "clean: $1: written to the knob" "$(<"$KNOB/cleanup")" "$2"; }

# Does something as soon as the knob was written to. usage: when_written COMMAND...
when_written() {
	(
		for _ in {1..200}; do
			[ ! -s "$KNOB/cleanup" ] || break
			sleep 0.05
		done
		"$@"
	) &
}

usage() {
	local seconds
	check_ends "clean: no --root" 64 "'clean' takes no --root" --root "$TREES/incident1" clean nbd101
	check_ends "clean: no device" 64 "usage: nbddiag clean" clean
	check_ends "clean: two devices" 64 "usage: nbddiag clean" clean nbd1 nbd2
	check_ends "clean: no nbd device" 64 "is no nbd device" clean sda
	for seconds in -1 1x '' 86401 1.5 99999999999999999999; do
		check_ends "clean: --wait '$seconds'" 64 "--wait takes a number from 0 to 86400" clean nbd1 --wait "$seconds"
	done
	check_ends "clean: --fail" 64 "must be spelled out" clean nbd1 --fail
	check_ends "clean: --quiet alone" 64 "nobody sees the plan" clean nbd1 --quiet
	check_ends "clean: another command's option" 64 "'check' takes no --fail-io" check nbd1 --fail-io
}

# What is done nothing to.
nothing_to_do() {
	new_host incident1
	clean_ends "a free device" 0 "^nbd0 is free$" nbd0
	clean_ends "no such device" 3 "there is no nbd77, but there are nbd0 nbd101" nbd77 --yes
	sed -i '/^generation: /d' "$DEVICE"
	clean_ends "an older module" 5 "this module has no generation" nbd101 --sockets --yes
	sed -i 's/^state: .*/state: hibernating/' "$DEVICE"
	clean_ends "a state that is not known" 3 "not known for certain" nbd101 --sockets --fail-io --yes
	new_host incident2
	clean_ends "a device in use" 5 "nothing is done to nbd101: it is in use" nbd101 --sockets --fail-io --yes
	new_host incident1
	clean_ends "no option" 5 "There is no step to do" nbd101
	says "no option: which one would help" "--sockets would shut .* \(3\)"
	clean_ends "no option: JSON" 5 '"outcome":"refused","now":.*"report":.".*There is no step to do' nbd101 --yes --json
	rm -r "$HOST/debug/nbddiag"
	clean_ends "no module: JSON" 69 '"error":.*"status":69' nbd101 --yes --json
	clean_ends "no module" 69 "not loaded|not readable|no such file|No such file" nbd101 --yes
	written_is "nothing to do" ""
}

plan_only() {
	new_host incident1
	clean_ends "--dry-run" 2 "^  1\. shut sockets that nothing serves .* \(3\), through /sys/" nbd101 --sockets --dry-run
	says "--dry-run: the cost" "cost: nothing is in flight, so no request fails"
	says "--dry-run: what remains" "openers: 1.*would write to the next volume"
	check_eq "clean: --dry-run: no message" "$ERR" ""
	clean_ends "no terminal" 64 "standard input is no terminal" nbd101 --sockets
	clean_ends "--quiet --dry-run" 2 "" nbd101 --sockets --dry-run --quiet
	check_eq "clean: --quiet: no output" "$OUT$ERR" ""
	clean_ends "--json --dry-run" 2 '"steps":.."action":"sockets",.*"outcome":"dry-run"' nbd101 --sockets --dry-run --json
	clean_ends "--json alone" 64 "with --json nobody sees the plan" nbd101 --sockets --json
	written_is "plan only" ""
}

# usage: hold_lock   (of the device)
hold_lock() {
	sed -i -e 's/^consistent: .*/consistent: no/' \
		-e 's/^lock_holder: .*/lock_holder: pid=342 tgid=342 comm="qemu" state=D has_device_open=yes/' "$DEVICE"
}

# While nbd's lock is held no socket is shut: nothing is offered that would be refused.
lock_held() {
	new_host incident1
	hold_lock
	clean_ends "lock held" 5 "--sockets would do nothing now: nbd's lock is held. Without it no socket is shut" nbd101 --yes
	check_eq "clean: lock held: nothing is offered" "$(grep -c 'would shut' <<<"$OUT")" 0
	clean_ends "lock held: --sockets" 5 "--sockets: nbd's lock is held" nbd101 --sockets --yes
	sed -i -e 's/^requests: .*/requests: inflight=1 oldest_age_ns=99000000000 shown=0/' \
		-e '/^socket: /s/ shutdown=[a-z]*/ shutdown=none/' "$DEVICE"
	clean_ends "lock held, a request in flight" 5 \
		"--fail-io would do nothing now: sockets must be shut down first, and nbd's lock is held" nbd101 --yes
	check_eq "clean: lock held, a request in flight: --sockets is not said to help" \
		"$(grep -c -e '--sockets allows' -e 'would fail' <<<"$OUT")" 0
	clean_ends "lock held: --fail-io" 5 "--fail-io: sockets must be shut down first, and nbd's lock is held" nbd101 --fail-io --yes
	new_host incident2
	hold_lock
	clean_ends "lock held, in use" 5 "nothing is done to nbd101: nbd's lock is held" nbd101 --sockets --fail-io --yes
	written_is "lock held" ""
}

no_knob() {
	new_host incident1
	sed -i 's/^allowed: yes/allowed: no/' "$KNOB/last"
	clean_ends "the knob is off" 5 "modprobe nbddiag allow_cleanup=1" nbd101 --sockets --yes
	says "the knob is off: nothing is done" "nothing was done"
	written_is "the knob is off" ""
	rm "$KNOB/last"
	clean_ends "no knob" 5 "this module has no knob" nbd101 --sockets --yes
	echo nonsense >"$KNOB/last"
	clean_ends "a knob that says nonsense" 5 "cannot be understood" nbd101 --sockets --yes
	written_is "no knob" ""
}

become_free() {
	sed 's/nbd0$/nbd101/; s/^index: 0/index: 101/' "$HOST/debug/nbddiag/nbd0" >"$WORK/free"
	mv "$WORK/free" "$DEVICE"
}

done_by_knob() {
	new_host incident1
	clean_ends "--sockets" 2 "^1\. sockets: 3 sockets were shut$" nbd101 --sockets --yes --wait 0
	says "--sockets: counts" "sockets shut: 3$"
	says "--sockets: counts of others" "process has them open: 7$"
	says "--sockets: what was not counted" "could not be shut now: not known"
	says "--sockets: what there is now" "^orphaned: nbd101 still holds an old connection"
	written_is "--sockets" "nbd101 sockets $GENERATION"
	new_host incident1
	when_written become_free
	clean_ends "then it is free" 0 "^nbd101 is free$" 101 --sockets --yes
	wait
	new_host incident1
	when_written rm "$DEVICE"
	clean_ends "then it is gone" 3 "^nbd101 is gone$" /dev/nbd101 --sockets --yes
	wait
	new_host incident1
	when_written become_free
	clean_ends "--quiet" 0 "" nbd101 --sockets --yes --quiet
	wait
	check_eq "clean: --quiet: no output" "$OUT$ERR" ""
	# In part: it is written once more, and no more.
	new_host incident1
	knob_says 28 partial "one is stuck"
	ln -sf /dev/full "$KNOB/cleanup"
	clean_ends "in part" 2 "sockets: done in part only: one is stuck" nbd101 --sockets --yes --wait 1
	check_eq "clean: in part: how often" "$(grep -c 'done in part' "$WORK/err")" 2
}

refused_by_knob() {
	new_host incident1
	ln -sf /dev/full "$KNOB/cleanup"
	knob_says 28 refused 'not now: \x1b[2J'
	clean_ends "the knob refuses" 5 'sockets: not done: not now: \\x1b\[2J' nbd101 --sockets --yes
	knob_says 28 refused "of somebody else" "nbd5 sockets $GENERATION"
	clean_ends "the knob says what another command came to" 5 "not done: No space left" nbd101 --sockets --yes
	rm "$KNOB/cleanup"
	clean_ends "no file to write to" 5 "not done: No such file" nbd101 --sockets --yes
}

# It ended by itself after the device was looked at: that is no failure.
ended_meanwhile() {
	new_host incident1
	FAULT_KNOB=61 LD_PRELOAD=$BUILD/faultlib.so ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 \
		clean_ends "there is nothing left to do" 5 '^1\. sockets: no longer needed, or not possible any more$' nbd101 --sockets --yes --wait 0
	check_eq "clean: there is nothing left to do: no complaint" "$(grep -c 'not done:' "$WORK/err")" 0
}

# In this network namespace nbd is not known to netlink, so nothing can be sent.
by_netlink() {
	new_host incident1
	sed -i -e 's/^state: .*/state: disconnected/' -e 's/^state_reason: .*/state_reason: all-sockets-dead/' \
		-e 's/^kept_by: .*/kept_by: openers=1 receivers=0 netlink=1/' -e 's/ dead=no / dead=yes /' \
		-e 's/^sockets: .*/sockets: total=4 counted=4 dead=4 live=0 held=0 shown=4/' \
		-e 's/^index: .*/index: 101/' "$DEVICE"
	clean_ends "netlink: plan" 2 "^  1\. disconnect nbd101 over netlink" nbd101 --dry-run
	clean_ends "netlink knows no nbd" 5 "disconnect over netlink failed: " nbd101 --yes
	written_is "netlink" ""
}

until_asked() {
	local try
	for ((try = 0; try < 600; try++)); do
		! grep -q 'Go on?' "$WORK/screen" || return 0
		sleep 0.1
	done
}

# Does COMMAND as soon as there is a question, then answers it. "timeout" stands outside of the terminal: in it, it could
# put the command into the background, where nobody reads an answer. usage: answers ANSWER COMMAND...   (sets STATUS, OUT)
answers() {
	local answer=$1 line
	shift
	host_command nbd101 --sockets --wait 0
	printf -v line '%q ' "${COMMAND[@]:2}"
	STATUS=0
	: >"$WORK/screen"
	{
		until_asked
		"$@"
		echo "$answer"
		sleep 1
	} | timeout 60 script -qefc "$line" /dev/null >"$WORK/screen" || STATUS=$?
	OUT=$(tr -d '\r' <"$WORK/screen")
}

asks() {
	new_host incident1
	answers n true
	check_eq "clean: answered n" "$STATUS $(grep -c 'Go on? \[y/N\]' <<<"$OUT") $(grep -c 'nothing was done' <<<"$OUT")" "6 1 1"
	answers "" true
	check_eq "clean: answered nothing" "$STATUS $(grep -c 'nothing was done' <<<"$OUT")" "6 1"
	answers y sed -i "s/^generation: .*/generation: fedcba9876543210/" "$DEVICE"
	check_eq "clean: set up anew meanwhile" "$STATUS $(grep -c 'another generation' <<<"$OUT")" "5 1"
	written_is "not agreed to" ""
	new_host incident1
	answers y true
	check_eq "clean: answered y" "$STATUS" 2
	written_is "answered y" "nbd101 sockets $GENERATION"
	new_host incident1
	answers y become_free
	check_eq "clean: free meanwhile" "$STATUS $(grep -c '^nbd101 is free$' <<<"$OUT")" "0 1"
	written_is "free meanwhile" ""
}

# The same on a terminal of 60 columns. usage: narrow ARGUMENT...
narrow() {
	local line
	host_command "$@"
	printf -v line '%q ' "${COMMAND[@]:2}"
	timeout 60 script -qec "stty cols 60; $line" /dev/null </dev/null | tr -d '\r'
}

# Lines are broken between words, and only for people.
folds() {
	local screen
	new_host incident1
	clean_ends "--dry-run" 2 "" nbd101 --sockets --dry-run
	screen=$(narrow nbd101 --sockets --dry-run)
	check_eq "clean: on a terminal: lines that are too long" "$(grep -E '^.{61}' <<<"$screen" | grep -E '[^ ] +[^ ]')" ""
	check_eq "clean: on a terminal: the same words" "$(tr -s ' \n' '\n' <<<"$screen")" "$(tr -s ' \n' '\n' <<<"$OUT")"
	clean_ends "--json --dry-run" 2 "" nbd101 --sockets --dry-run --json
	check_eq "clean: on a terminal: JSON" "$(narrow nbd101 --sockets --dry-run --json)" "$OUT"
}

# A generation is shown where there is one.
shown() {
	copy_tree incident1
	run_reader --root "$TREE" show nbd101
	check_eq "show: an older module" "$(grep -c generation <<<"$OUT")" 0
	add_new_keys "$TREE/$DEBUGFS/nbd101"
	check_ends "show: generation" 0 "generation +$GENERATION$" --root "$TREE" show nbd101
}

usage
shown
if unshare "${namespaces[@]}" mount --bind "$WORK" /sys/kernel 2>/dev/null; then
	nothing_to_do
	plan_only
	lock_held
	no_knob
	done_by_knob
	refused_by_knob
	ended_meanwhile
	by_netlink
	if command -v script >/dev/null; then
		asks
		folds
	fi
else
	pass "clean on a host of its own # SKIP no namespaces here"
fi
