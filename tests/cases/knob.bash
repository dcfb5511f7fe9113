# shellcheck shell=bash disable=SC2034,SC2154
# The cleanup knob: writing to it, what must come of that, and that nothing else changes.
. tests/cases/lib.bash

KNOB=/sys/kernel/nbddiag

# The longest that a write may take (ms); an emulated machine has more to do in that time.
LIMIT=4000
! grep -q 'QEMU TCG' /proc/cpuinfo || LIMIT=$((8000 * SLOWER))

# What the table in nbddiag(4) promises: a reason's error, and an error's number.
declare -A ERROR_OF=(
	[ok]=wrote [partial]=EAGAIN [cleanup-off]=EPERM [not-privileged]=EACCES [malformed]=EINVAL
	[unknown-device]=ENODEV [generation-changed]=ESTALE [layout-unavailable]=EOPNOTSUPP
	[lock-held]=ETIMEDOUT [not-configured]=ENOTCONN
	[in-use]=EISCONN [receivers-running]=EBUSY [being-set-up]=EINPROGRESS [state-unknown]=EPROTO
	[inconsistent]=EUCLEAN [nothing-to-do]=ENODATA [sockets-open]=ENOTEMPTY [reconnect-pending]=EHOSTDOWN
	[being-cleared]=EALREADY [starter-alive]=EUSERS [interrupted]=EINTR
)
declare -A NUMBER_OF=(
	[wrote]=0 [EPERM]=1 [EINTR]=4 [EAGAIN]=11 [EACCES]=13 [EBUSY]=16 [ENODEV]=19 [EINVAL]=22 [ENOTEMPTY]=39
	[ENODATA]=61 [EPROTO]=71 [EUSERS]=87 [EOPNOTSUPP]=95 [EISCONN]=106 [ENOTCONN]=107 [ETIMEDOUT]=110 [EHOSTDOWN]=112
	[EALREADY]=114 [EINPROGRESS]=115 [ESTALE]=116 [EUCLEAN]=117
)
LAST_KEYS="format allowed result reason errno time_s by command sockets_shut sockets_left sockets_held \
requests_failed requests_left message"

generation_of() {
	local TEXT
	read_file "$1"
	get_key generation
	echo "$VALUE"
}

# Writes a text; it must come back. Sets RESULT, WHERE and MS, and LAST to what "last" says then.
# usage: knob [KNOBTOOL-OPTION...] TEXT
knob() { knob_by knobtool knob "$@"; }

# The same by a command that runs knobtool in the end. usage: knob_by COMMAND... TEXT
knob_by() {
	start_writer "$@"
	end_writer
}

start_writer() {
	WRITTEN=${*: -1}
	WRITE_BEGUN=$EPOCHSECONDS
	: >"$W/knob"
	"$@" >"$W/knob" 2>"$W/knob.err" &
	WRITER=$!
}

end_writer() {
	local said
	wait_until 20 is_gone "$WRITER" || die "'$WRITTEN' hangs: $(cat "/proc/$WRITER/stack")"
	wait "$WRITER" || :
	WRITE_ENDED=$EPOCHSECONDS
	said=$(<"$W/knob")
	get_field "$said" result
	RESULT=$VALUE
	get_field "$said" at
	WHERE=$VALUE
	get_field "$said" ms
	MS=$VALUE
	LAST=$(<"$KNOB/last") || die "last cannot be read"
}

# With the generation of this moment. usage: clean DEVICE ACTION
clean() {
	GENERATION=$(generation_of "$1")
	knob "$1 $2 $GENERATION"
}

# usage: last_key KEY (sets VALUE)
last_key() {
	local TEXT=$LAST
	get_key "$1"
}

last_count() { last_key "$1"; echo "$VALUE"; }

