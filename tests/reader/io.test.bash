# shellcheck shell=bash disable=SC2153
# "nbddiag io", and what "nbddiag aio" says of devices that are not nbd.

# shellcheck source=tests/reader/stacks.bash
. "$HERE/stacks.bash"

make_stacks
io=$TREE/$DEBUGFS/io
all_columns=$("$NBDDIAG" io --list-columns | awk '{ print $1 }' | paste -sd,)

# Cells of the rows that jq chooses, a line each. usage: cells FILTER COLUMN...
cells() {
	local filter=$1 list cell
	shift
	list=$(printf '."%s",' "$@")
	cell='def cell: if type == "array" then map(cell) | join(",")
		elif type != "object" then . // "-" | tostring
		elif has("state") then "\(.device // "removed") \(.state)"
		else "\(.name // "?"):\(.requests)" end; '
	json_of io --full --output "$all_columns" 2>/dev/null |
		jq -r "${cell}[.io[] | ., .children[]?] | .[] | select($filter) | [${list%,}] | map(cell) | join(\" \")"
}

whole_table() {
	check_ends "io" 0 '^dm-1 ' --root "$TREE" io
	check_eq "io: the table" "$(sed 's/ *$//' "$WORK/out")" "$(
		cat <<-'END'
			DEVICE NAME   DRIVER STATE          FOUND ACCOUNTED OLDEST OP             ASKED                        RESTS-AT       WHO                        PATHS
			dm-1   mpatha dm_mod no-path            7         7 3h 12m read:5 write:2 dm-1(mpatha):5 dm-2(vg-lv):2 dm-1(mpatha):7 fio[700]:5 qemu-kvm[800]:2 sda failed, sdb failed
			dm-2   vg-lv  dm_mod                    2         2 1h 40m write:2        dm-2(vg-lv):2                dm-1(mpatha):2 qemu-kvm[800]:2
			nbd0          nbd                       2         2 1m 30s write:1 read:1 dm-3(inner):1 dm-0(volume):1 nbd0:2         page-cache:1 dd[710]:1
			dm-0   volume dm_mod                    2         2 1m 30s write:1 read:1 dm-3(inner):1 dm-0(volume):1 nbd0:2         page-cache:1 dd[710]:1
			dm-3   inner  dm_mod                    1         1 1m 30s write:1        dm-3(inner):1                nbd0:1         page-cache:1
			loop0         loop                      1         1 1m 30s write:1        dm-3(inner):1                nbd0:1         page-cache:1
			sdc           cbd    held-by-driver     0         2
			dm-4   held   dm_mod suspended          0         0
		END
	)"
	check_eq "io: no message" "$ERR" ""
}

# As programs read it.
json() {
	run_reader --root "$TREE" io --json
	check_eq "io: JSON" "$(jq -c '.io[0]' "$WORK/out")" \
		'{"device":"dm-1","name":"mpatha","driver":"dm_mod","state":"no-path","found":7,"accounted":7,"oldest":11524000000000,"op":[{"name":"read","requests":5,"certain":true,"others":false},{"name":"write","requests":2,"certain":true,"others":false}],"asked":[{"name":"dm-1","requests":5,"certain":true,"others":false},{"name":"dm-2","requests":2,"certain":true,"others":false}],"rests_at":[{"name":"dm-1","requests":7,"certain":true,"others":false}],"who":[{"name":"fio[700]","requests":5,"certain":true,"others":false},{"name":"qemu-kvm[800]","requests":2,"certain":true,"others":false}],"paths":[{"map":"dm-1","device":"sda","state":"failed"},{"map":"dm-1","device":"sdb","state":"failed"}]}'
	check_eq "io: what is not known" "$(jq -c '[.io[] | select(.device == "sdc") | .oldest, .who, .paths, .name]' "$WORK/out")" \
		'[null,null,null,null]'
	check_eq "io: the numbers" "$(cells '.device == "dm-4" or .device == "sdc"' device found accounted throttled valid_paths)" \
		"$(printf '%s\n' "sdc 0 2 0 -" "dm-4 0 0 3 -")"
}

