# shellcheck shell=bash disable=SC2153
# Patterns: of each, a device that looks like it, and one that nearly does.

file=$DEBUGFS/nbd101

# The fixed words of what "why" says that nbd101 looks like.
patterns() { "$NBDDIAG" --root "$TREE" why nbd101 2>/dev/null | sed -nE 's/^This looks like ([a-z-]+): .*/\1/p' | sort | xargs; }

# usage: looks_like TEXT PATTERN...
looks_like() { check_eq "pattern: $1" "$(patterns)" "${*:2}"; }

# Changes keys of nbd101. usage: with TREE SED-SCRIPT...
with() {
	local script
	copy_tree "$1"
	shift
	for script in "$@"; do
		sed -i -E -e "$script" "$TREE/$file"
	done
}

server_state() { sed -i "s/^State:.*/State:	$1/" "$TREE/proc/424/task/424/status"; }

old='s/(age_ns=)[0-9]+/\1259200000000000/g'

server_stopped() {
	with incident2
	looks_like "server stopped" server-stopped
	check_eq "pattern: server stopped: JSON" "$(json_of why nbd101 2>/dev/null | jq -c '.patterns | map([.device, .pattern, .versions, (.helps | test("kill -CONT"))])')" \
		'[["nbd101","server-stopped","all kernels",true]]'
	check_ends "check: server stopped" 2 "^wedged: nbd101 is attached, but its server nbdkit\[424\] is stopped\. .*\(server-stopped\)" \
		--root "$TREE" check nbd101
	check_ends "list: server stopped" 0 "^nbd101 +wedged +connected" --root "$TREE" list
	check_ends "why: server stopped" 0 "^nbdkit\[424\] is stopped: it answers nothing until it goes on\.$" --root "$TREE" why nbd101
	check_eq "why: server stopped: what to run is said once" "$(grep -c 'kill -CONT' <<<"$OUT")" 1
	server_state "t (tracing stop)"
	looks_like "server traced" server-stopped
	check_ends "check: server traced" 2 "have the debugger let its server 424 go on" --root "$TREE" check nbd101
	check_ends "why: server traced" 0 "^nbdkit\[424\] is held by a debugger: " --root "$TREE" why nbd101
	# What answers may be another thread.
	mkdir "$TREE/proc/424/task/425"
	printf 'Name:\tnbdkit\nState:\tS (sleeping)\nTgid:\t424\n' >"$TREE/proc/424/task/425/status"
	echo nbdkit >"$TREE/proc/424/task/425/comm"
	check_ends "check: server whose main thread alone is traced" 1 "^in-use: nbd101 is attached and served" --root "$TREE" check nbd101
	check_ends "why: server whose main thread alone is traced" 0 \
		"^nbdkit\[424\] has other threads that are not stopped, but its main thread is\.$" --root "$TREE" why nbd101
	check_eq "why: server whose main thread alone is traced: no pattern" "$(grep -c 'server-stopped' <<<"$OUT")" 0
	sed -i 's/^State:.*/State:	T (stopped)/' "$TREE"/proc/424/task/42[45]/status
	check_ends "check: server all of whose threads are stopped" 2 "let its server go on: run 'kill -CONT 424'" --root "$TREE" check nbd101
	server_state "Z (zombie)"
	check_ends "check: server whose main thread has ended, and whose other one is stopped" 2 "let its server go on: run 'kill -CONT 424'" \
		--root "$TREE" check nbd101
	with incident2 "$old"
	check_ends "check: server stopped, for long" 2 "^wedged: nbd101 is attached, but its server nbdkit\[424\] is stopped\. .*\(server-stopped\)" \
		--root "$TREE" check nbd101
	check_eq "check: server stopped, for long: steps" \
		"$(json_of check nbd101 2>/dev/null | jq -c '[.devices[0].free_by[].do[:20]]')" \
		'["let its server go on","run '\''nbd-client -d /","end or detach what h"]'
	with incident2
	server_state "S (sleeping)"
	looks_like "server that sleeps"
	check_ends "check: server that sleeps" 1 "^in-use: " --root "$TREE" check nbd101
	server_state "T (stopped)"
	sed -i -e '/^request: /d' -e 's/^requests: .*/requests: inflight=0 oldest_age_ns=- shown=0/' "$TREE/$file"
	looks_like "server stopped, and nothing asked of it"
}

