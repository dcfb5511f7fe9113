# From a trace of lib.bash's probes: for each time that a lock was held, "mutex NS NUMBER", the how many-eth it was, or
# "spin NS CALLER#NUMBER [MODULE]". Of nested spinlocks the outermost counts: so long is preemption off.
function argument(name) {
	match($0, name "=[^ ]+( \\[[a-z]+\\])?")
	return substr($0, RSTART + length(name) + 1, RLENGTH - length(name) - 1)
}

function stamp() {
	match($0, /[0-9]+\.[0-9]+: /)
	return substr($0, RSTART, RLENGTH - 2) * 1e6
}

/: try: / { mutex = argument("lock") }
# LOCK_MINE
/: tried: / && argument("got") == "0" { since = stamp(); held = mutex }
/: unlock: / && held && argument("lock") == held {
	printf "mutex %d %d\n", (stamp() - since) * 1000, ++number
	held = ""
}
/: spin(_irq)?: / {
	if (!depth++) {
		off = stamp()
		caller = argument("caller")
	}
}
/: spun(_irq)?: / && depth && !--depth {
	split(caller, words, " ")
	printf "spin %d %s#%d %s\n", (stamp() - off) * 1000, words[1], ++times[caller], words[2]
}
