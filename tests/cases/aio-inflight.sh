#!/bin/bash
# desc: AIO requests in flight on nbd: figures, devices, ages, both ways; merged and split ones; writes
# timeout: 90
# also: bookworm trixie: a context has pages until 6.1, folios in 6.12
. tests/cases/aio.bash

begin
serve nbd0
serve nbd1

sectors() { seq -s ' ' "$1" "$2" "$3"; }

# Five and two reads, an idle context, and a read of somebody else, on two devices.
reads() {
	local begun sent dd ids i line
	stall nbd0
	stall nbd1
	begun=$(now_ns)
	aio 'setup 128' 'setup 8' 'setup 64' 'open /dev/nbd0' 'read 0 5' 'open /dev/nbd1' 'offset 40960' 'bytes 8192' \
		'stride 16384' 'read 1 2' ready
	dd if=/dev/nbd0 of=/dev/null bs=4096 skip=1000 count=1 iflag=direct 2>/dev/null &
	dd=$!
	wait_inflight nbd0 6
	wait_inflight nbd1 2
	sent=$(now_ns)
	for i in 0 1 2; do
		ids[i]=$(made "$AIO" $i user_id)
	done

	read_aio
	check_head "reads" 3 0 0 7 0 0
	check_fields "reads: space" "$(space_line "$AIO")" contexts=3 max_reqs=200 inflight=7 unreaped=0
	check_context "reads" "$AIO" 0 live 5 0 5
	check_context "reads" "$AIO" 1 live 2 0 2
	check_context "reads" "$AIO" 2 live 0 0 0
	check_owed "reads" "$AIO" 0 nbd0 read 4096 "$(sectors 0 16 64)" "$begun" "$sent"
	check_owed "reads" "$AIO" 1 nbd1 read 8192 "80 112" "$begun" "$sent"
	check_eq "reads: nothing owed by others" "$(key owed_by)$(key candidate)" ""
	check_scan "reads"

	check_device "reads" nbd0 "$AIO" "${ids[0]}" 5
	check_eq "reads: nbd0: only those" "$(key request | grep -c ' aio_requests=1 ')" 5
	line=$(key request | grep " sector=8000 ")
	check_fields "reads: nbd0: the other one" "$line" aio_requests=0 aio_pid=- aio_context=-
	check_match "reads: nbd0: the other one's end" "$line" ' end_io=[a-z][a-z0-9_.]* '
	check_device "reads" nbd1 "$AIO" "${ids[1]}" 2
	check_eq "reads: nbd1: its sectors" "$(key request | values sector | sort -n | xargs)" "80 112"

	sleep 1
	read_aio
	check_owed "a second later" "$AIO" 1 nbd1 read 8192 "80 112" "$begun" "$sent"

	# One device answers.
	answer nbd1
	wait_inflight nbd1 0
	read_aio
	check_head "one answers" 3 0 0 5 2 0
	check_context "one answers" "$AIO" 0 live 5 0 5
	check_context "one answers" "$AIO" 1 live 0 2 0
	answer nbd0
	wait "$dd"
	wait_inflight nbd0 0
	read_aio
	check_head "both answer" 3 0 0 0 7 0
	check_eq "both answer: nothing owed" "$(key owed)$(key owed_by)" ""
	stop TERM "$AIO"
	check_nothing "reads"
}

writes() {
	stall nbd0
	aio_inflight nbd0 3 'setup 32' 'open /dev/nbd0' 'offset 1048576' 'write 0 3' ready
	read_aio
	check_head "writes" 1 0 0 3 0 0
	check_context "writes" "$AIO" 0 live 3 0 3
	check_owed "writes" "$AIO" 0 nbd0 write 4096 "2048 2064 2080" "$BEGUN" "$SENT"
	check_device "writes" nbd0 "$AIO" "$(made "$AIO" 0 user_id)" 3
	answer nbd0
	stop TERM "$AIO"
	check_nothing "writes"
}

merged_reads() { awk '{ print $2 }' /sys/block/nbd0/stat; }

# Neighbours become one request of the block layer; they stay requests of their own for AIO.
merged() {
	local before requests lines id
	echo 0 >/sys/block/nbd0/queue/nomerges
	stall nbd0
	before=$(merged_reads)
	aio 'setup 32' 'open /dev/nbd0' 'stride 4096' 'read 0 8' ready
	requests=$((8 - $(merged_reads) + before))
	check_num "they were merged" "$requests" -lt 8
	wait_inflight nbd0 "$requests"
	id=$(made "$AIO" 0 user_id)
	read_aio
	check_head "merged" 1 0 0 8 0 0
	check_context "merged" "$AIO" 0 live 8 0 8
	check_eq "merged: a line for each" "$(owed_lines "$AIO" "$id" | wc -l)" 8
	check_scan "merged"
	read_file nbd0
	lines=$(key request | grep " aio_pid=$AIO aio_context=$id\$" || :)
	check_eq "merged: nbd0: requests" "$(grep -c . <<<"$lines")" "$requests"
	check_eq "merged: nbd0: AIO requests in them" \
		"$(values aio_requests <<<"$lines" | awk '{ n += $1 } END { print n }')" 8
	answer nbd0
	stop TERM "$AIO"
	check_nothing "merged"
	echo 2 >/sys/block/nbd0/queue/nomerges
}

inflight_at_least() { [ "$(inflight_of "$1")" -ge "$2" ]; }

# More than the device takes at once: several requests of the block layer for one of AIO, of one and of several bios.
split() {
	local bytes id pieces
	echo 128 >/sys/block/nbd0/queue/max_sectors_kb
	for bytes in 524288 2097152; do
		stall nbd0
		aio 'setup 32' 'open /dev/nbd0' "bytes $bytes" 'offset 4194304' 'read 0 1' ready
		# Where one bio ends and the next begins, a piece may be shorter.
		wait_until 20 inflight_at_least nbd0 $((bytes / 131072)) || die "it was not split"
		pieces=$(inflight_of nbd0)
		id=$(made "$AIO" 0 user_id)
		read_aio
		check_head "$bytes bytes" 1 0 0 1 0 0
		check_context "$bytes bytes" "$AIO" 0 live 1 0 1
		check_scan "$bytes bytes"
		check_eq "$bytes bytes: pieces" "$(inflight_of nbd0)" "$pieces"
		check_device "$bytes bytes" nbd0 "$AIO" "$id" $((pieces > 16 ? 16 : pieces))
		answer nbd0
		stop TERM "$AIO"
		check_nothing "$bytes bytes"
	done
}

reads
writes
merged
split
unserve nbd0
unserve nbd1
end
