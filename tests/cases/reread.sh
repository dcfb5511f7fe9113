#!/bin/bash
# desc: an open file that is read again from its start shows the device as it is then
# timeout: 60
. tests/cases/lib.bash

begin

# Opens a file once; for each line on its input it reads all of the file again and prints the state found.
# shellcheck disable=SC2016
coproc READER { exec perl -e '
	$| = 1;
	open(my $file, "<", $ARGV[0]) or die;
	while (<STDIN>) {
		my ($text, $part) = ("", "");
		sysseek($file, 0, 0);
		$text .= $part while sysread($file, $part, 4096);
		print $text =~ /^state: (\w+)$/m, "\n";
	}' "$NBDDIAG/nbd6"; }

state_now() {
	local state
	echo >&"${READER[1]}"
	read -r -t 10 state <&"${READER[0]}"
	echo "$state"
}

check_eq "at first" "$(state_now)" free
hold nbd6
check_eq "opened meanwhile" "$(state_now)" opened
stop TERM "$HOLDER"
check_eq "closed meanwhile" "$(state_now)" free
kill "$READER_PID"
end
