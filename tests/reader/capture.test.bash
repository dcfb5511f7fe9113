# shellcheck shell=bash disable=SC2153
# "nbddiag capture": a tar archive that --root reads as the host it is of.

# A tree that was captured and captured again is the same. usage: round_trip TREE
round_trip() {
	local tree=$1
	rm -rf "$WORK/again" "$WORK/again.tar"
	mkdir "$WORK/again"
	check "$tree: capture" "$NBDDIAG" --root "$TREES/$tree" capture "$WORK/again.tar"
	check "$tree: unpack" tar -xf "$WORK/again.tar" --strip-components=1 -C "$WORK/again"
	check "$tree: all of it, and nothing else" diff -r --no-dereference "$TREES/$tree" "$WORK/again"
	check_eq "$tree: for its owner only" "$(stat -c %a "$WORK/again.tar")" 600
}

in_archive() { tar -tf "$WORK/again.tar" | grep -cx "[^/]*/$DEBUGFS/$1"; }

for tree in healthy incident1 incident2; do
	round_trip "$tree"
	check_eq "$tree: all that is in it is documented" "$(undocumented "$WORK/again.tar")" ""
done
for tree in "$TREES"/{incident3,stacked} "$TOP"/tests/docs/captures/*; do
	rm -f "$WORK/again.tar"
	"$NBDDIAG" --root "$tree" capture "$WORK/again.tar" 2>/dev/null
	check_eq "${tree##*/}: all that is in it is documented" "$(undocumented "$WORK/again.tar")" ""
done

# Of what is not needed nothing is kept.
copy_tree healthy
printf '/home/someone/secret-swap file 1 2 3\n' >>"$TREE/proc/swaps"
printf '40 1 8:1 / /home/someone/secret-mount rw - ext4 /dev/sda1 rw\n' >>"$TREE/proc/1/task/1/mountinfo"
mkdir -p "$TREE/proc/99999/task/99999" "$TREE/sys/block/loop0/loop"
printf 'Name:\tsecret-task\nState:\tS (sleeping)\nUid:\t0\n' >"$TREE/proc/99999/task/99999/status"
printf 'secret-task\n' >"$TREE/proc/99999/task/99999/comm"
printf '3 8:1 02 /dev/secret-disk\n' >"$TREE/proc/99999/task/99999/fd.rdev"
printf 'secret-command' >"$TREE/proc/99999/cmdline"
printf '/home/someone/secret-image\n' >"$TREE/sys/block/loop0/loop/backing_file"
check "capture with secrets about" "$NBDDIAG" --root "$TREE" capture "$WORK/secret.tar"
check_eq "no secret is in it" "$(grep -ac 'secret' "$WORK/secret.tar")" 0

# aio_scan takes seconds on a large host: only on request.
copy_tree incident2
sed 's/^scan: quick/scan: deep/' "$TREE/$DEBUGFS/aio" >"$TREE/$DEBUGFS/aio_scan"
rm -f "$WORK/again.tar"
"$NBDDIAG" --root "$TREE" capture "$WORK/again.tar"
check_eq "without --deep: aio_scan" "$(in_archive aio_scan)" 0
rm -f "$WORK/again.tar"
"$NBDDIAG" --root "$TREE" capture --deep "$WORK/again.tar"
check_eq "with --deep: aio_scan" "$(in_archive aio_scan)" 1
check_eq "with --deep: all that is in it is documented" "$(undocumented "$WORK/again.tar")" ""

# What cannot be read is not passed over.
copy_tree incident2
threads=("$TREE"/proc/[0-9]*/task/*)
thread=${threads[0]#"$TREE/"}
rm "$TREE/$thread/fd.rdev"
ln -s fd.rdev "$TREE/$thread/fd.rdev"
rm -f "$WORK/again.tar"
"$NBDDIAG" --root "$TREE" capture "$WORK/again.tar"
check "what cannot be read is a link that says why" \
	grep -q "$thread/fd.rdev -> Too many levels" <<<"$(tar -tvf "$WORK/again.tar")"

# Another format is captured as it is, for somebody who can read it.
copy_tree incident1
sed -i 's/^format: 1$/format: 2/' "$TREE/$DEBUGFS"/*
rm -f "$WORK/again.tar"
check "capture of format 2" "$NBDDIAG" --root "$TREE" capture "$WORK/again.tar"
check_eq "capture of format 2: is in it" "$(tar -xOf "$WORK/again.tar" --wildcards "*/$DEBUGFS/nbd101" | head -n 1)" "format: 2"

# The file: never overwritten, never half.
echo precious >"$WORK/there"
check_ends "a file that is there" 64 "is not overwritten" --root "$TREES/healthy" capture "$WORK/there"
check_eq "a file that is there: untouched" "$(<"$WORK/there")" precious
ln -s nowhere "$WORK/dangling"
check_ends "a dangling link" 64 "is not overwritten" --root "$TREES/healthy" capture "$WORK/dangling"
check_ends "no such directory" 71 "cannot make" --root "$TREES/healthy" capture "$WORK/no/such.tar"
check_ends "no module" 69 "no readable" --root "$HERE/golden" capture "$WORK/none.tar"
check "no module: no file stays" test ! -e "$WORK/none.tar"
(ulimit -f 8; "$NBDDIAG" --root "$TREES/healthy" capture "$WORK/full.tar" 2>"$WORK/err")
check_eq "no room: status" $? 71
check "no room: that is said" grep -q "^nbddiag: cannot write $WORK/full.tar: " "$WORK/err"
check "no room: no file stays" test ! -e "$WORK/full.tar"
"$NBDDIAG" --root "$TREES/healthy" capture - 2>"$WORK/err" | tar -tf - >"$WORK/out"
check_eq "to standard output" "${PIPESTATUS[*]} $(grep -c "/$DEBUGFS/nbd0$" "$WORK/out")" "0 0 1"
"$NBDDIAG" --root "$TREES/healthy" capture - >/dev/full 2>"$WORK/err"
check_eq "to a full disk: status" $? 71
if command -v script >/dev/null; then
	check_eq "to a terminal" "$(script -qec "'$NBDDIAG' --root '$TREES/healthy' capture -" /dev/null </dev/null |
		tr -d '\r' | grep -c 'not written to a terminal')" 1
fi

# What its caller ignores, as nohup(1) has it, it ignores too; otherwise no half file stays. usage: hang_up
hang_up() {
	local pid status=0
	rm -f "$WORK/hup.tar"
	"$NBDDIAG" --root "$TREE" capture "$WORK/hup.tar" 2>/dev/null &
	pid=$!
	for _ in {1..200}; do
		[ ! -s "$WORK/hup.tar" ] || break
		sleep 0.02
	done
	kill -HUP "$pid"
	wait "$pid" 2>/dev/null || status=$?
	echo "$status $([ ! -e "$WORK/hup.tar" ] || echo there)"
}

# Large, so that the signal comes while it is made.
copy_tree healthy
for tid in {10000..14000}; do
	mkdir -p "$TREE/proc/$tid/task/$tid"
	printf 'a\n' >"$TREE/proc/$tid/task/$tid/comm"
	printf 'Name:\ta\nState:\tS (sleeping)\n' >"$TREE/proc/$tid/task/$tid/status"
	printf '3 43:0 02 /dev/nbd0\n' >"$TREE/proc/$tid/task/$tid/fd.rdev"
done
check_eq "SIGHUP: status, file" "$(hang_up)" "129 "
check_eq "SIGHUP that is ignored: status, file" "$(trap '' HUP; hang_up)" "0 there"
