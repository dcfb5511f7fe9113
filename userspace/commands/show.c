// SPDX-License-Identifier: GPL-2.0
/* nbddiag show: everything about a device, as a tree. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/document.h"
#include "base/fail.h"
#include "base/units.h"
#include "commands/commands.h"
#include "commands/show_json.h"
#include "commands/table.h"
#include "facts/device.h"
#include "facts/text.h"
#include "holders/holders.h"

enum { COL_NAME, COL_VALUE };

static const struct column columns[] = {
	[COL_NAME] = { "NAME", "what it is about",
		SCOLS_JSON_STRING, SCOLS_FL_TREE, .by_default = true },
	[COL_VALUE] = { "VALUE", "what is known of it",
		SCOLS_JSON_STRING, 0, .by_default = true, .wraps = true },
};

#define DETAIL_LEN 1024

/* ---- text ---- */

/* A buffer that keeps its beginning if something does not fit. */
struct detail {
	char text[DETAIL_LEN];
	size_t len;
};

__attribute__((format(printf, 2, 3)))
static void detail_add(struct detail *detail, const char *format, ...)
{
	size_t room = sizeof(detail->text) - detail->len;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(detail->text + detail->len, room, format, args);
	va_end(args);
	if (len > 0)
		detail->len += (size_t)len < room ? (size_t)len : room - 1;
}

static void say_value(struct detail *detail, struct value value)
{
	switch (value.kind) {
	case VALUE_GIVEN:
		detail_add(detail, "%.*s", (int)value.len, value.at);
		break;
	case VALUE_UNKNOWN:
		detail_add(detail, "not known (%.*s)", (int)value.len, value.at);
		break;
	case VALUE_NONE:
		detail_add(detail, "none");
		break;
	case VALUE_MISSING:
		detail_add(detail, "not said");
		break;
	}
}

static void say_size(struct detail *detail, struct value value)
{
	char text[UNITS_LEN];
	uint64_t bytes;

	if (!value_number(value, &bytes)) {
		say_value(detail, value);
		return;
	}
	units_size(text, bytes);
	detail_add(detail, "%s", text);
}

static void say_age(struct detail *detail, struct value value)
{
	char text[UNITS_LEN];
	uint64_t ns;

	if (!value_number(value, &ns)) {
		say_value(detail, value);
		return;
	}
	units_age(text, ns);
	detail_add(detail, "%s", text);
}

/* ---- lines ---- */

static struct libscols_line *add_line(struct table *table,
				      struct libscols_line *parent,
				      const char *name, const struct detail *detail)
{
	struct libscols_line *line = table_line(table, parent);

	table_put(table, line, COL_NAME, "%s", name);
	table_put(table, line, COL_VALUE, "%s", detail->text);
	return line;
}

/* A key as it is, where the device has it. */
static void add_key(struct table *table, struct libscols_line *parent,
		    const char *name, const struct text *text, const char *key)
{
	struct value value = text_get(text, key);
	struct detail detail = {};

	if (value.kind == VALUE_MISSING)
		return;
	say_value(&detail, value);
	add_line(table, parent, name, &detail);
}

static struct libscols_line *add_device(struct table *table,
					const struct text *text)
{
	struct libscols_line *device;
	struct detail detail = {};
	char *name = value_copy(text_get(text, "device"));

	say_value(&detail, text_get(text, "state"));
	detail_add(&detail, ": ");
	say_value(&detail, text_get(text, "state_reason"));
	if (!value_is(text_get(text, "consistent"), "yes"))
		detail_add(&detail, " (read without nbd's lock)");
	device = add_line(table, NULL, name ? name : "device", &detail);
	free(name);

	detail = (struct detail){};
	say_value(&detail, text_get(text, "attachable"));
	detail_add(&detail, ": ");
	say_value(&detail, text_get(text, "attachable_reason"));
	add_line(table, device, "attachable", &detail);

	detail = (struct detail){};
	say_size(&detail, text_get(text, "capacity_bytes"));
	detail_add(&detail, ", blocks of ");
	say_value(&detail, text_get(text, "block_size_bytes"));
	detail_add(&detail, " bytes%s",
		   value_is(text_get(text, "read_only"), "yes") ? ", read-only" : "");
	add_line(table, device, "size", &detail);
	return device;
}

