# shellcheck shell=bash
# Boots a machine from a copy of its root in which nbddiag has been installed, and runs cases with the module that
# modprobe finds and the reader that is in PATH. Sourced by run.

# Beside installed.sh, which loads it by name: some that use real devices.
BOOT_CASES=(healthy-unix incident1-full aio-killed reader-check)

# usage: make_tools MACHINE TREE
make_tools() {
	mkdir -p "$2/bin"
	in_root "$1" "$2" make -s -C /src/tests/tools BIN=/src/bin
}

# A tree for tests/vm/run in which nothing of nbddiag is built: insmod stands for modprobe.
# usage: make_tree MACHINE TREE
make_tree() {
	unpack "$2"
	git -C "$2" init -q
	make_tools "$1" "$2"
	cat >"$2/bin/insmod" <<-'END'
		#!/bin/sh
		# insmod FILE PARAMETER...: the installed module, by name.
		shift
		exec modprobe nbddiag "$@"
	END
	chmod +x "$2/bin/insmod"
}

# A cache in which the machine's disk is the copy. usage: make_cache MACHINE COPY CACHE
make_cache() {
	local path machine
	path=$(machine_path "$1")
	machine=$3/nbddiag/machines/$(basename "$path")
	mkdir -p "$machine"
	ln -s "$path"/{root,kver,vmlinuz,initrd.img} "$machine/"
	# shellcheck disable=SC2016 # for the inner shell
	enter "$2" "$WORK/empty" bash -euc '
		. "$1"
		umount -R "$2"/{proc,dev,tmp,src}
		make_disk "$2" "$3"
	' make_disk "$VM_DIR/recipe.sh" "$2/root" "$machine/disk.img"
}

# usage: boot MACHINE COPY HOW
boot() {
	local machine=$1 copy=$2 how=$3 dir=$WORK/boot-$1-$3
	mkdir -p "$dir"
	check "$machine/boot: a disk with what $how installed" make_cache "$machine" "$copy" "$dir/cache"
	[ "$CHECKED" = 0 ] || return 0
	check "$machine/boot: the tools" make_tree "$machine" "$dir/tree"
	[ "$CHECKED" = 0 ] || return 0
	# shellcheck source=tests/vm/qemu.sh
	NBDDIAG_ACCEL=${NBDDIAG_ACCEL:-$(. "$VM_DIR/qemu.sh" && accel)} XDG_CACHE_HOME=$dir/cache JOBS=1 \
		"$dir/tree/tests/vm/run" -n -m "$machine" "$dir/tree/tests/dkms/installed.sh" "${BOOT_CASES[@]}" 2>&1 </dev/null |
		sed -E "s#^((not )?ok) $machine/#\1 - $machine/boot after $how: #; s/^[0-9]+ passed/# &/" ||
		echo "not ok - $machine/boot after $how: not all of it works"
	rm -rf "$dir"
}
