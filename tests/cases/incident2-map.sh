#!/bin/bash
# desc: incident 2 as it was: a map over iSCSI without a path, its target stopped, its user killed; one command says it all
# timeout: 240
# own-vm: yes
# expect-kmsg: I/O error|blocked for more than|Call Trace|detected conn error|session recovery timed out
. tests/cases/aiotool.bash

TARGET=iqn.2026-11.test:volume

# It listens on each address of the host: two of them are two paths. Sets TGTD.
serve_target() {
	truncate -s 64M "$W/volume"
	tgtd
	wait_until 20 tgtadm --lld iscsi --op show --mode sys >/dev/null
	tgtadm --lld iscsi --op new --mode target --tid 1 --targetname $TARGET
	tgtadm --lld iscsi --op new --mode logicalunit --tid 1 --lun 1 --backing-store "$W/volume"
	tgtadm --lld iscsi --op bind --mode target --tid 1 --initiator-address ALL
	TGTD=$(pgrep -x tgtd | head -n 1)
}

# Whoever waits for the target gives up after a second, so that the map decides.
log_in() {
	local address
	modprobe -a iscsi_tcp sd_mod
	mkdir -p /etc/iscsi /run/lock/iscsi
	echo "InitiatorName=iqn.2026-11.test:host" >/etc/iscsi/initiatorname.iscsi
	sed -i -E 's/^(node\.session\.timeo\.replacement_timeout|node\.conn\[0\]\.timeo\.noop_out_(interval|timeout)) *=.*/\1 = 1/' \
		/etc/iscsi/iscsid.conf
	iscsid
	for address in 127.0.0.1 127.0.0.2; do
		bounded 20 iscsiadm -m node -o new --targetname $TARGET --portal $address || die "no record of $address"
	done
	wait_until 60 logs_in || die "no login"
	wait_until 20 two_disks || die "there are not two disks"
}

# A server that was slow to answer is asked again.
logs_in() { bounded 20 iscsiadm -m node --targetname "$TARGET" --login || two_disks; }

disks() { (cd /sys/block && ls -d sd* 2>/dev/null) || :; }
two_disks() { [ "$(disks | wc -l)" = 2 ]; }

# With udev, as multipath-tools ask it for the serial numbers of disks.
make_map() {
	/lib/systemd/systemd-udevd --daemon
	udevadm trigger --action=add --subsystem-match=block
	bounded 30 udevadm settle
	cat >/etc/multipath.conf <<-EOF
		defaults {
			user_friendly_names yes
			find_multipaths no
			no_path_retry queue
			polling_interval 1
		}
		blacklist {
			devnode "^(vd|nbd|loop|ram)"
		}
	EOF
	modprobe dm_multipath
	multipathd
	wait_until 30 has_map || die "there is no map"
	MAP=$(dmsetup info -c --noheadings -o name --target multipath | head -n 1)
	MAP_DISK=dm-$(dmsetup info -c --noheadings -o minor "$MAP")
}

has_map() { dmsetup table --target multipath | grep -q ' multipath '; }
no_path() { [ "$(dmsetup status --target multipath | grep -oE '[0-9]+:[0-9]+ [AF]' | grep -c 'F$')" = 2 ]; }

# Whoever reads the map with native AIO, five requests at a time. Sets GUEST.
start_guest() {
	fio --name=guest --filename="/dev/$MAP_DISK" --ioengine=libaio --direct=1 --rw=randread --bs=4k --iodepth=5 \
		--time_based --runtime=1000 --invalidate=0 --eta=never >"$W/fio" 2>&1 &
	FIO=$!
	disown $FIO
	wait_until 20 has_guest || die "fio does not begin: $(<"$W/fio")"
}

# The process that fio forks for its job, once it has a context.
has_guest() { GUEST=$(pgrep -P "$FIO") && grep -q "/\[aio\]" "/proc/$GUEST/maps"; }

modprobe dm_mod
load_nbddiag
serve_target
log_in
make_map
start_guest
kill -STOP "$TGTD"
wait_until 60 no_path || die "the map still has a path: $(dmsetup status)"
# With its parent, which some versions of fio let crash then.
kill -KILL "$FIO" "$GUEST"
wait_until 20 in_state "$GUEST" D || die "it ends"

read_file aio
context=$(key context)
check_fields "its context" "$context" "pid=$GUEST" inflight=5
check_eq "each request at the map" "$(key owed | grep -c " device=$MAP_DISK .* asked=$MAP_DISK .* state=no-path")" 5
read_file io
check_fields "the map" "$(line_of disk "device=$MAP_DISK")" kind=dm state=no-path valid_paths=0
check_eq "its failed paths" "$(key path | grep " state=failed" | grep -o ' device=[^ ]*' | sort)" "$(disks | sed 's/^/ device=/' | sort)"

# For tests/docs/capture.
[ -z "${CAPTURE:-}" ] || bounded 60 nbddiag capture /out/incident2-map/map-in-use.tar

OUT=$(bounded 30 nbddiag why --pid "$GUEST")
printf '%s\n' "$OUT"
check_match "one command: the process" "$OUT" "fio\\[$GUEST\\]"
check_match "one command: the map, and how many" "$OUT" "$MAP_DISK \\($MAP\\) owes 5"
for disk in $(disks); do
	check_match "one command: the failed path $disk" "$OUT" "$disk failed"
done

# With a path all goes on.
kill -CONT "$TGTD"
wait_until 60 is_gone "$GUEST"
check "with a path it ends" is_gone "$GUEST"
check "rmmod nbddiag" wait_until 10 rmmod nbddiag
