# shellcheck shell=bash
# What the scripts in this folder share. They run in a throw-away copy of a machine's root, where /src has the
# unpacked tarballs: new and old are this version and an older one. Sourced, never run.

set -uo pipefail

# The kernels that are installed.
kernels() { find /lib/modules -mindepth 1 -maxdepth 1 -name '[0-9]*' -printf '%f\n'; }

KVER=$(kernels | head -n 1)
HEADERS=$(readlink -f "/lib/modules/$KVER/build")
VERSION=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' /src/new/dkms.conf)
OLD_VERSION=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' /src/old/dkms.conf)
export KVER HEADERS VERSION OLD_VERSION
log=/tmp/log

ok() { echo "ok - $*"; }

not_ok() {
	echo "not ok - $*"
	tail -n 25 "$log" | sed 's/^/#   /'
}

# Runs a command, its output in $log. usage: check TEXT COMMAND...
check() {
	local text=$1
	shift
	if "$@" >"$log" 2>&1 </dev/null; then ok "$text"; else not_ok "$text"; fi
}

check_fails() {
	local text=$1
	shift
	if "$@" >"$log" 2>&1 </dev/null; then not_ok "$text: succeeded"; else ok "$text"; fi
}

# The last command's output has (no) such line.
check_said() {
	if grep -Eq -- "$2" "$log"; then ok "$1"; else not_ok "$1: no '$2'"; fi
}

check_same() {
	if diff "$2" "$3" >"$log" 2>&1; then ok "$1"; else not_ok "$1"; fi
}

check_eq() {
	if [ "$2" = "$3" ]; then ok "$1"; else echo "got '$2', want '$3'" >"$log"; not_ok "$1"; fi
}

# All files with type, mode, owner and content. Left out: what packages and logs write about themselves, and the
# key that dkms makes when it first builds any module at all.
every_file() {
	find / -xdev '(' -path /proc -o -path /sys -o -path /dev -o -path /src -o -path /tmp -o -path /run \
		-o -path /var/log -o -path /var/cache -o -path /root ')' -prune -o \
		! -path '/var/lib/dpkg/*' ! -path '/var/lib/apt/*' ! -path '/var/lib/dkms/mok.*' \
		! -path /etc/ld.so.cache "$@"
}

snapshot() {
	every_file -printf '%y %m %U:%G %l %p\n' | sort -k 5
	every_file -type f -print0 | sort -z | xargs -0 sha256sum
	dpkg-query -W -f '${Package} ${Version} ${db:Status-Status}\n'
}

# As if the units had run beside a node_exporter, whose the directory is.
metrics=/var/lib/prometheus/node-exporter/nbddiag.prom
what_units_write() {
	mkdir -p /var/lib/nbddiag "${metrics%/*}"
	touch /var/lib/nbddiag/changes "$metrics" "$metrics.new"
}

# The last line of a script: without it, it broke off.
end() { echo "# end"; }

# The module in /lib/modules of a kernel. usage: module_field FIELD [KVER]
module_field() { modinfo -k "${2:-$KVER}" -F "$1" nbddiag 2>&1; }

registered() { dkms status -m nbddiag 2>/dev/null | sed -E 's/^nbddiag(, |\/)//' | sort; }

# Takes an option out of the kernel's configuration, as its headers tell it; restore_config puts it back.
break_config() {
	local file
	for file in "$HEADERS/.config" "$HEADERS/include/config/auto.conf"; do
		[ -e "$file" ] || continue
		cp -p "$file" "$file.whole"
		sed -i "/^$1=/d" "$file"
	done
}

restore_config() {
	local file
	for file in "$HEADERS/.config" "$HEADERS/include/config/auto.conf"; do
		[ ! -e "$file.whole" ] || mv "$file.whole" "$file"
	done
}

# What dpkg runs when the kernel has been unpacked.
kernel_postinst() { "/var/lib/dpkg/info/linux-image-$KVER.postinst" configure; }
