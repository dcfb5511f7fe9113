// SPDX-License-Identifier: GPL-2.0
/*
 * nbddiag capture: a tar archive of what the commands read, for --root. It is
 * made to be given away, so it has nothing in it that they do not need.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/array_size.h"
#include "base/fail.h"
#include "capture/capture.h"
#include "commands/commands.h"
#include "facts/modfile.h"
#include "facts/text.h"

#define ABOUT "nbddiag-capture"

/* ---- sets ---- */

void numbers_add(struct numbers *numbers, uint64_t number)
{
	if (numbers->nr == numbers->room) {
		numbers->room = numbers->room ? numbers->room * 2 : 64;
		numbers->at = check_memory(reallocarray(numbers->at,
							numbers->room,
							sizeof(*numbers->at)));
	}
	numbers->at[numbers->nr++] = number;
	numbers->sorted = false;
}

static int by_size(const void *a, const void *b)
{
	uint64_t one = *(const uint64_t *)a, two = *(const uint64_t *)b;

	return one < two ? -1 : one > two;
}

bool numbers_has(struct numbers *numbers, uint64_t number)
{
	if (!numbers->nr)
		return false;
	if (!numbers->sorted)
		qsort(numbers->at, numbers->nr, sizeof(number), by_size);
	numbers->sorted = true;
	return bsearch(&number, numbers->at, numbers->nr, sizeof(number),
		       by_size);
}

/* ---- files ---- */

void capture_missing(struct capture *capture, const char *path, int error)
{
	switch (error) {
	/* Has gone, or is just going: a device, a task, its namespace. */
	case ENOENT:
	case ENODEV:
	case ESRCH:
	case EIO:
	case EINVAL:
		return;
	}
	tarfile_put_link(&capture->tar, path, strerror(error));
}

char *capture_read(struct capture *capture, const char *path, size_t *size)
{
	char *data = source_read(capture->source, path, size);

	if (!data)
		capture_missing(capture, path, errno);
	return data;
}

void capture_file(struct capture *capture, const char *path)
{
	size_t size;
	char *data = capture_read(capture, path, &size);

	if (data)
		tarfile_put_file(&capture->tar, path, data, size);
	free(data);
}

/* ---- the module's files ---- */

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

/* ---- the rest ---- */

/* Swap on devices only: a file's name is nobody's business. */
static void capture_swaps(struct capture *capture)
{
	size_t size, kept = 0, len;
	char *data = capture_read(capture, "proc/swaps", &size), *line;

	if (!data)
		return;
	for (line = data; *line; line += len) {
		len = strcspn(line, "\n");
		len += line[len] == '\n';
		if (line != data && strncmp(line, "/dev/", 5))
			continue;
		memmove(data + kept, line, len);
		kept += len;
	}
	tarfile_put_file(&capture->tar, "proc/swaps", data, kept);
	free(data);
}

/* Of which host and moment it is, for people; "arch" is for the commands. */
static void capture_about(struct capture *capture, bool deep)
{
	char about[sizeof(struct utsname)], when[32];
	struct utsname name;
	int len;

	uname(&name);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ",
		 gmtime(&capture->tar.time));
	len = snprintf(about, sizeof(about),
		       "version: %s\nkernel: %s\narch: %s\ntime: %s\ndeep: %s\n",
		       NBDDIAG_VERSION, name.release, name.machine, when,
		       deep ? "yes" : "no");
	tarfile_put_file(&capture->tar, ABOUT, about, len);
	len = snprintf(about, sizeof(about), "%s\n", name.machine);
	tarfile_put_file(&capture->tar, "arch", about, len);
}

static void capture_all(struct capture *capture, bool deep)
{
	capture_module(capture, deep);
	capture_block(capture);
	capture_tasks(capture);
	capture_swaps(capture);
	capture_file(capture, "proc/uptime");
	capture_file(capture, "proc/sys/fs/aio-nr");
	capture_file(capture, "proc/sys/fs/aio-max-nr");
	/* A capture of a captured tree is of the same host and moment. */
	if (capture->source->live) {
		capture_about(capture, deep);
	} else {
		capture_file(capture, ABOUT);
		capture_file(capture, "arch");
	}
}

int cmd_capture(const struct options *options)
{
	struct capture capture = { .source = &options->source };

	tarfile_begin(&capture.tar, options->args[0], time(NULL));
	capture_all(&capture, options->deep);
	tarfile_end(&capture.tar);
	free(capture.threads.at);
	free(capture.processes.at);
	free(capture.devices.at);
	free(capture.namespaces);
	return 0;
}
