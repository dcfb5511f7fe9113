#!/bin/bash
# desc: a module reads memory that it has freed
# timeout: 30
. tests/debug/selftest/faulty.bash

commit use-after-free
