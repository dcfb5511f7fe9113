// SPDX-License-Identifier: GPL-2.0
/*
 * Takes the facts for a verdict from a device's file. A key that is missing,
 * is there twice or contradicts another one breaks the whole: nothing may be
 * called free because a line was lost.
 */
#include <stddef.h>
#include <string.h>

#include "base/array_size.h"
#include "facts/device.h"
#include "facts/device_facts.h"
#include "facts/text.h"

#define BIT(nr) (1U << (nr))

/* What a state may be due to, and what may stand beside it. */
static const struct {
	const char *word;
	const char *reasons[8];
	unsigned int attach;
} states[] = {
	[STATE_FREE] = { "free", { "no-config" }, BIT(ATTACH_FREE) },
	[STATE_OPENED] = { "opened", { "no-sockets" },
		BIT(ATTACH_OPENED) | BIT(ATTACH_BOUND) |
		BIT(ATTACH_SETUP_TASK_SET) | BIT(ATTACH_REQUESTS) },
	[STATE_SETUP] = { "setup", { "setup-task-alive", "netlink-setup" },
		BIT(ATTACH_BEING_SET_UP) },
	[STATE_CONNECTED] = { "connected", { "receivers-running" },
		BIT(ATTACH_IN_USE) },
	[STATE_DEGRADED] = { "degraded", { "some-sockets-dead" },
		BIT(ATTACH_IN_USE) },
	[STATE_DISCONNECTED] = { "disconnected",
		{ "all-sockets-dead", "shutting-down", "sockets-held" },
		BIT(ATTACH_IN_USE) | BIT(ATTACH_STARTED) | BIT(ATTACH_BOUND) |
		BIT(ATTACH_SETUP_TASK_SET) | BIT(ATTACH_LEFTOVER) },
	[STATE_ORPHANED] = { "orphaned",
		{ "disconnected-with-sockets", "starter-gone" },
		BIT(ATTACH_STARTED) | BIT(ATTACH_BOUND) |
		BIT(ATTACH_SETUP_TASK_SET) | BIT(ATTACH_LEFTOVER) },
	[STATE_UNKNOWN] = { "unknown",
		{ "not-an-nbd-device", "layout-unavailable", "layout-disproved",
		  "unreadable", "changing", "starter-gone-sockets-held",
		  "starter-alive", "starter-unknown" }, 0 },
};

static const char * const attach_words[] = {
	[ATTACH_FREE] = "free",
	[ATTACH_OPENED] = "opened-ioctl-only",
	[ATTACH_LOCK_HELD] = "lock-held",
	[ATTACH_GOING_AWAY] = "going-away",
	[ATTACH_IN_USE] = "in-use",
	[ATTACH_BEING_SET_UP] = "being-set-up",
	[ATTACH_STARTED] = "started",
	[ATTACH_BOUND] = "bound",
	[ATTACH_SETUP_TASK_SET] = "setup-task-set",
	[ATTACH_REQUESTS] = "requests-in-flight",
	[ATTACH_LEFTOVER] = "leftover-sockets",
};

/* Only a device that has a configuration has the second part. */
static const char * const keys[] = {
	"device", "state", "state_reason", "attachable", "attachable_reason",
	"consistent", "lock_holder", "openers", "config_refs", "kept_by",
	"refs", "device_flags", "timeout_s", "setup_task", "attached_task",
	"requests",
};

static const char * const config_keys[] = {
	"runtime_flags", "recv_threads", "peers_agree", "peers_differing",
	"sockets",
};

const char *device_facts_attach_word(enum fact_attach attach)
{
	return attach_words[attach];
}

const char *device_facts_state_reason(const struct device_facts *facts)
{
	size_t i;

	if (facts->state >= ARRAY_SIZE(states))
		return NULL;
	for (i = 0; i < ARRAY_SIZE(states[0].reasons); i++) {
		const char *reason = states[facts->state].reasons[i];

		if (reason && !strcmp(facts->state_reason, reason))
			return reason;
	}
	return NULL;
}

bool device_facts_attach_fits(const struct device_facts *facts)
{
	bool yes = facts->attach == ATTACH_FREE ||
		   facts->attach == ATTACH_OPENED;

	return facts->state < ARRAY_SIZE(states) &&
	       states[facts->state].attach & BIT(facts->attach) &&
	       (yes ? facts->attachable : facts->not_attachable);
}

bool device_facts_are_stuck(const struct device_facts *facts)
{
	return facts->inflight.nr && facts->oldest_ns.known &&
	       facts->oldest_ns.nr >= FACT_STUCK_S * 1000000000ULL;
}

bool device_facts_are_left_over(const struct device_facts *facts)
{
	return facts->state == STATE_DISCONNECTED ||
	       facts->state == STATE_ORPHANED;
}

/* ---- values ---- */

static void copy(char *to, struct value value)
{
	size_t len = 0;

	if (value.kind == VALUE_GIVEN || value.kind == VALUE_UNKNOWN)
		len = value.len < FACT_LEN ? value.len : FACT_LEN - 1;
	if (len)
		memcpy(to, value.at, len);
	to[len] = '\0';
}

static const char *not_once(const struct text *text, const char * const *key,
			    size_t nr, size_t times)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (text_count(text, key[i]) != times)
			return key[i];
	return NULL;
}

