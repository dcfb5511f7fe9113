# shellcheck shell=bash disable=SC2153
# The server of a device over a unix socket: who has the other end open, which need not be who listened, and whom alone
# the kernel has recorded. Listener, server and client are true processes; instead of the module there is a copy of its
# files, in a mount namespace.

FAKE=$WORK/fake-unix
mkdir "$FAKE"
copy_tree incident2
cp "$TREE/$DEBUGFS"/{devices,layout,aio,io,tasks,uring} "$FAKE"

# Sets LISTENER, SERVER and CLIENT. The listener accepts, and has a child, as systemd and nbd-server do: "child": the
# child alone keeps the connection; "both": the listener as well; "neither": it is under way between them.
# usage: connect_unix WHO
connect_unix() {
	local fd inode
	exec {fd}< <(exec python3 -c 'import os, socket, sys, threading, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
print("ready", flush=True)
c = s.accept()[0]
ends = socket.socketpair()
if sys.argv[2] == "neither":
    socket.send_fds(ends[0], [b"x"], [c.fileno()])
    c.close()
child = os.fork()
if not child:
    threading.Thread(target=time.sleep, args=(600,)).start()
    time.sleep(600)
if sys.argv[2] == "child":
    c.close()
print(child, flush=True)
time.sleep(600)' "$WORK/server.sock" "$1" 2>/dev/null)
	LISTENER=$!
	read -r -t 60 _ <&"$fd"
	exec {inode}< <(exec python3 -c 'import os, socket, sys, time
c = socket.socket(socket.AF_UNIX)
c.connect(sys.argv[1])
print(os.fstat(c.fileno()).st_ino, flush=True)
time.sleep(600)' "$WORK/server.sock" 2>/dev/null)
	CLIENT=$!
	read -r -t 60 SERVER <&"$fd"
	exec {fd}<&-
	fd=$inode
	read -r -t 60 inode <&"$fd"
	exec {fd}<&-
	rm -f "$WORK/server.sock"
	sed "/^socket: index=0 /s/ inode=[0-9]* / inode=$inode /; s/ peer_pid=[^ ]* peer_comm=[^ ]*/ peer_pid=$LISTENER peer_comm=\"python3\"/" \
		"$TREES/incident2/$DEBUGFS/nbd101" >"$FAKE/nbd101"
}

disconnect_unix() { kill -KILL "$LISTENER" "$SERVER" "$CLIENT"; }

# usage: await_stop PID
await_stop() { await 5 '^State:.T' "/proc/$1/status"; }

passed_on() {
	connect_unix child
	on_host why nbd101
	check_eq "unix: a child serves: it is named" "$(grep -cF " (process $SERVER python3), which has not answered" <<<"$OUT")" 1
	on_host list --noheadings --output NAME --pid "$SERVER"
	check_eq "unix: a child serves: by its process" "$OUT" nbd101
	on_host list --noheadings --output NAME --pid "$LISTENER"
	check_eq "unix: a child serves: not by who listened" "$OUT" ""
	FAULT_READDIR=0 LD_PRELOAD=$BUILD/faultlib.so ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 on_host why nbd101
	check_eq "unix: descriptors are listed in part" "$(grep -cE '^nbddiag: of [0-9]+ processes, the first is [0-9]+, not all descriptors could be read\.' <<<"$ERR")" 1
	kill -STOP "$LISTENER"
	await_stop "$LISTENER"
	on_host check nbd101
	check_eq "unix: a child serves: who listened is stopped" "$STATUS" 1
	kill -STOP "$SERVER"
	await_stop "$SERVER"
	on_host check nbd101
	check_eq "unix: a child serves: it is stopped" "$STATUS $(grep -c "its server python3\[$SERVER\] is stopped" <<<"$OUT")" "2 1"
	rm -f "$WORK/unix.tar" "$WORK/again.tar"
	on_host capture "$WORK/unix.tar"
	check_ends "unix: a child serves: captured" 2 "its server python3\[$SERVER\] is stopped" --root "$WORK/unix.tar" check nbd101
	check_eq "unix: a child serves: all of its threads are captured" "$(tar -tf "$WORK/unix.tar" | grep -c "/proc/$SERVER/task/[0-9]*/status$")" 2
	check_eq "unix: a child serves: captured: all that is in it is documented" "$(undocumented "$WORK/unix.tar")" ""
	"$NBDDIAG" --root "$WORK/unix.tar" capture "$WORK/again.tar" 2>/dev/null
	check_ends "unix: a child serves: captured again" 2 "its server python3\[$SERVER\] is stopped" --root "$WORK/again.tar" check nbd101
	disconnect_unix
}

# Which of them serves is not known.
several() {
	connect_unix both
	on_host why nbd101
	check_eq "unix: two have it: both are named" "$(grep -oF " (one of 2 processes: " <<<"$OUT" | wc -l) $(grep -cE "\b$SERVER python3.*, which has not answered" <<<"$OUT")" "1 1"
	kill -STOP "$SERVER"
	await_stop "$SERVER"
	on_host check nbd101
	check_eq "unix: two have it: that one is stopped proves nothing" "$STATUS" 1
	disconnect_unix
}

nobody() {
	connect_unix neither
	kill -STOP "$LISTENER"
	await_stop "$LISTENER"
	on_host why nbd101
	check_eq "unix: nobody has it" "$(grep -cF " (which no process is seen to have open), which has not answered" <<<"$OUT")" 1
	on_host check nbd101
	check_eq "unix: nobody has it: who listened is not blamed" "$STATUS" 1
	rm -f "$WORK/unix.tar"
	on_host capture "$WORK/unix.tar"
	check_ends "unix: nobody has it: captured" 3 " \(which no process is seen to have open\), which has not answered" --root "$WORK/unix.tar" why nbd101
	disconnect_unix
}

# An older capture has who listened only: init never serves.
init_listened() {
	copy_tree incident2
	sed -i 's/ peer_pid=[^ ]* peer_comm=[^ ]*/ peer_pid=1 peer_comm="systemd"/' "$TREE/$DEBUGFS/nbd101"
	check_ends "unix: init listened" 0 " \(process 1 systemd listened, and may have passed it on\), which has not answered" --root "$TREE" why nbd101
	check_ends "unix: init listened: it is no server" 1 "" --root "$TREE" check nbd101
}

passed_on
several
nobody
init_listened
