# shellcheck shell=bash disable=SC2153
# What cannot be done ends with a documented status and says why: nbddiag(8), EXIT STATUS.

healthy=(--root "$TREES/healthy")

usage_errors() {
	local command status
	check_ends "unknown command" 64 "no command 'lst'" lst
	check_ends "unknown option" 64 "there is no option '--frobnicate'" list --frobnicate
	check_ends "unknown letter" 64 "there is no option '-Z'" list -Z
	check_ends "another command's option" 64 "'list' takes no --deep" list --deep
	check_ends "unknown column" 64 "no column 'NOPE'" "${healthy[@]}" list --output NOPE
	check_ends "the columns there are" 64 "\. There are NAME, VERDICT, .*, INFLIGHT, .*, CONSISTENT\. " "${healthy[@]}" list --output NAME,NOPE
	check_ends "no column" 64 "no column ''" "${healthy[@]}" list --output ""
	check_ends "a column twice" 64 "named twice" "${healthy[@]}" list --output NAME,NAME
	check_ends "a column of 100000 bytes" 64 "no column" "${healthy[@]}" list --output "$(printf 'x%.0s' {1..100000})"
	check_ends "too many arguments" 64 "usage: nbddiag aio" aio nbd0
	check_ends "capture without a file" 64 "usage: nbddiag capture" capture
	check_ends "no such root" 64 "cannot open the root" --root "$WORK/nowhere" list
	check_ends "a root that is a file" 64 "cannot open the root" --root "$TREES/healthy/arch" list
	for command in 0 -1 1x '' 86401 99999999999999999999; do
		check_ends "--watch '$command'" 64 "takes a number" list --watch "$command"
	done
	for command in show check; do
		check_ends "$command: a number in /dev" 64 "'/dev/1' is no nbd device" "${healthy[@]}" $command /dev/1
		check_ends "$command: no nbd device" 64 "is no nbd device" "${healthy[@]}" $command sda
		check_ends "$command: dots" 64 "is no nbd device" "${healthy[@]}" $command nbd0/../nbd0
		check_ends "$command: escapes" 64 "is no nbd device" "${healthy[@]}" $command $'\e[31mnbd0\n'
		check_ends "$command: a long number" 64 "is no nbd device" "${healthy[@]}" $command nbd99999999999
	done
	# These take any block device.
	for command in holders why; do
		check_ends "$command: a number in /dev" 66 "there is no block device, map.* '/dev/1'" "${healthy[@]}" $command /dev/1
		check_ends "$command: a long number" 66 "there is no block device" "${healthy[@]}" $command nbd99999999999
	done
	for command in show holders check why; do
		# What cannot be judged is 3 for "check".
		status=66
		[ $command != check ] || status=3
		check_ends "$command: no such device" $status "there is no nbd77, but there are nbd0 nbd1 nbd2" \
			"${healthy[@]}" $command nbd77
		check_ends "$command: /dev/nbd77" $status "there is no nbd77" "${healthy[@]}" $command /dev/nbd77
		[ $command = check ] ||
			check_ends "$command: two devices" 64 "usage: nbddiag $command" "${healthy[@]}" $command nbd0 nbd1
	done
	check_ends "check: no device" 64 "usage: nbddiag check" "${healthy[@]}" check
	for command in 0 -1 x 99999999999; do
		check_ends "--pid $command" 64 "takes a number" "${healthy[@]}" aio --pid "$command"
	done
	check_ends "aio --pid of nobody" 0 "process 999999 has no AIO contexts" "${healthy[@]}" aio --pid 999999
	check_ends "aio, and there is none" 0 "^nbddiag: no AIO context was found$" --root "$TREES/incident1" aio
	check_eq "aio, and there is none: what is allowed" "$OUT" "aio-nr 0 of aio-max-nr 65536 (0.0 %)"
}

no_module() {
	local command
	mkdir "$WORK/empty"
	for command in list "show nbd0" "holders nbd0" "check nbd0" aio io tasks uring "why nbd0" "why --pid 1" "capture -"; do
		# shellcheck disable=SC2086 # words
		check_ends "no module: $command" 69 "no readable $DEBUGFS" --root "$WORK/empty" $command
	done
	if [ ! -e /sys/module/nbddiag ]; then
		check_ends "no module on this host" 69 "module is not loaded|not readable" list
	fi
}

