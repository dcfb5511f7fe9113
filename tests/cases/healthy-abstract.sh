#!/bin/bash
# desc: connected over an abstract unix name; a server that has not accepted yet
# timeout: 40
. tests/cases/lib.bash

begin

start_nbdtool_server abstract:nbd-volume/1
attach nbd0 abstract:nbd-volume/1 --size 4194304
check_state "abstract" nbd0 connected receivers-running no in-use
check_fields "abstract" "$(socket_line 0)" family=unix type=stream state=established \
	"inode=$(socket_inodes "$CLIENT")" own=unnamed 'peer=abstract:"nbd-volume/1"' peer_exists=yes \
	"peer_pid=$SERVER" 'peer_comm="nbdtool"' "own_pid=$CLIENT"
check_match "the kernel's own list has it with an @" "$(cat /proc/net/unix)" ' @nbd-volume/1$'
check_keys "abstract" <<-EOF
	capacity_bytes: $(capacity_of nbd0)
	peers_agree: yes
EOF
check "it works" bounded 10 dd if=/dev/nbd0 of=/dev/null bs=4096 count=4 iflag=direct
stop TERM "$CLIENT"

# A path of the same bytes is another name.
start_nbdtool_server "unix:$W/path" --no-accept
attach nbd1 "unix:$W/path"
read_file nbd1
check_fields "not accepted" "$(socket_line 0)" "peer=path:\"$W/path\"" peer_exists=unaccepted \
	"peer_pid=$SERVER" state=established
stop TERM "$CLIENT" "$SERVER"
end
