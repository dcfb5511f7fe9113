#!/bin/bash
# desc: where the private structures lie: by BTF, by mirror, and as an independent reader says
# timeout: 60
# also: bookworm trixie: each kernel has its own layout
. tests/cases/lib.bash

begin

# What was measured on these kernels (x86_64): STRUCT MEMBER OFFSET SIZE. Locks that are watched or may sleep are larger,
# so that of a kernel that was compiled to find bugs, or with PREEMPT_RT, only pahole and the mirror speak.
measured() {
	[ -z "$larger_locks" ] || return 0
	cat <<-EOF
		nbd_config flags 0 4
		nbd_config runtime_flags 8 8
		nbd_config dead_conn_timeout 16 8
		nbd_config socks 24 8
		nbd_config num_connections 32 4
		nbd_config live_connections 36 4
		nbd_config conn_wait 40 24
		nbd_config recv_threads 64 4
		nbd_config recv_wq 72 24
		nbd_config bytesize 104 8
		nbd_device tag_set 0 $index
		nbd_device index $index 4
		nbd_device config_refs $((index + 4)) 4
		nbd_device refs $((index + 8)) 4
		nbd_device config $((index + 16)) 8
		nbd_device config_lock $((index + 24)) $mutex
		nbd_device disk $((index + 24 + mutex)) 8
		nbd_sock sock 0 8
		nbd_sock pending $((8 + mutex)) 8
		nbd_sock sent $((16 + mutex)) 4
		nbd_sock dead $((20 + mutex)) 1
		nbd_sock fallback_index $((24 + mutex)) 4
		nbd_sock cookie $((28 + mutex)) 4
		nbd_cmd nbd 0 8
		nbd_cmd index $((8 + mutex)) 4
		nbd_cmd cookie $((12 + mutex)) 4
		nbd_cmd retries $((16 + mutex)) 4
		kioctx dead 16 4
		kioctx reqs 24 16
		kioctx user_id 40 8
		kioctx cpu 48 8
		kioctx max_reqs 60 4
		kioctx nr_events 64 4
		kioctx rq_wait 160 8
		kioctx reqs_available 192 4
		kioctx tail 384 4
		kioctx completed_events 388 4
		kioctx aio_ring_file 512 8
		kioctx_table nr 16 4
		kioctx_table table 24 0
		aio_kiocb ki_filp 0 8
		aio_kiocb ki_ctx 96 8
		aio_kiocb ki_list 144 16
		aio_kiocb ki_refcnt 160 4
		ctx_rq_wait comp 0 32
		ctx_rq_wait count 32 4
	EOF
	if [ "$old" = yes ]; then
		echo nbd_config blksize 96 8
	else
		echo nbd_config blksize_bits 96 4
	fi
}

# The members that only some kernels have, and those that have no figure above.
here_or_not() {
	if [ "$old" = yes ]; then
		here=("nbd_device task_recv" "nbd_config blksize")
		not_here=("nbd_device pid" "nbd_device backend" "nbd_config blksize_bits")
	else
		here=("nbd_device pid" "nbd_device backend" "nbd_config blksize_bits")
		not_here=("nbd_device task_recv" "nbd_config blksize")
	fi
	here+=("nbd_device list" "nbd_device task_setup" "nbd_device flags" "nbd_cmd flags")
	core_here=("aio_kiocb rw" "aio_kiocb ki_ctx" "blkdev_dio iocb" "blkdev_dio bio" "fsync_iocb work" "poll_iocb wait"
		"kmem_cache size" "kmem_cache object_size")
	case $(uname -r) in
	5.10.*) core_not_here=("slab slab_cache") ;;
	*) core_here+=("slab slab_cache" "slab freelist") ;;
	esac
	case $(uname -r) in
	5.10.* | 6.1.*) core_here+=("kioctx ring_pages") core_not_here+=("kioctx ring_folios" "aio_inode_info ctx") ;;
	6.12.*) core_here+=("kioctx ring_folios") core_not_here+=("kioctx ring_pages" "aio_inode_info ctx") ;;
	*) core_here+=("kioctx ring_folios" "aio_inode_info vfs_inode" "aio_inode_info ctx") core_not_here+=("kioctx ring_pages") ;;
	esac
}

member() { key member | grep "^struct=$1 name=$2 " || :; }

# usage: check_struct NAME SOURCE [SIZE]
check_struct() {
	local line
	line=$(key struct | grep "^name=$1 ")
	check_fields "struct $1" "$line" "source=$2" status=ok
	[ $# -lt 3 ] || [ -n "$larger_locks" ] || check_fields "struct $1" "$line" "size_bytes=$3"
}

# usage: check_presence SOURCE STATUS "STRUCT MEMBER"...
check_presence() {
	local source=$1 status=$2 name
	shift 2
	for name in "$@"; do
		# shellcheck disable=SC2086 # struct and member
		check_match "$source: $name" "$(member $name)" " $status\$"
	done
}

# A mirror is proved by devices (prove_layout says which must be); what none has shown is not known, but never wrong.
# usage: check_member WHAT STRUCT MEMBER WANT
check_member() {
	local got
	got=$(member "$2" "$3")
	case "$1 $2 $got" in
	mirror*\ nbd_*\ *" offset=- size_bytes=- status=unproved") ;;
	*) check_eq "$1: $2.$3" "$got" "$4" ;;
	esac
}

