#!/bin/bash
# desc: nbd with structures in fifty random orders, with and without added members: each fact is true or unknown
# variants: random:50
# machines: bullseye bookworm
# timeout: 600
. tests/cases/orders.bash

ORDERS=0

# The seed is in the names, and printed by the run; NBDDIAG_SEED gives it again.
for order in $(cd /nbddiag/variants && echo random-*); do
	if [[ $(uname -r) = 5.10.* ]]; then
		# No mirror is like it. What is like one at first must not be taken for it.
		look_briefly "$order" nbd.ko
	else
		look_briefly "$order" nbd-with-btf.ko
		check_eq "$order: source" "$SOURCE" btf
		check_eq "$order: with BTF nothing is unknown" "$UNKNOWN" 0
		check_num "$order: with BTF facts are known" "$KNOWN" -gt 50
	fi
	ORDERS=$((ORDERS + 1))
done
check_num "orders" $ORDERS -ge 5
