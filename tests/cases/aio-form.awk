# Says what is wrong with a text of "aio" or "aio_scan": keys, fields and their order, and figures which contradict each
# other. scan: quick or deep.

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
	if (inflight ~ number && owed ~ number && (inflight + 0 > owed + 0) != (by != ""))
		print NR ": owed_by: inflight=" inflight " owed=" owed
	if (by != "" && owed ~ number && by != inflight - owed)
		print NR ": owed_by: requests=" by " inflight=" inflight " owed=" owed
	if (unfound ~ number && unfound != unfound_lines)
		print NR ": " unfound_lines " lines for unfound=" unfound
	# There is a line for each request, or the file says that there is not.
	if (inflight ~ number && owed ~ number && owed + 0 > inflight + 0 && consistent != "no")
		print NR ": owed=" owed " of inflight=" inflight " is consistent"
	if (scan == "deep" && ((missing ~ number && missing != "0") || missing ~ "too-many") && value["complete"] != "no")
		print NR ": missing=" missing " is complete"
	if (inflight ~ number && unfound ~ number && missing ~ number && inflight != owed + unfound + missing)
		print NR ": inflight=" inflight " owed=" owed " unfound=" unfound " missing=" missing
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
	deep = scan == "deep" ? " unfound=(" num "|" reason ") missing=(" num "|" reason ")" : ""
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
	    "|-|" reason ") consistent=(yes|no)" deep))
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
	consistent = get("consistent"); unfound = get("unfound"); missing = get("missing"); unfound_lines = 0
	n++
	count[state]++
	sum_max += get("max_reqs")
	if (state != "dying")
		all_max += get("max_reqs")
	if (inflight ~ number) { sum_inflight += inflight; all_inflight += inflight }
	if (get("unreaped") ~ number) { sum_unreaped += get("unreaped"); all_unreaped += get("unreaped") }
	next
}
$1 == "owed:" || $1 == "owed_by:" || $1 == "candidate:" || $1 == "unfound:" {
	if (!in_context || index($0, $1 " " context " ") != 1)
		wrong("not of the context above")
}
$1 == "owed:" {
	if (by != "" || !is("owed: " id " device=[A-Za-z0-9!_-]+ op=[a-z-]+ sector=(" num "|" reason ") bytes=(" num "|" reason ") age_ns=(" num \
	    "|" reason ") asked=([A-Za-z0-9!_-]+|" reason ") fs=(\"\"|-) via=([A-Za-z0-9!_,()-]+|-) state=[a-z-]+ waits_for=[a-z-]+"))
		wrong("ill-formed")
	# What has been submitted has a place, and nobody waits to submit it.
	if ((get("state") == "submitting") != (get("sector") !~ number) || (get("state") == "submitting") != (get("waits_for") != "-"))
		wrong("submitting or not")
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
$1 == "unfound:" {
	if (scan != "deep" || !is("unfound: " id " asked=([^ ]+ dev=" num ":" num "|" reason " dev=-) fs=(\"\"|-) op=([a-z]+|" \
	    reason ") pos_bytes=(" num "|-) direct=(yes|no|-) state=([a-z-]+|" reason ")"))
		wrong("ill-formed")
	unfound_lines++
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
}
