#!/bin/bash
# desc: AIO contexts: 603 of 33 processes among 1000 others, and who holds most of aio-nr
# timeout: 90
. tests/cases/aio.bash

begin

# 30 processes with 20 contexts each, and three that hold more in fewer.
aio 'fork 30' 'setup 5 20' ready
many=$AIO
aio 'name hog' 'setup 1000 2' ready
first=$AIO
aio 'name second' 'setup 700' ready
second=$AIO
aio 'name third' 'setup 400' ready
third=$AIO
aio 'fork 1000' ready
others=$AIO

all=$(cat "${LOG[$many]}" "${LOG[$first]}" "${LOG[$second]}" "${LOG[$third]}")
truth=$(sed -n 's/^context: \(pid=[0-9]*\) index=[0-9]* \(user_id=.*\)/\1 \2/p' <<<"$all" | sort)
check_eq "contexts that were made" "$(wc -l <<<"$truth")" 604
check_eq "aio-nr" "$(</proc/sys/fs/aio-nr)" $((30 * 20 * 5 + 2000 + 700 + 400))

read_aio
note "aio took $(((READ_DONE - READ_BEGUN) / 1000000)) ms, $(key took_ns) ns of it inside"
check_num "read at once (ns)" $((READ_DONE - READ_BEGUN)) -lt 3000000000
check_num "took_ns" "$(key took_ns)" -le $((READ_DONE - READ_BEGUN))
check_head "many" 604 0 0 0 0 0
check_eq "each context once, with its figures" \
	"$(key context | sed 's/ state=live / /; s/ inflight=.*//' | sort)" "$truth"
check_eq "all of them idle" "$(key context | grep -c ' state=live .* inflight=0 unreaped=0 .* owed=0 oldest_age_ns=- consistent=yes$')" 604
check_eq "a space for each process" "$(key space | values pid | sort)" "$(values pid <<<"$truth" | sort -u)"
check_eq "spaces of 20 contexts" "$(key space | grep -c ' threads=1 groups=1 contexts=20 max_reqs=100 inflight=0 unreaped=0$')" 30
check_eq "who holds most" "$(key largest | head -n 3)" "\
pid=$first comm=\"hog\" contexts=2 max_reqs=2000
pid=$second comm=\"second\" contexts=1 max_reqs=700
pid=$third comm=\"third\" contexts=1 max_reqs=400"
check_eq "and two of the others" "$(key largest | tail -n +4 | grep -c ' comm="aiotool" contexts=20 max_reqs=100$')" 2
check_scan "many"

stop KILL "$first"
stop TERM "$second"
wait_until 10 says aio "contexts: live=601 " || :
read_aio
check_head "two have ended" 601 0 0 0 0 0
check_eq "who holds most now" "$(key largest | head -n 1)" "pid=$third comm=\"third\" contexts=1 max_reqs=400"
stop TERM "$third" "$many" "$others"
check_nothing "all have ended"
end
