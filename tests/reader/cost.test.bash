# shellcheck shell=bash disable=SC2153
# How many files are opened does not grow faster than the host.

# Sets OPENED. usage: count_opens ARGUMENT...
count_opens() {
	rm -f "$WORK/opened"
	FAULT_COUNT=$WORK/opened LD_PRELOAD=$BUILD/faultlib.so ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 \
		READER_SECONDS=60 run_reader --root "$TREE" "$@"
	OPENED=$(cat "$WORK/opened" || echo 0)
}

# A process has each of many devices open. usage: with_devices NUMBER
with_devices() {
	local dir=$DEBUGFS i
	copy_tree incident2
	for ((i = 200; i < 200 + $1; i++)); do
		mkdir "$TREE/sys/block/nbd$i"
		echo "43:$i" >"$TREE/sys/block/nbd$i/dev"
		echo "9 43:$i 0100002 /dev/nbd$i"
	done >>"$TREE/proc/461/task/461/fd.rdev"
	sed -i "s/^request: \(.*\) age_ns=[0-9]*/request: \1 age_ns=100000000000/; s/oldest_age_ns=[0-9]*/oldest_age_ns=100000000000/" \
		"$TREE/$dir/nbd101" "$TREE/$dir/devices"
}

# usage: grows_with_devices LIMIT ARGUMENT...
grows_with_devices() {
	local limit=$1 few
	shift
	with_devices 10
	count_opens "$@"
	few=$OPENED
	with_devices 110
	count_opens "$@"
	check "$*: files opened" [ "$few" -gt 10 ]
	check "$*: files opened for each device more: $(((OPENED - few) / 100)), $limit at most" \
		[ $(((OPENED - few) / 100)) -le "$limit" ]
}

# The files of the whole host are read once for all devices; of each its own, who serves it, and of the server state, name, threads and cgroup.
all_devices() {
	local few n
	with_devices 0
	count_opens check --all
	few=$OPENED
	for n in {1..20}; do
		sed "s/^device: nbd101/device: nbd$n/; s/^index: 101/index: $n/" "$TREE/$DEBUGFS/nbd101" >"$TREE/$DEBUGFS/nbd$n"
	done
	count_opens check --all
	check "check --all: files opened for each device more: $(((OPENED - few) / 20)), 6 at most" [ $(((OPENED - few) / 20)) -le 6 ]
}

# On the host itself, a disk that a process has open is looked up once, however many nbd devices are in use. The process is
# this one, with a disk of the host open.
open_disk_of_host() {
	local disk few i n
	for disk in /sys/block/*; do
		rm -f "$WORK/disk"
		mknod "$WORK/disk" b "$(cut -d : -f 1 "$disk/dev")" "$(cut -d : -f 2 "$disk/dev")" 2>/dev/null || break
		{ exec 9<"$WORK/disk"; } 2>/dev/null && break
	done
	if [ ! -e /proc/$BASHPID/fd/9 ] || ! unshare -m mount -t tmpfs none /sys/kernel/debug 2>/dev/null; then
		pass "check --all: disks of the host # SKIP needs root, a namespace with /sys/kernel/debug, and a disk"
		return
	fi
	FAKE=$WORK/fake
	mkdir "$FAKE"
	cp "$TOP/tests/docs/captures/deadlock/$DEBUGFS"/* "$FAKE"
	sed -i "s/pid=4200 /pid=$BASHPID /" "$FAKE/aio"
	rm -f "$WORK/opened"
	for n in 1 20; do
		for ((i = 1; i < n; i++)); do
			sed "s/^device: nbd0/device: nbd$i/; s/^index: 0/index: $i/" "$FAKE/nbd0" >"$FAKE/nbd$i"
			sed -n "s/name=nbd0 /name=nbd$i /p" "$FAKE/devices"
		done >"$WORK/lines"
		grep -v 'name=nbd1 ' "$FAKE/devices" | cat - "$WORK/lines" >"$WORK/devices"
		cp "$WORK/devices" "$FAKE/devices"
		FAULT_COUNT=$WORK/opened LD_PRELOAD=$BUILD/faultlib.so ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 \
			on_host check --all
		[ "$n" = 1 ] && few=$(cat "$WORK/opened")
	done
	exec 9<&-
	check "check --all: a disk of the host is looked up" [ "${few:-0}" -ge 1 ]
	check_eq "check --all: disks looked up for 19 devices more" "$(($(cat "$WORK/opened") - few))" 0
}

# The file "devices" alone, of a module that says enough there.
listed() {
	local few few_metrics n more="state_reason=receivers-running attachable_reason=in-use capacity_bytes=4096 openers=1 sockets=1"
	copy_tree incident1
	for n in {10..14}; do
		[ "$n" != 12 ] || { count_opens metrics; few_metrics=$OPENED; count_opens list; few=$OPENED; }
		touch "$TREE/$DEBUGFS/nbd$n"
		echo "device: name=nbd$n state=connected attachable=no live=1 dead=0 inflight=0 oldest_age_ns=- config_refs=4 consistent=yes" \
			"$more peer=path:\"/tmp/x\" peers_named=1 peers_differing=0 device_flags=0x0" >>"$TREE/$DEBUGFS/devices"
	done
	count_opens list
	check_eq "list: files opened for two devices more" "$((OPENED - few)) $STATUS" "0 0"
	check_eq "list: all are listed" "$(grep -c '^nbd1[0-4] ' <<<"$OUT")" 5
	count_opens metrics
	check_eq "metrics: files opened for two devices more" "$((OPENED - few_metrics)) $STATUS" "0 0"
	count_opens why
	few=$OPENED
	sed -i '/name=nbd1[34] /d' "$TREE/$DEBUGFS/devices"
	rm "$TREE/$DEBUGFS"/nbd1[34]
	count_opens why
	check_eq "why: files opened for two devices more that are well" "$((few - OPENED)) $STATUS" "0 2"
	check_eq "why: those are not looked at" "$(grep -c 'nbd1[0-4]\b' <<<"$OUT$ERR")" 0
}

grows_with_devices 4 why
listed
all_devices
open_disk_of_host
