# shellcheck shell=bash disable=SC2153
# What "why" says where something is not known, and where there is more than it follows.

device=$DEBUGFS/nbd101

# usage: new_tree   (sets TREE, of incident 2)
new_tree() { copy_tree incident2; }

# The sentences of "why" of a changed tree. usage: why_says TEXT EREGEX [ARGUMENT...]
why_says() { why_says_with 0 "$@"; }

# The same, and the exit status. usage: why_says_with STATUS TEXT EREGEX [ARGUMENT...]
why_says_with() {
	local status=$1 text=$2 pattern=$3
	shift 3
	check_ends "why: $text" "$status" "$pattern" --root "$TREE" why "${@:-nbd101}"
	check_eq "why: $text: no holes in the sentences" \
		"$(grep -cE 'an unknown number of|-\[-\]|process - -|  [a-z]| \.$' <<<"$OUT")" 0
}

not_known() {
	new_tree
	sed -i -e 's/^consistent: .*/consistent: no/' "$TREE/$device"
	why_says_with 3 "lock holder not known" "^Nbd's lock is held by a task that is not known, so these facts"
	sed -i -e 's/^lock_holder: .*/lock_holder: -(unreadable)/' "$TREE/$device"
	why_says_with 3 "lock holder unreadable" "^Nbd's lock is held by a task that is not known \(unreadable\), so"
	sed -i -e 's/^lock_holder: .*/lock_holder: pid=9 tgid=9 comm="qemu-nbd" state=D has_device_open=yes/' "$TREE/$device"
	why_says "lock holder" "^Nbd's lock is held by qemu-nbd\[9\], so"
	check_eq "why: a lock holder that is no more" "$(grep -c '^qemu-nbd\[9\]' <<<"$OUT")" 0
	sed -i 's/^lock_holder: .*/lock_holder: pid=461 tgid=461 comm="dd" state=D has_device_open=yes/' "$TREE/$device"
	check_eq "why: what the lock holder waits for" "$("$NBDDIAG" --root "$TREE" why nbd101 2>/dev/null | sed -n "/^Nbd's lock/,+2p" | tail -n 1)" \
		"dd[461] is in state D, and sleeps in submit_bio_wait."
	new_tree
	sed -i 's/ peer_comm="[a-z]*"/ peer_comm=-(gone)/' "$TREE/$device"
	why_says "server that has gone" 'to path:"/tmp/w/sock" \(process 424, which is no more\), which has not answered'
	sed -i 's/ peer_pid=424 peer_comm=-(gone)/ peer_pid=- peer_comm=-/' "$TREE/$device"
	why_says "server over TCP" 'to path:"/tmp/w/sock", which has not answered'
	sed -i 's/ peer=path:"[a-z\/]*"/ peer=-(unreadable)/' "$TREE/$device"
	why_says "peer not known" 'to a peer that is not known \(unreadable\), which has not answered'
	sed -i 's/ peer=-(unreadable)/ peer=unnamed/' "$TREE/$device"
	why_says "peer without a name" 'to a peer without a name, which has not answered'
	sed -i 's/ sleeps_in=exit_aio/ sleeps_in=-(unknown)/' "$TREE/$DEBUGFS/aio"
	why_says "where it sleeps not known" 'It has waited for 656ms in a function that is not known \(unknown\), at the end'
}

# What "check" cannot tell "why" does not call all that there is. usage: not_all TEXT REASON EREGEX
not_all() {
	why_says_with 3 "$1" "$3"
	check_eq "why: $1: JSON" "$(json_of why nbd101 2>/dev/null | jq -c '[.complete, .complete_reason, .status]')" "[false,\"$2\",3]"
}

not_all_known() {
	new_tree
	why_says "all is known" "^nbd101 is connected "
	sed -i 's/^openers: .*/openers: 9/' "$TREE/$device"
	not_all "opens that were not found" holder-unknown "^Something else may keep it: not all of its opens were found\.$"
	new_tree
	sed -i 's/^consistent: .*/consistent: no/' "$TREE/$device"
	not_all "who has the lock" holder-unknown "^Nbd's lock is held by a task that is not known, so"
	new_tree
	sed -i 's/^state: .*/state: unknown/; s/^state_reason: .*/state_reason: unreadable/' "$TREE/$device"
	not_all "the state" state-unknown "^nbd101 is unknown \(unreadable\)\."
	new_tree
	sed -i '/^request: /d; s/^requests: .*/requests: -(unreadable)/' "$TREE/$device"
	not_all "what is in flight" requests-unknown "^What it has in flight is not known \(unreadable\)\.$"
	new_tree
	sed -i -e '/^owed: /d' -e 's/ owed=2 oldest_age_ns=[0-9]*/ owed=0 oldest_age_ns=-/' "$TREE/$DEBUGFS/aio"
	echo "owed_by: pid=454 user_id=0x7f76f4a37000 requests=2 -(device-mapper)" >>"$TREE/$DEBUGFS/aio"
	not_all "AIO that could not be followed" device-unknown "^2 could not be followed to a device \(device-mapper\)\.$"
}

