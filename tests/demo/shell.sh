#!/bin/bash
# desc: makes all three incidents, for make demo-shell
# timeout: 120
# own-vm: yes
# expect-kmsg: blocked for more than|Call Trace
. tests/demo/demo.bash

load_nbd max_part=0 nbds_max=102
wedge_device
kill_guest
lock_guest
insmod /nbddiag/nbddiag.ko allow_cleanup=1
# The prompt is on the console.
dmesg -n 1
# Nobody looks at the checks, but when this runs as a case.
check "nbd101 is wedged" grep -q '^state: orphaned' "$NBDDIAG/nbd101"
check "a process hangs" in_state "$STUCK" D
check "two threads of another one wait for each other" test "$(cat "/proc/$LOCKED/task"/*/wchan | grep -o futex_ | wc -l)" -ge 2

cat <<END

This machine has three problems:
  1. nbd101 cannot be attached.
  2. Process $GUEST was killed and does not go away.
  3. Process $LOCKED hangs, but not by the kernel.

Try:
  nbddiag                        nbddiag why
  nbddiag check nbd101           nbddiag why nbd101
  nbddiag holders nbd101         nbddiag why --pid $GUEST
  nbddiag aio                    nbddiag why --pid $LOCKED
  nbddiag io                     cat $NBDDIAG/nbd101
  nbddiag clean nbd101 --sockets
  nbddiag --help

"exit" ends the machine. Nothing that you do here touches your own.
END
