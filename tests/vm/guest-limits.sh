# shellcheck shell=bash disable=SC2034,SC2154
# Limits of time inside a guest: the time in which a busy host held the guest up does not count. The host says how
# much that was, in seconds since the boot. Sourced by guest-run and guest-lib.sh; guest-timeout.c does the same.

# Sets HOST_LAG to it.
look_at_host_lag() {
	HOST_LAG=0
	{ read -r HOST_LAG </out/held-up; } 2>/dev/null || :
}

# Begins a limit, in variables of the caller: "local end soonest asked". usage: begin_limit SECONDS
begin_limit() {
	look_at_host_lag
	soonest=$((SECONDS + $1)) end=$((SECONDS + $1 - HOST_LAG)) asked=
}

# Whether it is over. If so, the host is asked again for two seconds: when it was so busy that this guest stood still,
# then what it says is late too.
limit_is_over() {
	[ "$SECONDS" -ge "$soonest" ] || return 1
	look_at_host_lag
	if [ $((SECONDS - HOST_LAG)) -lt "$end" ]; then
		soonest=$((end + HOST_LAG)) asked=
		return 1
	fi
	: "${asked:=$((SECONDS + 2))}"
	[ "$SECONDS" -ge "$asked" ]
}
