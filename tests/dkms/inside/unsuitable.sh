#!/bin/bash
# Kernels that nbddiag cannot be built for: one whose configuration lacks what it needs is skipped, and its own
# installation goes on; one that has changed an interface fails with one line which names that.
# shellcheck source=tests/dkms/inside/lib.sh
. "$(dirname "$0")/lib.sh"

# As a package has it before any kernel is there.
add_to_dkms() {
	/src/new/packaging/dkms-install source "/usr/src/nbddiag-$VERSION"
	dkms add -m nbddiag -v "$VERSION"
}

check "dkms knows nbddiag" add_to_dkms

make_install() { make -C /src/new install "KVER=$KVER"; }

for option in CONFIG_DEBUG_FS CONFIG_AIO CONFIG_BLK_DEV_NBD; do
	break_config $option
	check "the kernel's postinst succeeds without $option" kernel_postinst
	# dkms 3.0 would fail here; so dkms.conf says it, and dkms is not asked.
	check_said "and says that it is skipped" "BUILD_EXCLUSIVE directive|nbddiag: not built for kernel $KVER, which lacks $option"
	check_eq "there is no module" "$(ls "/lib/modules/$KVER/updates" 2>/dev/null)" ""
	check_fails "dkms does not build it on request" dkms build -m nbddiag -v "$VERSION" -k "$KVER"
	check_said "and says why" 'BUILD_EXCLUSIVE directive'
	restore_config
done
break_config CONFIG_AIO
check_fails "make install for such a kernel fails" make_install
restore_config
check_said "and says that nothing is installed" 'not installed: version .* could not be built for kernel'
check_eq "and leaves nothing in dkms" "$(registered)" ""

check "dkms knows nbddiag" add_to_dkms
check "the kernel's postinst succeeds with all of them" kernel_postinst
check_eq "and there is a module" "$(module_field version)" "$VERSION"
check "it can be taken away" make -C /src/new uninstall

# Interfaces that a later kernel may have changed: their names are others there.
common=$(find /usr/src -maxdepth 1 -name 'linux-headers-*-common')
broken() {
	local file=$common/include/linux/$1 name=$2 interface=$3
	cp -p "$file" /tmp/whole
	sed -i "s/\\b$name\\b/${name}_of_tomorrow/g" "$file"
	check_fails "make install for a kernel without $name fails" make_install
	check_eq "and says so in one line" "$(grep -c "nbddiag: .* has no $interface that nbddiag knows" "$log")" 1
	cp -p /tmp/whole "$file"
}
if [ -e "$common/include/linux/device/class.h" ]; then
	broken device/class.h class_interface_register 'interface to watch a class of devices'
fi
if grep -q disk_openers "$common/include/linux/blkdev.h"; then
	broken blkdev.h disk_openers "count of a disk's openers"
fi
check_eq "nothing is left in dkms" "$(registered)" ""
check_eq "nothing is left in /usr/src" "$(ls -d /usr/src/nbddiag* 2>/dev/null)" ""
end
