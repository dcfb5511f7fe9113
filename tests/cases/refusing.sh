#!/bin/bash
# desc: on an architecture that nobody has thought about nothing is read: it loads, and says so
# machines: bullseye
# timeout: 60
. tests/cases/lib.bash

# The module of /nbddiag/refusing was built with -DNBDDIAG_UNKNOWN_ARCHITECTURE; no processor of another kind is here.
load_nbd max_part=0 nbds_max=16
insmod /nbddiag/refusing/nbddiag.ko allow_cleanup=1
start_nbdtool_server "unix:$W/sock"
attach nbd0 "unix:$W/sock" --connections 2 --flags 0x101
hold nbd1
start_logged aiotool 'setup 64' ready
aio=$LOGGED

read_file layout
check_keys "layout" <<-EOF
	vmlinux_btf: -(unknown-architecture)
	nbd_btf: -(unknown-architecture)
EOF
check_num "layout: structures and members" "$(grep -cE '^(struct|member): ' <<<"$TEXT")" -gt 30
check_eq "layout: all have the reason" "$(grep -E '^(struct|member): ' <<<"$TEXT" | grep -vc ' status=unknown-architecture$')" 0
for device in nbd0 nbd1 nbd2; do
	read_file $device
	check_keys $device <<-EOF
		state: unknown
		state_reason: layout-unavailable
		attachable: -(layout-unavailable)
		generation: -(layout-unavailable)
	EOF
	printf '%s sockets 0123456789abcdef' $device >/sys/kernel/nbddiag/cleanup 2>/dev/null || :
	check_match "$device: the knob" "$(</sys/kernel/nbddiag/last)" '^reason: layout-unavailable$'
done
read_file devices
check_eq "devices" "$(key device | grep -c ' state=unknown attachable=-(layout-unavailable) ')" 16
for file in aio aio_scan; do
	read_file $file
	check_match "$file says that it misses something" "$TEXT" '^complete: no$'
	check_no_match "$file shows no context" "$TEXT" '^context: '
done
check_eq "said once in the log" "$(kmsg | grep -c 'nbddiag: foreign memory is not read on this architecture')" 1
stop TERM "$aio" "$HOLDER"
bounded 10 nbdtool disconnect /dev/nbd0
stop TERM "$CLIENT" "$SERVER"
end
