/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The words that the module says and the reader explains, each with one
 * sentence for people. Plain C: the module and the reader both take them from
 * here, so that neither has a word that the other does not know.
 *
 * WORD_STATE(id, word, sentence)
 *	state of a device
 * WORD_REASON(state, id, word, sentence)
 *	why it is in that state; state is the id of a WORD_STATE
 * WORD_ATTACH(id, answer, word, sentence)
 *	whether a client can attach a device, YES, NO or UNKNOWN, and why
 * WORD_LAYOUT(id, word, sentence)
 *	what is known of a private structure or member
 * WORD_ANSWER(id, error, word, sentence)
 *	what the knob answers, and with which error number
 *
 * A sentence about a device says what "it" is, without a capital and a full
 * stop. Words are part of the format, see nbddiag(4): none is ever changed.
 *
 * Included wherever something is made of the list, with one or more of the
 * macros defined; therefore without a guard.
 */

#ifndef WORD_STATE
#define WORD_STATE(...)
#endif
#ifndef WORD_REASON
#define WORD_REASON(...)
#endif
#ifndef WORD_ATTACH
#define WORD_ATTACH(...)
#endif
#ifndef WORD_LAYOUT
#define WORD_LAYOUT(...)
#endif
#ifndef WORD_ANSWER
#define WORD_ANSWER(...)
#endif

WORD_STATE(FREE, "free", "it has no configuration")
WORD_STATE(OPENED, "opened", "it has a configuration only because it is open")
WORD_STATE(SETUP, "setup", "it is being set up")
WORD_STATE(CONNECTED, "connected", "it is connected")
WORD_STATE(DEGRADED, "degraded",
	   "it is connected, but some of its sockets are dead")
WORD_STATE(DISCONNECTED, "disconnected",
	   "no connection of it is served, but its configuration is still held")
WORD_STATE(ORPHANED, "orphaned",
	   "it has sockets that nothing serves and no process holds")
WORD_STATE(UNKNOWN, "unknown", "its state is not known")

WORD_REASON(FREE, NO_CONFIG, "no-config", "it has no configuration")
WORD_REASON(OPENED, NO_SOCKETS, "no-sockets", "it has no sockets")
WORD_REASON(SETUP, SETUP_TASK_ALIVE, "setup-task-alive",
	    "the task that gave its first socket is alive and has it open")
WORD_REASON(SETUP, NETLINK_SETUP, "netlink-setup",
	    "it is being made over netlink")
WORD_REASON(CONNECTED, RECEIVERS_RUNNING, "receivers-running",
	    "receivers serve all its sockets")
WORD_REASON(DEGRADED, SOME_SOCKETS_DEAD, "some-sockets-dead",
	    "receivers run, and some of its sockets are dead")
WORD_REASON(DISCONNECTED, ALL_SOCKETS_DEAD, "all-sockets-dead",
	    "all its sockets are dead")
WORD_REASON(DISCONNECTED, SHUTTING_DOWN, "shutting-down",
	    "it is marked as disconnected, and receivers run: they end, or it was started again")
WORD_REASON(DISCONNECTED, SOCKETS_HELD, "sockets-held",
	    "it was disconnected, and a process still has its sockets open")
WORD_REASON(ORPHANED, DISCONNECTED_WITH_SOCKETS, "disconnected-with-sockets",
	    "it was disconnected, and sockets are left that no process has")
WORD_REASON(ORPHANED, STARTER_GONE, "starter-gone",
	    "who gave its sockets has gone without starting it")
WORD_REASON(UNKNOWN, NOT_NBD, "not-an-nbd-device",
	    "it is not one of nbd's devices")
WORD_REASON(UNKNOWN, LAYOUT_UNAVAILABLE, "layout-unavailable",
	    "this kernel's structures are not known, see the file layout")
WORD_REASON(UNKNOWN, LAYOUT_DISPROVED, "layout-disproved",
	    "this kernel's structures are other ones, see the file layout")
WORD_REASON(UNKNOWN, LAYOUT_UNPROVED, "layout-unproved",
	    "no device has proved yet what this kernel's structures are, see the file layout")
WORD_REASON(UNKNOWN, UNREADABLE, "unreadable",
	    "memory of the kernel could not be read")
WORD_REASON(UNKNOWN, CHANGING, "changing",
	    "it changed while it was read. Look again")
WORD_REASON(UNKNOWN, STARTER_GONE_SOCKETS_HELD, "starter-gone-sockets-held",
	    "who set it up has gone, and a process has its sockets: to start it or by mistake")
WORD_REASON(UNKNOWN, STARTER_ALIVE, "starter-alive",
	    "nothing serves it, but who set it up is alive and has it open")
WORD_REASON(UNKNOWN, STARTER_UNKNOWN, "starter-unknown",
	    "who set it up is not known")

WORD_ATTACH(FREE, YES, "free", "it can be attached")
WORD_ATTACH(OPENED, YES, "opened-ioctl-only",
	    "an ioctl attach would succeed, and its openers would reach the new volume")
WORD_ATTACH(LOCK_HELD, NO, "lock-held",
	    "it can't be attached: nbd's lock is held, and an attach would wait for it")
WORD_ATTACH(GOING_AWAY, NO, "going-away",
	    "it can't be attached: it is being removed")
WORD_ATTACH(IN_USE, NO, "in-use", "it can't be attached: it is in use")
WORD_ATTACH(BEING_SET_UP, NO, "being-set-up",
	    "it can't be attached: another program is setting it up")
WORD_ATTACH(STARTED, NO, "started",
	    "every attach gets EBUSY until its last opener closes it, as nbd takes it for started")
