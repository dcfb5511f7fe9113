#!/bin/bash
# desc: what reading costs when one process has set up 4096 devices and has them all open
# timeout: 900
# own-vm: yes
# kernel: maxcpus=1 rcu_nocbs=all
. tests/bench/held.bash

N=4096

load_nbd max_part=0 nbds_max=$N
insmod /nbddiag/nbddiag.ko
hasten_rcu 0
make_names 2600
measure 9 "free=$NBDDIAG/devices"
start_nbdtool_server "unix:$W/server" --deaf
nbdtool set-socks 0 $((N - 1)) "unix:$W/server" >"$W/daemon" &
wait_until 800 grep -q ready "$W/daemon" || die "not all are set up"
note "$SECONDS s"
hasten_rcu 1
read_file devices
check_eq "all are being set up" "$(key device | grep -c ' state=setup attachable=no ')" $N
measure 15 floor=/proc/net/unix "setup=$NBDDIAG/devices" "one=$NBDDIAG/nbd$((N - 1))"
row "\`devices\` of $N devices that one daemon has set up and has open" \
	"$(duration "${MEDIAN[setup]}" "${MIN[setup]}" "${MAX[setup]}")" '' -
row "… of $N free ones" "$(duration "${MEDIAN[free]}" "${MIN[free]}" "${MAX[free]}")" '' -
row "… for each device" "$(duration $((MEDIAN[setup] / N)))" "at most 100 µs" "$(is_met $((MEDIAN[setup] / N)) 100000)"
row "… the file of one of them" "$(duration "${MEDIAN[one]}" "${MIN[one]}" "${MAX[one]}")" '' -

trace_begin
config_lock_rows ", $N devices of one daemon" devices "nbd$((N - 1))"
for file in devices "nbd$((N - 1))"; do
	trace_file "$file" "spin spun spin_irq spun_irq"
	check_num "spinlocks seen for $file" "$(grep -c ^spin "$W/held")" -gt 0
	held "spinlocks held by a read of \`$file\`, $N devices of one daemon (preemption is off)" spin '\[nbddiag\]'
done
