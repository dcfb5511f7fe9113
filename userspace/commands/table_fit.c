// SPDX-License-Identifier: GPL-2.0
/*
 * Makes a table fit a terminal. Names of sockets mostly share their beginning,
 * a directory, and differ at their end: so it is the beginning that is cut.
 */
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/fold.h"
#include "base/say.h"
#include "commands/table_fit.h"

/* What is left of a name must still tell something. */
#define AT_LEAST 12
/* What a tree has before the names below others. */
#define BRANCH 2
/* No line is longer. */
#define ANY_WIDTH 65536
/* As much as the names of all unix sockets, of which the end tells more. */
#define SHARED 6

static const char *cell_text(const struct table *table, size_t line,
			     size_t column)
{
	struct libscols_line *at = scols_table_get_line(table->scols, line);
	const char *text = scols_cell_get_data(scols_line_get_column_cell(at, table->cell[column]));

	return text ? text : "";
}

static bool is_shown(const struct table *table, size_t column)
{
	return table->cell[column] &&
	       !(scols_column_get_flags(table->cell[column]) &
		 SCOLS_FL_HIDDEN);
}

/* All cells are printable ASCII. */
static size_t column_width(const struct table *table, size_t column)
{
	size_t width = table->options->noheadings ? 0 :
		strlen(table->columns[column].name);
	size_t nr = scols_table_get_nlines(table->scols), i, len;

	for (i = 0; i < nr; i++) {
		len = strlen(cell_text(table, i, column));
		if (len > width)
			width = len;
	}
	return width;
}

/* Return: how many columns of the terminal are left for a column of the table. */
static size_t room_for(const struct table *table, size_t column, size_t room)
{
	size_t used = 0, i;

	for (i = 0; i < table->nr; i++)
		if (i != column && is_shown(table, i))
			used += column_width(table, i) + 1;
	return used + AT_LEAST < room ? room - used : AT_LEAST;
}

/* Return: how many bytes all that is too long has in common at its beginning. */
static size_t shared_beginning(const struct table *table, size_t column,
			       size_t room)
{
	size_t nr = scols_table_get_nlines(table->scols), i, len = 0;
	const char *first = NULL, *text;

	for (i = 0; i < nr; i++) {
		text = cell_text(table, i, column);
		if (strlen(text) <= room)
			continue;
		if (!first) {
			first = text;
			len = strlen(text);
		}
		while (strncmp(first, text, len))
			len--;
	}
	return len;
}

static void cut_left(struct table *table, size_t line, size_t column,
		     size_t room)
{
	bool utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	const char *text = cell_text(table, line, column);
	size_t len = strlen(text), dots = utf8 ? 1 : 2;
	char *cut;

	if (len <= room)
		return;
	cut = say("%s%s", utf8 ? "\u2026" : "..", text + len - room + dots);
	if (scols_line_set_column_data(scols_table_get_line(table->scols, line),
				       table->cell[column], cut))
		fail(EXIT_SYSTEM, "out of memory");
	free(cut);
}

static void fit_column(struct table *table, size_t column, size_t width)
{
	size_t room = room_for(table, column, width), i;

	if (column_width(table, column) <= room ||
	    shared_beginning(table, column, room) < SHARED)
		return;
	for (i = 0; i < scols_table_get_nlines(table->scols); i++)
		cut_left(table, i, column, room);
}

/* Of all columns, and a space between them. @is_cut: all is cut that may be */
static size_t width_of(const struct table *table, bool is_cut)
{
	size_t width = 0, i, wants;

	for (i = 0; i < table->nr; i++) {
		if (!is_shown(table, i))
			continue;
		wants = column_width(table, i);
		if (is_cut && table->columns[i].flags & SCOLS_FL_TRUNC &&
		    wants > AT_LEAST)
			wants = AT_LEAST;
		width += wants + 1;
	}
	if (scols_table_is_tree(table->scols))
		width += BRANCH;
	return width ? width - 1 : 0;
}

static bool is_empty(const struct table *table, size_t column)
{
	size_t nr = scols_table_get_nlines(table->scols), i;

	for (i = 0; i < nr; i++)
		if (*cell_text(table, i, column))
			return false;
	return nr;
}

