# shellcheck shell=bash disable=SC2153
# Processes that a cgroup keeps frozen: real ones on this host, of both versions of cgroups. Instead of the module there is a
# copy of its files, in a mount namespace.

FAKE=$WORK/fake-freezer
mkdir "$FAKE"
copy_tree incident2
cp "$TREE/$DEBUGFS"/{aio,devices,layout,io,tasks,uring} "$FAKE"

# What is said if a cgroup above the frozen one is frozen too.
NESTED=", and thaw the cgroups above it, as one of them is frozen too"

# A process in GROUP/inner. Sets FROZEN. usage: start_in GROUP
start_in() {
	sleep 1000 &
	FROZEN=$!
	mkdir -p "$1/inner" 2>/dev/null && echo "$FROZEN" 2>/dev/null >"$1/inner/cgroup.procs"
}

# usage: end_in GROUP
end_in() {
	kill -KILL "$FROZEN"
	wait "$FROZEN" 2>/dev/null
	rmdir "$1/inner" "$1" 2>/dev/null || :
}

# usage: says TEXT STATUS LINE...
says() {
	local text=$1 line
	on_host why --pid "$FROZEN"
	check_eq "$text: status" "$STATUS$ERR" "$2"
	for line in "${@:3}"; do
		check "$text: $line" grep -qxF -- "$line" <<<"$OUT"
	done
}

# The upper of two cgroups is frozen.
version2() {
	local group=$1/nbddiag-test-$$
	if ! start_in "$group" || [ ! -e "$group/cgroup.freeze" ]; then
		pass "a process frozen by cgroup2 # SKIP no such cgroup can be made here"
		end_in "$group"
		return
	fi
	says "not frozen" 0 "No thread of process $FROZEN is in D: they can go on."
	echo 1 >"$group/cgroup.freeze"
	await 10 "^frozen 1" "$group/cgroup.events"
	says "frozen" 0 "sleep[$FROZEN] is frozen by its cgroup: it does nothing until it is thawed." "    [$group/cgroup.freeze]" \
		"What helps: thaw it: run 'echo 0 >\"$group/cgroup.freeze\"'."
	check_eq "frozen: nobody is told that it goes on" "$(grep -c 'can go on' <<<"$OUT")" 0
	echo 1 >"$group/inner/cgroup.freeze"
	says "frozen twice" 0 "What helps: thaw it: run 'echo 0 >\"$group/inner/cgroup.freeze\"'$NESTED."
	echo 0 >"$group/cgroup.freeze"
	says "frozen, and what is above it is not" 0 "What helps: thaw it: run 'echo 0 >\"$group/inner/cgroup.freeze\"'."
	echo 0 >"$group/inner/cgroup.freeze"
	end_in "$group"
}

version1() {
	local group=/sys/fs/cgroup/freezer/nbddiag-test-$$ nobody='held_by=- held_by_tgid=- held_by_comm=-'
	if ! start_in "$group" || [ ! -e "$group/freezer.state" ]; then
		pass "a process frozen by the freezer of version 1 # SKIP no such cgroup can be made here"
		end_in "$group"
		return
	fi
	echo FROZEN >"$group/freezer.state"
	await 10 FROZEN "$group/inner/freezer.state"
	sed 's/cannot_go_on=1/cannot_go_on=2/' "$TREE/$DEBUGFS/tasks" >"$FAKE/tasks"
	echo "task: tid=$FROZEN tgid=$FROZEN comm=\"sleep\" state=D exiting=no waiting_ns=1 sleeps_in=hrtimer_nanosleep work=- waits_for=freezer" \
		"lock=- object=- device=- dev=- asked=- fs=- via=- op=- sector=- bytes=- age_ns=- request=- $nobody hops=0 proof=state" \
		"last_reader=- last_reader_tgid=- last_reader_comm=-" >>"$FAKE/tasks"
	says "frozen, version 1" 0 "It waits for whoever froze it, by its cgroup or to suspend the host." \
		"What helps: thaw it: run 'echo THAWED >\"$group/freezer.state\"'. A kill does not end it before that."
	# So it is.
	kill -KILL "$FROZEN"
	sleep 0.5
	check "frozen, version 1: a kill does not end it" grep -q '^State:.*D' "/proc/$FROZEN/status"
	echo THAWED >"$group/freezer.state"
	end_in "$group"
}

