# shellcheck shell=bash disable=SC2034,SC2154
# Devices whose server answers or not, as a case wants it.
. tests/cases/lib.bash

declare -A SERVER_OF CLIENT_OF

# Whatever has become of the case: tasks in D are let go, so that they do not spoil the guest.
trap 'answer_all' EXIT

# Attaches a device with one connection to a server of its own. usage: serve DEVICE
serve() {
	start_nbdtool_server "unix:$W/sock.$1"
	SERVER_OF[$1]=$SERVER
	attach "$1" "unix:$W/sock.$1"
	CLIENT_OF[$1]=$CLIENT
	# So that each request stays one.
	echo 2 >"/sys/block/$1/queue/nomerges"
}

stall() { pause "${SERVER_OF[$1]}"; }

answer() { kill -CONT "${SERVER_OF[$1]}"; }

answer_all() {
	local device
	for device in "${!SERVER_OF[@]}"; do
		kill -CONT "${SERVER_OF[$device]}" 2>/dev/null || :
	done
}

# Detaches a device whose server answers.
unserve() {
	nbdtool disconnect "/dev/$1"
	wait_gone "${CLIENT_OF[$1]}"
	stop TERM "${SERVER_OF[$1]}"
	unset "SERVER_OF[$1]"
}

# The same with a server that keeps what is written. usage: keep DEVICE [SIZE]
keep() {
	start_nbdkit "${2:-16M}" -U "$W/sock.$1"
	SERVER_OF[$1]=$SERVER
	attach_nbd_client "$1" -unix "$W/sock.$1"
	CLIENT_OF[$1]=$CLIENT
	echo 2 >"/sys/block/$1/queue/nomerges"
}

# Detaches it.
drop() {
	bounded 10 nbd-client -d "/dev/$1" >/dev/null
	wait_gone "${CLIENT_OF[$1]}"
	unset "SERVER_OF[$1]"
}

# One with ext4, mounted at $W/mnt, and in it the file FILE. usage: keep_file DEVICE
keep_file() {
	keep "$1"
	mke2fs -q -t ext4 -O ^has_journal -E lazy_itable_init=0 "/dev/$1"
	mkdir -p "$W/mnt"
	mount -o noatime "/dev/$1" "$W/mnt"
	FILE=$W/mnt/file
	dd if=/dev/zero of="$FILE" bs=64k count=4 conv=fsync 2>/dev/null
}

drop_file() {
	umount "$W/mnt"
	drop "$1"
}

# Whether a device has so many outstanding. usage: reads_are DEVICE NUMBER
reads_are() { [ "$(awk '{ print $1 }' "/sys/block/$1/inflight")" = "$2" ]; }
writes_are() { [ "$(awk '{ print $2 }' "/sys/block/$1/inflight")" = "$2" ]; }
