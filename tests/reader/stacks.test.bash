# shellcheck shell=bash disable=SC2153
# "holders", "why" and "capture" go from device to device: partitions, device mapper, loop, mounts, multipath.

# shellcheck source=tests/reader/stacks.bash
. "$HERE/stacks.bash"

make_stacks
io=$TREE/$DEBUGFS/io
aio=$TREE/$DEBUGFS/aio

# The rows of holders, a line each. usage: rows DEVICE COLUMN...   (sets nothing; STATUS and ERR are in files)
rows() {
	local device=$1 list
	shift
	list=$(printf '."%s",' "$@")
	"$NBDDIAG" --root "$TREE" holders "$device" --json --output +DEVICE,PATH,MOUNTS 2>"$WORK/said" |
		jq -r ".holders[] | [${list%,}] | map(. // \"-\" | tostring) | join(\" \")"
}

# Up from the device: a map, what is mounted from it, a loop device on a file of that, and a map on this one.
holders_up() {
	check_eq "holders nbd0: what lies on it" "$(rows nbd0 kind pid what via device | grep ' nbd0p3')" "$(
		cat <<-'END'
			process 710 volume nbd0p3,volume dm-0
			process 720 inner nbd0p3,volume,loop0,inner dm-3
			mount - /srv nbd0p3,volume dm-0
			partition - nbd0p3 - nbd0p3
			holder - loop0 nbd0p3,volume dm-0
			holder - inner nbd0p3,volume,loop0 loop0
			holder - volume - nbd0p3
		END
	)"
	check_eq "holders nbd0: as it was" "$(rows nbd0 kind pid what via | grep -c ' -$')" 8
	check_eq "holders nbd0: no message" "$(<"$WORK/said")" ""
	# What lies on it opens it once, whoever has that open: 5 opens are 2 descriptors, a mount, swap, a map.
	sed -i 's/^openers: 5/openers: 6/' "$TREE/$DEBUGFS/nbd0"
	check_ends "holders nbd0: one more open" 1 '1 more opens of nbd0 than were found' --root "$TREE" holders nbd0
	sed -i 's/^openers: 6/openers: 5/' "$TREE/$DEBUGFS/nbd0"
	check_ends "show nbd0: what lies on it" 0 'mount +/srv, by way of nbd0p3,volume$' --root "$TREE" show nbd0
}

# From any name, and only upwards.
holders_of_others() {
	local given
	for given in dm-2 vg-lv /dev/dm-2 /dev/mapper/vg-lv; do
		check_eq "holders $given: in use without a descriptor" "$(rows "$given" kind pid tid comm state sleeps-in what syscall via)" \
			"$(printf '%s\n' "swap - - - - - /dev/dm-2 - -" "aio 800 800 qemu-kvm D exit_aio 2 AIO requests in flight exiting -")"
	done
	check_eq "holders: outstanding" "$(<"$WORK/said")" \
		"nbddiag: dm-2 (vg-lv) has 2 requests outstanding; it is in use until they are answered or failed; see 'nbddiag why dm-2'"
	check_eq "holders mpatha: used by a map" "$(rows mpatha kind pid fd what via)" "$(
		cat <<-'END'
			process 700 5 mpatha -
			swap - - /dev/dm-2 vg-lv
			holder - - vg-lv -
			aio 800 - 2 AIO requests in flight vg-lv
		END
	)"
	check_eq "holders sda: a path" "$(rows sda kind pid what via | head -n 2)" \
		"$(printf '%s\n' "process 700 mpatha mpatha" "swap - /dev/dm-2 mpatha,vg-lv")"
	for given in /srv /srv/ /dev/mapper/volume; do
		check_eq "holders $given" "$(rows "$given" kind pid what via | xargs)" \
			"process 710 volume - process 720 inner loop0,inner mount - /srv - holder - loop0 - holder - inner loop0"
	done
	check_eq "holders nbd0p3" "$(rows nbd0p3 kind what via | grep volume)" "$(printf '%s\n' "process volume volume" \
		"process inner volume,loop0,inner" "mount /srv volume" "holder loop0 volume" "holder inner volume,loop0" "holder volume -")"
	check_ends "holders dm-4: nobody" 0 'no holder of dm-4 was found; how often it is open is known of nbd devices only' \
		--root "$TREE" holders dm-4
}

