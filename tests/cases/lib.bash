# shellcheck shell=bash disable=SC2034
# What all cases share: their begin and end, and reading the format of nbddiag(4).

# Once, however many libraries of a case want it: a case's directory must not be emptied twice.
[ -z "${LIB_IS_HERE:-}" ] || return 0
LIB_IS_HERE=yes
. tests/vm/guest-lib.sh
. tests/cases/clients.bash
. tests/cases/truth.bash

# A case's own directory, empty whatever another case has left.
W=/tmp/w
umount "$W/public" 2>/dev/null || :
rm -rf "$W"
mkdir "$W"

# How long a read may sleep (ms), see stormtool. A kernel that looks for its own bugs has much more to do.
HELD_UP=$((SLOWER == 1 ? 1000 : 10000))

# No read sleeps, and none goes on and on. usage: check_held_up LAST-LINE-OF-STORMTOOL
check_held_up() {
	check_num "no read sleeps (ms)" "$(field "$1" slept_ms)" -le "$HELD_UP"
	check_num "no read goes on and on (ms)" "$(field "$1" held_up_ms)" -le $((10 * HELD_UP))
}

# Failures in functions are reported too.
set -E

# --- begin and end ----------------------------------------------------------------------------------

# Both modules, nbd first.
begin() {
	load_nbd max_part=0 nbds_max=16
	load_nbddiag
	prove_layout needed
}

# Both modules can be removed again: nothing holds a file, a device or a reference.
end() {
	check "rmmod nbddiag" wait_until 10 rmmod nbddiag
	check "rmmod nbd: nobody holds it" wait_until 15 rmmod nbd
	check_no_match "nbd leaks nothing" "$(kernel_says)" 'possibly leaking'
}

# From 7.2 on a free mutex is all zeros, so that none can be told apart. With PREEMPT_RT it is another structure.
mirror_can_be_proved() { [[ $(uname -r) != 7.* ]] && [ ! -e /sys/kernel/realtime ]; }

# nbddiag learns a little with each read, so as to hold nbd's lock for a moment only; what it has learned, the next read
# uses. usage: learn_from DEVICE [READS]
learn_from() {
	local i again=()
	for ((i = 1; i < ${2:-10}; i++)); do
		again+=("$NBDDIAG/$1")
	done
	# By one process: to start one takes longer than to read.
	bounded 10 cat "${again[@]}" >/dev/null || die "$1 could not be read within 10 s"
	read_file "$1"
}

# Where nbd has no BTF, nbddiag has to learn from devices where nbd keeps what. This shows it those states which any host
# has seen that was in use for some time, on the device nbd15.
# With "anyway" also where it has, for its mirrors. usage: prove_layout needed|anyway [DEVICE]
prove_layout() {
	local tries
	[ "$1" = anyway ] || { [ ! -e /sys/kernel/btf/nbd ] && mirror_can_be_proved; } || return 0
	for ((tries = 0; tries < 5; tries++)); do
		prove_once "${2:-nbd15}"
		[ -n "$(unproved)" ] || return 0
		note "not proved yet: $(unproved)"
	done
	die "the layout is not proved"
}

# What a device proves that goes through those states. The others need a reconnect, a timeout or the like. From 5.15 on
# a device has a work, whose words can pass for a list, and on 6.1 for a count of references.
unproved() {
	local others='device.flags|config.dead_conn_timeout|sock.(sent|cookie)|cmd.(index|cookie|retries|flags)'
	case $(uname -r) in
	5.10.*) ;;
	6.1.*) others+='|device.(refs|list|backend)' ;;
	*) others+='|device.(list|backend)' ;;
	esac
	sed -nE 's/^member: struct=nbd_([a-z]+) name=([a-z_]+) .* status=unproved$/\1.\2/p' "$NBDDIAG/layout" |
		grep -vxE "$others"
}

# Two connections, and a request that hangs on each and is failed. usage: prove_once DEVICE
prove_once() {
	local HOLDER SERVER CLIENT LOGGED device=$1 processor
	hold "$device"
	learn_from "$device"
	stop TERM "$HOLDER"
	rm -f "$W/proof"
	start_nbdtool_server "unix:$W/proof" --stall-reads
	start_logged nbdtool attach "/dev/$device" "unix:$W/proof" --no-start --size 2097152
	learn_from "$device"
	stop TERM "$LOGGED"
	attach "$device" "unix:$W/proof" --flags 0x10d --size 2097152 --no-clear --connections 2
	for processor in 0 1; do
		taskset -c "$processor" nbdtool io "/dev/$device" read "$((processor * 65536))" 4096 >/dev/null 2>&1 &
	done
	wait_until 20 inflight_is "$device" 2
	learn_from "$device"
	hold "$device"
	stop KILL "$SERVER"
	wait_gone "$CLIENT"
	wait_key "$device" recv_threads 0
	nbdtool clear "/dev/$device"
	wait_until 20 inflight_is "$device" 0
	learn_from "$device"
	stop TERM "$HOLDER"
	wait_free "$device"
}

