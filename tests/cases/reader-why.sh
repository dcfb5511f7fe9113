#!/bin/bash
# desc: nbddiag why, show, list and aio: the chain from a device that cannot be attached to the task that hangs
# timeout: 120
. tests/cases/aio.bash

load_nbd max_part=0 nbds_max=4
insmod /nbddiag/nbddiag.ko
serve nbd0

# Sets SAID to what a command says, and STATUS. It must come soon. usage: ask ARGUMENT...
ask() {
	STATUS=0
	SAID=$(bounded 20 nbddiag "$@" 2>&1) || STATUS=$?
}

# usage: check_says WHAT EREGEX...
check_says() {
	local what=$1 regex
	shift
	check_eq "$what: status" "$STATUS" 0
	for regex in "$@"; do
		check_match "$what" "$SAID" "$regex"
	done
}

# Nothing but the file "devices" is needed: in a capture those of the devices are emptied.
listed_by_one_file() {
	local list device
	check "capture" bounded 30 nbddiag capture "$W/capture.tar"
	mkdir "$W/capture"
	tar -xf "$W/capture.tar" -C "$W/capture" --strip-components=1
	list=$(nbddiag --root "$W/capture" list --all 2>/dev/null)
	for device in nbd{0..3}; do
		check "the file of $device is in it" test -s "$W/capture/$NBDDIAG/$device"
		: >"$W/capture/$NBDDIAG/$device"
	done
	check_eq "listed by the file devices alone" "$(nbddiag --root "$W/capture" list --all 2>&1 | grep -v ' is a capture of ')" "$list"
	check_match "listed by the file devices alone: the server" "$list" '^nbd0 +in-use +connected .* path:"'
}

# Nothing is wrong.
quiet() {
	ask list
	check_eq "a healthy device" "$(nbddiag list --noheadings -o NAME,STATE,SOCKS,LIVE,DEAD,INFLIGHT | xargs)" "nbd0 connected 1 1 0 0"
	check_eq "free ones too" "$(nbddiag list --all --noheadings -o NAME | xargs)" "nbd0 nbd1 nbd2 nbd3"
	check_eq "JSON" "$(nbddiag list --json --all | jq -c '.devices[] | [.name, .state, .size, .inflight, .oldest]' | head -n 2 | xargs)" \
		"[nbd0,connected,16777216,0,null] [nbd1,free,0,0,null]"
	listed_by_one_file
	ask why nbd1
	check_says "a free device" '^nbd1 is free \(no-config\)\. It can be attached\.$'
	ask why --pid $$
	check_says "a process that hangs in nothing" "^No thread of process $$ is in D"
	aio 'setup 64' 'open /dev/nbd0' 'read 0 2' 'completed 0 2' ready
	ask why --pid "$AIO"
	check_says "a process that does not reap" ' 0 requests in flight, 2 completed events that wait .* The kernel owes it nothing'
	ask aio --json --pid "$AIO"
	check_eq "aio: JSON" "$(jq -c '.aio[] | [.pid, .state, .contexts, .max_reqs, .inflight, .unreaped]' <<<"$SAID")" \
		"[$AIO,\"live\",1,64,0,2]"
	stop TERM "$AIO"
}

# Who holds most of aio-max-nr comes first.
largest() {
	local small large
	aio 'setup 8' ready
	small=$AIO
	aio 'setup 3000' 'setup 100' ready
	large=$AIO
	check_eq "aio: the order" "$(nbddiag aio --noheadings -o PID,CONTEXTS,MAX-REQS | xargs)" "$large 2 3100 $small 1 8"
	ask aio
	check_says "aio: the sum" "^aio-nr 3108 of aio-max-nr $(</proc/sys/fs/aio-max-nr) \(4\.7 %\)\$"
	stop TERM "$small" "$large"
}

# Incident 1 with the QEMU-like process of incident 2: the thread that hangs has the device open.
chain() {
	stall nbd0
	aio 'name qemu-kvm' 'setup 128' 'open /dev/nbd0' leader-exit 'name CPU+5/KVM' 'read 0 2' ready
	kill_until_stuck "$AIO"
	ask why nbd0
	check_says "the device" '^nbd0 is connected \(receivers-running\)\. ' "^nbd0 is open in CPU 5/KVM\[$STUCK\] of process $AIO, descriptor [0-9]+\.$" \
		"^CPU 5/KVM\[$STUCK\] of process $AIO is in state D, it is ending, and sleeps in exit_aio\.$" \
		'^It has waited for .* in exit_aio, at the end of the address space of aiotool, for 1 AIO context with 2 requests in flight\.$' \
		'^nbd0 owes 2 of them\.$' '^It has 2 requests in flight, the oldest for ' 'which has not answered'
	check_eq "the device is explained once" "$(grep -c '^nbd0 is connected' <<<"$SAID")" 1
	ask why --pid "$AIO"
	check_says "the process" "^CPU 5/KVM\[$STUCK\] of process $AIO is in state D" '^nbd0 owes 2 of them\.$' '^nbd0 is connected '
	check_eq "aio" "$(nbddiag aio --noheadings -o PID,TID,STATE,INFLIGHT,OWED-BY,SLEEPS-IN | head -n 1 | xargs)" \
		"$AIO $STUCK dying 2 nbd0:2 exit_aio"
	ask show nbd0
	check_says "show" '^nbd0 +connected: receivers-running$' "request +read of 4K at sector 0, .* AIO of process $AIO\$"
	answer nbd0
	wait_gone "$AIO"
}

# A reader that hangs in a system call on the device: which device is it?
by_call() {
	stall nbd0
	dd if=/dev/nbd0 of=/dev/null bs=4096 count=1 skip=100 iflag=direct 2>/dev/null &
	local reader=$!
	wait_stuck "$reader"
	# Who has waited for less than 100 ms is left out of the file tasks.
	wait_until 10 grep -q "^task: tid=$reader " "$NBDDIAG/tasks" || :
	ask why --pid "$reader"
	check_says "dd" "^dd\[$reader\] is in state D" '^It waits for its own I/O of nbd0\.$' \
		'^nbd0 owes it: a read of 4096 bytes at sector 800, for ' '^nbd0 is connected '
	answer nbd0
	wait "$reader"
}

quiet
largest
by_call
chain
ask why
check_eq "no argument" "$STATUS" 0
check_says "no argument" '^Nothing is stuck: '
ask why nbd77
check_eq "no such device" "$STATUS" 66
check_match "no such device" "$SAID" 'there is no nbd77, but there are nbd0 nbd1 nbd2 nbd3$'
ask why --pid 4194000
check_eq "no such process" "$STATUS" 66
unserve nbd0
end
