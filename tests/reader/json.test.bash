# shellcheck shell=bash disable=SC2153
# JSON: one object of the schema from each command, also if it fails; what is not known is null, with its reason.

# shellcheck source=tests/reader/stacks.bash
. "$HERE/stacks.bash"

SCHEMA=$TOP/userspace/nbddiag.schema.json

# Of an object that a command has printed. usage: says TEXT FILTER WANT ARGUMENT...
says() {
	local text=$1 filter=$2 want=$3 why
	shift 3
	run_reader --root "$TREE" "$@"
	why=$(is_json_right "$WORK/out" "$@") || { fail "JSON: $text" "$why"; return; }
	check_eq "JSON: $text" "$(jq -c "$filter" <<<"$OUT")" "$want"
}

each_command() {
	local tree command words
	for tree in "$TREES"/{healthy,incident1,incident2,incident3} "$TOP"/tests/docs/captures/*; do
		for command in "list --all --output-all" "list nbd0" "show nbd0" "show nbd101" "holders nbd0 -O" "holders nbd101" \
			"aio --full -O" "why nbd0" "why nbd101" "why --pid 454" "why --pid 1" "check nbd0" "check nbd0 nbd1 nbd101" \
			"check --all" "io --full -O" "tasks -O" "uring --full -O" "list --peer x" "list --sort OLDEST" "why"; do
			read -ra words <<<"$command"
			run_reader --root "$tree" "${words[@]}" --json
			check "JSON: ${tree##*/}: $command" is_json_right "$WORK/out" --json
			check_eq "JSON: ${tree##*/}: $command: status" "$(jq .status <<<"$OUT")" "$STATUS"
		done
	done
}

# Whatever fails.
failures() {
	local command words
	TREE=$TREES/incident2
	for command in "list nope" "list --nope" "list -o NOPE" "nope" "show" "show nbd99" "check" "check nbd99" "why nbd99" \
		"why --pid 999999" "holders nope" "clean nbd1" "aio --pid x" "list --raw" "--root $WORK/nowhere list" "list --sort NOPE"; do
		read -ra words <<<"$command"
		run_reader --root "$TREE" "${words[@]}" --json
		check "JSON: failed: $command" is_json_right "$WORK/out" --json
		check_eq "JSON: failed: $command: status" "$(jq -c '[.status, .complete]' <<<"$OUT")" "[$STATUS,false]"
	done
	run_reader --root "$TREE" -J show nbd99
	check_eq "JSON: failed: the message" "$(jq -c .error <<<"$OUT")" '{"status":66,"message":"there is no nbd99, but there are nbd0 nbd101"}'
	check_eq "JSON: failed: of which capture" "$(jq -c .capture.kernel <<<"$OUT")" '"6.12.107+deb13-amd64"'
	copy_tree incident2
	rm "$TREE/$DEBUGFS/aio"
	says "a file that is not there" '[.command, .error.status]' '["aio",69]' aio --json
	copy_tree incident2
	sed -i '/^socket: /d' "$TREE/$DEBUGFS/nbd101"
	says "a file that is cut off" '[.command, .error.status]' '["show",65]' show nbd101 --json
	says "one bad file of a list" '[.status, .complete, (.devices | length)]' '[65,false,1]' list --json
	says "one bad file of several" '[.status, .complete, [.devices[].verdict]]' '[3,false,["free","unknown"]]' check --all --json
}

not_known() {
	copy_tree incident1
	sed -i -e 's/^openers: .*/openers: -(unproved)/' -e 's/^peers_agree: .*/peers_agree: -(unproved)/' "$TREE/$DEBUGFS/nbd101"
	says "list: not known" '.devices[0] | [.openers, .openers_unknown, .peers_agree, .peers_agree_unknown]' \
		'[null,"unproved",null,"unproved"]' list -O --json
	says "show: not known" '.device | [.openers, .openers_unknown]' '[null,"unproved"]' show nbd101 --json
	sed -i '/^openers: /d' "$TREE/$DEBUGFS/nbd101"
	says "show: a key that is missing" '.device | [has("openers"), .openers]' '[true,null]' show nbd101 --json
	copy_tree incident1
	says "show: types" '.device | [.attachable, .config_refs, .kept_by.openers, .socket[0].dead, .sockets.dead]' \
		'[false,1,1,true,1]' show nbd101 --json
	says "show: holders" '.holders | map([.kind, .pid, .tid])' '[["thread",342,344]]' show nbd101 --json
	says "list: types" '.devices[0] | [.attachable, .consistent, .size, .oldest]' '[false,true,67108864,null]' list -O --json
	says "that it is a capture" '[.capture.time, .capture.host]' '["2026-11-21T09:17:05Z",null]' list --json
	copy_tree incident2
	says "why: each sentence with its source" '.chain[0] | [.source, (.text | test("^nbd101 is connected"))]' \
		'["nbddiag/nbd101: state, attachable",true]' why nbd101 --json
	sed -i 's/^complete: .*/complete: no/; s/^complete_reason: .*/complete_reason: changing/' "$TREE/$DEBUGFS/aio"
	says "not complete" '[.complete, .complete_reason]' '[false,"changing"]' aio --json
}

