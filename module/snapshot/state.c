// SPDX-License-Identifier: GPL-2.0
/* The state of an nbd device, from plain facts. */
#include "snapshot/state.h"

/* Whether it can be attached, see words.h; for example ATTACH_IN_USE. */
enum nbd_attach {
#define WORD_ATTACH(id, ...) ATTACH_##id,
#include "access/words.h"
};

static const struct {
	enum tristate answer;
	const char *word;
} attach_words[] = {
#define WORD_ATTACH(id, answer, word, ...) \
	[ATTACH_##id] = { answer, word },
#include "access/words.h"
};

static const struct {
	enum nbd_state state;
	const char *word;
} reasons[] = {
#define WORD_REASON(state, id, word, ...) \
	[NBD_REASON_##id] = { NBD_STATE_##state, word },
#include "access/words.h"
};

const char *nbd_reason_text(enum nbd_reason reason)
{
	return reasons[reason].word;
}

const char *nbd_state_text(enum nbd_state state)
{
	static const char * const words[] = {
#define WORD_STATE(id, word, ...) \
		[NBD_STATE_##id] = word,
#include "access/words.h"
	};

	if ((unsigned int)state >= ARRAY_SIZE(words))
		return "unknown";
	return words[state];
}

/* Each reason is one of a single state. */
static enum nbd_state because(enum nbd_reason why, const char **reason)
{
	*reason = reasons[why].word;
	return reasons[why].state;
}

static enum nbd_state with_receivers(const struct nbd_facts *f,
				     const char **reason)
{
	if (f->dead == f->sockets)
		return because(NBD_REASON_ALL_SOCKETS_DEAD, reason);
	if (f->disconnected)
		return because(NBD_REASON_SHUTTING_DOWN, reason);
	if (f->dead)
		return because(NBD_REASON_SOME_SOCKETS_DEAD, reason);
	return because(NBD_REASON_RECEIVERS_RUNNING, reason);
}

/* Some sockets are not dead, and no receiver serves them. */
static enum nbd_state not_served(const struct nbd_facts *f,
				 const char **reason)
{
	bool strays = f->held < f->sockets - f->dead;

	if (f->started == UNKNOWN)
		return because(NBD_REASON_STARTER_UNKNOWN, reason);

	if (!f->started && !f->disconnected) {
		if (f->starter == STARTER_HAS_DEVICE)
			return because(NBD_REASON_SETUP_TASK_ALIVE, reason);
		if (f->bound)
			return because(NBD_REASON_NETLINK_SETUP, reason);
	}

	if (f->disconnected)
		return because(strays ? NBD_REASON_DISCONNECTED_WITH_SOCKETS :
			       NBD_REASON_SOCKETS_HELD, reason);

	/* Never disconnected, so it depends on who set it up. */
	if (f->starter == STARTER_UNKNOWN || f->starter == STARTER_ALIVE)
		return because(NBD_REASON_STARTER_UNKNOWN, reason);
	if (f->starter == STARTER_HAS_DEVICE)
		return because(NBD_REASON_STARTER_ALIVE, reason);
	if (!strays)
		return because(NBD_REASON_STARTER_GONE_SOCKETS_HELD, reason);
	return because(NBD_REASON_STARTER_GONE, reason);
}

/* nbd starts nothing without sockets, and keeps them until the last close. */
static bool lost_its_sockets(const struct nbd_facts *f)
{
	return !f->sockets && (f->receivers || f->started == YES);
}

enum nbd_state nbd_state(const struct nbd_facts *f, const char **reason)
{
	if (f->why_unknown) {
		*reason = f->why_unknown;
		return NBD_STATE_UNKNOWN;
	}
	if (!f->config)
		return because(NBD_REASON_NO_CONFIG, reason);
	if (lost_its_sockets(f))
		return because(NBD_REASON_CHANGING, reason);
	if (!f->sockets)
		return because(NBD_REASON_NO_SOCKETS, reason);
	if (f->receivers)
		return with_receivers(f, reason);
	if (f->dead == f->sockets)
		return because(NBD_REASON_ALL_SOCKETS_DEAD, reason);
	return not_served(f, reason);
}

bool nbd_state_needs_starter(const struct nbd_facts *f)
{
	return !f->why_unknown && f->config && f->sockets && !f->receivers &&
	       f->dead < f->sockets && !f->disconnected;
}

static enum tristate attachable_as(enum nbd_attach code, const char **reason)
{
	*reason = attach_words[code].word;
	return attach_words[code].answer;
}

/*
 * With sockets no client can attach and have a device of its own. If nbd was
 * never told to start (NBD_CLEAR_SOCK came first), one that sets CAN_MULTI_CONN
 * is accepted, but then the device is started with what is left over as well.
 */
static enum nbd_attach why_not_with_sockets(const struct nbd_facts *f)
{
	const char *unused;

	if (f->receivers)
		return ATTACH_IN_USE;
	if (nbd_state(f, &unused) == NBD_STATE_SETUP)
		return ATTACH_BEING_SET_UP;
	if (f->started == YES)
		return ATTACH_STARTED;
	if (f->bound)
		return ATTACH_BOUND;
	if (f->starter != STARTER_NONE && f->starter != STARTER_UNKNOWN)
		return ATTACH_SETUP_TASK_SET;
	return ATTACH_LEFTOVER;
}

enum tristate nbd_attachable(const struct nbd_facts *f, const char **reason)
{
	if (f->why_unknown) {
		*reason = f->why_unknown;
		return UNKNOWN;
	}
	if (f->reader)
		return attachable_as(ATTACH_OTHER_READER, reason);
	if (!f->locked)
		return attachable_as(ATTACH_LOCK_HELD, reason);
	if (f->removed)
		return attachable_as(ATTACH_GOING_AWAY, reason);
	if (!f->config)
		return attachable_as(ATTACH_FREE, reason);
	if (f->sockets)
		return attachable_as(why_not_with_sockets(f), reason);
	if (lost_its_sockets(f))
		return attachable_as(ATTACH_CHANGING, reason);
	if (f->bound)
		return attachable_as(ATTACH_BOUND, reason);
	if (f->starter == STARTER_UNKNOWN)
		return attachable_as(ATTACH_STARTER_UNKNOWN, reason);
	if (f->starter != STARTER_NONE)
		return attachable_as(ATTACH_SETUP_TASK_SET, reason);
	if (f->inflight < 0)
		return attachable_as(ATTACH_REQUESTS_UNKNOWN, reason);
	if (f->inflight)
		return attachable_as(ATTACH_REQUESTS, reason);
	return attachable_as(ATTACH_OPENED, reason);
}
