# shellcheck shell=bash disable=SC2153
# "--root FILE.tar": a capture is read as it is, compressed too, and says the same as the tree that it is of.

# usage: make_archive TREE FILE [TAR-OPTION...]
make_archive() { tar -C "$TREES/$1" "${@:3}" -cf "$2" .; }

# Commands say the same of an archive as of the tree. usage: says_the_same TEXT TREE FILE
says_the_same() {
	local device command words want
	device=$(device_of "$2")
	for command in "list --all" "show $device" "holders $device" "aio --full" "check $device" "why $device"; do
		read -ra words <<<"$command"
		run_reader --root "$TREES/$2" "${words[@]}"
		want="$OUT $STATUS"
		run_reader --root "$3" "${words[@]}"
		check_eq "$1: $2: ${words[0]}" "$OUT $STATUS" "$want"
	done
}

kinds() {
	local tree kind
	for tree in healthy incident1 incident2; do
		rm -f "$WORK/a.tar"
		check "archive: capture of $tree" "$NBDDIAG" --root "$TREES/$tree" capture "$WORK/a.tar"
		says_the_same "captured" "$tree" "$WORK/a.tar"
	done
	check_eq "archive: everything is in one directory" "$(tar -tf "$WORK/a.tar" | cut -d / -f 1 | sort -u | wc -l)" 1
	make_archive incident1 "$WORK/plain.tar"
	says_the_same "without that directory" incident1 "$WORK/plain.tar"
	for kind in gzip bzip2 xz zstd; do
		command -v $kind >/dev/null || continue
		$kind -c "$WORK/a.tar" >"$WORK/a.tar.$kind"
		check_ends "archive: $kind" 2 "^wedged: nbd101" --root "$WORK/a.tar.$kind" check nbd101
	done
	check_ends "archive: captured again" 0 "" --root "$WORK/a.tar" capture "$WORK/b.tar"
	check_eq "archive: captured again: the same" "$(tar -tf "$WORK/b.tar" | sort)" "$(tar -tf "$WORK/a.tar" | sort)"
}

# Of which host and moment it is.
origin() {
	copy_tree incident1
	printf 'version: 0.2\nhost: hv-17\nkernel: 6.12.0-test\narch: x86_64\ntime: 2026-11-26T04:00:00Z\ndeep: no\n' \
		>"$TREE/nbddiag-capture"
	rm -f "$WORK/a.tar"
	"$NBDDIAG" --root "$TREE" capture "$WORK/a.tar" 2>/dev/null
	check_eq "origin: the directory" "$(tar -tf "$WORK/a.tar" | head -n 1 | cut -d / -f 1)" "nbddiag-hv-17-2026-11-26T04_00_00Z"
	run_reader --root "$WORK/a.tar" why nbd101
	check_eq "origin: message" "$(<"$WORK/origin")" \
		"nbddiag: this is a capture of host hv-17 at 2026-11-26T04:00:00Z with kernel 6.12.0-test, and not this host"
	run_reader --root "$WORK/a.tar" check --quiet nbd101
	check_eq "origin: --quiet" "$OUT$ERR$(<"$WORK/origin")" ""
	rm "$TREE/nbddiag-capture"
	check_ends "origin: not known" 0 "^nbddiag: this is a capture of an unknown time" --root "$TREE" list
	printf 'host: \033[2J\ntime: \033[31mnow\n' >"$TREE/nbddiag-capture"
	check_ends "origin: hostile" 0 "^nbddiag: this is a capture of an unknown time" --root "$TREE" list
}

