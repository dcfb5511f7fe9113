#!/bin/bash
# desc: a module reads what RCU protects without its lock
# timeout: 30
. tests/debug/selftest/faulty.bash

commit read-without-rcu