# --- reading the format -----------------------------------------------------------------------------

# Reads a device's file, or another one, into TEXT. It must come at once.
read_file() {
	local begun=$SECONDS lag
	look_at_host_lag
	lag=$HOST_LAG
	[ -e "$NBDDIAG/$1" ] || die "there is no $1"
	TEXT=$(<"$NBDDIAG/$1")
	[ $((SECONDS - begun)) -gt $((5 * SLOWER)) ] || return 0
	look_at_host_lag
	[ $((SECONDS - begun - HOST_LAG + lag)) -le $((5 * SLOWER)) ] || die "$1 could not be read within 5 s"
}

# The same, between the moments READ_BEGUN and READ_DONE (ns); READ_LAG is for how long the host held the guest up (s).
read_timed() {
	local before
	look_at_host_lag
	before=$HOST_LAG
	READ_BEGUN=${EPOCHREALTIME/[!0-9]/}000
	read_file "$1"
	READ_DONE=${EPOCHREALTIME/[!0-9]/}000
	look_at_host_lag
	READ_LAG=$((HOST_LAG - before))
}

# usage: check_read_took WHAT LESS-THAN-MS
check_read_took() {
	note "$1 took $(((READ_DONE - READ_BEGUN) / 1000000)) ms, of which the host held it up for $READ_LAG s"
	check_num "$1 took (ns)" $((READ_DONE - READ_BEGUN - READ_LAG * 1000000000)) -lt $(($2 * 1000000))
}

# How long ago something may be which was between two moments, for a text that was read between two others.
# usage: check_age WHAT AGE AFTER BEFORE [SLACK]
check_age() {
	check_num "$1: age is not too small" "$2" -ge $((READ_BEGUN - $4 - ${5:-0}))
	check_num "$1: age is not too great" "$2" -le $((READ_DONE - $3 + ${5:-0}))
}

# The value of a key in TEXT. Of a key with several lines, each.
key() {
	local line
	while IFS= read -r line; do
		[[ $line != "$1: "* ]] || printf '%s\n' "${line#"$1: "}"
	done <<<"$TEXT"
}

# Sets VALUE to the value of a key in TEXT, the first one. (It starts no process, as most checks are of keys.)
get_key() {
	VALUE=
	[[ $'\n'$TEXT$'\n' =~ $'\n'"$1: "([^$'\n']*)$'\n' ]] && VALUE=${BASH_REMATCH[1]}
	return 0
}

