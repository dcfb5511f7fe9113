# shellcheck shell=bash disable=SC2034,SC2154
# What the files "aio" and "aio_scan" say, and the checks of it.
. tests/cases/stalled.bash
. tests/cases/aiotool.bash

# --- reading ----------------------------------------------------------------------------------------

# Reads "aio" or "aio_scan" into TEXT between the moments READ_BEGUN and READ_DONE, and checks its form.
read_aio() {
	read_timed "${1:-aio}"
	check_form "${1:-aio}"
}

# usage: check_form FILE
check_form() {
	local wrong scan=quick
	[ "$1" = aio ] || scan=deep
	wrong=$(wrong_in_form "$scan" <<<"$TEXT")
	check_eq "the form of $1" "$wrong" ""
}

# Says what is wrong with a text. usage: wrong_in_form quick|deep
wrong_in_form() { awk -v scan="$1" -f /nbddiag/tests/cases/aio-form.awk; }

waiter_line() { get_line waiter "tid=$1 "; echo "$LINE"; }
space_line() { get_line space "pid=$1 "; echo "$LINE"; }
context_line() { get_line context "pid=$1 user_id=$2 "; echo "$LINE"; }
owed_by_line() { get_line owed_by "pid=$1 user_id=$2 "; echo "$LINE"; }
unfound_lines() { key unfound | grep "^pid=$1 user_id=$2 " || :; }
owed_lines() { key owed | grep "^pid=$1 user_id=$2 " || :; }
candidate_lines() { key candidate | grep "^pid=$1 user_id=$2 " || :; }

# The values of a field in each line of standard input.
values() { sed -nE "s/(.* )?$1=([^ ]*).*/\2/p"; }

# --- checks -----------------------------------------------------------------------------------------

# The head. usage: check_head WHAT LIVE DYING OWNERLESS INFLIGHT UNREAPED WAITERS
check_head() {
	check_keys "$1" <<-EOF
		complete: yes
		complete_reason: ok
		aio_nr: $(</proc/sys/fs/aio-nr)
		aio_max_nr: $(</proc/sys/fs/aio-max-nr)
		live_max_reqs: $(</proc/sys/fs/aio-nr)
		aio_nr_difference: 0
		contexts: live=$2 dying=$3 ownerless=$4
		inflight: $5
		unreaped: $6
		waiters: $7
	EOF
}

# A context that an aiotool has made. Its owner is that process, if it is not said otherwise.
# usage: check_context WHAT PID INDEX STATE INFLIGHT UNREAPED OWED [OWNER]
check_context() {
	local what="$1: context $3" line max_reqs nr_events
	get_made "$2" "$3" max_reqs
	max_reqs=$VALUE
	get_made "$2" "$3" nr_events
	nr_events=$VALUE
	get_made "$2" "$3" user_id
	get_line context "pid=${8:-$2} user_id=$VALUE "
	line=$LINE
	[ -n "$line" ] || { fail "$what: pid=${8:-$2} user_id=$VALUE is not in '$TEXT'"; return 0; }
	check_fields "$what" "$line" "state=$4" "max_reqs=$max_reqs" "nr_events=$nr_events" "inflight=$5" "unreaped=$6" \
		"owed=$7" consistent=yes "free=$((nr_events - 1 - $5 - $6))"
	[ "$7" != 0 ] || check_fields "$what" "$line" oldest_age_ns=-
}

# The requests which a context has at a device, all of one kind, begun between two moments.
# usage: check_owed WHAT PID INDEX DEVICE OP BYTES "SECTOR..." BEGUN-AFTER BEGUN-BEFORE [OWNER]
check_owed() {
	local what="$1: context $3" id lines line oldest
	id=$(made "$2" "$3" user_id)
	lines=$(owed_lines "${10:-$2}" "$id")
	check_eq "$what: sectors" "$(values sector <<<"$lines" | sort -n | xargs)" "$7"
	while IFS= read -r line; do
		check_fields "$what: owed" "$line" "device=$4" "op=$5" "bytes=$6"
		get_field "$line" age_ns
		check_age "$what: owed" "$VALUE" "$8" "$9"
	done <<<"$lines"
	oldest=$(values age_ns <<<"$lines" | sort -n | tail -n 1)
	check_fields "$what" "$(context_line "${10:-$2}" "$id")" "oldest_age_ns=$oldest"
}

# The thread STUCK, killed or sent into D between KILLED and STUCK_SEEN. The kernel keeps the moment when it
# went to sleep by another clock. usage: check_waiter WHAT TGID FIELD=VALUE...
check_waiter() {
	get_line waiter "tid=$STUCK "
	check_fields "$1: waiter" "$LINE" "tgid=$2" state=D "${@:3}"
	get_field "$LINE" waiting_ns
	check_age "$1: waiter" "$VALUE" "$KILLED" "$STUCK_SEEN" 50000000
}

# All requests of a device's file that belong to AIO: how many there are for a context.
# usage: check_device WHAT DEVICE PID USER_ID REQUESTS
check_device() {
	local lines
	read_file "$2"
	lines=$(key request | grep " aio_requests=1 aio_pid=$3 aio_context=$4\$" || :)
	check_eq "$1: $2: requests of $3 $4" "$(grep -c . <<<"$lines" || :)" "$5"
	check_no_match "$1: $2: how they end" "$lines" ' end_io=- '
}

# Both files say the same. (What they say about time differs.) usage: check_scan WHAT
check_scan() {
	local quick
	read_aio aio
	quick=$(without_time)
	read_aio aio_scan
	check_eq "$1: the deep scan says the same" "$(without_time)" "$quick"
}

# What only the deep scan says, and what it says instead of candidates, is left out too.
without_time() {
	sed -E '/^(scan|took_ns|unfound|candidate): /d; s/ unfound=[0-9]+ missing=0$//; s/ (age_ns|oldest_age_ns|waiting_ns)=[0-9]+/ \1=N/g' <<<"$TEXT" | sort
}

# No context is left, and nothing that belonged to one.
check_nothing() {
	local file
	for file in aio aio_scan; do
		wait_until 10 says "$file" "contexts: live=0 dying=0 ownerless=0" || :
		read_aio "$file"
		check_eq "$1: aio-nr" "$(</proc/sys/fs/aio-nr)" 0
		check_head "$1: $file" 0 0 0 0 0 0
		check_match "$1: $file says nothing else" "${TEXT##*$'\n'}" '^waiters: 0$'
	done
}

# usage: says FILE TEXT
says() { [[ $(<"$NBDDIAG/$1") == *"$2"* ]]; }
