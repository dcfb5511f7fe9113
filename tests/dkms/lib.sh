# shellcheck shell=bash
# Throw-away copies of the machines' roots, to install into; and how a check is reported.
# Sourced by run and run-all, never run. What runs inside a copy is in inside/.

DKMS_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/vm/lib.sh
. "$DKMS_DIR/../vm/lib.sh"

VERSION=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$TOP/dkms.conf")

# What a machine lacks of what packages are built and modules signed with.
layer_packages() {
	echo build-essential debhelper openssl
	[ "$1" = bullseye ] || echo dh-dkms
}

# A check is a command that succeeds; what it printed is shown when it does not. Sets CHECKED to its status.
# In the background, and not for use in a condition itself, because there "set -e" has no effect.
# usage: check TEXT COMMAND...
check() {
	local text=$1 log
	shift
	CHECKED=0
	log=$(mktemp "$WORK/check.XXXX")
	"$@" >"$log" 2>&1 </dev/null &
	wait $! || CHECKED=$?
	if [ "$CHECKED" = 0 ]; then
		echo "ok - $text"
	else
		echo "not ok - $text (status $CHECKED)"
		tail -n 30 "$log" | sed 's/^/#   /'
	fi
}

# --- copies -------------------------------------------------------------------------------------

# Makes a directory COPY that enter can show as a root over LOWER, and later again as it was left.
# usage: new_copy COPY LOWER
new_copy() {
	mkdir -p "$1"/{upper,work,root}
	echo "$2" >"$1/lower"
}

# Runs a command of the host where COPY/root is there, and SRC in it as /src; nobody else sees the mounts.
# usage: enter COPY SRC COMMAND...
enter() {
	# shellcheck disable=SC2016
	unshare --mount --propagation private bash -euc '
		copy=$1 src=$2
		shift 2
		options=lowerdir=$(<"$copy/lower"),upperdir=$copy/upper,workdir=$copy/work
		mount -t overlay overlay -o "$options" "$copy/root"
		mount --bind "$src" "$copy/root/src"
		mount -t proc proc "$copy/root/proc"
		mount --rbind /dev "$copy/root/dev"
		mount -t tmpfs tmpfs "$copy/root/tmp"
		exec "$@"
	' enter "$@"
}

# The same, but the command is one of the copy's own. usage: in_copy COPY SRC COMMAND...
in_copy() {
	local copy=$1 src=$2
	shift 2
	enter "$copy" "$src" chroot "$copy/root" env -i PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin \
		HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

# Installs packages in a copy, from where the machine itself came from.
# usage: apt_in_copy COPY COMMAND... (of apt-get)
apt_in_copy() {
	local copy=$1 key value options=()
	shift
	for key in Acquire::http::Proxy Acquire::https::Proxy; do
		value=$(apt-config dump --format '%v%n' "$key" 2>/dev/null | head -n 1)
		[ -z "$value" ] || options+=(-o "$key=$value")
	done
	mkdir -p "$copy/upper/etc"
	cp -L /etc/resolv.conf /etc/hosts "$copy/upper/etc/"
	in_copy "$copy" "$WORK/empty" apt-get -q -y -o Acquire::Check-Valid-Until=false -o APT::Sandbox::User=root \
		-o Acquire::Retries=3 "${options[@]}" "$@"
}

# Makes the layer of a machine: its root with the packages above, kept in the cache. Sets LOWER to what a
# copy of it lies over. usage: need_layer MACHINE
need_layer() {
	local root layer new hash
	"$VM_DIR/machine" build "$1"
	root=$(machine_path "$1")
	hash=$(sha256sum "$DKMS_DIR/lib.sh" | cut -c1-12)
	layer=$CACHE/dkms/$(basename "$root")-$hash
	new=$CACHE/dkms/.$1.new
	mkdir -p "$CACHE/dkms"
	exec 9>"$CACHE/dkms/.$1.lock"
	flock 9
	if [ ! -d "$layer" ]; then
		say "$1: adding what packages are built with"
		rm -rf "$new"
		new_copy "$new" "$root/root"
		# shellcheck disable=SC2046 # one word a package
		{
			apt_in_copy "$new" update &&
				apt_in_copy "$new" install --no-install-recommends $(layer_packages "$1")
		} >"$WORK/layer-$1.log" 2>&1 || { tail -n 20 "$WORK/layer-$1.log"; die "$1: no packages"; }
		rm -rf "$new/upper/var/cache/apt" "$new/upper/var/lib/apt/lists"
		mv "$new" "$layer"
		find "$CACHE/dkms" -maxdepth 1 -name "$1-*" ! -path "$layer" -mmin +1440 -exec rm -rf {} +
	fi
	touch "$layer"
	exec 9>&-
	# shellcheck disable=SC2034 # for the callers
	LOWER=$layer/upper:$root/root
}

# --- sources ------------------------------------------------------------------------------------

# The tree as a user gets it, unpacked from "make dist", once per use: builds leave files in it.
# usage: unpack DIR
unpack() {
	mkdir -p "$1"
	tar -xJmf "$WORK/nbddiag-$VERSION.tar.xz" --strip-components=1 -C "$1"
}

# The same as version 0.0.9. What its module did nobody asks, so it has none of the objects and is built in a moment.
# usage: unpack_old DIR
unpack_old() {
	unpack "$1"
	sed -i "s/$VERSION/0.0.9/" "$1/dkms.conf" "$1/debian/changelog" "$1/packaging/nbddiag.spec"
	printf '%s\n' 'obj-m := nbddiag.o' 'nbddiag-y := module/main.o' >"$1/Kbuild"
	cat >"$1/module/main.c" <<-END
		#include <linux/module.h>
		MODULE_DESCRIPTION("nbddiag of before");
		MODULE_LICENSE("GPL");
		MODULE_VERSION("0.0.9");
	END
}

# "make dist" of the tree as it is, with files that are not yet committed. A clone of its own is dealt with by
# tests of dist itself. usage: make_tarball
make_tarball() {
	local tree=$WORK/tree
	mkdir -p "$tree"
	(cd "$TOP" && git ls-files -z -co --exclude-standard | while IFS= read -r -d '' file; do
		[ ! -e "$file" ] && [ ! -L "$file" ] || printf '%s\0' "$file"
	done | tee "$WORK/names" | xargs -0r cp --parents -P -t "$tree")
	tr '\0' '\n' <"$WORK/names" | grep -vx MANIFEST >"$tree/MANIFEST"
	make -s -C "$tree" dist && cp "$tree/dist/nbddiag-$VERSION.tar.xz" "$WORK/"
}

# A directory for everything that a run needs; on a disk, since roots go into it.
start_work() {
	mkdir -p "$CACHE/dkms"
	WORK=$(mktemp -d "$CACHE/dkms/.run.XXXX")
	mkdir "$WORK/empty"
	trap 'rm -rf "$WORK"' EXIT
	trap 'exit 130' INT TERM
}