full() {
	check_eq "io --full: requests" "$(cells '.end_io' device op sector bytes via who oldest | tail -n 3)" "$(
		cat <<-'END'
			dm-1 write:1 16 65536 - qemu-kvm[800]:1 6003000000000
			nbd0 write:1 8 4096 loop0,dm-0 page-cache:1 90000000000
			nbd0 read:1 0 4096 - dd[710]:1 80000000000
		END
	)"
	check_eq "io --full: each once" "$(cells '.end_io' device | sort | uniq -c | xargs)" "7 dm-1 2 nbd0"
}

# What is held up comes before what is only busy, whatever its age. usage: order_is WHAT DEVICE...
order_is() {
	check_eq "io: the order: $1" "$("$NBDDIAG" --root "$TREE" io --noheadings --output DEVICE | xargs)" "${*:2}"
}

order() {
	stacks_io | sed -E 's/age_ns=(90000|80000)000000/age_ns=9000000/' >"$io"
	order_is "busy ones last" dm-1 dm-2 sdc dm-4 nbd0 dm-0 dm-3 loop0
	# Of two that are as old, first the one where they rest.
	stacks_io | sed '/^disk: device=nbd0 /{h;d};/^disk: device=dm-4 /{p;x}' >"$io"
	order_is "who owes first" dm-1 dm-2 nbd0 dm-0 dm-3 loop0 sdc dm-4
	stacks_io >"$io"
}

# Which paths failed, by how many work and how often each has failed. usage: paths_are VALID COUNT-A COUNT-B WANT
paths_are() {
	stacks_io | sed -E "s/(device=dm-1 .*) state=no-path valid_paths=0/\1 state=- valid_paths=$1/; s/(device=sda .*fail_count=).*/\1$2/; s/(device=sdb .*fail_count=).*/\1$3/" >"$io"
	check_eq "paths: $1 work, failed $2 and $3 times" "$(cells '.device == "dm-1" and .driver' paths driver)" "$4 dm_mod"
}

paths() {
	paths_are 0 1 3 "sda failed,sdb failed"
	paths_are 1 0 3 "sda works,sdb failed"
	paths_are 1 2 0 "sda failed,sdb works"
	paths_are 2 2 3 "sda works,sdb works"
	paths_are 1 2 3 "sda may have failed,sdb may have failed"
	paths_are 3 2 3 "sda may have failed,sdb may have failed"
	# Where the map says it of each path, nothing has to be concluded.
	stacks_io | sed -E 's/valid_paths=0/valid_paths=1/; /^path: .*device=sda /s/state=failed/state=active/; s/fail_count=./fail_count=2/' >"$io"
	check_eq "paths: as the map says" "$(cells '.device == "dm-1" and .driver' paths driver)" "sda works,sdb failed dm_mod"
	stacks_io | sed 's/^path: .*device=sda .*/path: map=dm-1 group=1 device=-(removing) dev=-(removing) fail_count=1 state=failed/' >"$io"
	check_eq "paths: one was removed" "$(cells '.device == "dm-1" and .driver' paths driver)" "removed failed,sdb failed dm_mod"
	check_ends "paths: one was removed: the table" 0 ' a device that was removed failed, sdb failed$' --root "$TREE" io
	stacks_io >"$io"
}

# What is not known, and what is not there.
incomplete() {
	stacks_io | sed 's/^complete: yes/complete: no/; s/^complete_reason: ok/complete_reason: changing/' >"$io"
	check_ends "io: incomplete" 1 'requests may be missing \(changing\)' --root "$TREE" io
	stacks_io | sed '/^disk: device=sdc/d' >"$io"
	check_ends "io: a disk is missing" 65 'io: it is cut off' --root "$TREE" io
	stacks_io | head -n -1 >"$io"
	check_ends "io: a request is missing" 65 'io: it is cut off' --root "$TREE" io
	printf 'format: 1\ncomplete: yes\ncomplete_reason: ok\ntook_ns: 1\ndisks: known=12 outstanding=0\nrequests: shown=0\n' >"$io"
	check_ends "io: nothing" 0 'no disk has anything outstanding \(disks: 12\)' --root "$TREE" io
	check_ends "io: nothing, as JSON" 0 '"io": *\[' --root "$TREE" io --json
	rm "$io"
	check_ends "io: no such file" 69 'io: no such file: is the module older' --root "$TREE" io
	check_ends "aio: without io" 0 ' dm-1\(mpatha\):5 ' --root "$TREE" aio
	stacks_io >"$io"
}

