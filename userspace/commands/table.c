// SPDX-License-Identifier: GPL-2.0
/* What is the same for all commands that print a table. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/fail.h"
#include "base/say.h"
#include "base/units.h"
#include "commands/table.h"
#include "facts/text.h"

void table_list_columns(const struct column *columns, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		printf("%-16s %s\n", columns[i].name, columns[i].help);
}

/* ---- which columns ---- */

static size_t find_column(const struct table *table, const char *name,
			  size_t len)
{
	size_t i;

	for (i = 0; i < table->nr; i++)
		if (strlen(table->columns[i].name) == len &&
		    !strncasecmp(table->columns[i].name, name, len))
			return i;
	fprintf(stderr, "nbddiag: no column '%.*s'; there are:\n", (int)len,
		name);
	for (i = 0; i < table->nr; i++)
		fprintf(stderr, "  %-16s %s\n", table->columns[i].name,
			table->columns[i].help);
	fail(EXIT_USAGE, "see 'nbddiag --help'");
}

static void add_column(struct table *table, size_t i)
{
	const struct column *column = &table->columns[i];
	double width = 0.1;

	if (table->cell[i])
		fail(EXIT_USAGE, "column %s is named twice", column->name);
	table->cell[i] = check_memory(scols_table_new_column(table->scols,
							     column->name, width,
							     column->flags));
	scols_column_set_json_type(table->cell[i], column->json);
}

static void add_default_columns(struct table *table)
{
	const struct column *column = table->columns;
	size_t i;

	for (i = 0; i < table->nr; i++, column++)
		if (column->by_default ||
		    (column->in_json && table->options->json))
			add_column(table, i);
}

static void add_columns(struct table *table)
{
	const char *name = table->options->columns;
	size_t len;

	if (!name) {
		add_default_columns(table);
		return;
	}
	/* +NAME,... adds to those that are printed anyway. */
	if (*name == '+') {
		add_default_columns(table);
		name++;
	}
	for (;; name += len + 1) {
		len = strcspn(name, ",");
		add_column(table, find_column(table, name, len));
		if (!name[len])
			break;
	}
}

void table_start(struct table *table, const char *name,
		 const struct column *columns, size_t nr,
		 const struct options *options)
{
	memset(table, 0, sizeof(*table));
	table->columns = columns;
	table->nr = nr;
	table->options = options;
	table->cell = check_memory(calloc(nr, sizeof(*table->cell)));
	table->scols = check_memory(scols_new_table());
	scols_table_set_name(table->scols, name);
	scols_table_enable_json(table->scols, options->json);
	/* All names are escaped before they come here. */
	scols_table_enable_noencoding(table->scols, 1);
	scols_table_enable_noheadings(table->scols, options->noheadings);
	add_columns(table);
}

/* ---- cells ---- */

struct libscols_line *table_line(struct table *table,
				 struct libscols_line *parent)
{
	return check_memory(scols_table_new_line(table->scols, parent));
}

static void put_text(struct table *table, struct libscols_line *line,
		     size_t column, char *text)
{
	if (!table->cell[column] ||
	    scols_line_refer_column_data(line, table->cell[column], text))
		free(text);
}

void table_put(struct table *table, struct libscols_line *line, size_t column,
	       const char *format, ...)
{
	char *text;
	va_list args;

	if (!format)
		return;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	put_text(table, line, column, check_memory(text));
}

/* For people as @format writes it, otherwise the plain number. */
static void put_unit(struct table *table, struct libscols_line *line,
		     size_t column, struct value value, bool plain,
		     void (*format)(char *text, uint64_t number))
{
	char text[UNITS_LEN];
	uint64_t number;

	if (!value_number(value, &number))
		return;
	if (plain)
		snprintf(text, sizeof(text), "%" PRIu64, number);
	else
		format(text, number);
	table_put(table, line, column, "%s", text);
}

static void put_value(struct table *table, struct libscols_line *line,
		      size_t column, struct value value)
{
	const struct options *options = table->options;
	uint64_t number;

	switch (table->columns[column].unit) {
	case UNIT_SIZE:
		put_unit(table, line, column, value,
			 options->json || options->bytes, units_size);
		return;
	case UNIT_AGE:
		put_unit(table, line, column, value, options->json, units_age);
		return;
	case UNIT_NONE:
		break;
	}
	/* What is no number would spoil JSON. */
	if (table->columns[column].json == SCOLS_JSON_NUMBER) {
		if (value_number(value, &number))
			table_put(table, line, column, "%" PRIu64, number);
	} else if (value.kind == VALUE_GIVEN) {
		put_text(table, line, column, check_memory(value_copy(value)));
	}
}

static struct value value_of(const struct column *column,
			     const struct row *row)
{
	if (column->key && row->text)
		return column->field ?
			text_key_field(row->text, column->key, column->field) :
			text_get(row->text, column->key);
	if (column->field && row->line)
		return text_field(row->line, column->field);
	return (struct value){ .kind = VALUE_MISSING };
}

void table_put_row(struct table *table, struct libscols_line *line,
		   const struct row *row)
{
	const struct column *column = table->columns;
	char *text;
	size_t i;

	for (i = 0; i < table->nr; i++, column++) {
		if (!table->cell[i])
			continue;
		if (!column->say || !row->data) {
			put_value(table, line, i, value_of(column, row));
			continue;
		}
		text = column->say(table->options, row->data);
		if (text)
			put_text(table, line, i, text);
	}
}

static void free_table(struct table *table)
{
	scols_unref_table(table->scols);
	free(table->cell);
}

void table_print(struct table *table)
{
	if (scols_print_table(table->scols))
		fail(EXIT_SYSTEM, "cannot write the table");
	free_table(table);
}

void table_print_json_with(struct table *table, const char *members)
{
	char *text = NULL, *end;

	if (scols_print_table_to_string(table->scols, &text))
		fail(EXIT_SYSTEM, "cannot write the table");
	/* Without the brace that ends it. */
	end = text ? strrchr(text, '}') : NULL;
	if (!end)
		fail(EXIT_SYSTEM, "the table has no JSON");
	while (end > text && end[-1] == '\n')
		end--;
	*end = '\0';
	printf("%s,\n   %s\n}\n", text, members);
	free(text);
	free_table(table);
}

int table_status(const struct text *text, const char *what)
{
	struct value why = text_get(text, "complete_reason");

	if (value_is(text_get(text, "complete"), "yes"))
		return 0;
	fflush(stdout);
	complain("%s may be missing (%.*s); look again", what, (int)why.len,
		 why.at ? why.at : "");
	return STATUS_INCOMPLETE;
}