# usage: other_format FILE COMMAND...
other_format() {
	local file=$1
	shift
	copy_tree healthy
	sed -i 's/^format: 1$/format: 2/' "$TREE/$DEBUGFS/$file"
	check_ends "format 2: $*" 65 "$file: its format is not format 1" --root "$TREE" "$@"
	rm "$TREE/$DEBUGFS/$file"
	: >"$TREE/$DEBUGFS/$file"
	check_ends "empty: $*" 65 "$file: it is empty" --root "$TREE" "$@"
}

unreadable() {
	copy_tree healthy
	rm "$TREE/$DEBUGFS/nbd0"
	ln -s "Permission denied" "$TREE/$DEBUGFS/nbd0"
	check_ends "what could not be captured" 69 "nbd0" --root "$TREE" list
	copy_tree healthy
	rm "$TREE/$DEBUGFS/aio"
	check_ends "no file aio: list works" 0 "^nbd0 " --root "$TREE" list
	check_ends "no file aio" 69 "aio: no such file" --root "$TREE" aio
}

usage_errors

# A message fits the terminal.
if command -v script >/dev/null; then
	check_eq "a message on a terminal of 40 columns" \
		"$(script -qec "stty cols 40; '$NBDDIAG' list --deep" /dev/null </dev/null | tr -d '\r')" \
		"nbddiag: 'list' takes no --deep. See
         'nbddiag list --help'"
fi
no_module
other_format nbd0 list
other_format nbd0 show nbd0
other_format nbd0 holders nbd0
other_format aio aio
unreadable

# Whatever is wrong with the command line, the JSON has the sentence of standard error. usage: same_sentence EREGEX ARGUMENT...
same_sentence() {
	local pattern=$1
	shift
	run_reader "${healthy[@]}" "$@"
	check "JSON of an error: $*: schema" is_json_right "$WORK/out" --json
	check_eq "JSON of an error: $*: status" "$STATUS $(jq -c '[.status, .error.status]' "$WORK/out")" "64 [64,64]"
	check_eq "JSON of an error: $*: the sentence" "nbddiag: $(jq -r .error.message "$WORK/out")" "$ERR"
	check "JSON of an error: $*: what it is" grep -qE -- "$pattern" <<<"$ERR"
}

same_sentence "only one of --json, --raw and --pairs" list -JP
same_sentence "only one of --json, --raw and --pairs" list -aPJ
same_sentence "only one of --json, --raw and --pairs" list --js -r
same_sentence "there is no option '-Z'" list -JZ
same_sentence "there is no option '-Z'" list -ZJ
same_sentence "there is no option '--frobnicate'" list --json --frobnicate
same_sentence "'--st' is short for several options" list --json --st
same_sentence "'--peer' takes an argument" list -J --peer
same_sentence "'-o' takes an argument" list -Jo
same_sentence "'--all=x': this option takes no argument" list -J --all=x
same_sentence "there is no column 'frob'\\. There are NAME, VERDICT, " list -Jo frob
same_sentence "there is no column 'frob'\\. There are " list -Jx frob
same_sentence "usage: nbddiag show" show -J
same_sentence "there is no command 'frob'" frob -J
run_reader "${healthy[@]}" list -oJ
check_eq "-oJ is a column: no JSON" "$STATUS $OUT" "64 "
check_ends "-oNAME,J" 64 "there is no column 'J'" "${healthy[@]}" list -oNAME,J

# Whoever asks for help or the version is told, whatever else is wrong.
asks_for_help() {
	local version='^nbddiag [0-9]' general='^Usage: nbddiag \[COMMAND' of_show='^Usage: nbddiag show '
	check_ends "--version" 0 "$version" --version
	check_ends "--version with another command's option" 0 "$version" list -q --version
	check_ends "--version before a root that is not there" 0 "$version" --version --root "$WORK/nowhere"
	check_ends "--version after a root that is not there" 0 "$version" --root "$WORK/nowhere" -V
	check_ends "--help" 0 "$general" --help
	check_ends "--help of no command" 0 "$general" bogus --help
	check_ends "--help before wrong options" 0 "$general" --help --frobnicate -Z
	check_eq "--help before wrong options: no message" "$ERR" ""
	check_ends "--help after too many arguments" 0 "$of_show" show a b --help
	check_ends "--help before the command" 0 "$of_show" -h show a b
	check_ends "--help after a wrong number" 0 '^Usage: nbddiag list ' list --watch x --help
}

asks_for_help