none_in_use() {
	check_eq "check: all, and one is in use" "$(grep -c 'no nbd device in use' <<<"$OUT")" 0
	copy_tree healthy
	rm "$TREE/$DEBUGFS/nbd0"
	sed -i '/name=nbd0 /d' "$TREE/$DEBUGFS/devices"
	check_ends "check: all are free" 0 '^no nbd device in use \(2 free\)$' --root "$TREE" check --all
	check_eq "check: all are free, quietly" "$("$NBDDIAG" --root "$TREE" check --all --quiet 2>/dev/null)" ""
	rm "$TREE/$DEBUGFS"/nbd*
	sed -i '/^device: /d' "$TREE/$DEBUGFS/devices"
	check_ends "check: all, and there is none" 0 '^there is no nbd device \(modprobe nbd\)$' --root "$TREE" check --all
	check_ends "check: all, and there is none: JSON" 0 '"complete": *true' --root "$TREE" check --all --json
}

# The order of exit statuses, and how old a request may be.
checks() {
	copy_tree incident1
	check_ends "check: several" 2 "^free: nbd0 can" --root "$TREE" check nbd0 nbd101
	check_ends "check: all" 2 "^orphaned: nbd101 " --root "$TREE" check --all
	none_in_use
	copy_tree incident1
	check_ends "check: --help says what it takes" 0 '^Usage: nbddiag check \[OPTION\.\.\.\] DEVICE\.\.\.\|--all$' check --help
	check_ends "check: one that is not there is worse than free" 3 "there is no nbd77" --root "$TREE" check nbd0 nbd77
	check_ends "check: a stuck one is worse" 2 "there is no nbd77" --root "$TREE" check nbd77 nbd101
	check_ends "check: no device" 64 "usage: nbddiag check DEVICE" --root "$TREE" check
	check_ends "check: --all and a device" 64 "usage: nbddiag check DEVICE" --root "$TREE" check --all nbd0
	check_ends "check: a bad name ends it before all" 64 "is no nbd device" --root "$TREE" check nbd0 sda
	copy_tree incident2
	sed -i 's/^State:.*/State:	S (sleeping)/' "$TREE/proc/424/task/424/status"
	check_ends "check: not yet stuck" 1 "^in-use: " --root "$TREE" check nbd101
	check_ends "check --stuck-after" 2 "^wedged: nbd101 is in use, but its oldest request has had no answer for 1.0s" \
		--root "$TREE" check nbd101 --stuck-after 1
	check_ends "list --stuck-after" 0 "^1 of 2 devices needs attention$" --root "$TREE" list --stuck-after 1
	check_ends "check --stuck-after: no number" 64 "takes a number" --root "$TREE" check nbd101 --stuck-after x
}

# --watch prints one object after another.
watched() {
	local pid
	"$NBDDIAG" --root "$TREES/healthy" list --watch 1 --json >"$WORK/watched.json" 2>/dev/null &
	pid=$!
	for _ in {1..50}; do
		[ "$(jq -s length "$WORK/watched.json" 2>/dev/null || echo 0)" -lt 2 ] || break
		sleep 0.2
	done
	kill "$pid"
	wait "$pid" 2>/dev/null
	check "JSON: --watch: schema" schema < <(head -n 2 "$WORK/watched.json")
	check_eq "JSON: --watch" "$(head -n 2 "$WORK/watched.json" | jq -c '[.command, .complete]' | xargs)" "[list,true] [list,true]"
}

