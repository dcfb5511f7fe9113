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
		ring = "^ring: ring=" num " state=(live|exiting|" reason ") owner=(live|several|gone) processes=" num " pid=" or \
		    " comm=(\"\"|" reason ") fd=(" num "|-) worker=(" num "|-) flags=(0x[0-9a-f]+|" reason ") sq_entries=" or " cq_entries=" or \
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
	RING=$(key ring | grep " pid=$1 " || :)
	check_eq "rings of $1" "$(grep -c . <<<"$RING" || :)" 1
	NUMBER=$(field "$RING" ring)
}

# How many "owed" lines of a ring in TEXT have all of these. usage: owed_of NUMBER FIELD=VALUE...
owed_of() {
	local lines field
	lines=$(key owed | grep "^ring=$1 " || :)
	for field in "${@:2}"; do
		lines=$(grep -E "(^| )$field( |\$)" <<<"$lines" || :)
	done
	grep -c . <<<"$lines" || :
}
