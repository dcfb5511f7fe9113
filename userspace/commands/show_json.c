// SPDX-License-Identifier: GPL-2.0
/* What "show --json" has: the device's file, with types. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/fail.h"
#include "base/say.h"
#include "commands/show_json.h"

enum type {
	TYPE_TEXT,
	TYPE_NUMBER,
	TYPE_BOOL,	/* yes and no; anything else is text, as peer_exists has it */
	TYPE_OBJECT,	/* a line of fields */
	TYPE_ARRAY,	/* the same, and there may be several */
};

/* What is not named here is text; so a type never depends on what is there. */
static const struct {
	const char *key;
	enum type type;
} keys[] = {
	{ "index", TYPE_NUMBER }, { "openers", TYPE_NUMBER },
	{ "config_refs", TYPE_NUMBER }, { "refs", TYPE_NUMBER },
	{ "capacity_bytes", TYPE_NUMBER }, { "block_size_bytes", TYPE_NUMBER },
	{ "timeout_s", TYPE_NUMBER }, { "config_size_bytes", TYPE_NUMBER },
	{ "config_block_size_bytes", TYPE_NUMBER },
	{ "dead_conn_timeout_s", TYPE_NUMBER },
	{ "num_connections", TYPE_NUMBER }, { "live_connections", TYPE_NUMBER },
	{ "recv_threads", TYPE_NUMBER }, { "peers_differing", TYPE_NUMBER },
	{ "attachable", TYPE_BOOL }, { "consistent", TYPE_BOOL },
	{ "read_only", TYPE_BOOL }, { "peers_agree", TYPE_BOOL },
	{ "lock_holder", TYPE_OBJECT }, { "setup_task", TYPE_OBJECT },
	{ "attached_task", TYPE_OBJECT }, { "kept_by", TYPE_OBJECT },
	{ "sockets", TYPE_OBJECT }, { "requests", TYPE_OBJECT },
	{ "socket", TYPE_ARRAY }, { "request", TYPE_ARRAY },
};

/* Those that are there also if they are missing in the file. */
static const char * const always[] = {
	"state", "attachable", "consistent", "openers",
};

static const char * const number_fields[] = {
	"pid", "tgid", "openers", "receivers", "netlink", "total", "counted",
	"live", "held", "shown", "inflight", "oldest_age_ns", "index",
	"file_refs", "inode", "peer_pid", "own_pid", "unread_bytes",
	"unsent_bytes", "cookie", "fallback", "sector", "bytes", "age_ns",
	"socket", "retries", "aio_requests", "aio_pid", "proto",
};

static const char * const bool_fields[] = { "has_device_open", "pending" };

static enum type type_of_key(const char *key)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strcmp(keys[i].key, key))
			return keys[i].type;
	return TYPE_TEXT;
}

static bool is_in(const char *name, const char * const *list, size_t nr)
{
	while (nr--)
		if (!strcmp(name, list[nr]))
			return true;
	return false;
}

static enum type type_of_field(const char *key, const char *name)
{
	/* The sum of sockets counts what each of them is. */
	if (!strcmp(name, "dead"))
		return !strcmp(key, "sockets") ? TYPE_NUMBER : TYPE_BOOL;
	if (is_in(name, number_fields, ARRAY_SIZE(number_fields)))
		return TYPE_NUMBER;
	if (is_in(name, bool_fields, ARRAY_SIZE(bool_fields)))
		return TYPE_BOOL;
	return TYPE_TEXT;
}

/* ---- values ---- */

/* Negative ones too, as of "fallback". */
static bool put_number(struct json *json, const char *name, struct value value)
{
	bool minus = value.len && *value.at == '-';
	struct value digits = value;
	uint64_t number;
	char *text;

	digits.at += minus;
	digits.len -= minus;
	if (!value_number(digits, &number))
		return false;
	text = say("%s%" PRIu64, minus ? "-" : "", number);
	json_plain(json, name, text);
	free(text);
	return true;
}

static bool put_bool(struct json *json, const char *name, struct value value)
{
	if (!value_is(value, "yes") && !value_is(value, "no"))
		return false;
	json_bool(json, name, value_is(value, "yes"));
	return true;
}

