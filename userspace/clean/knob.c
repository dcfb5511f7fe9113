// SPDX-License-Identifier: GPL-2.0
/* Writes to the module's knob, and reads what came of it. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array_size.h"
#include "base/fail.h"
#include "clean/knob.h"
#include "facts/rows.h"
#include "facts/text.h"

/* Return: false with errno if there is no file last that can be understood. */
static bool read_last(const struct source *source, struct text *text)
{
	size_t size;
	char *data = source_read(source, KNOB_LAST, &size);

	if (!data)
		return false;
	errno = EBADMSG;
	return text_parse(text, data, size) == TEXT_OK;
}

const char *knob_why_not(const struct source *source)
{
	struct text text;
	bool off;

	if (!read_last(source, &text)) {
		if (errno == ENOENT)
			return "this module has no knob, as it is older than this program";
		if (errno == EACCES || errno == EPERM)
			return "the knob needs root, with CAP_SYS_ADMIN";
		return "what /" KNOB_LAST " says cannot be understood";
	}
	off = value_is(text_get(&text, "allowed"), "no");
	text_free(&text);
	if (off)
		return "the knob is off. "
		       "To allow it: modprobe -r nbddiag && modprobe nbddiag allow_cleanup=1";
	return NULL;
}

/* ---- what it came to ---- */

#define AT(member) offsetof(struct knob_outcome, member)

static const struct fact_row rows[] = {
	{ "sockets_shut", NULL, FACT_COUNT, AT(shut), NULL },
	{ "sockets_left", NULL, FACT_COUNT, AT(left), NULL },
	{ "sockets_held", NULL, FACT_COUNT, AT(held), NULL },
	{ "requests_failed", NULL, FACT_COUNT, AT(failed), NULL },
	{ "requests_left", NULL, FACT_COUNT, AT(unfailed), NULL },
};

void knob_outcome_read(struct knob_outcome *outcome, const struct text *text,
		       const char *command)
{
	struct value result = text_get(text, "result");
	uint64_t error;

	/* Somebody else may have written since. */
	if (!value_is(text_get(text, "command"), command) ||
	    !value_number(text_get(text, "errno"), &error) ||
	    error != (uint64_t)outcome->error ||
	    value_is(result, "done") != !outcome->error)
		return;
	outcome->said = true;
	outcome->partial = value_is(result, "partial");
	outcome->message = value_copy(text_get(text, "message"));
	rows_read(rows, ARRAY_SIZE(rows), text, outcome);
}

void knob_outcome_free(struct knob_outcome *outcome)
{
	free(outcome->message);
	memset(outcome, 0, sizeof(*outcome));
}

/* ---- writing ---- */

/* Return: 0 or errno. A write is one command, so there is only one. */
static int write_command(const struct source *source, const char *command)
{
	int fd = openat(source->fd, KNOB_CLEANUP, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(command);
	int err = 0;
	ssize_t nr;

	if (fd < 0)
		return errno;
	nr = write(fd, command, len);
	if (nr < 0)
		err = errno;
	else if ((size_t)nr != len)
		err = EIO;
	close(fd);
	return err;
}

void knob_write(const struct source *source, struct knob_outcome *outcome,
		const char *device, const char *action, const char *generation)
{
	char command[KNOB_COMMAND_LEN];
	struct text text;

	memset(outcome, 0, sizeof(*outcome));
	snprintf(command, sizeof(command), "%s %s %s", device, action,
		 generation);
	outcome->error = write_command(source, command);
	if (read_last(source, &text)) {
		knob_outcome_read(outcome, &text, command);
		text_free(&text);
	}
	if (!outcome->message)
		outcome->message = check_memory(strdup(outcome->error ?
			strerror(outcome->error) :
			"done. The kernel's log says what it came to"));
}
