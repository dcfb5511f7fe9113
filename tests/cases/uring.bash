# shellcheck shell=bash disable=SC2034,SC2154
# What the file "uring" says, and the checks of it.
. tests/cases/tasks.bash

# Reads "uring" into TEXT and checks its form.
read_uring() {
	local wrong
	read_file uring
	wrong=$(wrong_in_uring <<<"$TEXT")
	check_eq "the form of uring" "$wrong" ""
}

wrong_in_uring() {
	awk '
	function wrong(what) { print NR ": " what ": " line }
	BEGIN {
		num = "[0-9]+"; reason = "-[(][a-z0-9-]+[)]"; name = "[A-Za-z0-9_!.-]+"
		or = "(" num "|" reason ")"
		nhead = split("format complete complete_reason took_ns rings", head, " ")
		ring = "^ring: ring=" num " state=(live|exiting|" reason ") owner=(live|several|none) processes=" num " pid=" or \
		    " comm=(\"\"|" reason ") ended=(yes|no|" reason ") fd=(" num "|-) worker=(" num "|-) flags=(0x[0-9a-f]+|" reason ") sq_entries=" or " cq_entries=" or \
		    " inflight=" or " polls=" or " timeouts=" or " unreaped=" or " overflown=" or " owed=" num " oldest_age_ns=(" num "|-|" reason ")$"
		owed = "^owed: ring=" num " device=(" name "|" reason ") dev=(" num ":" num "|" reason ") asked=(" name "|" reason \
		    ") fs=(\"\"|-) via=([A-Za-z0-9_,()-]+|-) op=[a-z0-9-]+ sector=" num " bytes=" num " age_ns=" or " state=[a-z-]+$"
	}
	{
		line = $0
		gsub(/="([^"\\]|\\.)*"/, "=\"\"")
	}
	NR <= nhead {
		if ($1 != head[NR] ":")
			wrong("not " head[NR])
		next
	}
	$1 == "ring:" {
		if (section || $0 !~ ring)
			wrong("ill-formed")
		next
	}
	$1 == "owed:" {
		if ($0 !~ owed)
			wrong("ill-formed")
		section = 1
		next
	}
	{ wrong("unknown line") }
	'
}

# Sets RING to the line of the only ring that has a process's name and number. usage: get_ring PID
get_ring() {
	local line nr=0
	RING=
	while IFS= read -r line; do
		[[ $line == "ring: "*" pid=$1 "* ]] || continue
		RING=${line#ring: }
		((++nr))
	done <<<"$TEXT"
	check_eq "rings of $1" "$nr" 1
	get_field "$RING" ring
	NUMBER=$VALUE
}

# How many "owed" lines of a ring in TEXT have all of these. usage: owed_of NUMBER FIELD=VALUE...
owed_of() {
	local line field nr=0
	while IFS= read -r line; do
		[[ $line == "owed: ring=$1 "* ]] || continue
		for field in "${@:2}"; do
			[[ "$line " == *" $field "* ]] || continue 2
		done
		((++nr))
	done <<<"$TEXT"
	echo "$nr"
}

# Whether there is no ring, and whether workers wait for so many.
no_rings() { read_file uring; [ -z "$(key ring)" ]; }
rings_exiting() { read_file uring; [ "$(grep -c "^ring: .* state=exiting .* worker=[0-9]" <<<"$TEXT")" -ge "$1" ]; }

# What was sent to a device is answered, and all rings of processes that are gone go.
answer_rings() {
	answer "$1"
	wait_until 20 no_rings || :
	read_uring
	check_eq "no rings any more" "$(key rings)" "shown=0 without_owner=0 owed=0"
}

# The thread of the kernel that takes the requests of a process, by /proc.
sq_thread_of() { grep -ls '^iou-sqp' "/proc/$1/task"/*/comm | cut -d/ -f5; }
