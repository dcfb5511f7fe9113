#!/bin/bash
# desc: aio_scan has a line for every AIO request: none missing, none twice, none of the past, whatever it is about
# timeout: 90
# expect-kmsg: blocked for more than|Call Trace
# also: bookworm trixie: each has another allocator
. tests/cases/aio.bash

begin
serve nbd0
serve nbd1
modprobe dm_mod

# usage: make_dm NAME DEVICE; sets DM[NAME] to the name of the device
declare -A DM
make_dm() {
	local file
	dmsetup create "$1" --noudevsync --noudevrules --table "0 32768 linear /dev/$2 0"
	for file in /sys/block/dm-*/dm/name; do
		[ "$(<"$file")" != "$1" ] || DM[$1]=$(cut -d/ -f4 <<<"$file")
	done
}

remove_dm() { wait_until 10 dmsetup remove --noudevsync --noudevrules "$1"; }

asks_for() { echo "asked=$1 dev=$(</sys/block/"$1"/dev) fs=${2:--}"; }

# What aio_scan should say of N direct reads, 8192 bytes apart. usage: reads ASKED FIRST N [STATE]
reads() {
	local pos
	for pos in $(seq "$2" 8192 $(($2 + ($3 - 1) * 8192))); do
		echo "$1 op=read pos_bytes=$pos direct=yes state=${4:--(not-found-below)}"
	done
}

# usage: several N LINE
several() { for _ in $(seq "$1"); do echo "$2"; done; }

POLL='asked=-(no-block-device) dev=- fs="pipefs" op=poll pos_bytes=- direct=- state=poll'

# Standard input has a line for each request that a context has in flight. Those that no device was found to owe have
# that line in aio_scan, each once, and there are no others. usage: check_unfound WHAT PID INDEX [OWNER]
check_unfound() {
	local what="$1: context $3" want lines n owed
	want=$(sort)
	n=$(grep -c . <<<"$want" || :)
	get_made "$2" "$3" user_id
	lines=$(unfound_lines "${4:-$2}" "$VALUE" | sed 's/^.* asked=/asked=/' | sort)
	get_line context "pid=${4:-$2} user_id=$VALUE "
	owed=$(field "$LINE" owed)
	check_fields "$what" "$LINE" "inflight=$n" "unfound=$((n - owed))" missing=0 consistent=yes
	check_eq "$what: number of lines" "$(grep -c . <<<"$lines" || :)" $((n - owed))
	check_eq "$what: lines of nothing that was submitted" "$(comm -13 <(echo "$want") <(echo "$lines") | grep . || :)" ""
}

# usage: check_all WHAT REQUESTS
check_all() {
	check_keys "$1" <<-EOF
		complete: yes
		complete_reason: ok
		inflight: $2
	EOF
}

# Requests of each kind by several processes, with remains of requests that were refused or are done among them.
several_kinds() {
	local pid tid pids
	stall nbd0
	stall nbd1
	dmsetup suspend --noudevsync --noflush --nolockfs late
	aio 'setup 64' 'setup 8' 'open /dev/nbd0' 'read 0 4' close "open /dev/${DM[linear]}" 'offset 1048576' 'read 0 5' close \
		'poll 0 2' 'poll 1 3' ready
	ONE=$AIO
	# More than a slab has room for.
	aio 'setup 512' "open /dev/${DM[late]}" 'read 0 300' ready 'reap 0 300' ready
	TWO=$AIO
	# What was written is in the page cache, and is to go to the device only now.
	aio 'setup 8' 'setup 8' 'open-buffered /dev/nbd1' 'write 0 2' 'reap 0 2' 'fsync 0 2' 'offset 8388608' \
		'thread read 1 1' ready
	THREE=$AIO
	tid=$(said "$THREE" thread tid)
	wait_until 10 is_stuck "$THREE/task/$tid"
	aio 'fork 2' 'setup 16' 'setup 16' "open /dev/${DM[linear]}" 'offset 2097152' 'read 0 3' 'poll 1 1' ready
	FOUR=$AIO
	# The kernel does not reset what it leaves of these in free memory, nor is that soon used again.
	aio 'setup 8' 'poll 0 2' 'open-write /dev/null' 'fail 0 3' ready
	FIVE=$AIO
	wait_inflight nbd0 15

	read_aio aio_scan
	check_all "several kinds" $((11 + 3 + 300 + 2 + 1 + 2 * 4 + 2))
	{
		reads "$(asks_for nbd0)" 0 4
		reads "$(asks_for "${DM[linear]}")" 1048576 5
		several 2 "$POLL"
	} | check_unfound "one" "$ONE" 0
	several 3 "$POLL" | check_unfound "one" "$ONE" 1
	reads "$(asks_for "${DM[late]}")" 0 300 | check_unfound "two" "$TWO" 0
	several 2 "$(asks_for nbd1) op=fsync pos_bytes=- direct=- state=fsync" | check_unfound "three" "$THREE" 0
	echo "$(asks_for nbd1) op=read pos_bytes=8388608 direct=no state=submitting" | check_unfound "three" "$THREE" 1
	pids=$(sed -n 's/^context: pid=\([0-9]*\) index=0 .*/\1/p' "${LOG[$FOUR]}")
	check_eq "four: processes" "$(wc -w <<<"$pids")" 2
	for pid in $pids; do
		reads "$(asks_for "${DM[linear]}")" 2097152 3 | check_unfound "four: $pid" "$FOUR" 0 "$pid"
		echo "$POLL" | check_unfound "four: $pid" "$FOUR" 1 "$pid"
	done
	several 2 "$POLL" | check_unfound "five" "$FIVE" 0
	check_match "the reader names the device" "$(bounded 20 nbddiag aio --deep --pid "$TWO")" " ${DM[late]}\(late\)\??:300 "
}

# A dying context has its lines too; polls end with the process.
killed() {
	kill_until_stuck "$ONE"
	read_aio aio_scan
	{
		reads "$(asks_for nbd0)" 0 4
		reads "$(asks_for "${DM[linear]}")" 1048576 5
	} | check_unfound "killed" "$ONE" 0
	check_all "killed" $((9 + 300 + 2 + 1 + 2 * 4 + 2))
}

# What is done has no line any more, and nothing is missing.
done_again() {
	dmsetup resume --noudevsync late
	answer nbd0
	answer nbd1
	go_on "$TWO"
	wait_gone "$ONE"
	wait_inflight nbd0 0
	wait_inflight nbd1 0
	wait_until 10 says aio "inflight: 4" || :
	read_aio aio_scan
	check_unfound "done" "$TWO" 0 </dev/null
	check_unfound "done" "$THREE" 0 </dev/null
	check_unfound "done" "$THREE" 1 </dev/null
	check_all "done" 4
	check_eq "done: what is left" "$(key unfound | sed 's/^.* asked=/asked=/')" "$(several 4 "$POLL")"
	stop TERM "$TWO" "$THREE" "$FOUR" "$FIVE"
	check_nothing "done"
}

# A file on a device.
file() {
	keep_file nbd2
	stall nbd2
	aio 'setup 32' "open $FILE" 'read 0 3' ready
	read_aio aio_scan
	reads "$(asks_for nbd2 '"ext4"')" 0 3 | check_unfound "file" "$AIO" 0
	check_all "file" 3
	answer nbd2
	stop TERM "$AIO"
	check_nothing "file"
	drop_file nbd2
}

make_dm linear nbd0
make_dm late nbd1
several_kinds
killed
done_again
remove_dm linear
remove_dm late
file
unserve nbd0
unserve nbd1
end
