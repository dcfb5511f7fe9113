#!/bin/bash
# desc: what it costs to read a wedged device, and a host of 256 devices, against /proc/net/unix and drgn
# timeout: 900
# own-vm: yes
. tests/bench/lib.bash

# usage: read_row WHAT NAME
read_row() {
	row "$1, ${BYTES[$2]} bytes" "$(duration "${MEDIAN[$2]}" "${MIN[$2]}" "${MAX[$2]}")" '' -
	row "… per byte, to /proc/net/unix" "${RATIO[$2]} (${LEAST[$2]}–${MOST[$2]}) times" "at most ${3:-2}" \
		"$(is_met "${RATIO[$2]}" "${3:-2}")"
}

# drgn, in the root of its disk.
drgn=(chroot /mnt python3 /usr/bin/drgn -q -s "/usr/lib/debug/boot/vmlinux-$(uname -r)"
	-s "/usr/lib/debug/lib/modules/$(uname -r)/kernel/drivers/block/nbd.ko" /nbddiag/tests/bench/facts.py)

mount_drgn() {
	mount -t ext4 -o ro /dev/vdb /mnt
	mount --bind /proc /mnt/proc
	mount --rbind /sys /mnt/sys
	mount --bind /nbddiag /mnt/nbddiag
}

# The same facts in both ways, by processes from start to end; and what drgn's start takes of it.
# usage: compare_with_drgn WHAT FACTS FILE...
compare_with_drgn() {
	local what=$1 facts=$2 start ours our_rss
	shift 2
	cost 2 "${drgn[@]}" none
	start=$WALL
	cost 9 cat "$@"
	ours=$WALL our_rss=$RSS
	cost 2 "${drgn[@]}" "$facts"
	row "$what: drgn" "$(duration "$WALL"), of it $(duration "$start") to start; $((RSS / 1024)) MiB" '' -
	row "… cat" "$(duration "$ours"), $((WALL / ours)) times faster; $our_rss KiB" "at least 100 times" \
		"$(is_met $((ours * 100)) "$WALL")"
}

load_nbd max_part=0 nbds_max=256
insmod /nbddiag/nbddiag.ko
hasten_rcu 0
make_sockets nbd101 1311
make_devices 0 100
make_devices 102 240
make_contexts 10 96
make_names 2600
hasten_rcu 1
read_file devices
check_eq "connected devices" "$(key device | grep -c ' state=connected ')" 240
check_eq "sockets of all devices" "$(cat "$NBDDIAG"/nbd* | grep -c '^socket: ')" 1551
read_file aio
check_keys "contexts" <<<"contexts: live=960 dying=0 ownerless=0"

measure 25 floor=/proc/net/unix one="$NBDDIAG/nbd101" all="$NBDDIAG/{nbd*,aio}" devices="$NBDDIAG/devices" \
	aio="$NBDDIAG/aio" deep="$NBDDIAG/aio_scan"
read_row "a device with 1311 sockets" one
read_row "256 devices with 1551 sockets, and 960 contexts" all
for name in devices aio deep; do
	row "… \`${name/deep/aio_scan}\` alone, ${BYTES[$name]} bytes" \
		"$(duration "${MEDIAN[$name]}" "${MIN[$name]}" "${MAX[$name]}")" '' -
done
if [ -e /dev/vdb ]; then
	mount_drgn
	check_eq "drgn sees the sockets" "$("${drgn[@]}" all | grep -c '^ socket ')" 1551
	check_eq "drgn sees the contexts" "$("${drgn[@]}" aio | grep -c '^ context ')" 960
	compare_with_drgn "1311 sockets" nbd101 "$NBDDIAG/nbd101"
	compare_with_drgn "all" everything "$NBDDIAG"/nbd* "$NBDDIAG/aio"
fi