static void add_keys(struct table *table, struct libscols_line *device,
		     const struct text *text)
{
	static const struct {
		const char *name;
		const char *key;
	} keys[] = {
		{ "lock holder", "lock_holder" }, { "generation", "generation" },
		{ "openers", "openers" },
		{ "references", "config_refs" }, { "kept by", "kept_by" },
		{ "set up by", "setup_task" },
		{ "attached by", "attached_task" }, { "backend", "backend" },
		{ "runtime flags", "runtime_flags" },
		{ "server can", "flags" }, { "timeout (s)", "timeout_s" },
		{ "dead connection timeout (s)", "dead_conn_timeout_s" },
		{ "receivers", "recv_threads" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++)
		add_key(table, device, keys[i].name, text, keys[i].key);
}

/* ---- sockets ---- */

static bool is_held(const char *socket)
{
	uint64_t refs;

	return value_number(text_field(socket, "file_refs"), &refs) && refs > 1;
}

/* What is the same for sockets that may be folded into one line. */
static void say_socket(struct detail *detail, const char *socket, bool orphans)
{
	bool dead = value_is(text_field(socket, "dead"), "yes");

	detail_add(detail, "%s", dead ? "dead" : "live");
	if (!dead && !is_held(socket))
		detail_add(detail, orphans ? ", orphaned" : ", held by nbd only");
	detail_add(detail, ", ");
	say_value(detail, text_field(socket, "family"));
	detail_add(detail, " ");
	say_value(detail, text_field(socket, "state"));
	detail_add(detail, ", peer ");
	say_value(detail, text_field(socket, "peer"));
	if (!value_is(text_field(socket, "peer_exists"), "yes")) {
		detail_add(detail, " (exists: ");
		say_value(detail, text_field(socket, "peer_exists"));
		detail_add(detail, ")");
	}
	/* Without the number of one that has gone: that differs each time. */
	if (text_field(socket, "peer_comm").kind == VALUE_GIVEN) {
		detail_add(detail, " of ");
		say_value(detail, text_field(socket, "peer_comm"));
		detail_add(detail, "[");
		say_value(detail, text_field(socket, "peer_pid"));
		detail_add(detail, "]");
	}
	if (value_is(text_field(socket, "pending"), "yes"))
		detail_add(detail, ", a request half sent");
}

static void say_all_of_socket(struct detail *detail, const char *socket)
{
	static const struct {
		const char *name;
		const char *field;
	} fields[] = {
		{ "inode", "inode" }, { "own", "own" },
		{ "peer process", "peer_pid" }, { "named", "peer_comm" },
		{ "unsent", "unsent_bytes" }, { "unread", "unread_bytes" },
		{ "shutdown", "shutdown" }, { "fallback", "fallback" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		detail_add(detail, ", %s ", fields[i].name);
		say_value(detail, text_field(socket, fields[i].field));
	}
}

struct run {
	struct value first;
	struct value last;
	struct detail detail;
};

static void add_run(struct table *table, struct libscols_line *parent,
		    const struct run *run)
{
	char name[64];

	if (!run->detail.len)
		return;
	if (run->first.at == run->last.at)
		snprintf(name, sizeof(name), "socket %.*s",
			 (int)run->first.len, run->first.at);
	else
		snprintf(name, sizeof(name), "sockets %.*s-%.*s",
			 (int)run->first.len, run->first.at,
			 (int)run->last.len, run->last.at);
	add_line(table, parent, name, &run->detail);
}

static struct libscols_line *add_socket_sums(struct table *table,
					     struct libscols_line *device,
					     const struct text *text)
{
	struct detail detail = {};

	say_value(&detail, text_key_field(text, "sockets", "total"));
	detail_add(&detail, ": ");
	say_value(&detail, text_key_field(text, "sockets", "dead"));
	detail_add(&detail, " dead, ");
	say_value(&detail, text_key_field(text, "sockets", "live"));
	detail_add(&detail, " live, ");
	say_value(&detail, text_key_field(text, "sockets", "held"));
	detail_add(&detail, " of these held by a process");
	if (value_is(text_get(text, "peers_agree"), "no"))
		detail_add(&detail, ", AND THEIR OTHER ENDS HAVE DIFFERENT NAMES");
	return add_line(table, device, "sockets", &detail);
}

static void add_sockets(struct table *table, struct libscols_line *device,
			const struct text *text, bool full)
{
	bool orphans = value_is(text_get(text, "state"), "orphaned");
	struct libscols_line *parent;
	struct run run = {}, one;
	const char *socket;
	size_t at = 0;

	if (text_get(text, "sockets").kind == VALUE_MISSING)
		return;
	parent = add_socket_sums(table, device, text);
	while ((socket = text_next(text, "socket", &at))) {
		one = (struct run){ .first = text_field(socket, "index") };
		one.last = one.first;
		say_socket(&one.detail, socket, orphans);
		if (full)
			say_all_of_socket(&one.detail, socket);
		if (!full && !strcmp(run.detail.text, one.detail.text)) {
			run.last = one.first;
			continue;
		}
		add_run(table, parent, &run);
		run = one;
	}
	add_run(table, parent, &run);
}

/* ---- requests ---- */

static void say_request(struct detail *detail, const char *request)
{
	say_value(detail, text_field(request, "op"));
	detail_add(detail, " of ");
	say_size(detail, text_field(request, "bytes"));
	detail_add(detail, " at sector ");
	say_value(detail, text_field(request, "sector"));
	detail_add(detail, ", ");
	say_age(detail, text_field(request, "age_ns"));
	detail_add(detail, " old, socket ");
	say_value(detail, text_field(request, "socket"));
	if (text_field(request, "aio_pid").kind == VALUE_NONE ||
	    text_field(request, "aio_pid").kind == VALUE_MISSING)
		return;
	detail_add(detail, ", AIO of process ");
	say_value(detail, text_field(request, "aio_pid"));
}

static void add_requests(struct table *table, struct libscols_line *device,
			 const struct text *text)
{
	struct value sum = text_get(text, "requests");
	struct libscols_line *parent;
	struct detail detail = {};
	const char *request;
	size_t at = 0;

	if (sum.kind == VALUE_GIVEN) {
		say_value(&detail, text_key_field(text, "requests", "inflight"));
		detail_add(&detail, " in flight, oldest ");
		say_age(&detail,
			text_key_field(text, "requests", "oldest_age_ns"));
	} else {
		say_value(&detail, sum);
	}
	parent = add_line(table, device, "requests", &detail);
	while ((request = text_next(text, "request", &at))) {
		detail = (struct detail){};
		say_request(&detail, request);
		add_line(table, parent, "request", &detail);
	}
}

/* ---- holders ---- */

static void add_holders(struct table *table, struct libscols_line *device,
			const struct text *text, const struct source *source)
{
	struct libscols_line *parent;
	struct detail detail = {};
	struct holders holders;
	char *holder;
	size_t i;

	holders_find(source, &holders, text);
	detail_add(&detail, "%zu found%s", holders.nr, holders_complete(&holders) ?
		   "" : ", there may be others");
	parent = add_line(table, device, "holders", &detail);
	for (i = 0; i < holders.nr; i++) {
		detail = (struct detail){};
		holder = holder_text(&holders.holder[i]);
		detail_add(&detail, "%s", holder);
		free(holder);
		add_line(table, parent, holder_kind_name(holders.holder[i].kind),
			 &detail);
	}
	holders_free(&holders);
}

/* The tree is for people. */
static void put_json(const struct options *options, const struct text *text)
{
	struct json *json = document();
	struct holders holders;

	show_json_put(json, text);
	json_array(json, "holders");
	if (!value_is(text_get(text, "state"), "free")) {
		holders_find(&options->source, &holders, text);
		show_json_holders(json, &holders);
		if (!holders_complete(&holders))
			document_incomplete("holders-not-found");
		holders_free(&holders);
	}
	json_end(json);
	if (!value_is(text_get(text, "consistent"), "yes"))
		document_incomplete("lock-held");
}

static void print_tree(const struct options *options, const struct text *text)
{
	struct libscols_line *device;
	struct table table;

	table_start(&table, "device", columns, ARRAY_SIZE(columns), options);
	device = add_device(&table, text);
	add_keys(&table, device, text);
	add_sockets(&table, device, text, options->full);
	add_requests(&table, device, text);
	if (!value_is(text_get(text, "state"), "free"))
		add_holders(&table, device, text, &options->source);
	table_print(&table);
}

static int show_run(const struct options *options)
{
	struct text text;

	device_read(&options->source, &text, options->args[0]);
	if (options->json)
		put_json(options, &text);
	else
		print_tree(options, &text);
	text_free(&text);
	return 0;
}

static const struct option_row options[] = {
	OPTION(0, "full", full, "a line for each socket"),
	{}
};

const struct command command_show = {
	.name = "show",
	.run = show_run,
	.min = 1,
	.max = 1,
	.takes = "DEVICE",
	.options = options,
	.columns = columns,
	.nr_columns = ARRAY_SIZE(columns),
	.help = "everything about a device, as a tree",
};