/* A member; what is not known is null, with the reason beside it. */
static void put_member(struct json *json, const char *name, struct value value,
		       enum type type)
{
	char *text;

	if (value.kind == VALUE_GIVEN && type == TYPE_NUMBER &&
	    put_number(json, name, value))
		return;
	if (value.kind == VALUE_GIVEN && type == TYPE_BOOL &&
	    put_bool(json, name, value))
		return;
	text = value.kind == VALUE_GIVEN || value.kind == VALUE_UNKNOWN ?
		check_memory(strndup(value.at, value.len)) : NULL;
	if (value.kind == VALUE_GIVEN && type != TYPE_NUMBER &&
	    type != TYPE_BOOL)
		json_text(json, name, text);
	else
		json_unknown(json, name,
			     value.kind == VALUE_UNKNOWN ? text : NULL);
	free(text);
}

/* ---- lines ---- */

/* Return: where the next field begins; a string may have spaces in it. */
static const char *after_field(const char *at)
{
	bool quoted = false;

	for (; *at && (quoted || *at != ' '); at++) {
		if (*at == '\\' && at[1])
			at++;
		else if (*at == '"')
			quoted = !quoted;
	}
	return at + strspn(at, " ");
}

static void put_object(struct json *json, const char *name, const char *key,
		       const char *line)
{
	char field[64];
	const char *at;
	size_t len;

	json_object(json, name);
	for (at = line; *at; at = after_field(at)) {
		len = strcspn(at, "= ");
		if (at[len] != '=' || !len || len >= sizeof(field))
			continue;
		memcpy(field, at, len);
		field[len] = '\0';
		put_member(json, field, text_field(line, field),
			   type_of_field(key, field));
	}
	json_end(json);
}

static void put_array(struct json *json, const struct text *text,
		      const char *key)
{
	const char *line;
	size_t at = 0;

	json_array(json, key);
	while ((line = text_next(text, key, &at)))
		put_object(json, NULL, key, line);
	json_end(json);
}

static void put_key(struct json *json, const struct text *text,
		    const char *key)
{
	struct value value = text_get(text, key);
	enum type type = type_of_key(key);

	if (type == TYPE_OBJECT && value.kind == VALUE_GIVEN)
		put_object(json, key, key, value.at);
	else
		put_member(json, key, value, type);
}

static bool is_first(const struct text *text, size_t i)
{
	size_t at;

	for (at = 0; at < i; at++)
		if (!strcmp(text->line[at].key, text->line[i].key))
			return false;
	return true;
}

void show_json_put(struct json *json, const struct text *text)
{
	const char *key;
	size_t i;

	json_object(json, "device");
	for (i = 0; i < text->nr; i++) {
		key = text->line[i].key;
		/* Sockets and requests come last. */
		if (type_of_key(key) != TYPE_ARRAY && is_first(text, i))
			put_key(json, text, key);
	}
	for (i = 0; i < ARRAY_SIZE(always); i++)
		if (text_get(text, always[i]).kind == VALUE_MISSING)
			put_key(json, text, always[i]);
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].type == TYPE_ARRAY)
			put_array(json, text, keys[i].key);
	json_end(json);
}

/* ---- holders ---- */

static void put_task(struct json *json, const struct task *task)
{
	char state[2] = { task->state, '\0' };

	json_number(json, "pid", task->tgid);
	json_number(json, "tid", task->tid);
	json_text(json, "comm", task->comm);
	json_text(json, "state", *state ? state : NULL);
	json_text(json, "sleeps_in", task->function);
}

void show_json_holders(struct json *json, const struct holders *holders)
{
	const struct holder *holder = holders->holder;
	size_t i;

	for (i = 0; i < holders->nr; i++, holder++) {
		json_object(json, NULL);
		json_text(json, "kind", holder_kind_name(holder->kind));
		json_text(json, "device", holder->device);
		json_text(json, "what", holder->what);
		json_names(json, "via", holder->via);
		json_numbers(json, "fd", holder->fds);
		if (holder->task.tid)
			put_task(json, &holder->task);
		json_end(json);
	}
}
