#!/bin/bash
# desc: how long a reader holds the lock of a device with 128 requests of 32 bios each in flight, buffered and AIO
# timeout: 300
# own-vm: yes
# kernel: maxcpus=1 rcu_nocbs=all
. tests/bench/held.bash

REQUESTS=128 BIOS=32

# Bios that went into a request that there was already, read or written.
merged() { awk '{ print $2 + $6 }' /sys/block/nbd0/stat; }

# A device whose server takes everything and answers nothing, one page a bio. usage: begin_device
begin_device() {
	start_nbdtool_server "unix:$W/$1" --stall-reads --stall-writes
	attach nbd0 "unix:$W/$1" --block 4096 --size $((64 << 20))
	echo $((BIOS * 4)) >/sys/block/nbd0/queue/max_sectors_kb
	before=$(merged)
}

# usage: measure_requests WHAT
measure_requests() {
	wait_until 60 inflight_is nbd0 $REQUESTS || die "$1: $(inflight_of nbd0) requests"
	check_eq "$1: bios that were merged" $(($(merged) - before)) $((REQUESTS * (BIOS - 1)))
	read_file nbd0
	check_fields "$1" "$(key requests)" inflight=$REQUESTS shown=16
	check_eq "$1: requests of 32 pages" "$(key request | grep -c " bytes=$((BIOS * 4096)) ")" 16
	measure 15 floor=/proc/net/unix one="$NBDDIAG/nbd0" devices="$NBDDIAG/devices"
	for name in one devices; do
		row "a read of \`${name/one/nbd0}\` with $REQUESTS requests of $BIOS bios each in flight, $1" \
			"$(duration "${MEDIAN[$name]}" "${MIN[$name]}" "${MAX[$name]}")" '' -
	done
	config_lock_rows ", $REQUESTS requests of $BIOS bios each in flight, $1" nbd0 devices
}

end_device() {
	kill -USR2 "$SERVER"
	wait_until 60 inflight_is nbd0 0
	nbdtool disconnect /dev/nbd0
	wait_gone "$CLIENT"
	stop TERM "$SERVER"
}

load_nbd max_part=0 nbds_max=1
insmod /nbddiag/nbddiag.ko
make_names 2600
trace_begin

begin_device aio
start_logged aiotool 'setup 4096' 'open /dev/nbd0' 'bytes 4096' 'stride 4096' 'read 0 1024' 'read 0 1024' 'read 0 1024' \
	'read 0 1024' ready
owner=$LOGGED
measure_requests AIO
check_eq "requests of AIO" "$(key request | grep -c " aio_requests=$BIOS ")" 16
kill -KILL "$owner"
end_device

begin_device buffered
hold nbd0
# Beside the holder it does not wait for what it wrote.
dd if=/dev/zero of=/dev/nbd0 bs=128K count=$REQUESTS status=none
sync /dev/nbd0 &
measure_requests buffered
end_device
