// SPDX-License-Identifier: GPL-2.0
/* A captured tree in a tar archive, read into memory by libarchive. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "host/archive.h"
#include "host/origin.h"
#include "host/source.h"

#define BLOCK 65536
/* Of all files together, and how many there can be. */
#define SIZE_AT_MOST 1073741824
#define NR_AT_MOST 4194304
/**
 * struct entry - a file, link or directory
 * @path: below the root; without a slash at its begin or end
 * @data: its bytes and a NUL, or where it points to; NULL of a directory
 * @size: how many bytes
 * @is_link: it is a symbolic link
 * @place: in the archive; of two with one path the last one counts
 */
struct entry {
	char *path;
	char *data;
	size_t size;
	bool is_link;
	size_t place;
};

/**
 * struct archive_tree - what is in an archive
 * @entry: in the order of their paths
 * @nr: how many
 * @room: entries allocated
 * @size: of all files together, their paths and where links point to
 */
struct archive_tree {
	struct entry *entry;
	size_t nr;
	size_t room;
	size_t size;
};

/* ---- reading it ---- */

/* Return: a path without needless parts, for free(); NULL if it leads out. */
static char *plain_path(const char *path)
{
	char *copy = check_memory(strdup(path)), *plain, *name, *save = NULL;

	plain = check_memory(calloc(1, strlen(path) + 2));
	for (name = strtok_r(copy, "/", &save); name;
	     name = strtok_r(NULL, "/", &save)) {
		if (!strcmp(name, "."))
			continue;
		if (!strcmp(name, "..")) {
			*plain = '\0';
			break;
		}
		if (*plain)
			strcat(plain, "/");
		strcat(plain, name);
	}
	free(copy);
	if (*plain)
		return plain;
	free(plain);
	return NULL;
}

/* Names and targets too: there may be many. */
static void count_size(struct archive_tree *tree, const char *path, size_t size)
{
	tree->size += size;
	if (tree->size > SIZE_AT_MOST)
		fail(EXIT_DATA, "%s: it is too large", path);
}

static char *read_data(struct archive *archive, struct archive_tree *tree,
		       const char *path, size_t *size)
{
	char *data = check_memory(malloc(1));
	la_ssize_t got;

	*size = 0;
	for (;;) {
		data = check_memory(realloc(data, *size + BLOCK + 1));
		got = archive_read_data(archive, data + *size, BLOCK);
		if (got < 0)
			fail(EXIT_DATA, "%s: %s", path,
			     archive_error_string(archive));
		if (!got)
			break;
		*size += got;
		count_size(tree, path, got);
	}
	data = check_memory(realloc(data, *size + 1));
	data[*size] = '\0';
	return data;
}

static void add_entry(struct archive_tree *tree, struct archive *archive,
		      struct archive_entry *from, const char *path)
{
	mode_t type = archive_entry_filetype(from);
	const char *name = archive_entry_pathname(from);
	const char *target = archive_entry_symlink(from);
	struct entry new = { .place = tree->nr };

	/* No host has a longer one, and to bring it in order would take long. */
	new.path = name && strlen(name) < PATH_MAX ? plain_path(name) : NULL;
	if (!new.path)
		return;
	if (type == S_IFREG && !archive_entry_hardlink(from)) {
		new.data = read_data(archive, tree, path, &new.size);
	} else if (type == S_IFLNK && target) {
		new.is_link = true;
		new.data = check_memory(strdup(target));
	} else if (type != S_IFDIR) {
		free(new.path);
		return;
	}
	count_size(tree, path, strlen(new.path) + 1 +
		   (new.is_link ? strlen(new.data) : 0));
	if (tree->nr == NR_AT_MOST)
		fail(EXIT_DATA, "%s: it is too large", path);
	if (tree->nr == tree->room) {
		tree->room = tree->room ? tree->room * 2 : 256;
		tree->entry = check_memory(reallocarray(tree->entry, tree->room,
							sizeof(new)));
	}
	tree->entry[tree->nr++] = new;
}

static struct archive *open_file(const char *path)
{
	struct archive *archive = check_memory(archive_read_new());

	/* Not all that there are: for some libarchive would run a program. */
	archive_read_support_filter_gzip(archive);
	archive_read_support_filter_bzip2(archive);
	archive_read_support_filter_xz(archive);
	archive_read_support_filter_zstd(archive);
	archive_read_support_filter_lz4(archive);
	archive_read_support_format_tar(archive);
	if (archive_read_open_filename(archive, path, BLOCK))
		fail(EXIT_USAGE, "cannot open the root %s: %s", path,
		     archive_error_string(archive));
	return archive;
}

static void read_entries(struct archive_tree *tree, const char *path)
{
	struct archive *archive = open_file(path);
	struct archive_entry *entry;
	int result;

	while ((result = archive_read_next_header(archive, &entry)) ==
	       ARCHIVE_OK || result == ARCHIVE_WARN)
		add_entry(tree, archive, entry, path);
	if (result != ARCHIVE_EOF && tree->nr)
		fail(EXIT_DATA, "%s: %s", path, archive_error_string(archive));
	if (!tree->nr)
		fail(EXIT_USAGE, "cannot open the root %s: it is no directory and no archive",
		     path);
	archive_read_free(archive);
}

/* ---- bringing it in order ---- */

/* How many bytes of a path are the directory that has that file; -1 if it is another file. */
static ssize_t len_of_dir(const char *path)
{
	const char *slash = strchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	return strcmp(name, ORIGIN_FILE) ? -1 : name - path;
}

