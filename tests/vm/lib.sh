# shellcheck shell=bash
# What the scripts of the test-bed share: where things are, how to speak, how to find a machine.
# Sourced, never run.

set -euo pipefail

VM_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034 # used by those who source this
TOP=$(cd "$VM_DIR/../.." && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/nbddiag

# shellcheck source=tests/vm/recipe.sh
. "$VM_DIR/recipe.sh"
# shellcheck source=tests/debug/recipe.sh
. "$TOP/tests/debug/recipe.sh"

say() { printf '# %s\n' "$*"; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

is_machine() {
	local name
	for name in "${MACHINES[@]}" "${OTHER_MACHINES[@]}"; do
		[ "$name" = "$1" ] && return 0
	done
	return 1
}

need_machine_name() {
	is_machine "${1:-}" || die "no machine '${1:-}'; there are: ${MACHINES[*]} ${OTHER_MACHINES[*]}"
}

# The directory of a machine: its name and a hash of all that it is made by, so that a changed recipe
# never meets an old machine.
machine_path() {
	local hash
	hash=$({
		cat "$VM_DIR/recipe.sh" "$VM_DIR/initrd-init"
		! is_compiled "$1" || compiled_inputs "$1"
	} | sha256sum | cut -c1-12)
	echo "$CACHE/machines/$1-$hash"
}

machine_is_built() { [ -d "$(machine_path "$1")" ]; }

machine_kver() { cat "$(machine_path "$1")/kver"; }

# Runs a function in a chroot-like view of a machine's root that nobody else sees: the root itself is
# read-only, /tmp is empty, and DIR appears as /src. The mounts vanish with the process.
# usage: in_root NAME DIR COMMAND...
in_root() { in_view "$(machine_path "$1")/root" "${@:2}"; }

# The same of any root. usage: in_view ROOT DIR COMMAND...
in_view() {
	# shellcheck disable=SC2016
	unshare --mount --propagation private bash -euc '
		root=$1 dir=$2
		shift 2
		mount --bind "$root" "$root"
		mount --bind "$dir" "$root/src"
		mount -t proc proc "$root/proc"
		mount --rbind /dev "$root/dev"
		mount -t tmpfs tmpfs "$root/tmp"
		mount -o remount,bind,ro "$root"
		exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C.UTF-8 chroot "$root" "$@"
	' in_view "$@"
}

# Runs a script in a copy of a root that may be written to, and packages installed in. What it writes there is
# kept in WORK, to be thrown away; DIR is seen as /src.
# usage: in_copy WORK ROOT DIR SCRIPT NAME [ARGUMENT...]
in_copy() {
	# shellcheck disable=SC2016
	unshare --mount --propagation private bash -euc '
		work=$1 lower=$2 src=$3
		shift 3
		mkdir -p "$work"/{upper,work,root}
		mount -t overlay overlay \
			-o "lowerdir=$lower,upperdir=$work/upper,workdir=$work/work" "$work/root"
		mount --bind "$src" "$work/root/src"
		mount -t proc proc "$work/root/proc"
		mount --rbind /dev "$work/root/dev"
		cp /etc/resolv.conf "$work/root/etc/"
		exec chroot "$work/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
			DEBIAN_FRONTEND=noninteractive bash -euc "$@"
	' in_copy "$@"
}

# --- builds -------------------------------------------------------------------------------------

# A compiler's or modpost's warning is an error; that the kernel was built by another point release of the
# compiler is none. usage: refuse_warnings LOG
refuse_warnings() {
	if grep -i 'warning:' "$1" | grep -v 'the compiler differs'; then
		echo "(warnings are errors)"
		return 1
	fi
}

# With "C=2" sparse looks at every file. Debian's headers of 7.2 lack a script which that needs; machines with
# a compiled kernel find what their base finds.
# usage: sparse_option MACHINE
sparse_option() {
	[ "${1%-rt}" = backports ] || is_compiled "$1" || echo C=2
}
