# shellcheck shell=bash disable=SC2034,SC2154
# What the cases about AIO share: devices whose server answers or not, processes whose contexts and requests
# are known, and the checks of "aio".
. tests/cases/lib.bash

declare -A SERVER_OF CLIENT_OF

# Whatever has become of the case: tasks in D are let go, so that they do not spoil the guest.
trap 'answer_all' EXIT

# --- devices ----------------------------------------------------------------------------------------

# Attaches a device with one connection to a server of its own. usage: serve DEVICE
serve() {
	start_nbdtool_server "unix:$W/sock.$1"
	SERVER_OF[$1]=$SERVER
	attach "$1" "unix:$W/sock.$1"
	CLIENT_OF[$1]=$CLIENT
	# So that each request stays one.
	echo 2 >"/sys/block/$1/queue/nomerges"
}

# A thread that was about to answer is not stopped at once.
stall() {
	kill -STOP "${SERVER_OF[$1]}"
	wait_until 10 all_stopped "${SERVER_OF[$1]}" || die "the server of $1 does not stop"
}

all_stopped() { ! cat "/proc/$1/task"/*/status | grep '^State:' | grep -qv 'T (stopped)'; }

answer() { kill -CONT "${SERVER_OF[$1]}"; }

answer_all() {
	local device
	for device in "${!SERVER_OF[@]}"; do
		kill -CONT "${SERVER_OF[$device]}" 2>/dev/null || :
	done
}

# Detaches a device whose server answers.
unserve() {
	nbdtool disconnect "/dev/$1"
	wait_gone "${CLIENT_OF[$1]}"
	stop TERM "${SERVER_OF[$1]}"
	unset "SERVER_OF[$1]"
}

# --- processes --------------------------------------------------------------------------------------

# Starts aiotool; AIO is its pid.
aio() {
	start_logged aiotool "$@"
	AIO=$LOGGED
}

# Lets an aiotool go on until it is ready again.
go_on() {
	local before
	before=$(<"${LOG[$1]}")
	kill -USR1 "$1"
	wait_until 30 says_more "$1" "$before" || die "aiotool does not go on: $before"
}

says_more() { [ "$(<"${LOG[$1]}")" != "$2" ]; }

# Kills a process and waits until one of its threads is in D: that is STUCK. The moments before and after are
# KILLED and STUCK_SEEN. usage: kill_until_stuck PID
kill_until_stuck() {
	KILLED=$(now_ns)
	kill -KILL "$1"
	wait_stuck "$1"
}

wait_stuck() {
	wait_until 20 find_stuck "$1" || die "no thread of $1 is in D"
	find_stuck "$1"
	STUCK_SEEN=$(now_ns)
}

find_stuck() {
	local task
	for task in "/proc/$1/task"/*; do
		STUCK=${task##*/}
		! grep -q '^State:[[:space:]]*D' "$task/status" 2>/dev/null || return 0
	done
	return 1
}

# The function in which the kernel says that a thread sleeps.
function_of() { sed -n '1s/^[^ ]* \([^+]*\)+.*/\1/p' "/proc/$1/stack"; }

# Sets VALUE to what aiotool has printed of a thing or a context. usage: get_said PID THING FIELD
get_said() {
	local TEXT
	TEXT=$(<"${LOG[$1]}")
	get_line "$2" ''
	get_field "$LINE" "$3"
}

# usage: get_made PID INDEX FIELD
get_made() {
	local log
	log=$(<"${LOG[$1]}")
	VALUE=
	[[ ! $log =~ context:\ (pid=[0-9]+\ index=$2\ [^$'\n']*) ]] || get_field "${BASH_REMATCH[1]}" "$3"
}

said() { get_said "$@"; echo "$VALUE"; }
made() { get_made "$@"; echo "$VALUE"; }

# --- reading ----------------------------------------------------------------------------------------

# Reads "aio" or "aio_scan" into TEXT between the moments READ_BEGUN and READ_DONE, and checks its form.
read_aio() {
	READ_BEGUN=${EPOCHREALTIME/[!0-9]/}000
	read_file "${1:-aio}"
	READ_DONE=${EPOCHREALTIME/[!0-9]/}000
	check_form "${1:-aio}"
}

# usage: check_form FILE
check_form() {
	local wrong scan=quick
	[ "$1" = aio ] || scan=deep
	wrong=$(wrong_in_form "$scan" <<<"$TEXT")
	check_eq "the form of $1" "$wrong" ""
}