# What people see as "dm-1(mpatha):5 sda:2" or "3,5-7" is an array.
lists() {
	local file
	copy_tree healthy
	make_stacks
	says "who owes how many" '.aio[] | select(.pid == 700).owed_by' \
		'[{"name":"dm-1","requests":5,"certain":true,"others":false}]' aio --json
	says "the paths of a map" '[.aio[] | select(.pid == 700).paths[] | [.map, .device, .state]]' \
		'[["dm-1","sda","failed"],["dm-1","sdb","failed"]]' aio --json
	says "what was asked" '[.io[] | select(.device == "nbd0").asked[] | [.name, .requests]]' \
		'[["dm-3",1],["dm-0",1]]' io --json
	says "who waits" '[.io[] | select(.device == "nbd0").who[].name]' '["page-cache","dd[710]"]' io --json
	says "the paths of io" '[.io[] | select(.device == "dm-1").paths[].device]' '["sda","sdb"]' io --json
	says "of one request" '[.io[] | select(.device == "nbd0").children[] | [.op[0].requests, .via]]' \
		'[[1,["loop0","dm-0"]],[1,null]]' io --full --json --output DEVICE,OP,VIA
	says "by way of which devices" '[.holders[] | select(.comm == "app").via[]]' '["loop0","inner"]' holders dm-0 --json
	sed -i 's/via=loop0,dm-0/via=-(more),dm-0/' "$TREE/$DEBUGFS/io"
	says "by way of more than are known" '[.io[] | select(.device == "nbd0").children[].via]' '[[null,"dm-0"],null]' io --full --json --output DEVICE,VIA
	copy_tree incident1
	says "descriptors" '[.holders[].fd]' '[[4]]' holders nbd101 --json
	for file in "$TREE"/proc/*/task/*/fd.rdev; do
		[ ! -s "$file" ] || printf '%s 43:101 02140002 /dev/nbd101\n' 4 5 9 >"$file"
	done
	says "several descriptors" '[.holders[].fd]' '[[4,5,9]]' holders nbd101 --json
}

# A module that is newer than the program: what that does not know is text, and no word is taken for another one.
newer() {
	copy_tree incident2
	sed -i -e '/^socket: /s/$/ mood=good moods=2/' -e 's/^sockets: /&news=-(changing) /' -e '$a weather: rain=1' -e '$a sky: -' \
		"$TREE/$DEBUGFS/nbd101"
	SCHEMA_STRICT='' says "a newer module: keys" '.device | [.weather, .sky, .socket[0].mood, .socket[0].moods, .sockets.news, .sockets.news_unknown]' \
		'["rain=1",null,"good","2",null,"changing"]' show nbd101 --json
	copy_tree incident2
	sed -i '/^socket: /s/ tx_lock=[a-z]*//; /^socket: /s/ shutdown=none/ shutdown=7 tx_lock=maybe/; /^socket: /s/ peer_exists=yes/ peer_exists=perhaps/' \
		"$TREE/$DEBUGFS/nbd101"
	says "a newer module: words" '.device.socket[0] | [.shutdown, .tx_lock, .peer_exists, .shutdown_unknown, .tx_lock_unknown, .peer_exists_unknown]' \
		'[null,null,null,"not-understood","not-understood","not-understood"]' show nbd101 --json
	check_eq "schema: the states that the program knows" "$(jq -r '."$defs".device.properties.state.enum[] // empty' "$SCHEMA" | sort)" \
		"$(sed -n 's/^WORD_STATE([A-Z]*, "\([a-z]*\)".*/\1/p' "$TOP/module/access/words.h" | sort)"
}

# What each kind of line has.
lines_of_show() {
	copy_tree incident1
	says "show: a task that is gone" '.device | [.attached_task, .setup_task]' '[{"gone":true,"pid":315},null]' show nbd101 --json
	sed -i -e 's/^lock_holder: .*/lock_holder: pid=7 tgid=6 comm="a gone b" state=D/' -e 's/^setup_task: .*/setup_task: gone/' \
		-e '/^socket: index=1 /s/ pending=no/ pending=yes sent_bytes=28/' -e '/^socket: index=2 /s/ family=.*/ family=-(unreadable)/' \
		"$TREE/$DEBUGFS/nbd101"
	says "show: tasks" '.device | [.lock_holder, .setup_task]' '[{"gone":false,"pid":7,"tgid":6,"comm":"a gone b","state":"D"},{"gone":true}]' show nbd101 --json
	says "show: half sent" '.device.socket[1] | [.pending, .sent_bytes]' '[true,28]' show nbd101 --json
	says "show: a socket that could not be read" '.device.socket[2] | keys' '["dead","family","family_unknown","index"]' show nbd101 --json
	copy_tree incident2
	says "show: flags" '.device | [.runtime_flags, .device_flags]' '[["HAS_PID_FILE"],["DISCONNECT_REQUESTED"]]' show nbd101 --json
	says "list: flags" '.devices[].flags' '["HAS_PID_FILE"]' list -O --json
	sed -i -e 's/^runtime_flags: .*/runtime_flags: 0x0/' -e 's/^device_flags: .*/device_flags: -(unproved)/' \
		-e '/^socket: /s/ proto=0/ proto=tcp/; /^socket: /s/ cookie=0/ cookie=1 cookie=2/' "$TREE/$DEBUGFS/nbd101"
	says "show: no flags" '.device | [.runtime_flags, .device_flags, .device_flags_unknown]' '[[],null,"unproved"]' show nbd101 --json
	says "show: a protocol, and a field that is there twice" '.device.socket[0] | [.proto, .cookie]' '["tcp",1]' show nbd101 --json
}