check_nothing_proved() {
	check_match "no mirror can be proved" "$(key struct)" '^name=nbd_device source=- .* status=unproved$'
	check_state "unknown" nbd0 unknown layout-unproved '-(layout-unproved)' layout-unproved
}

check_layout() {
	local struct name offset size nbd_source=$1 core_source=$2
	[[ $nbd_source != mirror* ]] || prove_layout anyway
	read_file layout
	for struct in nbd_device nbd_sock nbd_cmd; do
		check_struct $struct "$nbd_source"
	done
	check_struct nbd_config "$nbd_source" 120
	[ "$core_source" = none ] || check_struct kioctx "$core_source" 576
	while read -r struct name offset size; do
		case $struct in nbd_*) ;; *) [ "$core_source" != none ] || continue ;; esac
		check_member "$nbd_source" "$struct" "$name" \
			"struct=$struct name=$name offset=$offset size_bytes=$size status=ok"
	done < <(measured)
	check_presence "$nbd_source" 'status=(ok|unproved)' "${here[@]}"
	check_presence "$nbd_source" 'status=no-member' "${not_here[@]}"
	[ "$core_source" != none ] || return 0
	check_presence "$core_source" 'status=ok' "${core_here[@]}"
	check_presence "$core_source" 'status=no-(member|struct)' "${core_not_here[@]}"
}

# Without BTF nothing is known of AIO, and nothing is said of it.
check_no_aio() {
	local file
	for file in aio aio_scan; do
		read_file $file
		check_keys "$file without BTF" <<-EOF
			complete: no
			complete_reason: no-struct
			aio_nr: $(</proc/sys/fs/aio-nr)
			live_max_reqs: -(no-struct)
			contexts: live=-(no-struct) dying=-(no-struct) ownerless=-(no-struct)
			inflight: -(no-struct)
			waiters: -(no-struct)
		EOF
	done
}

# pahole comes with the kernel's headers where nbd has BTF that it can read.
check_pahole() {
	local struct want
	for struct in nbd_device nbd_config nbd_sock nbd_cmd; do
		want=$(bounded 30 pahole --btf_base /sys/kernel/btf/vmlinux -C $struct /sys/kernel/btf/nbd |
			sed -nE "s/^\t[^\t].* \*?([a-z_]+);? +\/\* +([0-9]+) +([0-9]+) .*/struct=$struct name=\1 offset=\2 size_bytes=\3/p")
		[ -n "$want" ] || die "pahole says nothing about $struct"
		check_eq "all of $struct as pahole says" \
			"$(key member | grep "^struct=$struct .* status=ok" | sed 's/ status=ok$//' | grep -vxF "$want")" ""
	done
}

larger_locks=
case $(uname -r) in
*-nbddiag-*) larger_locks=yes old=no ;;
5.10.*) index=296 mutex=32 old=yes mirror=mirror-5.10 ;;
6.1.* | 6.12.*) index=168 mutex=32 old=no ;;
7.[23].*) index=224 mutex=24 old=no ;;
*) die "no figures for this kernel" ;;
esac
[[ $(uname -r) != *-rt-* ]] || larger_locks=yes
here_or_not

read_file layout
check_keys "layout" <<-EOF
	kernel: $(uname -r)
	module: $(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' /nbddiag/dkms.conf)
	vmlinux_btf: ok
EOF
if [ -e /sys/kernel/btf/nbd ]; then
	check_keys "layout" <<<"nbd_btf: ok"
	check_layout btf btf
	if [ -n "$(command -v pahole)" ]; then
		check_pahole
	fi
	by_btf=$(key member | grep '^struct=nbd_')
	rmmod nbddiag
	load_nbddiag use_btf=N
	read_file layout
	if ! mirror_can_be_proved; then
		check_nothing_proved
		check_no_aio
		end
		exit
	fi
	prove_layout anyway
	read_file layout
	check_match "a mirror is used" "$(key struct)" '^name=nbd_device source=mirror-[0-9.]+ '
	mirror=$(key struct | sed -n 's/^name=nbd_device source=\([^ ]*\) .*/\1/p')
	check_layout "$mirror" none
	check_no_aio
	read_file layout
	check_eq "what is proved of the mirror is the same as by BTF" \
		"$(key member | grep '^struct=nbd_.* status=ok' | grep -vxF "$by_btf")" ""
	check_match "nothing is known of kioctx" "$(key struct)" '^name=kioctx source=- .*status=no-struct$'
elif ! mirror_can_be_proved; then
	check_keys "layout" <<<"nbd_btf: -(absent)"
	check_nothing_proved
	end
	exit
else
	check_keys "layout" <<<"nbd_btf: -(absent)"
	check_layout "$mirror" btf
	rmmod nbddiag
	load_nbddiag use_btf=N
	check_layout "$mirror" none
	check_no_aio
fi

# The mirror is good for more than figures.
start_nbdtool_server "unix:$W/sock"
attach nbd0 "unix:$W/sock"
check_state "by mirror" nbd0 connected receivers-running no in-use
check_fields "by mirror" "$(socket_line 0)" "inode=$(socket_inodes "$CLIENT")" "peer=path:\"$W/sock\"" dead=no
check_keys "by mirror" <<-EOF
	capacity_bytes: 16777216
	config_size_bytes: 16777216
	runtime_flags: $(runtime_flags_text 8)
EOF
stop TERM "$CLIENT" "$SERVER"
end