# What the last write came to, for the writer, in "last" and in the log. Counts that are not named must be 0, and "-"
# where nothing was counted.
# usage: check_write WHAT REASON [COUNT=NUMBER...]
check_write() {
	local what=$1 reason=$2 count want result=refused
	shift 2
	case $reason in
	ok) result="done" ;;
	partial) result="partial" ;;
	esac
	check_eq "$what: errno" "$RESULT" "${ERROR_OF[$reason]}"
	check_eq "$what: where" "$WHERE" write
	check_num "$what: time (ms)" "${MS:-none}" -lt "$LIMIT"
	check_keys_of_last "$what"
	TEXT=$LAST check_keys "$what: last" <<-EOF
		format: 1
		result: $result
		reason: $reason
		errno: ${NUMBER_OF[${ERROR_OF[$reason]}]}
	EOF
	for count in sockets_shut sockets_left sockets_held requests_failed requests_left; do
		want=0
		case "$result $count $WRITTEN" in
		refused\ *_left\ * | refused\ *_held\ *) want=- ;;
		*\ requests_left\ *\ sockets\ * | *\ sockets_left\ *fail-io* | *\ sockets_held\ *fail-io*) want=- ;;
		esac
		[[ ! " $* " =~ \ $count=([0-9]+)\  ]] || want=${BASH_REMATCH[1]}
		last_key "$count"
		check_eq "$what: last: $count" "$VALUE" "$want"
	done
	last_key time_s
	check_num "$what: last: not before" "$VALUE" -ge "$WRITE_BEGUN"
	check_num "$what: last: not after" "$VALUE" -le "$WRITE_ENDED"
	[[ $WRITTEN == *[%\\\"]* || ${#WRITTEN} -gt 64 ]] ||
		TEXT=$LAST check_keys "$what: last" <<<"command: \"$WRITTEN\""
	check_who "$what" "$reason" "$result"
}

# All keys, in their order. usage: check_keys_of_last WHAT
check_keys_of_last() {
	local line keys=
	while IFS= read -r line; do
		keys+=" ${line%%:*}"
	done <<<"$LAST"
	check_eq "$1: keys of last" "$keys" " $LAST_KEYS"
}

# usage: check_who WHAT REASON RESULT
check_who() {
	local by pid comm loginuid message line subject='nbd[0-9]+: (sockets|fail-io)'
	last_key by
	by=$VALUE
	get_field "$by" pid
	pid=$VALUE
	get_field "$by" comm
	comm=$VALUE
	get_field "$by" loginuid
	loginuid=$VALUE
	check_eq "$1: last: who" "pid=$pid comm=$comm loginuid=$loginuid" \
		"pid=$WRITER comm=\"knobtool\" loginuid=${LOGINUID:--}"
	last_key message
	message=${VALUE#\"}
	message=${message%\"}
	check_match "$1: last: a sentence" "$VALUE" '^".{4,}"$'
	case $2 in cleanup-off | not-privileged | malformed) subject=cleanup ;; esac
	# The end of the log is enough, and comes sooner.
	line=$(dmesg -S -s 65536 | grep " (by pid $WRITER \"knobtool\"" || :)
	check_match "$1: in the log" "$line" \
		"nbddiag: $subject: $3: .* \\(by pid $WRITER \"knobtool\", loginuid ${LOGINUID:--}\\)\$"
	check_eq "$1: the same sentence in the log, once" "$(grep -cF ": $3: $message (by pid" <<<"$line")" 1
}

# A write that must be refused, and change nothing. usage: check_refused WHAT DEVICE ACTION REASON [GENERATION]
check_refused() {
	local before
	before=$(shape_of "$2")
	knob "$2 $3 ${5:-$(generation_of "$2")}"
	check_write "$1: $3" "$4"
	check_eq "$1: $3: nothing has changed" "$(shape_of "$2")" "$before"
}

# usage: check_both_refused WHAT DEVICE REASON [GENERATION]
check_both_refused() {
	check_refused "$1" "$2" sockets "$3" "${4:-}"
	check_refused "$1" "$2" fail-io "$3" "${4:-}"
}

# A device's file, but for times and for what tasks are doing at this moment; where much time goes by, also but for how
# often nbd's timer came by.
shape_of() {
	local late='^$'
	[ "$SLOWER" = 1 ] || late=' retries=[0-9]+'
	[ ! -e "$NBDDIAG/$1" ] || sed -E "/^(setup|attached)_task: /d; s/(_ns=)[0-9]+/\1/g; s/( state=)[RSD]( |$)/\1\2/g; s/ tx_lock=[a-z]+//; s/$late//" "$NBDDIAG/$1"
}
