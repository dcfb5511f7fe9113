#!/bin/bash
# desc: what a read of io costs with 500 disks and with 4096 nbd devices, and with requests on many of them
# timeout: 1200
# own-vm: yes
. tests/bench/lib.bash

# The kernel's own list of the same disks is what to compare with: it reads the same counters of each. As a whole, for
# io has no line of an idle disk.
# usage: rows WHAT
rows() {
	local times
	measure 9 stats=/proc/diskstats io="$NBDDIAG/io"
	times=$(awk -v io="${MEDIAN[io]}" -v stats="${MEDIAN[stats]}" 'BEGIN { printf "%.2f", io / stats }')
	row "a read of \`io\` with $1" "$(duration "${MEDIAN[io]}" "${MIN[io]}" "${MAX[io]}")" '' -
	row "… to one of /proc/diskstats, ${BYTES[stats]} bytes" "$times times" "at most 1" "$(is_met "$times" 1)"
}

# usage: disks NAME
disks() { find /sys/block -name "$1*" | wc -l; }

outstanding() { sed -n 's/^disks: .* outstanding=\([0-9]*\)$/\1/p' "$NBDDIAG/io"; }

hasten_rcu 0
load_nbd max_part=0 nbds_max=16
insmod /nbddiag/nbddiag.ko

# Disks of a driver with requests, as a host with many LUNs has them.
modprobe null_blk nr_devices=500 queue_mode=2 irqmode=0 gb=1 submit_queues=1 hw_queue_depth=64
wait_until 300 test -e /sys/block/nullb499
check_eq "disks" "$(disks nullb)" 500
check_eq "none has anything outstanding" "$(outstanding)" 0
rows "500 idle disks"
rmmod null_blk
unload_nbddiag
rmmod nbd

load_nbd max_part=0 nbds_max=4096
insmod /nbddiag/nbddiag.ko
check_eq "nbd devices" "$(disks nbd)" 4096
rows "4096 idle nbd devices"

# 64 of them owe 4 requests each.
start_nbdtool_server "unix:$W/deaf" --stall-reads
owners=()
for ((i = 0; i < 64; i++)); do
	nbdtool nl-connect $i "unix:$W/deaf" >/dev/null
	start_logged aiotool 'setup 8' "open /dev/nbd$i" 'read 0 4' ready
	owners+=("$LOGGED")
done
wait_until 60 inflight_is nbd63 4
check_eq "with something outstanding" "$(outstanding)" 64
rows "64 of 4096 nbd devices that owe 4 requests each"
kill -USR2 "$SERVER"
wait_until 60 inflight_is nbd63 0
stop TERM "${owners[@]}"
for ((i = 0; i < 64; i++)); do
	nbdtool nl-disconnect $i
done
unload_nbddiag