# A ring whose owner is not found, and requests without an owner.
holders_by_requests() {
	stacks_io | sed -E '/asked=dm-2/s/who=aio aio_pid=800 aio_context=0x7f1000000000/who=io-uring aio_pid=- aio_context=-/' >"$io"
	stacks_aio | sed -e 's/^waiters: 1/waiters: 0/; /^waiter: /d' -e 's/^\(context\|owed\): pid=800/\1: pid=-/' >"$aio"
	check_eq "holders vg-lv: nobody was found" "$(rows vg-lv kind pid state what)" "$(
		cat <<-'END'
			swap - - /dev/dm-2
			aio - - 2 AIO requests in flight
			io-uring - - 2 io_uring requests in flight
		END
	)"
	check_ends "why vg-lv: an io_uring" 0 '^An io_uring has 2 io_uring requests in flight on dm-2 \(vg-lv\): until they are done it is in use\.$' \
		--root "$TREE" why vg-lv
	check_ends "why vg-lv: AIO of nobody" 0 '^Somebody has 2 AIO requests in flight on dm-2' --root "$TREE" why vg-lv
	# Who has closed a device keeps it by his requests.
	stacks_aio >"$aio"
	: >"$TREE/proc/700/task/700/fd.rdev"
	check_eq "holders mpatha: closed, and not done" "$(rows mpatha kind pid what | grep 700)" "aio 700 5 AIO requests in flight"
	echo '5 253:1 0140002 /dev/dm-1' >"$TREE/proc/700/task/700/fd.rdev"
	# That counts as an open of an nbd device, if the device was asked and not a file on it.
	stacks_aio | sed '/pid=800/s/asked=dm-2/asked=nbd0/' >"$aio"
	sed -i 's/^openers: 5/openers: 6/' "$TREE/$DEBUGFS/nbd0"
	check_ends "holders nbd0: an open by requests" 0 '^aio +800 +800 qemu-kvm' --root "$TREE" holders nbd0
	sed -i '/pid=800/s/asked=nbd0 fs=-/asked=nbd0 fs="ext4"/' "$aio"
	check_ends "holders nbd0: requests of a file" 1 '1 more opens of nbd0' --root "$TREE" holders nbd0
	sed -i 's/^openers: 6/openers: 5/' "$TREE/$DEBUGFS/nbd0"
	head -n 12 "$aio" >"$aio.new"
	mv "$aio.new" "$aio"
	check_ends "holders: a broken file" 1 'the file aio cannot be read or understood; what is in flight was not looked at' --root "$TREE" holders mpatha
	stacks_aio >"$aio"
	stacks_io >"$io"
}

# usage: why_says WHAT ARGUMENT... -- LINE...   (each line is one of the output)
why_says() {
	local what=$1 arguments=() line
	shift
	while [ "$1" != -- ]; do
		arguments+=("$1")
		shift
	done
	shift
	run_reader --root "$TREE" why "${arguments[@]}"
	check_eq "why ${arguments[*]}: status" "$STATUS $ERR" "0 "
	for line; do
		check "why ${arguments[*]}: $what: $line" grep -qxF -- "$line" <<<"$OUT"
	done
}

why_without_path() {
	local no_path='it has no path left (sda failed, sdb failed)'
	why_says "the map" mpatha -- "dm-1 is the multipath map mpatha." "dm-1 has 7 requests outstanding, the oldest for 3h 12m." \
		"No path of it works (sda failed, sdb failed): its requests wait until one does." \
		"Who waits for its requests: fio[700] by AIO (5), qemu-kvm[800] by AIO (2)." "It owes 2 of them itself, asked of dm-2 (vg-lv)." \
		"It lies on sda and sdb." "dm-1 (mpatha) is open in fio[700], descriptor 5." "fio[700] waits for 5 AIO requests." \
		"dm-1 (mpatha) owes 5 of them: $no_path." "dm-1 (mpatha) is part of the device dm-2 (vg-lv)." \
		"qemu-kvm[800] has 2 AIO requests in flight on dm-2 (vg-lv): until they are done it is in use."
	check_eq "why mpatha: what helps" "$(grep -c "dmsetup message mpatha 0 fail_if_no_path.* LOST" <<<"$OUT")" 1
	check_eq "why mpatha: once" "$(grep -c '^dm-1 is the multipath map' <<<"$OUT")" 1
	why_says "down to the map" vg-lv -- "dm-2 is the logical volume vg-lv." "dm-1 (mpatha) owes 2 of them, asked of dm-2 (vg-lv): $no_path." \
		"dm-1 is the multipath map mpatha." "It lies on dm-1 (mpatha)." "dm-2 (vg-lv) is used for swap."
	why_says "a live process" --pid 700 -- "No thread of process 700 is in D." "dm-1 (mpatha) owes 5 of them: $no_path." \
		"dm-1 is the multipath map mpatha."
	check_eq "why --pid 700: it cannot go on" "$(grep -c 'can go on' <<<"$OUT")" 0
	why_says "a killed process" --pid 800 -- "qemu-kvm[800] is in state D, it is ending, and sleeps in exit_aio." \
		"dm-1 (mpatha) owes 2 of them, asked of dm-2 (vg-lv): $no_path."
	why_says "a path" sda -- "sda is a path of dm-1 (mpatha): it failed." "sda has nothing outstanding." \
		"sda is part of the device dm-1 (mpatha)." "dm-1 (mpatha) owes 5 of them: $no_path."
}