# What could not be written is not passed over. usage: cannot_write ARGUMENT...
cannot_write() {
	local pipe status=71
	# It tells by its status whether a device is free.
	[[ " $* " != *" check "* ]] || status=3
	timeout 20 "$NBDDIAG" "$@" >/dev/full 2>"$WORK/err"
	check_eq "a full disk: $*" "$? $(grep -c 'cannot write: No space' "$WORK/err")" "$status 1"
	# Whoever read it has ended, and SIGPIPE does not end who writes.
	exec {pipe}> >(:)
	wait $!
	(
		trap '' PIPE
		timeout 20 "$NBDDIAG" "$@" 1>&"$pipe" 2>"$WORK/err"
		echo "$?" >"$WORK/status"
	)
	exec {pipe}>&-
	check_eq "a closed pipe: $*" "$(<"$WORK/status") $(grep -c 'cannot write: Broken pipe' "$WORK/err")" "$status 1"
}

if [ -e /dev/full ]; then
	cannot_write --help
	cannot_write --version
	cannot_write list --list-columns
	cannot_write "${healthy[@]}" list
	cannot_write "${healthy[@]}" list --watch 1
	cannot_write "${healthy[@]}" show nbd0
	cannot_write "${healthy[@]}" aio
	cannot_write "${healthy[@]}" aio --json
	cannot_write "${healthy[@]}" holders nbd0
	cannot_write "${healthy[@]}" why nbd0
	cannot_write "${healthy[@]}" why
	cannot_write "${healthy[@]}" check nbd0
	cannot_write "${healthy[@]}" check --all --json
	cannot_write "${healthy[@]}" io --list-columns
	cannot_write "${healthy[@]}" tasks --list-columns
	cannot_write "${healthy[@]}" uring --list-columns
	cannot_write --root "$TREES/stacked" io
	cannot_write --root "$TREES/stacked" tasks
	cannot_write --root "$TREES/incident2" check nbd101
fi

# --watch prints again, what is there by then.
watch_redraws() {
	local copy=$WORK/watched pid
	cp -r "$TREES/healthy" "$copy"
	"$NBDDIAG" --root "$copy" --watch 1 --output NAME,STATE >"$WORK/watch" 2>&1 &
	pid=$!
	await 5 '^nbd0 connected' "$WORK/watch"
	sed -i 's/ state=connected / state=degraded /' "$copy/$DEBUGFS/devices"
	await 5 '^nbd0 degraded' "$WORK/watch"
	kill "$pid"
	wait "$pid" 2>/dev/null
	check_eq "--watch: first" "$(grep -m 1 '^nbd0 ' "$WORK/watch")" "nbd0 connected"
	check "--watch: then" grep -q '^nbd0 degraded' "$WORK/watch"
	check_ends "--watch without a number" 64 "--watch takes a number from 1 to 86400" --watch x
}

watch_redraws

# However many options there are, each is one of the command's own or is refused.
many_options() {
	local yes
	mapfile -t yes < <(yes -- --dry-run | head -n 40)
	check_ends "the 41st option" 64 "'clean' takes no --root" clean nbd0 "${yes[@]}" "${healthy[@]}"
	mapfile -t yes < <(yes -- --all | head -n 40)
	check_ends "the 41st option of list" 64 "'list' takes no --deep" list "${healthy[@]}" "${yes[@]}" --deep
	check_ends "40 options" 0 "^nbd0 " "${healthy[@]}" list "${yes[@]}"
}

many_options

# A message is written in one piece, as others may write to the same file. piecetool counts.
check_eq "writes and lines of a message" "$("$BUILD/piecetool" "$NBDDIAG" show 'no device' 2>&1)" "1 1"
check_eq "writes and lines of two messages" "$("$BUILD/piecetool" "$NBDDIAG" "${healthy[@]}" aio --pid 999999)" "2 2"

# A directory that cannot be read to its end is not taken for a shorter one. usage: half_listed NAME ARGUMENT...
half_listed() {
	local name=$1
	shift
	FAULT_READDIR=$name LD_PRELOAD=$BUILD/faultlib.so ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 \
		run_reader "${healthy[@]}" "$@"
}

half_listed nbd2 show nbd77
check_eq "debugfs is listed in part" "$STATUS $(grep -c 'cannot be listed' <<<"$ERR")" "69 1"
half_listed 254 holders nbd0
check_eq "/proc is listed in part" "$STATUS $(grep -c '/proc cannot be listed: Input/output error' <<<"$ERR")" "69 1"
