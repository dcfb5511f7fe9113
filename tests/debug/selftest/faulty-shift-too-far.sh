#!/bin/bash
# desc: a module shifts by more bits than there are
# timeout: 30
. tests/debug/selftest/faulty.bash

commit shift-too-far
