#!/bin/bash
# desc: connections grow and shrink while a device is read: the block layer frees its tables of requests meanwhile
# timeout: 120
# own-vm: yes
# cpus: 4
. tests/cases/lib.bash

# How often the number of queues changes, up and down.
turns=40

queues() { find /sys/block/nbd0/mq -mindepth 1 -maxdepth 1 | wc -l; }

# The number of queues with so many connections. usage: queues_with CONNECTIONS
queues_with() {
	bounded 20 nbdtool nl-connect 0 "unix:$W/server" --connections "$1" --flags 0x101 >/dev/null || die "no attach with $1"
	queues
	bounded 20 nbdtool nl-disconnect 0 >/dev/null || die "no detach with $1"
	wait_until 20 test ! -e /sys/block/nbd0/pid || die "still attached with $1"
}

# The second one is there to tell where nbd keeps what.
load_nbd max_part=0 nbds_max=2
# shellcheck disable=SC2119
load_nbddiag
prove_layout needed nbd1
start_nbdtool_server "unix:$W/server"
check_eq "queues with 1 connection, and with 16" "$(queues_with 1) $(queues_with 16)" "1 4"

# Starts no process for a read, so that there are many. Keeps what "devices" says that it must not, and the
# number of reads. usage: read_without_pause FILE...
read_without_pause() {
	local reads=0 file lines
	trap 'echo "$reads" >"$W/reads.$BASHPID"; exit' TERM
	for (( ; ; )); do
		for file; do
			mapfile -t lines <"$NBDDIAG/$file"
			reads=$((reads + 1))
			[ "$file" = devices ] || continue
			[[ ${#lines[@]} = 3 && ${lines[1]} =~ \ inflight=(0|-\(changing\))\  ]] || printf '%s\n' "${lines[@]}" >>"$W/wrong"
		done
	done
}

: >"$W/wrong"
benchtool reread "$NBDDIAG/devices" &
benchtool reread "$NBDDIAG/devices" &
benchtool reread "$NBDDIAG/nbd0" &
read_without_pause devices nbd0 aio &
readers=$(jobs -p | tail -n 4)
begun=$SECONDS
# In one process, so that most of the time is the kernel's.
bounded 100 nbdtool nl-turns 0 "$turns" "unix:$W/server" --connections 16 --flags 0x101 || fail "not all turns"
note "$turns turns in $((SECONDS - begun)) s"
# shellcheck disable=SC2086 # several
stop TERM $readers

check_num "reads beside that" "$(awk '{ n += $1 } END { print n }' "$W"/reads.*)" -gt "$turns"
check_eq "no request was in flight, whatever went on" "$(head -n 20 "$W/wrong")" ""
stop TERM "$SERVER"
end
