// SPDX-License-Identifier: GPL-2.0
/* Captures the module's files, and notes whom they name. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/array_size.h"
#include "capture/capture.h"
#include "facts/modfile.h"
#include "facts/text.h"

/* Whoever is named in a line of one of its files. */
static void note_pids(struct numbers *numbers, const char *line)
{
	static const char * const fields[] = {
		"pid", "tgid", "tid", "peer_pid", "own_pid", "aio_pid",
	};
	uint64_t pid;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		if (value_number(text_field(line, fields[i]), &pid))
			numbers_add(numbers, pid);
}

/* Another format is captured too; then it just names nobody. */
static void note_all_pids(struct numbers *numbers, char *data, size_t size)
{
	struct text text;
	size_t i;

	if (text_parse(&text, data, size) != TEXT_OK)
		return;
	for (i = 0; i < text.nr; i++)
		note_pids(numbers, text.line[i].value);
	text_free(&text);
}

static void capture_module_file(struct capture *capture, const char *name)
{
	char path[sizeof(MODFILE_DIR) + NAME_MAX + 1], *data;
	size_t size;

	snprintf(path, sizeof(path), MODFILE_DIR "/%s", name);
	data = capture_read(capture, path, &size);
	if (!data)
		return;
	tarfile_put_file(&capture->tar, path, data, size);
	note_all_pids(strncmp(name, "aio", 3) ? &capture->threads :
		      &capture->processes, data, size);
}

void capture_module(struct capture *capture, bool deep)
{
	char **names = source_names(capture->source, MODFILE_DIR, NULL);
	struct text text;
	char **name;

	/* Without the module this says so, and ends. */
	if (!names) {
		modfile_read(capture->source, &text, "devices");
		text_free(&text);
	}
	for (name = names; name && *name; name++)
		if (deep || strcmp(*name, "aio_scan"))
			capture_module_file(capture, *name);
	source_free_names(names);
	tarfile_put_directory(&capture->tar, "sys/module/nbddiag");
	capture_file(capture, "sys/module/nbddiag/version");
}