# From what is mounted down to the server, and up to who uses it.
why_stacked() {
	local given
	for given in /srv dm-0 volume; do
		why_says "down and up" $given -- "dm-0 is the device-mapper device volume." "dm-0 has 2 requests outstanding, the oldest for 1m 30s." \
			"nbd0 owes 1 of them, asked of dm-3 (inner) by way of loop0, dm-0 (volume)." "nbd0 owes 1 of them, asked of dm-0 (volume)." \
			"Who waits for its requests: whoever wants these pages (1), dd[710] (1)." "It lies on nbd0p3." \
			"nbd0 is connected (receivers-running): it can't be attached: it is in use." "dm-0 (volume) is open in dd[710], descriptor 0." \
			"dm-0 (volume) is mounted on /srv." "The loop device loop0 lies on dm-0 (volume)." "loop0 is part of the device dm-3 (inner)."
	done
	why_says "down through a file" inner -- "dm-3 is the encrypted device inner." \
		"loop0 is a loop device on /srv/disk.img, a file of the filesystem on dm-0 (volume)." "It lies on nbd0p3." \
		"nbd0 is connected (receivers-running): it can't be attached: it is in use." "dm-3 (inner) is open in app[720], descriptor 7."
	why_says "a partition" nbd0p3 -- "nbd0p3 is a partition of nbd0." "dm-0 (volume) is mounted on /srv."
	why_says "nbd" nbd0 -- "Who waits for its requests: whoever wants these pages (1), dd[710] (1)." "dm-3 (inner) is open in app[720], descriptor 7." \
		"nbd0p3 is part of the device dm-0 (volume)." "dm-0 (volume) is mounted on /srv."
}

why_other_states() {
	why_says "a driver's own list" sdc -- "sdc has 2 requests outstanding." \
		"2 of them are in a private list of its driver, cbd, which has answered none while this was looked at. What that waits for only the driver knows: see the kernel's log."
	why_says "suspended" held -- "It is suspended: its requests wait until it is resumed (dmsetup resume held)." \
		"A limit of a cgroup (io.max) holds back 3 more."
	stacks_io | sed '/^disk: device=nbd0/s/state=-/state=removing/' >"$io"
	why_says "removed" nbd0p3 -- "It has left the system, and its removal waits for these requests."
	stacks_io | sed -E '/^(disk|request): device=dm-1/s/state=no-path/state=started/; s/valid_paths=0/valid_paths=1/' >"$io"
	why_says "not answered" mpatha -- "It owes 5 of them itself: its driver has them, and has not answered."
	rm "$io"
	why_says "an older module" mpatha -- \
		"What dm-1 has outstanding is not known: the module has no file io, or it cannot be understood." "dm-1 (mpatha) is open in fio[700], descriptor 5."
	stacks_io >"$io"
}

# A large request may rest in parts, at several devices, and be asked of a file.
why_split() {
	stacks_aio | sed -E '/^owed: pid=700/s/ device=dm-1 (.*) asked=dm-1 fs=- via=- state=no-path/ device=nbd0 \1 asked=dm-0 fs="ext4" via=- state=started/; s/inflight=5 (.*) owed=5/inflight=2 \1 owed=2/' >"$aio"
	why_says "in parts" --pid 700 -- 'nbd0 owes 5 parts of them, asked of a file of the ext4 filesystem on dm-0 (volume).'
	stacks_aio >"$aio"
}

no_such() {
	local name
	for name in sdz dm-99 nosuchmap /nowhere /dev/mapper/nosuchmap /dev/sdz nbd0p9 nbd0/../nbd0 $'\e[31mnbd0\n' "$(printf 'x%.0s' {1..5000})"; do
		check_ends "holders: there is none" 66 "there is no block device, map or mount point" --root "$TREE" holders "$name"
		check_ends "why: there is none" 66 "there is no block device, map or mount point" --root "$TREE" why "$name"
	done
}

# The same is read from a capture of it; and of devices that have nothing to do with it there is nothing.
captured() {
	local host=$TREE command words copy=$WORK/captured
	put_disk sdq 65:0
	put_map dm-9 253:9 secret-map secret-uuid
	put_on dm-9 sda
	put_disk loop5 7:5
	mkdir "$TREE/sys/block/loop5/loop"
	echo /home/secret-image >"$TREE/sys/block/loop5/loop/backing_file"
	check "capture" "$NBDDIAG" --root "$host" capture "$WORK/stacks.tar"
	mkdir "$copy"
	check "capture: unpack" tar -xf "$WORK/stacks.tar" -C "$copy"
	check_eq "capture: nothing else" "$(grep -rl secret "$copy"; find "$copy/sys/block" -name 'sdq' -o -name 'dm-9' -o -name loop5)" ""
	for command in io "io --full" aio "holders nbd0" "holders mpatha" "holders vg-lv" "holders /srv" "why nbd0" "why mpatha" \
		"why vg-lv" "why /srv" "why inner" "why sda" "why --pid 700" "why --pid 800"; do
		read -ra words <<<"$command"
		case $command in *sda | *mpatha) rm -rf "$host/sys/block/sda/holders/dm-9" ;; esac
		run_reader --root "$host" "${words[@]}"
		check_eq "captured: $command" "$("$NBDDIAG" --root "$copy" "${words[@]}" 2>&1)" "$(cat "$WORK/out" "$WORK/err")"
	done
}

holders_up
holders_of_others
holders_by_requests
why_without_path
why_stacked
why_other_states
why_split
no_such
captured
