#!/bin/bash
# desc: nbddiag why: a confined reader is denied nbd's send where nbd sends with the reader's rights, and only there
# timeout: 90
# expect-kmsg: Send control failed
. tests/cases/lib.bash

# Two profiles of AppArmor, compiled:
#     profile allowed { file, network, }
#     profile denied { file, }
# The parser of bullseye leaves out the network for its own kernel, and then nothing is denied. So this is made by that of
# bookworm, with bullseye's /usr/share/apparmor-features/features, which all these kernels understand:
#     apparmor_parser -QKS -M FEATURES FILE | gzip -9n | base64
POLICY='
H4sIAAAAAAACA+2WMU7DMBSGfzuObSZWJAZ6BAbElqsgmSZBkaImalApE9eAiasgJrhBj4OTJnVikpahQaX4f3q2kjzby8vnn0ks
onmRZDNQMZmASeTzLE7SCMKXUGmaPUQhGEecqrsCgkLLDNJ6rgYmMFV5cX31rXy9hp0gz9Jk+hjeQuitlQpjBb7ygfObZaBLzgB/
Bcyy+ziNluUiAoa1JIxYnUYXb4tqFr31w6KD9UTnqU5PZ9A6mW7dXzbfSVBX881JZTarPfgjhtgRTscur9OHnu5mv9XXpBqb/2u8
4DvC6cglDeY/S9AazrOPAc6brnh9f2px99LiO/8h17nFdNLcRxbP+YbSJUENx2l9B4wlat1kTofNU9rpn/2L6LNcRxw817YZaIEw
miW/5Z9fLLA+D4DV6xho0fu+jaPue9ayrv2G19jcPsNLXdP8M1B2ph7j6eQMoDOAzgA6A+gM4N/j2hdYN4rYQhUAAA==
'
APPARMOR=/sys/kernel/security/apparmor

load_policy() {
	mountpoint -q /sys/kernel/security || mount -t securityfs security /sys/kernel/security
	[ -e $APPARMOR/.replace ] || skip "no AppArmor in this kernel"
	base64 -d <<<"$POLICY" | gunzip >"$W/policy"
	check "the policy is loaded" bash -c "cat '$W/policy' >$APPARMOR/.replace"
	check_match "allowed: a socket can be made" "$(make_socket allowed)" 'Connection refused'
	check_match "denied: no socket can be made" "$(make_socket denied)" 'Permission denied'
}

remove_policy() {
	printf allowed >$APPARMOR/.remove
	printf denied >$APPARMOR/.remove
}

# Runs a command under a profile. usage: confined PROFILE COMMAND...
confined() {
	# shellcheck disable=SC2016
	bounded 20 bash -c 'echo "exec $0" >/proc/self/attr/exec && exec "$@"' "$@"
}

# What comes of it; nobody listens there. usage: make_socket PROFILE
make_socket() { confined "$1" bash -c ': <>/dev/tcp/127.0.0.1/9' 2>&1 || :; }

# Past the page cache. usage: read_as PROFILE DEVICE
read_as() { confined "$1" dd "if=/dev/$2" of=/dev/null bs=4k count=1 iflag=direct; }

# From stable 6.12.56 on, and in 7.3, nbd sends with the kernel's rights, and nobody can be denied it.
sends_as_kernel() { [ "$(printf '%s\n' 6.12.56 "$(uname -r)" | sort -V | head -n 1)" = 6.12.56 ]; }

# A device that is served and kept open. Without a scheduler, the process that reads also sends. No other case asks for
# patterns of these devices, as the log keeps what nbd said of them.
# usage: serve DEVICE SCHEDULER [NBDTOOL-ATTACH-ARGUMENT...]
serve() {
	rm -f "$W/$1"
	start_nbdtool_server "unix:$W/$1"
	attach "$1" "unix:$W/$1" "${@:3}"
	echo "$2" >"/sys/block/$1/queue/scheduler"
	hold "$1"
}

# usage: end_serving DEVICE
end_serving() {
	bounded 10 nbdtool disconnect "/dev/$1" || :
	stop TERM "$HOLDER" "$CLIENT" "$SERVER"
	wait_free "$1"
}

# usage: check_served WHAT PROFILE DEVICE
check_served() {
	check "$1: the reader is served" read_as "$2" "$3"
	check_no_match "$1: nbd complains of nothing" "$(kernel_says)" "block $3: Send control failed"
	check_looks "$1" "$3"
}

# usage: check_denied WHAT DEVICE
check_denied() {
	check_match "$1: nbd says it" "$(kernel_says)" "block $2: Send control failed \(result -13\)"
	check_looks "$1" "$2" send-denied
}

one_connection() {
	serve nbd12 none
	check_served "a reader who may use the network" allowed nbd12
	if sends_as_kernel; then
		check_served "a reader who may not" denied nbd12
	else
		check_fails "a reader who may not: it fails" read_as denied nbd12
		check_denied "a reader who may not" nbd12
		check_match "the audit log has the reader" "$(kernel_says)" \
			'apparmor="DENIED" operation="sendmsg" .*profile="denied" .*comm="dd"'
	fi
	end_serving nbd12
	# The log still has what nbd said, but now it works.
	serve nbd12 none
	check "attached again: the reader is served" read_as allowed nbd12
	check_looks "attached again" nbd12
	end_serving nbd12
}

# What was not sent is sent again by a worker of the kernel, which may do so, over the other connection.
two_connections() {
	serve nbd13 none "unix:$W/nbd13" --flags 0x100
	if sends_as_kernel; then
		check_served "two connections" denied nbd13
	else
		check "two connections: the reader is served" read_as denied nbd13
		check_denied "two connections, one of which is lost" nbd13
	fi
	end_serving nbd13
}

# With a scheduler the kernel's worker sends.
scheduler() {
	serve nbd14 mq-deadline
	check_served "a reader who may not, with a scheduler" denied nbd14
	end_serving nbd14
}

begin
load_policy
one_connection
two_connections
scheduler
remove_policy
end
