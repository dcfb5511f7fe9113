# shellcheck shell=bash disable=SC2034,SC2154
# What guest-run looks for besides, in a kernel that was compiled to find bugs; in others these do nothing.
# Sourced by guest-run, whose "reason" makes a case fail.

kmemleak=/sys/kernel/debug/kmemleak
# kmemleak reports nothing younger.
kmemleak_age=5

is_compiled_kernel() { [[ $(uname -r) == *-nbddiag-* ]]; }

# Each report counts, also the eleventh of a hung task.
prepare_checks() {
	is_compiled_kernel || return
	echo -1 >/proc/sys/kernel/hung_task_warnings
	[ ! -w /sys/kernel/debug/kcsan ] || echo on >/sys/kernel/debug/kcsan
}

# The kernel's messages without those that are no failure in such a kernel. usage: own_reports FILE
own_reports() {
	if is_compiled_kernel; then
		awk -f /nbddiag/tests/debug/own-reports.awk "$1"
	else
		cat "$1"
	fi
}

# What is reported from here on is of this case.
forget_leaks() {
	[ ! -w $kmemleak ] || echo clear >$kmemleak
}

# Memory that nothing points to any more, allocated by nbddiag, or by a module that is gone: that has no names,
# so its frames are bare addresses. Two scans: what changed since the first is still in use.
judge_leaks() {
	[ -w $kmemleak ] || return
	echo scan >$kmemleak
	sleep $kmemleak_age
	echo scan >$kmemleak
	own_leaks >"$dir/leaks"
	[ -s "$dir/leaks" ] || return
	name_frames
	reason "leaked memory (all of it: leaks):"
	head -n 30 "$dir/leaks" | sed 's/^/  /' >>"$dir/reasons"
}

own_leaks() {
	awk '
		/^unreferenced object/ { flush(); object = "" }
		{ object = object $0 "\n" }
		/\[nbddiag\]|^ +0x[0-9a-f]+$/ { ours = 1 }
		function flush() { if (ours) printf "%s", object; ours = 0 }
		END { flush() }' $kmemleak
}

# A module that is loaded again mostly comes to lie where it lay, and gives the bare addresses their names.
name_frames() {
	[ ! -d /sys/module/nbddiag ] && grep -qE '^ +0x[0-9a-f]+$' "$dir/leaks" || return
	insmod /nbddiag/nbddiag.ko && own_leaks >"$dir/leaks"
	rmmod nbddiag
}

# After its first report lockdep is off: it has seen nothing since, so the next case needs a fresh guest.
judge_lockdep() {
	[ -e /proc/lockdep_stats ] || return
	grep -q 'debug_locks: *1' /proc/lockdep_stats && return
	reason "lockdep is off"
	spoiled=yes
}
