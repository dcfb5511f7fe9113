# shellcheck shell=bash
# Files that are cut off or spoilt: no command may crash, hang, print control characters, or take a wrong answer for
# a right one. A cut that leaves whole lines may look whole; but "check" never calls a wedged device safe.

JOBS=$(nproc)

# Runs commands on a tree whose FILE was replaced by what comes from standard input.
# usage: on_damaged TREE FILE ALLOWED-STATUSES WHAT COMMAND... (prints what is wrong)
on_damaged() {
	local tree=$1 file=$2 allowed=$3 what=$4 dir status=0 why
	shift 4
	dir=$(mktemp -d "$WORK/damaged.XXXXXX")
	# Links to the files of the tree, which stay as they are, and one own file.
	cp -al "$TREES/$tree/." "$dir"
	rm "$dir/$file"
	cat >"$dir/$file"
	timeout 30 "$NBDDIAG" --root "$dir" "$@" >"$dir.out" 2>"$dir.err" </dev/null || status=$?
	if ! why=$(is_sane "$status" "$dir.out" "$dir.err"); then
		echo "$what: $why:"
		tail -n 20 "$dir.err"
	elif [[ " $allowed " != *" $status "* ]]; then
		echo "$what: status $status, want one of $allowed: $(head -n 3 "$dir.out" "$dir.err")"
	elif ! why=$(SCHEMA_STRICT='' is_json_right "$dir.out" "$@"); then
		echo "$what: $why"
	fi
	rm -rf "$dir" "$dir.out" "$dir.err"
}

RUNNING=0

# Waits while twice as many jobs run as there are processors.
throttle() {
	if [ "$RUNNING" -lt $((JOBS * 2)) ]; then
		RUNNING=$((RUNNING + 1))
	else
		wait -n
	fi
}

# usage: finish TEXT   (what went wrong is in $WORK/wrong)
finish() {
	wait
	RUNNING=0
	if [ -s "$WORK/wrong" ]; then
		fail "$1" "$(<"$WORK/wrong")"
	else
		pass "$1"
	fi
	: >"$WORK/wrong"
}

# After each line and each 50th byte. usage: cut TREE FILE ALLOWED COMMAND...
cut_file() {
	local tree=$1 file=$2 allowed=$3 path=$TREES/$1/$2 size at
	shift 3
	size=$(stat -c %s "$path")
	for at in $({
		seq 0 50 $((size - 1))
		LC_ALL=C awk '{ at += length($0) + 1; print at }' "$path" | head -n -1
	} | sort -nu); do
		throttle
		head -c "$at" "$path" | on_damaged "$tree" "$file" "$allowed" "cut at $at" "$@" >>"$WORK/wrong" &
	done
	finish "$tree: $(basename "$file") cut off: nbddiag $*"
}

# Bytes replaced at random, but the same ones in each run; every other time only by printable ones. usage: spoil TREE FILE ALLOWED COMMAND...
spoil() {
	local tree=$1 file=$2 allowed=$3 path=$TREES/$1/$2 n
	shift 3
	for n in $(seq 1 60); do
		throttle
		LC_ALL=C awk -v seed="$n" 'BEGIN { srand(seed); split("\"|\\|=|:| |(|)|-|0|99999999999999999999|%s%n|\033|\177|\377|\001|\t|\r", spoil, "|")
			kinds = seed % 2 ? 11 : 17 }
			{ for (i = 1; i <= length($0); i++)
				printf "%s", rand() < 0.01 ? spoil[int(rand() * kinds) + 1] : substr($0, i, 1)
			  print "" }' "$path" |
			on_damaged "$tree" "$file" "$allowed" "spoilt with seed $n" "$@" >>"$WORK/wrong" &
	done
	finish "$tree: $(basename "$file") spoilt: nbddiag $*"
}

# usage: hostile TEXT ALLOWED FILE COMMAND...   (contents from standard input, for the tree incident2)
hostile() {
	local text=$1 allowed=$2 file=$3
	shift 3
	on_damaged incident2 "$file" "$allowed" "$text" "$@" >>"$WORK/wrong"
	finish "hostile: $text: nbddiag $1"
}

: >"$WORK/wrong"
for tree in healthy incident1 incident2; do
	device=$(device_of "$tree")
	cut_file "$tree" "$DEBUGFS/$device" "0 65" list --all
	cut_file "$tree" "$DEBUGFS/$device" "0 65" show "$device"
	cut_file "$tree" "$DEBUGFS/$device" "0 1 65" holders "$device"
	cut_file "$tree" "$DEBUGFS/$device" "0 1 2 3 65" why "$device"
	cut_file "$tree" "$DEBUGFS/aio" "0 65" aio
	cut_file "$tree" "$DEBUGFS/aio" "0 1 2 3 65" why "$device"