# Sets VALUE to the value of a field in a line of field=value pairs; strings may hold spaces and quotes.
get_field() {
	local string='"([^"\\]|\\.)*"'
	VALUE=
	[[ $1 =~ ^([^\ =\"]+(=([^\ \"]|$string)*)?\ )*$2=(([^\ \"]|$string)*)(\ |$) ]] &&
		VALUE=${BASH_REMATCH[5]}
	return 0
}

field() {
	get_field "$@"
	printf '%s\n' "$VALUE"
}

# The line of one socket, request or device in TEXT. Requests are counted from 1.
socket_line() { line_of socket "index=$1"; }
request_line() { key request | sed -n "${1}p"; }
device_line() { line_of device "name=$1"; }

# Sets LINE to the first line of TEXT with that key and beginning, without the key; to nothing when there is none.
# usage: get_line KEY BEGINNING
get_line() {
	LINE=
	[[ ! $'\n'$TEXT$'\n' =~ $'\n'"$1: "("$2"[^$'\n']*)$'\n' ]] || LINE=${BASH_REMATCH[1]}
}

# usage: line_of KEY FIRST-FIELD
line_of() {
	local LINE
	get_line "$1" "$2 "
	[ -z "$LINE" ] || printf '%s\n' "$LINE"
}

# Compares keys of TEXT with "key: value" lines on standard input.
check_keys() {
	local line
	while IFS= read -r line; do
		get_key "${line%%: *}"
		may_be_unproved "${line%%: *}" || check_eq "$1: ${line%%: *}" "$VALUE" "${line#*: }"
	done
}

# Without BTF of nbd there are facts that are only known if they are 0, or once a device has shown more than it does in
# most cases; see nbddiag(4). What a fact that is known must be, stays as it is.
may_be_unproved() {
	case "$1 $VALUE" in
	"device_flags -(unproved)" | "flags -(unproved)" | "dead_conn_timeout_s -(unproved)" | "cookie -(unproved)" | \
		"sent_bytes -(unproved)" | "socket -(unproved)" | "retries -(unproved)" | "generation -(layout-unproved)") [ ! -e /sys/kernel/btf/nbd ] ;;
	*) return 1 ;;
	esac
}

# Compares fields of a line. usage: check_fields WHAT LINE FIELD=VALUE...
check_fields() {
	local what=$1 line=$2 pair
	shift 2
	for pair in "$@"; do
		get_field "$line" "${pair%%=*}"
		may_be_unproved "${pair%%=*}" || check_eq "$what: ${pair%%=*}" "$VALUE" "${pair#*=}"
	done
}

# A device's state, in its file and in "devices". usage: check_state WHAT DEVICE STATE REASON yes|no WHY
check_state() {
	read_file devices
	check_fields "$1: devices" "$(device_line "$2")" "state=$3" "attachable=$5" "state_reason=$4" "attachable_reason=$6"
	read_file "$2"
	check_keys "$1" <<-EOF
		state: $3
		state_reason: $4
		attachable: $5
		attachable_reason: $6
	EOF
}

# Gives a change that happens by itself the time to show; whether it has is for the checks to find out.
# usage: wait_key DEVICE KEY VALUE
wait_key() { wait_until 10 key_is "$@" || :; }

wait_free() { wait_until 20 key_is "$1" state free || :; }

key_is() {
	local TEXT VALUE
	# Not by bash itself, which ends when there is no such file.
	TEXT=$(cat "$NBDDIAG/$1") || return 1
	get_key "$2"
	[ "$VALUE" = "$3" ]
}

# --- the reader -------------------------------------------------------------------------------------

# The patterns that "why" sees in a device, by name, a second being long. usage: check_looks WHAT DEVICE PATTERN...
check_looks() {
	local seen
	seen=$(bounded 20 nbddiag --stuck-after 1 why "$2" 2>&1 | sed -n 's/.*This looks like \([a-z-]*\): .*/\1/p' | sort -u)
	check_eq "$1: looks like" "$(xargs <<<"$seen")" "${*:3}"
}

# --- flags ------------------------------------------------------------------------------------------

# The names of bits 0, 1, ..., from the protocol and from nbd's source.
NBD_FLAGS=(HAS_FLAGS READ_ONLY SEND_FLUSH SEND_FUA ROTATIONAL SEND_TRIM SEND_WRITE_ZEROES SEND_DF
	CAN_MULTI_CONN SEND_RESIZE SEND_CACHE SEND_FAST_ZERO)
RUNTIME_FLAGS=(TIMEDOUT DISCONNECT_REQUESTED DISCONNECTED HAS_PID_FILE HAS_CONFIG_REF BOUND
	DISCONNECT_ON_CLOSE HAS_BACKEND_FILE)
DEVICE_FLAGS=(DESTROY_ON_DISCONNECT DISCONNECT_REQUESTED)

nbd_flags_text() { flags_text "$1" "${NBD_FLAGS[@]}"; }
runtime_flags_text() { flags_text "$1" "${RUNTIME_FLAGS[@]}"; }
device_flags_text() { flags_text "$1" "${DEVICE_FLAGS[@]}"; }

# usage: flags_text NUMBER NAME...
flags_text() {
	local number=$1 bit
	shift
	printf '0x%x' "$number"
	for ((bit = 0; bit < 32; bit++)); do
		((number >> bit & 1)) || continue
		if [ "$bit" -lt $# ]; then
			printf ' %s' "${@:bit+1:1}"
		else
			printf ' bit%d' "$bit"
		fi
	done
}

# What nbd itself says about the flags of a started device.
nbd_debug_flags() { echo $(($(sed -n 's/^Hex: //p' "/sys/kernel/debug/nbd/$1/flags"))); }

# HAS_BACKEND_FILE, where the kernel has made that file for the device.
backend_file_flag() {
	if [ -e "/sys/block/$1/backend" ]; then
		echo 128
	else
		echo 0
	fi
}

# Kernel messages since the case began. Some of nbd's have no newline: they are complete when another follows.
kernel_says() {
	echo "nbddiag-test: flush" >/dev/kmsg
	kmsg
}
