#!/bin/bash
# desc: sockets come while a device is read: each read is whole, and neither the reads nor the attempts are held up
# timeout: 120
. tests/cases/lib.bash

# Of each read how many sockets it has; and "wrong" lines, if what it counts is not what it shows, in order. By one
# program for all: there can be hundreds, with thousands of lines.
look_at_reads() {
	awk '
		function wrong(what) { print "wrong " name ": " what }
		function finish() {
			if (name == "")
				return
			if (total == "" || counted != total || shown != total)
				wrong("counts " total " " counted " " shown)
			if (lines != total)
				wrong(lines " lines for " total)
			if (strays != total - 1)
				wrong(strays " strays of " total)
			print "counts", total
		}
		FNR == 1 { finish(); name = FILENAME; total = counted = shown = ""; lines = strays = 0 }
		/^sockets: / {
			split($2, a, "="); total = a[2]
			split($3, a, "="); counted = a[2]
			split($NF, a, "="); shown = a[2]
		}
		/^socket: / {
			if ($2 != "index=" lines)
				wrong("line " lines " is " $2)
			lines++
			strays += / dead=no family=unix /
		}
		END { finish() }' "$@"
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
look_at_reads "$W"/read.* >"$W/looked"
check_eq "each read has been looked at" "$(grep -c '^counts ' "$W/looked")" "$reads"
note "$reads reads, $(cat "$W"/read.* | grep -c '^consistent: no') of them without the lock"
check_eq "each read is whole" "$(awk '/^wrong / && n++ < 5' "$W/looked")" ''
check_num "reads that saw different numbers" "$(grep '^counts ' "$W/looked" | sort -u | wc -l)" -gt 3
total=$((1 + 100 + more))
read_file nbd1
check_keys "in the end" <<-EOF
	consistent: yes
	sockets: total=$total counted=$total dead=1 live=$((total - 1)) held=0 shown=$total
EOF

stop KILL "$SERVER"
stop TERM "$HOLDER"
end
