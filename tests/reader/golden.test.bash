# shellcheck shell=bash
# What the commands print of captured trees: golden/TREE.COMMAND has output, messages and exit status. The trees are of an
# older module, and lack what disks, tasks and rings there are; the captures of tests/docs/captures have it.

# Each line: name of the file, arguments. DEVICE is the tree's own one.
golden_commands() {
	cat <<-'END'
		list list
		list-all list --all --output +REASON,ATTACHABLE,WHY,DEV,HELD,CONSISTENT
		list-bytes --bytes --noheadings
		list-columns list --output name,size,state
		list-json list --all --json
		show show DEVICE
		show-full show DEVICE --full
		show-json show DEVICE --json
		holders holders DEVICE
		holders-json holders DEVICE --json
		aio aio
		aio-full aio --full
		aio-json aio --json
		check check DEVICE
		check-json check DEVICE --json
		check-quiet check DEVICE --quiet
		check-free check nbd1
		why why DEVICE
		why-all why
		why-all-json why --json
		why-json why DEVICE --json
	END
}

# Of captures, which have those too. The device of map-in-use is no nbd device.
capture_commands() {
	cat <<-'END'
		list list
		check check --all
		why why DEVICE
		why-all why
		why-all-json why --json
		holders holders DEVICE
		show show DEVICE
		aio aio
		check-json check --all --json
		tasks tasks
		io io
		uring uring
	END
}

# usage: golden_one TREE NAME ARGUMENT...   (TREE is one of $TREES, or a path)
golden_one() {
	local tree=${1##*/} name=$2 want why path=$TREES/$1
	[ "$tree" = "$1" ] || path=$1
	want=$HERE/golden/$tree.$name
	shift 2
	run_reader --root "$path" "$@"
	if ! why=$(is_sane "$STATUS" "$WORK/out" "$WORK/err"); then
		fail "$tree: nbddiag $*" "$why: $OUT$ERR"
		return
	fi
	# Libraries differ in how they break the lines of JSON.
	if ! why=$(is_json_right "$WORK/out" "$@"); then
		fail "$tree: nbddiag $*" "$why"
		return
	fi
	if [[ " $* " = *" --json "* ]] && ! OUT=$(jq . "$WORK/out" 2>&1); then
		fail "$tree: nbddiag $*: JSON" "$OUT"
		return
	fi
	printf '%s\n%s\nstatus %s\n' "$OUT" "$(cat "$WORK/origin" "$WORK/err")" "$STATUS" >"$WORK/got"
	if [ "${GOLDEN:-}" = write ]; then
		mkdir -p "$HERE/golden"
		cp "$WORK/got" "$want"
	fi
	check "$tree: nbddiag $*" diff "$want" "$WORK/got"
}

# usage: golden_tree TREE DEVICE COMMANDS   (COMMANDS prints them)
golden_tree() {
	local tree=$1 device=$2 name arguments
	while read -r name arguments; do
		# shellcheck disable=SC2086 # words
		set -- ${arguments//DEVICE/$device}
		golden_one "$tree" "$name" "$@"
	done < <("$3")
}

for tree in "$TREES"/*; do
	golden_tree "${tree##*/}" "$(device_of "${tree##*/}")" golden_commands
done
for tree in "$TOP"/tests/docs/captures/*; do
	case $tree in
	*/cannot-attach) device=nbd101 ;;
	*/map-in-use) device=mpatha ;;
	*) device=nbd0 ;;
	esac
	golden_tree "$tree" "$device" capture_commands
done
golden_one incident2 why-pid why --pid "$(sed -n 's/^waiter: .*tgid=\([0-9]*\).*/\1/p' "$TREES/incident2/$DEBUGFS/aio")"
golden_one incident3 why-pid why --pid 372
