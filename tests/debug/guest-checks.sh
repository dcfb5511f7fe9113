# shellcheck shell=bash disable=SC2034,SC2154
# What guest-run looks for besides, in a kernel that was compiled to find bugs; in others these do nothing.
# Sourced by guest-run, whose "reason" makes a case fail.

expected_reports=/nbddiag/tests/debug/expected-reports
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
		awk -f /nbddiag/tests/debug/own-reports.awk $expected_reports "$1"
	else
		cat "$1"
	fi
}

jiffies() { sed -n 's/^jiffies: //p' /proc/timer_list; }

# usage: remember_begin (of the case in $name)
remember_begin() {
	[ ! -w $kmemleak ] || echo "$(jiffies) $name" >>/run/begins
}

# Memory that nothing points to any more, allocated by nbddiag, or by a module that is gone: that has no names, so
# its frames are bare addresses. A scan takes half a minute when emulated, so this is done once, after the last
# case; when it was allocated tells the case, which then has failed. Two scans: what changed since the first is
# still in use.
judge_leaks() {
	[ -w $kmemleak ] || return
	echo scan >$kmemleak
	sleep $kmemleak_age
	echo scan >$kmemleak
	own_leaks
	[ -s /run/leaks ] || return
	cp /run/leaks /run/bare
	name_frames
	sed 's/ .*//' /run/leaks | sort -u | while read -r leaker; do
		sed -n "s/^$leaker //p" /run/bare >"/out/$leaker/leaks"
		cmp -s /run/bare /run/leaks || sed -n "s/^$leaker //p" /run/leaks >"/out/$leaker/leaks-named"
		blame "$leaker"
	done
}

# Makes /run/leaks, each line with the name of the case first.
own_leaks() {
	awk '
		NR == FNR { begin[++n] = $1; name[n] = $2; next }
		/^unreferenced object/ { flush() }
		{ line[++lines] = $0 }
		/ jiffies [0-9]+$/ { at = $NF }
		/\[nbddiag|^ +0x[0-9a-f]+$/ { ours = 1 }
		function flush(  i, c) {
			for (c = n; c > 1 && begin[c] > at; c--)
				;
			for (i = 1; ours && i <= lines; i++)
				print name[c], line[i]
			lines = ours = 0
		}
		END { flush() }' /run/begins $kmemleak >/run/leaks
}

# A module that is loaded again mostly comes to lie where it lay, and gives the bare addresses their names, which
# are right only if the memory was nbddiag's: they are kept beside the others.
name_frames() {
	[ ! -d /sys/module/nbddiag ] && grep -qE ' +0x[0-9a-f]+$' /run/leaks || return
	insmod /nbddiag/nbddiag.ko && own_leaks
	rmmod nbddiag
}

# usage: blame CASE
blame() {
	local result=/out/$1/result
	{
		if grep -q ^fail "$result"; then cat "$result"; else echo fail; fi
		echo "leaked memory (all of it: leaks; by name, if it was nbddiag: leaks-named):"
		head -n 30 "/out/$1/leaks" | sed 's/^/  /'
	} >"$result.new"
	mv "$result.new" "$result"
}

# After its first report lockdep is off: it has seen nothing since, so the next case needs a fresh guest.
judge_lockdep() {
	[ -e /proc/lockdep_stats ] || return
	grep -q 'debug_locks: *1' /proc/lockdep_stats && return
	spoiled=yes
	grep -qF "$(awk '!/^#/ { print $1 "+0x" }' $expected_reports)" "$dir/kmsg" || reason "lockdep is off"
}
