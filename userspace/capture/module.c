// SPDX-License-Identifier: GPL-2.0
/* Captures the module's files, and notes whom they name. */
#include <argz.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array_size.h"
#include "base/fail.h"
#include "base/say.h"
#include "capture/capture.h"
#include "facts/modfile.h"
#include "facts/text.h"
#include "host/tcp_server.h"

/* Whoever is named in a line of one of its files. */
static void note_pids(struct numbers *numbers, const char *line)
{
	static const char * const fields[] = {
		"pid", "tgid", "tid", "peer_pid", "own_pid", "aio_pid",
		"held_by", "held_by_tgid", "worker",
		"last_reader", "last_reader_tgid",
	};
	uint64_t pid;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		if (value_number(text_field(line, fields[i]), &pid))
			numbers_add(numbers, pid);
}

static void note_name(struct capture *capture, const char *name)
{
	const char *at = capture->named;

	while (at && strcmp(at, name))
		at = argz_next(capture->named, capture->named_len, at);
	if (!at && argz_add(&capture->named, &capture->named_len, name))
		fail(EXIT_SYSTEM, "out of memory");
}

/* Whichever device is named there; "via" may have several. */
static void note_devices(struct capture *capture, const char *line)
{
	static const char * const fields[] = { "device", "asked", "via", "map" };
	char *names, *name, *save;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		names = value_copy(text_field(line, fields[i]));
		for (name = names ? strtok_r(names, ",", &save) : NULL; name;
		     name = strtok_r(NULL, ",", &save))
			if (strncmp(name, "nbd", 3))
				note_name(capture, name);
		free(names);
	}
}

/* Of a device's own file all that it names is its own. */
static bool names_devices(const char *file)
{
	static const char * const files[] = { "io", "tasks", "uring" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		if (!strcmp(file, files[i]))
			return true;
	return !strncmp(file, "aio", 3);
}

/* Over TCP the module names nobody. */
static void note_server(struct capture *capture, const char *socket)
{
	char *own = value_copy(text_field(socket, "own")), *line;
	char *peer = value_copy(text_field(socket, "peer"));
	pid_t pid = own && peer ?
		tcp_server_find(capture->source, own, peer) : 0;

	if (pid) {
		numbers_add(&capture->threads, pid);
		line = say("%s %s %d", own, peer, (int)pid);
		if (argz_add(&capture->servers, &capture->servers_len, line))
			fail(EXIT_SYSTEM, "out of memory");
		free(line);
	}
	free(own);
	free(peer);
}

/* Another format is captured too; then it just names nobody. */
static void note_all(struct capture *capture, const char *file, char *data,
		     size_t size)
{
	bool aio = !strncmp(file, "aio", 3);
	struct text text;
	size_t i;

	if (text_parse(&text, data, size) != TEXT_OK)
		return;
	for (i = 0; i < text.nr; i++) {
		note_pids(aio ? &capture->processes : &capture->threads,
			  text.line[i].value);
		if (!strcmp(text.line[i].key, "socket"))
			note_server(capture, text.line[i].value);
		/* The paths of a map are below it. */
		if (names_devices(file) && strcmp(text.line[i].key, "path"))
			note_devices(capture, text.line[i].value);
	}
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
	note_all(capture, name, data, size);
}

static void put_servers(struct capture *capture)
{
	size_t len = capture->servers_len;

	if (!len)
		return;
	argz_stringify(capture->servers, len, '\n');
	capture->servers[len - 1] = '\n';
	tarfile_put_file(&capture->tar, TCP_SERVERS_FILE, capture->servers, len);
	free(capture->servers);
	capture->servers = NULL;
	capture->servers_len = 0;
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
	put_servers(capture);
	tarfile_put_directory(&capture->tar, "sys/module/nbddiag");
	capture_file(capture, "sys/module/nbddiag/version");
}
