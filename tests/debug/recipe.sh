# shellcheck shell=bash
# Machines whose kernel is compiled here, from Debian's source with everything that finds bugs: the root of
# another machine, and in it this kernel and its headers. Sourced by tests/vm/lib.sh, after recipe.sh.
# A change here, or in one of the *.config, makes these machines anew.

DEBUG_DIR=$TOP/tests/debug

# shellcheck disable=SC2034 # used by those who source this
COMPILED_MACHINES=(debug debug-newest kcsan)
OTHER_MACHINES+=("${COMPILED_MACHINES[@]}")

# linux-source is the source of what linux-image is in the same suite.
KERNEL_PACKAGES=(linux-source flex bison bc libelf-dev libssl-dev openssl dwarves xz-utils)

is_compiled() { [[ " ${COMPILED_MACHINES[*]} " == *" $1 "* ]]; }

# The machine whose root is taken, and whose suite the source is from.
compiled_base() {
	case $1 in
	debug-newest) echo backports ;;
	*) echo trixie ;;
	esac
}

# The settings of a machine. usage: compiled_config NAME
compiled_config() { cat "$DEBUG_DIR/kernel.config" "$DEBUG_DIR/${1%-newest}.config"; }

# All that such a kernel is made by, beside the base. usage: compiled_inputs NAME
compiled_inputs() {
	cat "$DEBUG_DIR/recipe.sh"
	compiled_config "$1"
}

# Settings that not every source has. Newer ones have no longer what nobody can switch off there (PROC_SYSCTL) or what is
# off by itself (the tests of CRYPTO_MANAGER), older ones do not note locks yet (DETECT_HUNG_TASK_BLOCKER).
ABSENT_SETTINGS='CONFIG_(PROC_SYSCTL|CRYPTO_MANAGER_DISABLE_TESTS|DETECT_HUNG_TASK_BLOCKER)'

# In a throw-away view of the base's root, with /src as the place for results. Every setting that was asked
# for must be there in the end: what a setting depends on changes from one source to the next. One that a source does not
# have is not even said to be off. usage: compile ABSENT-SETTINGS PACKAGE...
# shellcheck disable=SC2016
COMPILE='
	absent=$1
	shift
	apt-get -qq update
	apt-get -qq -y --no-install-recommends install "$@"
	mkdir /src/linux
	cd /src/linux
	tar --strip-components=1 -xf /usr/src/linux-source-*.tar.xz
	KCONFIG_ALLCONFIG=/src/config make -s allnoconfig
	lost=$(grep "^CONFIG_" /src/config | grep -v "=n$" | grep -vxFf .config | grep -vxE "$absent=y"
		grep -E "^# $absent is not set" .config) || true
	[ -z "$lost" ] || { echo "not to be had: $lost"; exit 1; }
	make -s -j"$(nproc)" bzImage modules
	kver=$(make -s kernelrelease)
	make -s modules_install INSTALL_MOD_PATH=/src/new INSTALL_MOD_STRIP=1 DEPMOD=true
	headers=/usr/src/linux-headers-$kver
	make -s run-command KBUILD_RUN_COMMAND="\$(srctree)/scripts/package/install-extmod-build /src/new$headers"
	cp .config "/src/new$headers/"
	ln -sfn "$headers" "/src/new/lib/modules/$kver/build"
	mkdir /src/new/boot
	cp arch/x86/boot/bzImage "/src/new/boot/vmlinuz-$kver"
'

# Puts the compiled kernel in the place of the base's. Both roots share the files that stay the same.
# usage: replace_kernel BASE-ROOT NEW ROOT
replace_kernel() {
	local base=$1 new=$2 root=$3 kver
	cp -a --link "$base" "$root"
	rm -rf "$root"/usr/lib/modules/* "${root:?}"/boot/* "$root"/usr/src/linux-*
	kver=$(basename "$new"/lib/modules/*)
	cp -a "$new/lib/modules/$kver" "$root/usr/lib/modules/"
	cp -a "$new/usr/src/." "$root/usr/src/"
	cp -a "$new/boot/." "$root/boot/"
	chroot "$root" depmod "$kver"
}

# Everything for one machine; the base must be there. usage: make_compiled_machine NAME DIR
make_compiled_machine() {
	local name=$1 dir=$2 base kver
	base=$(machine_path "$(compiled_base "$name")")/root
	mkdir -p "$dir/build/src"
	compiled_config "$name" >"$dir/build/src/config"
	in_copy "$dir/build" "$base" "$dir/build/src" "$COMPILE" compile \
		"$ABSENT_SETTINGS" "${KERNEL_PACKAGES[@]}"
	replace_kernel "$base" "$dir/build/src/new" "$dir/root"
	rm -rf "$dir/build"
	kver=$(basename "$dir"/root/lib/modules/*)
	echo "$kver" >"$dir/kver"
	cp "$dir/root/boot/vmlinuz-$kver" "$dir/vmlinuz"
	make_initrd "$dir/root" "$kver" "$dir/initrd.img"
	make_disk "$dir/root" "$dir/disk.img"
}
