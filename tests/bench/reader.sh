#!/bin/bash
# What the reader costs on a large host, beside what reading the files costs that it needs: a made-up tree with many
# devices, sockets and threads, read by --root. Prints a row for each command.
# usage: reader.sh NBDDIAG [DEVICES] [SOCKETS] [THREADS]

set -euo pipefail

nbddiag=$(realpath "$1") devices=${2:-4096} sockets=${3:-65536} threads=${4:-20000}
trees=$(cd "$(dirname "$0")/../reader/trees" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
files=$tree/sys/kernel/debug/nbddiag

make_tree() {
	python3 - "$trees/incident2" "$tree" "$devices" "$sockets" "$threads" <<-'END'
		import os, re, sys
		base, tree, devices, sockets, threads = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
		module = "sys/kernel/debug/nbddiag"
		text = open(f"{base}/{module}/nbd101").read()
		socket = re.search(r"^socket: .*\n", text, re.M).group(0)
		text = text.replace(socket, "")
		each = max(1, sockets // devices)
		os.makedirs(f"{tree}/{module}")
		def put(path, data):
		    os.makedirs(os.path.dirname(f"{tree}/{path}"), exist_ok=True)
		    open(f"{tree}/{path}", "w").write(data)
		lines = []
		for n in range(devices):
		    stuck = n % 64 == 0
		    one = text.replace("device: nbd101", f"device: nbd{n}").replace("dev: 43:101", f"dev: 43:{n * 16}")
		    one = one.replace("index: 101", f"index: {n}")
		    one = re.sub(r"^sockets: .*", f"sockets: total={each} counted={each} dead=0 live={each} held={each} shown={each}", one, flags=re.M)
		    if not stuck:
		        one = re.sub(r"^request: .*\n", "", one, flags=re.M)
		        one = re.sub(r"^requests: .*", "requests: inflight=0 oldest_age_ns=- shown=0", one, flags=re.M)
		    one += "".join(socket.replace("index=0", f"index={i}") for i in range(each))
		    put(f"{module}/nbd{n}", one)
		    put(f"sys/block/nbd{n}/dev", f"43:{n * 16}\n")
		    put(f"sys/block/nbd{n}/size", "131072\n")
		    lines.append(f"device: name=nbd{n} state=connected attachable=no live={each} dead=0 inflight={3 * stuck} "
		                 f"oldest_age_ns={'1025750151' if stuck else '-'} config_refs=4 consistent=yes\n")
		put(f"{module}/devices", "format: 1\n" + "".join(lines))
		put(f"{module}/aio", open(f"{base}/{module}/aio").read())
		put(f"{module}/io", "format: 1\ncomplete: yes\ncomplete_reason: ok\ndisks: known=2 outstanding=0\nrequests: found=0 shown=0\n")
		put("proc/swaps", "")
		put("nbddiag-capture", open(f"{base}/nbddiag-capture").read())
		for name in ("424", "427", "454", "461"):
		    for tid in os.listdir(f"{base}/proc/{name}/task"):
		        for file in os.listdir(f"{base}/proc/{name}/task/{tid}"):
		            put(f"proc/{name}/task/{tid}/{file}", open(f"{base}/proc/{name}/task/{tid}/{file}").read())
		for t in range(threads):
		    tgid, tid = 100000 + t // 20 * 20, 100000 + t
		    put(f"proc/{tgid}/task/{tid}/comm", "worker\n")
		    put(f"proc/{tgid}/task/{tid}/status", "Name:\tworker\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t0\n")
		    put(f"proc/{tgid}/task/{tid}/fd.rdev", f"4 43:{t % devices * 16} 0100002 /dev/nbd{t % devices}\n" if tgid == tid else "")
	END
}

# The best of three, in ms. usage: ms COMMAND...
ms() {
	local best=999999 begun now
	for _ in 1 2 3; do
		begun=${EPOCHREALTIME/./}
		"$@" >/dev/null 2>&1 || :
		now=$(((${EPOCHREALTIME/./} - begun) / 1000))
		[ "$now" -ge "$best" ] || best=$now
	done
	echo "$best"
}

# usage: row NAME FILES-MS ARGUMENT...
row() {
	local name=$1 base=$2 took
	shift 2
	took=$(ms "$nbddiag" --root "$tree" "$@")
	printf '%-24s %8d %8d %7s\n' "$name" "$took" "$base" "$(awk "BEGIN { printf \"%.1f\", $took / ($base ? $base : 1) }")"
}

# Opens and reads each of them, as the reader must. usage: read_all FIND-ARGUMENT...
read_all() { find "$@" -type f -print0 | xargs -0 cat; }

make_tree
printf '%s devices, %s sockets, %s threads\n%-24s %8s %8s %7s\n' "$devices" "$sockets" "$threads" command ms files-ms ratio
all=$(ms read_all "$files")
tasks=$(ms read_all "$tree/proc")
row "list (devices alone)" "$(ms cat "$files/devices")" list --output NAME,STATE,INFLIGHT,OLDEST
row "nbddiag" "$all" list
row "why" $((all + tasks)) why
row "holders nbd0" "$tasks" holders nbd0
