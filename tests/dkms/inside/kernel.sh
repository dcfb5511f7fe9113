#!/bin/bash
# After a second kernel was installed by apt while nbddiag was there: dkms's own hook has built the module for it.
# usage: kernel.sh FIRST-KVER
# shellcheck source=tests/dkms/inside/lib.sh
. "$(dirname "$0")/lib.sh"

second=$(kernels | grep -vxF "$1")
check_eq "there is one second kernel" "$(wc -w <<<"$second")" 1
check "it is configured" bash -c "dpkg-query -W -f '\${db:Status-Status}\n' linux-image-$second | grep -qx installed"
check_eq "the second kernel, $second, has the module" "$(module_field version "$second")" "$VERSION"
check_eq "built for it" "$(module_field vermagic "$second" | cut -d' ' -f1)" "$second"
check_eq "the first still has its own" "$(module_field vermagic "$1" | cut -d' ' -f1)" "$1"
check "the second kernel can be purged" dpkg -P --force-depends "linux-image-$second" "linux-headers-$second"
check_eq "the module goes with it" "$(ls -d "/lib/modules/$second/updates" 2>/dev/null)" ""
check "and the first one's stays" test -n "$(module_field version "$1")"
end
