// SPDX-License-Identifier: GPL-2.0
/*
 * Writes JSON. The module escapes all but printable ASCII; what comes from
 * elsewhere is escaped here, as JSON may end up on a terminal.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/say.h"

void json_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if (*text >= ' ' && *text <= '~')
			fputc(*text, out);
		else
			fprintf(out, "\\\\x%02x", (unsigned char)*text);
	}
	fputc('"', out);
}

static void begin_member(struct json *json, const char *name)
{
	if (json->depth) {
		if (json->more[json->depth - 1])
			fputc(',', json->out);
		json->more[json->depth - 1] = true;
	}
	if (name) {
		json_string(json->out, name);
		fputc(':', json->out);
	}
}

static void open_value(struct json *json, const char *name, char opener,
		       char closer)
{
	begin_member(json, name);
	if (json->depth == sizeof(json->closer))
		abort();
	json->more[json->depth] = false;
	json->closer[json->depth++] = closer;
	fputc(opener, json->out);
}

void json_object(struct json *json, const char *name)
{
	open_value(json, name, '{', '}');
}

void json_array(struct json *json, const char *name)
{
	open_value(json, name, '[', ']');
}

void json_end(struct json *json)
{
	fputc(json->closer[--json->depth], json->out);
}

void json_plain(struct json *json, const char *name, const char *text)
{
	begin_member(json, name);
	fputs(text, json->out);
}

void json_text(struct json *json, const char *name, const char *text)
{
	begin_member(json, name);
	if (text)
		json_string(json->out, text);
	else
		fputs("null", json->out);
}

void json_number(struct json *json, const char *name, uint64_t number)
{
	begin_member(json, name);
	fprintf(json->out, "%" PRIu64, number);
}

void json_bool(struct json *json, const char *name, bool yes)
{
	json_plain(json, name, yes ? "true" : "false");
}

void json_unknown(struct json *json, const char *name, const char *why)
{
	char *key;

	json_plain(json, name, "null");
	if (!why || !name)
		return;
	key = say("%s_unknown", name);
	json_text(json, key, why);
	free(key);
}

/* ---- lists ---- */

void json_names(struct json *json, const char *name, const char *text)
{
	char *words, *word, *rest;

	if (!text) {
		json_plain(json, name, "null");
		return;
	}
	words = say("%s", text);
	json_array(json, name);
	for (word = strtok_r(words, ",", &rest); word;
	     word = strtok_r(NULL, ",", &rest))
		json_text(json, NULL, strncmp(word, "-(", 2) ? word : NULL);
	json_end(json);
	free(words);
}

void json_flags(struct json *json, const char *name, const char *text)
{
	char *words = say("%s", text), *word, *rest;

	json_array(json, name);
	strtok_r(words, " ", &rest);
	while ((word = strtok_r(NULL, " ", &rest)))
		json_text(json, NULL, word);
	json_end(json);
	free(words);
}

void json_numbers(struct json *json, const char *name, const char *text)
{
	uint64_t number, last;
	char *end;

	if (!text) {
		json_plain(json, name, "null");
		return;
	}
	json_array(json, name);
	for (; *text; text = end + (*end == ',')) {
		number = strtoull(text, &end, 10);
		last = *end == '-' ? strtoull(end + 1, &end, 10) : number;
		if (*end && *end != ',')
			abort();
		for (; number <= last; number++)
			json_number(json, NULL, number);
	}
	json_end(json);
}
