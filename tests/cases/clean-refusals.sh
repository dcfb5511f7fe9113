#!/bin/bash
# desc: what the knob refuses: states, old generations, malformed commands, other users; nothing changes by that
# timeout: 300
. tests/cases/clean.bash

begin_clean
start_nbdtool_server "unix:$W/sock"
SOCK_SERVER=$SERVER
ANY=0123456789abcdef
HOSTILE=/sys/kernel/debug/nbddiag_hostile

# --- states -------------------------------------------------------------------------------------------

not_configured() {
	check_eq "free: generation" "$(generation_of nbd0)" "-(no-config)"
	check_both_refused "free" nbd0 not-configured $ANY
	hold nbd0
	check_eq "opened: generation" "$(generation_of nbd0)" "-(no-sockets)"
	check_both_refused "opened" nbd0 not-configured $ANY
	stop TERM "$HOLDER"
	check_both_refused "no such device" nbd99 unknown-device $ANY
	check_both_refused "no such device either" nbd1234567 unknown-device $ANY
}

# Connected, and with one of two connections dead.
in_use() {
	local second
	start_nbdtool_server "unix:$W/second"
	second=$SERVER
	attach nbd1 "unix:$W/sock" "unix:$W/second" --flags 0x101
	check_both_refused "connected" nbd1 in-use
	stop KILL "$second"
	wait_key nbd1 recv_threads 1
	check_state "degraded" nbd1 degraded some-sockets-dead no in-use
	check_both_refused "degraded" nbd1 in-use
	stop TERM "$CLIENT"
	wait_free nbd1

	attach_netlink 1 "unix:$W/sock"
	check_both_refused "connected by netlink" nbd1 in-use
	bounded 10 nbdtool nl-disconnect 1
	wait_free nbd1
}

# A task that has the device open has given its first socket; or one more on a wedged device.
being_set_up() {
	start_logged nbdtool attach /dev/nbd2 "unix:$W/sock" --no-start
	check_state "setup" nbd2 setup setup-task-alive no being-set-up
	check_both_refused "setup" nbd2 being-set-up
	stop TERM "$LOGGED"
	wait_free nbd2

	leave_strays nbd2 2
	start_logged nbdtool attach /dev/nbd2 "unix:$W/sock" --no-start
	attempts_leave_sockets || WEDGED_WHY=setup-task-set
	check_state "another attempt, alive" nbd2 orphaned disconnected-with-sockets no "$WEDGED_WHY"
	check_fields "another attempt, alive" "$(key setup_task)" "pid=$LOGGED" has_device_open=yes
	check_refused "another attempt, alive" nbd2 sockets being-set-up
	check_eq "another attempt, alive: no server has seen anything" "$(connections_of "$SERVER")" "made=2 ended=0"
	stop KILL "$LOGGED"
	clean nbd2 sockets
	check_write "another attempt, killed" ok sockets_shut=3
	stop TERM "$HOLDER" "$SERVER"
	wait_free nbd2
}

# The task that set it up lives and has it open; or it has closed it, but has the socket.
starter_alive() {
	local starter
	start_nbdtool_server "unix:$W/short"
	start_logged nbdtool attach /dev/nbd3 "unix:$W/short" --no-clear --then "unix:$W/sock" --stay
	starter=$LOGGED
	wait_started nbd3
	hold nbd3
	stop KILL "$SERVER"
	wait_until 10 grep -q '^again' "${LOG[starter]}"
	check_state "starter alive" nbd3 unknown starter-alive no started
	check_both_refused "starter alive" nbd3 state-unknown
	stop KILL "$starter"
	stop TERM "$HOLDER"
	wait_free nbd3
}

state_unknown() {
	! attempts_leave_sockets || starter_alive
	hold nbd3
	start_logged nbdtool set-sock /dev/nbd3 "unix:$W/sock" --stay
	wait_until 10 grep -q '^set' "${LOG[LOGGED]}"
	wait_until 10 opens_are nbd3 1
	check_state "starter has the socket" nbd3 unknown starter-gone-sockets-held no setup-task-set
	check_both_refused "starter has the socket" nbd3 state-unknown
	stop KILL "$LOGGED"
	check_state "starter gone" nbd3 orphaned starter-gone no setup-task-set
	clean nbd3 sockets
	check_write "starter gone" ok sockets_shut=1
	stop TERM "$HOLDER"
	wait_free nbd3
}

