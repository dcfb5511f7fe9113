#!/bin/bash
# desc: nbd with structures in fifty random orders, with and without added members: each fact is true or unknown
# variants: random:50
# machines: bullseye bookworm
# timeout: 600
. tests/cases/orders.bash

ALL_KNOWN=0 ORDERS=0

# The seed is in the names, and printed by the run; NBDDIAG_SEED gives it again.
for order in $(cd /nbddiag/variants && echo random-*); do
	if [[ $(uname -r) = 5.10.* ]]; then
		look_briefly "$order" nbd.ko
	else
		look_briefly "$order" nbd-with-btf.ko
		check_eq "$order: source" "$SOURCE" btf
		check_eq "$order: with BTF nothing is unknown" "$UNKNOWN" 0
	fi
	ALL_KNOWN=$((ALL_KNOWN + KNOWN)) ORDERS=$((ORDERS + 1))
done
# Whoever says nothing says nothing false.
check_num "orders" $ORDERS -ge 10
check_num "facts known of all orders" $ALL_KNOWN -gt $((ORDERS * 20))
