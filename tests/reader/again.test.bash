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

# Whatever looks at 20 devices whose lock is held. usage: looks_at_all LINE_OF_EACH ARGUMENT...
looks_at_all() {
	local line=$1 begun=$SECONDS
	shift
	on_host "$@"
	check "$1: 20 devices whose lock is held: it ends soon" [ $((SECONDS - begun)) -lt 15 ]
	check_eq "$1: 20 devices whose lock is held: each is known to be stuck" "$(grep -cE "$line" <<<"$OUT")" 20
}

# Each of them alone would take two seconds, and so do all of them together.
many() {
	# shellcheck disable=SC2046 # words
	put_devices $(printf 'nbd%s ' {1..20})
	looks_at_all "^[0-9]+\. .* has held nbd's lock of nbd[0-9]+ for at least 2 s" why
	looks_at_all '^nbddiag_device_verdict\{device="nbd[0-9]+",verdict="wedged"\} 1$' metrics
	STATE_DIRECTORY=$WORK looks_at_all '^nbd[0-9]+ is wedged, and was so when the record began' changes
	# One is let go meanwhile.
	rm "$WORK/changes"
	{
		sleep 1
		put_device nbd20 ''
	} &
	STATE_DIRECTORY=$WORK on_host changes
	wait $!
	check_eq "changes: of 20 locks that are held one is let go" "$(grep -c '^nbd[0-9]* is wedged' <<<"$OUT") $(grep -c '^nbd20 ' <<<"$OUT")" "19 0"
}

# What is said to a monitoring system is what check says.
agree() {
	local said
	put_devices nbd1 nbd2 nbd3
	on_host metrics
	said=$(sed -nE 's/^nbddiag_device_verdict\{device="(nbd[0-9]+)",verdict="(.*)"\} 1$/\2 \1/p' <<<"$OUT")
	on_host check --all
	check_eq "metrics: three devices whose lock is held: as check says it" "$said" \
		"$(sed -nE 's/^([a-z-]+): .* lock of (nbd[0-9]+) .*/\1 \2/p' <<<"$OUT")"
	check_eq "check: three devices whose lock is held" "$(grep -c '^wedged: ' <<<"$OUT")" 3
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
agree
captured
