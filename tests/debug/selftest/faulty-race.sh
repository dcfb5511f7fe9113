#!/bin/bash
# desc: two threads change a variable at once
# timeout: 30
. tests/debug/selftest/faulty.bash

commit race
