#!/bin/bash
# desc: nbddiag check: the verdict and exit status on real states, and whether what it advises frees the device
# timeout: 200
# own-vm: yes
# expect-kmsg: blocked for more than|Call Trace
. tests/cases/lib.bash

# --- running it ---------------------------------------------------------------------------------------

# Sets STATUS, OUT and ERR. usage: run_check ARGUMENT...
run_check() {
	STATUS=0
	OUT=$(bounded 10 nbddiag check "$@" 2>"$W/err") || STATUS=$?
	ERR=$(<"$W/err")
	[[ " $* " != *" --json "* ]] || keep_json <<<"$OUT"
}

# All three forms must say the same. usage: check_verdict WHAT DEVICE WORD STATUS REASON
check_verdict() {
	run_check "$2" --quiet
	check_eq "$1: --quiet: status" "$STATUS" "$4"
	check_eq "$1: --quiet: prints nothing" "$OUT" ""
	run_check "$2" --json
	check_eq "$1: --json: status" "$STATUS" "$4"
	check_eq "$1: --json" "$(jq -r '.devices[0] | "\(.device) \(.verdict) \(.status) \(.reason)"' <<<"$OUT")" \
		"${2#/dev/} $3 $4 $5"
	JSON=$OUT
	run_check "$2"
	check_eq "$1: status" "$STATUS" "$4"
	check_match "$1: first line" "$(head -n 1 <<<"$OUT")" "^$3: .*\($5\)\$"
	check_eq "$1: no message" "$ERR" ""
}

# usage: check_step WHAT NUMBER do|cost EREGEX
check_step() { check_match "$1: step $2" "$(jq -r ".devices[0].free_by[$(($2 - 1))].$3" <<<"$JSON")" "$4"; }

check_warns() { check_match "$1: warning" "$(jq -r '.devices[0].warnings[]' <<<"$JSON")" "$2"; }

check_no_warning() { check_no_match "$1: no such warning" "$(jq -r '.devices[0].warnings[]' <<<"$JSON")" "$2"; }

check_free() {
	check_verdict "$1" "$2" free 0 free
	check_eq "$1: neither steps nor warnings" "$(jq -c '.devices[0] | [.free_by, .warnings]' <<<"$JSON")" '[[],[]]'
}

# --- states -------------------------------------------------------------------------------------------

never_configured() {
	check_free "never configured" nbd0
	check_free "by its path" /dev/nbd0
	run_check 0
	check_eq "by its number" "$STATUS ${OUT%%:*}" "0 free"
}

by_ioctl() {
	start_qemu_nbd "$W/ioctl" "$W/image"
	attach_nbd_client nbd1 -unix "$W/ioctl"
	check_verdict "attached by ioctl" nbd1 in-use 1 in-use
	check_step "attached by ioctl" 1 'do' 'nbd-client -d /dev/nbd1'
	check_warns "attached by ioctl" 'open \(openers: 1, its client included\).*nbddiag holders nbd1'
	bounded 20 nbd-client -d /dev/nbd1 >/dev/null
	wait_gone "$CLIENT"
	stop TERM "$SERVER"
	check_free "after its advice" nbd1
}

by_netlink() {
	start_qemu_nbd "$W/netlink" "$W/image"
	bounded 40 nbd-client -unix "$W/netlink" /dev/nbd2 >/dev/null 2>&1
	wait_started nbd2
	check_verdict "attached by netlink" nbd2 in-use 1 in-use
	check_warns "attached by netlink" 'netlink keeps it'
	check_no_warning "attached by netlink" 'it is open'
	bounded 20 nbd-client -d /dev/nbd2 >/dev/null
	stop TERM "$SERVER"
	check_free "after its advice" nbd2
}

