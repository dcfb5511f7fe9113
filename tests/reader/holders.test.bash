# shellcheck shell=bash disable=SC2153
# What holds a device on this host: a block device that is there, which a file of the module's calls nbd101. Instead of
# the module there is a copy of its files, in a mount namespace.

fake=$WORK/fake-holders
held=/dev/loop0

# usage: openers_are NUMBER
openers_are() {
	local number
	number=$(printf '%d:%d' "0x$(stat -c %t "$held")" "0x$(stat -c %T "$held")")
	rm -rf "$fake"
	cp -r "$TREES/incident2/$DEBUGFS" "$fake"
	# Nothing in flight, which would be an open of its own.
	cp "$TREES/healthy/$DEBUGFS/aio" "$fake/aio"
	sed -i -e "s/^dev: .*/dev: $number/" -e "s/^openers: .*/openers: $1/" "$fake/nbd101"
}

# usage: holders_end TEXT MORE   (how many opens there are that were not found)
holders_end() {
	local more
	# shellcheck disable=SC2016 # for the inner shell
	timeout 60 unshare -m sh -c 'mount -t tmpfs none /sys/kernel/debug && mkdir /sys/kernel/debug/nbddiag &&
		cp "$0"/* /sys/kernel/debug/nbddiag && exec "$@"' "$fake" "$NBDDIAG" holders nbd101 \
		>"$WORK/out" 2>"$WORK/err" </dev/null 9<&- 8<&-
	more=$(sed -n 's/^nbddiag: \([0-9]*\) more opens of .*/\1/p' "$WORK/err")
	check_eq "holders: $1" "${more:-0}" "$2"
}

# What fork and dup have made of a descriptor is one open of the device.
shared() {
	local other
	exec 9<"$held"
	sleep 100 8<&9 &
	other=$!
	openers_are 1
	holders_end "three descriptors, one open" 0
	openers_are 3
	holders_end "three descriptors, one open, two more" 2
	exec 8<"$held"
	openers_are 2
	holders_end "a second open" 0
	openers_are 3
	holders_end "a second open, one more" 1
	exec 8<&- 9<&-
	kill "$other"
	wait "$other" 2>/dev/null
}

# A capture does not say it; then nobody claims to have found all.
captured() {
	copy_tree incident2
	check_ends "holders: captured" 0 "" --root "$TREE" holders nbd101
	sed -i 's/^openers: .*/openers: 2/' "$TREE/$DEBUGFS/nbd101"
	check_ends "holders: captured, more descriptors than opens" 1 "3 descriptors of nbd101 are 2 opens" --root "$TREE" holders nbd101
}

captured
if [ "$(id -u)" != 0 ] || [ ! -b "$held" ] || ! true 2>/dev/null <"$held" ||
	! unshare -m mount -t tmpfs none /sys/kernel/debug 2>/dev/null; then
	pass "holders of this host # SKIP needs root, $held, and a namespace with /sys/kernel/debug"
else
	shared
fi
