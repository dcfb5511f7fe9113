#!/bin/bash
# desc: the program has printed JSON that is not as the schema says: the second of two objects
# timeout: 20
. tests/vm/guest-lib.sh

pass "so far so good"
keep_json <<'END'
{"schema":1,"command":"list","complete":true,"complete_reason":null,"status":0,"messages":[],"devices":[]}
{"schema":1,"command":"list","complete":"yes","complete_reason":null,"status":0,"messages":[],"devices":[]}
END