# Its server is killed: netlink keeps it; with an opener, both do.
netlink_dead() {
	start_nbdtool_server "unix:$W/nl-dead"
	attach_netlink 3 "unix:$W/nl-dead"
	stop KILL "$SERVER"
	wait_key nbd3 recv_threads 0
	check_verdict "netlink, server killed" nbd3 wedged 2 started
	check_step "netlink, server killed" 1 'do' 'NBD_CMD_RECONFIGURE'
	check_step "netlink, server killed" 2 'do' "nbd-client -d /dev/nbd3'\\. This frees the device"
	start_nbdtool_server "unix:$W/nl-again"
	bounded 10 nbdtool nl-reconfigure 3 "unix:$W/nl-again" >/dev/null
	check_verdict "after the first step" nbd3 in-use 1 in-use
	stop KILL "$SERVER"
	wait_key nbd3 recv_threads 0
	hold nbd3
	check_verdict "netlink, and open" nbd3 wedged 2 started
	check_step "netlink, and open" 2 'do' 'free once nobody has it open either'
	check_step "netlink, and open" 3 'do' 'nbddiag holders nbd3'
	bounded 20 nbd-client -d /dev/nbd3 >/dev/null
	run_check nbd3 -q
	check_eq "after the second step" "$STATUS" 2
	stop TERM "$HOLDER"
	check_free "after the third step" nbd3
}

only_open() {
	hold nbd4
	check_verdict "only open" nbd4 in-use 1 opened-ioctl-only
	check_warns "only open" 'Do not do it: whoever has it open could write to the new volume'
	check_step "only open" 1 'do' 'nbddiag holders nbd4'
	stop TERM "$HOLDER"
	check_free "closed" nbd4
}

being_set_up() {
	start_nbdtool_server "unix:$W/setup"
	start_logged nbdtool attach /dev/nbd5 "unix:$W/setup" --no-start
	check_verdict "being set up" nbd5 in-use 1 being-set-up
	check_step "being set up" 2 'do' "end the process of thread $LOGGED\\."
	stop TERM "$LOGGED"
	check_free "its client ended" nbd5
	# The client is gone, an opener stays.
	hold nbd5
	bounded 10 nbdtool set-sock /dev/nbd5 "unix:$W/setup" >/dev/null
	check_verdict "its client died" nbd5 orphaned 2 setup-task-set
	stop TERM "$HOLDER"
	# Who holds the socket now is not known.
	hold nbd5
	start_logged nbdtool set-sock /dev/nbd5 "unix:$W/setup" --stay
	wait_until 10 grep -q '^set' "${LOG[LOGGED]}"
	wait_until 10 opens_are nbd5 1
	check_verdict "its client keeps the socket" nbd5 unknown 3 starter-gone-sockets-held
	stop TERM "$LOGGED" "$HOLDER"
	# Cleared, never started.
	hold nbd5
	start_logged nbdtool attach /dev/nbd5 "unix:$W/setup" --no-start
	bounded 10 nbdtool clear /dev/nbd5
	stop TERM "$LOGGED"
	check_verdict "cleared" nbd5 wedged 2 leftover-sockets
	stop TERM "$HOLDER" "$SERVER"
	check_free "closed" nbd5
}

# As in incident 1: an opener, a killed server, attempts.
incident() {
	start_qemu_nbd "$W/first" "$W/image"
	attach_nbd_client nbd7 -unix "$W/first"
	hold nbd7
	stop KILL "$SERVER"
	wait_gone "$CLIENT"
	check_verdict "server killed" nbd7 wedged 2 started
	check_match "server killed" "$OUT" \
		'^wedged: nbd7 still holds an old connection\. Every attach fails with EBUSY until its last opener'
	check_step "server killed" 1 'do' 'nbddiag holders nbd7'
	check_no_warning "server killed" 'different volumes'
	for _ in 1 2 3; do
		bounded 20 qemu-nbd -f raw -c /dev/nbd7 "$W/image" >/dev/null 2>&1 || :
		wait_until 20 no_qemu_nbd || die "qemu-nbd stays"
	done
	if attempts_leave_sockets; then
		check_verdict "incident 1" nbd7 orphaned 2 started
		check_match "incident 1" "$OUT" 'Nothing serves its sockets, though 3 of 4 are not marked dead'
		check_warns "incident 1" "path:\"$W/first\" and path:\"/var/lock/qemu-nbd-nbd7\"\\. 3 of 4 sockets differ from the first"
		check_step "incident 1" 1 'do' 'nbddiag holders nbd7'
		check_step "incident 1" 2 'do' 'nbddiag clean nbd7 --sockets'
	else
		check_verdict "incident 1" nbd7 wedged 2 started
	fi
	bounded 10 qemu-nbd -d /dev/nbd7 >/dev/null 2>&1 || :
	run_check nbd7 -q
	check_eq "incident 1, disconnected" "$STATUS" 2
	stop TERM "$HOLDER"
	check_free "incident 1, closed" nbd7
}