nothing_to_do() {
	start_nbdtool_server "unix:$W/only"
	attach nbd4 "unix:$W/only"
	hold nbd4
	stop KILL "$SERVER"
	wait_gone "$CLIENT"
	check_state "its only server died" nbd4 disconnected all-sockets-dead no started
	check_both_refused "its only server died" nbd4 nothing-to-do
	stop TERM "$HOLDER"
	wait_free nbd4
}

# --- generations --------------------------------------------------------------------------------------

generations() {
	local old new other
	leave_strays nbd5 2
	old=$(generation_of nbd5)
	check_refused "orphaned, no request" nbd5 fail-io nothing-to-do
	stop TERM "$HOLDER" "$SERVER"
	wait_free nbd5
	leave_strays nbd5 2
	WEDGED=$SERVER WEDGED_HOLDER=$HOLDER
	new=$(generation_of nbd5)
	check_ne "set up anew: generation" "$new" "$old"
	check_both_refused "yesterday's generation" nbd5 generation-changed "$old"
	other=${new:0:15}$(tr 0123456789abcdef 123456789abcdef0 <<<"${new:15}")
	check_both_refused "one digit wrong" nbd5 generation-changed "$other"
	check_both_refused "of another device" nbd5 generation-changed $ANY
	check_eq "it has not moved" "$(generation_of nbd5)" "$new"
	check_eq "no server has seen anything" "$(connections_of "$SERVER")" "made=2 ended=0"

	# With each load of the module too.
	unload_nbddiag
	load_nbddiag allow_cleanup=1
	prove_layout needed
	check_ne "loaded again: generation" "$(generation_of nbd5)" "$new"
	check_refused "the generation of another load" nbd5 sockets generation-changed "$new"

	# Reconnected: the first connection is another one.
	attach_netlink 6 "unix:$W/sock"
	old=$(generation_of nbd6)
	bounded 10 nbdtool nl-disconnect 6
	wait_free nbd6
	start_nbdtool_server "unix:$W/first"
	attach_netlink 6 "unix:$W/first"
	new=$(generation_of nbd6)
	check_ne "connected again: generation" "$new" "$old"
	stop KILL "$SERVER"
	wait_key nbd6 recv_threads 0
	check_eq "its server died: generation" "$(generation_of nbd6)" "$new"
	bounded 10 nbdtool nl-reconfigure 6 "unix:$W/sock"
	check_ne "reconfigured: generation" "$(generation_of nbd6)" "$new"
	bounded 10 nbdtool nl-disconnect 6
	wait_free nbd6
}

# nbd5 is wedged from here on, and must stay as it is.

# --- malformed ----------------------------------------------------------------------------------------

