# shellcheck shell=bash disable=SC2034,SC2154
# An nbd whose structures have another order (tests/variants/reorder), brought into known states: each fact that is
# shown must be true or said to be unknown, and the knob must refuse or do what it says. The truth
# is how the state was made, and what the servers see.
. tests/cases/clean.bash

# usage: load_order NAME nbd.ko|nbd-with-btf.ko [NBDDIAG-PARAMETER...]
load_order() {
	local file=/nbddiag/variants/$1/$2
	[ -e "$file" ] || die "no variant $1"
	ORDER=$1
	shift 2
	insmod "$file" max_part=0 nbds_max=4
	insmod /nbddiag/nbddiag.ko allow_cleanup=1 "$@"
}

unload_order() {
	wait_until 10 rmmod nbddiag || die "$ORDER: nbddiag cannot be removed"
	wait_until 15 rmmod nbd || die "$ORDER: nbd cannot be removed"
}

# Compares keys of TEXT with "key: value" lines; unknown is right, but "-" alone is not unknown. One check for all, as
# there are many. Counts in KNOWN what was known. usage: check_honest WHAT
check_honest() {
	local line lies=
	while IFS= read -r line; do
		get_key "${line%%: *}"
		honest "${line%%: *}" "$VALUE" "${line#*: }"
	done
	check_eq "$ORDER: $1: each fact is true or unknown" "$lies" ""
}

# Of a line of fields each is judged by itself; without a configuration that is known, its keys are missing.
# usage: honest NAME GOT WANT (adds to lies, KNOWN)
honest() {
	local pair
	if [ "$2" = "$3" ]; then
		KNOWN=$((KNOWN + 1))
	elif [[ $2 =~ ^-\([a-z0-9-]+\)$ || "$1 $2" = "state unknown" || -z $2 ]]; then
		UNKNOWN=$((UNKNOWN + 1))
	elif [[ $2 = *=* && $3 = *=* ]]; then
		for pair in $3; do
			get_field "$2" "${pair%%=*}"
			[[ $1 = shown || $pair = shown=* ]] || honest "$1 ${pair%%=*}" "$VALUE" "${pair#*=}"
		done
	else
		lies+="$1: '$2', not '$3'; "
	fi
}

# The same for fields of a line. usage: check_honest_fields WHAT LINE FIELD=VALUE...
check_honest_fields() {
	local what=$1 line=$2 pair lies=
	shift 2
	for pair in "$@"; do
		get_field "$line" "${pair%%=*}"
		[ -z "$line" ] || honest "${pair%%=*}" "$VALUE" "${pair#*=}"
	done
	check_eq "$ORDER: $what: each field is true or unknown" "$lies" ""
}

# A task is named by its number, or not known; of one that is gone the number may be kept. usage: check_task_key WHAT KEY PID|-|gone
check_task_key() {
	get_key "$2"
	case $3 in
	# At the address of a task that is gone there may be another one, see nbddiag(4).
	- | gone) [ "$VALUE" = "$3" ] || [[ $VALUE =~ ^-\(.+\)$ || ($3 = gone && $VALUE = @("gone pid="*|*" has_device_open=no")) ]] ;;
	*) [[ $VALUE = "pid=$3 "*"has_device_open=yes" || $VALUE =~ ^-\(.+\)$ ]] ;;
	esac || fail "$ORDER: $1: $2: got '$VALUE', want $3 or unknown"
}

# A command that must be refused, as its device is in use. usage: check_knob_refuses WHAT DEVICE ACTION
check_knob_refuses() {
	local generation
	generation=$(generation_of "$2")
	[[ $generation =~ ^[0-9a-f]{16}$ ]] || generation=0123456789abcdef
	knob "$2 $3 $generation"
	check_ne "$ORDER: $1: the knob refuses $3" "$RESULT" wrote
}

look_free() {
	learn_from nbd0 4
	check_honest "$1" <<-EOF
		state: free
		attachable: yes
		index: 0
		config_refs: 0
		refs: 1
		device_flags: 0x0
		generation: -(no-config)
		setup_task: -
		attached_task: -
		requests: inflight=0 oldest_age_ns=- shown=0
	EOF
}

look_opened() {
	hold nbd0
	learn_from nbd0 4
	check_honest "opened" <<-EOF
		state: opened
		attachable: yes
		config_refs: 1
		kept_by: openers=1 receivers=0 netlink=0
		refs: 3
		device_flags: 0x0
		flags: 0x0
		runtime_flags: 0x0
		num_connections: 0
		live_connections: 0
		recv_threads: 0
		dead_conn_timeout_s: 0
		setup_task: -
		attached_task: -
	EOF
	stop TERM "$HOLDER"
}

