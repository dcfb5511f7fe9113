# shellcheck shell=bash disable=SC2153
# What is not known, as a file of the module is missing, cannot be read or says that it lacks some: it is said, with the
# reason, by text, JSON and exit status.

# That it is not known, and why, in text, JSON and exit status. usage: says_gap TEXT STATUS EREGEX REASON ARGUMENT...
says_gap() {
	local text=$1 status=$2 pattern=$3 reason=$4
	shift 4
	check_ends "gap: $text" "$status" "$pattern" --root "$TREE" "$@"
	check_ends "gap: $text: JSON" "$status" . --root "$TREE" "$@" --json
	check_eq "gap: $text: JSON is not complete" "$(jq -c '[.complete, .complete_reason, .status]' "$WORK/out")" "[false,\"$reason\",$status]"
}

# Of all causes: where not all is known, it is not told that nothing is stuck. usage: why_is_not_sure TEXT EREGEX REASON
why_is_not_sure() {
	says_gap "$1: why" 3 "$2" "$3" why
	check_eq "gap: $1: why: not 'nothing'" "$(grep -c 'Nothing is stuck' "$WORK/out")" 0
}

# Each command of the tree, with a file in a state. usage: in_state TEXT EREGEX REASON
in_state() {
	local text=$1 pattern=$2 reason=$3
	why_is_not_sure "$text" "$pattern" "$reason"
	says_gap "$text: why nbd0" 3 "$pattern" "$reason" why nbd0
	says_gap "$text: why nbd1, which is free" 3 "$pattern" "$reason" why nbd1
	says_gap "$text: why --pid" 3 "$pattern" "$reason" why --pid 196
}

# "check" warns by these two files only; what is safe does not depend on them. usage: warns EREGEX REASON
warns() {
	says_gap "check nbd0: $2" 1 "$1" "$2" check nbd0
	says_gap "check nbd1: $2" 0 "$1" "$2" check nbd1
	run_reader --root "$TREE" check nbd1 --quiet
	check_eq "gap: check --quiet: $2" "$STATUS $OUT$ERR" "0 "
}

# usage: gap FILE WHAT [WHAT-CHECK-SAYS]
gap() {
	local file=$1 what=$2 warning=${3:-} path=$TREE/$DEBUGFS/$1
	sed -i -e 's/^complete: .*/complete: no/' -e 's/^complete_reason: .*/complete_reason: too-many/' "$path"
	in_state "$file lacks something" "^$what may not all be known: the file $file lacks some \(too-many\)\.$" "$file-incomplete"
	[ -z "$warning" ] || warns "^nbddiag: $warning may not all be known: the file $file lacks some \(too-many\)$" "$file-incomplete"
	echo "cut off" >>"$path"
	in_state "$file is cut off" "^$what is not known: the file $file cannot be read or understood\.$" "$file-unreadable"
	[ -z "$warning" ] || warns "^nbddiag: $warning is not known: the file $file cannot be read or understood$" "$file-unreadable"
	rm "$path" && ln -s "Permission denied" "$path"
	why_is_not_sure "$file may not be read" "^$what is not known: the file $file cannot be read or understood\.$" "$file-unreadable"
	rm "$path"
	in_state "no $file" "^$what is not known: there is no file $file\.$" "$file-unreadable"
	[ -z "$warning" ] || warns "^nbddiag: $warning is not known: there is no file $file$" "$file-unreadable"
	with_io
}

of_files() {
	local command
	copy_tree healthy
	for command in why "why nbd0" "why nbd1" "why --pid 196" "check nbd1"; do
		# shellcheck disable=SC2086 # words
		check_ends "gap: nothing is missing: $command" 0 . --root "$TREE" $command
		# shellcheck disable=SC2086 # words
		check_eq "gap: nothing is missing: $command: JSON" "$(json_of $command 2>/dev/null | jq .complete)" true
		check_eq "gap: nothing is missing: $command: no message" "$ERR" ""
	done
	gap io "What disks of other drivers owe"
	gap tasks "Which tasks cannot go on" "which tasks cannot go on"
	gap uring "What io_uring is owed" "which rings of io_uring use a device"
	rm "$TREE/$DEBUGFS/aio"
	in_state "no aio" "^Who waits for AIO is not known: there is no file aio\.$" aio-unreadable
	# What is stuck is stuck.
	copy_tree incident2
	rm "$TREE/$DEBUGFS/uring"
	says_gap "something is stuck" 2 "^What io_uring is owed is not known: there is no file uring\.$" uring-unreadable why
}

of_files

# ---- files of devices, and the list of them ----

# A device's file is cut off, empty or of another format: the others answer, and say that this does not. usage: spoil_device HOW
spoil_device() {
	local path=$TREE/$DEBUGFS/nbd101
	case $1 in
	cut) sed -i '/^state: /,$d' "$path" ;;
	lines) sed -i '/^socket: /d' "$path" ;;
	empty) : >"$path" ;;
	format) sed -i 's/^format: 1/format: 2/' "$path" ;;
	denied) rm "$path" && ln -s "Permission denied" "$path" ;;
	missing) rm "$path" ;;
	esac
}

