# shellcheck shell=bash disable=SC2153
# The server of a device over TCP, if it is a process of this host: found by the addresses of both ends, also in a
# capture. Server and client are true processes; instead of the module there is a copy of its files, in a mount namespace.

FAKE=$WORK/fake-tcp
mkdir "$FAKE"
cp "$TREES/incident2/$DEBUGFS"/{devices,layout,aio,nbd101} "$FAKE"

# Sets SERVER and CLIENT, processes, and OWN and PEER, the ends as the module has them. With OTHER=yes both are in a
# network namespace of their own. usage: connect BIND CONNECT [PORT CLIENTS-PORT]
connect() {
	local fd port server=() client=()
	[ "${OTHER:-}" != yes ] || server=(unshare -n)
	# A new namespace has a loopback device that is not up yet.
	exec {fd}< <(exec "${server[@]}" python3 -c 'import fcntl, socket, struct, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
if len(sys.argv) > 3:
    fcntl.ioctl(s, 0x8914, struct.pack("16sH14s", b"lo", 1, b""))
s.bind((sys.argv[1], int(sys.argv[2])))
s.listen()
print(s.getsockname()[1], flush=True)
c = s.accept()
c[0].recv(1)' "$1" "${3:-0}" ${OTHER:+up} 2>/dev/null)
	SERVER=$!
	read -r -t 60 port <&"$fd"
	exec {fd}<&-
	PEER=tcp:$2:$port
	[[ $2 != *:* ]] || PEER=tcp:[$2]:$port
	[ "${OTHER:-}" != yes ] || client=(nsenter -n -t "$SERVER")
	exec {fd}< <(exec "${client[@]}" python3 -c 'import socket, sys, time
c = socket.create_connection((sys.argv[1], int(sys.argv[2])), source_address=(sys.argv[1], int(sys.argv[3])))
print(c.getsockname()[1], flush=True)
time.sleep(600)' "$2" "$port" "${4:-0}" 2>/dev/null)
	CLIENT=$!
	read -r -t 60 port <&"$fd"
	exec {fd}<&-
	OWN=${PEER%:*}:$port
	sed "/^socket: index=0 /s| family=unix | family=inet |; s|^\(socket: index=0 .*\) own=[^ ]* peer=[^ ]* \(.*\)peer_pid=[^ ]* peer_comm=[^ ]*|\1 own=$OWN peer=$PEER \2peer_pid=- peer_comm=-|" \
		"$TREES/incident2/$DEBUGFS/nbd101" >"$FAKE/nbd101"
}

disconnect() { kill -KILL "$SERVER" "$CLIENT"; }

# usage: finds TEXT BIND CONNECT
finds_server() {
	local name=$1
	connect "$2" "$3"
	check_eq "$name: the device's file" "$(grep -c " own=${OWN//[][]/.} peer=${PEER//[][]/.} " "$FAKE/nbd101")" 1
	on_host why nbd101
	check_eq "$name: its server" "$(grep -cF ", to $PEER (process $SERVER python3 of this host), which has not answered" <<<"$OUT")" 1
	on_host check nbd101
	check_eq "$name: it runs" "$STATUS" 1
	on_host list --noheadings --output NAME --pid "$SERVER"
	check_eq "$name: by its process" "$OUT" nbd101
	on_host list --noheadings --output NAME --pid "$BASHPID"
	check_eq "$name: by another process" "$OUT" ""
	kill -STOP "$SERVER"
	wait_for_stop
	on_host check nbd101
	check_eq "$name: it is stopped" "$STATUS $(grep -c "its server python3\[$SERVER\] is stopped" <<<"$OUT")" "2 1"
	rm -f "$WORK/tcp.tar" "$WORK/again.tar"
	on_host capture "$WORK/tcp.tar"
	check_ends "$name: captured" 2 "its server python3\[$SERVER\] is stopped" --root "$WORK/tcp.tar" check nbd101
	check_eq "$name: captured: all that is in it is documented" "$(undocumented "$WORK/tcp.tar")" ""
	run_reader --root "$WORK/tcp.tar" list --noheadings --output NAME --pid "$SERVER"
	check_eq "$name: by its process, captured" "$OUT" nbd101
	"$NBDDIAG" --root "$WORK/tcp.tar" capture "$WORK/again.tar" 2>/dev/null
	check_ends "$name: captured again" 2 "its server python3\[$SERVER\] is stopped" --root "$WORK/again.tar" check nbd101
	disconnect
}

wait_for_stop() {
	local i
	for ((i = 0; i < 50; i++)); do
		! grep -q '^State:.T' "/proc/$SERVER/status" || break
		sleep 0.1
	done
}

# The same addresses the other way round, and a server on another host.
finds_none() {
	connect 127.0.0.1 127.0.0.1
	sed -i "s| peer=$PEER | peer=tcp:192.0.2.1:10809 |" "$FAKE/nbd101"
	on_host why nbd101
	check_eq "a server elsewhere" "$(grep -c ', to tcp:192.0.2.1:10809, which has not answered' <<<"$OUT")" 1
	sed -i "s| own=[^ ]* | own=tcp:127.0.0.1:1 |; s| peer=[^ ]* | peer=$PEER |" "$FAKE/nbd101"
	on_host why nbd101
	check_eq "another connection of the server" "$(grep -c ", to $PEER, which has not answered" <<<"$OUT")" 1
	disconnect
}

# Which of two servers is meant is not known, also if one of them is in this namespace. usage: two_namespaces TEXT
two_namespaces() {
	local first
	connect 127.0.0.1 127.0.0.1
	first=("$SERVER" "$CLIENT")
	OTHER=yes
	connect 127.0.0.1 127.0.0.1 "${PEER##*:}" "${OWN##*:}"
	kill -STOP "${first[0]}"
	on_host why nbd101
	check_eq "$1: both are named" "$(grep -cF ", to $PEER (one of 2 processes: " <<<"$OUT")" 1
	check_eq "$1: by their numbers" "$(grep -F ", to $PEER (" <<<"$OUT" | grep -w "$SERVER python3" | grep -cw "${first[0]} python3")" 1
	on_host check nbd101
	check_eq "$1: that one is stopped proves nothing" "$STATUS" 1
	kill -KILL "${first[@]}"
	wait "${first[@]}" 2>/dev/null
	on_host why nbd101
	check_eq "$1: one of these has gone" "$(grep -cF ", to $PEER (process $SERVER python3 of this host)" <<<"$OUT")" 1
	disconnect
}

finds_server "IPv4" 127.0.0.1 127.0.0.1
finds_server "IPv6" ::1 ::1
finds_server "IPv4 to a server of both" :: 127.0.0.1
finds_none
OTHER=yes
finds_server "another network namespace" 127.0.0.1 127.0.0.1
finds_server "another network namespace, IPv6" ::1 ::1
two_namespaces "two namespaces with the same addresses"
OTHER=
two_namespaces "this namespace and another one with the same addresses"
OTHER=
