#!/bin/bash
# desc: a module takes two locks in both orders
# timeout: 30
# shellcheck source=tests/debug/selftest/faulty.bash
. /nbddiag/tests/debug/selftest/faulty.bash

commit wrong-order
