#!/bin/bash
# desc: a case that checks nothing
# timeout: 20
. tests/vm/guest-lib.sh

load_nbd
note "nothing to see here"
