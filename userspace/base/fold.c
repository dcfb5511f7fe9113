// SPDX-License-Identifier: GPL-2.0
/* Text on a terminal: how wide that is, and lines broken between words. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/fold.h"

static size_t width_of(FILE *out)
{
	struct winsize size;
	int fd = fileno(out);

	if (!isatty(fd) || ioctl(fd, TIOCGWINSZ, &size))
		return 0;
	/* Some consoles do not say it. */
	return size.ws_col ? size.ws_col : 80;
}

size_t fold_width(void)
{
	return width_of(stdout);
}

/* Return: of what begins with a quote, where it ends; NULL if that is none. */
static const char *quote_end(const char *text)
{
	const char *end = text + 1;

	while (*end && *end != *text)
		end += *end == '\\' && end[1] ? 2 : 1;
	return *end ? end : NULL;
}

/*
 * A command or a path in quotes is one word, so that it can be copied. An
 * apostrophe within a word is no quote.
 */
static size_t word_len(const char *text)
{
	const char *end;
	size_t len;

	for (len = 0; text[len] && text[len] != ' '; len++) {
		if (text[len] != '"' &&
		    (text[len] != '\'' || (len && text[len - 1] != '(')))
			continue;
		end = quote_end(text + len);
		if (end)
			len = end - text;
	}
	return len;
}

static void fold(FILE *out, const char *text, size_t width, size_t indent)
{
	size_t column = strspn(text, " "), len;

	fprintf(out, "%.*s", (int)column, text);
	text += column;
	while (*text) {
		len = word_len(text);
		fprintf(out, "%.*s", (int)len, text);
		column += len;
		text += len;
		if (!*text)
			break;
		len = strspn(text, " ");
		if (width && column + len + word_len(text + len) > width) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else {
			fprintf(out, "%.*s", (int)len, text);
			column += len;
		}
		text += len;
	}
}

void fold_print(const char *text, size_t width, size_t indent)
{
	fold(stdout, text, width, indent);
}

/* Return: for free(), or NULL without memory. */
static char *make_line(const char *before, const char *text,
		       const char *after)
{
	char *line = NULL;
	size_t size;
	FILE *memory = open_memstream(&line, &size);

	if (!memory)
		return NULL;
	fputs(before, memory);
	escape_print(memory, text);
	fputs(after, memory);
	if (!fclose(memory))
		return line;
	free(line);
	return NULL;
}

void fold_line(FILE *out, const char *before, const char *text,
	       const char *after)
{
	char *line = make_line(before, text, after);

	if (line) {
		fold(out, line, width_of(out), strlen(before));
	} else {
		fputs(before, out);
		escape_print(out, text);
		fputs(after, out);
	}
	fputc('\n', out);
	free(line);
}