WORD_ATTACH(BOUND, NO, "bound",
	    "it can't be attached: its netlink-made configuration is not freed yet")
WORD_ATTACH(SETUP_TASK_SET, NO, "setup-task-set",
	    "every attach fails with \"Device being setup by another task\"")
WORD_ATTACH(REQUESTS, NO, "requests-in-flight",
	    "it can't be attached: an attach would wait for the requests in flight")
WORD_ATTACH(LEFTOVER, NO, "leftover-sockets",
	    "it can't be attached: sockets of an earlier attempt are left, and would be used too")
WORD_ATTACH(OTHER_READER, UNKNOWN, "other-reader",
	    "whether it can be attached is not known: other readers of nbddiag had its lock")
WORD_ATTACH(CHANGING, UNKNOWN, "changing",
	    "whether it can be attached is not known: it changed while it was read. Look again")
WORD_ATTACH(STARTER_UNKNOWN, UNKNOWN, "starter-unknown",
	    "whether it can be attached is not known, as who set it up is not")
WORD_ATTACH(REQUESTS_UNKNOWN, UNKNOWN, "requests-unknown",
	    "whether it can be attached is not known, as its requests are not")

WORD_LAYOUT(UNRESOLVED, "unresolved", "nobody has looked yet")
WORD_LAYOUT(OK, "ok", "it is where the layout says")
WORD_LAYOUT(NO_STRUCT, "no-struct",
	    "the structure is not described, or only declared")
WORD_LAYOUT(NO_MEMBER, "no-member", "the structure has no such member")
WORD_LAYOUT(WRONG_CLASS, "wrong-class",
	    "it is of another kind of type than expected")
WORD_LAYOUT(WRONG_SIZE, "wrong-size", "it has another size than expected")
WORD_LAYOUT(BITFIELD, "bitfield", "it is a bit field")
WORD_LAYOUT(OUT_OF_STRUCT, "out-of-struct",
	    "it does not lie within its structure")
WORD_LAYOUT(AMBIGUOUS, "ambiguous",
	    "there are several definitions, which differ")
WORD_LAYOUT(MALFORMED, "malformed", "the description is broken at this place")
WORD_LAYOUT(DISPROVED, "disproved", "an invariant did not hold")
WORD_LAYOUT(UNKNOWN_ARCHITECTURE, "unknown-architecture",
	    "no memory is read on this architecture")
WORD_LAYOUT(UNPROVED, "unproved",
	    "a known form of it exists, but no device has shown it yet")

WORD_ANSWER(OK, 0, "ok", "done")
WORD_ANSWER(PARTIAL, EAGAIN, "partial",
	    "not all of it could be done in time: write it again")
WORD_ANSWER(OFF, EPERM, "cleanup-off",
	    "cleanup is off: load nbddiag with allow_cleanup=1")
WORD_ANSWER(NOT_PRIVILEGED, EACCES, "not-privileged",
	    "writing and opening this file takes CAP_SYS_ADMIN in the initial user namespace")
WORD_ANSWER(MALFORMED, EINVAL, "malformed",
	    "not a command: write nbdN sockets|fail-io GENERATION, see nbddiag(4)")
WORD_ANSWER(UNKNOWN_DEVICE, ENODEV, "unknown-device",
	    "there is no such nbd device")
WORD_ANSWER(GENERATION_CHANGED, ESTALE, "generation-changed",
	    "the device was set up anew since: look at it again")
WORD_ANSWER(LAYOUT, EOPNOTSUPP, "layout-unavailable",
	    "the structures of this nbd are not known, see debugfs nbddiag/layout")
WORD_ANSWER(LOCK_HELD, ETIMEDOUT, "lock-held",
	    "somebody holds the device's config_lock, see lock_holder in its file")
WORD_ANSWER(NOT_CONFIGURED, ENOTCONN, "not-configured",
	    "the device has no sockets")
WORD_ANSWER(IN_USE, EISCONN, "in-use",
	    "the device is in use: receivers serve its sockets")
WORD_ANSWER(RECEIVERS, EBUSY, "receivers-running",
	    "receivers still run: the device is shutting down, or its server hangs")
WORD_ANSWER(BEING_SET_UP, EINPROGRESS, "being-set-up",
	    "a living task is setting the device up")
WORD_ANSWER(STATE_UNKNOWN, EPROTO, "state-unknown",
	    "it is not sure in which state the device is")
WORD_ANSWER(INCONSISTENT, EUCLEAN, "inconsistent",
	    "what nbd keeps about its sockets does not fit together")
WORD_ANSWER(NOTHING, ENODATA, "nothing-to-do", "there is nothing to do")
WORD_ANSWER(SOCKETS_OPEN, ENOTEMPTY, "sockets-open",
	    "a socket is not shut down, or a sender hangs: use the action sockets first")
WORD_ANSWER(RECONNECT, EHOSTDOWN, "reconnect-pending",
	    "requests may wait for a reconnect, for dead_conn_timeout at most")
WORD_ANSWER(BEING_CLEARED, EALREADY, "being-cleared",
	    "somebody else has stopped the queue: nbd may be clearing it itself")
WORD_ANSWER(STARTER_ALIVE, EUSERS, "starter-alive",
	    "the task that started it lives, and may be clearing the queue: end it first")
WORD_ANSWER(INTERRUPTED, EINTR, "interrupted", "interrupted by a signal")

#undef WORD_STATE
#undef WORD_REASON
#undef WORD_ATTACH
#undef WORD_LAYOUT
#undef WORD_ANSWER
