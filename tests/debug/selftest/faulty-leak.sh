#!/bin/bash
# desc: a module forgets an allocation
# timeout: 30
# shellcheck source=tests/debug/selftest/faulty.bash
. /nbddiag/tests/debug/selftest/faulty.bash

commit leak
