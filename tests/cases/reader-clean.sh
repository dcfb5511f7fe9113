#!/bin/bash
# desc: nbddiag clean on real devices: what it frees, what it refuses, and that it says the truth about the rest
# timeout: 150
# own-vm: yes
# expect-kmsg: blocked for more than|Call Trace
. tests/cases/lib.bash

# Sets STATUS, OUT and ERR. usage: run_clean ARGUMENT...
run_clean() {
	STATUS=0
	OUT=$(bounded 40 nbddiag clean "$@" 2>"$W/err" </dev/null) || STATUS=$?
	ERR=$(<"$W/err")
	note "clean $*: status $STATUS"
	printf '%s\n' "$OUT" "$ERR"
}

# usage: check_free WHAT DEVICE
check_free() {
	check_eq "$1: status" "$STATUS" 0
	check_match "$1: it says so" "$OUT" "^$2 is free"
	check_eq "$1: no complaint" "$ERR" ""
	check_state "$1" "$2" free no-config yes free
}

reload_allowed() {
	bounded 10 rmmod nbddiag
	load_nbddiag allow_cleanup=1
	prove_layout needed nbd6
}

# Servers' ends which have seen the end of their connection. usage: ended_at SERVER
ended_at() {
	local said
	said=$(connections_of "$1")
	echo "${said#*ended=}"
}

# --- incident 1 ---------------------------------------------------------------------------------------

orphans() {
	start_nbdtool_server "unix:$W/first"
	wedge nbd1 "unix:$W/first"
	start_nbdtool_server "unix:$W/second" --deaf
	leave_sockets nbd1 5 "unix:$W/second" || die "no sockets are left"

	run_clean nbd1 --sockets --yes
	check_eq "off: status" "$STATUS" 5
	check_match "off: what it takes" "$ERR" 'allow_cleanup=1'
	check_match "off: nothing was done" "$ERR" 'nothing was done'
	reload_allowed
	run_clean nbd1 --sockets --dry-run
	check_eq "dry run: status" "$STATUS" 2
	check_match "dry run: the step" "$OUT" '^ *1\. shut sockets that nothing serves and no process has open \(5\), through'
	check_match "dry run: its cost" "$OUT" '^ *cost: '
	check_match "dry run: who holds it" "$OUT" "nbdtool\\[$HOLDER\\]"
	run_clean nbd1 --sockets
	check_eq "nobody to ask: status" "$STATUS" 64
	run_clean nbd1 --yes
	check_eq "not asked for: status" "$STATUS" 5
	check_match "not asked for: it names the option" "$OUT" '[-]-sockets would shut'
	check_eq "until here no server has seen an end" "$(ended_at "$SERVER")" 0

	run_clean nbd1 --sockets --yes --wait 1
	check_eq "shut: status" "$STATUS" 2
	check_match "shut: how many" "$OUT" 'sockets shut: 5'
	check_match "shut: who holds it" "$OUT" "nbdtool\\[$HOLDER\\]"
	check_eq "shut: every server's end has seen it" "$(ended_at "$SERVER")" 5
	check_state "shut" nbd1 disconnected all-sockets-dead no "$WEDGED_WHY"
	check_keys "shut" <<<"live_connections: 0"
	check_match "shut: the kernel's log names us" "$(kernel_says)" \
		'nbddiag: nbd1: sockets: done: .* \(by pid [0-9]+ "nbddiag", loginuid -\)'

	stop TERM "$HOLDER"
	run_clean nbd1
	check_free "its opener has gone" nbd1
	stop TERM "$SERVER"
}

# --- incident 2 ---------------------------------------------------------------------------------------

check_failed() {
	wait_gone "$READER"
	check_eq "$1: each read got an error" "$(grep -c '^failed read .* Input/output error' "${LOG[READER]}")" 4
}

lost_requests() {
	lose_reads nbd2 0 65536 4
	run_clean nbd2 --yes --wait 0
	check_eq "in flight: status" "$STATUS" 5
	check_match "in flight: it names the option" "$OUT" '[-]-fail-io'
	check_eq "in flight: nothing was done" "$(inflight_of nbd2)" 4
	run_clean nbd2 --fail-io --yes
	check_match "failed: the plan says what it costs" "$OUT" 'reads in flight \(4\) fail with I/O errors'
	check_failed "failed"
	check_free "failed" nbd2
}

# With config_lock held by somebody who waits for them, nbd's own way would hang, and the knob is what is left.
frozen() {
	lose_reads nbd3 0 65536 4
	start_nbdtool_server "unix:$W/other"
	start_freezer nbd3 "unix:$W/other"
	run_clean nbd3 --fail-io --yes
	check_no_match "frozen: not over netlink" "$OUT" '[0-9]\. disconnect'
	check_match "frozen: by the knob" "$OUT" 'requests failed: 4'
	check_failed "frozen"
	wait_gone "$FREEZER"
	check_free "frozen" nbd3
	stop TERM "$SERVER"
}

# --- made over netlink --------------------------------------------------------------------------------

# Nobody has it open: nbd's own reference keeps it, and nbd's own way drops that.
by_netlink() {
	start_nbdtool_server "unix:$W/nl"
	attach_netlink 4 "unix:$W/nl" --size 3145728
	run_clean nbd4 --sockets --fail-io --yes
	check_eq "healthy: status" "$STATUS" 5
	check_match "healthy: refused" "$ERR" 'nothing is done to nbd4'
	check_state "healthy" nbd4 connected receivers-running no in-use
	stop KILL "$SERVER"
	wait_key nbd4 state disconnected
	wait_key nbd4 recv_threads 0
	read_file nbd4
	check_keys "kept by netlink" <<<"kept_by: openers=0 receivers=0 netlink=1"
	run_clean nbd4 --yes
	check_match "nbd's own way" "$OUT" '1\. disconnect: done'
	check_free "nbd's own way" nbd4
}

# --- what it is not for -------------------------------------------------------------------------------

refused() {
	start_nbdtool_server "unix:$W/healthy"
	attach nbd5 "unix:$W/healthy"
	hold nbd5
	read_file nbd5
	local before
	before=$(key socket)
	run_clean nbd5 --sockets --fail-io --yes
	check_eq "in use: status" "$STATUS" 5
	check_match "in use: refused" "$ERR" 'nothing is done to nbd5'
	read_file nbd5
	check_eq "in use: the same socket" "$(key socket)" "$before"
	stop TERM "$HOLDER" "$CLIENT" "$SERVER"
	run_clean nbd5
	check_free "never wedged" nbd5
	run_clean nbd77 --yes
	check_eq "no such device: status" "$STATUS" 3
}

load_nbd max_part=0 nbds_max=8
load_nbddiag
orphans
lost_requests
frozen
by_netlink
refused
end
