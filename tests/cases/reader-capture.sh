#!/bin/bash
# desc: nbddiag capture on a host in trouble: at once, the same answers from the copy as live, nothing overwritten
# timeout: 90
# own-vm: yes
. tests/cases/incidents.bash

has_no_answer() { [[ $(bounded 20 nbddiag check nbd1 || :) == *"has had no answer for"* ]]; }

# What a command says, without the ages, and its exit status. usage: answer ARGUMENT...
answer() {
	local text status=0
	text=$(bounded 20 nbddiag "$@" 2>&1) || status=$?
	sed -E '/: this is a capture of /d; s/[0-9.]+(ms|s|m)\b//g; s/ +/ /g' <<<"$text"
	echo "status $status"
}

begin
stall_guest nbd1
kill_until_stuck "$GUEST"
# From then on its age changes no answer any more.
wait_until 60 has_no_answer

echo "<6>said before the capture" >/dev/kmsg
check "capture" bounded 30 nbddiag capture "$W/ticket.tar"
check_eq "its mode" "$(stat -c %a "$W/ticket.tar")" 600
check_fails "not a second time" nbddiag capture "$W/ticket.tar"
mkdir "$W/tree"
tar -xf "$W/ticket.tar" --strip-components=1 -C "$W/tree"
check_eq "no command lines, environments, memory" "$(cd "$W/tree" && find . -name cmdline -o -name environ -o -name maps)" ""
check "the kernel's log is in it" grep -q 'said before the capture' "$W/tree/kernel-log"
check_eq "whose it is" "$(grep -E '^(host|kernel): ' "$W/tree/nbddiag-capture")" "$(printf 'host: %s\nkernel: %s' "$(uname -n)" "$(uname -r)")"
check_num "how old it is (s)" $(($(date +%s) - $(date -d "$(sed -n 's/^time: //p' "$W/tree/nbddiag-capture")" +%s))) -lt 120
for command in list "holders nbd1" "check nbd1" "check nbd0" "show nbd1" "why nbd1" \
	"aio --output PID,TID,COMM,STATE,INFLIGHT,OWED-BY,SLEEPS-IN"; do
	read -ra words <<<"$command"
	check_eq "$command: as live" "$(answer --root "$W/tree" "${words[@]}")" "$(answer "${words[@]}")"
done
check_match "the thread behind a zombie leader is in it" "$(answer --root "$W/tree" holders nbd1)" "thread $GUEST .*exit_aio"

kill -CONT "$SERVER"
wait_gone "$GUEST"
bounded 10 nbd-client -d /dev/nbd1 >/dev/null