# Only nbd has the socket, so that the knob would take it for one that nobody serves, but for the task.
look_setup() {
	start_logged nbdtool attach /dev/nbd0 "unix:$W/sock" --no-start --close-sockets --size 2097152 --flags 0xd
	learn_from nbd0 4
	check_honest "being set up" <<-EOF
		state: setup
		attachable: no
		config_refs: 1
		kept_by: openers=1 receivers=0 netlink=0
		refs: 3
		device_flags: 0x0
		flags: $(nbd_flags_text 13)
		runtime_flags: 0x0
		config_size_bytes: 2097152
		num_connections: 1
		live_connections: 1
		recv_threads: 0
		dead_conn_timeout_s: 0
		sockets: total=1 counted=1 dead=0 live=1 held=0 shown=1
	EOF
	check_task_key "being set up" setup_task "$LOGGED"
	check_task_key "being set up" attached_task -
	check_honest_fields "being set up: socket" "$(socket_line 0)" dead=no cookie=0 fallback=-1 pending=no tx_lock=free
	check_knob_refuses "being set up" nbd0 sockets
	check_knob_refuses "being set up" nbd0 fail-io
	check_eq "$ORDER: being set up: its server saw no end" "$(connections_of "$SERVER")" "made=$MADE ended=$((MADE - 1))"
	stop TERM "$LOGGED"
}

# With a request in flight. Sets CLIENT.
look_attached() {
	attach nbd0 "unix:$W/sock" --size 2097152 --flags 0xd --no-clear
	nbdtool io /dev/nbd0 read 0 4096 >"$W/io" 2>&1 &
	READER=$!
	wait_inflight nbd0 1
	learn_from nbd0 4
	check_honest "attached" <<-EOF
		state: connected
		attachable: no
		config_refs: 3
		kept_by: openers=2 receivers=1 netlink=0
		refs: 4
		device_flags: 0x0
		flags: $(nbd_flags_text 13)
		runtime_flags: $(runtime_flags_text 8)
		config_size_bytes: 2097152
		num_connections: 1
		live_connections: 1
		recv_threads: 1
		dead_conn_timeout_s: 0
		sockets: total=1 counted=1 dead=0 live=1 held=1 shown=1
	EOF
	check_task_key "attached" setup_task "$CLIENT"
	check_task_key "attached" attached_task "$CLIENT"
	check_honest_fields "attached: socket" "$(socket_line 0)" dead=no cookie=0 fallback=-1 pending=no
	check_honest_fields "attached: request" "$(request_line 1)" op=read bytes=4096 socket=0 retries=0
	check_knob_refuses "attached" nbd0 sockets
	check_knob_refuses "attached" nbd0 fail-io
}

# Its server and its client are gone, and the request hangs. The knob fails it, or refuses.
look_hung() {
	stop KILL "$SERVER"
	wait_gone "$CLIENT"
	wait_key nbd0 recv_threads 0
	learn_from nbd0 4
	check_honest "hung" <<-EOF
		state: disconnected
		attachable: no
		config_refs: 1
		kept_by: openers=1 receivers=0 netlink=0
		refs: 3
		num_connections: 1
		live_connections: 0
		recv_threads: 0
		sockets: total=1 counted=1 dead=1 live=0 held=0 shown=1
	EOF
	check_honest_fields "hung: socket" "$(socket_line 0)" dead=yes cookie=0 fallback=-1 pending=no
	check_honest_fields "hung: request" "$(request_line 1)" op=read bytes=4096 socket=0 retries=0
	check_knob_refuses "hung" nbd0 sockets
	clean nbd0 fail-io
	if [ "$RESULT" = wrote ]; then
		wait_gone "$READER"
		check_match "$ORDER: hung: failed by the knob, the reader got an error" "$(<"$W/io")" 'Input/output|EIO'
		FREED=$((FREED + 1))
	else
		check_eq "$ORDER: hung: refused by the knob, it is still in flight" "$(inflight_of nbd0)" 1
		bounded 10 nbdtool clear /dev/nbd0
		wait_gone "$READER"
	fi
	wait "$READER" || :
}

