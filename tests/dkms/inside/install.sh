#!/bin/bash
# "make install" and "make uninstall": an older version first, then this one over it, then once more; and what is
# said when something is missing. With the argument "keep" this version stays installed.
# shellcheck source=tests/dkms/inside/lib.sh
. "$(dirname "$0")/lib.sh"

install=(make -C /src/new install "KVER=$KVER")

without_dkms() {
	local status
	mv /usr/sbin/dkms /tmp/dkms
	"$@"
	status=$?
	mv /tmp/dkms /usr/sbin/dkms
	return "$status"
}

snapshot >/tmp/before

check_fails "make install without headers fails" make -C /src/new install KVER=9.9.9-none
check_said "and says so" 'nbddiag: the headers of kernel 9.9.9-none are missing: install linux-headers-9.9.9-none'
check_fails "make install without dkms fails" without_dkms "${install[@]}"
check_said "and says so" 'nbddiag: dkms is missing'
check_fails "make install without libraries fails" "${install[@]}" PKG_CONFIG=false
check_said "and says so" 'nbddiag: the reader needs pkg-config, libsmartcols-dev, '
snapshot >/tmp/after
check_same "what failed has left nothing" /tmp/before /tmp/after

check "make install of an older version" make -C /src/old install "KVER=$KVER"
check_eq "its module is in /lib/modules" "$(module_field version)" "$OLD_VERSION"

break_config CONFIG_AIO
check_fails "make install over it fails where this version cannot be built" "${install[@]}"
restore_config
check_eq "the older module stays" "$(module_field version)" "$OLD_VERSION"
check_eq "and dkms knows only that" "$(registered | cut -d, -f1)" "$OLD_VERSION"

check "make install over the older version" "${install[@]}"
check_eq "this module is in /lib/modules" "$(module_field version)" "$VERSION"
check_eq "dkms knows only this version" "$(registered | cut -d, -f1)" "$VERSION"
check_eq "/usr/src has only this version" "$(cd /usr/src && echo nbddiag-*)" "nbddiag-$VERSION"
check_eq "/usr/src has what the build needs" "$(cd "/usr/src/nbddiag-$VERSION" && echo *)" "Kbuild dkms.conf module"
check_eq "the reader runs" "$(nbddiag -V)" "nbddiag $VERSION"
check "the reader is in sbin" test -x /usr/local/sbin/nbddiag
check "its manual page" test -s /usr/local/share/man/man8/nbddiag.8
check "the module's manual page" test -s /usr/local/share/man/man4/nbddiag.4
check "the completion" test -s /usr/local/share/bash-completion/completions/nbddiag
check "the example for modprobe" test -s /etc/modprobe.d/nbddiag.conf
check_eq "nothing loads it by itself" "$(modinfo -k "$KVER" -F alias nbddiag)" ""
if [ -e /var/lib/dkms/mok.pub ]; then
	check_eq "it is signed by dkms's key" "$(module_field signer)" "DKMS module signing key"
fi

# A configuration is not overwritten, and not taken away; a source that was taken away does no harm.
rm -r "/usr/src/nbddiag-$VERSION"
sed -i 's/^#options/options/' /etc/modprobe.d/nbddiag.conf
check "make install again" "${install[@]}"
check_eq "the module is still there" "$(module_field version)" "$VERSION"
check "the administrator's options too" grep -q '^options nbddiag allow_cleanup=1' /etc/modprobe.d/nbddiag.conf
what_units_write
check "make uninstall" make -C /src/new uninstall
check_said "says what it keeps" 'modprobe.d/nbddiag.conf is kept'
rm -f /etc/modprobe.d/nbddiag.conf

rmdir -p --ignore-fail-on-non-empty "${metrics%/*}"
rmdir --ignore-fail-on-non-empty /usr/local/share/bash-completion/completions /usr/local/share/bash-completion \
	/usr/local/share/man/man8 /usr/local/share/man/man4 2>/dev/null
snapshot >/tmp/after
check_same "make uninstall leaves nothing behind" /tmp/before /tmp/after
check_eq "nothing is left in dkms" "$(registered)" ""

[ "${1:-}" != keep ] || check "make install, to stay" "${install[@]}"
end
