#!/bin/bash
# desc: every allocation of the module fails once: it loads or refuses, says nothing wrong, and works afterwards
# timeout: 3600
# machines: debug
# own-vm: yes
. tests/cases/lib.bash

FAILSLAB=/sys/kernel/debug/failslab
KNOB=/sys/kernel/nbddiag
export NBDDIAG W KNOB

# Only what is asked for by a module, this one or nbd on its behalf. (Where modules lie: after the kernel.)
echo 0xffffffffa0000000 >$FAILSLAB/require-start
echo 0xffffffffff000000 >$FAILSLAB/require-end
echo N >$FAILSLAB/ignore-gfp-wait
echo 0 >$FAILSLAB/verbose
# Not what kmemleak itself needs to watch the others.
for cache in /sys/kernel/slab/*; do
	[[ $cache == */kmemleak_* ]] || echo 1 >"$cache/failslab"
done
echo Y >$FAILSLAB/cache-filter
# The file of a kernel's BTF is read page by page, each into a new piece of memory: hundreds alike.
# usage: pages_fail 1|0
pages_fail() {
	local cache
	for cache in /sys/kernel/slab/kmalloc*-4k; do
		echo "$1" >"$cache/failslab"
	done
}

# Not each page of a large piece of memory: its first allocation, from a slab, stands for all.
echo 99 >/sys/kernel/debug/fail_page_alloc/min-order
# Of a module that lies on a share, the share's own module would be asked too; and what only a debugger needs is slow.
strip -g -o "$W/nbddiag.ko" /nbddiag/nbddiag.ko
cp "$(modinfo -n nbd)" "$W/nbd.ko"

# Checks of failtool, each a shell of its own: they start as few programs as they can, as those are what takes time.
cat >"$W/checks" <<'END'
files="aio aio_scan devices layout"

# usage: has_line TEXT EREGEX
has_line() { [[ $'\n'$1$'\n' =~ $'\n'$2$'\n' ]]; }

# What is loaded is whole; what was refused has left nothing.
check_load() {
	local file
	if [ "$RESULT" != ok ]; then
		[ "$RESULT" = ENOMEM ] && [ "$INJECTED" = yes ] && [ ! -e $NBDDIAG ] && [ ! -e $KNOB ]
		return
	fi
	for file in $files; do
		[ -e $NBDDIAG/$file ] || return
	done
	has_line "$(<$NBDDIAG/layout)" 'format: 1' && [ -e $KNOB/cleanup ] && has_line "$(<$KNOB/last)" 'result: none' &&
		check_devices
}

