#!/bin/bash
# desc: dangling, unmapped, cyclic and nonsense pointers: nothing faults, everything ends, unknown is said to be unknown
# timeout: 240
# also: bookworm: the oldest kernel with BTF of nbd
. tests/cases/lib.bash

HOSTILE=/sys/kernel/debug/nbddiag_hostile
PARAMETERS=/sys/module/nbddiag_hostile/parameters

# tests/hostile: nbddiag's own sources, and what lends them such pointers.
load_nbd max_part=0 nbds_max=1
# Slow is what would hang a host; this guest itself may be slow.
insmod /nbddiag/nbddiag_hostile.ko limit_ms=30000

# Each file is a group of tests, with a line for each.
groups=(pointers contexts requests symbols)
# Without BTF of nbd no device here proves the layout, so that nothing is followed in the first place.
[ ! -e /sys/kernel/btf/nbd ] || groups+=(sockets devices)
for group in "${groups[@]}"; do
	text=$(bounded 100 cat "$HOSTILE/$group") || fail "$group: no end"
	check_match "$group: there were tests" "$text" '^ok - .*: [0-9]+ bad pointers$|^ok - .* unknown'
	printf '%s\n' "$text"
done

# Another seed each time would be another test each time; these have no meaning.
echo 30 >$PARAMETERS/rounds
for seed in 1 2; do
	echo $seed >$PARAMETERS/seed
	bounded 100 cat $HOSTILE/random || fail "random: no end"
done

# usage: check_lent DEVICE EREGEX...      (what its file says)
check_lent() {
	local device=$1 text
	# Not all of 65536 sockets.
	text=$(bounded 30 sed -n 1,60p "$HOSTILE/lent/$device") || fail "$device: its file cannot be read"
	shift
	while [ $# -gt 0 ]; do
		check_match "$device: $1" "$text" "$1"
		shift
	done
}

unknown='-\([a-z-]+\)'
# Of sockets that could not be looked at there is no number.
no_config="^config_size_bytes: $unknown"
no_sockets="counted=$unknown dead=$unknown live=$unknown held=$unknown"
check_all_lent() {
	check_lent right '^state: opened' '^requests: inflight=0'
	check_lent no-config '^state: unknown' "^attachable: $unknown" "$no_config" "$no_sockets"
	check_lent no-socks '^state: unknown' '^state_reason: unreadable' "^sockets: total=5 .*$no_sockets"
	check_lent bad-socks '^state: unknown' '^state_reason: unreadable' "^socket: index=0 dead=$unknown" \
		"^socket: index=0 .* family=$unknown" "$no_sockets"
	check_lent countless '^state: unknown' "$no_sockets"
	check_lent negative '^state: unknown' "^num_connections: $unknown" "$no_sockets"
	check_lent not-sockets '^state: unknown' "^socket: index=7 .* family=$unknown"
	check_lent strange '^setup_task: gone'
	check_lent held '^consistent: no' '^lock_holder: gone' '^attachable: no' "^requests: $unknown"
	check_lent unlinked '^state: unknown' '^state_reason: layout-disproved' "$no_sockets" "$no_config" \
		"^kept_by: openers=0 receivers=$unknown netlink=$unknown" "^num_connections: $unknown" "^recv_threads: $unknown" \
		"^sockets: total=$unknown" "^peers_differing: $unknown"
	check_lent contradicting '^state: unknown' '^state_reason: changing'
}
[ ! -e /sys/kernel/btf/nbd ] || check_all_lent

check "the module can be removed" wait_until 10 rmmod nbddiag_hostile
end() { check "rmmod nbd" wait_until 15 rmmod nbd; }
end
