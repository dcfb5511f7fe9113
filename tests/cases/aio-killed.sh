#!/bin/bash
# desc: exit_aio(): killed with requests in flight, also with a zombie leader; two at once; loaded after the hang
# timeout: 90
# also: bookworm trixie: the mappings of a dying address space are a maple tree from 6.1 on
. tests/cases/aio.bash

# nbddiag comes only when all of it has happened, as on a host that is already in trouble.
load_nbd max_part=0 nbds_max=4
serve nbd0
serve nbd1

# One process and nothing else on the system that uses AIO.
alone() {
	stall nbd0
	aio_inflight nbd0 3 'setup 128' 'open /dev/nbd0' 'offset 8192' 'read 0 3' ready
	kill_until_stuck "$AIO"
	check_eq "alone: where it sleeps" "$(function_of "$STUCK")" exit_aio
	sleep 1
	insmod /nbddiag/nbddiag.ko

	read_aio
	check_head "alone" 0 1 0 3 0 1
	check_waiter "alone" "$AIO" "tid=$AIO" 'comm="aiotool"' sleeps_in=exit_aio not_drained=1 contexts=1 'exe="aiotool"'
	check_context "alone" "$AIO" 0 dying 3 0 3
	check_owed "alone" "$AIO" 0 nbd0 read 4096 "16 32 48" "$BEGUN" "$SENT"
	check_eq "alone: nothing else" "$(key space)$(key owed_by)$(key candidate)$(key largest)" ""
	check_scan "alone"
	check_device "alone" nbd0 "$AIO" "$(made "$AIO" 0 user_id)" 3
	sleep 1
	read_aio
	check_waiter "alone, later" "$AIO"

	answer nbd0
	wait_gone "$AIO"
	check_nothing "alone"
}

# The leader has ended before the kill; of three contexts one is idle, and one has an event that nobody took.
zombie_leader() {
	local i
	aio 'setup 64' 'setup 32' 'setup 16' 'open /dev/nbd0' 'read 2 1' 'completed 2 1' leader-exit 'name last+thread' \
		ready 'read 0 3' 'read 2 2' ready
	check_eq "zombie leader" "$(proc_state "$AIO")" Z
	stall nbd0
	read_aio
	check_head "leader has ended" 3 0 0 0 1 0
	check_context "leader has ended" "$AIO" 2 live 0 1 0
	go_on "$AIO"
	wait_inflight nbd0 5
	kill_until_stuck "$AIO"
	check_eq "zombie leader: the thread in D" "$STUCK" "$(said "$AIO" thread tid)"
	# The idle one needs only what RCU takes.
	wait_until 10 says aio "not_drained=2 contexts=2" || :
	read_aio
	check_head "zombie leader" 0 2 0 5 1 1
	check_waiter "zombie leader" "$AIO" 'comm="last thread"' sleeps_in=exit_aio not_drained=2 contexts=2 'exe="aiotool"'
	check_context "zombie leader" "$AIO" 0 dying 3 0 3
	check_context "zombie leader" "$AIO" 2 dying 2 1 2
	check_scan "zombie leader"
	for i in 0 2; do
		check_device "zombie leader" nbd0 "$AIO" "$(made "$AIO" $i user_id)" $((i ? 2 : 3))
	done
	answer nbd0
	wait_gone "$AIO"
	check_nothing "zombie leader"
}