# Says what is wrong with a text: keys, fields and their order, and figures which contradict each other.
wrong_in_form() {
	awk -v scan="$1" '
	function wrong(what) { print NR ": " what ": " line }
	function get(name) {
		if (!match($0, "(^| )" name "=[^ ]*"))
			return ""
		return substr($0, RSTART + index(substr($0, RSTART), "="), RLENGTH - index(substr($0, RSTART), "="))
	}
	function is(regex) { return $0 ~ "^" regex "$" }
	# The figures of a context, space or waiter whose lines are complete.
	function end_context() {
		if (!in_context)
			return
		in_context = 0
		if (owed ~ number && (lines < owed + 0 || (owed == 0 && lines > 0)))
			print NR ": " lines " lines for owed=" owed
		if (inflight ~ number && owed ~ number && (inflight > owed + 0) != (by != ""))
			print NR ": owed_by: inflight=" inflight " owed=" owed
		if (by != "" && owed ~ number && by != inflight - owed)
			print NR ": owed_by: requests=" by " inflight=" inflight " owed=" owed
	}
	function end_block() {
		end_context()
		if (block == "space" && (n != want_n || sum_max != want_max || sum_inflight != want_inflight ||
		    sum_unreaped != want_unreaped || groups != want_groups))
			print NR ": sums of a space: " n " " sum_max " " sum_inflight " " sum_unreaped " " groups
		if (block == "waiter" && n != want_n)
			print NR ": contexts of a waiter: " n " for " want_n
		block = ""
		n = sum_max = sum_inflight = sum_unreaped = 0
	}
	BEGIN {
		number = "^[0-9]+$"
		num = "[0-9]+"
		reason = "-[(][a-z0-9-]+[)]"
		id = "pid=([0-9]+|-) user_id=0x[0-9a-f]+"
		fn = "[A-Za-z0-9_.]+"
		nhead = split("format scan complete complete_reason took_ns aio_nr aio_max_nr live_max_reqs " \
			"aio_nr_difference contexts inflight unreaped waiters", head, " ")
	}
	{
		line = $0
		gsub(/="([^"\\]|\\.)*"/, "=\"\"")
	}
	NR <= nhead {
		if ($1 != head[NR] ":")
			wrong("not " head[NR])
		value[head[NR]] = substr($0, length($1) + 2)
		next
	}
	$1 == "largest:" {
		if (block != "" || !is("largest: pid=" num " comm=\"\" contexts=" num " max_reqs=" num))
			wrong("ill-formed")
		if (++largest > 5 || (last != "" && get("max_reqs") + 0 > last))
			wrong("order or number")
		last = get("max_reqs") + 0
		next
	}
	$1 == "waiter:" {
		end_block()
		if (!is("waiter: tid=" num " tgid=" num " comm=\"\" state=[A-Z] waiting_ns=(" num "|" reason ") sleeps_in=(" \
		    fn "|" reason ") not_drained=(" num "|" reason ") contexts=" num " exe=(\"\"|-)"))
			wrong("ill-formed")
		if (seen[get("tid")]++)
			wrong("twice")
		if (get("not_drained") ~ number && get("contexts") > get("not_drained") + 0)
			wrong("more contexts than it waits for")
		block = "waiter"
		owner = get("tgid")
		want_n = get("contexts")
		waiters++
		next
	}
	$1 == "space:" {
		end_block()
		if (!is("space: pid=" num " comm=\"\" threads=" num " groups=" num " contexts=" num " max_reqs=" num \
		    " inflight=" num " unreaped=" num))
			wrong("ill-formed")
		if (seen["space " get("pid")]++)
			wrong("twice")
		block = "space"
		owner = get("pid")
		want_n = get("contexts"); want_max = get("max_reqs"); want_groups = get("groups")
		want_inflight = get("inflight"); want_unreaped = get("unreaped")
		groups = 1
		next
	}
	$1 == "group:" {
		if (block != "space" || n || !is("group: pid=" num " comm=\"\" threads=" num))
			wrong("ill-formed")
		groups++
		next
	}
	$1 == "context:" {
		end_context()
		if (!is("context: " id " state=(live|dying|ownerless) max_reqs=" num " nr_events=" num " inflight=(" num "|" \
		    reason ") unreaped=(" num "|" reason ") free=(" num "|" reason ") owed=(" num "|" reason ") oldest_age_ns=(" num \
		    "|-) consistent=(yes|no)"))
			wrong("ill-formed")
		state = get("state")
		# What is in a block is of its owner and state; what is in none comes between waiters and spaces.
		if (block == "space" && (state != "live" || get("pid") != owner))
			wrong("not of this space")
		if (block == "waiter" && (state != "dying" || get("pid") != owner)) {
			if (n < want_n)
				wrong("not of this waiter")
			end_block()
		} else if (block == "waiter" && n == want_n)
			end_block()
		if (block == "" && state == "live")
			wrong("live and in no space")
		in_context = 1
		context = substr($0, 10, index($0, " state=") - 10)
		# Several that belong to nobody may have had the same address.
		if (get("pid") != "-" && seen[context]++)
			wrong("twice")
		inflight = get("inflight"); owed = get("owed"); by = ""; lines = 0
		n++
		count[state]++
		sum_max += get("max_reqs")
		if (state != "dying")
			all_max += get("max_reqs")
		if (inflight ~ number) { sum_inflight += inflight; all_inflight += inflight }
		if (get("unreaped") ~ number) { sum_unreaped += get("unreaped"); all_unreaped += get("unreaped") }
		next
	}
	$1 == "owed:" || $1 == "owed_by:" || $1 == "candidate:" {
		if (!in_context || index($0, $1 " " context " ") != 1)
			wrong("not of the context above")
	}
	$1 == "owed:" {
		if (by != "" || !is("owed: " id " device=nbd" num " op=[a-z_]+ sector=" num " bytes=" num " age_ns=(" num "|-)"))
			wrong("ill-formed")
		lines++
		next
	}
	$1 == "owed_by:" {
		if (by != "" || !is("owed_by: " id " requests=" num " " reason))
			wrong("ill-formed")
		by = get("requests") + 0
		next
	}
	$1 == "candidate:" {
		if (by == "" || !is("candidate: " id " device=([^ ]+ dev=" num ":" num "|-[(]more[)] dev=-[(]more[)])"))
			wrong("ill-formed")
		next
	}
	{ wrong("no such key") }
	END {
		end_block()
		if (value["format"] != "1" || value["scan"] != scan)
			print "format or scan"
		if ((value["complete"] == "yes") != (value["complete_reason"] == "ok"))
			print "complete: " value["complete"] " " value["complete_reason"]
		if (value["contexts"] != "live=" count["live"] + 0 " dying=" count["dying"] + 0 " ownerless=" count["ownerless"] + 0)
			print "contexts: " value["contexts"]
		if (value["waiters"] != waiters + 0)
			print "waiters: " value["waiters"]
		if (value["live_max_reqs"] != all_max + 0)
			print "live_max_reqs: " value["live_max_reqs"] " for " all_max + 0
		if (value["inflight"] != all_inflight + 0)
			print "inflight: " value["inflight"] " for " all_inflight + 0
		if (value["unreaped"] != all_unreaped + 0)
			print "unreaped: " value["unreaped"] " for " all_unreaped + 0
		if (value["aio_nr"] ~ number && value["aio_nr_difference"] != value["aio_nr"] - value["live_max_reqs"])
			print "aio_nr_difference: " value["aio_nr_difference"]
	}'
}