malformed() {
	local gen text texts i=0
	gen=$(generation_of nbd5)
	MALFORMED_BEFORE=$(shape_of nbd5)
	texts=(
		"%0a" " " "nbd5" "nbd5 sockets" "nbd5 $gen" "sockets $gen" "sockets nbd5 $gen" "nbd5 $gen sockets"
		"nbd5 socket $gen" "nbd5 socketss $gen" "nbd5 Sockets $gen" "nbd5 SOCKETS $gen" "nbd5 failio $gen"
		"nbd5 fail_io $gen" "nbd5 fail-io,sockets $gen" "nbd5 free $gen" "nbd5 sockets ${gen:0:15}A" "nbd5 sockets ${gen:1}"
		"nbd5 sockets 0$gen" "nbd5 sockets 0x${gen:2}" "nbd5 sockets 0x$gen" "nbd5 sockets ${gen:0:15}g"
		"nbd5 sockets ${gen:0:15}G" "nbd5 sockets -${gen:1}" "nbd5 sockets +${gen:1}" "nbd5 sockets -(no-config)"
		"nbd5 sockets $gen now" "nbd5 sockets $gen $gen" "nbd5 sockets $gen%0anbd5 fail-io $gen"
		"nbd5 sockets $gen%00" "%00" "nbd5%00sockets $gen" "nbd5 sockets%00$gen" "nbd5 sockets $gen%0d"
		"nbd5 sockets ${gen:0:8}%00${gen:9}" "nbd5,sockets,$gen" "nbd5%0bsockets $gen" "nbd5%a0sockets $gen"
		"nbd05 sockets $gen" "nbd005 sockets $gen" "nbd sockets $gen" "nbd-5 sockets $gen" "nbd+5 sockets $gen"
		"nbd5/../nbd5 sockets $gen" "../nbd5 sockets $gen" "/dev/nbd5 sockets $gen" "./nbd5 sockets $gen"
		"nbd5p1 sockets $gen" "nbd5p sockets $gen" "NBD5 sockets $gen" "nbd5x sockets $gen" "nbdx sockets $gen"
		"vda sockets $gen" "5 sockets $gen" "43:5 sockets $gen" "loop0 sockets $gen" "nbd%25d sockets $gen"
		"nbd99999999 sockets $gen" "nbd4294967301 sockets $gen" "nbd18446744073709551621 sockets $gen"
		"%ff%fe%80 sockets $gen" "nbd5 sockets \"$gen\"" "'nbd5' sockets $gen"
		"$(printf 'nbd5 sockets %s%80s' "$gen" '')"
		"$(printf 'nbd5 sockets %s%4200s' "$gen" '')"
		"$(printf '%80s%s' '' "nbd5 sockets $gen")"
		"$(printf 'A%.0s' {1..5000})"
	)
	knob "${texts[@]}"
	check_eq "malformed: each has a result" "$(wc -l <"$W/knob")" "${#texts[@]}"
	while read -r -u 4 text; do
		get_field "$text" result
		check_eq "malformed: '${texts[i]:0:60}'" "$VALUE" EINVAL
		i=$((i + 1))
	done 4<"$W/knob"
	check_eq "malformed: each is a line in the log" "$(dmesg | grep -c \
		"nbddiag: cleanup: refused: not a command: .* (by pid $WRITER \"knobtool\", loginuid -)\$")" "${#texts[@]}"
	# In two writes: neither is a command.
	knob --chunk 9 "nbd5 sockets $gen"
	WRITTEN=${WRITTEN:0:9}
	check_write "in pieces" malformed
	check_eq "malformed: nothing has changed" "$(shape_of nbd5)" "$MALFORMED_BEFORE"
	check_eq "malformed: no server has seen anything" "$(connections_of "$WEDGED")" "made=2 ended=0"
	check_quoted "$gen"
	check_empty
}

# What was written cannot make lines of its own, neither in "last" nor in the log.
check_quoted() {
	local long
	knob 'x"y\z%0aresult: done%07%1b[2J'
	TEXT=$LAST check_keys "quoted" <<<"result: refused"
	check_match "quoted: command" "$LAST" '^command: "x\\"y\\\\z\\(n|x0a|012)result: done\\(a|x07|007)\\(e|x1b|033)\[2J"$'
	check_eq "quoted: one line" "$(grep -c '^result:' <<<"$LAST")" 1
	check_no_match "quoted: not in the log" "$(dmesg | tail -n 5)" '^result: done'
	long=$(printf 'B%.0s' {1..200})
	knob "$long"
	TEXT=$LAST check_keys "long" <<<"command: \"${long:0:64}\""
	# By a name that tries the same.
	cp /nbddiag/bin/knobtool "$W/a\"b"
	knob_by "$W/a\"b" knob "nbd5"
	check_match "quoted: comm" "$LAST" "^by: pid=$WRITER comm=\"a\\\\\"b\" loginuid=-\$"
	check_match "quoted: comm in the log" "$(dmesg | tail -n 5)" "\(by pid $WRITER \"a\\\\\"b\", loginuid -\)\$"
}

# A write of no bytes never reaches the module, or is malformed.
check_empty() {
	knob ""
	case $RESULT in
	EINVAL) check_write "empty" malformed ;;
	*) check_eq "empty" "$RESULT" wrote ;;
	esac
	check_eq "empty: nothing has changed" "$(shape_of nbd5)" "$MALFORMED_BEFORE"
}