# Two processes and one with a hanging io_destroy(), with different numbers of requests on two devices.
at_once() {
	local one two other id
	stall nbd0
	stall nbd1
	aio 'name one' 'setup 16' 'open /dev/nbd0' 'read 0 3' ready
	one=$AIO
	aio 'name two' 'threads 3' 'setup 32' 'setup 64' 'open /dev/nbd1' 'offset 1048576' 'read 0 4' 'read 1 1' ready
	two=$AIO
	aio 'name other' 'setup 8' 'setup 128' 'open /dev/nbd0' 'offset 2097152' 'read 0 2' 'thread destroy 0' ready
	other=$AIO
	wait_inflight nbd0 5
	wait_inflight nbd1 5
	wait_stuck "$other"
	kill_until_stuck "$one"
	KILLED_ONE=$KILLED SEEN_ONE=$STUCK_SEEN
	sleep 1
	kill_until_stuck "$two"

	read_aio
	check_head "at once" 1 4 0 10 0 3
	# Which thread of the second ends last is not known before.
	check_waiter "at once: two" "$two" sleeps_in=exit_aio not_drained=2 contexts=2 'exe="aiotool"' \
		"comm=\"$(<"/proc/$two/task/$STUCK/comm")\""
	find_stuck "$one"
	KILLED=$KILLED_ONE STUCK_SEEN=$SEEN_ONE
	check_waiter "at once: one" "$one" "tid=$one" 'comm="one"' sleeps_in=exit_aio not_drained=1 contexts=1 'exe="aiotool"'
	find_stuck "$other"
	get_line waiter "tid=$STUCK "
	check_fields "at once: other" "$LINE" "tgid=$other" state=D "sleeps_in=$(function_of "$STUCK")" not_drained=1 contexts=1 exe=-
	check_context "at once: one" "$one" 0 dying 3 0 3
	check_context "at once: two" "$two" 0 dying 4 0 4
	check_context "at once: two" "$two" 1 dying 1 0 1
	check_context "at once: other" "$other" 0 dying 2 0 2
	check_context "at once: other" "$other" 1 live 0 0 0
	check_eq "at once: the only space" "$(key space)" \
		"pid=$other comm=\"other\" threads=2 groups=1 contexts=1 max_reqs=128 inflight=0 unreaped=0"
	check_scan "at once"
	check_device "at once" nbd0 "$one" "$(made "$one" 0 user_id)" 3
	check_device "at once" nbd0 "$other" "$(made "$other" 0 user_id)" 2
	check_device "at once" nbd1 "$two" "$(made "$two" 0 user_id)" 4
	check_device "at once" nbd1 "$two" "$(made "$two" 1 user_id)" 1

	# One device answers: what waits for the other stays.
	answer nbd0
	wait_gone "$one"
	wait_until 10 says aio "contexts: live=1 dying=2 ownerless=0" || :
	read_aio
	check_head "one answers" 1 2 0 5 0 1
	check_context "one answers" "$two" 0 dying 4 0 4
	check_context "one answers" "$two" 1 dying 1 0 1
	check_eq "one answers: the waiter" "$(key waiter | values tgid)" "$two"
	stop TERM "$other"
	answer nbd1
	wait_gone "$two"
	check_nothing "at once"
}

# Forty at once, forked by one, so that the addresses of all their contexts are the same.
crowd() {
	local pids
	stall nbd0
	aio_inflight nbd0 40 'fork 40' 'setup 16' 'setup 8' 'open /dev/nbd0' 'read 0 1' ready
	pids=$(sed -n 's/^context: pid=\([0-9]*\) index=0 .*/\1/p' "${LOG[$AIO]}" | sort)
	check_eq "crowd: how many" "$(wc -l <<<"$pids")" 40
	# shellcheck disable=SC2086
	kill -KILL $pids
	wait_until 30 says aio "contexts: live=0 dying=40 ownerless=0" || :
	read_aio
	check_head "crowd" 0 40 0 40 0 40
	check_eq "crowd: waiters" "$(key waiter | values tid | sort)" "$pids"
	check_eq "crowd: each waits for its own" "$(grep -A 1 '^waiter: ' <<<"$TEXT" | grep '^context: ' | values pid | sort)" "$pids"
	check_eq "crowd: one context each" "$(key waiter | grep -c ' sleeps_in=exit_aio not_drained=1 contexts=1 exe="aiotool"$')" 40
	check_eq "crowd: one request each" "$(key context | grep -c ' max_reqs=16 .* inflight=1 .* owed=1 ')" 40
	check_eq "crowd: of whom" "$(key owed | values pid | sort)" "$pids"
	check_scan "crowd"
	answer nbd0
	stop TERM "$AIO"
	check_nothing "crowd"
}

# The stacks of the second ones have held the address space of the first one, which is dying as well when they do.
remembered() {
	local first page pids pid
	aio 'name first' 'setup 64' 'open /dev/nbd0' 'map /dev/nbd1' ready 'read 0 5' ready
	first=$AIO
	page=$(said "$first" mapped page)
	stall nbd0
	go_on "$first"
	aio_inflight nbd0 21 'name second' 'fork 8' 'setup 16' 'open /dev/nbd0' 'offset 1048576' 'read 0 2' "peek $first $page" ready
	pids=$(sed -n 's/^context: pid=\([0-9]*\) index=0 .*/\1/p' "${LOG[$AIO]}" | sort)
	kill_until_stuck "$first"
	# shellcheck disable=SC2086
	kill -KILL $pids
	wait_until 30 says aio "contexts: live=0 dying=9 ownerless=0" || :
	read_aio
	check_head "remembered" 0 9 0 21 0 9
	check_context "remembered" "$first" 0 dying 5 0 5
	check_waiter "remembered" "$first" "tid=$first" not_drained=1 contexts=1
	for pid in $pids; do
		check_fields "remembered: waiter $pid" "$(waiter_line "$pid")" "tgid=$pid" 'comm="second"' not_drained=1 contexts=1
	done
	check_eq "remembered: each waits for its own" "$(key context | values pid | sort | xargs)" \
		"$(printf '%s\n' "$pids" "$first" | sort | xargs)"
	check_scan "remembered"
	answer nbd0
	wait_gone "$first"
	stop TERM "$AIO"
	check_nothing "remembered"
}

alone
zombie_leader
at_once
crowd
remembered
unserve nbd0
unserve nbd1
end
