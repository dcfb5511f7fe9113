// SPDX-License-Identifier: GPL-2.0
/* What "show --json" has beside the tree: the device's file, with types. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/fail.h"
#include "base/json.h"
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
static bool print_number(FILE *out, struct value value)
{
	struct value digits = value;
	bool minus = value.kind == VALUE_GIVEN && value.len &&
		*value.at == '-';
	uint64_t number;

	if (minus) {
		digits.at++;
		digits.len--;
	}
	if (!value_number(digits, &number))
		return false;
	fprintf(out, "%s%" PRIu64, minus ? "-" : "", number);
	return true;
}

static bool print_value(FILE *out, struct value value, enum type type)
{
	char *text;

	if (value.kind != VALUE_GIVEN)
		return false;
	if (type == TYPE_NUMBER)
		return print_number(out, value);
	if (type == TYPE_BOOL) {
		if (!value_is(value, "yes") && !value_is(value, "no"))
			return false;
		fputs(value_is(value, "yes") ? "true" : "false", out);
		return true;
	}
	text = check_memory(value_copy(value));
	json_string(out, text);
	free(text);
	return true;
}

/* A member; what is not known is null, with the reason beside it. */
static void print_member(FILE *out, const char *name, struct value value,
			 enum type type)
{
	char *text;

	json_string(out, name);
	fputs(": ", out);
	if (print_value(out, value, type))
		return;
	fputs("null", out);
	if (value.kind != VALUE_UNKNOWN)
		return;
	text = check_memory(strndup(value.at, value.len));
	fprintf(out, ", \"%s_unknown\": ", name);
	json_string(out, text);
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

static void print_object(FILE *out, const char *key, const char *line)
{
	const char *at, *before = "";
	char name[64];
	size_t len;

	fputc('{', out);
	for (at = line; *at; at = after_field(at)) {
		len = strcspn(at, "= ");
		if (at[len] != '=' || !len || len >= sizeof(name))
			continue;
		memcpy(name, at, len);
		name[len] = '\0';
		fputs(before, out);
		print_member(out, name, text_field(line, name),
			     type_of_field(key, name));
		before = ", ";
	}
	fputc('}', out);
}

static void print_array(FILE *out, const struct text *text, const char *key)
{
	const char *line, *before = "";
	size_t at = 0;

	fprintf(out, "\"%s\": [", key);
	while ((line = text_next(text, key, &at))) {
		fputs(before, out);
		print_object(out, key, line);
		before = ", ";
	}
	fputc(']', out);
}

static void print_key(FILE *out, const struct text *text, const char *key)
{
	struct value value = text_get(text, key);
	enum type type = type_of_key(key);

	if (type == TYPE_OBJECT && value.kind == VALUE_GIVEN) {
		json_string(out, key);
		fputs(": ", out);
		print_object(out, key, value.at);
	} else {
		print_member(out, key, value, type);
	}
}

static bool is_first(const struct text *text, size_t i)
{
	size_t at;

	for (at = 0; at < i; at++)
		if (!strcmp(text->line[at].key, text->line[i].key))
			return false;
	return true;
}

void show_json_print(FILE *out, const struct text *text)
{
	const char *key, *before = "";
	size_t i;

	fputs("\"facts\": {", out);
	for (i = 0; i < text->nr; i++) {
		key = text->line[i].key;
		/* Sockets and requests come last. */
		if (type_of_key(key) == TYPE_ARRAY || !is_first(text, i))
			continue;
		fputs(before, out);
		print_key(out, text, key);
		before = ", ";
	}
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		if (keys[i].type != TYPE_ARRAY)
			continue;
		fputs(before, out);
		print_array(out, text, keys[i].key);
		before = ", ";
	}
	fputc('}', out);
}