# The server is killed and a request stays, for ever. nbd-client -d ends the one who waits for it.
lost_request() {
	lose_reads nbd8 65536 4096 1
	check_verdict "lost request" nbd8 wedged 2 started
	check_step "lost request" 1 'do' "nbd-client -d /dev/nbd8'\\. It fails what is in flight"
	check_step "lost request" 1 cost 'reads in flight \(1\) fail'
	check_step "lost request" 2 'do' 'nbddiag clean nbd8 --fail-io'
	check_step "lost request" 2 cost 'reads in flight \(1\) fail'
	check_step "lost request" 3 'do' 'nbddiag holders nbd8'
	bounded 20 nbd-client -d /dev/nbd8 >/dev/null
	check "the first step ends who waits" wait_until 10 is_gone "$READER"
	check_free "after the first step" nbd8
}

# A stopped server: wedged as soon as something is in flight, stuck with a request older than 30 s. While that one gets
# old, the lock of another device is held.
stopped_server() {
	start_nbdkit 16M -U "$W/stopped"
	attach_nbd_client nbd9 -unix "$W/stopped"
	local server=$SERVER client=$CLIENT writer begun
	pause "$(<"$W/nbdkit.pid")"
	begun=$SECONDS
	nbdtool io /dev/nbd9 write 0 4096 >"$W/writer" 2>&1 &
	writer=$!
	wait_until 10 inflight_is nbd9 1
	check_verdict "request in flight" nbd9 wedged 2 server-stopped
	check_warns "request in flight" '^writes are in flight: 1,'
	check_step "request in flight" 1 'do' "kill -CONT $(<"$W/nbdkit.pid")"

	lock_held

	sleep $((begun + 32 - SECONDS > 0 ? begun + 32 - SECONDS : 0))
	check_verdict "request without answer" nbd9 wedged 2 server-stopped
	check_step "request without answer" 1 'do' "kill -CONT $(<"$W/nbdkit.pid")"
	check_step "request without answer" 2 'do' 'nbd-client -d /dev/nbd9'
	check_warns "request without answer" "no answer for $([ "$SLOWER" = 1 ] && echo 3 || echo '[3-9]')[0-9]"
	kill -CONT "$(cat "/proc/$server/task/$server/children" 2>/dev/null)" 2>/dev/null || :
	kill -CONT "$server"
	wait_gone "$writer"
	check_match "the first step: it was carried out" "$(<"$W/writer")" '^done write 0 4096$'
	check_verdict "after the first step" nbd9 in-use 1 in-use
	bounded 20 nbd-client -d /dev/nbd9 >/dev/null
	wait_gone "$client"
	check_free "detached" nbd9
}

# Somebody who freezes the queue waits for a request with the lock held.
lock_held() {
	local server reader holder
	start_nbdtool_server "unix:$W/lock" --stall-reads
	server=$SERVER
	attach nbd10 "unix:$W/lock"
	start_logged nbdtool io /dev/nbd10 read 65536 4096
	reader=$LOGGED
	wait_until 10 inflight_is nbd10 1
	start_nbdtool_server "unix:$W/lock-other"
	start_freezer nbd10 "unix:$W/lock-other"
	holder=$FREEZER
	check_verdict "lock held" nbd10 wedged 2 lock-held
	check_match "lock held: by whom" "$OUT" "^wedged: nbdtool\[$holder\] \(state D\)"
	check_step "lock held" 1 'do' 'let the server of nbd10 answer again'
	check_warns "lock held" "read without nbd's lock.*nbdtool\[$holder\]"
	kill -USR2 "$server"
	wait_gone "$reader"
	wait_gone "$holder"
	check_verdict "lock released" nbd10 in-use 1 in-use
	stop TERM "$CLIENT" "$server" "$SERVER"
	check_free "its client ended" nbd10
}

# --- what it cannot tell -------------------------------------------------------------------------------

# usage: check_error WHAT STATUS EREGEX ARGUMENT...
check_error() {
	local what=$1 status=$2 message=$3
	shift 3
	run_check "$@"
	check_eq "$what: status" "$STATUS" "$status"
	check_match "$what: message" "$ERR" "$message"
	[ "$status" != 3 ] || check_match "$what: first word" "$OUT" '^unknown: '
	[ "$status" = 3 ] || check_eq "$what: prints nothing" "$OUT" ""
}

