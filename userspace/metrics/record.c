// SPDX-License-Identifier: GPL-2.0
/* The record in its file: lines as those of the module, and how many at the end. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/escape.h"
#include "base/fail.h"
#include "base/say.h"
#include "facts/text.h"
#include "host/source.h"
#include "metrics/record.h"

/* The timer comes each minute, and may be late or fail once. */
#define GAP_S 300

void record_note(struct noted_list *list, const char *name, const char *what,
		 uint64_t since_s)
{
	struct noted *noted;

	list->at = check_memory(reallocarray(list->at, list->nr + 1, sizeof(*list->at)));
	noted = &list->at[list->nr++];
	noted->name = say("%s", name);
	noted->what = say("%s", what);
	noted->since_s = since_s;
}

const struct noted *record_find(const struct noted_list *list, const char *name)
{
	size_t i;

	for (i = 0; i < list->nr; i++)
		if (!strcmp(list->at[i].name, name))
			return &list->at[i];
	return NULL;
}

static void free_list(struct noted_list *list)
{
	size_t i;

	for (i = 0; i < list->nr; i++) {
		free(list->at[i].name);
		free(list->at[i].what);
	}
	free(list->at);
}

void record_free(struct record *record)
{
	free(record->boot);
	free_list(&record->devices);
	free_list(&record->causes);
	memset(record, 0, sizeof(*record));
}

/* ---- writing ---- */

static void print_list(FILE *out, const char *key, const struct noted_list *list)
{
	char *name, *what;
	size_t i;

	for (i = 0; i < list->nr; i++) {
		name = escape_copy(list->at[i].name, strlen(list->at[i].name));
		what = escape_copy(list->at[i].what, strlen(list->at[i].what));
		fprintf(out, "%s: name=\"%s\" what=\"%s\" since_s=%" PRIu64 "\n", key,
			name, what, list->at[i].since_s);
		free(name);
		free(what);
	}
}

void record_write(const struct record *record, struct save *to)
{
	char *data = NULL;
	size_t size;
	FILE *out = check_memory(open_memstream(&data, &size));

	fprintf(out, "format: " TEXT_FORMAT "\nboot: \"%s\"\n", record->boot);
	print_list(out, "device", &record->devices);
	print_list(out, "cause", &record->causes);
	fprintf(out, "noted: %zu\n", record->devices.nr + record->causes.nr);
	if (fclose(out))
		check_memory(NULL);
	save_end(to, data, size, 0600);
	free(data);
}

void record_touch(const char *path)
{
	if (utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW))
		fail(EXIT_SYSTEM, "cannot write %s: %s", path, strerror(errno));
}

/* ---- reading ---- */

/* By the file's own time. If the clock was set meanwhile, less is known than could be. */
static bool is_old(const char *path)
{
	struct stat stat;

	return lstat(path, &stat) || time(NULL) - stat.st_mtime > GAP_S;
}

/* Return: false if a line makes no sense. */
static bool take_list(struct noted_list *list, const struct text *text, const char *key)
{
	char *name, *what;
	const char *line;
	uint64_t since_s;
	size_t at = 0;
	bool good;

	while ((line = text_next(text, key, &at))) {
		name = value_copy_plain(text_field(line, "name"));
		what = value_copy_plain(text_field(line, "what"));
		good = name && what && value_number(text_field(line, "since_s"), &since_s);
		if (good)
			record_note(list, name, what, since_s);
		free(name);
		free(what);
		if (!good)
			return false;
	}
	return true;
}

static bool take_all(struct record *record, const struct text *text)
{
	uint64_t noted;

	record->boot = value_copy(text_get(text, "boot"));
	return record->boot && take_list(&record->devices, text, "device") &&
	       take_list(&record->causes, text, "cause") &&
	       value_number(text_get(text, "noted"), &noted) &&
	       noted == record->devices.nr + record->causes.nr;
}

enum record_found record_read(struct record *record, const char *path)
{
	/* It is of this host, whatever else is read from elsewhere. */
	const struct source here = { .fd = AT_FDCWD, .live = true };
	enum text_error error;
	struct text text;
	char *data;
	size_t size;
	bool good;

	memset(record, 0, sizeof(*record));
	data = source_read(&here, path, &size);
	if (!data && errno == ENOENT)
		return RECORD_ABSENT;
	if (!data)
		fail(EXIT_SYSTEM, "cannot read %s: %s", path, strerror(errno));
	error = text_parse(&text, data, size);
	if (error == TEXT_NO_MEMORY)
		fail(EXIT_SYSTEM, "out of memory");
	if (error != TEXT_OK)
		return RECORD_BROKEN;
	good = take_all(record, &text);
	record->gap = is_old(path);
	text_free(&text);
	if (!good)
		record_free(record);
	return good ? RECORD_READ : RECORD_BROKEN;
}
