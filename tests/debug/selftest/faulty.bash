# shellcheck shell=bash
# What the cases share that each load a faulty module: all of them pass, but for what the kernel reports.
. tests/vm/guest-lib.sh

# usage: commit FAULT
commit() {
	check "insmod: $1" insmod /nbddiag/tests/debug/selftest/nbddiag_faulty.ko fault="$1"
	check "rmmod" rmmod nbddiag_faulty
}
