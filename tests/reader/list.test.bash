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
	check_eq "list: nothing in use: JSON" "$(TREE=$(only_free) json_of list | jq -c .devices)" "[]"
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

# The file "devices" of a module since 0.2, made of the devices' files. usage: say_more
say_more() {
	local name line more=$WORK/more
	echo "format: 1" >"$more"
	while IFS= read -r line; do
		name=${line#device: name=} name=${name%% *}
		awk -v line="$line" '
			function field(name,  found) {
				found = match($0, " " name "=[^ ]*")
				return found ? substr($0, RSTART + length(name) + 2, RLENGTH - length(name) - 2) : "-"
			}
			{ key = $1; sub(/:$/, "", key); value[key] = $2 }
			key == "sockets" { total = field("total") }
			key == "socket" && field("peer") ~ /:/ {
				named++
				if (named == 1) peer = field("peer")
				else if (field("peer") != peer) differing++
			}
			END {
				print line " state_reason=" value["state_reason"] " attachable_reason=" value["attachable_reason"] \
					" capacity_bytes=" value["capacity_bytes"] " openers=" value["openers"] \
					" sockets=" (total == "" ? "-" : total) " peer=" (peer ? peer : total ? "unnamed" : "-") \
					" peers_named=" named + 0 " peers_differing=" differing + 0 " device_flags=" value["device_flags"]
			}' "$TREE/$DEBUGFS/$name" >>"$more"
	done < <(sed 1d "$TREE/$DEBUGFS/devices")
	cp "$more" "$TREE/$DEBUGFS/devices"
}

# Whoever opens the file of a device waits for ever. usage: lock_files
lock_files() {
	local file
	for file in "$TREE/$DEBUGFS"/nbd*; do
		rm "$file"
		mkfifo "$file"
	done
}

# "devices" says what the files say, and none of these is opened.
by_one_file() {
	local tree what wanted
	for tree in healthy incident1 incident2; do
		for what in "" --all "--all --json" "--bytes --noheadings" "--output +REASON,ATTACHABLE,WHY,REFS,CONSISTENT" nbd0; do
			copy_tree $tree
			# A device whose server is stopped is another matter.
			sed -i -E 's/oldest_age_ns=[0-9]+/oldest_age_ns=1000/' "$TREE/$DEBUGFS"/{nbd101,devices} 2>/dev/null
			sed -i 's/^State:.*/State:\tS (sleeping)/' "$TREE/proc/424/task/424/status" 2>/dev/null
			# shellcheck disable=SC2086 # words
			run_reader --root "$TREE" list $what
			wanted=$OUT$STATUS
			say_more
			lock_files
			# shellcheck disable=SC2086 # words
			run_reader --root "$TREE" list $what
			check_eq "list $what: $tree: by the file devices alone" "$OUT$STATUS$ERR" "$wanted"
		done
	done
	copy_tree incident1
	say_more
	lock_files
	check_ends "list: one that is not there, by the file devices alone" 66 "there is no nbd77" --root "$TREE" list nbd77
	sed -i 's/ peer=[^ ]* peers_named=4 peers_differing=3/ peer=unnamed peers_named=0 peers_differing=0/' "$TREE/$DEBUGFS/devices"
	check_eq "list: sockets without a name" "$(json_of list 2>/dev/null | jq .devices[0].peer)" null
	sed -i 's/ peer=unnamed/ peer=-(unreadable)/' "$TREE/$DEBUGFS/devices"
	check_eq "list: names that are not known" "$(json_of list 2>/dev/null | jq .devices[0].peer)" null
	sed -i 's/ device_flags=0x[0-9]*/ device_flags=0x3/' "$TREE/$DEBUGFS/devices"
	check_ends "list: a device that goes away" 0 "^nbd0 +unknown +free" --root "$TREE" list nbd0
}

# What only the file of a device says. usage: needs_file TEXT ROW SED [ARGUMENT...]
needs_file() {
	local text=$1 want=$2 change=$3
	shift 3
	copy_tree incident2
	sed -i 's/oldest_age_ns=1025750151/oldest_age_ns=999999999/' "$TREE/$DEBUGFS/devices"
	say_more
	sed -i "/name=nbd101 /{$change}" "$TREE/$DEBUGFS/devices"
	run_reader --root "$TREE" list --noheadings --output NAME,VERDICT,PEER "$@"
	check_eq "list: $text" "$(xargs <<<"$OUT") $STATUS" "$want 0"
}

# The file says that the server is stopped; "devices" can not.
not_by_one_file() {
	local missing
	needs_file "the oldest request is young: the file is not read" "nbd101 in-use path:/tmp/w/sock" ""
	needs_file "the oldest request is a second old" "nbd101 wedged path:/tmp/w/sock" "s/=999999999 /=1000000000 /"
	needs_file "the age of the oldest request is not known" "nbd101 wedged path:/tmp/w/sock" "s/=999999999 /=-(not-recorded) /"
	needs_file "the lock was held" "nbd101 wedged path:/tmp/w/sock" "s/ consistent=yes/ consistent=no/"
	needs_file "another name" "nbd101 wedged path:/tmp/w/sock" "s/ peers_named=1/ peers_named=2/"
	needs_file "a column of the file" "nbd101 wedged path:/tmp/w/sock 43:101" "" --output NAME,VERDICT,PEER,DEV
	needs_file "a search" "nbd101 wedged path:/tmp/w/sock" "" --peer /tmp/w/
	for missing in state_reason attachable_reason openers peer peers_named peers_differing device_flags; do
		needs_file "a module without $missing" "nbd101 wedged path:/tmp/w/sock" "s/ $missing=[^ ]*//"
	done
	needs_file "no capacity, and it is shown" "nbd101 wedged path:/tmp/w/sock 64M" "s/ capacity_bytes=[^ ]*//" --output NAME,VERDICT,PEER,SIZE
	needs_file "no sockets, and they are shown" "nbd101 wedged path:/tmp/w/sock 1" "s/ sockets=[^ ]*//" --output NAME,VERDICT,PEER,SOCKS
}

# A device, or a partition of it, without a command.
named_alone() {
	local name
	many_devices
	for name in nbd5 /dev/nbd5 5 nbd5p1 /dev/nbd5p12; do
		run_reader --root "$TREE" --noheadings --output NAME "$name"
		check_eq "list: '$name' alone" "$(xargs <<<"$OUT") $STATUS" "nbd5 0"
	done
	for name in nbd5p nbd5p1p1 nbd5px nbdp1 /dev/5p1; do
		check_ends "list: '$name' alone" 64 "there is no command '$name'" --root "$TREE" "$name"
	done
	check_ends "list: a partition among others" 0 "^nbd5 +in-use" --root "$TREE" list nbd101 /dev/nbd5p1
	check_ends "check: a partition" 1 "^in-use: nbd5 is" --root "$TREE" check nbd5p1
	check_ends "show: a partition" 0 "^nbd5 +connected" --root "$TREE" show /dev/nbd5p1
	check_ends "clean: a partition" 64 "'nbd5p1' is a partition, clean takes a whole device: give nbd5" clean nbd5p1
}

# What all tables have, as those of lsblk and lsfd.
columns() {
	many_devices
	run_reader --root "$TREE" list --all --noheadings --output NAME --sort OLDEST
	check_eq "list --sort: ages by time, none last" "$(xargs <<<"$OUT")" "nbd5 nbd0 nbd101"
	run_reader --root "$TREE" list --all --noheadings --output NAME -x name
	check_eq "list --sort: names by number" "$(xargs <<<"$OUT")" "nbd0 nbd5 nbd101"
	run_reader --root "$TREE" list --noheadings --output NAME -x SIZE,NAME
	check_eq "list --sort: no such column" "$STATUS" 64
	run_reader --root "$TREE" list -P nbd101 --output NAME,PEERS-AGREE,OLDEST
	check_eq "list --pairs" "$OUT" 'NAME="nbd101" PEERS_AGREE="no" OLDEST=""'
	run_reader --root "$TREE" list --raw nbd5 --output NAME,PEER
	check_eq "list --raw" "$OUT" $'NAME PEER\nnbd5 path:"/tmp/w/sock"'
	run_reader --root "$TREE" list --raw
	check_eq "list --raw: nothing but rows" "$(wc -l <<<"$OUT")" 3
	run_reader --root "$TREE" list -O --noheadings -P nbd5
	check_eq "list --output-all: each column" "$(grep -oE '[A-Z_]+=' <<<"$OUT" | tr -d = | tr _ - | sort | xargs)" \
		"$("$NBDDIAG" list --list-columns | awk '{ print $1 }' | sort | xargs)"
	check_ends "list: --raw and --json" 64 "only one of --json, --raw and --pairs" --root "$TREE" list --raw --json
	check_ends "list: -O and -o" 64 "only one of --output and --output-all" --root "$TREE" list -O -o NAME
	check_ends "aio --sort" 0 "^454 " --root "$TREES/incident2" aio --noheadings --sort OLDEST
}

# Only libsmartcols of util-linux 2.40 and later has filters. usage: filtered TEXT EXPR NAMES [ARGUMENT...]
filtered() {
	local text=$1 filter=$2 want=$3
	shift 3
	run_reader --root "$TREE" list --all --noheadings --output NAME --filter "$filter" "$@"
	check_eq "list --filter: $text" "$(xargs <<<"$OUT") $STATUS" "$want 0"
}

filters() {
	many_devices
	if ! pkg-config --atleast-version=2.40 smartcols; then
		check_ends "list --filter: too old a library" 64 "needs libsmartcols 2.40" --root "$TREE" list -Q 'LIVE > 1'
		return
	fi
	filtered "a word" 'VERDICT == "orphaned"' nbd101
	filtered "a number" 'INFLIGHT > 1' nbd5
	filtered "an age, in ns" 'OLDEST > 1000000000 && OLDEST < 2000000000' nbd5
	filtered "a size, in bytes" 'SIZE == 67108864' "nbd101 nbd5"
	filtered "a name with a hyphen" 'PEERS-AGREE == "no"' nbd101
	filtered "nothing" 'OPENERS > 100' ""
	check_ends "list --filter: malformed" 64 "filter" --root "$TREE" list -Q 'LIVE >'
	check_ends "list --filter: no such column" 64 "no column 'NOPE'" --root "$TREE" list -Q 'NOPE > 1'
	run_reader --root "$TREES/incident2" aio --full --noheadings --filter 'OLDEST > 1000000000'
	check_eq "aio --filter: what is below a row stays with it" "$(grep -c 454 <<<"$OUT")" 2
	run_reader --root "$TREES/incident2" aio --full --noheadings --filter 'OLDEST > 2000000000'
	check_eq "aio --filter: what is below a row goes with it" "$(grep -c 454 <<<"$OUT")" 0
}

terminal() {
	local out
	many_devices
	export NO_COLOR=1
	check_eq "list: a terminal that does not say its width" "$(on_terminal 0 C.UTF-8)" "$(on_terminal 80 C.UTF-8)"
	out=$(on_terminal 80 C.UTF-8)
	check_eq "list on 80 columns: it fits" "$(($(width_of <<<"$out") <= 80))" 1
	check_eq "list on 80 columns: the end of a name is seen" "$(grep -c '^nbd101 .* …[^ ]*_nbd101" +3$' <<<"$out")" 1
	out=$(on_terminal 80 C)
	check_eq "list on 80 columns, no UTF-8" "$(($(width_of <<<"$out") <= 80)) $(grep -c '^nbd101 .* \.\.[^ ]*_nbd101" +3$' <<<"$out")" "1 1"
	out=$(on_terminal 200 C.UTF-8)
	check_eq "list on 200 columns: names are whole" "$(grep -c 'path:"/export/jcloud-zbs/sock/gMgr-_vol-pw2h3n703v_i-kjmcfy5lto-_nbd101" +3$' <<<"$out")" 1
	check_eq "list on 200 columns: all columns" "$(grep -c ' OLDEST ' <<<"$out")" 1
	out=$(on_terminal 60 C.UTF-8 list nbd101 --output NAME,OLDEST,PEER)
	check_eq "list: a column that was asked for stays" "$(grep -c '^NAME .*OLDEST' <<<"$out")" 1
	check_eq "list: more columns than fit: a line for each device" \
		"$(on_terminal 80 C.UTF-8 list --output-all | sed '/^$/,$d; s/ .*//' | xargs) $(on_terminal 80 C.UTF-8 list --output-all | grep -c '^nbd101 .*path:"/export.*_nbd101".* 43:101 ')" "NAME nbd101 nbd5 1"
	check_eq "list: NO_COLOR" "$(on_terminal 80 C | grep -c $'\e')" 0
	unset NO_COLOR
	check_eq "list: colours of the verdicts" "$(on_terminal 80 C | grep -o $'\e\\[3[0-9]m[a-z-]*' | tr -d $'\e' | xargs)" "[31morphaned [32min-use"
	run_reader --root "$TREE" list
	check_eq "list: no colours in a pipe" "$(grep -c $'\e' <<<"$OUT")" 0
	check_eq "list --json: no colours on a terminal" "$(on_terminal 80 C list --json | grep -c $'\e')" 0
}

# usage: finds TEXT NAMES ARGUMENT...
finds() {
	local text=$1 want=$2
	shift 2
	run_reader --root "$TREE" list --noheadings --output NAME "$@"
	check_eq "list: $text" "$(xargs <<<"$OUT") $STATUS" "$want 0"
}

searches() {
	many_devices
	cp -a "$TREES/incident2/proc/424" "$TREES/incident2/proc/454" "$TREE/proc"
	finds "by peer" nbd101 --peer gMgr-_vol-9vzkksccz1
	finds "by peer: the other one" nbd5 --peer /tmp/w/
	finds "by peer: nothing" "" --peer nosuch
	check_ends "list by peer: nothing: it says so" 0 "^no nbd device in use has to do with that$" --root "$TREE" list --peer nosuch
	finds "by volume, in the name of a peer" nbd101 --volume 9vzkksccz1
	sed -i 's/^backend: .*/backend: "vol-7"/' "$TREE/$DEBUGFS/nbd5"
	finds "by volume, the backend" nbd5 --volume vol-7
	finds "by process that has it open" nbd101 --pid 342
	finds "by thread that has it open" nbd101 --pid 344
	finds "by process that serves it" nbd5 --pid 424
	: >"$TREE/proc/454/task/454/fd.rdev"
	: >"$TREE/proc/454/task/458/fd.rdev"
	finds "by process that is owed AIO" nbd5 --pid 454
	check_ends "list by process: nobody" 0 "process 4242 was not found" --root "$TREE" list --pid 4242
	finds "by two at once" "" --pid 342 --peer /tmp/w/
	copy_tree stacked
	# dd has loop0 open, a file of a filesystem on a partition of nbd0.
	finds "by process that has open what lies on it" nbd0 --pid 382
}

# How a virtual machine is named. usage: guest_is TEXT NAME   (what the process has is made before)
guest_is() {
	finds "guest: $1" nbd101 --guest "$2"
	check_eq "list: guest: $1: not a part of its name" \
		"$("$NBDDIAG" --root "$TREE" list --noheadings --output NAME --guest "${2%?}" 2>/dev/null | grep -c nbd)" 0
}

guests() {
	local task
	many_devices
	task=$TREE/proc/342/task/342
	printf '0::/machine.slice/machine-qemu\\x2d7\\x2dweb\\x2d01.scope/libvirt/emulator\n' >"$task/cgroup"
	guest_is "by its scope" web-01
	printf '0::/system.slice/x.service\n' >"$task/cgroup"
	printf '%s\0' /usr/bin/qemu-system-x86_64 -machine q35 -name guest=db-2,debug-threads=on -m 4096 >"$task/cmdline"
	guest_is "by -name guest=" db-2
	printf '%s\0' qemu-system-x86_64 -name 'a,,b,process=x' >"$task/cmdline"
	guest_is "by -name, with a comma in it" a,b
	printf '%s\0' /usr/bin/vim -name guest=db-2 >"$task/cmdline"
	finds "guest: another program" "" --guest db-2
	printf '%s\0' /usr/bin/qemu-system-x86_64 -name >"$task/cmdline"
	finds "guest: cut off" "" --guest db-2
	rm "$task/cgroup" "$task/cmdline"
	echo mail-3 >"$TREE/proc/342/guest"
	guest_is "of a capture" mail-3
	check_ends "list by guest: nobody" 0 "no process of a virtual machine 'nosuch'" --root "$TREE" list --guest nosuch
}

order
one_is_wrong
only_devices
by_one_file
not_by_one_file
named_alone
columns
filters
terminal
searches
guests