/* Nobody has asked for them. */
static void hide_empty(struct table *table)
{
	size_t i;

	for (i = 0; i < table->nr; i++)
		if (is_shown(table, i) && is_empty(table, i))
			scols_column_set_flags(table->cell[i],
					       SCOLS_FL_HIDDEN);
}

static size_t first_spare(const struct table *table)
{
	size_t found = table->nr, i;

	for (i = 0; i < table->nr; i++)
		if (is_shown(table, i) && table->columns[i].spare &&
		    (found == table->nr ||
		     table->columns[i].spare < table->columns[found].spare))
			found = i;
	return found;
}

/* What tells least goes first. */
static void hide_spare(struct table *table, size_t width)
{
	size_t i;

	while (width_of(table, false) > width) {
		i = first_spare(table);
		if (i == table->nr)
			break;
		scols_column_set_flags(table->cell[i], SCOLS_FL_HIDDEN);
	}
}

/* ---- a tree ---- */

/* With the branches before its names. */
static size_t tree_width(const struct table *table, size_t column)
{
	size_t nr = scols_table_get_nlines(table->scols), width = 0, i, len;
	struct libscols_line *line;

	for (i = 0; i < nr; i++) {
		len = strlen(cell_text(table, i, column));
		line = scols_table_get_line(table->scols, i);
		while ((line = scols_line_get_parent(line)))
			len += BRANCH;
		if (len > width)
			width = len;
	}
	return width;
}

/* Between words. One that is wider than @room stays whole, so that it can be copied. */
static void break_lines(char *text, size_t room)
{
	size_t begin = 0, space = 0, i;

	for (i = 0; text[i]; i++) {
		if (text[i] == ' ')
			space = i;
		if (i - begin < room || space <= begin)
			continue;
		text[space] = '\n';
		begin = space + 1;
	}
}

static void wrap_column(struct table *table, size_t column, size_t room)
{
	struct libscols_column *cell = table->cell[column];
	size_t nr = scols_table_get_nlines(table->scols), i;
	char *text;

	for (i = 0; i < nr; i++) {
		text = check_memory(strdup(cell_text(table, i, column)));
		break_lines(text, room);
		if (scols_line_refer_column_data(scols_table_get_line(table->scols, i),
						 cell, text))
			fail(EXIT_SYSTEM, "out of memory");
	}
	scols_column_set_flags(cell, scols_column_get_flags(cell) |
			       SCOLS_FL_WRAP);
	if (scols_column_set_safechars(cell, "\n") ||
	    scols_column_set_wrapfunc(cell, scols_wrapnl_chunksize,
				      scols_wrapnl_nextchunk, NULL))
		fail(EXIT_SYSTEM, "out of memory");
}

static void let_lines_be_long(struct table *table)
{
	scols_table_set_termwidth(table->scols, ANY_WIDTH);
	scols_table_set_termforce(table->scols, SCOLS_TERMFORCE_ALWAYS);
}

/* The last column is wrapped, if it may be; the lines are then as wide as they have to be. */
static void fit_tree(struct table *table, size_t width)
{
	size_t last = table->nr, used = 0, i;

	for (i = 0; i < table->nr; i++) {
		if (!is_shown(table, i))
			continue;
		if (last < table->nr)
			used += (table->columns[last].flags & SCOLS_FL_TREE ?
				 tree_width(table, last) :
				 column_width(table, last)) + 1;
		last = i;
	}
	if (last == table->nr || !table->columns[last].wraps)
		return;
	wrap_column(table, last, used + AT_LEAST < width ? width - used :
							   AT_LEAST);
	let_lines_be_long(table);
}

void table_fit(struct table *table)
{
	const struct options *options = table->options;
	size_t width = fold_width(), i;

	if (!width || options->json || options->raw || options->pairs ||
	    width_of(table, false) <= width)
		return;
	if (!options->columns && !options->output_all) {
		hide_empty(table);
		hide_spare(table, width);
	}
	if (scols_table_is_tree(table->scols)) {
		fit_tree(table, width);
		return;
	}
	/* They cannot fit: one long line for each row. */
	if (width_of(table, true) > width) {
		let_lines_be_long(table);
		return;
	}
	for (i = 0; i < table->nr; i++)
		if (is_shown(table, i) &&
		    table->columns[i].flags & SCOLS_FL_TRUNC)
			fit_column(table, i, width);
}
