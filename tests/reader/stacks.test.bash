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
	json_of holders "$device" --output +DEVICE,PATH,MOUNTS 2>"$WORK/said" |
		jq -r ".holders[] | [${list%,}] | map(if type == \"array\" then map(tostring) | join(\",\") else . // \"-\" | tostring end) | join(\" \")"
	sed -i '/^nbddiag: this is a capture of /d' "$WORK/said"
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
		check_eq "holders $given: in use without a descriptor" "$(rows "$given" kind pid tid comm state sleeps_in what syscall via)" \
			"$(printf '%s\n' "swap - - - - - /dev/dm-2 - -" "aio 800 800 qemu-kvm D exit_aio 2 AIO requests in flight exiting -")"
	done
	check_eq "holders: outstanding" "$(<"$WORK/said")" \
		"nbddiag: dm-2 (vg-lv) has 2 requests outstanding. It is in use until they are answered or failed. 'nbddiag why dm-2' says more"
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
	check_ends "holders dm-4: nobody" 0 'no holder of dm-4 was found. How often it is open is known of nbd devices only' \
		--root "$TREE" holders dm-4
}

# A ring whose owner is not found, and requests without an owner.
holders_by_requests() {
	stacks_io | sed -E '/asked=dm-2/s/who=aio aio_pid=800 aio_context=0x7f1000000000/who=io-uring aio_pid=- aio_context=-/' >"$io"
	stacks_aio | sed -e 's/^waiters: 1/waiters: 0/; /^waiter: /d' -e 's/^\(context\|owed\): pid=800/\1: pid=-/' >"$aio"
	# The file uring has rings, if it is there.
	rm "$TREE/$DEBUGFS/uring"
	check_eq "holders vg-lv: nobody was found" "$(rows vg-lv kind pid state what)" "$(
		cat <<-'END'
			swap - - /dev/dm-2
			aio - - 2 AIO requests in flight
			io-uring - - 2 io_uring requests in flight
		END
	)"
	check_ends "why vg-lv: an io_uring" 3 '^An io_uring has 2 io_uring requests in flight on dm-2 \(vg-lv\): until they are done it is in use\.$' \
		--root "$TREE" why vg-lv
	check_ends "why vg-lv: AIO of nobody" 3 '^Somebody has 2 AIO requests in flight on dm-2' --root "$TREE" why vg-lv
	with_io
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
	check_ends "holders: a broken file" 1 'the file aio cannot be read or understood, so that what is in flight was not looked at' --root "$TREE" holders mpatha
	stacks_aio >"$aio"
	stacks_io >"$io"
}

why_without_path() {
	local no_path='it has no path left (sda failed, sdb failed)'
	why_says "the map" mpatha -- "dm-1 is the multipath map mpatha." "dm-1 has 7 requests outstanding, the oldest for 3h 12m." \
		"No path of it works (sda failed, sdb failed): its requests wait until one does." \
		"Who waits for its requests: fio[700] by AIO (5), qemu-kvm[800] by AIO (2)." "It owes 2 of them itself, asked of dm-2 (vg-lv)." \
		"It lies on sda and sdb." "dm-1 (mpatha) is open in fio[700], descriptor 5." "fio[700] waits for 5 AIO requests." \
		"dm-1 (mpatha) owes 5 of them: $no_path." "dm-1 (mpatha) is part of the device dm-2 (vg-lv)." \
		"qemu-kvm[800] has 2 AIO requests in flight on dm-2 (vg-lv): until they are done it is in use."
	check_eq "why mpatha: what helps, and what that costs" "$(grep -E '^(What helps|   Cost): ' <<<"$OUT")" "$(
		cat <<-'END'
			What helps: bring a path back. See 'multipathd show paths', and the way to the storage.
			   Cost: none: the requests that wait are carried out.
			What helps: fail what waits: run 'dmsetup message mpatha 0 fail_if_no_path'.
			   Cost: whoever waits gets I/O errors. What was to be written is LOST.
		END
	)"
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
			"nbd0 is connected (receivers-running). It can't be attached: it is in use." "dm-0 (volume) is open in dd[710], descriptor 0." \
			"dm-0 (volume) is mounted on /srv." "The loop device loop0 lies on dm-0 (volume)." "loop0 is part of the device dm-3 (inner)."
	done
	why_says "down through a file" inner -- "dm-3 is the encrypted device inner." \
		"loop0 is a loop device on /srv/disk.img, a file of the filesystem on dm-0 (volume)." "It lies on nbd0p3." \
		"nbd0 is connected (receivers-running). It can't be attached: it is in use." "dm-3 (inner) is open in app[720], descriptor 7."
	why_says "a partition" nbd0p3 -- "nbd0p3 is a partition of nbd0." "dm-0 (volume) is mounted on /srv."
	why_says "nbd" nbd0 -- "Who waits for its requests: whoever wants these pages (1), dd[710] (1)." "dm-3 (inner) is open in app[720], descriptor 7." \
		"nbd0p3 is part of the device dm-0 (volume)." "dm-0 (volume) is mounted on /srv."
}

