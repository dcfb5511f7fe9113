#!/bin/bash
# desc: a module sleeps where it may not
# timeout: 30
. tests/debug/selftest/faulty.bash

commit sleep-under-rcu