# A task that has gone, a process that was not found, a function that is not known.
strangers() {
	stacks_io | sed -E 's/aio_pid=700 /aio_pid=-(owner-not-found) /; s/aio_pid=800 /aio_pid=801 /; s/who=page-cache/who=-(other-function)/; s/tid=710 tgid=710 comm="dd"/tid=-(gone) tgid=-(gone) comm=-(gone)/' >"$io"
	check_eq "io: who was not found" "$(cells '.driver and .who' device who)" "$(
		cat <<-'END'
			dm-1 aio:5,[801]:2
			dm-2 [801]:2
			nbd0 ?:1,task:1
			dm-0 ?:1,task:1
			dm-3 ?:1
			loop0 ?:1
		END
	)"
	stacks_io >"$io"
}

aio_names() {
	check_ends "aio: names and paths" 0 '^800 +800 qemu-kvm .* dm-1\(mpatha\):2 +mpatha: sda failed, sdb failed +exit_aio' --root "$TREE" aio
	check_ends "aio: of a live process" 0 '^700 +fio .* dm-1\(mpatha\):5 +mpatha: sda failed, sdb failed' --root "$TREE" aio
	# Requests of a map that rest at a path of it.
	sed -i -E '/^owed: pid=700/s/device=dm-1 (.*)asked=dm-1/device=sdb \1asked=dm-1/; /^owed: pid=800/s/device=dm-1 (.*)via=-/device=sda \1via=dm-1/' "$TREE/$DEBUGFS/aio"
	check_ends "aio: at a path" 0 '^700 +fio .* sdb:5 +mpatha: sda failed, sdb failed' --root "$TREE" aio
	check_ends "aio: by way of a map" 0 '^800 +800 qemu-kvm .* sda:2 +mpatha: sda failed, sdb failed' --root "$TREE" aio
	stacks_aio >"$TREE/$DEBUGFS/aio"
	printf 'mp\033[2J "a"' >"$TREE/sys/block/dm-1/dm/name"
	check_ends "aio: a hostile name" 0 ' dm-1\(mp\\x1b\[2J \\"a\\"\):5 ' --root "$TREE" aio
	check_ends "io: a hostile name" 0 ' dm-1\(mp\\x1b\[2J \\"a\\"\):5 ' --root "$TREE" io
	echo mpatha >"$TREE/sys/block/dm-1/dm/name"
}