# The rest can be said without the file aio.
without_aio() {
	local what how
	for what in missing empty cut format; do
		how="the file aio cannot be read or understood"
		new_tree
		case $what in
		missing) rm "$TREE/$DEBUGFS/aio"; how="there is no file aio" ;;
		empty) : >"$TREE/$DEBUGFS/aio" ;;
		cut) sed -i '/^waiter: /d' "$TREE/$DEBUGFS/aio" ;;
		format) sed -i 's/^format: 1/format: 2/' "$TREE/$DEBUGFS/aio" ;;
		esac
		why_says_with 3 "aio $what" "^It has 3 requests in flight"
		check "why: aio $what: it says so" grep -qxF "Who waits for AIO is not known: $how." <<<"$OUT"
	done
	check_ends "why: no module" 69 "no readable $DEBUGFS" --root "$WORK" why --pid 1
}

not_captured() {
	new_tree
	check_ends "why: a process that was not captured" 66 "process 4242 is not in this capture" --root "$TREE" why --pid 4242
}

# What is owed and was found nowhere is said too.
not_followed() {
	new_tree
	sed -i -e '/^owed: /d' -e 's/waiting_ns=[0-9]*/waiting_ns=100000000000/' -e 's/ owed=2 oldest_age_ns=[0-9]*/ owed=0 oldest_age_ns=-/' \
		"$TREE/$DEBUGFS/aio"
	echo "owed_by: pid=454 user_id=0x7f76f4a37000 requests=2 -(device-mapper)" >>"$TREE/$DEBUGFS/aio"
	check_ends "why: all: AIO that cannot be followed" 2 \
		"^[12]\. CPU 5/KVM\[458\] waits for 2 AIO requests that could not be followed to a device\.$" --root "$TREE" why
	check "why: all: AIO that cannot be followed: since when" grep -q "^   2 requests, the oldest for 1m 40s\.$" <<<"$OUT"
	sed -i 's/^waiter: .*/space: pid=454 comm="qemu" exe="qemu" threads=1 groups=1 contexts=1/; s/waiters: 1/waiters: 0/; s/state=dying/state=live/; s/live=0 dying=1/live=1 dying=0/' \
		"$TREE/$DEBUGFS/aio"
	check_ends "why: all: AIO of a live process" 2 \
		"^2 AIO requests could not be followed to a device, and since when they are owed is not known" --root "$TREE" why
}

# From the name of a server's socket to the devices that it serves.
by_socket() {
	local line
	new_tree
	why_says "a socket" '^nbd101 is connected to /tmp/w/sock\.$' /tmp/w/sock
	check "why: a socket: its chain" grep -q '^It has 3 requests in flight' <<<"$OUT"
	sed -i 's|/tmp/w/sock|/tmp/w/a \\"b\\"|' "$TREE/$device"
	why_says "a socket with quotes in its name" '^nbd101 is connected to /tmp/w/a \\"b\\"\.$' '/tmp/w/a "b"'
	sed -i 's|peer=path:"[^ ]* [^ ]*|peer=tcp:[fd00::1]:10809|' "$TREE/$device"
	why_says "a server over TCP" '^nbd101 is connected to tcp:\[fd00::1\]:10809\.$' 'tcp:[fd00::1]:10809'
	check_ends "why: no such socket" 66 "no block device, map, mount point or socket of a server '/tmp/w'" --root "$TREE" why /tmp/w
	# One more device, whose file cannot be understood.
	line=$(sed -n "s|name=nbd101 |name=nbd5 |p" "$TREE/$DEBUGFS/devices")
	echo "$line" >>"$TREE/$DEBUGFS/devices"
	echo "cut off" >"$TREE/$DEBUGFS/nbd5"
	why_says_with 3 "a socket, and a device that cannot be read" '^nbd101 is connected to tcp:' 'tcp:[fd00::1]:10809'
	check_eq "why: a socket, and a device that cannot be read: JSON" \
		"$(json_of why 'tcp:[fd00::1]:10809' 2>/dev/null | jq .complete)" false
	check_ends "why: whether there is such a socket is not known" 65 \
		"^nbddiag: whether '/tmp/w' is the socket of a server is not known\. It is no block device, map or mount point$" --root "$TREE" why /tmp/w
}

