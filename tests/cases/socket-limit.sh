#!/bin/bash
# desc: more sockets than are looked at: said plainly, and the state is of those that were
# timeout: 60
. tests/cases/lib.bash

load_nbd max_part=0 nbds_max=16
load_nbddiag max_sockets=5

# usage: check_sockets WHAT SOCKETS-LINE NUMBER-OF-LINES
check_sockets() {
	read_file nbd2
	check_keys "$1" <<<"sockets: $2"
	check_eq "$1: lines" "$(key socket | sed 's/^index=\([0-9]*\) .*/\1/' | paste -sd ' ')" "$3"
}

start_nbdtool_server "unix:$W/sock"
wedge nbd2 "unix:$W/sock"
check_sockets "one" "total=1 counted=1 dead=1 live=0 held=0 shown=1" "0"

start_nbdtool_server "unix:$W/sock2" --deaf
check "4 attempts" leave_sockets nbd2 4 "unix:$W/sock2"
check_sockets "as many as are looked at" "total=5 counted=5 dead=1 live=4 held=0 shown=5" "0 1 2 3 4"
check "3 attempts" leave_sockets nbd2 3 "unix:$W/sock2"
check_sockets "some more" "total=8 counted=5 dead=1 live=4 held=0 shown=5" "0 1 2 3 4"
check_state "some more" nbd2 orphaned disconnected-with-sockets no "$WEDGED_WHY"
check_keys "some more" <<<"num_connections: 8"

# Without a look at any socket it would pass for a device without sockets.
unload_nbddiag
load_nbddiag max_sockets=0
check_sockets "a limit of 0" "total=8 counted=1 dead=1 live=0 held=0 shown=1" "0"
check_state "a limit of 0" nbd2 disconnected all-sockets-dead no "$WEDGED_WHY"

stop KILL "$SERVER"
stop TERM "$HOLDER"
end
