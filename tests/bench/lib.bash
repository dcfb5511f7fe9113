# shellcheck shell=bash
# What the measurements share: the devices and contexts that are read, and how results are kept.
. tests/cases/aio.bash

# Where results go; tests/bench/run puts them together.
RESULTS=/out/$(basename "$0" .sh)

# A row of the table, in its order. usage: row WHAT FIGURE GOAL yes|no|-
row() { printf '| %s | %s | %s | %s |\n' "$@" >>"$RESULTS/rows"; }

# Says yes or no. usage: is_met NUMBER AT-MOST
is_met() { awk -v got="$1" -v goal="$2" 'BEGIN { print got <= goal ? "yes" : "no" }'; }

# Nanoseconds for a person, in the unit of the first; several are a median and its spread.
# usage: duration NS [MIN MAX]
duration() {
	awk 'BEGIN {
		unit = "ns"
		by = 1
		if (ARGV[1] >= 1e3) { unit = "µs"; by = 1e3 }
		if (ARGV[1] >= 1e6) { unit = "ms"; by = 1e6 }
		if (ARGV[1] >= 1e9) { unit = "s"; by = 1e9 }
		printf "%.3g %s", ARGV[1] / by, unit
		if (ARGC == 4)
			printf " (%.3g–%.3g)", ARGV[2] / by, ARGV[3] / by
	}' "$@"
}

# Reads files in turns. usage: measure ROUNDS NAME=PATTERN...
# Sets BYTES[name], MIN[name], MEDIAN[name], MAX[name] (ns), and RATIO[name], LEAST[name], MOST[name] to the first.
declare -A BYTES MIN MEDIAN MAX RATIO LEAST MOST
# shellcheck disable=SC2034 # used by those who source this
measure() {
	local name files bytes min median max least ratio most
	benchtool read "$@" >"$W/measured"
	cat "$W/measured" >>"$RESULTS/reads"
	while read -r name files bytes min median max least ratio most; do
		note "$name: $files files, $bytes bytes, $(duration "$median" "$min" "$max")"
		BYTES[$name]=$bytes MIN[$name]=$min MEDIAN[$name]=$median MAX[$name]=$max
		RATIO[$name]=$ratio LEAST[$name]=$least MOST[$name]=$most
	done <"$W/measured"
}

# Time and memory of a command, the best of some runs. Sets WALL and CPU (ns) and RSS (KiB).
# usage: cost TIMES COMMAND...
cost() {
	local times=$1
	shift
	for ((; times; times--)); do
		benchtool cost "$@"
	done | sort -n >"$W/cost"
	read -r WALL CPU RSS <"$W/cost"
	note "$1 … ${*: -1}: $(duration "$WALL"), processor $(duration "$CPU"), $RSS KiB"
}

# A grace period of RCU for each socket that is given to a device takes longest: have it end soon.
# usage: hasten_rcu JIFFIES
hasten_rcu() {
	local name
	for name in jiffies_till_first_fqs jiffies_till_next_fqs; do
		echo "$1" >/sys/module/rcutree/parameters/$name
	done
}

# Unix sockets with the longest names, for /proc/net/unix. usage: make_names N
make_names() {
	mkdir -p /tmp/names
	start_logged benchtool names /tmp/names "$1"
}

# One device with N sockets, as in incident 1. usage: make_sockets DEVICE N
make_sockets() {
	start_nbdtool_server "unix:$W/first"
	wedge "$1" "unix:$W/first"
	start_nbdtool_server "unix:$W/gMgr-_vol-9vzkksccz1_i-lc9ky3p98b-_nbd101" --deaf
	leave_sockets "$1" $(($2 - 1)) "unix:$W/gMgr-_vol-9vzkksccz1_i-lc9ky3p98b-_nbd101"
}

# Connected devices, one socket each. usage: make_devices FIRST LAST
make_devices() {
	local index
	start_nbdtool_server "unix:$W/healthy"
	for ((index = $1; index <= $2; index++)); do
		nbdtool nl-connect "$index" "unix:$W/healthy" >/dev/null
	done
}

