// SPDX-License-Identifier: GPL-2.0
/* Reads the module's files, and says what is wrong if they cannot be read. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/say.h"
#include "facts/modfile.h"
#include "facts/text.h"

/* Why the directory is not there; the message says what would help. */
__attribute__((noreturn))
static void fail_without_module(const struct source *source, int err)
{
	if (!source->live)
		fail(EXIT_NO_MODULE, "the captured tree has no readable %s: %s",
		     MODFILE_DIR, strerror(err));
	if (err == EACCES || err == EPERM)
		fail(EXIT_NO_MODULE,
		     "/%s is not readable: %s (it needs root, and lockdown=confidentiality forbids it to root too)",
		     MODFILE_DIR, strerror(err));
	if (!source_can_open(source, "sys/module/nbddiag"))
		fail(EXIT_NO_MODULE,
		     "the module is not loaded (modprobe nbddiag)");
	fail(EXIT_NO_MODULE,
	     "/%s: %s (is debugfs mounted? mount -t debugfs none /sys/kernel/debug)",
	     MODFILE_DIR, strerror(err));
}

bool modfile_is_no_module(const struct source *source)
{
	return !source_can_open(source, MODFILE_DIR "/devices") && errno == ENOENT &&
	       !source_can_open(source, "sys/module/nbddiag") && errno == ENOENT;
}

static void parse_or_fail(struct text *text, char *data, size_t size,
			  const char *name)
{
	enum text_error error = text_parse(text, data, size);

	if (error == TEXT_NO_MEMORY)
		fail(EXIT_SYSTEM, "out of memory");
	if (error != TEXT_OK)
		fail(EXIT_DATA, "%s/%s: %s", MODFILE_DIR, name,
		     text_error_says(error));
}

bool modfile_try_read(const struct source *source, struct text *text,
		      const char *name)
{
	char path[PATH_MAX], *data;
	size_t size;

	snprintf(path, sizeof(path), MODFILE_DIR "/%s", name);
	data = source_read(source, path, &size);
	if (data) {
		parse_or_fail(text, data, size, name);
		return true;
	}
	if (errno == EFBIG)
		fail(EXIT_DATA, "%s: it is too large", path);
	/* EIO: it went between open and read. */
	if (errno == EACCES || errno == EPERM)
		fail_without_module(source, errno);
	if (errno != ENOENT && errno != EIO)
		fail(EXIT_NO_MODULE, "%s: %s", path, strerror(errno));
	if (!source_can_open(source, MODFILE_DIR "/devices"))
		fail_without_module(source, errno);
	return false;
}

void modfile_read(const struct source *source, struct text *text,
		  const char *name)
{
	if (!modfile_try_read(source, text, name))
		fail(EXIT_NO_MODULE, "%s/%s: no such file: is the module older than this program?",
		     MODFILE_DIR, name);
}

char *modfile_read_or_say(const struct source *source, struct text *text,
			  const char *name, enum exit_status *status)
{
	char path[PATH_MAX], *data;
	enum text_error error;
	size_t size;

	memset(text, 0, sizeof(*text));
	*status = EXIT_DATA;
	snprintf(path, sizeof(path), MODFILE_DIR "/%s", name);
	data = source_read(source, path, &size);
	if (!data && errno != EFBIG)
		*status = EXIT_NO_MODULE;
	/* EIO: it went between open and read. */
	if (!data && (errno == ENOENT || errno == EIO))
		*status = EXIT_NO_SUCH;
	if (!data)
		return say("%s: %s", path, errno == EFBIG ? "it is too large" :
			   strerror(errno));
	error = text_parse(text, data, size);
	if (error == TEXT_NO_MEMORY)
		fail(EXIT_SYSTEM, "out of memory");
	return error == TEXT_OK ? NULL :
		say("%s: %s", path, text_error_says(error));
}

enum modfile_found modfile_look(const struct source *source, struct text *text,
				const char *name)
{
	char path[PATH_MAX], *data;
	enum text_error error;
	size_t size;

	memset(text, 0, sizeof(*text));
	snprintf(path, sizeof(path), MODFILE_DIR "/%s", name);
	data = source_read(source, path, &size);
	if (!data)
		return errno == ENOENT ? MODFILE_ABSENT : MODFILE_BROKEN;
	error = text_parse(text, data, size);
	if (error == TEXT_NO_MEMORY)
		fail(EXIT_SYSTEM, "out of memory");
	return error == TEXT_OK ? MODFILE_READ : MODFILE_BROKEN;
}

void modfile_read_whole(const struct source *source, struct text *text,
			const char *name, bool (*is_whole)(const struct text *text))
{
	modfile_read(source, text, name);
	if (!is_whole(text))
		fail(EXIT_DATA, "%s/%s: it is cut off: lines are missing",
		     MODFILE_DIR, name);
}

enum modfile_found modfile_look_whole(const struct source *source, struct text *text,
				      const char *name,
				      bool (*is_whole)(const struct text *text))
{
	enum modfile_found found = modfile_look(source, text, name);

	if (found != MODFILE_READ || is_whole(text))
		return found;
	text_free(text);
	return MODFILE_BROKEN;
}