# Whoever made a cgroup has chosen its name.
hostile_name() {
	# shellcheck disable=SC2016 # nobody is to expand it
	local hostile='pods/a$(reboot)'
	echo 0 >"$TREE/sys/fs/cgroup/freezer/pods/freezer.self_freezing"
	mkdir -p "$TREE/sys/fs/cgroup/freezer/$hostile"
	echo "7:freezer:/$hostile" >"$TREE/proc/424/task/424/cgroup"
	echo FROZEN >"$TREE/sys/fs/cgroup/freezer/$hostile/freezer.state"
	echo 1 >"$TREE/sys/fs/cgroup/freezer/$hostile/freezer.self_freezing"
	run_reader --root "$TREE" check nbd101
	check "a name for a shell: what thaws it" grep -qF "thaw its server: write THAWED to \"/sys/fs/cgroup/freezer/$hostile/freezer.state\"." <<<"$OUT"
	check_eq "a name for a shell: no command" "$(grep -c "run 'echo" <<<"$OUT")" 0
}

# A capture has the files of cgroups that tell it, and no others. usage: captured TEXT ARGUMENT...
captured() {
	local said
	rm -f "$WORK/frozen.tar"
	run_reader --root "$TREE" capture "$WORK/frozen.tar"
	run_reader --root "$WORK/frozen.tar" "${@:2}"
	said="$STATUS $OUT"
	run_reader --root "$TREE" "${@:2}"
	check_eq "$1: captured" "$said" "$STATUS $OUT"
	check_eq "$1: captured: all that is in it is documented" "$(undocumented "$WORK/frozen.tar")" ""
}

# usage: server_is_frozen TEXT WHAT THAWS IT
server_is_frozen() {
	captured "$1" check nbd101
	check_eq "$1: captured: how many files of cgroups" "$(tar -tf "$WORK/frozen.tar" | grep -c '/sys/fs/cgroup/')" 2
	run_reader --root "$TREE" check nbd101
	check_eq "$1: check: status" "$STATUS" 2
	check "$1: check" grep -qF "its server nbdkit[424] is frozen by its cgroup" <<<"$OUT"
	run_reader --root "$TREE" why
	check "$1: why" grep -qxF "1. The server nbdkit[424] is frozen by its cgroup." <<<"$OUT"
	check "$1: why: what it looks like" grep -q "^This looks like server-stopped: " <<<"$OUT"
	check_eq "$1: why: nothing else" "$(grep -c "^This looks like" <<<"$OUT")" 1
	check "$1: why: what helps" grep -qF "thaw its server: run 'echo $2'." <<<"$OUT"
}