# Sets LINE to the first line of TEXT with a key that begins like that, without the key; to nothing when there is
# none. (It starts no process, as most checks need it.)
get_line() {
	LINE=
	[[ ! $'\n'$TEXT$'\n' =~ $'\n'"$1: "("$2"[^$'\n']*)$'\n' ]] || LINE=${BASH_REMATCH[1]}
}

waiter_line() { get_line waiter "tid=$1 "; echo "$LINE"; }
space_line() { get_line space "pid=$1 "; echo "$LINE"; }
context_line() { get_line context "pid=$1 user_id=$2 "; echo "$LINE"; }
owed_by_line() { get_line owed_by "pid=$1 user_id=$2 "; echo "$LINE"; }
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

# How long ago something may be which was between two moments, for a text that was read between two others.
# usage: check_age WHAT AGE AFTER BEFORE [SLACK]
check_age() {
	check_num "$1: age is not too small" "$2" -ge $((READ_BEGUN - $4 - ${5:-0}))
	check_num "$1: age is not too great" "$2" -le $((READ_DONE - $3 + ${5:-0}))
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

without_time() {
	sed -E '/^(scan|took_ns): /d; s/ (age_ns|oldest_age_ns|waiting_ns)=[0-9]+/ \1=N/g' <<<"$TEXT" | sort
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
