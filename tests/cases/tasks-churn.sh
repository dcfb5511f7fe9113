#!/bin/bash
# desc: for 20 s tasks hang and go on at two devices and on a lock; none is said to wait for what another one waits for
# timeout: 100
# expect-kmsg: blocked for more than|Call Trace
. tests/cases/uring.bash

# Whoever reads a device is named after it, so that the name says what its line has to say. usage: read_it DEVICE OPTION...
read_it() {
	local device=$1
	shift
	bounded 60 "$W/on-$device" "if=/dev/$device" of=/dev/null bs=4k count=4 skip=$((RANDOM % 1000)) status=none "$@" || :
}

direct_nbd0() { read_it nbd0 iflag=direct; }
direct_nbd1() { read_it nbd1 iflag=direct; }
cached_nbd0() { read_it nbd0; }
cached_nbd1() { read_it nbd1; }

# Its server stops and goes on.
stalls() {
	kill -STOP "${SERVER_OF[$1]}"
	sleep 0.5
	kill -CONT "${SERVER_OF[$1]}"
	sleep 0.1
}

stalls_nbd0() { stalls nbd0; }
stalls_nbd1() { stalls nbd1; }

# Lines in which a device stands that this task has nothing to do with.
wrong_owners() {
	awk '/^task: .* comm="on-nbd0" / && / (device|asked)=nbd1 / || /^task: .* comm="on-nbd1" / && / (device|asked)=nbd0 / { print }'
}

look() {
	local wrong
	read_file tasks
	wrong=$(wrong_in_tasks <<<"$TEXT")
	[ -z "$wrong" ] || die "tasks: $wrong"
	wrong=$(wrong_owners <<<"$TEXT")
	[ -z "$wrong" ] || die "tasks: $wrong"
	grep -o ' comm="on-nbd[01]" .* waits_for=[^ ]* .* device=[^ ]* ' <<<"$TEXT" |
		sed -E 's/.*(on-nbd.)".* (waits_for=[^ ]*) .* (device=[^ ]*) /\1 \2 \3/' >>"$W/seen" || :
	read_file uring
	wrong=$(wrong_in_uring <<<"$TEXT")
	[ -z "$wrong" ] || die "uring: $wrong"
}

# Repeats functions side by side. usage: repeat_for SECONDS FUNCTION...
repeat_for() {
	local end=$((SECONDS + $1)) function pid pids=()
	shift
	for function; do
		while [ "$SECONDS" -lt "$end" ]; do "$function"; done &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || fail "one of $* failed"
	done
}

begin
: >"$W/seen"
for device in nbd0 nbd1; do
	serve $device
	cp "$(command -v dd)" "$W/on-$device"
done
repeat_for 20 look direct_nbd0 direct_nbd1 cached_nbd0 cached_nbd1 stalls_nbd0 stalls_nbd1
answer nbd0
answer nbd1
while read -r line; do
	note "$line"
done < <(sort "$W/seen" | uniq -c)
for device in nbd0 nbd1; do
	check_num "lines about $device" "$(grep -c "^on-$device .* device=$device$" "$W/seen")" -gt 0
	unserve $device
done
end