# It answers nothing, and sleeps in S where cgroup2 has frozen it, in D where the freezer of version 1 has.
server() {
	copy_tree incident2
	sed -i 's/^State:.*/State:\tS (sleeping)/' "$TREE"/proc/424/task/*/status
	mkdir -p "$TREE/sys/fs/cgroup/pods/inner" "$TREE/sys/fs/cgroup/freezer/pods"
	printf '7:freezer:/pods\n0::/pods/inner\n' >"$TREE/proc/424/task/424/cgroup"
	echo 0 >"$TREE/sys/fs/cgroup/pods/cgroup.freeze"
	echo 0 >"$TREE/sys/fs/cgroup/freezer/pods/freezer.self_freezing"
	echo "populated 1" >"$TREE/sys/fs/cgroup/pods/inner/cgroup.events"
	echo THAWED >"$TREE/sys/fs/cgroup/freezer/pods/freezer.state"
	run_reader --root "$TREE" check nbd101
	captured "server, not frozen" check nbd101
	check_eq "server, not frozen: captured: no file of cgroups" "$(tar -tf "$WORK/frozen.tar" | grep -c cgroup)" 0
	run_reader --root "$TREE" check nbd101
	check_eq "server, not frozen: check" "$STATUS ${OUT%%.*}" "1 in-use: nbd101 is attached and served"
	# It is told to freeze, and has not: a thread hangs.
	echo 1 >"$TREE/sys/fs/cgroup/pods/cgroup.freeze"
	echo "frozen 0" >>"$TREE/sys/fs/cgroup/pods/inner/cgroup.events"
	run_reader --root "$TREE" check nbd101
	check_eq "server, not yet frozen: check" "$STATUS" 1
	sed -i 's/^frozen 0/frozen 1/' "$TREE/sys/fs/cgroup/pods/inner/cgroup.events"
	server_is_frozen "server, cgroup2" '0 >"/sys/fs/cgroup/pods/cgroup.freeze"'
	echo 1 >"$TREE/sys/fs/cgroup/pods/inner/cgroup.freeze"
	captured "server, in two frozen cgroups" check nbd101
	check "server, in two frozen cgroups: what helps" grep -qF "run 'echo 0 >\"/sys/fs/cgroup/pods/inner/cgroup.freeze\"'$NESTED." <<<"$OUT"
	rm "$TREE/sys/fs/cgroup/pods/inner/cgroup.freeze"
	echo 0 >"$TREE/sys/fs/cgroup/pods/cgroup.freeze"
	echo 1 >"$TREE/sys/fs/cgroup/freezer/pods/freezer.self_freezing"
	echo FREEZING >"$TREE/sys/fs/cgroup/freezer/pods/freezer.state"
	run_reader --root "$TREE" check nbd101
	check_eq "server, version 1, not yet frozen: check" "$STATUS" 1
	echo FROZEN >"$TREE/sys/fs/cgroup/freezer/pods/freezer.state"
	sed -i 's/^State:.*/State:\tD (disk sleep)/' "$TREE"/proc/424/task/*/status
	server_is_frozen "server, version 1" 'THAWED >"/sys/fs/cgroup/freezer/pods/freezer.state"'
}

# Two threads of a process have a device open, each for itself, and its server is frozen too: how to thaw each is said once.
opener() {
	local pid
	copy_tree incident2
	for pid in 424 427; do
		sed -i 's/^State:.*/State:\tS (sleeping)/' "$TREE"/proc/$pid/task/*/status
		mkdir -p "$TREE/sys/fs/cgroup/of-$pid"
		echo "0::/of-$pid" >"$TREE/proc/$pid/task/$pid/cgroup"
		echo 1 >"$TREE/sys/fs/cgroup/of-$pid/cgroup.freeze"
		echo "frozen 1" >"$TREE/sys/fs/cgroup/of-$pid/cgroup.events"
	done
	cp -a "$TREE/proc/427/task/427" "$TREE/proc/427/task/428"
	sed -i 's/^4/5/' "$TREE/proc/427/task/428/fd.rdev"
	run_reader --root "$TREE" why nbd101
	captured "opener" why nbd101
	check_eq "opener: frozen, each thread" "$(grep -c '^nbd-client\[42[78]\].* is frozen by its cgroup' <<<"$OUT")" 2
	check_eq "opener: what helps" "$(grep -c "thaw it: run 'echo 0 >\"/sys/fs/cgroup/of-427/cgroup.freeze\"'" <<<"$OUT")" 1
	run_reader --root "$TREE" why --pid 427
	check_eq "opener, its process: what helps" "$(grep -o 'thaw it: .*of-427\|thaw its server: .*of-424' <<<"$OUT" | grep -o '^[a-z ]*' | paste -sd,)" "thaw it,thaw its server"
	check "opener, its process: whom the second helps" grep -qx "This frees nbd101, and what waits for it:" <<<"$OUT"
}

if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
	version2 /sys/fs/cgroup
else
	version2 /sys/fs/cgroup/unified
fi
version1
server
hostile_name
opener
