// SPDX-License-Identifier: GPL-2.0
/* Which rows of a table are printed, and in which order: --filter and --sort. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "commands/table_rows.h"

/* ---- the order ---- */

static bool cell_number(struct libscols_cell *cell, double *number)
{
	const struct table_note *note = scols_cell_get_userdata(cell);
	const char *text = scols_cell_get_data(cell);

	if (note && note->has_plain)
		*number = note->plain;
	else if (text && *text)
		*number = strtod(text, NULL);
	else
		return false;
	return true;
}

/* What is not known comes last. */
static int by_number(struct libscols_cell *a, struct libscols_cell *b,
		     void *unused)
{
	double one = 0, two = 0;
	bool first = cell_number(a, &one), second = cell_number(b, &two);

	if (first != second)
		return first ? -1 : 1;
	return one < two ? -1 : one > two;
}

static int by_text(struct libscols_cell *a, struct libscols_cell *b,
		   void *unused)
{
	const char *one = scols_cell_get_data(a), *two = scols_cell_get_data(b);

	if (!one || !two)
		return one ? -1 : two ? 1 : 0;
	return strverscmp(one, two);
}

static void sort_rows(struct table *table)
{
	const char *name = table->options->sort;
	size_t i = table_find_column(table, name, strlen(name));

	scols_column_set_cmpfunc(table->cell[i],
				 table->columns[i].json == SCOLS_JSON_NUMBER ?
				 by_number : by_text, NULL);
	if (scols_sort_table(table->scols, table->cell[i]))
		fail(EXIT_SYSTEM, "cannot sort the table");
}

/* ---- which rows ---- */

#ifdef HAVE_FILTER

static void *plain_number(const struct libscols_column *column,
			  struct libscols_cell *cell, void *unused)
{
	struct table_note *note = scols_cell_get_userdata(cell);

	return note && note->has_plain ? &note->plain : NULL;
}

static void set_type(const struct table *table, size_t i)
{
	int type = SCOLS_DATA_STRING;

	if (table->columns[i].json == SCOLS_JSON_NUMBER)
		type = SCOLS_DATA_U64;
	scols_column_set_data_type(table->cell[i], type);
	if (table->columns[i].unit != UNIT_NONE)
		scols_column_set_data_func(table->cell[i], plain_number, NULL);
}

static struct libscols_filter *parse_filter(struct table *table)
{
	struct libscols_filter *filter = check_memory(scols_new_filter(NULL));
	struct libscols_iter *at = check_memory(scols_new_iter(SCOLS_ITER_FORWARD));
	const char *name, *why;
	size_t i;

	if (scols_filter_parse_string(filter, table->options->filter)) {
		why = scols_filter_get_errmsg(filter);
		fail(EXIT_USAGE, "--filter '%s': %s", table->options->filter,
		     why ? why : "it is no such expression");
	}
	while (!scols_filter_next_holder(filter, at, &name, 0)) {
		i = table_find_column(table, name, strlen(name));
		table_need_column(table, i);
		set_type(table, i);
		scols_filter_assign_column(filter, at, name, table->cell[i]);
	}
	scols_free_iter(at);
	return filter;
}

static void remove_line(struct table *table, struct libscols_line *line)
{
	struct libscols_iter *at = check_memory(scols_new_iter(SCOLS_ITER_FORWARD));
	struct libscols_line *child;

	while (!scols_line_next_child(line, at, &child)) {
		scols_line_remove_child(line, child);
		scols_table_remove_line(table->scols, child);
		scols_reset_iter(at, SCOLS_ITER_FORWARD);
	}
	scols_free_iter(at);
	scols_table_remove_line(table->scols, line);
}

static void filter_rows(struct table *table)
{
	struct libscols_filter *filter = parse_filter(table);
	size_t nr = scols_table_get_nlines(table->scols), i;
	struct libscols_line **lines, *line;
	int wanted;

	lines = check_memory(calloc(nr + 1, sizeof(*lines)));
	for (i = 0; i < nr; i++) {
		line = scols_table_get_line(table->scols, i);
		if (!scols_line_get_parent(line))
			lines[i] = line;
	}
	for (i = 0; i < nr; i++)
		if (lines[i] &&
		    (scols_line_apply_filter(lines[i], filter, &wanted) ||
		     !wanted))
			remove_line(table, lines[i]);
	free(lines);
	scols_unref_filter(filter);
}

#else

static struct libscols_filter *parse_filter(struct table *table)
{
	fail(EXIT_USAGE,
	     "--filter needs libsmartcols 2.40 or later, and this program was built with an older one");
}

static void filter_rows(struct table *table)
{
	parse_filter(table);
}

static void scols_unref_filter(struct libscols_filter *filter)
{
}

#endif

void table_rows_ask(struct table *table)
{
	const struct options *options = table->options;

	if (options->filter)
		scols_unref_filter(parse_filter(table));
	if (options->sort)
		table_need_column(table,
				  table_find_column(table, options->sort,
						    strlen(options->sort)));
}

void table_rows_choose(struct table *table)
{
	if (table->options->filter)
		filter_rows(table);
	if (table->options->sort)
		sort_rows(table);
}