# Blanks around the words are fine.
well_formed() {
	local gen
	gen=$(generation_of nbd5)
	knob "  nbd5%09 sockets   $gen %0a"
	check_write "blanks" ok sockets_shut=2
	knob "nbd5 sockets $gen%0a"
	check_write "a newline" nothing-to-do
}

# --- who may ------------------------------------------------------------------------------------------

privileges() {
	local gen before
	gen=$(generation_of nbd5)
	before=$(shape_of nbd5)

	knob_by setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin knobtool knob "nbd5 sockets $gen"
	check_write "without CAP_SYS_ADMIN" not-privileged

	knob_by unshare -U -r knobtool knob "nbd5 sockets $gen"
	case $WHERE in
	write) check_write "root of a user namespace" not-privileged ;;
	*) check_eq "root of a user namespace: open" "$RESULT" EACCES ;;
	esac

	# By a sysfs of its own, as a container has one; where the mode would allow it to anybody.
	mkdir -p "$W/sys"
	knob_by unshare -U -r -n -m bash -c "mount -t sysfs sysfs '$W/sys' && exec \"\$@\"" bash \
		knobtool knob --file "$W/sys/kernel/nbddiag/cleanup" "nbd5 sockets $gen"
	if [ -n "$RESULT" ]; then
		check_write "root of a user namespace, by a sysfs of its own" not-privileged
	else
		note "no sysfs of its own: $(<"$W/knob.err")"
	fi
	chmod 666 $KNOB/cleanup
	knob_by unshare -U -r knobtool knob "nbd5 sockets $gen"
	check_write "root of a user namespace, writable for all" not-privileged
	cp /nbddiag/bin/knobtool "$W/knobtool"
	chmod 755 "$W" "$W/knobtool"
	knob_by setpriv --reuid=1000 --regid=1000 --clear-groups "$W/knobtool" knob "nbd5 sockets $gen"
	check_write "another user, writable for all" not-privileged

	# Opened by somebody who may not, and written by somebody who may and does not know.
	cp /bin/cat "$W/trusting"
	chmod 4755 "$W/trusting"
	printf 'nbd5 sockets %s' "$ANY" >"$W/command"
	chmod 644 "$W/command"
	check_fails "an open file handed to a privileged program" setpriv --reuid=1000 --regid=1000 --clear-groups \
		bash -c "'$W/trusting' <'$W/command' >$KNOB/cleanup"
	check_match "handed to a privileged program: last" "$(<$KNOB/last)" '^reason: not-privileged$'
	check_match "handed to a privileged program: it was that which wrote" "$(<$KNOB/last)" '^by: .* comm="trusting"'
	check "it can do so by itself" test -u "$W/trusting"
	chmod 200 $KNOB/cleanup

	knob_by setpriv --reuid=1000 --regid=1000 --clear-groups "$W/knobtool" knob "nbd5 sockets $gen"
	check_eq "another user" "$WHERE $RESULT" "open EACCES"
	check_fails "another user cannot read last" setpriv --reuid=1000 --regid=1000 --clear-groups cat $KNOB/last

	# The file was opened by somebody who may.
	exec {fd}>"$KNOB/cleanup"
	check_fails "an open file handed on" setpriv --reuid=1000 --regid=1000 --clear-groups bash -c "echo nbd5 sockets $gen >&$fd"
	exec {fd}>&-
	check_match "an open file handed on: last" "$(<$KNOB/last)" '^reason: not-privileged$'
	check_eq "not privileged: nothing has changed" "$(shape_of nbd5)" "$before"
	check_eq "not privileged: no server has seen anything" "$(connections_of "$WEDGED")" "made=2 ended=0"

	LOGINUID=1234
	knob_by bash -c 'echo 1234 >/proc/self/loginuid && exec "$@"' bash knobtool knob "nbd5 sockets $ANY"
	check_write "with a loginuid" generation-changed
	LOGINUID=-
}

