// SPDX-License-Identifier: GPL-2.0
/* What does not depend on where the files of a source are: lines, and names. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "host/source.h"

char *source_line(const struct source *source, const char *path)
{
	size_t size;
	char *data = source_read(source, path, &size);

	if (data)
		data[strcspn(data, "\n")] = '\0';
	return data;
}

/* What follows the prefix must be digits. */
static bool is_numbered(const char *name, const char *prefix)
{
	size_t len = strlen(prefix);

	if (strncmp(name, prefix, len) || !name[len])
		return false;
	for (name += len; *name; name++)
		if (!isdigit((unsigned char)*name))
			return false;
	return true;
}

bool source_wants_name(const char *name, const char *prefix)
{
	return prefix ? is_numbered(name, prefix) : *name != '.';
}

static int by_number(const void *a, const void *b)
{
	return strverscmp(*(char **)a, *(char **)b);
}

void source_sort_names(char **names, size_t nr)
{
	size_t i;

	/* Lines of the module are in order: that is seen sooner than they are sorted. */
	for (i = 1; i < nr; i++)
		if (by_number(&names[i - 1], &names[i]) > 0)
			break;
	if (i < nr)
		qsort(names, nr, sizeof(*names), by_number);
}

size_t source_count_names(char **names)
{
	size_t nr = 0;

	while (names && names[nr])
		nr++;
	return nr;
}

void source_free_names(char **names)
{
	char **name;

	for (name = names; name && *name; name++)
		free(*name);
	free(names);
}
