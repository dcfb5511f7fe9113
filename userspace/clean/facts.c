// SPDX-License-Identifier: GPL-2.0
/* Takes the facts for a plan to clean a device from the device's file. */
#include <stddef.h>
#include <string.h>

#include "base/array_size.h"
#include "clean/facts.h"
#include "facts/device_facts.h"
#include "facts/rows.h"
#include "facts/text.h"

/* Anything but the digits of the format is no generation. */
static void read_generation(struct clean_facts *f, const struct text *text)
{
	struct value value = text_get(text, "generation");
	size_t len = value.len < FACT_LEN ? value.len : FACT_LEN - 1;

	if (value.kind == VALUE_MISSING ||
	    text_count(text, "generation") != 1)
		return;
	memcpy(f->generation_text, value.at, len);
	if (value.kind == VALUE_GIVEN && len == GENERATION_LEN - 1 &&
	    strspn(f->generation_text, "0123456789abcdef") == len)
		memcpy(f->generation, f->generation_text, len);
}

/* ---- sockets ---- */

/*
 * nbd says farewell on each socket, dead or not, with its tx_lock held; on one
 * that is shut down it fails at once. In the middle of a request the server
 * would take it for data.
 */
static const char *why_not_send(const char *socket, bool shut)
{
	struct value unsent = text_field(socket, "unsent_bytes");

	if (value_is(text_field(socket, "tx_lock"), "held"))
		return "somebody is sending on a socket, or hangs in that";
	if (!value_is(text_field(socket, "tx_lock"), "free"))
		return "whether anybody is sending on its sockets is not known";
	if (shut)
		return NULL;
	if (!value_is(text_field(socket, "pending"), "no"))
		return "a request may be half sent";
	if (!value_is(unsent, "0"))
		return "a server may not have read all that was sent";
	return NULL;
}

static void read_socket(struct clean_facts *f, const char *socket)
{
	bool shut = value_is(text_field(socket, "dead"), "yes") ||
		    value_is(text_field(socket, "shutdown"), "both");

	if (!shut)
		f->open++;
	if (value_is(text_field(socket, "tx_lock"), "held"))
		f->sending++;
	if (!f->why_no_farewell)
		f->why_no_farewell = why_not_send(socket, shut);
}

static void read_sockets(struct clean_facts *f, const struct text *text)
{
	struct count shown = value_count(text_key_field(text, "sockets", "shown"));
	const char *socket;
	size_t at = 0;

	while ((socket = text_next(text, "socket", &at)))
		read_socket(f, socket);
	if (f->why_no_farewell)
		return;
	if (!f->dev.sockets.known || !shown.known ||
	    f->dev.sockets.nr != shown.nr)
		f->why_no_farewell = "not all of its sockets were looked at";
	else if (!f->held.known || f->held.nr)
		f->why_no_farewell = "a process has a socket of it open, and may use it";
}

/* ---- all together ---- */

#define AT(member) offsetof(struct clean_facts, member)

static const struct fact_row rows[] = {
	{ "index", NULL, FACT_COUNT, AT(index), NULL },
	{ "recv_threads", NULL, FACT_COUNT, AT(recv_threads), NULL },
	{ "dead_conn_timeout_s", NULL, FACT_COUNT, AT(dead_conn_timeout_s),
	  NULL },
	{ "sockets", "held", FACT_COUNT, AT(held), NULL },
	{ "runtime_flags", NULL, FACT_HAS, AT(started), "HAS_PID_FILE" },
	{ "runtime_flags", NULL, FACT_HAS, AT(disconnected), "DISCONNECTED" },
	{ "device_flags", NULL, FACT_HAS, AT(destroyed),
	  "DESTROY_ON_DISCONNECT" },
};

void clean_facts_read(struct clean_facts *facts, const struct text *text,
		      const char *device)
{
	memset(facts, 0, sizeof(*facts));
	device_facts_read(&facts->dev, text, device);
	rows_read(rows, ARRAY_SIZE(rows), text, facts);
	read_generation(facts, text);
	read_sockets(facts, text);
}

unsigned long long clean_facts_strays(const struct clean_facts *facts)
{
	const struct device_facts *dev = &facts->dev;

	if (!dev->live.known || !facts->held.known ||
	    dev->live.nr < facts->held.nr)
		return 0;
	return dev->live.nr - facts->held.nr;
}
