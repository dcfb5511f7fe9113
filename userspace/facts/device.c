// SPDX-License-Identifier: GPL-2.0
/* Finds and reads the files of nbd devices. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/say.h"
#include "facts/device.h"
#include "facts/modfile.h"
#include "facts/text.h"

#define NAMED_AT_MOST 20

/* As source_sort_names() has them. */
static int by_number(const void *a, const void *b)
{
	return strverscmp(*(char * const *)a, *(char * const *)b);
}

static bool has_name(char **names, size_t nr, const char *name)
{
	return nr && bsearch(&name, names, nr, sizeof(*names), by_number);
}

/* Those that "devices" names, and that have no file. */
static char **add_named(char **names, const struct text *devices)
{
	char plain[DEVICE_NAME_LEN], *name;
	size_t files = source_count_names(names), nr = files, at = 0;
	const char *line;

	names = check_memory(reallocarray(names, nr + 1 +
					  text_count(devices, "device"),
					  sizeof(*names)));
	while ((line = text_next(devices, "device", &at))) {
		name = value_copy(text_field(line, "name"));
		if (name && device_has_plain_name(plain, name) &&
		    !strcmp(plain, name) && !has_name(names, files, name))
			names[nr++] = name;
		else
			free(name);
	}
	names[nr] = NULL;
	source_sort_names(names, nr);
	return names;
}

static char **names_of_files(const struct source *source)
{
	char **names = source_names(source, MODFILE_DIR, "nbd");
	struct text text;

	if (names)
		return names;
	/* Without the module this says so, and ends. */
	modfile_read(source, &text, "devices");
	text_free(&text);
	fail(EXIT_NO_MODULE, "%s cannot be listed", MODFILE_DIR);
}

char **device_names_with(const struct source *source,
			 const struct text *devices)
{
	bool has_all = source->live && devices->nr;

	/* On the host itself each file has a line. A capture may lack either. */
	return add_named(has_all ? check_memory(calloc(1, sizeof(char *))) :
				   names_of_files(source), devices);
}

char **device_names(const struct source *source)
{
	struct text devices;
	char **names;

	modfile_look(source, &devices, "devices");
	names = device_names_with(source, &devices);
	text_free(&devices);
	/* None, or no module: then this says so, and ends. */
	if (!*names) {
		modfile_read(source, &devices, "devices");
		text_free(&devices);
	}
	return names;
}

/* ---- is it whole? ---- */

bool device_has_all(const struct text *text, const char *sum,
		    const char *key)
{
	return value_or_zero(text_key_field(text, sum, "shown")) ==
	       text_count(text, key);
}

/* Return: what is wrong with it, NULL if nothing. */
static const char *what_is_wrong(const struct text *text, const char *name)
{
	if (!value_is(text_get(text, "device"), name))
		return "it is of another device";
	if (text_get(text, "state").kind == VALUE_MISSING ||
	    !device_has_all(text, "sockets", "socket") ||
	    !device_has_all(text, "requests", "request"))
		return "it is cut off: lines are missing";
	return NULL;
}

bool device_try_read(const struct source *source, struct text *text,
		     const char *name)
{
	const char *wrong;

	if (!modfile_try_read(source, text, name))
		return false;
	wrong = what_is_wrong(text, name);
	if (wrong)
		fail(EXIT_DATA, "%s/%s: %s", MODFILE_DIR, name, wrong);
	return true;
}

/* A capture may lack the file of a device that was there; a host does not. */
static bool was_there(const struct source *source, const char *name)
{
	struct text devices;
	const char *line;
	bool found = false;
	size_t at = 0;

	if (source->live)
		return false;
	modfile_look(source, &devices, "devices");
	while (!found && (line = text_next(&devices, "device", &at)))
		found = value_is(text_field(line, "name"), name);
	text_free(&devices);
	return found;
}

static char *say_lacking(const char *name, enum exit_status *status)
{
	*status = EXIT_DATA;
	return say("%s/%s: the capture lacks this file, though its file devices names the device",
		   MODFILE_DIR, name);
}

