# shellcheck shell=bash disable=SC2153
# The manual of the program against its help: an option that is said to be of some commands is of these, and of no other.

# Prints "OPTION COMMAND", as lines ".Cm list , check :" of the manual have it.
in_manual() {
	awk '/^\.Sh OPTIONS/, /^\.Ss Columns/ {
		if (/^\.It Fl / && match($0, /-[a-z][a-z-]+/))
			option = substr($0, RSTART + 1, RLENGTH - 1)
		if (/^\.Cm .*:$/)
			for (i = 2; i <= NF; i++)
				if ($i ~ /[a-z]/)
					print option, $i
	}' "$TOP/man/nbddiag.8" | sort -u
}

in_help() {
	local command
	for command in $("$NBDDIAG" --help | sed -nE 's/^  ([a-z]+) .*/\1/p'); do
		"$NBDDIAG" "$command" --help | sed -nE "s/^  .*--([a-z-]+).*/\1 $command/p"
	done | sort -u
}

# --pid is of one kind for most commands, and --output is an option of tables too.
said=$(in_manual | grep -vE '^(pid|output) ')
check_eq "manual: whose options are" "$said" "$(in_help | grep -E "$(cut -d ' ' -f 1 <<<"$said" | sort -u | sed 's/.*/^& /' | paste -sd '|')")"
check "manual: it says so of some" test "$(wc -l <<<"$said")" -ge 20