errors() {
	check_error "unknown device" 3 'there is no nbd99, but there are nbd0 nbd1' nbd99
	run_check nbd99 --json
	check_eq "unknown device: --json" "$STATUS $(jq -r '.devices[0] | "\(.verdict) \(.status) \(.reason)"' <<<"$OUT")" \
		"3 unknown 3 no-such-device"
	run_check nbd99 --quiet
	check_eq "unknown device: --quiet" "$STATUS $OUT" "3 "
	check_error "another kind of device" 64 'is no nbd device' sda
	check_error "a path" 64 'is no nbd device' /dev/nbd0/../nbd1
	check_error "no device" 64 'usage'
	check_error "a device and all" 64 'usage: nbddiag check DEVICE\.\.\., or nbddiag check --all' nbd0 --all
	check_error "an option of another command" 64 "'check' takes no --pid" nbd0 --pid 1
	run_check nbd0 nbd99
	check_eq "two devices: the worst" "$STATUS" 3
	check_match "two devices: the first" "$OUT" '^free: nbd0 '
	check_match "two devices: the second" "$OUT" '^unknown: nbd99'
	check_error "no such option" 64 "there is no option '--force'" nbd0 --force
}

# A captured tree may be anything.
captured() {
	local tree=$W/tree
	mkdir -p "$tree$NBDDIAG"
	check_error "an empty tree" 69 'no readable' nbd0 --root "$tree"
	cp "$NBDDIAG"/{devices,nbd0} "$tree$NBDDIAG/"
	run_check nbd0 --root "$tree"
	check_eq "captured" "$STATUS" 0
	cp "$NBDDIAG/nbd0" "$tree$NBDDIAG/nbd1"
	run_check nbd1 --root "$tree"
	check_eq "the file of another device" "$STATUS ${OUT%%:*}" "3 unknown"
	head -n 12 "$NBDDIAG/nbd0" >"$tree$NBDDIAG/nbd0"
	run_check nbd0 --root "$tree"
	check_eq "cut off at a line" "$STATUS ${OUT%%:*}" "3 unknown"
	head -c 300 "$NBDDIAG/nbd0" >"$tree$NBDDIAG/nbd0"
	check_error "cut off" 3 'cut off' nbd0 --root "$tree"
	sed 's/^format: 1/format: 2/' "$NBDDIAG/nbd0" >"$tree$NBDDIAG/nbd0"
	check_error "a newer format" 3 'format' nbd0 --root "$tree"
	: >"$tree$NBDDIAG/nbd0"
	check_error "empty" 3 'empty' nbd0 --root "$tree"
	sed 's/^state: free/state: \x1b[2Jfree/' "$NBDDIAG/nbd0" >"$tree$NBDDIAG/nbd0"
	check_error "hostile" 3 'malformed' nbd0 --root "$tree"
	run_check nbd0 --root "$tree" --json
	check_eq "hostile: JSON" "$STATUS $(jq -r ".devices[0].verdict" <<<"$OUT")" "3 unknown"
}

not_readable() {
	local as_nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all)
	STATUS=0
	OUT=$(bounded 10 "${as_nobody[@]}" nbddiag check nbd0 2>"$W/err") || STATUS=$?
	check_eq "as nobody: status" "$STATUS $OUT" "69 "
	check_match "as nobody: message" "$(<"$W/err")" 'Permission denied|it needs root'
	umount /sys/kernel/debug
	check_error "debugfs not mounted" 69 'is debugfs mounted' nbd0
	mount -t debugfs debugfs /sys/kernel/debug
}

begin
truncate -s 5M "$W/image"
never_configured
by_ioctl
by_netlink
netlink_dead
only_open
being_set_up
incident
lost_request
stopped_server
errors
captured
not_readable
STATUS=0
bounded 10 nbddiag check nbd0 >/dev/full 2>&1 || STATUS=$?
check_eq "cannot write: status" "$STATUS" 3
rmmod nbd
check_error "without nbd" 3 'nor any other nbd device' nbd0
unload_nbddiag
check_error "without the module" 69 'the module is not loaded' nbd0