# Each device is shown, as it is or as unknown; or the log says that it is not.
check_devices() {
	local disk devices
	devices=$(<$NBDDIAG/devices)
	for disk in /sys/block/nbd*; do
		[ -e "$disk" ] || continue
		disk=${disk##*/}
		if [ -e "$NBDDIAG/$disk" ]; then
			has_line "$(<"$NBDDIAG/$disk")" 'state: (free|unknown)' &&
				has_line "$devices" "device: name=$disk state=(free|unknown) [^"$'\n'"]*" || return
		else
			! [[ $devices == *"name=$disk "* ]] && [[ $(dmesg) == *"nbddiag: $disk: not shown"* ]] || return
		fi
	done
}

check_add() {
	[ "$RESULT" = ok ] || [ "$RESULT" = ENOMEM ] || return
	check_devices
}

# Ages and the like differ between two readings.
steady() { sed -E 's/(age_ns|took_ns|waiting_ns|aio_nr)([:=]) ?[0-9]+/\1\2 N/g' "$1"; }

# Either there is an error, or each line is what it should be, or says that something is not known.
check_read() {
	[ "$RESULT" = ok ] || { [ "$RESULT" = ENOMEM ] && [ "$INJECTED" = yes ]; return; }
	diff <(steady "$W/copy") <(steady "$W/truth") | sed -n 's/^< //p' | grep -vE -- '-\(|^complete(_reason)?: ' >"$W/wrong"
	[ "$(wc -l <"$W/copy")" = "$(wc -l <"$W/truth")" ] && [ ! -s "$W/wrong" ]
}

check_unload() {
	if [ "$RESULT" = ok ]; then
		[ ! -e $NBDDIAG ] && [ ! -e $KNOB ] && insmod "$W/nbddiag.ko"
	else
		[ "$INJECTED" = yes ] && grep -q '^format: 1' $NBDDIAG/devices
	fi
}

check_knob() {
	if [ "$INJECTED" = yes ]; then
		[ "$RESULT" = ENOMEM ]
	else
		[ "$RESULT" = "$WANT" ]
	fi
}
END

# usage: fail_each WHAT LEAST-TRIES CHECK FAILTOOL-ARGUMENT...
fail_each() {
	local what=$1 least=$2 check=$3 text status=0 begin=$SECONDS
	shift 3
	failtool "bash -c '. $W/checks && $check'" "$@" >"/out/faults/$what" 2>&1 || status=$?
	text=$(grep -v '^allocation [0-9]*: [A-Za-z]*$' "/out/faults/$what")
	note "$what: $(tail -n 1 <<<"$text"), $((SECONDS - begin)) s"
	if [ $status = 0 ]; then
		pass "$what"
	else
		fail "$what: $(head -n 20 <<<"$text")"
	fi
	get_field "$(tail -n 1 <<<"$text")" tries
	check_num "$what: allocations failed" "$VALUE" -gt "$least"
}

# --- loading ----------------------------------------------------------------------------------------

insmod "$W/nbd.ko" nbds_max=1 max_part=0
for parameters in use_btf=N 'use_btf=N allow_cleanup=1 max_sockets=7'; do
	fail_each "load $parameters" 20 check_load load "$W/nbddiag.ko" "$parameters"
done
pages_fail 0
fail_each "load with BTF" 20 check_load load "$W/nbddiag.ko" ""
pages_fail 1
FAIL_STEP=50 fail_each "load with BTF, in steps" 3 check_load load "$W/nbddiag.ko" ""
rmmod nbd
fail_each "load without nbd" 20 check_load load "$W/nbddiag.ko" use_btf=N

# --- devices that come while it is loaded -------------------------------------------------------------

# usage: load_only_injected PARAMETER...
load_only_injected() {
	local text=/sys/module/nbddiag/sections/.text size
	insmod "$W/nbddiag.ko" "$@"
	size=$(size -A "$W/nbddiag.ko" | awk '$1 == ".text" { print $2 }')
	echo "$(<$text)" >$FAILSLAB/require-start
	# Bash counts with signs.
	printf '0x%x\n' $(($(<$text) + size)) >$FAILSLAB/require-end
}

load_only_injected use_btf=N
fail_each "nbd is loaded" 5 check_add load "$W/nbd.ko" "nbds_max=2 max_part=0"
rmmod nbddiag
load_only_injected
pages_fail 0
fail_each "nbd is loaded, with BTF" 5 check_add load "$W/nbd.ko" "nbds_max=2 max_part=0"
pages_fail 1

# --- reading ------------------------------------------------------------------------------------------

insmod "$W/nbd.ko" nbds_max=2 max_part=0
start_nbdtool_server "unix:$W/sock" --deaf
attach nbd0 "unix:$W/sock"
nbdtool io /dev/nbd0 read 0 4096 >/dev/null 2>&1 &
wait_until 10 inflight_is nbd0 1
start_logged aiotool 'setup 64' 'setup 8' ready
for file in nbd0 nbd1 devices aio aio_scan layout; do
	cat $NBDDIAG/$file >"$W/truth"
	fail_each "$file" 1 check_read read $NBDDIAG/$file "$W/copy"
done

# --- the knob, and the end ------------------------------------------------------------------------------

export WANT=EPERM
fail_each "the knob, which is off" 1 check_knob write $KNOB/cleanup "nbd0 sockets 0123456789abcdef"
fail_each "unload" 0 check_unload unload nbddiag
rmmod nbddiag
load_only_injected allow_cleanup=1
WANT=EISCONN
generation=$(sed -n 's/^generation: //p' $NBDDIAG/nbd0)
fail_each "the knob: a device in use" 1 check_knob write $KNOB/cleanup "nbd0 sockets $generation"
kill -KILL "$SERVER" "$CLIENT"
