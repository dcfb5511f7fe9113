#!/bin/bash
# The Debian packages, of an older version and of this one, both built here: install, upgrade, remove, purge.
# With the argument "keep" this version stays installed.
# shellcheck source=tests/dkms/inside/lib.sh
. "$(dirname "$0")/lib.sh"

# What a package has, as paths without a dot. usage: contents DEB
contents() { dpkg-deb --fsys-tarfile "$1" | tar -t | sed 's#^\.##'; }

debs() { ls /src/"$1"/dist/nbddiag{,-dkms}_"$2"_*.deb; }

check "make deb" make -C /src/new deb
check "make deb of an older version" make -C /src/old deb
mapfile -t new < <(debs new "$VERSION")
mapfile -t old < <(debs old "$OLD_VERSION")
contents /src/new/dist/nbddiag_"$VERSION"_*.deb >/tmp/contents
for document in CHANGELOG.md README.md docs/runbook.md docs/growth.svg; do
	check "the program's package has $document" grep -qx "/usr/share/doc/nbddiag/$document" /tmp/contents
done

for unit in nbddiag-changes.service nbddiag-metrics.service nbddiag-metrics.timer; do
	check "the program's package has $unit" grep -qE "^(/usr)?/lib/systemd/system/$unit$" /tmp/contents
done
for part in prometheus/nbddiag.rules.yml grafana/nbddiag.json sos/nbddiag.py drgn/nbddiag.py drgn/facts/tree.py; do
	check "the program's package has $part" grep -qx "/usr/share/nbddiag/$part" /tmp/contents
done

snapshot >/tmp/before
check "the older packages install" dpkg -i "${old[@]}"
check_eq "their module is in /lib/modules" "$(module_field version)" "$OLD_VERSION"
check_fails "make install refuses to get in their way" make -C /src/new install "KVER=$KVER"
check_said "and says so" 'the package nbddiag-dkms has installed'

check "the packages upgrade" dpkg -i "${new[@]}"
check_eq "the module is upgraded" "$(module_field version)" "$VERSION"
check_eq "dkms knows only this version" "$(registered | cut -d, -f1)" "$VERSION"
check_eq "the reader runs" "$(/usr/sbin/nbddiag -V)" "nbddiag $VERSION"
check_eq "the timer is off until somebody enables it" "$(find /etc/systemd -name 'nbddiag*')" ""
what_units_write
check "they remove" dpkg -r nbddiag nbddiag-dkms
check "the record of changes stays until purge" test -e /var/lib/nbddiag/changes
check_fails "metrics that nobody writes any more do not" test -e "$metrics"
check "they purge" dpkg -P nbddiag nbddiag-dkms
rmdir -p --ignore-fail-on-non-empty "${metrics%/*}"
snapshot >/tmp/after
check_same "purge leaves nothing behind" /tmp/before /tmp/after

break_config CONFIG_BLK_DEV_NBD
check "the packages install with a kernel that has no nbd" dpkg -i "${new[@]}"
check_said "and say that it is skipped" 'should not be built'
check_eq "there is no module for it" "$(ls "/lib/modules/$KVER/updates" 2>/dev/null)" ""
restore_config
check "they purge" dpkg -P nbddiag nbddiag-dkms

[ "${1:-}" != keep ] || check "the packages install, to stay" dpkg -i "${new[@]}"
end
