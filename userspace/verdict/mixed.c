// SPDX-License-Identifier: GPL-2.0
/*
 * A device that is served by different volumes: each request goes to either of
 * them, so that what is read is not what was written.
 */
#include <string.h>

#include "facts/device_facts.h"
#include "verdict/mixed.h"

/* A server listens at such a name for one volume, or one set of them. */
static bool names_volume(struct value peer)
{
	return peer.kind == VALUE_GIVEN &&
	       (!strncmp(peer.at, "path:", 5) ||
		!strncmp(peer.at, "abstract:", 9));
}

/* A live socket without a receiver may be left over of another attach. */
static bool is_all_served(const struct device_facts *f)
{
	return !f->broken && f->consistent && f->peers_differ &&
	       f->peers_differing.nr && f->live.known && f->live.nr > 1 &&
	       f->receivers.known && f->receivers.nr >= f->live.nr;
}

bool mixed_find(struct mixed *mixed, const struct text *text,
		const char *device)
{
	struct device_facts facts;
	const char *socket;
	struct value peer;
	size_t at = 0;

	memset(mixed, 0, sizeof(*mixed));
	device_facts_read(&facts, text, device);
	if (!is_all_served(&facts))
		return false;
	while ((socket = text_next(text, "socket", &at))) {
		peer = text_field(socket, "peer");
		if (!value_is(text_field(socket, "dead"), "no") ||
		    !names_volume(peer))
			continue;
		if (mixed->first.kind != VALUE_GIVEN)
			mixed->first = peer;
		else if (!value_same(mixed->first, peer))
			mixed->other = peer;
	}
	return mixed->other.kind == VALUE_GIVEN;
}

bool mixed_is_possible(const struct text *brief)
{
	struct value differing = text_get(brief, "peers_differing");
	struct value state = text_get(brief, "state");

	return (value_is(state, "connected") || value_is(state, "degraded")) &&
	       value_or_zero(text_key_field(brief, "sockets", "live")) > 1 &&
	       (differing.kind == VALUE_MISSING || value_or_zero(differing));
}