# Two hosts in one archive: which one is meant is not guessed.
several() {
	local dir=$WORK/several
	rm -rf "$dir"
	mkdir "$dir"
	cp -a "$TREES/incident1" "$dir/one"
	cp -a "$TREES/healthy" "$dir/two"
	tar -C "$dir" -cf "$WORK/a.tar" one two
	check_ends "archive: two captures" 65 "a\.tar: there are several captures in it, with one/nbddiag-capture and two/nbddiag-capture\. Unpack it, and give the directory of one$" \
		--root "$WORK/a.tar" list
	tar -C "$dir/one" -cf "$WORK/a.tar" nbddiag-capture sys
	tar -C "$dir" -rf "$WORK/a.tar" two
	check_ends "archive: two captures, one without a directory" 65 "several captures in it, with nbddiag-capture and two/nbddiag-capture\. " \
		--root "$WORK/a.tar" list
	# The same one twice is one.
	tar -C "$dir" -cf "$WORK/a.tar" one
	tar -C "$dir" -rf "$WORK/a.tar" one/nbddiag-capture
	check_ends "archive: a file of it twice" 2 "^orphaned: nbd101" --root "$WORK/a.tar" check nbd101
}

# Nothing leads out of it, and nothing in it is followed.
hostile() {
	local at
	copy_tree incident1
	sed 's/^state: .*/state: SECRET/' "$TREE/$DEBUGFS/nbd101" >"$WORK/secret"
	rm "$TREE/$DEBUGFS/nbd101"
	ln -s "$WORK/secret" "$TREE/$DEBUGFS/nbd101"
	tar -C "$TREE" -cf "$WORK/link.tar" .
	check_ends "hostile: a link" 69 "nbd101: Too many levels of symbolic links" --root "$WORK/link.tar" list
	check_eq "hostile: a link: not followed" "$(grep -c SECRET "$WORK/out")" 0
	rm "$TREE/$DEBUGFS/nbd101"
	mkfifo "$TREE/$DEBUGFS/nbd101"
	tar -C "$TREE" -cf "$WORK/fifo.tar" .
	check_ends "hostile: a FIFO is no file" 65 "nbd101: the capture lacks this file" --root "$WORK/fifo.tar" show nbd101
	make_archive incident1 "$WORK/up.tar" --transform "s,^\\./sys,../../sys,"
	check_ends "hostile: names that lead out" 69 "no readable" --root "$WORK/up.tar" list
	make_archive incident1 "$WORK/whole.tar"
	for at in 1 511 512 5000 20000 60000; do
		head -c $at "$WORK/whole.tar" >"$WORK/cut.tar"
		run_reader --root "$WORK/cut.tar" list
		check "hostile: cut at $at" is_one_of "$STATUS" 0 64 65 69
		check "hostile: cut at $at: sane" is_sane "$STATUS" "$WORK/out" "$WORK/err"
	done
	: >"$WORK/empty.tar"
	check_ends "hostile: empty" 64 "cannot open the root" --root "$WORK/empty.tar" list
	# A file that is there twice: the last one counts, as tar(1) has it.
	cp "$WORK/whole.tar" "$WORK/twice.tar"
	copy_tree incident1
	sed -i 's/^openers: .*/openers: 7/' "$TREE/$DEBUGFS/nbd101"
	tar -C "$TREE" -rf "$WORK/twice.tar" "./$DEBUGFS/nbd101"
	check_ends "hostile: a file twice" 0 "openers +7$" --root "$WORK/twice.tar" show nbd101
}

# By processor time, as the host may be busy: a few are read at once, and each alone would take seconds otherwise.
long_names() {
	python3 -c 'import sys, tarfile
with tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT) as tar:
    for n in range(8):
        tar.addfile(tarfile.TarInfo("sys/%d/" % n + "a/" * 400000 + "x"))
    tar.add(sys.argv[2], "sys/kernel/debug/nbddiag/devices")' "$WORK/long.tar" "$TREES/healthy/$DEBUGFS/devices"
	(ulimit -t 5; exec "$NBDDIAG" --root "$WORK/long.tar" list >"$WORK/out" 2>&1)
	check_eq "hostile: names that no host has: only the files of devices are missing" $? 65
}

is_one_of() {
	local want=$1
	shift
	[[ " $* " = *" $want "* ]]
}

kinds
origin
several
hostile
long_names
