# Reads expected-reports and the kernel's messages in a machine that was compiled to find bugs, and leaves out the
# reports that are no failure there: tasks in D that are not inside nbddiag (the cases put them there, and 30 s are
# soon over), data races between others, and what is expected. A report without its end is never left out, nor
# another one amidst it.

# usage: begin(TEXT-OF-THE-LAST-LINE, WHAT-IT-MUST-HAVE-TO-BE-LEFT-OUT)
function begin(last, excuse) { flush(); end = last; must = excuse; block = "" }

# A stack without what has no part in the report: in a data race what an interrupt has only interrupted, in a circle
# of locks what another module's init function did. Its memory was given back since, and nbddiag may lie there.
function parts(text) {
	if (text ~ /BUG: KCSAN:/)
		gsub(/ asm_[a-z_]*interrupt\+[^\n]*\n([^\n]+\n)*/, "", text)
	if (text ~ /WARNING: possible circular/ && text !~ / nbddiag_init\+/)
		gsub(/[^\n]*\[nbddiag\]\n[^\n]* do_one_initcall\+/, "", text)
	return text
}

# What was held back is printed after all.
function flush() { if (end) printf "%s", block; end = "" }

NR == FNR {
	if ($1 != "#")
		expected = expected (expected ? "|" : "") " " $1 "\\+0x"
	next
}

/INFO: task .* blocked for more than/ { begin("</TASK>", ".") }
/Showing all locks held in the system/ { begin("====================", ".") }
/BUG: KCSAN:/ { begin("====================", ".") }
/BUG: sleeping function|BUG: Invalid wait context|WARNING: possible circular locking/ { begin("</TASK>", expected) }

end && block != "" && /BUG:|WARNING:|UBSAN:|Oops|general protection/ { flush() }

# That is for guest-checks.sh to judge.
/INFO: lockdep is turned off/ && (!end || block == "") { next }

!end { print; next }
{ block = block $0 "\n" }
index($0, end) {
	ours = parts(block) ~ /\[nbddiag/
	# A case may announce hung tasks, but never one of ours.
	if (ours && block ~ /blocked for more than/)
		print "WARNING: a task hangs inside nbddiag"
	if (ours || block !~ must)
		flush()
	end = ""
}

END { flush() }
