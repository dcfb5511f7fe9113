#!/bin/bash
# desc: BTF of nbd from a file that the host has made of its debug symbols: used where it is right, refused where it is not
# variants: stock olk-5.10
# machines: bullseye
# timeout: 120
. tests/cases/orders.bash

V=/nbddiag/variants

# usage: check_file NAME NBD FILE STATE SOURCE
check_file() {
	load_order "$2" nbd.ko nbd_btf="$3"
	read_file layout
	check_keys "$1" <<-EOF
		nbd_btf: -(absent)
		nbd_btf_file: $4
	EOF
	check_match "$1: source" "$(key struct)" "^name=nbd_device source=$5 "
	unload_order
}

for order in stock olk-5.10; do
	look_briefly $order nbd.ko nbd_btf=$V/$order/nbd.btf
	check_eq "$order: source" "$SOURCE" btf-file
	check_eq "$order: with its BTF nothing is unknown" "$UNKNOWN" 0
	check_num "$order: the knob worked" "$FREED" -ge 1
done
check_file "its own" stock $V/stock/nbd.btf ok btf-file
check_file "none" stock "" - 'mirror-.*'
check_file "absent" stock "$W/none" '-(absent)' 'mirror-.*'
head -c 3000 $V/stock/nbd.btf >"$W/cut"
check_file "truncated" stock "$W/cut" '-(error-22)' 'mirror-.*'
head -c 5000 /dev/urandom >"$W/garbage"
check_file "garbage" stock "$W/garbage" '-(error-93)' 'mirror-.*'
check_file "a directory" stock "$W" '-(error-22)' 'mirror-.*'
check_file "of vmlinux" stock $V/own.vmlinux.btf '-(no-struct)' 'mirror-.*'

# Of the same sizes, so that only a device can tell.
look_briefly olk-5.10 nbd.ko nbd_btf=$V/stock/nbd.btf
check_eq "another nbd's: source" "$SOURCE" -
check_match "another nbd's: the log" "$(kernel_says)" 'nbd_btf: .* is not of this nbd'
look_briefly stock nbd.ko nbd_btf=$V/olk-5.10/nbd.btf
check_eq "another nbd's, the other way: source" "$SOURCE" -
