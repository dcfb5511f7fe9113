# shellcheck shell=bash
# What the machines are made of. A machine is a Debian suite's kernel with the headers, compiler and
# tools that belong to it: a root directory (to build in), a disk image of it (to boot), and an initrd.
# Sourced by lib.sh. A change here, or in initrd-init, makes every machine anew.

# shellcheck disable=SC2034 # used by those who source this
MACHINES=(bullseye bookworm trixie backports)

# Not among those that "make test" boots: each suite's -rt kernel, and arm64. In cross-arm64 one can only build.
# shellcheck disable=SC2034
OTHER_MACHINES=("${MACHINES[@]/%/-rt}" arm64 cross-arm64)

# Of a suite's kernels: "rt", or nothing for its usual one. usage: machine_flavour NAME
machine_flavour() { [ "${1%-rt}" = "$1" ] || echo rt; }

# The suites a machine takes its packages from; the last one is preferred.
machine_suites() {
	case $1 in
	backports | backports-rt) echo trixie trixie-backports ;;
	arm64 | cross-arm64) echo trixie ;;
	*) echo "${1%-rt}" ;;
	esac
}

# The architecture of its kernel.
machine_arch() {
	case $1 in
	arm64 | cross-arm64) echo arm64 ;;
	*) echo amd64 ;;
	esac
}

# The machine in whose root a machine's module and programs are built. To compile in a root of another
# architecture would take far too long.
machine_builder() {
	case $1 in
	arm64) echo cross-arm64 ;;
	*) echo "$1" ;;
	esac
}

# The architectures that a root has packages of; its own is the first one.
root_architectures() {
	case $1 in
	arm64) echo arm64 ;;
	cross-arm64) echo amd64,arm64 ;;
	*) echo amd64 ;;
	esac
}

BUILD_PACKAGES=(
	gcc libc6-dev make pkg-config                   # the suite's own compiler
	libsmartcols-dev libmount-dev libarchive-dev libnl-genl-3-dev libsystemd-dev # what the reader is built with
	sparse                                          # and checker
	libaio-dev liburing-dev                         # what test programs use AIO and io_uring with
	dkms
)
GUEST_PACKAGES=(
	kmod initramfs-tools busybox-static cpio
	nbd-client nbd-server qemu-utils nbdkit         # servers and clients
	fio e2fsprogs xfsprogs dmsetup mdadm util-linux # users of a device
	tgt open-iscsi multipath-tools                  # a disk from afar, by several paths
	procps psmisc lsof strace iproute2 jq           # other ways to the truth
)
CROSS_PACKAGES=(
	gcc-aarch64-linux-gnu libc6-dev:arm64 make pkgconf:arm64 sparse
	libsmartcols-dev:arm64 libmount-dev:arm64 libarchive-dev:arm64 libnl-genl-3-dev:arm64 libsystemd-dev:arm64
	libaio-dev:arm64 liburing-dev:arm64
)

# What the programs need that were built elsewhere.
FOREIGN_PACKAGES=(libsmartcols1 libmount1 libarchive13t64 libnl-genl-3-200 libsystemd0 libaio1t64 liburing2)

# The kernel, what modules are built with, and the rest.
machine_packages() {
	local flavour
	flavour=$(machine_flavour "$1")
	case $1 in
	arm64) echo linux-image-arm64 "${GUEST_PACKAGES[@]}" "${FOREIGN_PACKAGES[@]}" ;;
	cross-arm64) echo "${CROSS_PACKAGES[@]}" ;;
	*) echo linux-{image,headers}-${flavour:+"$flavour-"}amd64 "${BUILD_PACKAGES[@]}" "${GUEST_PACKAGES[@]}" ;;
	esac
}