# From a process to the devices that it serves, which owe what it has not answered.
of_server() {
	local line
	new_tree
	why_says "a stopped server" "^nbdkit\[424\] is stopped \(state T\): it does nothing until it goes on\. Run 'kill -CONT 424'\.$" --pid 424
	check "why: a stopped server: what it owes" grep -qx "nbdkit\[424\] serves nbd101, and owes it 3 requests, the oldest for 1\.0s\." <<<"$OUT"
	check_eq "why: a stopped server cannot go on" "$(grep -c 'can go on' <<<"$OUT")" 0
	sed -i 's/^State:.*/State:	t (tracing stop)/' "$TREE/proc/424/task/424/status"
	why_says "a traced server" "^nbdkit\[424\] is held by a debugger \(state t\): it does nothing until that ends\.$" --pid 424
	sed -i 's/^State:.*/State:	S (sleeping)/' "$TREE/proc/424/task/424/status"
	why_says "a server that sleeps" "^No thread of process 424 is in D, and it is not stopped\. If it does not answer soon, look at its log," --pid 424
	check "why: a server that sleeps: what it owes" grep -q "^nbdkit\[424\] serves nbd101, and owes it 3 requests, " <<<"$OUT"
	# Of what was sent to another one it owes nothing.
	line=$(sed -n 's/^socket: index=0 /socket: index=1 /p' "$TREE/$device" | sed 's/ inode=[0-9]*/ inode=7/; s/ peer_pid=424/ peer_pid=427/')
	sed -i -e 's/^sockets: .*/sockets: total=2 counted=2 dead=0 live=2 held=2 shown=2/' -e '0,/ socket=0 /s/ socket=0 / socket=1 /' "$TREE/$device"
	echo "$line" >>"$TREE/$device"
	why_says "one of two servers" "^nbdkit\[424\] serves nbd101, and owes it 2 requests, the oldest for 1\.0s\.$" --pid 424
	sed -i '0,/ socket=0 /s/ socket=0 / socket=- /' "$TREE/$device"
	why_says "one of two servers, and a request of one of them" "^nbdkit\[424\] serves nbd101, and owes it at least 1 request, for " --pid 424
	new_tree
	sed -i -e '/^request: /d' -e 's/^requests: .*/requests: inflight=0 oldest_age_ns=- shown=0/' "$TREE/$device"
	why_says "a stopped server that owes nothing" "^nbdkit\[424\] serves nbd101, and owes it nothing\.$" --pid 424
	check_eq "why: a stopped server that owes nothing cannot go on either" "$(grep -c 'can go on' <<<"$OUT")" 0
	sed -i 's/^State:.*/State:	S (sleeping)/' "$TREE/proc/424/task/424/status"
	why_says "a server that owes nothing" "^No thread of process 424 is in D: they can go on\.$" --pid 424
	# What cannot be read may be owed.
	echo "cut off" >"$TREE/$device"
	why_says_with 3 "a server, and a device that cannot be read" "^No thread of process 424 is in D, and it is not stopped\." --pid 424
	check_eq "why: a server, and a device that cannot be read: JSON" "$(json_of why --pid 424 2>/dev/null | jq -c '[.complete, .status]')" "[false,3]"
}

# Where it is mounted is as good a name of a device as its own.
by_mount() {
	rm -rf "$WORK/tree"
	cp -a "$TOP/tests/docs/captures/server-stopped" "$WORK/tree"
	TREE=$WORK/tree
	why_says "a mount point: its server" "^nbdkit\[4257\] is stopped: it answers nothing until it goes on\." /srv
	why_says "a mount point, with slashes to spare" "^nbdkit\[4257\] is stopped: it answers nothing until it goes on\." /.//srv/./
	check_ends "why: a mount point, by .." 66 "there is no block device, map, mount point" --root "$TREE" why /srv/../srv
	run_reader --root "$TREE" why /srv
	check_eq "why: a mount point: as of the device" "$OUT" "$("$NBDDIAG" --root "$TREE" why nbd0 2>/dev/null)"
}

