// SPDX-License-Identifier: GPL-2.0
/* A change as an entry of systemd's journal. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>
/* Where in the source it was sent says nothing to anybody. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "base/escape.h"
#include "base/fail.h"
#include "base/say.h"
#include "metrics/changes.h"

#define FIELDS_MAX 12
#define JOURNAL "/run/systemd/journal/socket"

/* Documented in docs/monitoring.md; they stay as they are. */
static const char * const message_ids[] = {
	[CHANGE_VERDICT] = "363e1382cabf4a57adaa0068f974970d",
	[CHANGE_CAUSE] = "ed624c433cf54348ab62666654608c77",
	[CHANGE_OVER] = "fab34797cc8a4880a8c4e221a3d54a16",
};

struct entry {
	struct iovec field[FIELDS_MAX];
	int nr;
};

/* What is not known has no field. */
static void add(struct entry *entry, const char *name, const char *value)
{
	char *escaped = NULL, *field;
	size_t size;
	FILE *out;

	if (!value)
		return;
	out = check_memory(open_memstream(&escaped, &size));
	escape_print(out, value);
	if (fclose(out))
		check_memory(NULL);
	field = say("%s=%s", name, escaped);
	free(escaped);
	entry->field[entry->nr++] = (struct iovec){ field, strlen(field) };
}

static void add_number(struct entry *entry, const char *name, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	add(entry, name, text);
}

/* What is wrong, or cannot be told, is a warning; that it is well again is not. */
static int priority_of(const struct change *change)
{
	const char *verdict = change->verdict ? change->verdict : "";

	if (change->kind == CHANGE_CAUSE || !strcmp(verdict, "wedged") ||
	    !strcmp(verdict, "orphaned") || !strcmp(verdict, "unknown"))
		return LOG_WARNING;
	return LOG_NOTICE;
}

/*
 * sd_journal_sendv() takes an entry for sent if there is no socket, as it is for programs
 * that can do without the journal. Connecting never waits, and sends nothing.
 */
static void check_journal(void)
{
	static const struct sockaddr_un journal = { .sun_family = AF_UNIX, .sun_path = JOURNAL };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&journal, sizeof(journal)))
		fail(EXIT_SYSTEM, "cannot write to the journal: " JOURNAL ": %s", strerror(errno));
	close(fd);
}

void change_to_journal(const struct change *change)
{
	char *text = change_sentence(change);
	struct entry entry = {};
	int err;

	add(&entry, "MESSAGE", text);
	add(&entry, "MESSAGE_ID", message_ids[change->kind]);
	add_number(&entry, "PRIORITY", priority_of(change));
	add(&entry, "SYSLOG_IDENTIFIER", "nbddiag");
	add(&entry, "NBDDIAG_DEVICE", change->device);
	add(&entry, "NBDDIAG_VERDICT", change->verdict);
	add(&entry, "NBDDIAG_VERDICT_BEFORE", change->before);
	add(&entry, "NBDDIAG_CAUSE", change->title);
	add(&entry, "NBDDIAG_CAUSE_KEY", change->key);
	if (change->after_s)
		add_number(&entry, "NBDDIAG_AFTER_SECONDS", change->after_s);
	free(text);
	check_journal();
	err = sd_journal_sendv(entry.field, entry.nr);
	while (entry.nr)
		free(entry.field[--entry.nr].iov_base);
	if (err < 0)
		fail(EXIT_SYSTEM, "cannot write to the journal: %s", strerror(-err));
}
