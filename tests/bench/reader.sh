#!/bin/bash
# What the reader costs on a large host, beside what reading the files costs that it needs: a made-up tree with many
# devices, sockets and threads, read by --root; and then by this host's own kernel, with as many real threads, in
# namespaces of its own, where only the module's files are made up. Prints a row for each command: the processor's time
# in ms, as other work on the host does not count there, in user space and in the kernel. The last rows are with as many
# processes more as are said, with a mount namespace each, as on a host of many containers.
# usage: reader.sh NBDDIAG BENCHTOOL [DEVICES] [SOCKETS] [THREADS] [NAMESPACES]

set -euo pipefail

nbddiag=$(realpath "$1") benchtool=$(realpath "$2") devices=${3:-4096} sockets=${4:-65536} threads=${5:-20000}
namespaces=${6:-500}
trees=$(cd "$(dirname "$0")/../reader/trees" && pwd)
# In memory, as the module's files and /proc are.
tree=$(mktemp -d -p /dev/shm)
trap 'rm -rf "$tree"' EXIT
export nbddiag benchtool devices threads namespaces tree
files=$tree/sys/kernel/debug/nbddiag

make_tree() {
	python3 - "$trees/incident2" "$tree" "$devices" "$sockets" "$threads" <<-'END'
		import os, re, sys
		base, tree, devices, sockets, threads = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
		module = "sys/kernel/debug/nbddiag"
		text = re.sub(r"age_ns=[0-9]+", "age_ns=60000000000", open(f"{base}/{module}/nbd101").read())
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
		                 f"oldest_age_ns={'60000000000' if stuck else '-'} config_refs=4 consistent=yes "
		                 "state_reason=receivers-running attachable_reason=in-use capacity_bytes=67108864 openers=3 "
		                 f"sockets={each} peer=path:\"/tmp/w/sock\" peers_named={each} peers_differing=0 device_flags=0x0\n")
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

# What a command took, "USER SYSTEM" in ms: the least of three. usage: took COMMAND...
took() {
	local TIMEFORMAT='%U %S'
	for _ in 1 2 3; do
		{ time "$@" >/dev/null 2>&1 || :; } 2>&1
	done | awk '{ sum = $1 + $2 } NR == 1 || sum < least { least = sum; user = $1; kernel = $2 }
		END { printf "%d %d\n", user * 1000, kernel * 1000 }'
}

# usage: row NAME FILES-MS ARGUMENT...
row() {
	local name=$1 base=$2 user kernel ratio=-
	shift 2
	read -r user kernel < <(took "$nbddiag" "$@")
	[ "$base" = - ] || ratio=$(awk "BEGIN { printf \"%.1f\", ($user + $kernel) / ($base ? $base : 1) }")
	printf '%-34s %6d %6d %6d %9s %7s\n' "$name" "$user" "$kernel" $((user + kernel)) "$base" "$ratio"
}

# Opens and reads each of them, as the reader must: user and system together. usage: files_ms FIND-ARGUMENT...
files_ms() {
	local user kernel
	read -r user kernel < <(took read_all "$@")
	echo $((user + kernel))
}

read_all() { find "$@" -type f -print0 | xargs -0 cat; }

# By this host's kernel.
live() {
	mount -t tmpfs tmp /sys/kernel/debug
	mkdir /sys/kernel/debug/nbddiag
	cp "$files"/* /sys/kernel/debug/nbddiag
	mount --bind "$tree/sys/block" /sys/block
	mount -t tmpfs tmp /mnt
	: >/mnt/ready
	"$benchtool" crowd $((threads / 20)) 20 >/mnt/ready &
	until grep -q ready /mnt/ready; do sleep 0.1; done
	row "nbddiag, live" - list
	row "why, live" - why
	row "holders nbd0, live" - holders nbd0
	start_namespaces
	row "why, $namespaces namespaces" - why
	row "holders nbd0, $namespaces namespaces" - holders nbd0
}

# Each of them counts itself when it is there.
start_namespaces() {
	local i
	: >/mnt/started
	for ((i = 0; i < namespaces; i++)); do
		unshare --mount --propagation private sh -c 'echo >>/mnt/started; exec sleep infinity' &
	done
	until [ "$(wc -l </mnt/started)" = "$namespaces" ]; do sleep 0.1; done
}

make_tree
printf '%s devices, %s sockets, %s threads\n%-34s %6s %6s %6s %9s %7s\n' "$devices" "$sockets" "$threads" command user system both \
	files-ms ratio
module=$(files_ms "$files") summary=$(files_ms "$files/devices") tasks=$(files_ms "$tree/proc")
row "nbddiag" "$summary" --root "$tree" list
row "why" $((summary + tasks)) --root "$tree" why
row "holders nbd0" "$tasks" --root "$tree" holders nbd0
cp "$files/devices" "$tree/devices"
sed -i 's/ state_reason=.*//' "$files/devices"
row "nbddiag, an older module" "$module" --root "$tree" list
row "why, an older module" $((module + tasks)) --root "$tree" why
mv "$tree/devices" "$files/devices"
export files
export -f live start_namespaces row took
unshare --mount --pid --fork --mount-proc --propagation private --kill-child bash -euo pipefail -c live