why_other_states() {
	why_says "a driver's own list" sdc -- "sdc has 2 requests outstanding." \
		"2 of them are in a private list of its driver, cbd, which has answered none while this was looked at. What that waits for only the driver knows: see the kernel's log." \
		"What frees it is not known."
	why_says "suspended" held -- "It is suspended: its requests wait until it is resumed." \
		"What helps: resume it: run 'dmsetup resume held'." "   Cost: whoever suspended it, to change it, is disturbed: what is just being moved or saved can be wrong then. It hangs while a 'dmsetup suspend' waits for requests of the map." \
		"dm-4 has nothing outstanding." "Limits of cgroups (io.max) hold back 3 requests that have not reached it."
	stacks_io | sed '/^disk: device=dm-1/s/state=no-path/state=suspended/' >"$io"
	why_says "suspended, and without a path" mpatha -- "It is suspended: its requests wait until it is resumed." \
		"What helps: resume it: run 'dmsetup resume mpatha'." "What helps: fail what waits: run 'dmsetup message mpatha 0 fail_if_no_path'." \
		"No path of it works (sda failed, sdb failed): its requests wait until one does."
	stacks_io | sed '/^disk: device=nbd0/s/state=-/state=removing/' >"$io"
	why_says "removed" nbd0p3 -- "It has left the system, and its removal waits for these requests."
	stacks_io | sed -E '/^(disk|request): device=dm-1/s/state=no-path/state=started/; s/valid_paths=0/valid_paths=1/' >"$io"
	why_says "not answered" mpatha -- "It owes 5 of them itself: its driver has them, and has not answered." \
		"What frees it is not known."
	stacks_io | sed -E '/^(disk|request): device=dm-1/s/state=no-path/state=started/; s/valid_paths=0/valid_paths=1/; s/( age_ns)=[0-9]+/\1=1000000/' >"$io"
	why_says "answered soon" mpatha -- "It owes 5 of them itself: its driver has them, and has not answered."
	check_eq "why mpatha: answered soon: nothing is to be freed" "$(grep -c 'What frees\|What helps' <<<"$OUT")" 0
	stacks_io >"$io"
	why_says "a map on nbd" volume -- "It lies on nbd0p3."
	check_eq "why volume: it is not to be freed, but what is below" "$(grep -c '^What frees it is not known' <<<"$OUT")" 0
	rm "$io"
	WANT=3 why_says "an older module" mpatha -- \
		"What dm-1 has outstanding is not known: the module has no file io, or it cannot be understood." "dm-1 (mpatha) is open in fio[700], descriptor 5."
	stacks_io >"$io"
}

# A line of a request that is not submitted yet. usage: submitting WAITS-FOR [ASKED]
submitting() {
	local unknown='-(submitting)'
	echo "request: device=nbd0 dev=43:0 asked=${2:-$unknown} fs=${2:+-}${2:-$unknown} via=$unknown op=$unknown sector=$unknown bytes=$unknown age_ns=-(not-recorded) state=submitting who=task aio_pid=- aio_context=- tid=710 tgid=710 comm=\"dd\" end_io=- waits_for=$1" |
		sed 's/fs=-dm-0/fs=-/; s/fs=-(submitting)-(submitting)/fs=-(submitting)/'
}

