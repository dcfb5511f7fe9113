#!/bin/bash
# desc: a module reads memory that it has freed
# timeout: 30
# shellcheck source=tests/debug/selftest/faulty.bash
. /nbddiag/tests/debug/selftest/faulty.bash

commit use-after-free
