# shellcheck shell=bash
# Builds the module's objects for a kernel that Debian 13 has neither built nor headers of, but a compiler and the source:
# that is prepared as far as modules need it. Only the objects can be judged; nothing runs. Sourced after vm/lib.sh.

# No vmlinux is built, so that modpost knows no symbol: those that it misses are no news.
# usage: objects ARCH TRIPLET [SETTING...]
# shellcheck disable=SC2016
BUILD='
	arch=$1 triplet=$2
	shift 2
	apt-get -qq update
	apt-get -qq -y --no-install-recommends install "gcc-14-$triplet" "binutils-$triplet" \
		linux-source-6.12 bc flex bison libelf-dev libssl-dev xz-utils >/src/install.log 2>&1
	tar -xf /usr/src/linux-source-6.12.tar.xz -C /usr/src
	cd /usr/src/linux-source-6.12
	kernel() { make ARCH="$arch" CROSS_COMPILE="$triplet-" CC="$triplet-gcc-14" "$@"; }
	kernel defconfig >/dev/null
	for setting; do
		scripts/config -e "$setting"
	done
	kernel olddefconfig >/dev/null
	for setting; do
		grep -qx "CONFIG_$setting=y" .config || { echo "not to be had: $setting"; exit 1; }
	done
	kernel -j"$(nproc)" modules_prepare >/src/prepare.log 2>&1
	touch Module.symvers
	kernel KBUILD_MODPOST_WARN=1 M=/src W=1 modules >/src/build.log 2>&1
'

# Says "ok NAME: the objects", or not ok, and why. MACHINE is as readelf names it, SETTING one of the kernel's
# configuration that is to be on. usage: build_objects NAME ARCH TRIPLET MACHINE [SETTING...]
build_objects() {
	local name=$1 arch=$2 triplet=$3 machine=$4 work status=0
	shift 4
	work=$(mktemp -d)
	mkdir "$work/src"
	cp -r "$TOP"/{Kbuild,dkms.conf,module} "$work/src/"
	"$VM_DIR/machine" build trixie
	in_copy "$work/trixie" "$(machine_path trixie)/root" "$work/src" "$BUILD" objects "$arch" "$triplet" "$@" &
	wait $! || status=1
	if [ "$status" = 0 ]; then
		sed -i '/WARNING: modpost: .* undefined!$/d; /WARNING: modpost: suppressed/d' "$work/src/build.log"
		refuse_warnings "$work/src/build.log" &&
			readelf -h "$work/src/nbddiag.ko" | grep -q "Machine: *$machine" || status=1
	fi
	if [ "$status" = 0 ]; then
		echo "ok $name: the objects"
	else
		tail -n 20 "$work"/src/*.log
		echo "not ok $name: the objects"
	fi
	rm -rf "$work"
	return "$status"
}