# Requests at one device that are not all in the same state; what is not submitted has no op, no place, no age.
why_in_parts_of_a_queue() {
	{
		stacks_io | sed 's/shown=9/shown=14/; s/^\(disk: device=nbd0 .*\)submitting=0/\1submitting=5/; /^request: device=nbd0 .* who=task/s/state=started/state=queued/'
		submitting tag
		submitting tag
		submitting writeback-limit dm-0
		submitting unfreeze
		submitting -
	} >"$io"
	why_says "queued, and submitting" dm-0 -- "nbd0 owes 1 of them, asked of dm-3 (inner) by way of loop0, dm-0 (volume)." \
		"nbd0 owes 1 of them, asked of dm-0 (volume), and has not been sent it yet." \
		"nbd0 owes 1 of them, asked of dm-0 (volume), which is not submitted yet: it has as much writeback as is allowed."
	check_ends "io: what is not submitted" 0 '^nbd0 .* write:1 read:1 \?:5 +dm-3\(inner\):1 dm-0\(volume\):2 \?:4 +nbd0:7 +page-cache:1 dd\[710\]:6 ' --root "$TREE" io
	check_eq "io --full: what is not submitted" "$(json_of io --full --output DEVICE,STATE,OP,SECTOR,BYTES,OLDEST,SUBMITTING,WAITS-FOR |
		jq -c '.io[] | select(.device == "nbd0") | [.submitting, (.children[] | select(.state == "submitting") | [.op, .sector, .bytes, .oldest, ."waits_for"])]')" \
		'[5,[null,null,null,null,"tag"],[null,null,null,null,"tag"],[null,null,null,null,"writeback-limit"],[null,null,null,null,"unfreeze"],[null,null,null,null,null]]'
	sed 's/nbd0/sdc/g; s/dev=43:0/dev=8:32/' "$io" >"$io.new"
	mv "$io.new" "$io"
	why_says "queued, and submitting" sdc -- "It owes 2 of them itself, which are not submitted yet: all of its tags are taken." \
		"It has yet to be given 1 request, which is not submitted yet: its queue is frozen." \
		"5 tasks wait until they can submit a request to it." "It owes 1 of them itself, which is not submitted yet."
	stacks_io | sed '/^disk: device=dm-1/s/throttled=0/throttled=2/; /^request: device=dm-1 .*asked=dm-2/s/state=no-path/state=throttled/' >"$io"
	why_says "throttled" mpatha -- "It has yet to be given 2 requests, asked of dm-2 (vg-lv)." \
		"Limits of cgroups (io.max) hold back 2 requests that have not reached it."
	why_says "throttled" vg-lv -- "dm-1 (mpatha) owes 2 of them, asked of dm-2 (vg-lv): limits of a cgroup (io.max) hold them back."
	stacks_io >"$io"
}

# Not each request can be followed through each device: the way down goes on where nothing is known to be outstanding.
why_through_silence() {
	put_disk md0 9:0
	mkdir "$TREE/sys/block/md0/md"
	echo raid1 >"$TREE/sys/block/md0/md/level"
	put_disk sdd 8:48
	put_on md0 sdd nbd0/nbd0p1
	put_map dm-5 253:5 top ''
	put_on dm-5 md0
	why_says "an array" top -- "dm-5 is the device-mapper device top." "dm-5 has nothing outstanding." "It lies on md0." \
		"md0 is an md array, raid1." "It lies on nbd0p1 and sdd." \
		"nbd0 is connected (receivers-running). It can't be attached: it is in use." "Who waits for its requests: whoever wants these pages (1), dd[710] (1)."
	check_eq "why top: nothing of a disk that is well" "$(grep -c '^sdd' <<<"$OUT")" 0
	why_says "up from an array's disk" sdd -- "sdd is part of the device md0." "md0 is part of the device dm-5 (top)."
	check_eq "holders sdd: an array" "$(rows sdd kind what via)" "$(printf '%s\n' "holder top md0" "holder md0 -")"
	check_eq "holders nbd0: an array" "$(rows nbd0 kind what via | grep top)" "holder top nbd0p1,md0"
	# An array that owes, by way of a path of it.
	{
		stacks_io | sed 's/outstanding=8/outstanding=10/; s/shown=9/shown=10/; /^path: /,$d'
		echo "disk: device=md0 dev=9:0 driver=md_mod kind=bio found=1 accounted=1 throttled=0 oldest_age_ns=-(not-recorded) state=- valid_paths=- throttled_found=0 submitting=0"
		echo "disk: device=sdd dev=8:48 driver=sd_mod kind=blk-mq found=1 accounted=1 throttled=0 oldest_age_ns=99000000000 state=- valid_paths=- throttled_found=0 submitting=0"
		stacks_io | sed -n '/^path: /,$p'
		echo 'request: device=sdd dev=8:48 asked=dm-5 fs="ext4" via=md0 op=write sector=8 bytes=4096 age_ns=99000000000 state=started who=task aio_pid=- aio_context=- tid=720 tgid=720 comm="app" end_io=iomap_dio_bio_end_io waits_for=-'
	} >"$io"
	why_says "through an array" top -- "md0 is an md array, raid1." "md0 has 1 request outstanding, the oldest for 1m 39s." \
		"sdd owes it, asked of a file of the ext4 filesystem on dm-5 (top) by way of md0." \
		"It owes that request itself, asked of a file of the ext4 filesystem on dm-5 (top) by way of md0: its driver has it, and has not answered."
	stacks_io >"$io"
	# Where no request at all could be followed, as without the file io.
	rm "$io"
	WANT=3 why_says "through a file, of an older module" inner -- "loop0 is a loop device on /srv/disk.img, a file of the filesystem on dm-0 (volume)." \
		"dm-0 is the device-mapper device volume." "It lies on nbd0p3." "nbd0 is connected (receivers-running). It can't be attached: it is in use."
	stacks_io >"$io"
	rm -r "$TREE/sys/block/"{md0,sdd,dm-5} "$TREE/sys/block/nbd0/nbd0p1/holders/md0"
}

