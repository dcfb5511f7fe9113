#!/bin/bash
# desc: a module forgets an allocation
# timeout: 30
. tests/debug/selftest/faulty.bash

commit leak
