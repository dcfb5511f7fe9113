#!/bin/bash
# desc: nbd with the structures of other kernels: each fact is true or unknown, by mirror and by BTF
# variants: stock olk-5.10 5.15 stale
# machines: bullseye bookworm
# timeout: 240
. tests/cases/orders.bash

has_module_btf() { [[ $(uname -r) != 5.10.* ]]; }

for order in stock olk-5.10 5.15 stale; do
	look_at_all "$order" nbd.ko
	# By the end the one form is left that is right, or none.
	case "$order $(uname -r)" in
	"stock 5.10."* | "stale 5.10."*) check_eq "$order: the mirror that is left" "$SOURCE" mirror-5.10 ;;
	"olk-5.10 5.10."*) check_eq "$order: the mirror that is left" "$SOURCE" mirror-olk-5.10 ;;
	"5.15 5.10."*) check_eq "$order: the mirror that is left" "$SOURCE" mirror-5.15-bytes ;;
	"stock 6.1."* | "stale 6.1."*) check_eq "$order: the mirror that is left" "$SOURCE" mirror-6.1 ;;
	*) note "$order: the mirror that is left: $SOURCE" ;;
	esac
	case "$SOURCE $order $(uname -r)" in
	"mirror-5.15-bytes 5.15 5.10."*)
		# This nbd has no workqueue before the first start, other than 5.15: until then a pointer that is NULL and the
		# work behind it look like a second free lock.
		check_num "$order: facts known" "$KNOWN" -gt "$((UNKNOWN / 2))"
		check_num "$order: the knob worked" "$FREED" -ge 1
		;;
	mirror-*)
		check_num "$order: facts known" "$KNOWN" -gt "$((UNKNOWN * 4))"
		check_num "$order: the knob worked" "$FREED" -ge 1
		;;
	esac
	[ "$order" != stale ] || continue
	look_briefly "$order" nbd.ko use_btf=N
	has_module_btf || continue
	look_briefly "$order" nbd-with-btf.ko
	check_eq "$order: source" "$SOURCE" btf
	check_eq "$order: with BTF nothing is unknown" "$UNKNOWN" 0
done