done
# 0 is "safe to attach": never. What is cut off is not known to be healthy or wedged either.
cut_file healthy "$DEBUGFS/nbd0" "1 3" check nbd0
cut_file incident1 "$DEBUGFS/nbd101" "2 3" check nbd101
cut_file incident2 "$DEBUGFS/nbd101" "1 2 3" check nbd101
cut_file healthy "$DEBUGFS/nbd1" "0 3" check nbd1
cut_file incident2 "$DEBUGFS/aio" "1 2 3" check nbd101

spoil incident1 "$DEBUGFS/nbd101" "0 65" list --all
spoil incident1 "$DEBUGFS/nbd101" "0 65" list --all --json
spoil incident1 "$DEBUGFS/nbd101" "0 65" show nbd101
spoil incident1 "$DEBUGFS/nbd101" "0 65" show nbd101 --full --json
spoil incident1 "$DEBUGFS/nbd101" "0 1 65" holders nbd101
spoil incident2 "$DEBUGFS/aio" "0 65" aio
spoil incident2 "$DEBUGFS/aio" "0 65" aio --full
spoil incident2 "$DEBUGFS/aio" "0 65" aio --json
spoil incident1 "$DEBUGFS/nbd101" "1 2 3" check nbd101 --json
spoil incident1 "$DEBUGFS/nbd101" "0 1 65" holders nbd101 --json
spoil incident2 "$DEBUGFS/aio" "0 1 2 3 65 66" why nbd101
spoil incident1 "$DEBUGFS/nbd101" "0 1 2 3 65 66" why nbd101
spoil incident1 "$DEBUGFS/nbd101" "1 2 3" check nbd101

hung=$(sed -n 's/^waiter: tid=\([0-9]*\) tgid=\([0-9]*\) .*/proc\/\2\/task\/\1/p' "$TREES/incident2/$DEBUGFS/aio")
for command in "holders nbd101" "why nbd101" "check nbd101" "show nbd101" "capture -"; do
	read -ra words <<<"$command"
	if [ "${words[0]}" = capture ]; then
		words=(capture "$WORK/hostile.tar")
	fi
	for file in comm status wchan stack syscall fd.rdev; do
		rm -f "$WORK/hostile.tar"
		hostile "$file" "0 1 2 3 65" "$hung/$file" "${words[@]}" < <(printf '\033[31m\n"\\ (x) y)\n\0\377')
		rm -f "$WORK/hostile.tar"
		hostile "$file of 300000 bytes" "0 1 2 3 65" "$hung/$file" "${words[@]}" < <(head -c 300000 /dev/zero | tr '\0' x)
	done
	rm -f "$WORK/hostile.tar"
	hostile "lines of fd.rdev" "0 1 2 3 65" "$hung/fd.rdev" "${words[@]}" < <(
		printf '4 43:1616 02 \033[2J\n99999999999 43:1616 1 x\n-1 43:1616 0 x\n4 43:99999999999 0 x\n4 43:1616\n4 43:1616 0 \n')
	rm -f "$WORK/hostile.tar"
	hostile "swaps" "0 1 2 3 65" proc/swaps "${words[@]}" < <(
		printf '1 2 43:1616 / / - x /dev/\033[2Jnbd101\n1 2 43:1616 / /a\\040\\033[2J rw - ext4\n - \n\n1 2 43:1616 / /m rw - ext4 /dev/nbd101 rw')
done

# Many lines: time and memory stay in proportion. (No line is longer than the kernel would make it.)
many_sockets() {
	sed 's/^sockets: .*/sockets: total=65536 counted=65536 dead=0 live=65536 held=0 shown=65536/; /^socket: /d' \
		"$TREES/incident1/$DEBUGFS/nbd101"
	seq 0 65535 | sed 's/.*/socket: index=& dead=no family=unix type=stream proto=0 state=established shutdown=both file_refs=1 inode=& own=unnamed peer=path:"\/a" peer_exists=no peer_pid=1 peer_comm=-(gone)/'
}
many_sockets | on_damaged incident1 "$DEBUGFS/nbd101" "0" "65536 sockets" list >>"$WORK/wrong"
finish "65536 sockets: list"
many_sockets | on_damaged incident1 "$DEBUGFS/nbd101" "0" "65536 sockets" show nbd101 >>"$WORK/wrong"
finish "65536 sockets: show"
many_sockets | on_damaged incident1 "$DEBUGFS/nbd101" "2" "65536 sockets" check nbd101 >>"$WORK/wrong"
finish "65536 sockets: check"
