// SPDX-License-Identifier: GPL-2.0
/* A table as JSON, with the type that each column has. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/document.h"
#include "base/fail.h"
#include "commands/table_json.h"

#define KEY_LEN 32

static const char *key_of(char *key, const char *name)
{
	size_t i;

	for (i = 0; name[i] && i < KEY_LEN - 1; i++)
		key[i] = name[i] == '-' ? '_' : tolower(name[i]);
	key[i] = '\0';
	return key;
}

/* Return: false if it is none, as of a hostile file. */
static bool put_number(struct json *json, const char *key, const char *text)
{
	if (!isdigit((unsigned char)*text) ||
	    text[strspn(text, "0123456789.")] ||
	    (*text == '0' && isdigit((unsigned char)text[1])) ||
	    text[strlen(text) - 1] == '.' ||
	    strchr(text, '.') != strrchr(text, '.'))
		return false;
	json_plain(json, key, text);
	return true;
}

static bool put_bool(struct json *json, const char *key, const char *text)
{
	bool yes = !strcmp(text, "yes");

	if (!yes && strcmp(text, "no"))
		return false;
	json_bool(json, key, yes);
	return true;
}

static void put_cell(struct json *json, const struct column *column,
		     struct libscols_cell *cell)
{
	const struct table_note *note = scols_cell_get_userdata(cell);
	const char *text = scols_cell_get_data(cell);
	char key[KEY_LEN];

	key_of(key, column->name);
	if (note && note->json)
		json_plain(json, key, note->json);
	else if (note && note->has_plain)
		json_number(json, key, note->plain);
	else if (!text || !*text ||
		 (column->json == SCOLS_JSON_NUMBER &&
		  !put_number(json, key, text)) ||
		 (column->json == SCOLS_JSON_BOOLEAN &&
		  !put_bool(json, key, text)))
		json_unknown(json, key, note ? note->unknown : NULL);
	else if (column->json == SCOLS_JSON_STRING)
		json_text(json, key, text);
	else if (column->json == COLUMN_JSON_NAMES)
		json_names(json, key, text);
	else if (column->json == COLUMN_JSON_FLAGS)
		json_flags(json, key, text);
	else if (column->json == COLUMN_JSON_NUMBERS)
		json_numbers(json, key, text);
}

static bool is_printed(const struct table *table, size_t i)
{
	return table->cell[i] &&
	       !(scols_column_get_flags(table->cell[i]) & SCOLS_FL_HIDDEN);
}

static void put_line(struct json *json, const struct table *table,
		     struct libscols_line *line);

static void put_children(struct json *json, const struct table *table,
			 struct libscols_line *line)
{
	struct libscols_iter *at;
	struct libscols_line *child;

	if (!scols_line_has_children(line))
		return;
	at = check_memory(scols_new_iter(SCOLS_ITER_FORWARD));
	json_array(json, "children");
	while (!scols_line_next_child(line, at, &child))
		put_line(json, table, child);
	json_end(json);
	scols_free_iter(at);
}

/* In the order in which they were named. */
static void put_line(struct json *json, const struct table *table,
		     struct libscols_line *line)
{
	size_t nr = scols_table_get_ncols(table->scols), n, i;

	json_object(json, NULL);
	for (n = 0; n < nr; n++)
		for (i = 0; i < table->nr; i++)
			if (is_printed(table, i) &&
			    table->cell[i] == scols_table_get_column(table->scols, n))
				put_cell(json, &table->columns[i],
					 scols_line_get_column_cell(line, table->cell[i]));
	put_children(json, table, line);
	json_end(json);
}

void table_json(const struct table *table)
{
	struct libscols_iter *at = check_memory(scols_new_iter(SCOLS_ITER_FORWARD));
	struct json *json = document();
	struct libscols_line *line;

	json_array(json, table->name);
	while (!scols_table_next_line(table->scols, at, &line))
		if (!scols_line_get_parent(line))
			put_line(json, table, line);
	json_end(json);
	scols_free_iter(at);
}
