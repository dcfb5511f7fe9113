#!/bin/bash
# desc: reads of all files while devices attach, come, go, and both modules are removed and loaded
# timeout: 120
# shellcheck source=tests/vm/guest-lib.sh
. /nbddiag/tests/vm/guest-lib.sh
# shellcheck source=tests/cases/lib.bash
. /nbddiag/tests/cases/lib.bash

# Three rounds, each with four readers of all files at once: nothing may crash, hang or be ill-formed. How it
# ends is in the kernel's log and in the readers' figures.
begin
ROUND=8

# Four readers, until check_readers. They check the form of all that they read.
start_readers() {
	local i
	readers=()
	for i in 1 2 3 4; do
		nbdtool readloop 100 "$NBDDIAG" >"$W/reader.$i" 2>&1 &
		readers+=($!)
	done
	end=$((SECONDS + ROUND))
}

# usage: check_readers WHAT
check_readers() {
	local i text
	kill "${readers[@]}" || :
	for i in 1 2 3 4; do
		text=well
		wait "${readers[i - 1]}" || text="with status $?"
		check_eq "$1: reader $i ends" "$text" well
		text=$(<"$W/reader.$i")
		note "$1: reader $i: $text"
		get_field "$text" reads
		check_num "$1: reader $i has read" "$VALUE" -gt 20
		get_field "$text" slowest_ms
		check_num "$1: reader $i: slowest read (ms)" "$VALUE" -lt 5000
	done
}

# Repeats functions side by side for a round, each of them thrice at least. usage: repeat_all WHAT FUNCTION...
repeat_all() {
	local what=$1 function pid i=0 pids=()
	shift
	for function; do
		repeat "$function" >"$W/count.$function" &
		pids+=($!)
	done
	for function; do
		pid=${pids[i++]}
		wait "$pid" || fail "$what: $function failed"
		note "$what: $function: $(<"$W/count.$function") times"
		check_num "$what: $function" "$(<"$W/count.$function")" -ge 3
	done
}

# usage: repeat FUNCTION
repeat() {
	local n=0
	while [ "$SECONDS" -lt "$end" ] || [ $n -lt 3 ]; do
		"$1" >/dev/null
		n=$((n + 1))
	done
	echo $n
}

# --- what happens meanwhile ---

by_ioctl() {
	local client
	nbdtool attach /dev/nbd0 "unix:$W/sock" --connections 3 --flags 0x101 >/dev/null 2>&1 &
	client=$!
	wait_until 5 has_capacity nbd0 || :
	bounded 10 nbdtool io /dev/nbd0 read 0 65536 --jobs 3 >/dev/null 2>&1 || :
	kill "$client"
	wait "$client" || :
}

by_qemu() {
	bounded 20 qemu-nbd -f raw -c /dev/nbd1 "$W/image" >/dev/null 2>&1
	bounded 20 qemu-nbd -d /dev/nbd1 >/dev/null
}

by_netlink() {
	# Refused until the last one of that number is wholly destroyed.
	wait_until 10 nbdtool nl-connect 20 "unix:$W/sock" --destroy --connections 2 --flags 0x101
	bounded 10 nbdtool nl-disconnect 20
}

opened() {
	bounded 10 dd if=/dev/nbd3 of=/dev/null count=1 2>/dev/null
}

nbd_goes_and_comes() {
	wait_until 10 rmmod nbd
	modprobe nbd max_part=0 nbds_max=4
}

# It goes in a moment in which no reader has a file open.
nbddiag_goes_and_comes() {
	local last=$((SECONDS + 30))
	until rmmod nbddiag 2>/dev/null; do
		[ "$SECONDS" -lt $last ] || return 1
	done
	insmod /nbddiag/nbddiag.ko
}

truncate -s 2M "$W/image"
start_nbdtool_server "unix:$W/sock"

start_readers
repeat_all "attach and detach" by_ioctl by_qemu by_netlink opened
check_readers "attach and detach"

wait_until 10 rmmod nbd
modprobe nbd max_part=0 nbds_max=4
start_readers
repeat_all "rmmod nbd" nbd_goes_and_comes
check_readers "rmmod nbd"

wait_until 10 rmmod nbd
modprobe nbd max_part=0 nbds_max=16
start_readers
repeat_all "rmmod nbddiag" nbddiag_goes_and_comes by_ioctl by_netlink
check_readers "rmmod nbddiag"

stop TERM "$SERVER"
[ -d /sys/module/nbddiag ] || insmod /nbddiag/nbddiag.ko
read_file nbd0
check_keys "in the end" <<<"state: free"
end
