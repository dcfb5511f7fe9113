#!/bin/bash
# desc: a device that nobody uses, or that is only open; who may read the files
# timeout: 60
. tests/cases/lib.bash

begin

check_modes() {
	local file
	for file in nbd0 nbd15 devices layout; do
		check_eq "mode and owner of $file" "$(stat -c '%a %u %g' "$NBDDIAG/$file")" "400 0 0"
		read_file "$file"
		check_eq "first line of $file" "$(head -n 1 <<<"$TEXT")" "format: 1"
	done
}

# Reached by another way, since nobody but root may enter debugfs itself.
check_nobody_reads() {
	local as_nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all)
	mkdir "$W/public"
	mount --bind "$NBDDIAG" "$W/public"
	check "root reads it there" bounded 5 cat "$W/public/nbd0"
	check "another user sees that it is there" "${as_nobody[@]}" ls "$W/public/nbd0"
	check_fails "another user reads a device" "${as_nobody[@]}" cat "$W/public/nbd0"
	check_fails "another user reads devices" "${as_nobody[@]}" cat "$W/public/devices"
	check_fails "another user reads layout" "${as_nobody[@]}" cat "$W/public/layout"
	umount "$W/public"
}

check_free() {
	check_state "$1" nbd3 free no-config yes free
	check_keys "$1" <<-EOF
		device: nbd3
		dev: $(cat /sys/block/nbd3/dev)
		consistent: yes
		lock_holder: -
		openers: 0
		config_refs: 0
		kept_by: -
		refs: 1
		index: 3
		capacity_bytes: $(capacity_of nbd3)
		block_size_bytes: $(cat /sys/block/nbd3/queue/logical_block_size)
		read_only: no
		device_flags: 0x0
		timeout_s: 0
		setup_task: -
		attached_task: -
		requests: inflight=0 oldest_age_ns=- shown=0
	EOF
	check_eq "$1: no sockets are shown" "$(key socket)" ""
}

# usage: check_opened WHAT NUMBER-OF-OPENERS
check_opened() {
	check_state "$1" nbd3 opened no-sockets yes opened-ioctl-only
	# A reference for existing, one for the configuration, one for each opener.
	check_keys "$1" <<-EOF
		openers: $2
		config_refs: $2
		kept_by: openers=$2 receivers=0 netlink=0
		refs: $((2 + $2))
		flags: 0x0
		runtime_flags: 0x0
		num_connections: 0
		live_connections: 0
		recv_threads: 0
		dead_conn_timeout_s: 0
		setup_task: -
		attached_task: -
		peers_agree: -
		sockets: total=0 counted=0 dead=0 live=0 held=0 shown=0
	EOF
	check_fields "$1: devices" "$(read_file devices; device_line nbd3)" "openers=$(opens_of nbd3)" \
		sockets=0 peer=- peers_named=0 peers_differing=0
}

# The claims about attaching, tried.
check_claims() {
	start_nbdtool_server "unix:$W/claims"
	check_fails "netlink refuses an open device" bounded 10 nbdtool nl-connect 3 "unix:$W/claims"
	attach nbd3 "unix:$W/claims"
	pass "ioctl attaches an open device"
	stop TERM "$CLIENT" "$SERVER"
}

check_modes
check_nobody_reads
check_eq "one line for each device" \
	"$(read_file devices; key device | while IFS= read -r line; do field "$line" name; done)" \
	"$(printf 'nbd%d\n' {0..15})"

check_free "never used"
check_fields "never used" "$(read_file devices; device_line nbd3)" \
	live=0 dead=0 inflight=0 oldest_age_ns=- config_refs=0 consistent=yes \
	"capacity_bytes=$(capacity_of nbd3)" openers=0 sockets=- peer=- peers_named=0 peers_differing=0 device_flags=0x0

hold nbd3
first=$HOLDER
check_eq "the device is open once" "$(opens_of nbd3)" 1
check_opened "opened" 1
hold nbd3
check_opened "opened twice" 2
stop TERM "$HOLDER"
check_opened "opened once again" 1
check_claims
stop TERM "$first"
check_free "closed"
end
