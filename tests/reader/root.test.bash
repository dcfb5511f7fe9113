# shellcheck shell=bash
# Nothing leads out of a captured tree, and nothing but files and directories is opened in it.

secret=$WORK/secret
cp -a "$TREES/incident1" "$secret"
sed -i 's/^state: .*/state: SECRET/' "$secret/$DEBUGFS/nbd101"

# The file of nbd0 is something else; it must not be read. usage: hostile_file TEXT COMMAND... (FILE is added)
hostile_file() {
	local text=$1
	shift
	copy_tree healthy
	rm "$TREE/$DEBUGFS/nbd0"
	"$@" "$TREE/$DEBUGFS/nbd0" || { fail "$text" "cannot be made"; return; }
	run_reader --root "$TREE" list --all
	if [ "$STATUS" = 69 ] && ! grep -q SECRET "$WORK/out" "$WORK/err"; then
		pass "$text"
	else
		fail "$text" "status $STATUS: $OUT$ERR"
	fi
}

hostile_file "absolute link" ln -s "$secret/$DEBUGFS/nbd101"
hostile_file "relative link that leaves the tree" ln -s "../../../../../secret/$DEBUGFS/nbd101"
hostile_file "link to itself" ln -s nbd0
hostile_file "link through /proc/self" ln -s "/proc/self/root/$secret/$DEBUGFS/nbd101"
hostile_file "FIFO" mkfifo
hostile_file "directory" mkdir
if [ "$(id -u)" = 0 ] && mknod "$WORK/null" c 1 3 2>/dev/null; then
	hostile_file "character device" cp -a /dev/zero
	mknod "$WORK/block" b 43 0 && hostile_file "block device" cp -a "$WORK/block"
fi

copy_tree healthy
mv "$TREE/$DEBUGFS" "$TREE/moved"
ln -s "$secret/$DEBUGFS" "$TREE/$DEBUGFS"
check_ends "directory that is an absolute link" 69 "no readable" --root "$TREE" list

# A link that stays inside is followed where the kernel can hold it in.
copy_tree healthy
mv "$TREE/$DEBUGFS/nbd0" "$TREE/real"
ln -s /real "$TREE/$DEBUGFS/nbd0"
run_reader --root "$TREE" list
check_eq "link that stays inside" "${STATUS/69/0}" 0

# A file that has no end; a gigabyte of it is read, which can take a busy host its time.
copy_tree healthy
truncate -s 3G "$TREE/$DEBUGFS/nbd0"
ulimit_reader() { (ulimit -S -t 60; READER_SECONDS=120 run_reader --root "$TREE" list; xargs <<<"$STATUS $ERR"); }
check_eq "a file of 3 GiB" "$(ulimit_reader | grep -c '^65 .*too large')" 1

# Opening a FIFO waits for a writer, and opening a device may hang, or ask for a medium.
mkfifo "$WORK/fifo"
READER_SECONDS=5 check_ends "--root is a FIFO" 64 "fifo is neither a directory nor a file\. " --root "$WORK/fifo" list
check_ends "--root is a character device" 64 "^nbddiag: /dev/null is neither a directory nor a file\. " --root /dev/null list
[ ! -e "$WORK/block" ] || check_ends "--root is a block device" 64 "block is neither a directory nor a file\. " --root "$WORK/block" list
check_ends "--root is a link to a directory" 0 "" --root "$(ln -s "$TREES/healthy" "$WORK/link" && echo "$WORK/link")" list
check_ends "--root is not there" 64 "^nbddiag: cannot open the root $WORK/none: No such file" --root "$WORK/none" list
