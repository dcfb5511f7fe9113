# shellcheck shell=bash disable=SC2153
# What "why" says where something is not known, and where there is more than it follows.

device=$DEBUGFS/nbd101

# usage: new_tree   (sets TREE, of incident 2)
new_tree() { copy_tree incident2; }

# The sentences of "why" of a changed tree. usage: why_says TEXT EREGEX [ARGUMENT...]
why_says() {
	local text=$1 pattern=$2
	shift 2
	check_ends "why: $text" 0 "$pattern" --root "$TREE" why "${@:-nbd101}"
	check_eq "why: $text: no holes in the sentences" \
		"$(grep -cE 'an unknown number of|-\[-\]|process - -|  [a-z]| \.$' <<<"$OUT")" 0
}

not_known() {
	new_tree
	sed -i -e 's/^consistent: .*/consistent: no/' "$TREE/$device"
	why_says "lock holder not known" "^Nbd's lock is held by a task that is not known, so these facts"
	sed -i -e 's/^lock_holder: .*/lock_holder: -(unreadable)/' "$TREE/$device"
	why_says "lock holder unreadable" "^Nbd's lock is held by a task that is not known \(unreadable\), so"
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

# The rest can be said without the file aio.
without_aio() {
	local what
	for what in missing empty cut format; do
		new_tree
		case $what in
		missing) rm "$TREE/$DEBUGFS/aio" ;;
		empty) : >"$TREE/$DEBUGFS/aio" ;;
		cut) sed -i '/^waiter: /d' "$TREE/$DEBUGFS/aio" ;;
		format) sed -i 's/^format: 1/format: 2/' "$TREE/$DEBUGFS/aio" ;;
		esac
		why_says "aio $what" "^It has 3 requests in flight"
		check "why: aio $what: it says so" grep -q "the file aio cannot be read or understood" <<<"$ERR"
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
	why_says "a socket, and a device that cannot be read" '^nbd101 is connected to tcp:' 'tcp:[fd00::1]:10809'
	check_eq "why: a socket, and a device that cannot be read: JSON" \
		"$("$NBDDIAG" --root "$TREE" why --json 'tcp:[fd00::1]:10809' 2>/dev/null | jq .complete)" false
	check_ends "why: whether there is such a socket is not known" 65 \
		"^nbddiag: whether '/tmp/w' is the socket of a server is not known\. It is no block device, map or mount point$" --root "$TREE" why /tmp/w
}

# A server that waits for another device.
server_in_d() {
	new_tree
	sed -i 's/^State:.*/State:	D (disk sleep)/' "$TREE/proc/424/task/424/status"
	sed -i -E 's/(age_ns=)[0-9]+/\1259200000000000/g' "$TREE/$device"
	printf '%s\n' "format: 1" "complete: yes" "complete_reason: ok" "tasks: seen=9 cannot_go_on=1 known=1 went_on=0" \
		'task: tid=424 tgid=424 comm="nbdkit" state=D exiting=no waiting_ns=90000000000 sleeps_in=x work=- waits_for=page lock=- object=- device=sda dev=8:0 asked=sda fs="ext4" via=- op=read sector=0 bytes=4096 age_ns=90000000000 request=started held_by=- held_by_tgid=- held_by_comm=- hops=0 proof=record' \
		>"$TREE/$DEBUGFS/tasks"
	why_says "a server in D" "^nbdkit\[424\] is in state D"
	check "why: a server in D: what it waits for" grep -qxF 'It waits for a page of a file of the ext4 filesystem on sda.' <<<"$OUT"
	check "why: a server in D: who owes that" grep -qxF 'sda owes it: a read of 4096 bytes at sector 0, for 1m 30s.' <<<"$OUT"
	check_ends "why: all: a server in D" 2 "^[12]\. The server nbdkit\[424\] hangs itself, in D\.$" --root "$TREE" why
	check "why: all: what a server in D waits for" grep -q '^[12]\. sda has not answered\.$' <<<"$OUT"
}

# More threads in D than are followed.
many_threads() {
	local tid
	new_tree
	for tid in {1001..1040}; do
		mkdir -p "$TREE/proc/$tid/task"
		cp -a "$TREE/proc/461/task/461" "$TREE/proc/$tid/task/$tid"
	done
	why_says "40 threads in D" "^There are more than 32 devices, threads or processes\. The others are not explained\.$"
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
	check_eq "aio --json: complete" "$("$NBDDIAG" --root "$TREE" aio --json | jq -c '[.complete, .complete_reason]')" '[true,null]'
	sed -i -e 's/^complete: .*/complete: no/' -e 's/^complete_reason: .*/complete_reason: changing/' "$TREE/$DEBUGFS/aio"
	check_eq "aio --json: not complete" \
		"$("$NBDDIAG" --root "$TREE" aio --json 2>/dev/null | jq -c '[.complete, .complete_reason, (.aio | length)]')" '[false,"changing",1]'
	check_eq "aio --json: of nobody" \
		"$("$NBDDIAG" --root "$TREE" aio --pid 4242 --json 2>/dev/null | jq -c '[.complete, .aio]')" '[false,[]]'
}

# Facts for programs are no sentences. usage: fact JQ-FILTER
fact() { "$NBDDIAG" --root "$TREE" show nbd101 --json 2>/dev/null | jq -c ".device | $1"; }

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
without_aio
not_captured
not_followed
by_socket
server_in_d
many_threads
many_devices
incomplete_aio