retry_leak() {
	with incident1
	looks_like "retry leak" retry-leak
	with incident1 's/^openers: .*/openers: 0/' 's/^kept_by: .*/kept_by: openers=0 receivers=0 netlink=0/'
	looks_like "sockets left over, but no opener"
	with incident1 's/^sockets: .*/sockets: total=4 counted=4 dead=4 live=0 held=0 shown=4/'
	looks_like "no live socket"
}

dead_setup() {
	local reason='s/^attachable_reason: .*/attachable_reason: setup-task-set/'
	with incident1 's/^state: .*/state: opened/' 's/^state_reason: .*/state_reason: no-sockets/' "$reason"
	looks_like "setup by a dead task" dead-setup
	sed -i 's/^setup_task: .*/setup_task: pid=9 tgid=9 comm="nbd-client" state=S has_device_open=yes/' "$TREE/$file"
	looks_like "setup by a task that is alive"
}

immortal() {
	with incident2 "$old"
	server_state "S (sleeping)"
	looks_like "immortal request" immortal-request
	sed -i 's/^timeout_s: .*/timeout_s: 30/' "$TREE/$file"
	looks_like "old request with a timeout"
	with incident2
	server_state "S (sleeping)"
	looks_like "young request"
}

freeze() {
	local lock='s/^consistent: .*/consistent: no/'
	local holder='s/^lock_holder: .*/lock_holder: pid=461 tgid=461 comm="dd" state=D has_device_open=yes/'
	with incident2 "$lock" "$holder"
	server_state "S (sleeping)"
	printf '[<0>] blk_mq_freeze_queue_wait+0x8c/0xb0\n' >"$TREE/proc/461/task/461/stack"
	printf blk_mq_freeze_queue_wait >"$TREE/proc/461/task/461/wchan"
	looks_like "freeze" freeze-behind-request
	# By the file tasks, where the function has another name.
	printf '[<0>] schedule+0x8c/0xb0\n' >"$TREE/proc/461/task/461/stack"
	printf '%s\n' "format: 1" "complete: yes" "complete_reason: ok" "tasks: seen=9 cannot_go_on=1 known=1 went_on=0" \
		"task: tid=461 tgid=461 comm=\"dd\" state=D exiting=no waiting_ns=1 sleeps_in=x work=- waits_for=queue-freeze lock=- object=- device=nbd101 asked=nbd101 held_by=-" \
		>"$TREE/$DEBUGFS/tasks"
	looks_like "freeze, by the file tasks" freeze-behind-request
	sed -i 's/tid=461 tgid=461/tid=77 tgid=77/' "$TREE/$DEBUGFS/tasks"
	looks_like "freeze, by a task that has not nbd's lock" freeze-behind-request
	sed -i 's/asked=nbd101/asked=nbd10/' "$TREE/$DEBUGFS/tasks"
	looks_like "freeze of another device"
	sed -i 's/asked=nbd10 /asked=nbd101 /; s/waits_for=queue-freeze/waits_for=tag/' "$TREE/$DEBUGFS/tasks"
	looks_like "no freeze, by the file tasks"
	rm "$TREE/$DEBUGFS/tasks"
	printf '[<0>] sock_sendmsg+0x8c/0xb0\n' >"$TREE/proc/461/task/461/stack"
	printf sock_sendmsg >"$TREE/proc/461/task/461/wchan"
	looks_like "lock held for another reason"
}

bound() {
	local change=('s/^attachable_reason: .*/attachable_reason: bound/' 's/^runtime_flags: .*/runtime_flags: 0x24 DISCONNECTED BOUND/')
	with incident1 "${change[@]}"
	looks_like "bound without a reference" bound-without-reference
	with incident1 "${change[@]}" 's/^kept_by: .*/kept_by: openers=1 receivers=0 netlink=1/'
	looks_like "bound with its reference"
}

# usage: logged LINE
logged() { printf '<3>[ 12.3] %s\n' "something else" "$1" "something after" >"$TREE/kernel-log"; }