# Whatever was printed, or is at hand, is a beginning.
by_other_names() {
	new_tree
	why_says "a partition that is not known" '^There is no partition nbd101p1 known\. It would be of nbd101\.$' nbd101p1
	check "why: a partition that is not known: the device" grep -q '^It has 3 requests in flight' <<<"$OUT"
	check_ends "why: a partition of no device" 66 "there is no nbd9, but there are" --root "$TREE" why nbd9p1
	why_says "a peer as it is printed" '^nbd101 is connected to path:"/tmp/w/sock"\.$' 'path:"/tmp/w/sock"'
	sed -i 's|/tmp/w/sock|/tmp/w/a \\"b\\"|' "$TREE/$device"
	why_says "a peer with quotes as it is printed" '^nbd101 is connected to path:"/tmp/w/a \\"b\\""\.$' 'path:"/tmp/w/a \"b\""'
	sed -i 's| peer=path:"[^ ]* [^ ]*| peer=unnamed|' "$TREE/$device"
	check_ends "why: a peer without a name is no beginning" 66 "there is no block device" --root "$TREE" why unnamed
	rm -rf "$WORK/tree"
	cp -a "$TOP/tests/docs/captures/server-stopped" "$WORK/tree"
	why_says "a file on a mount" '^/srv/a/b is on the filesystem of nbd0, by its mount point\.$' /srv/a/b
	why_says "a file on a mount, with slashes to spare" '^//srv//a is on the filesystem of nbd0, by its mount point\.$' //srv//a
	check "why: a file on a mount: its server" grep -q '^nbdkit\[4257\] is stopped' <<<"$OUT"
	check_ends "why: a path beside a mount" 66 "there is no block device" --root "$TREE" why /srvx
	check_ends "why: a path that leaves a mount" 66 "there is no block device" --root "$TREE" why /srv/../x
}

# A line of the file tasks. usage: hung_line TID TGID DEVICE HELD_BY [WAITS_FOR]
hung_line() {
	echo "task: tid=$1 tgid=$2 comm=\"nbdkit\" state=D exiting=no waiting_ns=90000000000 sleeps_in=x work=- waits_for=${5:-page} lock=- object=- device=$3 dev=8:0 asked=$3 fs=\"ext4\" via=- op=read sector=0 bytes=4096 age_ns=90000000000 request=started held_by=$4 held_by_tgid=$4 held_by_comm=\"x\" hops=0 proof=record"
}

# The file tasks, of lines. usage: put_hung NR
put_hung() {
	printf '%s\n' "format: 1" "complete: yes" "complete_reason: ok" "tasks: seen=9 cannot_go_on=$1 known=$1 went_on=0" >"$TREE/$DEBUGFS/tasks"
	cat >>"$TREE/$DEBUGFS/tasks"
}

# One more device that is as nbd101 is, but for some keys. usage: one_more NUMBER SED-SCRIPT
one_more() {
	sed -e "s/^device: .*/device: nbd$1/" -e "s/^index: .*/index: $1/" -e "s/^dev: .*/dev: 43:$1/" -e "$2" "$TREE/$device" >"$TREE/$DEBUGFS/nbd$1"
	sed -n "s/name=nbd101 /name=nbd$1 /p" "$TREE/$DEBUGFS/devices" >"$WORK/line"
	cat "$WORK/line" >>"$TREE/$DEBUGFS/devices"
}

# All causes. usage: all_causes TEXT TITLE [OTHER-LINE...]
all_causes() {
	local text=$1 title=$2
	shift 2
	check_ends "why: all: $text" 2 '^1\. ' --root "$TREE" why
	check_eq "why: all: $text: one cause" "$(grep '^[0-9]*\. ' <<<"$OUT")" "1. $title"
	for line; do
		check "why: all: $text: $line" grep -qxF "   $line" <<<"$OUT"
	done
}