# --- a queue that another one has stopped ---------------------------------------------------------------

# As nbd does while it clears its requests.
being_cleared() {
	insmod /nbddiag/nbddiag_hostile.ko
	hang_request nbd7 cleared
	printf nbd7 >$HOSTILE/quiesce
	clean nbd7 fail-io
	check_write "the queue is stopped by another" being-cleared
	check_eq "the queue is stopped by another: nobody got an answer" "$(wc -l <"${LOG[USER_PID]}")" 1
	printf nbd7 >$HOSTILE/unquiesce
	clean nbd7 fail-io
	check_write "the queue goes on" ok requests_failed=1
	check_failed_request "the queue goes on" nbd7
	check "the test module goes" wait_until 10 rmmod nbddiag_hostile
}

# --- layout -------------------------------------------------------------------------------------------

# More sockets than the module looks at: what it counts is not what nbd counts.
inconsistent() {
	unload_nbddiag
	load_nbddiag allow_cleanup=1 max_sockets=2
	check_refused "not all sockets counted" nbd5 sockets inconsistent
	check_eq "not all sockets counted: no server has seen anything" "$(connections_of "$WEDGED")" "made=2 ended=0"
	unload_nbddiag
	load_nbddiag allow_cleanup=1
	prove_layout needed
}

# A device whose layout is disproved, and then a mirror that is: orphaned all the same.
no_layout() {
	local gen
	leave_strays nbd7 3
	gen=$(generation_of nbd7)
	insmod /nbddiag/nbddiag_hostile.ko
	printf nbd7 >$HOSTILE/unlink
	read_file nbd7
	check_keys "layout disproved" <<-EOF
		state: unknown
		state_reason: layout-disproved
	EOF
	check_both_refused "layout disproved" nbd7 layout-unavailable "$gen"
	printf nbd7 >$HOSTILE/link

	unload_nbddiag
	printf nbd0 >$HOSTILE/unlink
	load_nbddiag use_btf=N allow_cleanup=1
	printf nbd0 >$HOSTILE/link
	check_both_refused "unproved mirror" nbd7 layout-unavailable "$gen"
	check_eq "no layout: no server has seen anything" "$(connections_of "$SERVER")" "made=3 ended=0"
	unload_nbddiag
	load_nbddiag allow_cleanup=1
	prove_layout needed
	check "the test module goes again" wait_until 10 rmmod nbddiag_hostile
	stop TERM "$HOLDER" "$SERVER"
	wait_free nbd7
}

# A mirror that is proved is as good as BTF; then what it does is right too.
by_mirror() {
	unload_nbddiag
	load_nbddiag use_btf=N allow_cleanup=1
	if ! mirror_can_be_proved; then
		check_both_refused "no mirror" nbd5 layout-unavailable $ANY
		unload_nbddiag
		load_nbddiag allow_cleanup=1
		return
	fi
	prove_layout anyway
	read_file layout
	check_match "mirror" "$(key struct)" '^name=nbd_sock source=mirror-[0-9.]+'
	leave_strays nbd7 3
	clean nbd7 sockets
	check_write "mirror: sockets" ok sockets_shut=3
	check "mirror: the servers have seen the end" wait_until 20 connections_are "$SERVER" "made=3 ended=3"
	check_state "mirror: sockets" nbd7 disconnected all-sockets-dead no "$WEDGED_WHY"
	check_keys "mirror: sockets" <<<"live_connections: 0"
	stop TERM "$HOLDER" "$SERVER"
	wait_free nbd7

	hang_request nbd7 mirror
	clean nbd7 fail-io
	check_write "mirror: fail-io" ok requests_failed=1
	check_failed_request "mirror" nbd7
	check_both_refused "mirror: free" nbd7 not-configured $ANY
	unload_nbddiag
	load_nbddiag allow_cleanup=1
	prove_layout needed
}

not_configured
in_use
being_set_up
state_unknown
nothing_to_do
generations
malformed
privileges
being_cleared
inconsistent
no_layout
by_mirror
well_formed
stop TERM "$WEDGED_HOLDER" "$WEDGED" "$SOCK_SERVER"
wait_free nbd5
end
