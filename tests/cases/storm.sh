#!/bin/bash
# desc: everything at once: readers, attach, kill, AIO, the knob, rmmod of both modules; nothing is held up or left
# variants: stock@bullseye
# timeout: 180
. tests/cases/storm.bash

# How long (seconds), and whether only nbd is stormed, without nbddiag. See "make test-storm".
ROUND=${NBDDIAG_STORM_SECONDS:-15}
CONTROL=${NBDDIAG_STORM_CONTROL:-}

DEVICES="nbd0 nbd1 nbd2 nbd3 nbd4 nbd5"
NEW=20

# For so long (ms) a reader has all files open. Who adds or removes a disk may sleep for less: nbd itself sleeps until
# others have had a processor, but who waited for a reader would sleep longer.
HOLD=$((3000 + 4 * HELD_UP))
DISK_LIMIT=$((2000 + 2 * HELD_UP))

# --- readers ----------------------------------------------------------------------------------------

# With priority: a reader that waits for another one's lock must not have to wait until that one gets a processor, as
# nobody could tell that from a lock which is not given back.
FIRST="nice -n -15"

start_readers() {
	$FIRST stormtool read --readers 3 --hold $((HOLD / 1000)) --limit $HELD_UP --gate "$W/reading" 10000 "$NBDDIAG" >"$W/readers" 2>&1 &
	READERS=$!
	# shellcheck disable=SC2086 # several
	$FIRST knobtool loop 10000 $DEVICES nbd$NEW >"$W/writer" 2>&1 &
	WRITER=$!
}

# usage: check_end WHAT PID FILE
check_end() {
	local status=0
	wait_until $((HELD_UP / 100)) is_gone "$2" || die "$1 hangs: $(cat "/proc/$2/task"/*/stack)"
	wait "$2" || status=$?
	check_eq "$1 ends well" "$status" 0
	# Before that, where those were that took long.
	sed -n '$!{1,100s/^/# /p}' "$3" >&3
	note "$1: $(tail -n 1 "$3")"
}

check_readers() {
	local said
	kill "$READERS" "$WRITER"
	check_end "the readers" "$READERS" "$W/readers"
	said=$(tail -n 1 "$W/readers")
	get_field "$said" reads
	READS=$VALUE
	# A slow host reads fewer: twenty times fewer than a quick one.
	check_num "files read" "$VALUE" -gt "$ROUND"
	check_held_up "$said"
	check_end "the writer" "$WRITER" "$W/writer"
	get_field "$(<"$W/writer")" slowest_ms
	check_num "no write to the knob hangs (ms)" "$VALUE" -lt $((LIMIT + 10 * HELD_UP))
}

# What people use. A device or the module may be away.
program() {
	local words
	for words in "" "show nbd0" "holders nbd2" aio "check nbd3"; do
		# shellcheck disable=SC2086 # several
		bounded 60 $FIRST nbddiag $words >/dev/null 2>&1 || [ $? != 124 ] || die "nbddiag $words hangs"
	done
}

# One of four kinds: of words that mean something, of any bytes, a long line, nothing.
random_line() {
	local i text='' words=(nbd0 nbd1 nbd99999 sockets fail-io all 0123456789abcdef ffffffffffffffff "" - %00 %0a)
	case $((RANDOM % 4)) in
	0) for i in 1 2 3; do text+=" ${words[RANDOM % ${#words[@]}]}"; done ;;
	1) for ((i = RANDOM % 40; i >= 0; i--)); do text+=$(printf '%%%02x' $((RANDOM % 256))); done ;;
	2) printf -v text '%*s' $((RANDOM % 5000)) nbd0 ;;
	esac
	printf '%s\n' "$text"
}

random_lines() {
	local i texts=()
	for i in {1..10}; do
		texts+=("$(random_line)")
	done
	bounded 60 knobtool knob "${texts[@]}" >>"$W/random" || die "random lines: status $?"
	sleep 0.5
}

# --- what is timed ----------------------------------------------------------------------------------

# usage: timed [STORMTOOL-OPTION...] NAME COMMAND...
timed() { stormtool time --limit "$HELD_UP" "$@" >>"$W/times" 2>>"$W/slow"; }

