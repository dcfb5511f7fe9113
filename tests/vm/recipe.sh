# shellcheck shell=bash
# What the machines are made of. A machine is a Debian suite's kernel with the headers, compiler and
# tools that belong to it: a root directory (to build in), a disk image of it (to boot), and an initrd.
# Sourced by lib.sh. A change here, or in initrd-init, makes every machine anew.

# shellcheck disable=SC2034 # used by those who source this
MACHINES=(bullseye bookworm trixie backports)

# The suites a machine takes its packages from; the last one is preferred.
machine_suites() {
	case $1 in
	backports) echo trixie trixie-backports ;;
	*) echo "$1" ;;
	esac
}

MACHINE_PACKAGES=(
	linux-image-amd64 linux-headers-amd64           # the kernel and what modules are built with
	gcc libc6-dev make pkg-config                   # the suite's own compiler
	libsmartcols-dev libarchive-dev libnl-genl-3-dev # what the reader is built with
	sparse                                          # and checker
	libaio-dev                                      # what test programs use AIO with
	dkms kmod initramfs-tools busybox-static cpio
	nbd-client nbd-server qemu-utils nbdkit         # servers and clients
	fio e2fsprogs dmsetup util-linux                # users of a device
	procps psmisc lsof strace iproute2 jq           # other ways to the truth
)

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

# usage: make_root NAME MIRROR ROOT [MMDEBSTRAP-OPTION...]
make_root() {
	local name=$1 mirror=$2 root=$3 suites suite pattern packages options=() sources=()
	shift 3
	read -ra suites <<<"$(machine_suites "$name")"
	for suite in "${suites[@]}"; do
		sources+=("deb $mirror $suite main")
	done
	for pattern in "${MACHINE_EXCLUDES[@]}"; do
		options+=("--dpkgopt=path-exclude=$pattern")
	done
	packages=$(IFS=,; echo "${MACHINE_PACKAGES[*]}")
	mmdebstrap --mode=root --variant=minbase --include="$packages" \
		--aptopt='Acquire::Check-Valid-Until "false"' \
		--aptopt="APT::Default-Release \"${suites[-1]}\"" \
		"${options[@]}" "$@" "${suites[0]}" "$root" "${sources[@]}"
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

# Everything for one machine. usage: make_machine NAME MIRROR DIR [MMDEBSTRAP-OPTION...]
make_machine() {
	local name=$1 mirror=$2 dir=$3 kver
	shift 3
	make_root "$name" "$mirror" "$dir/root" "$@"
	# Exactly one kernel must be there, and its headers; else the suite has changed its ways.
	kver=$(basename "$dir"/root/lib/modules/*)
	chroot "$dir/root" test -e "/lib/modules/$kver/build/Makefile" || {
		echo "$name: no headers for kernel '$kver'" >&2
		return 1
	}
	echo "$kver" >"$dir/kver"
	cp "$dir/root/boot/vmlinuz-$kver" "$dir/vmlinuz"
	make_initrd "$dir/root" "$kver" "$dir/initrd.img"
	make_disk "$dir/root" "$dir/disk.img"
}
