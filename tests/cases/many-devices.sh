#!/bin/bash
# desc: 1024 devices: files, one line each, and how long it takes
# timeout: 150
# own-vm: yes
. tests/cases/lib.bash

# A guest of its own, for removing so many disks takes nbd longer than everything else here.
load_nbd max_part=0 nbds_max=1024
check_eq "disks" "$(find /sys/block -name 'nbd*' | wc -l)" 1024
before=$(now_ns)
insmod /nbddiag/nbddiag.ko
after=$(now_ns)
note "loading took $(((after - before) / 1000000)) ms"
check_num "loading took (ns)" $((after - before)) -lt 15000000000
check_eq "files" "$(find "$NBDDIAG" -name 'nbd*' -type f | wc -l)" 1024

start_nbdtool_server "unix:$W/sock"
attach nbd1023 "unix:$W/sock" --connections 2 --flags 0x101
hold nbd512

read_timed devices
check_read_took "devices" 2000
check_eq "lines, in the order of the numbers" "$(key device | sed 's/^name=\([^ ]*\) .*/\1/')" "$(seq -f nbd%g 0 1023)"
check_eq "free devices" "$(key device | grep -c ' state=free attachable=yes ')" 1022
check_fields "the opened one" "$(device_line nbd512)" state=opened attachable=yes live=0 dead=0 config_refs=1
check_fields "the last one" "$(device_line nbd1023)" state=connected attachable=no live=2 dead=0 inflight=0 \
	config_refs=3 consistent=yes
read_file nbd1023
check_keys "the last one" <<-EOF
	index: 1023
	dev: $(cat /sys/block/nbd1023/dev)
	num_connections: 2
EOF
before=$(now_ns)
check "rmmod nbddiag" rmmod nbddiag
after=$(now_ns)
check_num "removing took (ns)" $((after - before)) -lt 15000000000
