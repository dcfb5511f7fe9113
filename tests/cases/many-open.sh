#!/bin/bash
# desc: a process with 512 devices open that set all of them up: looked at once per read
# timeout: 90
# own-vm: yes
. tests/cases/lib.bash

# Each device's state depends on whether the task that gave its socket has it open. To look at all its files for each
# of them is n * n; how many are looked at is counted by kprobes on the functions that look at one.
N=512
T=/sys/kernel/tracing
[ -d $T/events ] || mount -t tracefs tracefs $T
load_nbd max_part=0 nbds_max=$N
# shellcheck disable=SC2119
load_nbddiag
prove_layout needed

LOOKERS=(is_device look_at_file call_for_one)
probes=()
for function in "${LOOKERS[@]}"; do
	grep -q " $function"$'\t'"\\[nbddiag\\]" /proc/kallsyms || continue
	echo "p:looks_$function nbddiag:$function" >>$T/kprobe_events
	echo 1 >"$T/events/kprobes/looks_$function/enable"
	probes+=("looks_$function")
done
check_num "functions that look at a file" ${#probes[@]} -gt 0

# Since the last call. Sets LOOKS.
LOOKS_BEFORE=0
count_looks() {
	local now
	now=$(awk '$1 ~ /^looks_/ { n += $2 } END { print n + 0 }' $T/kprobe_profile)
	LOOKS=$((now - LOOKS_BEFORE)) LOOKS_BEFORE=$now
}

start_nbdtool_server "unix:$W/sock"
start_logged nbdtool set-socks 0 $((N - 1)) "unix:$W/sock"
daemon=$LOGGED
count_looks
read_file devices
count_looks
note "devices: $LOOKS files looked at"
check_eq "all are being set up" "$(key device | grep -c ' state=setup attachable=no ')" $N
check_num "files looked at" "$LOOKS" -lt $((4 * N))
check_num "files looked at, at all" "$LOOKS" -ge $N

read_file nbd$((N - 1))
check_fields "the last one" "$(key setup_task)" "pid=$daemon" has_device_open=yes
count_looks
check_num "files looked at for one device" "$LOOKS" -lt $((3 * N))

# It closes one half of them, and lives, with the sockets. Some others hold a few of these devices: whether they are
# being set up is looked at anew for each, but not for so many that it would take long.
for i in {1..20}; do hold nbd$((N - i)); done
kill -USR1 "$daemon"
wait_until 20 grep -q '^closed' "${LOG[daemon]}"
count_looks
read_file devices
count_looks
note "devices, one half closed: $LOOKS files looked at"
check_eq "those that it has" "$(key device | grep -c ' state=setup attachable=no ')" $((N / 2))
check_eq "those that others hold" "$(key device | grep -c ' state=unknown attachable=no ')" 20
check_num "files looked at" "$LOOKS" -lt $((12 * N))
check_fields "one that nobody has" "$(device_line nbd$((N / 2)))" state=free
for i in 1 20; do
	read_file nbd$((N - i))
	check_keys "the file of one, $i" <<<"state_reason: starter-gone-sockets-held"
	check_fields "the file of one, $i" "$(key setup_task)" "pid=$daemon" has_device_open=no
done

for probe in "${probes[@]}"; do
	echo 0 >"$T/events/kprobes/$probe/enable"
	echo "-:$probe" >>$T/kprobe_events
done
