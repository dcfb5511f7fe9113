#!/bin/bash
# desc: how the time to read aio grows with the AIO contexts
# timeout: 300
# own-vm: yes
. tests/bench/lib.bash

no_contexts() { [ "$(</proc/sys/fs/aio-nr)" = 0 ]; }

load_nbd max_part=0 nbds_max=16
insmod /nbddiag/nbddiag.ko
for n in 10 100 1000 10000; do
	make_contexts 10 $((n / 10))
	read_file aio
	check_keys "$n contexts" <<<"contexts: live=$n dying=0 ownerless=0"
	measure 9 "$n=$NBDDIAG/aio"
	point contexts "$n"
	pkill aiotool
	wait_until 20 no_contexts || die "contexts stay"
done
unload_nbddiag
rmmod nbd