# AIO contexts of several processes. usage: make_contexts PROCESSES EACH
make_contexts() {
	echo 4000000 >/proc/sys/fs/aio-max-nr
	start_logged aiotool "fork $1" "setup 1 $2" ready
}

# A point of the plot: the time of what was measured as N. usage: point SERIES N
point() { echo "$1 $2 ${MEDIAN[$2]} ${MIN[$2]} ${MAX[$2]}" >>"$RESULTS/points"; }

# --- kprobes ------------------------------------------------------------------------------------------

TRACING=/sys/kernel/tracing

# What is traced: nbd's mutex, and every spinlock that the reader takes itself or through others.
probes() {
	cat <<-EOT
		p:bench/try nbddiag:lock_try lock=%si
		r:bench/tried nbddiag:lock_try got=\$retval:u32
		p:bench/unlock mutex_unlock lock=%di
		p:bench/spin _raw_spin_lock lock=%di caller=\$stack0:symbol
		p:bench/spun _raw_spin_unlock lock=%di
		p:bench/spin_irq _raw_spin_lock_irqsave lock=%di caller=\$stack0:symbol
		p:bench/spun_irq _raw_spin_unlock_irqrestore lock=%di
	EOT
}

trace_begin() {
	mount -t tracefs trace "$TRACING" 2>/dev/null || :
	echo 20000 >"$TRACING/buffer_size_kb"
	echo mono >"$TRACING/trace_clock"
	probes >"$TRACING/kprobe_events"
}

# The trace of one process that reads a file. usage: traced_read EVENTS FILE
traced_read() {
	local event
	echo >"$TRACING/trace"
	# shellcheck disable=SC2016
	bash -c '
		for event in $2; do
			echo "common_pid == $$" >"$1/events/bench/$event/filter"
			echo 1 >"$1/events/bench/$event/enable"
		done
		exec cat "$3"
	' traced_read "$TRACING" "$1" "$2" >/dev/null
	for event in $1; do
		echo 0 >"$TRACING/events/bench/$event/enable"
	done
	grep -v '^#' "$TRACING/trace"
}

timing_begin() {
	mount -t tracefs trace "$TRACING" 2>/dev/null || :
	echo mono >"$TRACING/trace_clock"
	echo 20000 >"$TRACING/buffer_size_kb"
}

# Times of a function of the module while a command runs, in ns, one a line and in their order.
# usage: timed FUNCTION COMMAND...
timed() {
	local probe=$TRACING/events/bench
	printf '%s\n' "p:bench/begins nbddiag:$1" "r:bench/ends nbddiag:$1" >"$TRACING/kprobe_events"
	echo >"$TRACING/trace"
	echo 1 >"$probe/enable"
	"${@:2}"
	echo 0 >"$probe/enable"
	awk '
		function stamp() {
			match($0, /[0-9]+\.[0-9]+: /)
			return substr($0, RSTART, RLENGTH - 2) * 1e6
		}
		!/^#/ { match($0, /-[0-9]+ +\[/); who = substr($0, RSTART, RLENGTH) }
		/: begins: / { since[who] = stamp() }
		/: ends: / && who in since { printf "%d\n", (stamp() - since[who]) * 1000; delete since[who] }
	' "$TRACING/trace"
	echo >"$TRACING/kprobe_events"
}

# Of several reads alike the shortest time of each call, as an emulated processor is taken away at times: the longest
# and the number. usage: longest_call FUNCTION FILE
longest_call() {
	local i
	for ((i = 0; i < ROUNDS; i++)); do
		timed "$1" cat "$2" 2>/dev/null >"$W/calls" || :
		grep -E '^[0-9]+$' "$W/calls" | awk '{ print NR, $1 }'
	done | awk '!($1 in least) || $2 < least[$1] { least[$1] = $2 }
		END { for (n in least) { if (least[n] > most) most = least[n]; count++ } print most + 0, count + 0 }'
}

# How long a function of the module has the read lock of RCU; with ROUNDS reads of a file. usage: rcu_row FUNCTION FILE
rcu_row() {
	local longest calls
	read -r longest calls <<<"$(longest_call "$1" "$2")"
	row "… RCU held in $1(), the longest of $calls" "$(duration "$longest")" "at most 100 µs" "$(is_met "$longest" 100000)"
}
