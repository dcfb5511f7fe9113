// SPDX-License-Identifier: GPL-2.0
/* Captures the module's files, and notes whom they name. */
#include <argz.h>
#include <inttypes.h>
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
#include "host/unix_server.h"

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

static void add_line(struct lines *lines, char *line)
{
	if (argz_add(&lines->text, &lines->len, line))
		fail(EXIT_SYSTEM, "out of memory");
	free(line);
}

static void note_over_tcp(struct capture *capture, const char *socket,
			  struct servers *servers)
{
	char *own = value_copy(text_field(socket, "own"));
	char *peer = value_copy(text_field(socket, "peer"));
	size_t i;

	if (own && peer)
		tcp_server_find(capture->source, own, peer, servers);
	for (i = 0; i < servers->nr; i++)
		add_line(&capture->over_tcp, say("%s %s %d", own, peer,
						 (int)servers->pid[i]));
	free(own);
	free(peer);
}

static void note_over_unix(struct capture *capture, const char *socket,
			   struct servers *servers)
{
	uint64_t inode;
	size_t i;

	if (!value_number(text_field(socket, "inode"), &inode) ||
	    !unix_server_find(capture->source, inode, servers)) {
		numbers_add(&capture->servers,
			    value_or_zero(text_field(socket, "peer_pid")));
		return;
	}
	for (i = 0; i < servers->nr; i++)
		add_line(&capture->over_unix, say("%" PRIu64 " %d", inode,
						  (int)servers->pid[i]));
	if (!servers->nr)
		add_line(&capture->over_unix, say("%" PRIu64 " 0", inode));
}

/* The module names who listened, and over TCP nobody. */
static void note_server(struct capture *capture, const char *socket)
{
	struct servers servers = {};
	size_t i;

	if (value_is(text_field(socket, "family"), "unix"))
		note_over_unix(capture, socket, &servers);
	else
		note_over_tcp(capture, socket, &servers);
	for (i = 0; i < servers.nr; i++)
		numbers_add(&capture->servers, servers.pid[i]);
	servers_free(&servers);
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

static void put_lines(struct capture *capture, const char *path,
		      struct lines *lines)
{
	size_t len = lines->len;

	if (len) {
		argz_stringify(lines->text, len, '\n');
		lines->text[len - 1] = '\n';
		tarfile_put_file(&capture->tar, path, lines->text, len);
	}
	free(lines->text);
	memset(lines, 0, sizeof(*lines));
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
	put_lines(capture, TCP_SERVERS_FILE, &capture->over_tcp);
	put_lines(capture, UNIX_SERVERS_FILE, &capture->over_unix);
	tarfile_put_directory(&capture->tar, "sys/module/nbddiag");
	capture_file(capture, "sys/module/nbddiag/version");
}
