#!/bin/bash
# desc: under systemd the timer writes the metrics, and what changes is an entry of the journal; nothing else is said
# timeout: 600
# own-vm: yes
# machines: backports
# expect-kmsg: blocked for more than|Call Trace
. tests/cases/systemd.bash

# A device whose server is stopped, and goes on.
server_stops() {
	stall nbd0
	dd if=/dev/nbd0 of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null &
	wait_until 150 has_metric 'nbddiag_device_verdict{device="nbd0",verdict="wedged"} 1' || die "the timer does not see that the device is wedged"
	wait_for_a_run
	wait_for_a_run
	check_match "a device is wedged: an entry of it, one of its cause, and no more" "$(entries 1 | xargs)" \
		'^nbd0 in-use wedged 4 nbddiag (device nbd0|server [0-9]+) 4 nbddiag$'
	answer nbd0
	wait "$!"
	wait_until 150 has_metric 'nbddiag_devices{verdict="in-use"} 1' || die "the timer does not see that the device goes on"
	wait_for_a_run
	check_match "it goes on: an entry of it, one of its cause, and no more" "$(entries 3 | xargs)" \
		'^nbd0 wedged in-use 5 nbddiag (device nbd0|server [0-9]+) 5 nbddiag$'
}

# Nobody collects metrics. What changes is noted.
without_collector() {
	mv "${PROM%/*}" "$W/collector"
	unserve nbd0
	wait_until 150 has_entries 5 || die "a change is not noted without a collector"
	sleep 20
	check_eq "without a collector a change is one entry, and no more is said" "$(entries 5)" "nbd0 in-use free 5 nbddiag"
	mv "$W/collector" "${PROM%/*}"
	wait_for_a_run
}

begin
start_systemd
serve nbd0
check "nothing is written until the timer is started" test ! -e "$PROM"
inside systemctl start nbddiag-metrics.timer
wait_until 150 test -s "$PROM" || die "the timer writes no metrics"
check "the module was found" has_metric 'nbddiag_up 1'
check "a device is in use" has_metric 'nbddiag_devices{verdict="in-use"} 1'
check_eq "metrics: how they ended" "$(result_of nbddiag-metrics.service)" "success 0 "
check_eq "changes: how they ended" "$(result_of nbddiag-changes.service)" "success 0 "
wait_for_a_run
check_eq "nothing is said where nothing has changed" "$(said)" ""
server_stops
without_collector
rmmod nbddiag
wait_until 150 has_metric 'nbddiag_up 0' || die "the timer does not see that the module is gone"
wait_for_a_run
check_eq "without the module nothing is said" "$(entries 6)" ""
load_nbddiag
kill -KILL "$SYSTEMD"
end
