#!/bin/bash
# desc: names with quotes, backslashes, newlines, other bytes; the longest names; processes with such names
# timeout: 60
. tests/cases/lib.bash

begin
truncate -s 2M "$W/image"

# Real programs on a path that holds everything.
mkdir "$W/d"
path=$W/d/$'a"b\\c\nd\té\x7f end'
start_qemu_nbd_at() {
	qemu-nbd -f raw -t -k "$1" "$W/image" &
	SERVER=$!
	wait_until 20 test -S "$1"
	wait_until 60 bounded 20 nbd-client -nonetlink -unix "$1" /dev/nbd0
	wait_started nbd0
}
start_qemu_nbd_at "$path"
read_file nbd0
check_fields "a path of many bytes" "$(socket_line 0)" \
	'peer=path:"'"$W"'/d/a\"b\\c\x0ad\x09\xc3\xa9\x7f end"' "peer_pid=$SERVER" peer_exists=yes
check_eq "one line" "$(key socket | wc -l)" 1
bounded 20 nbd-client -d /dev/nbd0 >/dev/null

# What bytes become, by number.
escaped() {
	local byte
	for byte; do
		case $byte in
		34 | 92) printf '\\%b' "\\x$(printf %x "$byte")" ;;
		*) if [ "$byte" -ge 32 ] && [ "$byte" -lt 127 ]; then
			printf '%b' "\\x$(printf %x "$byte")"
		else
			printf '\\x%02x' "$byte"
		fi ;;
		esac
	done
}

# usage: check_name WHAT ADDRESS PEER
check_name() {
	start_nbdtool_server "$2"
	attach nbd1 "$2"
	read_file nbd1
	check_fields "$1" "$(socket_line 0)" "peer=$3" peer_exists=yes
	stop TERM "$CLIENT" "$SERVER"
}

check_name "an abstract name with NUL" 'abstract:a%00b c%00' 'abstract:"a\x00b c\x00"'
check_name "an abstract name that looks like the format" 'abstract:x" peer_exists=no y="' \
	'abstract:"x\" peer_exists=no y=\""'
check_name "an abstract name with every byte" "abstract:$(printf '%%%02x' {1..100})" \
	"abstract:\"$(escaped {1..100})\""
long=$W/$(printf 'n%.0s' {1..101})
check_eq "the longest path" "${#long}" 108
check_name "the longest path" "unix:$long" "path:\"$long\""
long=$(printf 'm%.0s' {1..107})
check_name "the longest abstract name" "abstract:$long" "abstract:\"$long\""

# A process may call itself anything.
cp "$(command -v nbdtool)" "$W/"$'x"y\\\n z'
start_logged "$W/"$'x"y\\\n z' serve "unix:$W/named"
SERVER=$LOGGED
attach nbd2 "unix:$W/named"
read_file nbd2
check_fields "a process of many bytes" "$(socket_line 0)" 'peer_comm="x\"y\\\x0a z"' "peer_pid=$SERVER"
stop TERM "$CLIENT" "$SERVER"
end
