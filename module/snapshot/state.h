/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one predicate that says in which state a device is, and whether it can
 * be attached. No kernel API, so that the host tests every combination.
 */
#ifndef NBDDIAG_STATE_H
#define NBDDIAG_STATE_H

#include "access/plain.h"

/* See words.h; for example NBD_STATE_FREE. */
enum nbd_state {
#define WORD_STATE(id, ...) NBD_STATE_##id,
#include "access/words.h"
};

/* Why it is in that state; for example NBD_REASON_NO_CONFIG. */
enum nbd_reason {
#define WORD_REASON(state, id, ...) NBD_REASON_##id,
#include "access/words.h"
};

/* Who gave the first socket. */
enum starter {
	STARTER_NONE,		/* nbd names no task */
	STARTER_GONE,		/* no live task has the address that nbd kept */
	STARTER_HAS_DEVICE,	/* a live task, which has the device open */
	STARTER_NOT_OPEN,		/* a live task, which has not: another one */
	STARTER_ALIVE,		/* a live task; nobody has asked what it has open */
	STARTER_UNKNOWN,
};

/**
 * struct nbd_facts - what the predicate looks at
 * @why_unknown: NULL, or the reason for which the rest is not known
 * @locked: config_lock was held by us while the facts were copied
 * @reader: not @locked, because another reader of nbddiag held it
 * @removed: the device has no reference left
 * @config: there is a configuration
 * @sockets: number of sockets
 * @dead: how many of them are marked dead
 * @held: how many of the others a process has open
 * @receivers: receiving workers that run
 * @started: this configuration was started once (pid or task_recv is set)
 * @disconnected: the flag DISCONNECTED
 * @bound: the flag BOUND (made over netlink)
 * @starter: who set it up
 * @inflight: requests in flight, -1 if not known
 */
struct nbd_facts {
	const char *why_unknown;
	bool locked;
	bool reader;
	bool removed;
	bool config;
	u32 sockets;
	u32 dead;
	u32 held;
	u32 receivers;
	enum tristate started;
	bool disconnected;
	bool bound;
	enum starter starter;
	s64 inflight;
};

/*
 * The state of a device.
 *
 * Return: the state. What is not sure is NBD_STATE_UNKNOWN.
 */
enum nbd_state nbd_state(const struct nbd_facts *f, const char **reason);

/* Does the state depend on what the starter has open? */
bool nbd_state_needs_starter(const struct nbd_facts *f);

/* Could a client attach now, and have the device alone? */
enum tristate nbd_attachable(const struct nbd_facts *f, const char **reason);

const char *nbd_state_text(enum nbd_state state);
const char *nbd_reason_text(enum nbd_reason reason);

#endif /* NBDDIAG_STATE_H */
