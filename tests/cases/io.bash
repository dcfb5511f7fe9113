# shellcheck shell=bash disable=SC2034,SC2154
# What the file "io" says, and the checks of it.
. tests/cases/aio.bash

# Reads "io" into TEXT and checks its form.
read_io() {
	local wrong
	read_file io
	wrong=$(wrong_in_io <<<"$TEXT")
	check_eq "the form of io" "$wrong" ""
}

wrong_in_io() {
	awk '
	function wrong(what) { print NR ": " what ": " line }
	BEGIN {
		num = "[0-9]+"; reason = "-[(][a-z0-9-]+[)]"; name = "[A-Za-z0-9_!.-]+"
		or = "(" num "|" reason ")"
		dev = "(" num ":" num "|" reason ")"
		nhead = split("format complete complete_reason took_ns disks requests", head, " ")
	}
	{
		line = $0
		gsub(/="([^"\\]|\\.)*"/, "=\"\"")
	}
	NR <= nhead {
		if ($1 != head[NR] ":")
			wrong("not " head[NR])
		next
	}
	$1 == "disk:" {
		if (section > 1 || $0 !~ "^disk: device=" name " dev=" dev " driver=(" name "|" reason ") kind=(blk-mq|dm|bio) found=" \
		    num " accounted=" or " throttled=" or " oldest_age_ns=(" num "|-|" reason ") state=(" name "|-) valid_paths=(" num "|-) throttled_found=" \
		    num " submitting=" num "$")
			wrong("ill-formed")
		section = 1
		next
	}
	$1 == "path:" {
		if (section > 2 || $0 !~ "^path: map=" name " group=" num " device=(" name "|" reason ") dev=" dev " fail_count=" num " state=(active|failed|" reason ")$")
			wrong("ill-formed")
		section = 2
		next
	}
	$1 == "request:" {
		if ($0 !~ "^request: device=" name " dev=" dev " asked=(" name "|" reason ") fs=(\"\"|-|" reason ") via=([A-Za-z0-9_,()-]+|-)" \
		    " op=([a-z0-9-]+|" reason ") sector=" or " bytes=" or " age_ns=" or " state=[a-z-]+ who=(" name "|" reason ") aio_pid=(" num "|-|" \
		    reason ") aio_context=(0x[0-9a-f]+|-|" reason ") tid=(" num "|-|" reason ") tgid=(" num "|-|" reason ") comm=(\"\"|-|" \
		    reason ") end_io=(" name "|-|" reason ") waits_for=[a-z-]+$")
			wrong("ill-formed")
		section = 3
		next
	}
	{ wrong("unknown line") }
	'
}

# The line of a disk in TEXT. usage: io_disk DEVICE
io_disk() { key disk | grep "^device=$1 " || :; }

# usage: check_io_disk WHAT DEVICE FIELD=VALUE...
check_io_disk() {
	local what=$1 device=$2
	shift 2
	check_fields "$what: disk $device" "$(io_disk "$device")" "dev=$(<"/sys/block/$device/dev")" "$@"
}

# How many request lines in TEXT have all of these. usage: io_requests FIELD=VALUE...
io_requests() {
	local lines field
	lines=$(key request)
	for field; do
		lines=$(grep -E "(^| )$field( |\$)" <<<"$lines" || :)
	done
	grep -c . <<<"$lines" || :
}

# usage: check_io_requests WHAT NUMBER FIELD=VALUE...
check_io_requests() {
	check_eq "$1: requests with ${*:3}" "$(io_requests "${@:3}")" "$2"
}

# How many "owed" lines of a context in TEXT, of the file aio, have all of these. usage: owed_with PID FIELD=VALUE...
owed_with() {
	local lines field
	lines=$(key owed | grep "^pid=$1 " || :)
	for field in "${@:2}"; do
		lines=$(grep -E "(^| )$field( |\$)" <<<"$lines" || :)
	done
	grep -c . <<<"$lines" || :
}

# Who owes a process's requests, by the file aio. usage: check_all_owed WHAT PID NUMBER FIELD=VALUE...
check_all_owed() {
	read_aio
	check_owed_now "$@"
}

# The same of what is in TEXT already.
check_owed_now() {
	local id
	id=$(made "$2" 0 user_id)
	check_eq "$1: owed with ${*:4}" "$(owed_with "$2" "user_id=$id" "${@:4}")" "$3"
	check_match "$1: context" "$(key context)" "^pid=$2 user_id=$id .* inflight=$3 .* owed=$3 "
	check_eq "$1: nothing is unfound" "$(key owed_by | grep -c "^pid=$2 user_id=$id " || :)" 0
}

# Of the context with index 0: aio_scan says of N requests the same. usage: check_unfound WHAT N LINE
check_unfound() {
	local id
	id=$(made "$AIO" 0 user_id)
	read_aio aio_scan
	check_match "$1: context" "$(key context)" "^pid=$AIO user_id=$id .* inflight=$2 .* owed=0 .* unfound=$2 missing=0\$"
	check_eq "$1: unfound" "$(unfound_lines "$AIO" "$id" | grep -cE " asked=$3\$" || :)" "$2"
	check_keys "$1" <<-EOT
		complete: yes
		complete_reason: ok
	EOT
}

# Device-mapper devices; DM is the device's name. usage: make_dm NAME TABLE
make_dm() {
	local file
	dmsetup create "$1" --noudevsync --noudevrules --table "$2" || die "no device $1"
	for file in /sys/block/dm-*/dm/name; do
		[ "$(<"$file")" != "$1" ] || DM=$(cut -d/ -f4 <<<"$file")
	done
}

remove_dm() { wait_until 10 dmsetup remove --noudevsync --noudevrules "$1"; }
