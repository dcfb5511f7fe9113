#!/bin/bash
# desc: what it costs an nbd device's users that nbddiag is loaded, and that devices is polled
# timeout: 600
# own-vm: yes
# shellcheck disable=SC2016 # what is in single quotes is for awk
. tests/bench/lib.bash

ROUNDS=6
SECONDS_EACH=3

# Reads of 4 KiB in a second, as fio counts them once it has run for a while: an emulator has to translate the code anew
# after a module was loaded.
reads_per_second() {
	fio --name=bench --filename=/dev/nbd0 --readonly --direct=1 --rw=randread --bs=4k --ioengine=libaio --iodepth=4 \
		--ramp_time=2 --runtime="$SECONDS_EACH" --time_based --randseed=1 --output-format=json | jq '.jobs[0].read.iops'
}

# usage: with_module polled|idle
with_module() {
	local poller=
	insmod /nbddiag/nbddiag.ko
	if [ "$1" = polled ]; then
		benchtool poll 3600 10 "$NBDDIAG/devices" &
		poller=$!
	fi
	reads_per_second
	[ -z "$poller" ] || stop KILL "$poller"
	rmmod nbddiag
}

# Median and spread of what a program of awk makes of each round: "without, idle, without, polled, without".
# usage: spread_of EXPRESSION DIGITS
spread_of() {
	awk "{ print $1 }" "$RESULTS/iops" | sort -n |
		awk -v digits="$2" '{ v[NR] = $1 } END { printf "%.*f (%.*f–%.*f)", digits, v[int((NR + 1) / 2)], digits, v[1],
			digits, v[NR] }'
}

# Whether the median of a ratio lies within what the device differs from itself. usage: within_noise EXPRESSION
within_noise() {
	awk "{ print $1, \$3 / \$1 }" "$RESULTS/iops" | awk '
		function sorted_middle(v,    i, j, t) {
			for (i = 2; i <= NR; i++)
				for (j = i; j > 1 && v[j] < v[j - 1]; j--) {
					t = v[j]; v[j] = v[j - 1]; v[j - 1] = t
				}
			return v[int((NR + 1) / 2)]
		}
		{ got[NR] = $1; same[NR] = $2 }
		END {
			middle = sorted_middle(got)
			sorted_middle(same)
			print (middle >= same[1] && middle <= same[NR]) ? "yes" : "no"
		}'
}

load_nbd max_part=0 nbds_max=16
start_nbdkit 64M -U "$W/sock"
attach_nbd_client nbd0 -unix "$W/sock"
reads_per_second >/dev/null
for ((i = 0; i < ROUNDS; i++)); do
	# Between two readings without it, so that a drift of the machine shows as what it is.
	echo "$(reads_per_second) $(with_module idle) $(reads_per_second) $(with_module polled) $(reads_per_second)"
done >"$RESULTS/iops"
check_eq "rounds" "$(awk 'NF == 5' "$RESULTS/iops" | wc -l)" "$ROUNDS"
row "4 KiB reads a second of an nbd device, without nbddiag" "$(spread_of '$1' 0)" '' -
row "… to itself a moment later" "$(spread_of '$3 / $1' 3)" '' -
row "… with nbddiag loaded" "$(spread_of '$2 * 2 / ($1 + $3)' 3)" "as without" "$(within_noise '$2 * 2 / ($1 + $3)')"
row "… with \`devices\` polled 10 times a second" "$(spread_of '$4 * 2 / ($3 + $5)' 3)" "as without" \
	"$(within_noise '$4 * 2 / ($3 + $5)')"
bounded 10 nbd-client -d /dev/nbd0
