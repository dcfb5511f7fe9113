# shellcheck shell=bash disable=SC2153
# In JSON the reason is beside a null also of what a command adds up or puts together itself.

# shellcheck source=tests/reader/hung.bash
. "$HERE/hung.bash"

# usage: reason TEXT FILTER WANT ARGUMENT...
reason() {
	local text=$1 filter=$2 want=$3
	shift 3
	run_reader --root "$TREE" "$@" --json
	check "reason: $text: JSON" is_json_right "$WORK/out" --json
	check_eq "reason: $text" "$(jq -c "$filter" <<<"$OUT")" "$want"
}

of_aio() {
	local aio=$TREE/$DEBUGFS/aio fio='.aio[] | select(.pid == 700)'
	reason "aio: all is known" "$fio | [.inflight, .unreaped, has(\"inflight_unknown\"), has(\"unreaped_unknown\"), has(\"paths_unknown\")]" \
		'[5,0,false,false,false]' aio -O
	sed -i '/^context: pid=700/s/ unreaped=0/ unreaped=-(bad-head)/' "$aio"
	reason "aio: events not taken" "$fio | [.unreaped, .unreaped_unknown]" '[null,"bad-head"]' aio
	check_ends "why --pid: events not taken" 0 'how many completed events wait for the process is not known' --root "$TREE" why --pid 700
	sed -i '/^context: pid=700/s/ inflight=5/ inflight=-(inconsistent)/' "$aio"
	reason "aio: requests" "$fio | [.inflight, .inflight_unknown]" '[null,"inconsistent"]' aio
	check_ends "why --pid: requests" 3 'how many requests are in flight is not known, and how many' --root "$TREE" why --pid 700
	sed -i -e '/^owed: pid=700/d' -e '/^context: pid=700/s/ oldest_age_ns=[0-9]*/ oldest_age_ns=-/' "$aio"
	echo 'owed_by: pid=700 user_id=0x7f0000000000 requests=5 -(several-kinds)' >"$WORK/owed_by"
	sed -i "/^context: pid=700/r $WORK/owed_by" "$aio"
	reason "aio: who owes" "$fio | [.owed_by, .owed_by_unknown, .oldest, .oldest_unknown]" '[null,"several-kinds",null,"several-kinds"]' aio
	reason "aio: share of dying ones" '.aio[] | select(.pid == 800) | [.share, has("share_unknown")]' '[null,false]' aio
	sed -i 's/^aio_max_nr: .*/aio_max_nr: -(unreadable)/' "$aio"
	reason "aio: share" "$fio | [.share, .share_unknown]" '[null,"unreadable"]' aio
	rm "$TREE/$DEBUGFS/io"
	reason "aio: paths" '.aio[] | select(.pid == 800) | [.paths, .paths_unknown]' '[null,"io-unreadable"]' aio
	reason "uring: paths" '.uring[] | select(.pid == 700) | [.paths, .paths_unknown]' '[null,"io-unreadable"]' uring
}

of_io() {
	local io=$TREE/$DEBUGFS/io
	reason "io: what was not found" '.io[] | select(.device == "sdc") | [.oldest, .oldest_unknown, .who, .who_unknown]' \
		'[null,"not-found",null,"not-found"]' io
	reason "io: nothing there" '.io[] | select(.device == "dm-4") | [.oldest, has("oldest_unknown"), has("who_unknown")]' '[null,false,false]' io
	sed -i '/^request: device=nbd0 .*asked=dm-0/s/ who=task/ who=-(no-bio)/; /asked=dm-0/s/ op=read/ op=-(unreadable)/; /asked=dm-0/s/ age_ns=[0-9]*/ age_ns=-(not-recorded)/' "$io"
	reason "io: of a request" '[.io[].children[]? | select(.who == null) | .who_unknown, .op_unknown, .oldest_unknown] | unique' \
		'["no-bio","not-recorded","unreadable"]' io --full
}

of_tasks() {
	reason "tasks: what it waits for" '.tasks[] | select(.tid == 716) | [.waits_for, .waits_for_unknown]' '[null,"no-record"]' tasks
	reason "tasks: who has it" '.tasks[] | select(.tid == 718) | [.held_by, .held_by_unknown]' '[null,"readers"]' tasks
	reason "tasks: nobody has it" '.tasks[] | select(.tid == 710) | [.held_by, has("held_by_unknown")]' '[null,false]' tasks
	sed -i '/^task: tid=71[0-9]/{s/ waiting_ns=[0-9]*/ waiting_ns=-(not-recorded)/; s/ age_ns=[0-9]*/ age_ns=-(not-recorded)/}' "$TREE/$DEBUGFS/tasks"
	reason "why: for how long a task waits" '[.causes[].tasks[] | select(.tid == 710) | .waiting, .waiting_unknown]' '[null,"not-recorded"]' why
}

of_uring() {
	reason "uring: nothing owed" '.uring[] | select(.pid == 720) | [.owed_by, has("owed_by_unknown")]' '[null,false]' uring
	sed -i 's/^\(ring: ring=1 .*\) inflight=0/\1 inflight=2/' "$TREE/$DEBUGFS/uring"
	reason "uring: not found" '.uring[] | select(.pid == 720) | [.owed_by, .owed_by_unknown]' '[null,"not-found"]' uring
	sed -i 's/^\(ring: ring=1 .*\) inflight=2/\1 inflight=-(changing)/' "$TREE/$DEBUGFS/uring"
	reason "uring: not known" '.uring[] | select(.pid == 720) | [.owed_by_unknown, .inflight_unknown]' '["changing","changing"]' uring
}

of_devices() {
	copy_tree incident2
	sed -i '/^socket: /s/ peer=[^ ]*/ peer=-(unreadable)/' "$TREE/$DEBUGFS/nbd101"
	reason "list: peer" '.devices[] | [.peer, .peer_unknown]' '[null,"unreadable"]' list
	sed -i '/^socket: /s/ peer=[^ ]*/ peer=unnamed/' "$TREE/$DEBUGFS/nbd101"
	reason "list: a peer without a name" '.devices[] | [.peer, has("peer_unknown")]' '[null,false]' list
	rm "$TREE"/proc/461/task/461/{stack,wchan}
	reason "holders: where it sleeps" '.holders[] | select(.pid == 461) | [.sleeps_in, .sleeps_in_unknown]' '[null,"unreadable"]' holders nbd101
	reason "holders: where it sleeps is known" '.holders[] | select(.pid == 427) | has("sleeps_in_unknown")' false holders nbd101
}

for part in aio io tasks uring devices; do
	make_hung
	"of_$part"
done
rm -r "$TREE"
