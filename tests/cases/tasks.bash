# shellcheck shell=bash disable=SC2034,SC2154
# What the file "tasks" says, and the checks of it.
. tests/cases/io.bash

# Reads "tasks" into TEXT and checks its form.
read_tasks() {
	local wrong
	read_file tasks
	wrong=$(wrong_in_tasks <<<"$TEXT")
	check_eq "the form of tasks" "$wrong" ""
}

wrong_in_tasks() {
	awk '
	function wrong(what) { print NR ": " what ": " line }
	BEGIN {
		num = "[0-9]+"; reason = "-[(][a-z0-9-]+[)]"; name = "[A-Za-z0-9_!.-]+"
		or = "(" num "|" reason ")"; maybe = "(" num "|-|" reason ")"; word = "(" name "|-|" reason ")"
		nhead = split("format complete complete_reason took_ns tasks", head, " ")
		form = "^task: tid=" num " tgid=" num " comm=\"\" state=[A-Z] exiting=(yes|no) waiting_ns=" or " sleeps_in=(" name "|" reason \
		    ") work=" word " waits_for=([a-z-]+|" reason ") lock=(mutex|rwsem-read|rwsem-write|semaphore|-) object=" word \
		    " device=" word " dev=(" num ":" num "|-|" reason ") asked=" word " fs=(\"\"|-) via=([A-Za-z0-9_,()-]+|-)" \
		    " op=([a-z0-9-]+|-) sector=" maybe " bytes=" maybe " age_ns=" maybe " request=([a-z-]+|-) held_by=" maybe \
		    " held_by_tgid=" maybe " held_by_comm=(\"\"|-|" reason ") hops=(" num "|-[(](cycle|too-many)[)])" \
		    " proof=(record|noted|bio|request|worker|state|-) last_reader=" maybe " last_reader_tgid=" maybe " last_reader_comm=(\"\"|-|" reason ")$"
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
	$1 == "task:" {
		if ($0 !~ form)
			wrong("ill-formed")
		tasks++
		next
	}
	{ wrong("unknown line") }
	'
}

# With PREEMPT_RT the kernel notes them in a way that is followed from 5.15 on.
locks_are_found() { [[ $(uname -v) != *PREEMPT_RT* || $(uname -r) != 5.10.* ]]; }

# The line of a thread in TEXT. usage: task_line TID
task_line() { line_of task "tid=$1"; }

# What a thread waits for, by a new look. A thread in D has its line after 0.1 s. usage: check_task WHAT TID FIELD=VALUE...
check_task() {
	wait_until 10 has_task_line "$2" || :
	read_tasks
	note "$1: $(task_line "$2")"
	check_fields "$1" "$(task_line "$2")" "${@:3}"
}

has_task_line() { read_file tasks; [ -n "$(task_line "$1")" ]; }

# Starts a command that comes to wait in D; HUNG is its pid. usage: hang COMMAND...
hang() {
	"$@" >/dev/null 2>&1 &
	HUNG=$!
	wait_until 20 is_stuck "$HUNG" || die "$* does not hang"
}
