#!/bin/bash
# desc: for 20 s tasks hang and go on at two devices and their locks, and rings come and go; none is told of what is of another one
# timeout: 200
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

# It has the device's lock while it reads, and whoever opens the device waits for that.
locks_it() { bounded 60 "$W/lock/on-$1" --rereadpt "/dev/$1" 2>/dev/null || :; }

locks_nbd0() { locks_it nbd0; }
locks_nbd1() { locks_it nbd1; }

# A process with a ring is killed while its requests are under way. The ring stays until they are done.
rings_at() {
	local said=$W/said-$1 pid
	: >"$said"
	"$W/ring/on-$1" setup=8 "open=/dev/$1" read=3 >"$said" &
	pid=$!
	wait_until 30 grep -q ready "$said" || die "a ring at $1 does not begin"
	sleep 0.2
	kill -KILL "$pid"
	wait "$pid" || :
}

rings_nbd0() { rings_at nbd0; }
rings_nbd1() { rings_at nbd1; }

# Its server stops and goes on.
stalls() {
	kill -STOP "${SERVER_OF[$1]}"
	sleep 1.5
	kill -CONT "${SERVER_OF[$1]}"
	sleep 0.1
}

stalls_nbd0() { stalls nbd0; }
stalls_nbd1() { stalls nbd1; }

# Lines in which a device, or who has its lock, stands that this task has nothing to do with.
wrong_owners() {
	awk '/^task: .* comm="on-nbd0" / && / (device=nbd1|asked=nbd1|held_by_comm="on-nbd1") / ||
	    /^task: .* comm="on-nbd1" / && / (device=nbd0|asked=nbd0|held_by_comm="on-nbd0") / { print }'
}

# The same of what is owed to a ring.
wrong_rings() {
	awk '$1 == "ring:" && match($0, /comm="on-nbd[01]"/) { of[$2] = substr($0, RSTART + 9, 4) }
	    $1 == "owed:" && $2 in of && !($0 ~ " device=" of[$2] " " && $0 ~ " asked=" of[$2] " ") { print }'
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
	wrong=$(wrong_rings <<<"$TEXT")
	[ -z "$wrong" ] || die "uring: $wrong"
	grep -c ' owner=none .* comm="on-nbd[01]" .* owed=[1-3] ' <<<"$TEXT" >>"$W/rings" || :
}

# Whether all that is counted at the end was seen: a busy host looks seldom.
seen_all() {
	local device
	for device in nbd0 nbd1; do
		grep -q "^on-$device .* device=$device$" "$W/seen" || return
		grep -q "^on-$device waits_for=lock device=$device$" "$W/seen" || return
	done
	grep -q '[1-9]' "$W/rings"
}

goes_on() { [ "$SECONDS" -lt "$1" ] || { [ "$SECONDS" -lt $(($1 + 100)) ] && ! seen_all; }; }

# Repeats functions side by side, longer if not all was seen yet. usage: repeat_for SECONDS FUNCTION...
repeat_for() {
	local end=$((SECONDS + $1)) function pid pids=()
	shift
	for function; do
		while goes_on "$end"; do "$function"; done &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || fail "one of $* failed"
	done
}

# With partitions, so that they can be read.
load_nbd max_part=4 nbds_max=16
# shellcheck disable=SC2119
load_nbddiag
: >"$W/seen"
: >"$W/rings"
mkdir "$W/lock" "$W/ring"
for device in nbd0 nbd1; do
	serve $device
	cp "$(command -v dd)" "$W/on-$device"
	cp "$(command -v blockdev)" "$W/lock/on-$device"
	cp "$(command -v uringtool)" "$W/ring/on-$device"
done
repeat_for 20 look direct_nbd0 direct_nbd1 cached_nbd0 cached_nbd1 stalls_nbd0 stalls_nbd1 \
	locks_nbd0 locks_nbd1 rings_nbd0 rings_nbd1
answer nbd0
answer nbd1
while read -r line; do
	note "$line"
done < <(sort "$W/seen" | uniq -c)
for device in nbd0 nbd1; do
	check_num "lines about $device" "$(grep -c "^on-$device .* device=$device$" "$W/seen")" -gt 0
	check_num "waits for the lock of $device" "$(grep -c "^on-$device waits_for=lock device=$device$" "$W/seen")" -gt 0
	unserve $device
done
check_num "rings of nobody that wait for requests" "$(awk "{ nr += \$1 } END { print nr + 0 }" "$W/rings")" -gt 0
end