# A server that waits for another device: both hang for one reason.
server_in_d() {
	new_tree
	sed -i 's/^State:.*/State:	S (sleeping)/' "$TREE/proc/461/task/461/status"
	sed -i 's/^State:.*/State:	D (disk sleep)/' "$TREE/proc/424/task/424/status"
	sed -i -E 's/(age_ns=)[0-9]+/\1259200000000000/g' "$TREE/$device"
	hung_line 424 424 sda - | put_hung 1
	why_says "a server in D" "^nbdkit\[424\] is in state D"
	check "why: a server in D: what it waits for" grep -qxF 'It waits for a page of a file of the ext4 filesystem on sda.' <<<"$OUT"
	check "why: a server in D: who owes that" grep -qxF 'sda owes it: a read of 4096 bytes at sector 0, for 1m 30s.' <<<"$OUT"
	all_causes "a server in D" "sda has not answered." "It holds up nbdkit[424], the server of nbd101." \
		"Cannot go on: nbdkit[424] for 1m 30s."
	check "why: all: a server in D: what helps" grep -q '^   What helps: have sda answer again: the servers that wait for it go on' <<<"$OUT"
	check "why: all: a server in D: down to the root" grep -qxF 'sda owes it: a read of 4096 bytes at sector 0, for 1m 30s.' <<<"$OUT"
	check_eq "why: all: a server in D: JSON" "$(json_of why 2>/dev/null | jq -c '.causes | map([.cause, .devices, .known])')" \
		'[["sda has not answered",["sda","nbd101"],true]]'
	# A thread of it that is not the main one.
	sed -i 's/^State:.*/State:	S (sleeping)/' "$TREE/proc/424/task/424/status"
	cp -a "$TREE/proc/424/task/424" "$TREE/proc/424/task/425"
	sed -i -e 's/^State:.*/State:	D (disk sleep)/' -e 's/^Pid:.*/Pid:	425/' "$TREE/proc/424/task/425/status"
	hung_line 425 424 sda - | put_hung 1
	all_causes "a thread of a server in D" "sda has not answered." "It holds up nbdkit[424], the server of nbd101."
	why_says "a thread of a server in D" "^nbdkit\[425\] of process 424 is in state D"
	# All of it is stopped: that is a reason of its own.
	sed -i 's/^State:.*/State:	T (stopped)/' "$TREE/proc/424/task/424/status"
	check_ends "why: all: a stopped server with a thread in D" 2 "^[12]\. The server nbdkit\[424\] is stopped\.$" --root "$TREE" why
	check_eq "why: all: a stopped server with a thread in D: two causes" "$(grep -c '^[0-9]*\. ' <<<"$OUT")" 2
	rm -r "$TREE/proc/424/task/425"
	# A server that waits for what a task has.
	sed -i 's/^State:.*/State:	D (disk sleep)/' "$TREE/proc/424/task/424/status"
	hung_line 424 424 - 427 lock | put_hung 1
	all_causes "a server that waits for a task" "x[427] has what others wait for." "It holds up nbdkit[424], the server of nbd101."
	# Of what it waits nothing is known.
	hung_line 424 424 - - - | put_hung 1
	all_causes "a server that waits for something" "nbdkit[424] cannot go on, and what it waits for is not known." "It is the server of nbd101."
}

# The server of one device waits for another one, whose server waits for sda, or for the first one.
servers_in_d() {
	new_tree
	sed -i 's/^State:.*/State:	D (disk sleep)/' "$TREE/proc/424/task/424/status"
	sed -i -E 's/(age_ns=)[0-9]+/\1259200000000000/g' "$TREE/$device"
	mkdir -p "$TREE/proc/900/task"
	cp -a "$TREE/proc/424/task/424" "$TREE/proc/900/task/900"
	echo nbd-server >"$TREE/proc/900/task/900/comm"
	one_more 5 's/ inode=[0-9]*/ inode=7/; s/ peer_pid=424 peer_comm="nbdkit"/ peer_pid=900 peer_comm="nbd-server"/'
	{
		hung_line 424 424 nbd5 -
		hung_line 900 900 sda -
	} | put_hung 2
	all_causes "a server of a server in D" "sda has not answered." "It holds up nbdkit[424], the server of nbd101." \
		"It holds up nbd-server[900], the server of nbd5." "At least 6 requests, the oldest for 3d 0h, of sda, nbd5, nbd101."
	hung_line 424 424 nbd101 - | put_hung 1
	check_ends "why: all: a server that waits for its own device" 2 \
		"^[12]\. The server nbdkit\[424\] waits for nbd101, which waits for it: neither can go on\.$" --root "$TREE" why
	check_eq "why: all: a server that waits for its own device: not to let it answer" "$(grep -c 'let the server of nbd101 answer again' <<<"$OUT")" 0
	check_eq "why: all: a server that waits for its own device: what helps" "$(grep -c "What helps: run 'nbd-client -d /dev/nbd101'" <<<"$OUT")" 1
	{
		hung_line 424 424 nbd5 -
		hung_line 900 900 nbd101 -
	} | put_hung 2
	all_causes "servers that wait for each other" "The server nbdkit[424] waits for nbd5, which waits for it: neither can go on."
}

