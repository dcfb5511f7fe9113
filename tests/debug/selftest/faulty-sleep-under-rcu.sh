#!/bin/bash
# desc: a module sleeps where it may not
# timeout: 30
# shellcheck source=tests/debug/selftest/faulty.bash
. /nbddiag/tests/debug/selftest/faulty.bash

commit sleep-under-rcu
