#!/bin/bash
# desc: the knob shuts 1311 orphaned sockets of incident 1: their servers see it, nothing else changes, nothing leaks
# timeout: 240
. tests/cases/clean.bash

load_nbd max_part=0 nbds_max=102

# --- leaks ---

CACHES="sock_inode_cache filp"
! grep -q '^UNIX ' /proc/slabinfo || CACHES+=" UNIX"
! grep -q '^UNIX-STREAM ' /proc/slabinfo || CACHES+=" UNIX-STREAM"

# Sockets and files in use, and objects in their caches, without those that a processor keeps for later.
count_resources() {
	local cache
	SOCKETS=$(sed -n 's/^sockets: used //p' /proc/net/sockstat)
	FILES=$(cut -f 1 /proc/sys/fs/file-nr)
	OBJECTS=
	for cache in $CACHES; do
		[ ! -e "/sys/kernel/slab/$cache/shrink" ] || echo 1 >"/sys/kernel/slab/$cache/shrink"
		OBJECTS+=" $(awk -v cache="$cache" '$1 == cache { print $2 }' /proc/slabinfo)"
	done
}

# Not one in ten of those 1311 may be left.
is_back() {
	local want got i
	count_resources
	[ "$SOCKETS" -le $((SOCKETS_BEFORE + 20)) ] && [ "$FILES" -le $((FILES_BEFORE + 60)) ] || return 1
	read -ra want <<<"$OBJECTS_BEFORE"
	read -ra got <<<"$OBJECTS"
	for i in "${!want[@]}"; do
		[ "${got[i]}" -le $((want[i] + 130)) ] || return 1
	done
}

check_leaks() {
	check "the sockets are gone" wait_until 30 is_back
	count_resources
	note "before: $SOCKETS_BEFORE sockets, $FILES_BEFORE files, objects$OBJECTS_BEFORE ($CACHES)"
	note "after: $SOCKETS sockets, $FILES files, objects$OBJECTS"
}

# --- loaded without the parameter ---

off() {
	local before
	leave_strays nbd0 2
	load_nbddiag
	check_eq "off: modes" "$(stat -c %a "$KNOB/cleanup" "$KNOB/last" | xargs)" "600 400"
	check_eq "off: the parameter" "$(stat -c %a /sys/module/nbddiag/parameters/allow_cleanup) $(</sys/module/nbddiag/parameters/allow_cleanup)" "444 N"
	check_eq "off: what it says" "$(bounded 5 cat "$KNOB/cleanup")" "off: load nbddiag with allow_cleanup=1"
	check_eq "off: last" "$(<"$KNOB/last")" $'format: 1\nallowed: no\nresult: none'
	before=$(shape_of nbd0)
	clean nbd0 sockets
	check_write "off" cleanup-off
	TEXT=$LAST check_keys "off: last" <<<"allowed: no"
	check_eq "off: nothing has changed" "$(shape_of nbd0)" "$before"
	check_eq "off: no server has seen anything" "$(connections_of "$SERVER")" "made=2 ended=0"
	check_fails "off: it cannot be switched on" bash -c 'echo 1 >/sys/module/nbddiag/parameters/allow_cleanup'
	unload_nbddiag
	check "without the module there is no knob" test ! -e "$KNOB"

	load_nbddiag allow_cleanup=1
	check_eq "on: modes" "$(stat -c %a "$KNOB/cleanup" "$KNOB/last" | xargs)" "200 400"
	check_eq "on: the parameter" "$(stat -c %a /sys/module/nbddiag/parameters/allow_cleanup) $(</sys/module/nbddiag/parameters/allow_cleanup)" "444 Y"
	check_fails "on: it cannot be read" cat "$KNOB/cleanup"
	check_eq "on: last" "$(<"$KNOB/last")" $'format: 1\nallowed: yes\nresult: none'
	clean nbd0 sockets
	check_write "on" ok sockets_shut=2
	TEXT=$LAST check_keys "on: last" <<<"allowed: yes"
	stop TERM "$HOLDER" "$SERVER"
	wait_free nbd0
	unload_nbddiag
}

# --- incident 1 ---

