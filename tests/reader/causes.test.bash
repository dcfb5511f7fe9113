# shellcheck shell=bash disable=SC2153
# "why" without an argument, of captures of incidents: what is a cause, and whom it hurts.

CAPTURES=$TOP/tests/docs/captures

# An own copy of a capture. usage: copy_capture NAME
copy_capture() {
	rm -rf "$WORK/tree"
	cp -a "$CAPTURES/$1" "$WORK/tree"
	TREE=$WORK/tree
}

# usage: why_all STATUS TEXT EREGEX
why_all() { check_ends "why: $2" "$1" "$3" --root "$TREE" why; }

titles() { sed -n 's/^[0-9]*\. //p' <<<"$OUT"; }

# A task that waits for AIO contexts waits for the device that owes them.
owed_contexts() {
	copy_capture map-in-use
	why_all 2 "contexts that a map owes" "^1\. dm-0 \(mpatha\) has no path left\.$"
	check_eq "why: contexts that a map owes: no other cause" "$(titles | wc -l)" 1
	why_all 2 "contexts that a map owes: who cannot go on" \
		"^   Cannot go on: \(udev-worker\)\[511\] for 1m 58s, fio\[635\] for 1m 13s\.$"
	# Of several devices that which is a cause, whichever is the first.
	sed -i '0,/^owed: .*/s/^\(owed: .*\) device=dm-0 /\1 device=sdz /' "$TREE/$DEBUGFS/aio"
	why_all 2 "contexts that a map and a disk owe" "^1\. dm-0 \(mpatha\) has no path left\.$"
	check_eq "why: contexts that a map and a disk owe: no other cause" "$(titles | wc -l)" 1
	# Owed by a device that was not found to be a cause.
	sed -i -e '/^request: /d' -e 's/^requests: .*/requests: shown=0/' -e '/^disk: /s/state=no-path valid_paths=0/state=- valid_paths=2/' \
		-e '/^disk: /s/found=6 accounted=6/found=0 accounted=0/' -e '/^path: /s/state=failed/state=active/' "$TREE/$DEBUGFS/io"
	sed -i -e '/^task: tid=511/d' -e 's/^tasks: .*/tasks: seen=127 cannot_go_on=1 known=1 went_on=0/' "$TREE/$DEBUGFS/tasks"
	sed -i '0,/^owed: .*/s/ device=sdz / device=dm-0 /' "$TREE/$DEBUGFS/aio"
	why_all 2 "contexts that a device owes which is well" "^1\. dm-0 \(mpatha\) has not answered\.$"
}

owed_contexts
