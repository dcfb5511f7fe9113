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
#include "facts/rows.h"
#include "facts/text.h"

#define BIT(nr) (1U << (nr))

unsigned int device_facts_stuck_s = FACT_STUCK_S;

/* In the order of enum fact_state, which is made of the same list. */
static const char * const state_words[] = {
#define WORD_STATE(id, word, sentence) word,
#include <access/words.h>
};

/* What a state may be due to. */
static const struct {
	enum fact_state state;
	const char *word;
	const char *sentence;
} reasons[] = {
#define WORD_REASON(state, id, word, sentence) \
	{ STATE_##state, word, sentence },
#include <access/words.h>
};

/* What may stand beside a state. */
static const unsigned int fitting[] = {
	[STATE_FREE] = BIT(ATTACH_FREE),
	[STATE_OPENED] = BIT(ATTACH_OPENED) | BIT(ATTACH_BOUND) |
		BIT(ATTACH_SETUP_TASK_SET) | BIT(ATTACH_REQUESTS),
	[STATE_SETUP] = BIT(ATTACH_BEING_SET_UP),
	[STATE_CONNECTED] = BIT(ATTACH_IN_USE),
	[STATE_DEGRADED] = BIT(ATTACH_IN_USE),
	[STATE_DISCONNECTED] = BIT(ATTACH_IN_USE) | BIT(ATTACH_STARTED) |
		BIT(ATTACH_BOUND) | BIT(ATTACH_SETUP_TASK_SET) |
		BIT(ATTACH_LEFTOVER),
	[STATE_ORPHANED] = BIT(ATTACH_STARTED) | BIT(ATTACH_BOUND) |
		BIT(ATTACH_SETUP_TASK_SET) | BIT(ATTACH_LEFTOVER),
	[STATE_UNKNOWN] = 0,
};

static const struct {
	const char *word;
	const char *sentence;
} attaches[] = {
#define WORD_ATTACH(id, answer, word, sentence) { word, sentence },
#include <access/words.h>
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

/* All that the file "devices" says of any device. */
static const char * const brief_keys[] = {
	"device", "state", "state_reason", "attachable", "attachable_reason",
	"consistent", "openers", "config_refs", "device_flags", "requests",
};

const char *device_facts_attach_word(enum fact_attach attach)
{
	return attach < ATTACH_OTHER ? attaches[attach].word : NULL;
}

const char *device_facts_attach_sentence(enum fact_attach attach)
{
	return attach < ATTACH_OTHER ? attaches[attach].sentence :
		"whether it can be attached is not known";
}

const char *device_facts_state_reason(const struct device_facts *facts,
				      const char **sentence)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reasons); i++) {
		if (reasons[i].state != facts->state ||
		    strcmp(reasons[i].word, facts->state_reason))
			continue;
		*sentence = reasons[i].sentence;
		return reasons[i].word;
	}
	return NULL;
}

bool device_facts_attach_fits(const struct device_facts *facts)
{
	bool yes = facts->attach == ATTACH_FREE ||
		   facts->attach == ATTACH_OPENED;

	return facts->state < ARRAY_SIZE(fitting) &&
	       fitting[facts->state] & BIT(facts->attach) &&
	       (yes ? facts->attachable : facts->not_attachable);
}

bool device_facts_are_stuck(const struct device_facts *facts)
{
	return facts->inflight.nr && facts->oldest_ns.known &&
	       facts->oldest_ns.nr >= device_facts_stuck_s * 1000000000ULL;
}

bool device_facts_are_left_over(const struct device_facts *facts)
{
	return facts->state == STATE_DISCONNECTED ||
	       facts->state == STATE_ORPHANED;
}

/* ---- values ---- */

static const char *not_once(const struct text *text, const char * const *key,
			    size_t nr, size_t times)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (text_count(text, key[i]) != times)
			return key[i];
	return NULL;
}

#define AT(member) offsetof(struct device_facts, member)

