#!/bin/bash
# desc: ten readers at once: none falsifies what another one is told, nor the knob
# timeout: 60
. tests/cases/lib.bash

# A reader holds config_lock for a moment, which another one must not take for somebody who uses the device.
load_nbd max_part=0 nbds_max=16
load_nbddiag allow_cleanup=1
prove_layout needed
start_nbdtool_server "unix:$W/sock"
attach_netlink 1 "unix:$W/sock" --connections 8 --flags 0x101
attach nbd2 "unix:$W/sock" --connections 40 --flags 0x101
hold nbd3

# What a read says in the quiet, but for what changes by itself: the state of a task that runs, and who is at the address of
# one that is gone.
steady() { sed -E 's/ (state=)[A-Z]( has|$)/\1X\2/; s/^((attached|setup)_task): pid=.*has_device_open=no$/\1: gone/'; }
for file in devices nbd0 nbd1 nbd2 nbd3; do
	steady <$NBDDIAG/$file >"$W/quiet.$file"
done

# usage: poll FILE NUMBER  (until there is $W/enough)
poll() {
	local reads=0 different=0
	while [ ! -e "$W/enough" ]; do
		reads=$((reads + 1))
		steady <$NBDDIAG/"$1" >"$W/poll.$2"
		cmp -s "$W/poll.$2" "$W/quiet.$1" && continue
		different=$((different + 1))
		[ -e "$W/wrong" ] || diff "$W/quiet.$1" "$W/poll.$2" >"$W/wrong" || :
	done
	echo "$1 $reads $different" >"$W/polled.$2"
}

pollers=()
for i in {1..10}; do
	files=(devices nbd2 nbd0 nbd1 devices nbd3)
	poll "${files[i % 6]}" "$i" &
	pollers+=($!)
done
# The knob meanwhile: it must not say that somebody holds the lock, nor that it has done anything.
refused=$(sed -n 's/^generation: //p' $NBDDIAG/nbd2)
for i in {1..5}; do
	bounded 20 knobtool knob "nbd2 sockets $refused" >"$W/knob.$i" || :
	sleep 2
done
touch "$W/enough"
wait "${pollers[@]}"

cat "$W"/polled.* >"$W/polled"
note "$(awk '{ reads += $2; different += $3 } END { print reads " reads, " different " different" }' "$W/polled")"
check_num "reads" "$(awk '{ n += $2 } END { print n }' "$W/polled")" -gt 30
check_eq "answers that are not the quiet one" "$(awk '{ n += $3 } END { print n }' "$W/polled")" 0
[ ! -s "$W/wrong" ] || note "$(head -n 20 "$W/wrong")"
for i in {1..5}; do
	check_match "the knob, time $i" "$(<"$W/knob.$i")" 'result=EISCONN '
done
stop TERM "$HOLDER"
bounded 10 nbdtool nl-disconnect 1
bounded 10 nbdtool disconnect /dev/nbd2
stop TERM "$SERVER"
end
