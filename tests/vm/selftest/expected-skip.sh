#!/bin/bash
# desc: a skip that is in tests/vm/expected-skips
# timeout: 20
. tests/vm/guest-lib.sh

skip "to see a skip that is expected"
