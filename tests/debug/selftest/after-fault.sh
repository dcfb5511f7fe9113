#!/bin/bash
# desc: a case after one whose report turned lockdep off: it has a guest of its own to begin in
# timeout: 20
. tests/vm/guest-lib.sh

check "lockdep is on" grep -q 'debug_locks: *1' /proc/lockdep_stats