# What was found at no device is counted by the device that was asked; what is at more devices than have a place, too.
aio_unfound() {
	local unfound='unfound: pid=700 user_id=0x7f0000000000' i
	{
		stacks_aio | sed -E 's/^scan: quick/scan: deep/; s/^(context: pid=700 .*)inflight=5(.*)/\1inflight=9\2 unfound=4 missing=0/; s/^(context: pid=800 .*)/\1 unfound=0 missing=-(too-many-lines)/'
		echo "owed_by: pid=700 user_id=0x7f0000000000 requests=4 -(several-kinds)"
		echo "$unfound asked=sdc dev=8:32 fs=- op=read pos_bytes=0 direct=yes state=held-by-driver"
		echo "$unfound asked=dm-1 dev=253:1 fs=- op=-(submitting) pos_bytes=- direct=- state=submitting"
		echo "$unfound asked=dm-0 dev=253:0 fs=\"ext4\" op=fsync pos_bytes=- direct=- state=fsync"
		echo "$unfound asked=-(no-block-device) dev=- fs=- op=poll pos_bytes=- direct=- state=poll"
	} >"$TREE/$DEBUGFS/aio_scan"
	check_ends "aio --deep: unfound" 0 '^700 +fio .* dm-1\(mpatha\):5 dm-1\(mpatha\)\?:1 sdc\?:1 dm-0\(volume\)\?:1 +mpatha: sda failed' --root "$TREE" aio --deep
	check_eq "aio --deep: unfound: JSON" "$(json_of aio --deep 2>/dev/null | jq -c '[.aio[] | select(.pid == 700).owed_by[] | [.name, .requests, .certain]]')" \
		'[["dm-1",5,true],["dm-1",1,false],["sdc",1,false],["dm-0",1,false]]'
	check_eq "aio --deep --full: unfound, missing" "$(json_of aio --deep --full --output PID,UNFOUND,MISSING | jq -c '[.aio[].children[] | [.pid, .unfound, .missing]]')" \
		"[[800,0,null],[700,4,0]]"
	sed -i 's/^complete: yes/complete: no/; s/^complete_reason: ok/complete_reason: requests-changed/' "$TREE/$DEBUGFS/aio_scan"
	check_ends "aio --deep: incomplete" 0 'contexts or requests may be missing \(requests-changed\)$' --root "$TREE" aio --deep
	{
		stacks_aio
		for i in {1..18}; do
			echo "owed: pid=700 user_id=0x7f0000000000 device=sd${i}x op=read sector=0 bytes=4096 age_ns=1 asked=dm-1 fs=- via=- state=started waits_for=-"
		done
	} >"$TREE/$DEBUGFS/aio_scan"
	check_ends "aio: very many devices" 0 ' sd15x:1 others:3 ' --root "$TREE" aio --deep
	check_eq "aio: very many devices: JSON" "$(json_of aio --deep 2>/dev/null | jq -c '.aio[] | select(.pid == 700).owed_by[-1]')" \
		'{"name":null,"requests":3,"certain":true,"others":true}'
	rm "$TREE/$DEBUGFS/aio_scan"
}

# --watch prints again, what is there by then.
watching() {
	local pid
	"$NBDDIAG" --root "$TREE" io --watch 1 --noheadings --output DEVICE,STATE >"$WORK/watch" 2>&1 &
	pid=$!
	await 10 '^dm-1 *no-path' "$WORK/watch"
	stacks_io | sed '/^disk: device=dm-1/s/state=no-path/state=removing/' >"$io.new"
	mv "$io.new" "$io"
	await 10 '^dm-1 *removing' "$WORK/watch"
	kill "$pid"
	wait "$pid" 2>/dev/null
	check "io --watch: first" grep -q '^dm-1 *no-path' "$WORK/watch"
	check "io --watch: then" grep -q '^dm-1 *removing' "$WORK/watch"
	stacks_io >"$io"
}

# However it is cut off or spoilt, nothing crashes, and no cut file is taken for a whole one.
damaged() {
	local nr n words command
	nr=$(stacks_io | wc -l)
	for ((n = 0; n < nr; n += 4)); do
		stacks_io | head -n "$n" >"$io"
		check_ends "io: cut after line $n" 65 'io: it is (cut off|empty)' --root "$TREE" io
	done
	for n in {1..6}; do
		for command in io "io --full --json" aio "why mpatha" "holders mpatha"; do
			read -ra words <<<"$command"
			stacks_io | LC_ALL=C awk -v seed="$n" 'BEGIN { srand(seed); split("\"|\\|=|,|-|(|)|0|99999999999999999999|%s%n|p1|\033", spoil, "|") }
				{ for (i = 1; i <= length($0); i++) printf "%s", rand() < 0.01 ? spoil[int(rand() * 12) + 1] : substr($0, i, 1); print "" }' >"$io"
			run_reader --root "$TREE" "${words[@]}"
			check "$command: spoilt with seed $n" is_sane "$STATUS" "$WORK/out" "$WORK/err"
		done
	done
	stacks_io >"$io"
}

whole_table
json
full
order
paths
incomplete
strangers
aio_names
aio_unfound
watching
damaged