# A disk that was removed has left sysfs; its removal waits for its requests, and who has it open still has.
why_removed() {
	local given line
	line='disk: device=sdr dev=65:16 driver=sd_mod kind=blk-mq found=2 accounted=2 throttled=0 oldest_age_ns=99000000000 state=removing valid_paths=- throttled_found=0 submitting=0'
	stacks_io | sed "s/outstanding=8/outstanding=9/; 0,/^disk: /s//$line\n&/; s/^\(request: .*\)device=nbd0 dev=43:0 \(.*\)who=task/\1device=sdr dev=65:16 \2who=task/; s/asked=dm-0 fs=- via=- op=read/asked=sdr fs=- via=- op=read/" >"$io"
	sed -i 's/^0 253:0 .*/0 65:16 0140000 \/dev\/sdr/' "$TREE/proc/710/task/710/fd.rdev"
	for given in sdr /dev/sdr; do
		why_says "removed" $given -- "sdr has 2 requests outstanding, the oldest for 1m 39s." \
			"It has left the system, and its removal waits for these requests." "Who waits for its requests: dd[710] (1)." \
			"It owes 1 of them itself: its driver has it, and has not answered." "sdr is open in dd[710], descriptor 0."
		check_eq "holders $given: removed" "$(rows "$given" kind pid fd what)" "process 710 0 sdr"
		check_eq "holders $given: what it says" "$(<"$WORK/said")" \
			"nbddiag: sdr has 2 requests outstanding. It is in use until they are answered or failed. 'nbddiag why sdr' says more"
	done
	check_ends "why sds: neither here nor removed" 66 "there is no block device" --root "$TREE" why sds
	# An nbd device has no file any more.
	sed 's/sdr/nbd7/g; s/65:16/43:112/g; s/driver=sd_mod/driver=nbd/' "$io" >"$io.new"
	mv "$io.new" "$io"
	for given in nbd7 /dev/nbd7 7; do
		why_says "removed" $given -- "nbd7 has 2 requests outstanding, the oldest for 1m 39s." \
			"It has left the system, and its removal waits for these requests." "Who waits for its requests: dd[710] (1)."
		check_ends "holders $given: removed" 0 'nbd7 has 2 requests outstanding' --root "$TREE" holders "$given"
	done
	echo '0 253:0 0140000 /dev/dm-0' >"$TREE/proc/710/task/710/fd.rdev"
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
		check_ends "holders: there is none" 66 "there is no block device, map or mount point of this mount namespace" --root "$TREE" holders "$name"
		check_ends "why: there is none" 66 "there is no block device, map, mount point or socket" --root "$TREE" why "$name"
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
	check "capture: unpack" tar -xf "$WORK/stacks.tar" -C "$copy" --strip-components=1
	check_eq "capture: nothing else" "$(grep -rl secret "$copy"; find "$copy/sys/block" -name 'sdq' -o -name 'dm-9' -o -name loop5)" ""
	for command in io "io --full" aio "holders nbd0" "holders mpatha" "holders vg-lv" "holders /srv" why "why nbd0" "why mpatha" \
		"why vg-lv" "why /srv" "why inner" "why sda" "why --pid 700" "why --pid 800"; do
		read -ra words <<<"$command"
		case $command in *sda | *mpatha) rm -rf "$host/sys/block/sda/holders/dm-9" ;; esac
		run_reader --root "$host" "${words[@]}"
		check_eq "captured: $command" "$("$NBDDIAG" --root "$copy" "${words[@]}" 2>&1 | grep -v 'this is a capture of ')" "$(cat "$WORK/out" "$WORK/err")"
	done
}

holders_up
holders_of_others
holders_by_requests
why_without_path
why_stacked
why_other_states
why_in_parts_of_a_queue
why_through_silence
why_removed
why_split
no_such
captured
