#!/bin/bash
# desc: the three incidents of make demo-shell, all in one machine
# timeout: 120
# own-vm: yes
# machines: trixie
# expect-kmsg: blocked for more than|Call Trace
. tests/demo/shell.sh