# More threads in D than are followed.
many_threads() {
	local tid
	new_tree
	for tid in {1001..1040}; do
		mkdir -p "$TREE/proc/$tid/task"
		cp -a "$TREE/proc/461/task/461" "$TREE/proc/$tid/task/$tid"
	done
	why_says_with 3 "40 threads in D" "^There are more than 32 devices, threads or processes\. The others are not explained\.$"
	new_tree
	check_eq "why: few threads: nothing is left out" "$("$NBDDIAG" --root "$TREE" why nbd101 | grep -c 'There are more than')" 0
}

# More devices owe a process than there is room for.
many_devices() {
	local n
	new_tree
	sed -i -e '/^owed: /d' -e 's/ owed=2 / owed=20 /' -e 's/inflight=2 /inflight=20 /; s/^inflight: 2/inflight: 20/' "$TREE/$DEBUGFS/aio"
	for n in {1..20}; do
		echo "owed: pid=454 user_id=0x7f76f4a37000 device=nbd$n op=read sector=0 bytes=4096 age_ns=1017092733" >>"$TREE/$DEBUGFS/aio"
	done
	why_says "20 devices owe" "^nbd20 owes 1 of them\.$" --pid 454
	check_ends "aio: 20 devices owe" 0 "nbd16:1 others:4" --root "$TREE" aio
	sed -i 's/^owed: pid=[0-9]* user_id=[^ ]* device/candidate: device/; s/ op=read.*//' "$TREE/$DEBUGFS/aio"
	check_ends "aio: 20 devices may owe" 0 "nbd16\? others\?" --root "$TREE" aio
}

# A program learns too that something may be missing.
incomplete_aio() {
	new_tree
	check_eq "aio --json: complete" "$(json_of aio | jq -c '[.complete, .complete_reason]')" '[true,null]'
	sed -i -e 's/^complete: .*/complete: no/' -e 's/^complete_reason: .*/complete_reason: changing/' "$TREE/$DEBUGFS/aio"
	check_eq "aio --json: not complete" \
		"$(json_of aio 2>/dev/null | jq -c '[.complete, .complete_reason, (.aio | length)]')" '[false,"changing",1]'
	check_eq "aio --json: of nobody" \
		"$(json_of aio --pid 4242 2>/dev/null | jq -c '[.complete, .aio]')" '[false,[]]'
}

# Facts for programs are no sentences. usage: fact JQ-FILTER
fact() { json_of show nbd101 2>/dev/null | jq -c ".device | $1"; }

facts() {
	new_tree
	check_eq "show --json: types" "$(fact '[.device, .openers, .attachable, .consistent, .capacity_bytes, .lock_holder, .kept_by]')" \
		'["nbd101",3,false,true,67108864,null,{"openers":3,"receivers":1,"netlink":0}]'
	check_eq "show --json: sockets" "$(fact '.socket | map([.index, .dead, .peer, .unsent_bytes, .fallback, .peer_comm])')" \
		'[[0,false,"path:\"/tmp/w/sock\"",84,-1,"nbdkit"]]'
	check_eq "show --json: requests" "$(fact '.request | map([.op, .bytes, .aio_pid])')" \
		'[["read",4096,454],["read",4096,454],["read",4096,null]]'
	sed -i -e 's/^openers: .*/openers: -(unreadable)/' -e 's/ peer_comm="[a-z]*"/ peer_comm=-(gone)/' "$TREE/$device"
	check_eq "show --json: not known" "$(fact '[.openers, .openers_unknown, .socket[0].peer_comm, .socket[0].peer_comm_unknown]')" \
		'[null,"unreadable",null,"gone"]'
}

facts
not_known
not_all_known
without_aio
not_captured
not_followed
by_socket
of_server
by_mount
by_other_names
server_in_d
servers_in_d
many_threads
many_devices
incomplete_aio