char *device_read_or_say(const struct source *source, struct text *text,
			 const char *name, enum exit_status *status)
{
	char *message = modfile_read_or_say(source, text, name, status);
	const char *wrong = message ? NULL : what_is_wrong(text, name);

	if (message && *status == EXIT_NO_SUCH &&
	    was_there(source, name)) {
		free(message);
		return say_lacking(name, status);
	}
	if (!wrong)
		return message;
	text_free(text);
	*status = EXIT_DATA;
	return say("%s/%s: %s", MODFILE_DIR, name, wrong);
}

/* ---- which one? ---- */

char *device_says_missing(const struct source *source, const char *name,
			  enum exit_status *status)
{
	char **names = device_names(source);
	char list[NAMED_AT_MOST * (DEVICE_NAME_LEN + 1) + 8] = "";
	char *message;
	size_t nr = 0;

	for (; names[nr] && nr < NAMED_AT_MOST; nr++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list),
			 " %.*s", DEVICE_NAME_LEN, names[nr]);
	*status = EXIT_NO_SUCH;
	if (nr)
		message = say("there is no %s, but there are%s%s", name, list,
			      names[nr] ? " ..." : "");
	else
		message = say("there is no %s, nor any other nbd device (modprobe nbd)",
			      name);
	source_free_names(names);
	return message;
}

bool device_has_plain_name(char *plain, const char *name)
{
	const char *number = name;

	/* A number alone is no node. */
	if (!strncmp(number, "/dev/nbd", 8))
		number += 8;
	else if (!strncmp(number, "nbd", 3))
		number += 3;
	if (!*number || number[strspn(number, "0123456789")] ||
	    strlen(number) > 7)
		return false;
	strcpy(stpcpy(plain, "nbd"), number);
	return true;
}

/* Return: how much of a name is before the number of a partition. */
static size_t before_partition(const char *name)
{
	size_t len = strlen(name), digits = 0;

	while (digits < len && name[len - digits - 1] >= '0' &&
	       name[len - digits - 1] <= '9')
		digits++;
	if (!digits || digits == len || name[len - digits - 1] != 'p')
		return len;
	return len - digits - 1;
}

bool device_is_named(char *plain, const char *name)
{
	char whole[DEVICE_NAME_LEN + 8];
	size_t len = before_partition(name);

	if (device_has_plain_name(plain, name))
		return true;
	if (len >= sizeof(whole) || strncmp(name + len, "p", 1))
		return false;
	memcpy(whole, name, len);
	whole[len] = '\0';
	return device_has_plain_name(plain, whole);
}

const char *device_plain_name(char *plain, const char *name)
{
	if (!device_is_named(plain, name))
		fail(EXIT_USAGE, "'%s' is no nbd device: give nbdN, /dev/nbdN or N",
		     name);
	return plain;
}

void device_read(const struct source *source, struct text *text,
		 const char *name)
{
	char plain[DEVICE_NAME_LEN];
	enum exit_status status;
	char *message;

	if (device_try_read(source, text, device_plain_name(plain, name)))
		return;
	message = was_there(source, plain) ? say_lacking(plain, &status) :
			device_says_missing(source, plain, &status);
	fail(status, "%s", message);
}

/* ---- peers ---- */

bool device_is_peer(struct value peer)
{
	return peer.kind == VALUE_GIVEN && !value_is(peer, "unnamed");
}

void device_peers(const struct text *text, struct device_peers *peers)
{
	struct value peer;
	const char *socket;
	size_t at = 0;

	memset(peers, 0, sizeof(*peers));
	while ((socket = text_next(text, "socket", &at))) {
		peer = text_field(socket, "peer");
		if (!device_is_peer(peer)) {
			peers->rest++;
		} else if (peers->first.kind == VALUE_MISSING) {
			peers->first = peer;
		} else if (!value_same(peers->first, peer)) {
			if (peers->other.kind == VALUE_MISSING)
				peers->other = peer;
			peers->rest++;
		}
	}
}
