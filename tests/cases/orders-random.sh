#!/bin/bash
# desc: nbd with structures in fifty random orders, with and without added members: each fact is true or unknown
# variants: random:50
# machines: bullseye
# timeout: 600
. tests/cases/orders.bash

# The seed is in the names, and printed by the run; NBDDIAG_SEED gives it again.
for order in $(cd /nbddiag/variants && echo random-*); do
	look_briefly "$order" nbd.ko
done
