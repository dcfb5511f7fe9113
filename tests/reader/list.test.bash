# shellcheck shell=bash disable=SC2153
# "list": worst first, from the file "devices" where that says it, and whatever is wrong with one device.

names() { awk '!NF || / devices? needs? / { exit } { print $1 }' <<<"$OUT" | xargs; }

# A tree with devices in each state. usage: many_devices (sets TREE)
many_devices() {
	copy_tree incident1
	cp "$TREES/incident2/$DEBUGFS/nbd101" "$TREE/$DEBUGFS/nbd5"
	sed -i -e 's/^device: .*/device: nbd5/' -e 's/^index: .*/index: 5/' "$TREE/$DEBUGFS/nbd5"
	echo "device: name=nbd5 state=connected attachable=no live=1 dead=0 inflight=3 oldest_age_ns=1025750151 config_refs=4 consistent=yes" \
		>>"$TREE/$DEBUGFS/devices"
}

order() {
	many_devices
	run_reader --root "$TREE" list --noheadings --output NAME,VERDICT
	check_eq "list: worst first" "$(xargs <<<"$OUT")" "nbd101 orphaned nbd5 in-use"
	check_ends "list: summary" 0 "^1 of 3 devices needs attention$" --root "$TREE" list
	run_reader --root "$TREE" list --noheadings --output NAME,STATE
	check_eq "list: without a verdict by number" "$(xargs <<<"$OUT")" "nbd5 connected nbd101 orphaned"
	run_reader --root "$TREE" list --noheadings --output NAME nbd101 /dev/nbd0
	check_eq "list: those that were asked for" "$(xargs <<<"$OUT")" "nbd0 nbd101"
	check_ends "list: one that is not there" 66 "there is no nbd77" --root "$TREE" list nbd101 nbd77
	check_ends "list: nothing in use" 0 "^no nbd device in use \(2 free\)$" --root "$(only_free)" list
	check_eq "list: nothing in use: JSON" "$("$NBDDIAG" --root "$(only_free)" list --json | jq -c .devices)" "[]"
}

only_free() {
	rm -rf "$WORK/free"
	cp -a "$TREES/healthy" "$WORK/free"
	rm "$WORK/free/$DEBUGFS/nbd0"
	sed -i '/name=nbd0 /d' "$WORK/free/$DEBUGFS/devices"
	echo "$WORK/free"
}

# What is wrong with one file hides no other device.
one_is_wrong() {
	local what
	for what in cut empty format other; do
		many_devices
		case $what in
		cut) sed -i '/^socket: /d' "$TREE/$DEBUGFS/nbd101" ;;
		empty) : >"$TREE/$DEBUGFS/nbd101" ;;
		format) sed -i 's/^format: 1/format: 2/' "$TREE/$DEBUGFS/nbd101" ;;
		other) sed -i 's/^device: .*/device: nbd102/' "$TREE/$DEBUGFS/nbd101" ;;
		esac
		run_reader --root "$TREE" list --noheadings --output NAME,VERDICT,STATE
		check_eq "list: nbd101 $what: rows, status" "$(xargs <<<"$OUT") $STATUS" \
			"nbd101 unknown orphaned nbd5 in-use connected 65"
		check "list: nbd101 $what: message" grep -q "$DEBUGFS/nbd101: it" <<<"$ERR"
	done
}

# Which files are read is seen by leaving the others out.
only_devices() {
	many_devices
	rm "$TREE/$DEBUGFS"/nbd*
	touch "$TREE/$DEBUGFS/nbd5" "$TREE/$DEBUGFS/nbd0" "$TREE/$DEBUGFS/nbd101"
	check_ends "list: nothing but the file devices" 0 "^nbd5 +connected +1 +0 +3" --root "$TREE" list --noheadings --all \
		--output NAME,STATE,LIVE,DEAD,INFLIGHT,OLDEST,REFS,ATTACHABLE,CONSISTENT
	many_devices
	: >"$TREE/$DEBUGFS/nbd0"
	check_ends "list: files of free devices are not read" 0 "^nbd5 " --root "$TREE" list
	many_devices
	sed -i '/name=nbd5 /d' "$TREE/$DEBUGFS/devices"
	check_ends "list: a device that has come meanwhile" 0 "^nbd5 +in-use" --root "$TREE" list
}

order
one_is_wrong
only_devices
