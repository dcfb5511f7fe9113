#!/bin/bash
# desc: a module takes two locks in both orders
# timeout: 30
. tests/debug/selftest/faulty.bash

commit wrong-order