# usage: check_timed NAME LIMIT
check_timed() {
	local worst
	worst=$(grep "^name=$1 status=0 " "$W/times" | sort -t= -k4n | tail -n 1 || :)
	get_field "$worst" slept_ms
	note "$1: $(grep -c "^name=$1 status=0 " "$W/times") times, the worst: $worst"
	# Where it was, if it took long.
	[ "$VALUE" -le "$2" ] || sed 's/^/# /' "$W/slow" >&3
	check_num "$1 is not held up (ms)" "$VALUE" -le "$2"
	# A reader that keeps RCU waiting would be seen here.
	get_field "$worst" rcu_ms
	check_num "$1 does not wait for RCU for ever (ms)" "$VALUE" -le $((10 * HELD_UP))
}

# --- what happens meanwhile -------------------------------------------------------------------------
# nbd can only be removed while no device is in use, and nbddiag while no file is open. So who uses one goes through a
# gate, and who removes a module closes it: with the first lock he keeps others from coming, with the second he waits for
# those who are inside.

# usage: inside FUNCTION ARGUMENT...
inside() {
	local turn gate
	exec {turn}>"$W/using.turn" {gate}>"$W/using.gate"
	flock -s "$turn"
	flock -s "$gate"
	flock -u "$turn"
	"$@"
	flock -u "$gate"
	exec {turn}>&- {gate}>&-
}

# usage: alone reading|using FUNCTION ARGUMENT...
alone() {
	local turn gate
	exec {turn}>"$W/$1.turn" {gate}>"$W/$1.gate"
	shift
	flock "$turn"
	flock "$gate"
	"$@"
	flock -u "$gate"
	exec {turn}>&- {gate}>&-
}

# The server stops, goes on, and dies before or after its client.
attach_nbd0() {
	local server io
	rm -f "$W/nbd0.sock"
	start_nbdtool_server "unix:$W/nbd0.sock"
	server=$SERVER
	attach nbd0 "unix:$W/nbd0.sock" --connections 3 --flags 0x101
	bounded 20 nbdtool io /dev/nbd0 read 0 65536 --jobs 3 >/dev/null 2>&1 &
	io=$!
	kill -STOP "$server"
	sleep 0.2
	kill -CONT "$server"
	wait "$io" || :
	if [ $((RANDOM % 2)) = 0 ]; then
		stop TERM "$CLIENT"
		stop KILL "$server"
	else
		stop KILL "$server"
		wait_gone "$CLIENT"
	fi
}

attach_nbd1() {
	bounded 40 qemu-nbd -f raw -c /dev/nbd1 "$W/image" >/dev/null 2>&1
	bounded 40 qemu-nbd -d /dev/nbd1 >/dev/null
}

# Processes begin and end all the time, others are killed with requests in flight and wait for them.
aio_nbd2() {
	local churner
	rm -f "$W/sock.nbd2"
	serve nbd2
	aio 'open /dev/nbd2' 'churn 1 4'
	churner=$AIO
	aio 'open /dev/nbd2' 'setup 8' ready 'read 0 4' ready
	sleep 0.3
	stall nbd2
	go_on "$AIO"
	kill -KILL "$AIO"
	sleep 0.3
	answer nbd2
	wait_gone "$AIO"
	wait_gone "$churner"
	check_no_match "all of them could do it" "$(<"${LOG[$churner]}")" '^aiotool: '
	unserve nbd2
}

by_ioctl() { inside attach_nbd0; }
by_qemu() { inside attach_nbd1; }
by_aio() { inside aio_nbd2; }
wedged() { inside wedge_once nbd3; }
hanging() { inside hang_once nbd4; }

# Also while nbd goes, or is not there.
opened() {
	bounded 10 dd if=/dev/nbd5 of=/dev/null count=1 2>/dev/null || :
	sleep 0.1
}

add_disk() { timed add nbdtool nl-connect "$NEW" "unix:$W/netlink" --destroy --connections 2 --flags 0x101; }

# Refused until the last one of that number is wholly destroyed, and while there is no nbd.
by_netlink() {
	wait_until 60 add_disk || die "a disk cannot be added"
	timed --gone "/sys/block/nbd$NEW" remove nbdtool nl-disconnect "$NEW" || die "a disk cannot be removed"
	[ ! -e "/sys/block/nbd$NEW" ] || die "a disk is still there"
}

# One that was made over netlink is in use too.
remove_nbd() { timed rmmod rmmod nbd; }

nbd_goes_and_comes() {
	wait_until 60 remove_nbd || die "nbd cannot be removed"
	timed modprobe modprobe nbd
}

nbd_reloaded() { alone using nbd_goes_and_comes; }