static void read_words(struct device_facts *f, const struct text *text)
{
	struct value attachable = text_get(text, "attachable");
	struct value state = text_get(text, "state");
	struct value attach = text_get(text, "attachable_reason");
	size_t i;

	copy(f->state_word, state);
	copy(f->state_reason, text_get(text, "state_reason"));
	copy(f->attach_word, attach);
	f->attachable = value_is(attachable, "yes");
	f->not_attachable = value_is(attachable, "no");
	f->state = STATE_OTHER;
	for (i = 0; i < ARRAY_SIZE(states); i++)
		if (value_is(state, states[i].word))
			f->state = i;
	f->attach = ATTACH_OTHER;
	for (i = 0; i < ARRAY_SIZE(attach_words); i++)
		if (value_is(attach, attach_words[i]))
			f->attach = i;
}

static void read_keepers(struct device_facts *f, const struct text *text)
{
	struct value flags = text_get(text, "device_flags");

	f->openers = value_count(text_get(text, "openers"));
	f->config_refs = value_count(text_get(text, "config_refs"));
	f->no_keepers = text_get(text, "kept_by").kind == VALUE_NONE;
	f->receivers = value_count(text_key_field(text, "kept_by", "receivers"));
	f->netlink = value_count(text_key_field(text, "kept_by", "netlink"));
	f->timeout_s = value_count(text_get(text, "timeout_s"));
	f->bound = value_has_word(text_get(text, "runtime_flags"), "BOUND");
	f->removing = value_has_word(flags, "DESTROY_ON_DISCONNECT") &&
		      value_has_word(flags, "DISCONNECT_REQUESTED");
	if (value_is(text_key_field(text, "setup_task", "has_device_open"),
		     "yes"))
		f->setup_pid =
			value_count(text_key_field(text, "setup_task", "pid"));
}

static void read_lock(struct device_facts *f, const struct text *text)
{
	struct value consistent = text_get(text, "consistent");

	f->consistent = value_is(consistent, "yes");
	f->holder = value_count(text_key_field(text, "lock_holder", "pid"));
	copy(f->holder_comm, text_key_field(text, "lock_holder", "comm"));
	copy(f->holder_state, text_key_field(text, "lock_holder", "state"));
	if (!f->consistent && !value_is(consistent, "no"))
		f->broken = "consistent";
	else if (f->consistent &&
		 text_get(text, "lock_holder").kind != VALUE_NONE)
		f->broken = "lock_holder";
}

/* ---- requests and sockets ---- */

static void count_requests(struct device_facts *f, const struct text *text)
{
	static const char * const writes[] = {
		"write", "discard", "write-zeroes", "flush",
	};
	const char *line;
	size_t at = 0, i;

	while ((line = text_next(text, "request", &at))) {
		struct value op = text_field(line, "op");

		if (value_is(op, "read"))
			f->reads++;
		for (i = 0; i < ARRAY_SIZE(writes); i++)
			if (value_is(op, writes[i]))
				f->writes++;
	}
}

static void read_requests(struct device_facts *f, const struct text *text)
{
	struct value all = text_get(text, "requests");

	f->inflight = value_count(text_key_field(text, "requests", "inflight"));
	f->shown = value_count(text_key_field(text, "requests", "shown"));
	f->oldest_ns =
		value_count(text_key_field(text, "requests", "oldest_age_ns"));
	count_requests(f, text);
	if (f->inflight.known != f->shown.known ||
	    (!f->inflight.known && all.kind != VALUE_UNKNOWN) ||
	    f->shown.nr > f->inflight.nr ||
	    !device_has_all(text, "requests", "request"))
		f->broken = "requests";
}

static void read_peers(struct device_facts *f, const struct text *text)
{
	struct device_peers peers;

	f->peers_differ = value_is(text_get(text, "peers_agree"), "no");
	f->peers_differing = value_count(text_get(text, "peers_differing"));
	device_peers(text, &peers);
	copy(f->peer[0], peers.first);
	copy(f->peer[1], peers.other);
}

static void read_sockets(struct device_facts *f, const struct text *text)
{
	struct count shown = value_count(text_key_field(text, "sockets", "shown"));

	f->sockets = value_count(text_key_field(text, "sockets", "total"));
	f->counted = value_count(text_key_field(text, "sockets", "counted"));
	f->live = value_count(text_key_field(text, "sockets", "live"));
	read_peers(f, text);
	if (text_count(text, "sockets") && !shown.known)
		f->broken = "sockets";
	if (!device_has_all(text, "sockets", "socket"))
		f->broken = "socket";
}

/* ---- all together ---- */

static void check_keys(struct device_facts *f, const struct text *text)
{
	const char *key = not_once(text, keys, ARRAY_SIZE(keys), 1);
	size_t times = f->state != STATE_FREE;

	/* Not even these are there if the layout is not known. */
	if (!key && f->state < STATE_UNKNOWN)
		key = not_once(text, config_keys, ARRAY_SIZE(config_keys),
			       times);
	if (key)
		f->broken = key;
	else if (!value_is(text_get(text, "device"), f->device))
		f->broken = "device";
}

void device_facts_read(struct device_facts *facts, const struct text *text,
		       const char *device)
{
	memset(facts, 0, sizeof(*facts));
	facts->device = device;
	read_words(facts, text);
	read_keepers(facts, text);
	read_lock(facts, text);
	read_requests(facts, text);
	read_sockets(facts, text);
	check_keys(facts, text);
}
