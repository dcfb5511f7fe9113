#!/bin/bash
# desc: AIO: completed and unreaped events, and rings that their process has spoiled
# timeout: 90
# also: bookworm trixie: where an address space of pages keeps its context: private_data, i_private_data, elsewhere
. tests/cases/aio.bash

begin
serve nbd0
serve nbd1
stall nbd1

# A head is what the process says that it has taken; five events were completed, so only 0 to 5 are possible.
# usage: check_head_value WHAT FIGURE... (the figures that are possible)
check_head_value() {
	local what=$1 line figure
	shift
	read_aio
	line=$(context_line "$AIO" "$(made "$AIO" 0 user_id)")
	check_fields "$what" "$line" state=live max_reqs=16 "nr_events=$slots" inflight=2 owed=2
	figure=$(field "$line" unreaped)
	check_match "$what: unreaped=$figure" "$figure" "^($(IFS='|'; echo "$*"))\$"
	figure=$(field "$line" free)
	check_num "$what: free" "$figure" -ge 0
	check_num "$what: free" "$figure" -lt "$slots"
	# The other one is not concerned.
	check_context "$what" "$AIO" 1 live 1 3 1
	check_keys "$what" <<<"inflight: 3"
}

slots=127
hostile=(4294967295 4294967294 2147483648 2147483647 126 6 7 64)
# These are other writings of 0 to 5, or nothing that makes sense.
doubtful=(127 128 254 $((127 * 1000)))
steps=()
for value in 3 5 "${hostile[@]}" "${doubtful[@]}"; do
	steps+=("head 0 $value" ready)
done
aio 'setup 16' 'setup 16' 'open /dev/nbd0' 'read 0 5' 'completed 0 5' 'read 1 3' 'completed 1 3' \
	close 'open /dev/nbd1' 'read 0 2' 'read 1 1' ready 'reap 0 2' ready "${steps[@]}" \
	'head 0 2' 'reap 0 3' ready 'scribble 0' ready
check_eq "slots" "$(made "$AIO" 0 nr_events)" $slots
wait_inflight nbd1 3
read_aio
check_head "completed" 2 0 0 3 8 0
check_context "completed" "$AIO" 0 live 2 5 2
check_context "completed" "$AIO" 1 live 1 3 1
check_scan "completed"

go_on "$AIO"
read_aio
check_head "two were reaped" 2 0 0 3 6 0
check_context "two were reaped" "$AIO" 0 live 2 3 2

# Processes may take events without asking the kernel.
go_on "$AIO"
check_head_value "the process took one" 2
check_context "the process took one" "$AIO" 0 live 2 2 2
go_on "$AIO"
check_head_value "the process took all" 0
check_context "the process took all" "$AIO" 0 live 2 0 2

for value in "${hostile[@]}"; do
	go_on "$AIO"
	check_head_value "head $value" '-\(bad-head\)'
	check_keys "head $value" <<<"unreaped: 3"
done
for value in "${doubtful[@]}"; do
	go_on "$AIO"
	check_head_value "head $value" '-\(bad-head\)' 0 1 2 3 4 5
done

go_on "$AIO"
read_aio
check_head "all was reaped" 2 0 0 3 3 0
check_context "all was reaped" "$AIO" 0 live 2 0 2
go_on "$AIO"
check_head_value "all is spoiled" '-\(bad-head\)'

# What the kernel waits for does not depend on it.
kill_until_stuck "$AIO"
wait_until 10 says aio "waiters: 1" || :
read_aio
check_fields "killed: waiter" "$(waiter_line "$STUCK")" "tgid=$AIO" not_drained=2 contexts=2
check_keys "killed" <<-EOF
	contexts: live=0 dying=2 ownerless=0
	inflight: 3
EOF
check_context "killed" "$AIO" 1 dying 1 3 1
check_fields "killed" "$(context_line "$AIO" "$(made "$AIO" 0 user_id)")" state=dying inflight=2 owed=2 'unreaped=-(bad-head)'
check_scan "killed"
answer nbd1
wait_gone "$AIO"
check_nothing "ended"
unserve nbd0
unserve nbd1
end
