# shellcheck shell=bash disable=SC2153
# A lock that is held when "why" looks may be held for a moment. It looks again; not in a capture, and not for ever.

FAKE=$WORK/fake-again
mkdir "$FAKE"

# Who has the lock of a device, "" if nobody. usage: put_device NAME HOLDER
put_device() {
	local consistent=${2:+no} holder=-
	[ -z "$2" ] || holder="pid=$2 tgid=$2 comm=\"nbd-client\" state=D"
	sed -e "s/^device: .*/device: $1/; s/^index: .*/index: ${1#nbd}/; s/^dev: .*/dev: 43:${1#nbd}/" \
		-e "s/^consistent: .*/consistent: ${consistent:-yes}/; s/^lock_holder: .*/lock_holder: $holder/" \
		"$TREES/healthy/$DEBUGFS/nbd1" >"$FAKE/new"
	mv "$FAKE/new" "$FAKE/$1"
}

# usage: put_devices NAME...
put_devices() {
	local name
	rm -f "$FAKE"/*
	copy_tree healthy
	cp "$TREE/$DEBUGFS"/{layout,aio,io,tasks,uring} "$FAKE"
	grep -v '^device: ' "$TREES/healthy/$DEBUGFS/devices" >"$FAKE/devices"
	for name; do
		echo "device: name=$name state=free attachable=yes live=- dead=- inflight=0 oldest_age_ns=- config_refs=0 consistent=no" >>"$FAKE/devices"
		put_device "$name" 700
	done
}

for_a_moment() {
	put_devices nbd1
	{
		sleep 0.3
		put_device nbd1 ''
	} &
	on_host why
	wait $!
	check_eq "why: a lock that is held for a moment is no cause" "$STATUS $(grep -c '^[0-9]*\. ' <<<"$OUT")" "0 0"
}

for_long() {
	put_devices nbd1
	on_host why
	check_eq "why: a lock that the same task has for long: status" "$STATUS" 2
	check "why: a lock that the same task has for long" \
		grep -q "^1\. nbd-client\[700\] (state D) has held nbd's lock of nbd1 for at least 2 s\. Every attach and disconnect hangs until the lock is free\.$" <<<"$OUT"
}

# Each of them would take two seconds.
many() {
	local begun=$SECONDS
	# shellcheck disable=SC2046 # words
	put_devices $(printf 'nbd%s ' {1..20})
	on_host why
	check "why: 20 devices whose lock is held: it ends soon" [ $((SECONDS - begun)) -lt 20 ]
	check_eq "why: 20 devices whose lock is held: all are told" "$(grep -c "^[0-9]*\. .*nbd's lock of nbd" <<<"$OUT")" 20
	begun=$SECONDS
	on_host metrics
	check "metrics: 20 devices whose lock is held: it ends soon" [ $((SECONDS - begun)) -lt 20 ]
	check_eq "metrics: 20 devices whose lock is held: the first is read again, the last is not" \
		"$(grep -cxE 'nbddiag_device_verdict\{device="nbd(1",verdict="wedged|20",verdict="unknown)"\} 1' <<<"$OUT")" 2
}

captured() {
	local begun
	copy_tree healthy
	cp "$FAKE"/{devices,nbd1} "$TREE/$DEBUGFS"
	sed -i '/name=nbd1 /!{/^device: /d}' "$TREE/$DEBUGFS/devices"
	begun=$EPOCHREALTIME
	run_reader --root "$TREE" why
	check "why: a capture is looked at once" [ $(((${EPOCHREALTIME/.} - ${begun/.}) / 1000)) -lt 1900 ]
	check "why: a capture: that it is not known" grep -q "^1\. nbd's lock of nbd1 was held while the device was read" <<<"$OUT"
}

for_a_moment
for_long
many
captured
