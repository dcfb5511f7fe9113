# Reads the kernel's messages in a machine that was compiled to find bugs, and leaves out the reports that are no
# failure there: tasks in D that are not inside nbddiag (the cases put them there, and 30 s are soon over), and
# data races between others. A report without its end is never left out, nor another one amidst it.

function begin(last) { flush(); end = last; block = "" }

# What was held back is printed after all.
function flush() { if (end) printf "%s", block; end = "" }

/INFO: task .* blocked for more than/ { begin("</TASK>") }
/Showing all locks held in the system/ { begin("====================") }
/BUG: KCSAN:/ { begin("====================") }

end && block != "" && /BUG:|WARNING:|UBSAN:|Oops|general protection/ { flush() }

!end { print; next }
{ block = block $0 "\n" }
index($0, end) {
	if (block ~ /nbddiag/) {
		# A case may announce hung tasks, but never one of ours.
		if (block ~ /blocked for more than/)
			print "WARNING: a task hangs inside nbddiag"
		flush()
	}
	end = ""
}

END { flush() }
