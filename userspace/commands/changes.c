// SPDX-License-Identifier: GPL-2.0
/* nbddiag changes: since when is it so? nbd does not record that. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "base/say.h"
#include "commands/commands.h"
#include "facts/modfile.h"
#include "metrics/changes.h"
#include "metrics/record.h"
#include "metrics/save.h"

#define DEFAULT_DIR "/var/lib/nbddiag"

/*
 * systemd makes a directory for a service, and says which. What was told on a terminal has
 * not been told to the journal, so that each has a record. For free().
 */
static char *find_path(const struct options *options)
{
	const char *dir = getenv("STATE_DIRECTORY");

	if (options->state)
		return say("%s", options->state);
	if (options->root)
		fail(EXIT_USAGE, "--root needs --state: the usual file is of this host");
	if (!dir && mkdir(DEFAULT_DIR, 0700) && errno != EEXIST)
		fail(EXIT_SYSTEM, "cannot make " DEFAULT_DIR ": %s", strerror(errno));
	return say("%s/%s", dir ? dir : DEFAULT_DIR, options->journal ? "journal" : "changes");
}

/* Return: false if there is none of this boot, so that the record begins anew. */
static bool read_before(const struct options *options, struct record *before,
			const char *path, int *status)
{
	enum record_found found = record_read(before, path);
	char *boot;
	bool same;

	if (found == RECORD_BROKEN) {
		complain("%s cannot be understood: what has changed since then is not known. %s",
			 path, "The record begins anew");
		*status = EXIT_DATA;
	}
	if (found != RECORD_READ)
		return false;
	boot = changes_boot(&options->source);
	same = !strcmp(boot, before->boot);
	free(boot);
	return same;
}

static int changes_run(const struct options *options)
{
	struct record before = {}, now;
	bool is_known, changed;
	struct save save;
	int status = 0;
	char *path;

	if (options->journal && options->root)
		fail(EXIT_USAGE, "the journal is of this host, and --root is not");
	if (options->quiet && modfile_is_no_module(&options->source))
		return EXIT_NO_MODULE;
	path = find_path(options);
	save_begin(&save, path);
	is_known = read_before(options, &before, path, &status);
	changed = changes_find(&options->source, is_known ? &before : NULL, &now,
			       options->journal ? change_to_journal : change_print,
			       &status);
	/* Told again is better than never told: what is printed must be out before it is noted. */
	check_output();
	if (changed || !is_known || before.gap) {
		record_write(&now, &save);
	} else {
		record_touch(path);
		save_drop(&save);
	}
	record_free(&before);
	record_free(&now);
	free(path);
	return status;
}

static const struct option_row options[] = {
	OPTION(0, "journal", journal, "to the journal, in place of standard output"),
	OPTION('q', "quiet", quiet, "do not say that the module is not loaded"),
	OPTION_TEXT(0, "state", "FILE", state, "what was found at the last look"),
	OPTION_STUCK_AFTER,
	{}
};

const struct command command_changes = {
	.name = "changes",
	.run = changes_run,
	.takes = "",
	.options = options,
	.help = "what has changed since it was asked last: verdicts, root causes",
};
