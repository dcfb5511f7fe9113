// SPDX-License-Identifier: GPL-2.0
/*
 * A libFuzzer target for the files io and aio: what the parser accepts is put
 * together by all that the commands use for them, of each device that is named.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "facts/aio.h"
#include "facts/io.h"
#include "facts/rest.h"
#include "fuzz.h"

/* As many as are worth the time. */
#define LINES_MAX 200

static void use_disk(const struct text *text, const char *name)
{
	const char *line = io_disk(text, name);
	struct disk disk;

	free(io_paths(text, name));
	io_has_no_path(line);
	io_outstanding(line);
	if (line && io_oldest_ns(text, line) <
	    value_or_zero(text_field(line, "oldest_age_ns")))
		abort();
	if (io_disk_named(text, name, &disk) &&
	    (!line || strcmp(disk.name, name)))
		abort();
}

static void use_line(const struct text *text, const char *line)
{
	static const char * const fields[] = { "device", "asked", "map", "via" };
	char *name;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		name = value_copy(text_field(line, fields[i]));
		if (!name)
			continue;
		use_disk(text, name);
		/* One that is named alone is concerned. */
		if (*name && i < 2 && !rest_concerns(line, name))
			abort();
		free(name);
	}
	if (!io_path_state(text, line))
		abort();
}

/* Each line is in one place, or counted. */
static void use_rests(const struct rests *rests, size_t lines)
{
	size_t sum = rests->others, i;

	for (i = 0; i < rests->nr; i++)
		sum += rests->rest[i].requests;
	if (sum != lines || rests->nr > RESTS_MAX)
		abort();
}

static void use_requests(const struct text *text)
{
	struct rests rests = {};
	size_t at = 0, nr = 0;
	const char *line;

	while ((line = text_next(text, "request", &at))) {
		rests_add(&rests, line);
		nr++;
	}
	use_rests(&rests, nr);
}

static void use_owners(const struct text *text)
{
	struct aio_owner owner;
	struct rests rests;
	size_t at = 0, i, owed;

	while (aio_next(text, &at, &owner)) {
		aio_rests(text, &owner, &rests);
		for (owed = 0, i = owner.first; i < owner.end; i++)
			owed += !strcmp(text->line[i].key, "owed");
		use_rests(&rests, owed);
		for (i = 0; i < owner.nr_devices; i++)
			aio_concerns(text, &owner, owner.device[i].name);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *buffer = malloc(size + 1);
	struct text text;
	size_t i;

	memcpy(buffer, data, size);
	if (text_parse(&text, buffer, size) != TEXT_OK)
		return 0;
	for (i = 0; i < text.nr && i < LINES_MAX; i++)
		use_line(&text, text.line[i].value);
	use_requests(&text);
	use_owners(&text);
	text_free(&text);
	return 0;
}