# Strays of an opener's wedged device. The knob shuts them, or refuses.
look_orphaned() {
	local want
	leave_strays nbd1 2 >/dev/null
	read_file nbd1
	check_honest "orphaned" <<-EOF
		state: orphaned
		attachable: no
		config_refs: 1
		num_connections: 3
		live_connections: 2
		recv_threads: 0
		sockets: total=3 counted=3 dead=1 live=2 held=0 shown=3
	EOF
	check_task_key "orphaned" setup_task -
	check_honest_fields "orphaned: first" "$(socket_line 0)" dead=yes cookie=0
	check_honest_fields "orphaned: second" "$(socket_line 1)" dead=no cookie=0
	clean nbd1 sockets
	want=0
	if [ "$RESULT" = wrote ]; then
		want=2
		FREED=$((FREED + 1))
		check_eq "$ORDER: orphaned: sockets shut" "$(last_count sockets_shut)" 2
		read_file nbd1
		check_honest "orphaned, shut" <<<"sockets: total=3 counted=3 dead=3 live=0 held=0 shown=3"
	fi
	check_eq "$ORDER: orphaned: what the server saw" "$(connections_of "$SERVER")" "made=2 ended=$want"
	stop TERM "$HOLDER" "$SERVER"
}

look_netlink() {
	bounded 10 nbdtool nl-connect 2 "unix:$W/sock" --dead-timeout 23 >/dev/null
	wait_started nbd2
	read_file nbd2
	check_honest "made over netlink" <<-EOF
		state: connected
		config_refs: 2
		kept_by: openers=0 receivers=1 netlink=1
		refs: 2
		runtime_flags: $(runtime_flags_text $((8 + 16 + 32 + $(backend_file_flag nbd2))))
		device_flags: 0x0
		setup_task: -
		num_connections: 1
		dead_conn_timeout_s: 23
	EOF
	check_task_key "made over netlink" attached_task gone
	check_knob_refuses "made over netlink" nbd2 sockets
	bounded 10 nbdtool nl-disconnect 2
	wait_until 20 capacity_is nbd2 0
	read_file nbd2
	check_honest "disconnected over netlink" <<-EOF
		config_refs: 0
		refs: 1
		device_flags: $(device_flags_text 2)
	EOF
}

capacity_is() { [ "$(capacity_of "$1")" = "$2" ]; }

# Each state once. Sets SOURCE, KNOWN to how many facts were known, FREED to how often the knob worked.
# usage: look_at_all NAME nbd.ko|nbd-with-btf.ko [NBDDIAG-PARAMETER...]
look_at_all() {
	KNOWN=0 UNKNOWN=0 FREED=0 MADE=1
	rm -f "$W"/*sock "$W"/nbd1.*
	load_order "$@"
	rm -f "$W/sock"
	start_nbdtool_server "unix:$W/sock" --stall-reads
	look_free "never used"
	look_opened
	look_setup
	look_attached
	look_hung
	look_orphaned
	rm -f "$W/sock"
	start_nbdtool_server "unix:$W/sock"
	look_netlink
	stop TERM "$SERVER"
	MADE=1
	rm -f "$W/sock"
	start_nbdtool_server "unix:$W/sock" --stall-reads
	look_setup
	look_attached
	look_hung
	look_orphaned
	look_opened_again
	find_source
	unload_order
	note "$ORDER ${*:2}: $SOURCE: $KNOWN facts known, $UNKNOWN not, the knob worked $FREED times"
}

# Sets SOURCE to where the layout of nbd_device is from.
find_source() {
	read_file layout
	get_field "$(line_of struct name=nbd_device)" source
	SOURCE=$VALUE
}

# The states that tell most, for many orders. usage: as look_at_all
look_briefly() {
	KNOWN=0 UNKNOWN=0 FREED=0 MADE=1
	rm -f "$W"/*sock "$W"/nbd1.*
	load_order "$@"
	rm -f "$W/sock"
	start_nbdtool_server "unix:$W/sock" --stall-reads
	look_opened
	look_setup
	look_attached
	look_hung
	look_orphaned
	stop TERM "$SERVER"
	find_source
	unload_order
	note "$ORDER ${*:2}: $SOURCE: $KNOWN facts known, $UNKNOWN not, the knob worked $FREED times"
}

# After all that a device that was disconnected once has a flag.
look_opened_again() {
	hold nbd0
	learn_from nbd0 4
	check_honest "opened again" <<-EOF
		state: opened
		attachable: yes
		config_refs: 1
		refs: 3
		runtime_flags: 0x0
		num_connections: 0
	EOF
	stop TERM "$HOLDER"
}
