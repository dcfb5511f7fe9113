# shellcheck shell=bash
# The time that counts for a guest. Sourced, never run.
#
# A busy host holds its guests up: qemu's threads are ready to run and no processor is free, or they wait for the
# host's disk. What tells a hung guest from a slow one must not count that, so this clock stands still meanwhile. It
# goes on while a guest sleeps, waits for something of its own, or runs in a circle.

declare -A CLOCK_THREADS=()

# Sets UPTIME, in 1/100 s.
look_at_uptime() {
	read -r UPTIME _ </proc/uptime
	UPTIME=$((10#${UPTIME/./}))
}

# Starts the clock of a process. usage: clock_start PID
clock_start() {
	local held
	CLOCK_PID=$1
	# In 1/100 s: the time that counts, the time that does not, and when that was found out.
	CLOCK=0 HELD_UP=0
	CLOCK_THREADS=()
	look_at_uptime
	CLOCK_SEEN=$UPTIME
	look_at_threads 0
}

# Moves CLOCK and HELD_UP on. To be called several times a second.
clock_look() {
	local passed held
	look_at_uptime
	passed=$((UPTIME - CLOCK_SEEN))
	CLOCK_SEEN=$UPTIME
	look_at_threads "$passed"
	# Who could not even look for longer than a second was held up like all others.
	[ $((passed - held)) -le 100 ] || held=$((passed - 100))
	HELD_UP=$((HELD_UP + held))
	CLOCK=$((CLOCK + passed - held))
}

# Sets "held" of the caller to how long the threads were held up, of the time PASSED since the last look: as long as
# that one which was held up most; or, as they wait for each other too, all together, but no longer than none of
# them ran. So a guest that runs in a circle never stops the clock.
# The kernel adds to a thread's delay when the thread gets a processor; one that still waits for one is known by its
# not having run since the last look, and what was counted for it so is not counted again.
# usage: look_at_threads PASSED
look_at_threads() {
	local passed=$1 task stat ran delay times was_ran was_delay was_times counted grown all=0 unused=$1
	held=0
	for task in "/proc/$CLOCK_PID/task"/*; do
		stat=
		{ read -r ran delay times <"$task/schedstat" && read -rd '' stat <"$task/stat"; } 2>/dev/null || :
		# It has ended, or this kernel does not say.
		[ -n "$stat" ] || continue
		ran=$((ran / 10000)) delay=$((delay / 10000000))
		# After the name, which may hold anything.
		stat=${stat##*) }
		read -r was_ran was_delay was_times counted <<<"${CLOCK_THREADS[$task]:-0 0 0 0}"
		if [ "${stat:0:1} $ran $times" = "R $was_ran $was_times" ]; then
			grown=$passed
			counted=$((counted + passed))
		else
			grown=$((delay - was_delay - counted))
			counted=0
		fi
		[ "${stat:0:1}" != D ] || grown=$passed
		CLOCK_THREADS[$task]="$ran $delay $times $counted"
		[ "$grown" -lt 0 ] || all=$((all + grown))
		[ "$grown" -le "$held" ] || held=$grown
		unused=$((unused - (ran - was_ran) / 1000))
	done
	[ "$all" -le "$unused" ] || all=$unused
	[ "$all" -le "$held" ] || held=$all
	[ "$held" -le "$passed" ] || held=$passed
}