of_the_log() {
	# Its requests are stuck.
	with incident2 "$old" 's/^timeout_s: .*/timeout_s: 9/'
	server_state "S (sleeping)"
	logged "block nbd101: Send control failed (result -13)"
	looks_like "send denied" send-denied
	check "pattern: send denied: the line of the log" grep -qx '    \[kernel log: .*block nbd101: Send control failed (result -13)\]' \
		<("$NBDDIAG" --root "$TREE" why nbd101 2>/dev/null)
	logged "block nbd101: Send control failed (result -32)"
	looks_like "send failed for another reason"
	logged "block nbd1010: Send control failed (result -13)"
	looks_like "send denied of another device"
	logged "block nbd101: Unsupported socket: should be TCP or UNIX."
	looks_like "kind of socket, and attached since"
	# It has no receivers.
	sed -i -E 's/^recv_threads: .*/recv_threads: 0/; s/receivers=[0-9]+/receivers=0/' "$TREE/$file"
	looks_like "kind of socket" socket-kind
	logged "block nbd101: Unsupported socket: shutdown callout must be supported."
	looks_like "another kind of socket"
	check_eq "pattern: the log is read" "$("$NBDDIAG" --root "$TREE" why nbd101 2>&1 | grep -c "kernel's log")" 0
	rm "$TREE/kernel-log"
	looks_like "no log"
	mkdir "$TREE/kernel-log"
	check_eq "pattern: a log that cannot be read: it says so, once" "$("$NBDDIAG" --root "$TREE" why 2>&1 >/dev/null | grep "kernel's log")" \
		"nbddiag: the kernel's log cannot be read (Invalid argument): whether it says why a device does not work is not known"
	rmdir "$TREE/kernel-log"
	with incident2
	server_state "S (sleeping)"
	logged "block nbd101: Send control failed (result -13)"
	looks_like "send denied, and it works since"
	of_a_refused_attach
}

# The kernel refuses an attach and the client closes the device: it is free afterwards. Only the log has the reason.
of_a_refused_attach() {
	local what="free after a refused attach"
	copy_tree healthy
	logged "block nbd1: Unsupported socket: should be TCP or UNIX."
	check_ends "pattern: $what" 0 "^This looks like socket-kind: " --root "$TREE" why nbd1
	check_eq "pattern: $what: it is free" "$(grep -c '^nbd1 is free ' <<<"$OUT")" 1
	check_eq "pattern: $what: nothing else" "$(grep -c '^This looks like' <<<"$OUT")" 1
	logged "block nbd1: Send control failed (result -13)"
	check_ends "pattern: $what, of the right" 0 "^This looks like send-denied: " --root "$TREE" why nbd1
	logged "block nbd2: Send control failed (result -13)"
	run_reader --root "$TREE" why nbd1
	check_eq "pattern: free, and another attach was refused" "$(grep -c '^This looks like' <<<"$OUT")" 0
}

partial() {
	with incident2 "$old" 's/^timeout_s: .*/timeout_s: 9/' 's/ pending=no/ pending=yes/'
	server_state "S (sleeping)"
	looks_like "sent in part" partial-send
	with incident2 's/ pending=no/ pending=yes/'
	server_state "S (sleeping)"
	looks_like "just being sent"
}

wrong_volume() {
	with incident2 's/^peers_agree: .*/peers_agree: no/' 's/^peers_differing: .*/peers_differing: 1/'
	server_state "S (sleeping)"
	looks_like "wrong volume" wrong-volume
	with incident1
	looks_like "wrong volume, that nothing serves" retry-leak
}

# It never says that something is so.
modest() {
	with incident2
	check_eq "pattern: it never says 'is'" "$("$NBDDIAG" --root "$TREE" why nbd101 2>/dev/null | grep -c '^This is')" 0
	check_ends "pattern: what it means, where it was seen" 0 '^This looks like server-stopped: its server .*\. Seen with: all kernels\.$' \
		--root "$TREE" why nbd101
	check "pattern: what helps, with the names of this host" grep -q "^What helps: let its server go on: run 'kill -CONT 424'\.$" <<<"$OUT"
	# Of one that is not stuck there is nothing to say but what helped elsewhere.
	with incident2 's/^peers_agree: .*/peers_agree: no/' 's/^peers_differing: .*/peers_differing: 1/'
	server_state "S (sleeping)"
	check_ends "pattern: what helps against what is not stuck" 0 '^This looks like wrong-volume: .*\. What helps: stop all use of it now' \
		--root "$TREE" why nbd101
}

server_stopped
retry_leak
dead_setup
immortal
freeze
bound
of_the_log
partial
wrong_volume
modest