# The headers of another architecture's kernel depend on a compiler that runs there. So they are only
# unpacked, beside this architecture's build programs.
# shellcheck disable=SC2016
CROSS_HEADERS='
	cd /tmp
	meta=linux-headers-arm64:arm64
	headers=$(apt-cache depends "$meta" | sed -n "s/.*Depends: \(linux-headers-[^ ]*\)$/\1/p")
	version=${headers%-arm64:arm64}
	version=${version#linux-headers-}
	apt-get install -y "linux-kbuild-$version" "linux-headers-$version-common"
	apt-get download -o APT::Sandbox::User=root "$headers"
	dpkg-deb -x linux-headers-*.deb /
	rm linux-headers-*.deb
'

# nbd's source as the machine's kernel was built from: cases with another form of its structures are made of it.
# shellcheck disable=SC2016
NBD_SOURCE='
	mkdir -p /usr/src/nbd
	cd /usr/src/nbd
	package=$(apt-cache depends linux-source | sed -n "s/.*Depends: \(linux-source-[^ ]*\)$/\1/p")
	apt-get download -o APT::Sandbox::User=root "$package"
	dpkg-deb --fsys-tarfile linux-source-*.deb | tar -xO --wildcards "./usr/src/linux-source-*.tar.xz" |
		tar -xJ --occurrence=1 --wildcards --strip-components=3 "*/drivers/block/nbd.c" 2>/dev/null || :
	rm linux-source-*.deb
	test -s nbd.c
'

# Left out because no test needs it and unpacking it costs time. (The initrd is made by make_initrd.)
MACHINE_EXCLUDES=(
	'/usr/share/doc/*' '/usr/share/man/*' '/usr/share/locale/*' '/usr/share/info/*'
	'*/modules/*/kernel/drivers/gpu/*' '*/modules/*/kernel/drivers/media/*'
	'*/modules/*/kernel/drivers/net/ethernet/*' '*/modules/*/kernel/drivers/net/wireless/*'
	'*/modules/*/kernel/drivers/infiniband/*' '*/modules/*/kernel/sound/*'
	'/etc/kernel/postinst.d/initramfs-tools'
)

# What the kernel needs to reach its disk and the host's directories.
INITRD_MODULES=(virtio_pci virtio_blk crc32c ext4 9pnet_virtio 9p)

# Lets this host run programs of arm64, which are in packages' scripts, by emulation.
run_foreign_programs() {
	local binfmt=/proc/sys/fs/binfmt_misc
	[ -e $binfmt/register ] || mount -t binfmt_misc binfmt_misc $binfmt
	[ -e $binfmt/qemu-aarch64 ] || update-binfmts --enable qemu-aarch64
}

# usage: make_root NAME ROOT MMDEBSTRAP-OPTION... SUITE SOURCE...
make_root() {
	local name=$1 root=$2 pattern packages options=()
	shift 2
	while [[ $1 = --* ]]; do
		options+=("$1")
		shift
	done
	for pattern in "${MACHINE_EXCLUDES[@]}"; do
		options+=("--dpkgopt=path-exclude=$pattern")
	done
	case $name in
	arm64) run_foreign_programs ;;
	cross-arm64) options+=("--customize-hook=chroot \"\$1\" sh -euxc '$CROSS_HEADERS'") ;;
	*) options+=("--customize-hook=chroot \"\$1\" sh -euxc '$NBD_SOURCE'") ;;
	esac
	packages=$(machine_packages "$name")
	mmdebstrap --mode=root --variant=minbase --include="${packages// /,}" \
		--architectures="$(root_architectures "$name")" "${options[@]}" "$1" "$root" "${@:2}"
	mkdir -p "$root/src" "$root/nbddiag" "$root/out"
}

# An initrd with busybox, the modules above in the order they are to be loaded, and initrd-init.
# usage: make_initrd ROOT KVER INITRD
make_initrd() {
	local root=$1 kver=$2 initrd=$3 tree module verb file target n=100
	tree=$root/tmp/initrd
	mkdir -p "$tree"/{bin,modules,proc,dev,root}
	cp "$VM_DIR/initrd-init" "$tree/init"
	chmod 755 "$tree/init"
	cp "$root/bin/busybox" "$tree/bin/busybox"
	for module in "${INITRD_MODULES[@]}"; do
		chroot "$root" modprobe --set-version "$kver" --show-depends "$module" 2>/dev/null || :
	done >"$root/tmp/depends"
	while read -r verb file _; do
		[ "$verb" = insmod ] || continue
		target=$(basename "$file")
		target=${target%.xz}
		compgen -G "$tree/modules/*-$target" >/dev/null && continue
		n=$((n + 1))
		case $file in
		*.xz) xz -dc "$root$file" >"$tree/modules/$n-$target" ;;
		*) cp "$root$file" "$tree/modules/$n-$target" ;;
		esac
	done <"$root/tmp/depends"
	compgen -G "$tree/modules/*-virtio_blk.ko" >/dev/null || { echo "no virtio_blk module" >&2; return 1; }
	chroot "$root" sh -c 'cd /tmp/initrd && find . | cpio --quiet -o -H newc' >"$initrd"
	rm -rf "$tree" "$root/tmp/depends"
}

# usage: make_disk ROOT IMAGE
make_disk() {
	truncate -s 6G "$2"
	mke2fs -q -t ext4 -O ^has_journal -E lazy_itable_init=1 -d "$1" "$2"
}

# Everything for one machine. usage: make_machine NAME DIR MMDEBSTRAP-OPTION... SUITE SOURCE...
make_machine() {
	local name=$1 dir=$2 kver
	shift 2
	make_root "$name" "$dir/root" "$@"
	# Exactly one kernel must be there, and its headers; else the suite has changed its ways.
	kver=$(basename "$dir"/root/lib/modules/*)
	if [ "$(machine_builder "$name")" = "$name" ]; then
		chroot "$dir/root" test -e "/lib/modules/$kver/build/Makefile" || {
			echo "$name: no headers for kernel '$kver'" >&2
			return 1
		}
	fi
	echo "$kver" >"$dir/kver"
	[ "$name" != cross-arm64 ] || return 0
	cp "$dir/root/boot/vmlinuz-$kver" "$dir/vmlinuz"
	make_initrd "$dir/root" "$kver" "$dir/initrd.img"
	make_disk "$dir/root" "$dir/disk.img"
}
