#!/bin/bash
# desc: mountinfo keeps whoever reads it waiting: the reader ends, and says so
# timeout: 120
# expect-kmsg: blocked for more than|Call Trace
. tests/cases/tasks.bash

SAYS="/mountinfo keeps who reads it waiting: what is mounted is not known"

# Whoever has its output has all of it, too. usage: check_ends_by_itself STATUS ARGUMENT...
check_ends_by_itself() {
	local status=0 text
	text=$(bounded 20 nbddiag "${@:2}" 2>&1) || status=$?
	check_eq "${*:2}: status" "$status" "$1"
	check_match "${*:2}: it says why" "$text" "$SAYS"
}

# Processes of nbddiag that were left behind.
left_behind() { pgrep -c -x nbddiag || :; }

none_left() { [ "$(left_behind)" = 0 ]; }

# Once its request is a second old. Before, nothing is stuck, and nobody asks what is mounted.
why_finds_it() {
	local status=0
	bounded 20 nbddiag why >"$W/why" 2>&1 || status=$?
	[ "$status" = 2 ]
}

begin
serve nbd0
insmod /nbddiag/nbddiag_mount.ko
mkdir "$W/hangs"
mount -t nbddiag_mount none "$W/hangs"
stall nbd0
hang dd if=/dev/nbd0 of=/dev/null bs=4k count=1 iflag=direct
reader=$HUNG
check "nbd0 is stuck" wait_until 20 why_finds_it
check_no_match "mounts can be read" "$(<"$W/why")" "$SAYS"
echo 1 >/sys/module/nbddiag_mount/parameters/hangs
hang cat /proc/self/mountinfo
check_match "cat hangs: by its stack" "$(<"/proc/$HUNG/stack")" 'show_options'
check_ends_by_itself 2 why
check_ends_by_itself 1 holders nbd0
check_ends_by_itself 0 capture "$W/capture.tar"
check_eq "each has left one" "$(left_behind)" 3
check_match "changes does not need it" "$(bounded 20 nbddiag changes --state "$W/state" 2>&1)" '^Stuck, and was so'
check_eq "changes has left none" "$(left_behind)" 3
check_eq "list does not need it" "$(bounded 20 nbddiag list --noheadings --output NAME nbd0)" "nbd0"
echo 0 >/sys/module/nbddiag_mount/parameters/hangs
wait "$HUNG"
check "those who were left have ended" wait_until 10 none_left
check_no_match "mounts can be read again" "$(bounded 20 nbddiag why 2>&1 || :)" "$SAYS"
answer nbd0
wait "$reader"
umount "$W/hangs"
rmmod nbddiag_mount
stop TERM "${SERVER_OF[nbd0]}"
end
