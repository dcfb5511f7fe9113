#!/bin/bash
# desc: connections grow and shrink while a device is read: the block layer frees its tables of requests meanwhile
# timeout: 120
# own-vm: yes
# cpus: 4
. tests/cases/lib.bash

# How often the number of queues changes.
turns=30

queues() { find /sys/block/nbd0/mq -mindepth 1 -maxdepth 1 | wc -l; }

# Attaches with so many connections, notes the number of queues, and detaches. usage: turn CONNECTIONS
turn() {
	bounded 20 nbdtool nl-connect 0 "unix:$W/server" --connections "$1" --flags 0x101 >/dev/null || die "no attach with $1"
	queues >>"$W/queues"
	bounded 20 nbdtool nl-disconnect 0 >/dev/null || die "no detach with $1"
	wait_until 20 test ! -e /sys/block/nbd0/pid || die "still attached with $1"
}

load_nbd max_part=0 nbds_max=1
load_nbddiag use_btf=Y
start_nbdtool_server "unix:$W/server"

# Starts no process for a read, so that there are many. Keeps what "devices" says that it must not, and the
# number of reads. usage: read_without_pause FILE...
read_without_pause() {
	local reads=0 file lines line
	trap 'echo "$reads" >"$W/reads.$BASHPID"; exit' TERM
	for (( ; ; )); do
		for file; do
			mapfile -t lines <"$NBDDIAG/$file"
			reads=$((reads + 1))
			[ "$file" = devices ] || continue
			[[ ${#lines[@]} = 2 && ${lines[1]} =~ \ inflight=(0|-\(changing\))\  ]] || printf '%s\n' "${lines[@]}" >>"$W/wrong"
		done
	done
}

: >"$W/wrong"
benchtool poll 3600 1000000 "$NBDDIAG/nbd0" &
benchtool poll 3600 1000000 "$NBDDIAG/devices" &
read_without_pause devices nbd0 aio &
readers=$(jobs -p | tail -n 3)
for ((i = 0; i < turns; i++)); do
	turn 1
	turn 16
done
# shellcheck disable=SC2086 # several
stop TERM $readers

check_eq "numbers of queues" "$(sort "$W/queues" | uniq -c | xargs)" "$turns 1 $turns 4"
check_num "reads beside that" "$(awk '{ n += $1 } END { print n }' "$W"/reads.*)" -gt $((20 * turns))
check_eq "no request was in flight, whatever went on" "$(head -n 20 "$W/wrong")" ""
stop TERM "$SERVER"
end
