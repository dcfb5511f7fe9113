#!/bin/bash
# desc: lockdown refuses to load an unsigned module; one that was loaded before shows and frees as ever
# own-vm: yes
# timeout: 120
. tests/cases/clean.bash

# Lockdown can be raised while the kernel runs, by the very steps which "lockdown=" on its command line and
# Secure Boot take at boot, and never lowered. Debian's own modules are signed; ours is not.
LOCKDOWN=/sys/kernel/security/lockdown

raise_lockdown() {
	echo "$1" >$LOCKDOWN
	check_match "the kernel is in lockdown=$1" "$(<$LOCKDOWN)" "\[$1\]"
}

# A module is looked at before its name is, so this can be asked while ours is loaded.
# usage: check_refusal WHAT EREGEX
check_refusal() {
	local said=''
	! said=$(load_nbddiag 2>&1) || fail "$1: loaded"
	check_match "$1" "$said" "$2"
}

# What the files say, but for times, and for who has the memory of a task that has ended (5.10 keeps its address).
read_all() {
	local file
	for file in layout nbd0 nbd1; do
		read_file $file
		printf '%s\n' "$TEXT" | sed -E '/^(setup|attached)_task: /d; s/[a-z_]*_ns[:=] ?[0-9-]+//g'
	done
	read_file aio
	check_match "$MODE: contexts are seen" "$TEXT" '^contexts: live=[0-9]'
	read_file devices
	check_match "$MODE: devices are seen" "$TEXT" '^device: name=nbd0 state=orphaned'
}

# Shuts the orphans of a device by the knob; the first reader of "last" must see it done.
free_sockets() {
	read_file "$1"
	get_key generation
	check "$MODE: the knob takes a command" bounded 20 sh -c "echo '$1 sockets $VALUE' >/sys/kernel/nbddiag/cleanup"
	check_file_line "$MODE: it is done" /sys/kernel/nbddiag/last '^result: done'
	check_file_line "$MODE: the sockets are shut" /sys/kernel/nbddiag/last '^sockets_shut: 2$'
}

load_nbd max_part=0 nbds_max=16
load_nbddiag allow_cleanup=1
prove_layout needed
mountpoint -q /sys/kernel/security || mount -t securityfs security /sys/kernel/security
[ -e $LOCKDOWN ] || skip "this kernel has no lockdown"
check_match "no lockdown yet" "$(<$LOCKDOWN)" '\[none\]'
for device in nbd0 nbd1; do
	leave_strays $device 2
done
MODE=none
check_refusal "none: an unsigned module would load, were it not loaded" 'File exists'
before=$(read_all)
for MODE in integrity confidentiality; do
	raise_lockdown $MODE
	check_refusal "$MODE: an unsigned module is refused" 'Operation not permitted'
	check_eq "$MODE: the files say what they said" "$(read_all)" "$before"
	check "$MODE: the reader's verdict comes" bounded 30 bash -c 'nbddiag check nbd0 | grep -E "^(wedged|orphaned):"'
done
# The knob is no business of lockdown's: its own parameter decides.
free_sockets nbd1
check "it can be removed" unload_nbddiag
check_refusal "and not be loaded again" 'Operation not permitted'
