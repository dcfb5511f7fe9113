#!/bin/bash
# desc: reads of aio, aio_scan and a device while processes with AIO start, end and are killed; a killed reader
# timeout: 90
. tests/cases/aio.bash

load_nbd max_part=0 nbds_max=1
insmod /nbddiag/nbddiag.ko
serve nbd0
ROUND=20

# Reads both files until the end; each must be well-formed, and its figures must agree with each other.
watch_form() {
	local n=0 file scan wrong text
	while [ "$SECONDS" -lt "$1" ]; do
		for file in aio:quick aio_scan:deep; do
			text=$(bounded 5 cat "$NBDDIAG/${file%:*}") || { echo "$file: no end"; return 1; }
			wrong=$(wrong_in_form "${file#*:}" <<<"$text")
			[ -z "$wrong" ] || { printf '%s\n' "$file: $wrong" "$text"; return 1; }
			n=$((n + 1))
		done
	done
	echo "$n"
}

# The server answers, and then for a moment does not.
falter() {
	while [ "$SECONDS" -lt "$1" ]; do
		kill -STOP "${SERVER_OF[nbd0]}"
		sleep 0.2
		answer nbd0
		sleep 0.2
	done
}

race() {
	local end reader readers=() text i
	aio 'open /dev/nbd0' "churn $ROUND 8"
	end=$((SECONDS + ROUND))
	falter "$end" &
	falters=$!
	watch_form "$end" >"$W/form" 2>&1 &
	watcher=$!
	for i in 1 2; do
		stormtool read --limit $HELD_UP 100 "$NBDDIAG" >"$W/reader.$i" 2>&1 &
		readers+=($!)
	done
	wait "$falters"
	text=well
	wait "$watcher" || text=badly
	check_eq "what is read agrees with itself" "$text" well
	note "reads whose figures were compared: $(<"$W/form")"
	check_num "reads whose figures were compared" "$(<"$W/form")" -ge 4
	kill "${readers[@]}"
	for i in 1 2; do
		text=well
		wait "${readers[i - 1]}" || text="with status $?"
		check_eq "reader $i ends" "$text" well
		text=$(tail -n 1 "$W/reader.$i")
		note "reader $i: $text"
		check_num "reader $i has read" "$(field "$text" reads)" -ge 4
		check_num "reader $i: slowest read (ms)" "$(field "$text" slowest_ms)" -lt $((5 * HELD_UP))
	done
	wait_gone "$AIO"
	note "churned: $(said "$AIO" churned n)"
	check_num "churned" "$(said "$AIO" churned n)" -ge 50
	check_no_match "all of them could do it" "$(<"${LOG[$AIO]}")" '^aiotool: '
	check_nothing "in the end"
}

# A reader of aio_scan that is killed, at different moments, ends at once. (It starts no process, so it is itself
# that reads.)
killed_readers() {
	local i reader begun took longest=0
	for i in {1..15}; do
		bash -c 'while :; do mapfile -t text <"$1"; done' reader "$NBDDIAG/aio_scan" &
		reader=$!
		sleep "0.$((RANDOM % 3 + 2))$((RANDOM % 10))"
		begun=$(now_ns)
		kill -KILL "$reader"
		wait "$reader" 2>/dev/null || :
		took=$((($(now_ns) - begun) / 1000000))
		longest=$((took > longest ? took : longest))
	done
	check_num "killed readers end at once (ms)" "$longest" -lt $((1000 * SLOWER))
}

race
killed_readers
unserve nbd0
end
