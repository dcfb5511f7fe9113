#!/bin/bash
# desc: AIO contexts: idle ones, what they hold, whose they are, another pid namespace, polls
# timeout: 60
. tests/cases/aio.bash

# "aio" needs no nbd.
insmod /nbddiag/nbddiag.ko
check_nothing "at first"
load_nbd max_part=0 nbds_max=4

# What the kernel makes of max_reqs: a share for each processor, doubled, in whole pages.
slots_for() {
	local cpus n pages
	cpus=$(</sys/devices/system/cpu/possible)
	n=$((${cpus#*-} + 1))
	n=$((($1 > n * 4 ? $1 : n * 4) * 2 + 2))
	pages=$(((32 + n * 32 + 4095) / 4096))
	echo $(((pages * 4096 - 32) / 32))
}

threads_of() { sed -n 's/^Threads:[[:space:]]*//p' "/proc/$1/status"; }

three_contexts() {
	local i sizes=(128 1 4000)
	aio 'name an+"aio' 'threads 3' 'setup 128' 'setup 1' 'setup 4000' ready 'destroy 1' ready
	for i in 0 1 2; do
		check_eq "ring $i: slots" "$(made "$AIO" $i nr_events)" "$(slots_for "${sizes[i]}")"
	done
	check_eq "aio-nr" "$(</proc/sys/fs/aio-nr)" 4129
	read_aio
	check_head "idle" 3 0 0 0 0 0
	check_eq "idle: largest" "$(key largest)" "pid=$AIO comm=\"an \\\"aio\" contexts=3 max_reqs=4129"
	check_eq "idle: space" "$(key space)" \
		"pid=$AIO comm=\"an \\\"aio\" threads=$(threads_of "$AIO") groups=1 contexts=3 max_reqs=4129 inflight=0 unreaped=0"
	check_eq "idle: threads" "$(threads_of "$AIO")" 4
	for i in 0 1 2; do
		check_context "idle" "$AIO" $i live 0 0 0
	done
	check_scan "idle"

	go_on "$AIO"
	read_aio
	check_eq "one destroyed: aio-nr" "$(</proc/sys/fs/aio-nr)" 4128
	check_head "one destroyed" 2 0 0 0 0 0
	check_context "one destroyed" "$AIO" 0 live 0 0 0
	check_context "one destroyed" "$AIO" 2 live 0 0 0
	stop TERM "$AIO"
	check_nothing "ended"
}

# Requests which no block device owes, and which a kill cancels.
polls() {
	local id
	aio 'setup 16' 'setup 16' 'poll 1 6' ready
	id=$(made "$AIO" 1 user_id)
	read_aio
	check_head "polls" 2 0 0 6 0 0
	check_context "polls" "$AIO" 0 live 0 0 0
	check_context "polls" "$AIO" 1 live 6 0 0
	check_fields "polls: space" "$(space_line "$AIO")" inflight=6 unreaped=0
	check_eq "polls: who owes them" "$(owed_by_line "$AIO" "$id")" "pid=$AIO user_id=$id requests=6 -(no-block-device)"
	check_eq "polls: candidates" "$(candidate_lines "$AIO" "$id")" ""
	check_scan "polls"
	stop KILL "$AIO"
	check_nothing "polls killed"
}

# A process that is number 1 in a namespace of its own, read from outside and from inside.
other_namespace() {
	local outer pid text
	aio 'setup 8' ready
	outer=$AIO
	start_logged unshare -p -f aiotool 'setup 64' ready
	pid=$(pgrep -P "$LOGGED")
	check_eq "its own number" "$(made "$LOGGED" 0 pid)" 1
	read_aio
	check_head "two namespaces" 2 0 0 0 0 0
	LOG[pid]=${LOG[LOGGED]}
	check_fields "outside" "$(space_line "$outer")" contexts=1 max_reqs=8
	check_fields "inside" "$(space_line "$pid")" contexts=1 max_reqs=64 threads=1
	check_context "inside" "$pid" 0 live 0 0 0
	text=$(without_time)
	TEXT=$(bounded 10 unshare -p -f cat "$NBDDIAG/aio")
	check_eq "read in a third namespace" "$(without_time)" "$text"
	stop TERM "$outer" "$pid"
	wait_gone "$LOGGED"
	check_nothing "both ended"
}

three_contexts
polls
other_namespace
end
