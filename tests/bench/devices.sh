#!/bin/bash
# desc: how the time to read devices grows with their number; what loading and each device cost
# timeout: 900
# own-vm: yes
. tests/bench/lib.bash

# Bytes in all caches of the slab allocator, counted by objects, and pages of vmalloc.
slab_bytes() { awk 'NR > 2 { sum += $2 * $4 } END { print sum }' /proc/slabinfo; }

# Frees what others' freeing and RCU have left over, so that a difference is the module's.
settle() {
	echo 1 >/proc/sys/vm/drop_caches
	sleep 3
}

# usage: load_rows DEVICES LOADING-NS MODULE-BYTES SLAB-BYTES
load_rows() {
	row "loading with $1 devices" "$(duration "$2")" '' -
	[ "$1" -lt 4096 ] || row "memory: the module; each of $1 devices" "$3 bytes; $(($4 / $1)) bytes" '' -
}

hasten_rcu 0
for n in 16 64 256 1024 4096; do
	load_nbd max_part=0 nbds_max="$n"
	settle
	before=$(slab_bytes)
	cost 1 insmod /nbddiag/nbddiag.ko
	load=$WALL
	settle
	grown=$(($(slab_bytes) - before))
	module=$(awk '$1 == "nbddiag" { print $2 }' /proc/modules)
	read_file devices
	check_eq "$n devices" "$(key device | wc -l)" "$n"
	measure 9 "$n=$NBDDIAG/devices"
	point devices "$n"
	note "$n devices: module $module, slab $grown"
	load_rows "$n" "$load" "$module" "$grown"
	cost 1 rmmod nbddiag
	[ "$n" = 4096 ] || rmmod nbd
	note "$SECONDS s"
done

# What the reader adds to what the module needs: a quarter of them are connected, or all are asked for.
# usage: reader_row WHAT COMMAND...
reader_row() {
	local what=$1 module
	shift
	cost 9 cat "$NBDDIAG/devices"
	module=$CPU
	cost 9 "$@"
	row "4096 devices, 1024 of them connected: $what" "$(duration "$CPU"), to $(duration "$module") of \`cat devices\`" \
		"at most 2 times" "$(is_met "$(awk -v a="$CPU" -v b="$module" 'BEGIN { print a / b }')" 2)"
}

hasten_rcu 1
insmod /nbddiag/nbddiag.ko
make_devices 0 1023
read_file devices
check_eq "connected devices" "$(key device | grep -c ' state=connected ')" 1024
reader_row "\`nbddiag\`" nbddiag
reader_row "\`nbddiag list --all\`" nbddiag list --all
