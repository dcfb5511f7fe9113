#!/bin/bash
# desc: two threads change a variable at once
# timeout: 30
# shellcheck source=tests/debug/selftest/faulty.bash
. /nbddiag/tests/debug/selftest/faulty.bash

commit race
