#!/bin/bash
# desc: nbd clears its queue at a signal, and the knob fails the same requests at that moment: none is completed twice
# timeout: 120
# own-vm: yes
. tests/cases/clean.bash

ROUNDS=4 REQUESTS=8

count_of() { echo $(($(</sys/module/nbddiag_completions/parameters/"$1"))); }

# Requests hang, the client is ended by a signal, and somebody writes to the knob all the while.
race() {
	local readers writer
	start_nbdtool_server "unix:$W/server.$1" --stall-reads
	attach nbd0 "unix:$W/server.$1"
	echo none >/sys/block/nbd0/queue/scheduler
	nbdtool io /dev/nbd0 read 0 4096 --jobs $REQUESTS >"$W/io.$1" 2>&1 &
	readers=$!
	wait_inflight nbd0 $REQUESTS
	# Once for the device while it serves, so that it does come to the rest.
	knobtool loop 1000 nbd0 >"$W/knob.$1" 2>&1 &
	writer=$!
	sleep 0.3
	kill -TERM "$CLIENT"
	check "round $1: the readers end" wait_until 30 is_gone "$readers"
	wait_gone "$CLIENT"
	stop TERM "$writer" "$SERVER"
	check_eq "round $1: what the readers got" "$(grep -c '^failed read .* Input/output error$' "$W/io.$1")" $REQUESTS
	check_match "round $1: the knob was written to" "$(<"$W/knob.$1")" .
	wait_free nbd0
}

begin_clean
insmod /nbddiag/nbddiag_completions.ko || die "no kprobes"
for ((round = 1; round <= ROUNDS; round++)); do
	race $round
	check_eq "round $round: completed twice" "$(count_of twice)" 0
done
check_num "completions were counted" "$(count_of completed)" -ge $((ROUNDS * REQUESTS))
rmmod nbddiag_completions
end
