#!/bin/bash
# desc: a skip that nobody has allowed
# timeout: 20
. tests/vm/guest-lib.sh

skip "the moon is not full"