of_a_device() {
	local how
	for how in cut lines empty format denied missing; do
		copy_tree incident2
		spoil_device "$how"
		says_gap "nbd101 $how: why nbd101" 3 "^In which state nbd101 is, and what it owes, is not known: " \
			"$(reason_of_nbd101)" why nbd101
		check_ends "gap: nbd101 $how: why nbd101: who has it open" 3 "^nbd101 is open in CPU 5/KVM\[458\] of process 454" --root "$TREE" why nbd101
		check_eq "gap: nbd101 $how: why nbd101: why" "$(grep -c "^nbddiag: .*$DEBUGFS/nbd101: " <<<"$ERR")" 1
		check_ends "gap: nbd101 $how: why --pid" 3 "^In which state nbd101 is, .* is not known" --root "$TREE" why --pid 454
		check_ends "gap: nbd101 $how: why --pid: the thread" 3 "^CPU 5/KVM\[458\] of process 454 is in state D" --root "$TREE" why --pid 454
		check_ends "gap: nbd101 $how: why" 3 "^[0-9]*\. What is with nbd101 cannot be read\.$" --root "$TREE" why
		check_ends "gap: nbd101 $how: list" "$(list_status "$how")" "^nbd101 +unknown +connected" --root "$TREE" list
		[ "$how" != denied ] || continue
		check_ends "gap: nbd101 $how: check" 3 "^unknown: " --root "$TREE" check nbd101
		check_ends "gap: nbd101 $how: check --all" 3 "^unknown: nbd101 " --root "$TREE" check --all
	done
}

# The first message is the reason.
reason_of_nbd101() { json_of why nbd101 2>/dev/null | jq -r '.messages[] | select(startswith("sys/"))'; }

list_status() { if [ "$1" = denied ]; then echo 69; else echo 65; fi; }

# Who has the device open is known without its file. How often it is open is not.
of_holders() {
	local how
	for how in cut lines empty format missing; do
		copy_tree incident2
		spoil_device "$how"
		check_ends "gap: nbd101 $how: holders" 65 "^thread .* 458 CPU 5/KVM" --root "$TREE" holders nbd101
		check_ends "gap: nbd101 $how: holders: why" 65 "$DEBUGFS/nbd101: .*\. How often nbd101 is open is not known$" --root "$TREE" holders nbd101
		check_ends "gap: nbd101 $how: holders: JSON" 65 . --root "$TREE" holders nbd101 --json
		check_eq "gap: nbd101 $how: holders: JSON" "$(jq -c '[.complete, .status, (.holders | length > 0)]' "$WORK/out")" "[false,65,true]"
		check_ends "gap: nbd101 $how: show" 65 "$DEBUGFS/nbd101: " --root "$TREE" show nbd101
	done
	check_ends "gap: a device that is not there: holders" 66 "there is no nbd77, but there are " --root "$TREE" holders nbd77
	check_ends "gap: a device that is not there: why" 66 "there is no nbd77, but there are .*nbd101" --root "$TREE" why nbd77
}

# Each device has a file of its own. usage: spoil_devices HOW
spoil_devices() {
	local path=$TREE/$DEBUGFS/devices
	case $1 in
	cut) truncate -s -20 "$path" ;;
	empty) : >"$path" ;;
	format) sed -i 's/^format: 1/format: 2/' "$path" ;;
	esac
}

of_devices() {
	local how
	for how in cut empty format; do
		copy_tree incident2
		spoil_devices "$how"
		check_ends "gap: devices $how: why" 2 "^1\. The server nbdkit\[424\] is stopped\.$" --root "$TREE" why
		says_gap "devices $how: why says it" 2 "^Whether these are all nbd devices is not known: the file devices cannot be read or understood\.$" \
			devices-unreadable why
		check_ends "gap: devices $how: why nbd101" 0 "^nbd101 is connected " --root "$TREE" why nbd101
		check_ends "gap: devices $how: why of a socket" 3 "^nbd101 is connected to " --root "$TREE" why /tmp/w/sock
		check_ends "gap: devices $how: why of no socket" 65 "whether '/tmp/none' is the socket of a server is not known" --root "$TREE" why /tmp/none
		check_ends "gap: devices $how: holders" 0 "^thread .* 458 CPU 5/KVM" --root "$TREE" holders nbd101
		check_ends "gap: devices $how: check" 2 "^wedged: nbd101 " --root "$TREE" check nbd101
		check_ends "gap: devices $how: list" 65 "^nbd101 +wedged +connected" --root "$TREE" list
		check_ends "gap: devices $how: list says it" 65 "$DEBUGFS/devices: .*\. A device without a file of its own is missed$" --root "$TREE" list
		check_eq "gap: devices $how: list: free devices are not shown" "$(grep -c ' free ' <<<"$OUT")" 0
		copy_tree healthy
		rm "$TREE/$DEBUGFS/nbd0"
		spoil_devices "$how"
		why_is_not_sure "devices $how: and nothing is stuck" "^No nbd device is stuck, nor anything else that is known here\.$" devices-unreadable
	done
	# Cut at the end of a line it looks whole.
	copy_tree incident2
	sed -i '/name=nbd101 /d' "$TREE/$DEBUGFS/devices"
	check_ends "gap: a line of devices is missing: why" 2 "^1\. The server nbdkit\[424\] is stopped\.$" --root "$TREE" why
}

# What is there is shown.
of_names() {
	copy_tree healthy
	check_ends "list: a device that is not there" 66 "^nbddiag: there is no nbd7, but there are nbd0 nbd1 nbd2$" --root "$TREE" list nbd0 nbd7
	check_eq "list: a device that is not there: the other one" "$(grep -c '^nbd0 ' <<<"$OUT")" 1
	check_ends "list: first one that is not there" 66 "^nbd0 +in-use" --root "$TREE" list nbd7 nbd0
	check_ends "list: one that is not there: JSON" 66 . --root "$TREE" list nbd0 nbd7 --json
	check_eq "list: one that is not there: JSON" "$(jq -c '[.status, .complete, .complete_reason, .devices[].name]' "$WORK/out")" \
		'[66,false,"no-such-device","nbd0"]'
	check_ends "list: none of them is there" 66 "there is no nbd7, but" --root "$TREE" list nbd7 nbd8
	check_eq "list: none of them is there: no row" "$OUT" ""
}

of_a_device
of_holders
of_devices
of_names