/*
 * The directory in which all is has that file; how many bytes its path has.
 * @path: of the archive
 */
static size_t len_of_top(const struct archive_tree *tree, const char *path)
{
	const char *top = NULL, *entry;
	ssize_t len;
	size_t i;

	for (i = 0; i < tree->nr; i++) {
		entry = tree->entry[i].path;
		len = len_of_dir(entry);
		if (len < 0)
			continue;
		if (top && strcmp(top, entry))
			fail(EXIT_DATA,
			     "%s: there are several captures in it, with %s and %s. %s",
			     path, top, entry,
			     "Unpack it, and give the directory of one");
		top = entry;
	}
	return top ? len_of_dir(top) : 0;
}

/* What lies beside that directory is left out. */
static void remove_top(struct archive_tree *tree, const char *path)
{
	size_t len = len_of_top(tree, path), nr = 0, i;
	struct entry *entry;
	char *top;

	if (!len)
		return;
	for (i = 0; strlen(tree->entry[i].path) < len ||
	     strcmp(tree->entry[i].path + len, ORIGIN_FILE); i++)
		;
	top = check_memory(strndup(tree->entry[i].path, len));
	for (i = 0; i < tree->nr; i++) {
		entry = &tree->entry[i];
		if (strncmp(entry->path, top, len)) {
			free(entry->path);
			free(entry->data);
			continue;
		}
		memmove(entry->path, entry->path + len,
			strlen(entry->path + len) + 1);
		tree->entry[nr++] = *entry;
	}
	tree->nr = nr;
	free(top);
}

static int by_path(const void *a, const void *b)
{
	const struct entry *one = a, *two = b;
	int order = strcmp(one->path, two->path);

	if (order)
		return order;
	return one->place < two->place ? -1 : one->place > two->place;
}

const struct archive_tree *archive_open(const char *path)
{
	/* The root is one for all of the program. */
	static struct archive_tree tree;

	read_entries(&tree, path);
	remove_top(&tree, path);
	if (tree.nr)
		qsort(tree.entry, tree.nr, sizeof(*tree.entry), by_path);
	return &tree;
}

/* ---- looking into it ---- */

/* Return: the first entry whose path is not before this. */
static size_t lower_bound(const struct archive_tree *tree, const char *path)
{
	size_t low = 0, high = tree->nr, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (strcmp(tree->entry[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Return: the last with that path, NULL with errno if there is none. */
static const struct entry *find(const struct archive_tree *tree,
				const char *path)
{
	char *plain = plain_path(path);
	const struct entry *found = NULL;
	size_t i = plain ? lower_bound(tree, plain) : tree->nr;

	for (; i < tree->nr && !strcmp(tree->entry[i].path, plain); i++)
		found = &tree->entry[i];
	free(plain);
	if (!found)
		errno = ENOENT;
	return found;
}

static const struct entry *find_file(const struct archive_tree *tree,
				     const char *path)
{
	const struct entry *entry = find(tree, path);

	if (entry && !entry->is_link && entry->data)
		return entry;
	if (entry)
		errno = entry->is_link ? ELOOP : EINVAL;
	return NULL;
}

bool archive_has(const struct archive_tree *tree, const char *path)
{
	return find_file(tree, path);
}

char *archive_file(const struct archive_tree *tree, const char *path,
		   size_t *size)
{
	const struct entry *entry = find_file(tree, path);
	char *data;

	if (!entry)
		return NULL;
	data = malloc(entry->size + 1);
	if (!data)
		return NULL;
	memcpy(data, entry->data, entry->size + 1);
	*size = entry->size;
	return data;
}

char *archive_link(const struct archive_tree *tree, const char *path)
{
	const struct entry *entry = find(tree, path);

	if (entry && entry->is_link)
		return strdup(entry->data);
	if (entry)
		errno = EINVAL;
	return NULL;
}

/* Sorted, so that a name which is there several times is so side by side. */
static void drop_doubles(char **names, size_t nr)
{
	size_t i, kept = 0;

	for (i = 0; i < nr; i++) {
		if (kept && !strcmp(names[kept - 1], names[i]))
			free(names[i]);
		else
			names[kept++] = names[i];
	}
	names[kept] = NULL;
}

/* Directories need not be in the archive themselves. */
char **archive_names(const struct archive_tree *tree, const char *path,
		     const char *prefix)
{
	char *plain = plain_path(path), *dir, *name, **names = NULL;
	size_t len, nr = 0, room = 0, first, i;

	if (!plain) {
		errno = ENOENT;
		return NULL;
	}
	len = strlen(plain) + 1;
	dir = check_memory(realloc(plain, len + 1));
	strcat(dir, "/");
	first = lower_bound(tree, dir);
	for (i = first; i < tree->nr && !strncmp(tree->entry[i].path, dir, len);
	     i++) {
		name = tree->entry[i].path + len;
		name = check_memory(strndup(name, strcspn(name, "/")));
		if (!source_wants_name(name, prefix) ||
		    (nr && !strcmp(names[nr - 1], name))) {
			free(name);
			continue;
		}
		if (nr + 1 >= room) {
			room = room ? room * 2 : 64;
			names = check_memory(reallocarray(names, room,
							  sizeof(*names)));
		}
		names[nr++] = name;
	}
	dir[len - 1] = '\0';
	if (i == first && (!find(tree, dir) || find(tree, dir)->data)) {
		free(dir);
		errno = ENOENT;
		return NULL;
	}
	free(dir);
	if (!names)
		names = check_memory(malloc(sizeof(*names)));
	source_sort_names(names, nr);
	drop_doubles(names, nr);
	return names;
}