/* What is taken as it stands. All that "devices" says is in the first of them. */
static const struct fact_row rows[] = {
	{ "state", NULL, FACT_TEXT, AT(state_word), NULL },
	{ "state_reason", NULL, FACT_TEXT, AT(state_reason), NULL },
	{ "attachable", NULL, FACT_IS, AT(attachable), "yes" },
	{ "attachable", NULL, FACT_IS, AT(not_attachable), "no" },
	{ "attachable_reason", NULL, FACT_TEXT, AT(attach_word), NULL },
	{ "consistent", NULL, FACT_IS, AT(consistent), "yes" },
	{ "openers", NULL, FACT_COUNT, AT(openers), NULL },
	{ "config_refs", NULL, FACT_COUNT, AT(config_refs), NULL },
	{ "requests", "inflight", FACT_COUNT, AT(inflight), NULL },
	{ "requests", "oldest_age_ns", FACT_COUNT, AT(oldest_ns), NULL },
	{ "sockets", "total", FACT_COUNT, AT(sockets), NULL },
	{ "sockets", "live", FACT_COUNT, AT(live), NULL },
	{ "peers_differing", NULL, FACT_COUNT, AT(peers_differing), NULL },
#define BRIEF_ROWS 13
	{ "lock_holder", "pid", FACT_COUNT, AT(holder), NULL },
	{ "lock_holder", "comm", FACT_TEXT, AT(holder_comm), NULL },
	{ "lock_holder", "state", FACT_TEXT, AT(holder_state), NULL },
	{ "kept_by", NULL, FACT_NONE, AT(no_keepers), NULL },
	{ "kept_by", "receivers", FACT_COUNT, AT(receivers), NULL },
	{ "kept_by", "netlink", FACT_COUNT, AT(netlink), NULL },
	{ "timeout_s", NULL, FACT_COUNT, AT(timeout_s), NULL },
	{ "runtime_flags", NULL, FACT_HAS, AT(bound), "BOUND" },
	{ "requests", "shown", FACT_COUNT, AT(shown), NULL },
	{ "sockets", "counted", FACT_COUNT, AT(counted), NULL },
	{ "peers_agree", NULL, FACT_IS, AT(peers_differ), "no" },
};

static enum fact_state state_of(struct value value)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(state_words); i++)
		if (value_is(value, state_words[i]))
			return i;
	return STATE_OTHER;
}

enum fact_attach device_facts_attach(struct value value)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(attaches); i++)
		if (value_is(value, attaches[i].word))
			return i;
	return ATTACH_OTHER;
}

/* What takes more than one look. */
static void read_rest(struct device_facts *f, const struct text *text)
{
	struct value flags = text_get(text, "device_flags");

	f->state = state_of(text_get(text, "state"));
	f->attach = device_facts_attach(text_get(text, "attachable_reason"));
	f->removing = value_has_word(flags, "DESTROY_ON_DISCONNECT") &&
		      value_has_word(flags, "DISCONNECT_REQUESTED");
	if (value_is(text_key_field(text, "setup_task", "has_device_open"),
		     "yes"))
		f->setup_pid =
			value_count(text_key_field(text, "setup_task", "pid"));
}

static void check_lock(struct device_facts *f, const struct text *text)
{
	if (!f->consistent && !value_is(text_get(text, "consistent"), "no"))
		f->broken = "consistent";
	else if (f->consistent &&
		 text_get(text, "lock_holder").kind != VALUE_NONE)
		f->broken = "lock_holder";
}

/* ---- requests and sockets ---- */

static void count_operations(struct device_facts *f, const struct text *text)
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

static void check_requests(struct device_facts *f, const struct text *text)
{
	if (f->inflight.known != f->shown.known ||
	    (!f->inflight.known &&
	     text_get(text, "requests").kind != VALUE_UNKNOWN) ||
	    f->shown.nr > f->inflight.nr ||
	    !device_has_all(text, "requests", "request"))
		f->broken = "requests";
}

static void read_peers(struct device_facts *f, const struct text *text)
{
	struct device_peers peers;

	device_peers(text, &peers);
	rows_copy_text(f->peer[0], peers.first);
	rows_copy_text(f->peer[1], peers.other);
}

/* Not if there is none, or not all are listed. */
static bool have_peers_closed(const struct device_facts *f,
			      const struct text *text)
{
	const char *socket;
	uint64_t nr = 0;
	size_t at = 0;

	while ((socket = text_next(text, "socket", &at)))
		if (value_is(text_field(socket, "peer_exists"), "no"))
			nr++;
	return f->sockets.known && nr && nr == f->sockets.nr;
}

static void check_sockets(struct device_facts *f, const struct text *text)
{
	if (text_count(text, "sockets") &&
	    !value_count(text_key_field(text, "sockets", "shown")).known)
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
	rows_read(rows, ARRAY_SIZE(rows), text, facts);
	read_rest(facts, text);
	count_operations(facts, text);
	read_peers(facts, text);
	facts->peers_closed = have_peers_closed(facts, text);
	check_lock(facts, text);
	check_requests(facts, text);
	check_sockets(facts, text);
	check_keys(facts, text);
}

/* Of the flags there is the number alone. */
static bool is_removing(const struct text *text)
{
	uint64_t both = BIT(0) | BIT(1);

	return (value_or_zero(text_get(text, "device_flags")) & both) == both;
}

void device_facts_read_brief(struct device_facts *facts, const struct text *text,
			     const char *device)
{
	memset(facts, 0, sizeof(*facts));
	facts->device = device;
	rows_read(rows, BRIEF_ROWS, text, facts);
	read_rest(facts, text);
	facts->removing = is_removing(text);
	facts->no_keepers = facts->state == STATE_FREE;
	facts->broken = not_once(text, brief_keys, ARRAY_SIZE(brief_keys), 1);
	if (!facts->consistent &&
	    !value_is(text_get(text, "consistent"), "no"))
		facts->broken = "consistent";
	if (!value_is(text_get(text, "device"), device))
		facts->broken = "device";
}
