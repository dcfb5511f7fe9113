#!/bin/bash
# desc: sockets come while a device is read: each read is whole, and neither the reads nor the attempts are held up
# timeout: 120
. tests/cases/lib.bash

# Sets COUNT to the number of sockets in TEXT, and adds to WRONG if the lines are not as many, or not in order.
look_at_text() {
	local totals lines
	totals=$(sed -n 's/^sockets: total=\([0-9]*\) counted=\([0-9]*\) .* shown=\([0-9]*\)$/\1 \2 \3/p' <<<"$TEXT")
	lines=$(key socket | cut -d' ' -f1)
	COUNT=${totals%% *}
	[ "$totals" = "$COUNT $COUNT $COUNT" ] || WRONG+="totals $totals; "
	[ "$lines" = "$(seq -f index=%g 0 $((COUNT - 1)))" ] || WRONG+="$(wc -l <<<"$lines") lines for $COUNT; "
	[ "$(key socket | grep -c ' dead=no family=unix ')" = $((COUNT - 1)) ] || WRONG+="not all of $COUNT are strays; "
}

begin
start_nbdtool_server "unix:$W/first"
wedge nbd1 "unix:$W/first"
start_nbdtool_server "unix:$W/second" --deaf
check "100 attempts" leave_sockets nbd1 100 "unix:$W/second"

# A device that was never started has no queue to wait for: there they come ten times as fast.
more=150
attempts_leave_sockets || more=2500
leave_sockets nbd1 $more "unix:$W/second" &
attempts=$!
reads=0
while kill -0 "$attempts" 2>/dev/null; do
	reads=$((reads + 1))
	bounded 10 cat "$NBDDIAG/nbd1" >"$W/read.$reads"
done
if wait "$attempts"; then pass "$more attempts beside the reads"; else fail "$more attempts beside the reads"; fi
counts='' WRONG=''
for ((i = 1; i <= reads; i++)); do
	TEXT=$(<"$W/read.$i")
	look_at_text
	counts+="$COUNT "
done
note "$reads reads, $(cat "$W"/read.* | grep -c '^consistent: no') of them without the lock: $counts"
check_eq "each read is whole" "$WRONG" ''
check_num "reads that saw different numbers" "$(tr ' ' '\n' <<<"$counts" | sort -u | wc -l)" -gt 3
total=$((1 + 100 + more))
read_file nbd1
check_keys "in the end" <<-EOF
	consistent: yes
	sockets: total=$total counted=$total dead=1 live=$((total - 1)) held=0 shown=$total
EOF

stop KILL "$SERVER"
stop TERM "$HOLDER"
end