# At first in the midst of all readers. Some have no gate, but are seldom there.
nbddiag_reloaded() {
	for _ in 1 2 3 4 5; do
		! rmmod nbddiag 2>/dev/null || break
	done
	alone reading nbddiag_goes_and_comes
}

# --- before and after -------------------------------------------------------------------------------

# Objects of the kernel's general caches; the least of three counts, as what is kept for the next one to come counts
# as well.
kernel_objects() {
	local least='' file n
	for _ in 1 2 3; do
		for file in /sys/kernel/slab/kmalloc*/shrink; do
			echo 1 >"$file"
		done
		n=$(awk '/^kmalloc/ { n += $2 } END { print n + 0 }' /proc/slabinfo)
		[ -n "$least" ] && [ "$least" -le "$n" ] || least=$n
		sleep 0.5
	done
	echo "$least"
}

unix_sockets() { ss -xaH | awk '{ print $5 }' | sort | uniq -c; }

sockets_are() { [ "$(unix_sockets)" = "$1" ]; }

# In quiet, and so many reads that the least leak is twice what may be lost. The rest of the kernel uses up to 800
# objects now and then: of a slab that a processor works with, all count. (To read starts no process. A kernel that
# finds bugs counts each object.)
check_reads_lose_nothing() {
	local reads=$((4000 / SLOWER)) before after file i text
	sleep 3
	before=$(kernel_objects)
	for file in aio devices nbd0 layout; do
		for ((i = 0; i < reads; i++)); do
			mapfile -t text <"$NBDDIAG/$file"
		done
		check_num "$file has been read" ${#text[@]} -gt 3
	done
	after=$(kernel_objects)
	note "$before objects before $reads reads of each, $after after"
	check_num "reads leave no objects in memory" $((after - before)) -lt $((reads / 2))
}

# What the storm itself has lost is seen if it is much.
check_left_behind() {
	local objects
	objects=$(kernel_objects)
	note "objects in kmalloc's caches: $OBJECTS before, $objects after $READS reads"
	check_num "the storm leaves little in memory" $((objects - OBJECTS)) -lt $((READS / 2 + 2000))
	check_reads_lose_nothing
	check_nothing "contexts"
	wait_until 20 sockets_are "$SOCKETS" || :
	check_eq "sockets" "$(unix_sockets)" "$SOCKETS"
}

check_healthy() {
	local device
	for device in $DEVICES; do
		wait_free "$device"
		check_file_line "$device is free" "$NBDDIAG/$device" '^state: free$'
	done
	truncate -s 16M "$W/image0"
	start_nbdtool_server "unix:$W/healthy" --image "$W/image0"
	attach nbd0 "unix:$W/healthy" --connections 1 --flags 0x101
	check_state "attached again" nbd0 connected receivers-running no in-use
	check "I/O is right" bounded 30 knobtool verify /dev/nbd0 1 0 256
	stop TERM "$CLIENT" "$SERVER"
	wait_free nbd0
	check_state "detached again" nbd0 free no-config yes free
}

truncate -s 2M "$W/image"
# Who opens a device in the moment in which nbd goes has the kernel load it again: with the same parameters.
mkdir -p /run/modprobe.d
echo "options nbd max_part=0 nbds_max=6" >/run/modprobe.d/storm.conf
load_nbd max_part=0 nbds_max=6
# Without BTF of nbd there is hardly time to prove the layout before the module goes again.
[ -e /sys/kernel/btf/nbd ] || PARAMETERS+=(nbd_btf=/nbddiag/variants/stock/nbd.btf)
storm=(by_ioctl by_qemu by_aio by_netlink opened nbd_reloaded)
if [ -z "$CONTROL" ]; then
	load_nbddiag "${PARAMETERS[@]}"
	bounded 60 nbddiag aio >/dev/null
	SOCKETS=$(unix_sockets) OBJECTS=$(kernel_objects)
	start_readers
	storm+=(wedged hanging program random_lines nbddiag_reloaded)
fi
start_nbdtool_server "unix:$W/netlink"
NETLINK=$SERVER
repeat_all "storm" "$ROUND" "${storm[@]}"
for what in add remove rmmod modprobe; do
	check_timed $what $DISK_LIMIT
done
if [ -z "$CONTROL" ]; then
	check_readers
	stop TERM "$NETLINK"
	check_healthy
	check_left_behind
	rm /run/modprobe.d/storm.conf
	end
fi