full() {
	local generation inode i
	count_resources
	SOCKETS_BEFORE=$SOCKETS FILES_BEFORE=$FILES OBJECTS_BEFORE=$OBJECTS
	leave_strays nbd101 1310 --deaf
	# It may still be taking them.
	check "before: the servers" wait_until 20 connections_are "$SERVER" "made=1310 ended=0"
	check_fails "before: they are counted" is_back
	load_nbddiag allow_cleanup=1
	check_state "before" nbd101 orphaned disconnected-with-sockets no "$WEDGED_WHY"
	generation=$(generation_of nbd101)
	check_match "before: generation" "$generation" '^[0-9a-f]{16}$'
	for i in 1 2 3; do
		check_eq "before: generation again" "$(generation_of nbd101)" "$generation"
	done
	inode=$(socket_line 0)
	get_field "$inode" inode
	inode=$VALUE

	clean nbd101 sockets
	check_write "1310 strays" ok sockets_shut=1310
	note "it took $MS ms"
	check "each server end has seen the end" wait_until 20 connections_are "$SERVER" "made=1310 ended=1310"
	check_state "after" nbd101 disconnected all-sockets-dead no "$WEDGED_WHY"
	check_keys "after" <<-EOF
		consistent: yes
		generation: $generation
		openers: 1
		config_refs: 1
		kept_by: openers=1 receivers=0 netlink=0
		runtime_flags: $(runtime_flags_text "$WEDGED_FLAGS")
		num_connections: 1311
		live_connections: 0
		recv_threads: 0
		sockets: total=1311 counted=1311 dead=1311 live=0 held=0 shown=1311
	EOF
	check_eq "after: each dead, shut and without a sender" \
		"$(key socket | grep -c ' dead=yes .* shutdown=both file_refs=1 .* pending=no tx_lock=free$')" 1311
	check_fields "after: the first" "$(socket_line 0)" "inode=$inode"

	check_both_refused "nothing left" nbd101 nothing-to-do

	# Nobody can attach it while it is open, as before; an attempt leaves a socket as before.
	check "an attempt is in vain" leave_sockets nbd101 1 "unix:$W/nbd101.second"
	check_eq "generation after an attempt" "$(generation_of nbd101)" "$generation"
	clean nbd101 sockets
	check_write "one more" ok sockets_shut=1
	check "one more: its server has seen the end" wait_until 20 connections_are "$SERVER" "made=1311 ended=1311"

	stop TERM "$HOLDER"
	check_state "the opener has gone" nbd101 free no-config yes free
	stop TERM "$SERVER"
	check_leaks
	check_generation_gone "$generation"
	attach_again nbd101 "$generation"
}

check_generation_gone() {
	knob "nbd101 sockets $1"
	check_write "the generation of a free device" not-configured
}

# Data written and read back is right; the generation is another one.
attach_again() {
	local image=$W/image
	truncate -s 16M "$image"
	rm -f "$W/again"
	start_nbdtool_server "unix:$W/again" --image "$image"
	attach "$1" "unix:$W/again"
	check_ne "attached again: generation" "$(generation_of "$1")" "$2"
	check "attached again: data" bounded 30 knobtool verify "/dev/$1" 2 0 512
	check "attached again: what is read is what the server has" cmp -n 2097152 <(dd "if=/dev/$1" bs=64k count=32 iflag=direct 2>/dev/null) "$image"
	stop TERM "$CLIENT" "$SERVER"
	wait_free "$1"
}

# --- sockets that a process has, and TCP ---

# The descriptor that KEEPER will have alone after close_tcp.
open_tcp() {
	exec {tcp}<>"/dev/tcp/127.0.0.1/$1"
	sleep 600 &
	KEEPER=$!
}

close_tcp() { exec {tcp}>&-; }

held() {
	local strays held inode
	leave_strays nbd5 3
	strays=$SERVER
	start_nbdtool_server tcp:127.0.0.1:10821
	held=$SERVER
	open_tcp 10821
	bounded 10 nbdtool set-sock /dev/nbd5 "fd:$tcp" >/dev/null
	close_tcp
	bounded 10 nbdtool clear /dev/nbd5
	inode=$(socket_inodes "$KEEPER")
	check_state "held: before" nbd5 orphaned disconnected-with-sockets no "$WEDGED_WHY"
	check_keys "held: before" <<<"sockets: total=5 counted=5 dead=1 live=4 held=1 shown=5"

	clean nbd5 sockets
	check_write "held" ok sockets_shut=3 sockets_held=1
	check "held: the strays' servers have seen the end" wait_until 20 connections_are "$strays" "made=3 ended=3"
	check_eq "held: its server has not" "$(connections_of "$held")" "made=1 ended=0"
	check_match "held: the kernel shows it established" "$(ss -taneH "dport = :10821")" "^ESTAB.* ino:$inode "
	check_state "held: after" nbd5 disconnected sockets-held no "$WEDGED_WHY"
	check_keys "held: after" <<-EOF
		live_connections: 1
		sockets: total=5 counted=5 dead=4 live=1 held=1 shown=5
	EOF
	check_fields "held: after" "$(socket_line 4)" dead=no shutdown=none file_refs=2 "inode=$inode"
	check_refused "held: only that one is left" nbd5 sockets nothing-to-do

	stop TERM "$KEEPER"
	clean nbd5 sockets
	check_write "given up" ok sockets_shut=1
	check "given up: its server has seen the end" wait_until 20 connections_are "$held" "made=1 ended=1"
	check_state "given up" nbd5 disconnected all-sockets-dead no "$WEDGED_WHY"
	stop TERM "$HOLDER" "$strays" "$held"
	wait_free nbd5
}

tcp() {
	leave_strays nbd6 1
	stop TERM "$SERVER"
	start_nbdtool_server tcp:127.0.0.1:10822
	check "TCP: attempts" leave_sockets nbd6 5 tcp:127.0.0.1:10822
	check_eq "TCP: before" "$(ss -tanH state established dport = :10822 | wc -l)" 5
	check_fields "TCP: before" "$(read_file nbd6; socket_line 3)" family=inet dead=no state=established
	clean nbd6 sockets
	check_write "TCP" ok sockets_shut=6
	check "TCP: the servers have seen the end" wait_until 20 connections_are "$SERVER" "made=5 ended=5"
	check_eq "TCP: none is left" "$(ss -tanH state established dport = :10822 | wc -l)" 0
	check_state "TCP" nbd6 disconnected all-sockets-dead no "$WEDGED_WHY"
	check_keys "TCP" <<<"live_connections: 0"
	stop TERM "$HOLDER" "$SERVER"
	wait_free nbd6
}

off
full
held
tcp
end
