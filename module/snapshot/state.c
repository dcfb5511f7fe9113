// SPDX-License-Identifier: GPL-2.0
/* The state of an nbd device, from plain facts. */
#include "snapshot/state.h"

static enum nbd_state because(enum nbd_state state, const char **reason,
			      const char *why)
{
	*reason = why;
	return state;
}

static enum nbd_state with_receivers(const struct nbd_facts *f,
				     const char **reason)
{
	if (f->dead == f->sockets)
		return because(NBD_STATE_DISCONNECTED, reason,
			       "all-sockets-dead");
	if (f->disconnected)
		return because(NBD_STATE_DISCONNECTED, reason, "shutting-down");
	if (f->dead)
		return because(NBD_STATE_DEGRADED, reason, "some-sockets-dead");
	return because(NBD_STATE_CONNECTED, reason, "receivers-running");
}

/* Some sockets are not dead, and no receiver serves them. */
static enum nbd_state not_served(const struct nbd_facts *f,
				 const char **reason)
{
	bool strays = f->held < f->sockets - f->dead;

	if (f->started == UNKNOWN)
		return because(NBD_STATE_UNKNOWN, reason, "starter-unknown");

	if (!f->started && !f->disconnected) {
		if (f->starter == STARTER_HAS_DEVICE)
			return because(NBD_STATE_SETUP, reason,
				       "setup-task-alive");
		if (f->bound)
			return because(NBD_STATE_SETUP, reason,
				       "netlink-setup");
	}

	if (f->disconnected)
		return strays ? because(NBD_STATE_ORPHANED, reason,
					"disconnected-with-sockets") :
				because(NBD_STATE_DISCONNECTED, reason,
					"sockets-held");

	/* Never disconnected, so it depends on who set it up. */
	if (f->starter == STARTER_UNKNOWN || f->starter == STARTER_ALIVE)
		return because(NBD_STATE_UNKNOWN, reason, "starter-unknown");
	if (f->starter == STARTER_HAS_DEVICE)
		return because(NBD_STATE_UNKNOWN, reason, "starter-alive");
	if (!strays)
		return because(NBD_STATE_UNKNOWN, reason,
			       "starter-gone-sockets-held");
	return because(NBD_STATE_ORPHANED, reason, "starter-gone");
}

/* nbd starts nothing without sockets, and keeps them until the last close. */
static bool lost_its_sockets(const struct nbd_facts *f)
{
	return !f->sockets && (f->receivers || f->started == YES);
}

enum nbd_state nbd_state(const struct nbd_facts *f, const char **reason)
{
	if (f->why_unknown)
		return because(NBD_STATE_UNKNOWN, reason, f->why_unknown);
	if (!f->config)
		return because(NBD_STATE_FREE, reason, "no-config");
	if (lost_its_sockets(f))
		return because(NBD_STATE_UNKNOWN, reason, "changing");
	if (!f->sockets)
		return because(NBD_STATE_OPENED, reason, "no-sockets");
	if (f->receivers)
		return with_receivers(f, reason);
	if (f->dead == f->sockets)
		return because(NBD_STATE_DISCONNECTED, reason,
			       "all-sockets-dead");
	return not_served(f, reason);
}

bool nbd_state_needs_starter(const struct nbd_facts *f)
{
	return !f->why_unknown && f->config && f->sockets && !f->receivers &&
	       f->dead < f->sockets && !f->disconnected;
}

static enum tristate answer(enum tristate attachable, const char **reason,
			    const char *why)
{
	*reason = why;
	return attachable;
}

/*
 * With sockets no client can attach and have a device of its own. If nbd was
 * never told to start (NBD_CLEAR_SOCK came first), one that sets CAN_MULTI_CONN
 * is accepted, but then the device is started with what is left over as well.
 */
static const char *why_not_with_sockets(const struct nbd_facts *f)
{
	const char *unused;

	if (f->receivers)
		return "in-use";
	if (nbd_state(f, &unused) == NBD_STATE_SETUP)
		return "being-set-up";
	if (f->started == YES)
		return "started";
	if (f->bound)
		return "bound";
	if (f->starter != STARTER_NONE && f->starter != STARTER_UNKNOWN)
		return "setup-task-set";
	return "leftover-sockets";
}

enum tristate nbd_attachable(const struct nbd_facts *f, const char **reason)
{
	if (f->why_unknown)
		return answer(UNKNOWN, reason, f->why_unknown);
	if (f->reader)
		return answer(UNKNOWN, reason, "other-reader");
	if (!f->locked)
		return answer(NO, reason, "lock-held");
	if (f->removed)
		return answer(NO, reason, "going-away");
	if (!f->config)
		return answer(YES, reason, "free");
	if (f->sockets)
		return answer(NO, reason, why_not_with_sockets(f));
	if (lost_its_sockets(f))
		return answer(UNKNOWN, reason, "changing");
	if (f->bound)
		return answer(NO, reason, "bound");
	if (f->starter == STARTER_UNKNOWN)
		return answer(UNKNOWN, reason, "starter-unknown");
	if (f->starter != STARTER_NONE)
		return answer(NO, reason, "setup-task-set");
	if (f->inflight < 0)
		return answer(UNKNOWN, reason, "requests-unknown");
	if (f->inflight)
		return answer(NO, reason, "requests-in-flight");
	return answer(YES, reason, "opened-ioctl-only");
}

const char *nbd_state_text(enum nbd_state state)
{
	static const char * const texts[] = {
		[NBD_STATE_FREE] = "free",
		[NBD_STATE_OPENED] = "opened",
		[NBD_STATE_SETUP] = "setup",
		[NBD_STATE_CONNECTED] = "connected",
		[NBD_STATE_DEGRADED] = "degraded",
		[NBD_STATE_DISCONNECTED] = "disconnected",
		[NBD_STATE_ORPHANED] = "orphaned",
		[NBD_STATE_UNKNOWN] = "unknown",
	};

	if ((unsigned int)state >= ARRAY_SIZE(texts))
		return "unknown";
	return texts[state];
}