# The tool that all this rests on sees what is wrong. usage: refuses WHAT JSON [--strict]
refuses() {
	local what=$1 json=$2
	check_eq "schema: $what" "$("$HERE/schema" "${@:3}" "$SCHEMA" <<<"$json" >/dev/null 2>&1; echo $?)" 1
}

# What a newer module may add. usage: refuses_strictly WHAT JSON
refuses_strictly() {
	check "schema: $1" "$HERE/schema" "$SCHEMA" <<<"$2"
	refuses "$1, strictly" "$2" --strict
}

lines() {
	local json
	json=$("$NBDDIAG" --root "$TREES/incident2" show nbd101 --json 2>/dev/null)
	check "schema: nothing is wrong" "$HERE/schema" --strict "$SCHEMA" <<<"$json"
	refuses "a socket: a number as text" "$(jq -c '.device.socket[0].file_refs = "2"' <<<"$json")"
	refuses "a socket: a number that is none" "$(jq -c '.device.socket[0].dead = 0' <<<"$json")"
	refuses "a socket: a text as number" "$(jq -c '.device.socket[0].proto = 0' <<<"$json")"
	refuses "a socket: a word that there is not" "$(jq -c '.device.socket[0].peer_exists = "perhaps"' <<<"$json")"
	refuses "a state that there is not" "$(jq -c '.device.state = "weary"' <<<"$json")"
	refuses "a key of sockets in a request" "$(jq -c '.device.request[0].total = 1' <<<"$json")"
	refuses "flags as text" "$(jq -c '.device.runtime_flags = "0x8 HAS_PID_FILE"' <<<"$json")"
	refuses "a task that is not said to be gone or not" "$(jq -c 'del(.device.setup_task.gone)' <<<"$json")"
	refuses "a line as text" "$(jq -c '.device.kept_by = "openers=3"' <<<"$json")"
	refuses "a reason beside nothing" "$(jq -c '.device.socket[0].mood_unknown = "x"' <<<"$json")"
	refuses_strictly "a key of sockets in a request, as text" "$(jq -c '.device.request[0].total = "1"' <<<"$json")"
	refuses_strictly "a key that is not known in a device" "$(jq -c '.device.surprise = "x"' <<<"$json")"
	refuses "the second of two objects" "$json$(jq -c '.device.socket[0].dead = 0' <<<"$json")"
	refuses "nothing" ""
}

# What a version has promised once stays; CONTRIBUTING.md says how it may grow. usage: broken SCHEMA (prints the promises that it breaks)
broken() { comm -23 "$HERE/schema-$(jq '.anyOf[0].properties.schema.const' "$1").keys" <("$HERE/schema-keys" "$1"); }

# usage: breaks WHAT JQ-FILTER PROMISE
breaks() {
	jq "$2" "$SCHEMA" >"$WORK/schema.json"
	check_eq "promises: $1" "$(broken "$WORK/schema.json")" "$3"
}

# shellcheck disable=SC2016 # $defs is of jq
promises() {
	check_eq "promises: a key or word of this version is gone, or a type has changed: that needs another version" "$(broken "$SCHEMA")" ""
	breaks "a key may come" '."$defs".device_socket.properties.mood = {"type": "string"}' ""
	breaks "a key that is gone" 'del(."$defs".device_socket.properties.inode)' 'show.device.socket[].inode: null/number'
	breaks "another type" '."$defs".tally.properties.certain.type = "number"' "$(
		printf '%s\n' aio.aio[].owed_by io.io[].{asked,op,rests_at,who} uring.uring[].owed_by | sed 's/$/[].certain: boolean/')"
	breaks "a word that is gone" '."$defs".device_socket.properties.tx_lock.enum -= ["held"]' 'show.device.socket[].tx_lock: "held"'
	breaks "a key that is not always there" '."$defs".device.required -= ["openers"]' 'show.device.openers: always'
	breaks "a whole command" '.anyOf |= map(select(.properties.command.const != "tasks"))' "$(grep '^tasks\.' "$HERE/schema-1.keys")"
}

tool() {
	local json
	json=$("$NBDDIAG" --root "$TREES/incident1" list --json 2>/dev/null)
	refuses "a number as text" "$(jq -c '.devices[0].size = "64M"' <<<"$json")"
	refuses "a key that is not known" "$(jq -c '.devices[0].surprise = 1' <<<"$json")"
	refuses "without complete" "$(jq -c 'del(.complete)' <<<"$json")"
	refuses "another version" "$(jq -c '.schema = 2' <<<"$json")"
	refuses "a reason beside what is known" "$(jq -c '.devices[0].size_unknown = "x"' <<<"$json")"
	refuses "a key twice" "${json%\}*},\"schema\":1}"
	refuses "no JSON" "devices"
}

each_command
failures
not_known
checks
watched
lists
newer
lines_of_show
tool
lines
promises
