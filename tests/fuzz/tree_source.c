// SPDX-License-Identifier: GPL-2.0
/* userspace/host/source.c for a tree in memory. A link is a file with its target. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/source.h"
#include "tree.h"

#define FILES_MAX 512

static struct {
	char *path;
	char *data;
	size_t size;
} files[FILES_MAX];

static size_t nr_files;

static char *copy(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

static void add(const uint8_t *data, size_t size)
{
	const uint8_t *content = memchr(data, TREE_CONTENT, size);
	size_t len = content ? (size_t)(content - data) : size;

	if (nr_files == FILES_MAX || !content)
		return;
	files[nr_files].path = copy(data, len);
	files[nr_files].size = size - len - 1;
	files[nr_files].data = copy(content + 1, size - len - 1);
	nr_files++;
}

void tree_unpack(const uint8_t *data, size_t size)
{
	const uint8_t *at = size ? memchr(data, TREE_FILE, size) : NULL, *next;

	while (at) {
		at++;
		size = data + size - at;
		data = at;
		next = memchr(at, TREE_FILE, size);
		add(at, next ? (size_t)(next - at) : size);
		at = next;
	}
}

void tree_free(void)
{
	for (; nr_files; nr_files--) {
		free(files[nr_files - 1].path);
		free(files[nr_files - 1].data);
	}
}

/* ---- what source.h promises ---- */

char *source_read(const struct source *source, const char *path, size_t *size)
{
	size_t i;

	for (i = 0; i < nr_files; i++)
		if (!strcmp(files[i].path, path)) {
			*size = files[i].size;
			return copy((uint8_t *)files[i].data, *size);
		}
	errno = ENOENT;
	return NULL;
}

bool source_can_open(const struct source *source, const char *path)
{
	size_t size;
	char *data = source_read(source, path, &size);

	free(data);
	return data;
}

char *source_link(const struct source *source, const char *path)
{
	size_t size;

	return source_read(source, path, &size);
}

static bool has(char **names, size_t nr, const char *name)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* Takes the name. Return: how many there are now. */
static size_t add_name(char **names, size_t nr, char *name, const char *prefix)
{
	if (*name && source_wants_name(name, prefix) && !has(names, nr, name))
		names[nr++] = name;
	else
		free(name);
	return nr;
}

char **source_names(const struct source *source, const char *path,
		    const char *prefix)
{
	size_t len = strlen(path), nr = 0, i;
	char **names = calloc(FILES_MAX + 1, sizeof(*names));
	bool exists = false;
	const char *rest;

	for (i = 0; i < nr_files; i++) {
		if (strncmp(files[i].path, path, len) ||
		    files[i].path[len] != '/')
			continue;
		exists = true;
		rest = files[i].path + len + 1;
		nr = add_name(names, nr, strndup(rest, strcspn(rest, "/")),
			      prefix);
	}
	if (!exists) {
		free(names);
		errno = ENOENT;
		return NULL;
	}
	source_sort_names(names, nr);
	return names;
}
